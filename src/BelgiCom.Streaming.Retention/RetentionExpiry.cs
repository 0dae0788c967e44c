using System.Globalization;
using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Storage;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Retention;

/// <summary>A step of destroying a segment, in order. After a crash behind any step, the next run goes on from there.</summary>
internal enum ExpiryStep
{
    /// <summary>The index says that destruction has begun; nobody reads the segment or appends to it any more.</summary>
    Begun,

    /// <summary>The records that a legal hold keeps are copied under the hold's key.</summary>
    HeldCopied,

    /// <summary>The key is gone; from here on no copy can be read.</summary>
    KeyDeleted,

    /// <summary>The file is gone.</summary>
    FileDeleted,

    /// <summary>The journal has the entry.</summary>
    Journalled,

    /// <summary>The index has forgotten the persons and keeps the row as proof.</summary>
    Ended,
}

/// <summary>
/// Destroys the segments that are past their period: the key first, which makes every copy unreadable, then the file, then the index. Then
/// it deletes the day keys of personal data that nothing needs any more.
/// </summary>
public sealed class RetentionExpiry
{
    // Nobody mediated before. A key of an earlier day was made by a clock that was wrong, and its usage may have to be kept.
    private static readonly DateOnly FirstDay = new(2020, 1, 1);

    private readonly CdrArchive _archive;
    private readonly TimeProvider _clock;
    private readonly Action<ExpiryStep> _after;

    /// <summary>Works on an open archive.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="clock">Clock; nothing is expired as of a later moment than it shows.</param>
    public RetentionExpiry(CdrArchive archive, TimeProvider clock)
        : this(archive, clock, _ => { })
    {
    }

    internal RetentionExpiry(CdrArchive archive, TimeProvider clock, Action<ExpiryStep> after)
    {
        _archive = archive;
        _clock = clock;
        _after = after;
    }

    /// <summary>
    /// Expires, or with <paramref name="dryRun"/> only lists, every segment whose period is over at <paramref name="asOf"/>. May be
    /// repeated at any time.
    /// </summary>
    /// <param name="asOf">The moment to judge by; it may lie in the future for a dry run.</param>
    /// <param name="dryRun">Whether to touch nothing.</param>
    /// <param name="actor">Who asks: issuer and subject, or the worker's name. It goes into the journal.</param>
    /// <param name="confirmed">What the actor confirms. What is due only by something else that is not certain is listed and left.</param>
    /// <returns>What was done per segment. A segment that fails does not stop the others.</returns>
    /// <exception cref="ArchiveException">Without a dry run, a moment in the future was given.</exception>
    public RetentionReport Run(
        DateTimeOffset asOf, bool dryRun, string actor = CdrArchive.JournalStream,
        RetentionConfirmation confirmed = RetentionConfirmation.None)
    {
        IReadOnlyList<string> shortened = _archive.ShortenedPeriods();
        if (!dryRun && asOf > _clock.GetUtcNow())
        {
            throw new ArchiveException(
                ArchiveFault.Refused,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Nothing is expired as of {asOf:O}, which is in the future: some of it must still be kept. Use a dry run."));
        }

        if (!dryRun)
        {
            _archive.Confirm(confirmed);
            _archive.Exclusively(() =>
            {
                _archive.SeeClock();
                _archive.StoreLastSeen();
            });
        }

        List<RetentionItem> items = new();
        foreach (Segment segment in Candidates())
        {
            // One segment at a time, so that an append waits for one and not for all.
            _archive.Exclusively(() => items.AddRange(Examine(segment, asOf, dryRun, actor)));
        }

        DestroyDayKeys(asOf, dryRun, actor, items);
        return new RetentionReport(asOf, dryRun, items, shortened);
    }

    private List<Segment> Candidates()
    {
        List<Segment> segments = [];
        _archive.Exclusively(() => segments = _archive.Index.Segments(SegmentState.Kept, SegmentState.Expiring));
        return segments;
    }

    private IEnumerable<RetentionItem> Examine(Segment listed, DateTimeOffset asOf, bool dryRun, string actor)
    {
        // An append may have added to it since it was listed.
        if (_archive.Index.Find(listed.Id) is not { State: not SegmentState.Expired } segment)
        {
            return [];
        }

        if (_archive.Configured.Find(segment.Class) is not { } retentionClass)
        {
            return
            [
                Item(
                    RetentionAction.UnknownClass, segment, null, 0,
                    "no such class in Retention:Classes: configure it, nothing of it is deleted")];
        }

        DateTimeOffset dueAt = retentionClass.Period.DueAfter(segment.Day);
        if (dueAt > asOf && segment.State == SegmentState.Kept)
        {
            return [];
        }

        string basis = $"{retentionClass.LegalBasis}; period {retentionClass.Period}";
        if (segment.State == SegmentState.Kept
            && Doubt(_archive.Policy.Find(segment.Class)!.Period, segment.Day, asOf, dueAt) is { } doubt)
        {
            basis = $"{basis}; {doubt}";
            if (!dryRun)
            {
                return [Item(RetentionAction.Unconfirmed, segment, dueAt, 0, basis)];
            }
        }

        try
        {
            long heldRecords = dryRun
                ? _archive.Index.Holds().Sum(hold => (long)HeldRecords(segment, hold).Count())
                : Destroy(segment, dueAt, basis, actor);
            return [Item(dryRun ? RetentionAction.Due : RetentionAction.Expired, segment, dueAt, heldRecords, basis)];
        }
        catch (Exception fault) when (IsOfItsOwn(fault))
        {
            return [Item(RetentionAction.Failed, segment, dueAt, 0, fault.Message)];
        }
    }

    /// <summary>Why it is not certain that a segment is due, and how somebody confirms it; null when it is certain.</summary>
    private string? Doubt(RetentionPeriod inForce, DateOnly day, DateTimeOffset asOf, DateTimeOffset dueAt) =>
        inForce.DueAfter(day) > asOf
            ? $"written under {inForce}: destroyed before that only with --period-was-shortened"
            : dueAt > _archive.CertainNow && asOf <= _clock.GetUtcNow()
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"the clock shows {_clock.GetUtcNow():O}, and the archive was last at work at {_archive.CertainNow:O}: destroyed only "
                    + $"with --clock-is-right")
                : null;

    /// <summary>Whether a fault costs one segment or key, and the others go on.</summary>
    private static bool IsOfItsOwn(Exception fault) =>
        fault is ArchiveException or AuditException or StorageException or IOException or UnauthorizedAccessException;

    /// <summary>
    /// The day keys go last, oldest first. While a legal hold is in force, those from its first day on are left: what the hold keeps is
    /// encrypted with them, too, and records of its range may come late.
    /// </summary>
    private void DestroyDayKeys(DateTimeOffset asOf, bool dryRun, string actor, List<RetentionItem> items)
    {
        DateTimeOffset certain = asOf < _archive.CertainNow ? asOf : _archive.CertainNow;
        DateOnly day = FirstDay > _archive.DayKeysFrom ? FirstDay : _archive.DayKeysFrom;
        DateOnly end = DayOf(_clock.GetUtcNow()).AddDays(3);
        Dictionary<DateOnly, string> begun = [];
        _archive.Exclusively(() =>
        {
            begun = dryRun ? [] : _archive.Index.ExpiringDayKeys();
            end = _archive.Index.Holds().Select(hold => DayOf(hold.From)).Append(end).Min();
        });
        bool areAllGone = !dryRun;
        for (; day.AddDays(1) < end && DayKeyDueAt(day) <= asOf; day = day.AddDays(1))
        {
            DateOnly examined = day;
            RetentionItem? item = null;
            _archive.Exclusively(() => item = ExamineDayKey(examined, begun.GetValueOrDefault(examined), asOf, dryRun, actor));
            if (item is not null)
            {
                items.Add(item);
            }

            areAllGone &= item is null or { Action: RetentionAction.Expired } && DayKeyDueAt(day) <= certain;
            if (areAllGone)
            {
                _archive.DayKeysFrom = day.AddDays(1);
            }
        }
    }

    /// <summary>Deletes, or lists, the key of a day; null when there is none.</summary>
    /// <param name="day">UTC day of the key.</param>
    /// <param name="begun">Id of the key whose deletion an earlier run has begun; null for none.</param>
    /// <param name="asOf">The moment to judge by.</param>
    /// <param name="dryRun">Whether to touch nothing.</param>
    /// <param name="actor">Who asks.</param>
    private RetentionItem? ExamineDayKey(DateOnly day, string? begun, DateTimeOffset asOf, bool dryRun, string actor)
    {
        RetentionClass rule = _archive.Configured.PersonalData;
        string basis = $"{rule.LegalBasis}; period {rule.Period}";
        string keyId = begun ?? "";
        try
        {
            if ((_archive.Keys.Find(rule.Name, KeyPurposes.Day(day))?.Id ?? begun) is not { } found)
            {
                return null;
            }

            keyId = found;
            if (begun is null && Doubt(_archive.Policy.PersonalData.Period, day.AddDays(1), asOf, DayKeyDueAt(day)) is { } doubt)
            {
                basis = $"{basis}; {doubt}";
                if (!dryRun)
                {
                    return Of(RetentionAction.Unconfirmed, basis);
                }
            }

            if (!dryRun)
            {
                DeleteDayKey(day, keyId, isResumed: begun == keyId, basis, actor);
            }

            return Of(dryRun ? RetentionAction.Due : RetentionAction.Expired, basis);
        }
        catch (Exception fault) when (IsOfItsOwn(fault))
        {
            return Of(RetentionAction.Failed, fault.Message);
        }

        RetentionItem Of(RetentionAction action, string reason) =>
            new(action, rule.Name, day, DayKeyDueAt(day), 0, 0, 0, reason, keyId, File: "");
    }

    private void DeleteDayKey(DateOnly day, string keyId, bool isResumed, string basis, string actor)
    {
        string name = $"{KeyPurposes.PersonalData}/{KeyPurposes.Day(day)}";
        string correlationId = $"expire:{name}";
        _archive.Index.BeginExpiry(day, keyId);
        _after(ExpiryStep.Begun);

        _archive.Keys.Delete(keyId);
        _after(ExpiryStep.KeyDeleted);

        if (!isResumed || !_archive.Journal.Contains("retention.expire", correlationId))
        {
            _archive.Journal.Append(
                _clock.GetUtcNow(), actor, "retention.expire", name,
                string.Create(CultureInfo.InvariantCulture, $"due {DayKeyDueAt(day):O}, key {keyId} deleted; {basis}"), correlationId);
        }

        _after(ExpiryStep.Journalled);
        _archive.Index.EndExpiry(day);
        _after(ExpiryStep.Ended);
    }

    /// <summary>What is encrypted last on a UTC day may arrive on the next, so the period begins there.</summary>
    private DateTimeOffset DayKeyDueAt(DateOnly day) => _archive.Configured.PersonalData.Period.DueAfter(day.AddDays(1));

    private static DateOnly DayOf(DateTimeOffset at) => BelgianCalendar.DayOf(at.ToUnixTimeMilliseconds());

    private long Destroy(Segment segment, DateTimeOffset dueAt, string basis, string actor)
    {
        if (segment.KeyId.Length == 0)
        {
            // Nobody could delete its key, and whether a hold keeps some of it cannot be seen.
            _ = _archive.KeyOf(segment.Name, segment.KeyId);
        }

        string correlationId = $"expire:{segment.Name}";
        bool resumed = segment.State == SegmentState.Expiring;
        _archive.Forget(segment);
        _archive.Index.BeginExpiry(segment);
        _after(ExpiryStep.Begun);

        // If the key is gone, an earlier run has copied the held records, because it deletes the key only after that.
        long heldRecords = _archive.Keys.Find(segment.KeyId) is null ? 0 : CopyHeld(segment);
        _after(ExpiryStep.HeldCopied);

        _archive.Keys.Delete(segment.KeyId);
        _after(ExpiryStep.KeyDeleted);

        string file = _archive.PathOf(segment.Name);
        if (File.Exists(file))
        {
            File.Delete(file);
        }

        _after(ExpiryStep.FileDeleted);

        if (!resumed || !_archive.Journal.Contains("retention.expire", correlationId))
        {
            _archive.Journal.Append(
                _clock.GetUtcNow(),
                actor,
                "retention.expire",
                segment.Name,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{segment.Records} records, {segment.Length} octets, due {dueAt:O}, {heldRecords} held, key {segment.KeyId} "
                    + $"deleted, file removed; {basis}"),
                correlationId);
        }

        _after(ExpiryStep.Journalled);
        _archive.Index.EndExpiry(segment, _clock.GetUtcNow());
        _after(ExpiryStep.Ended);
        return heldRecords;
    }

    /// <summary>
    /// The copy is written from the start each time, so that one that a crash cut short does no harm. Like a segment it has blocks of
    /// bounded size, however many records a hold keeps of one day.
    /// </summary>
    private long CopyHeld(Segment segment)
    {
        long copied = 0;
        foreach (LegalHold hold in _archive.Index.Holds())
        {
            string name = new HeldSegment(hold.Id, segment.Id, hold.KeyId, 0, 0).Name;
            SafeFileHandle? file = null;
            BlockBuilder? block = null;
            (long length, long records) = (0, 0);
            try
            {
                foreach (ArchivedRecord record in HeldRecords(segment, hold))
                {
                    if (file is null)
                    {
                        file = CdrArchive.OpenFile(_archive.PathOf(name), FileMode.OpenOrCreate);
                        length = MarkFrame.Write(file, name, 0, _archive.DescriptionOf(hold.KeyId), _archive.PersonKey);
                    }

                    block ??= new BlockBuilder(segment.Class, record.Purpose);
                    if (block.IsFullFor(record.Value))
                    {
                        Write();
                    }

                    block.Add(
                        record.Person, record.StartOfPeriod.ToUnixTimeMilliseconds(), hold.Id, record.Topic, record.Partition,
                        record.Offset, record.Value);
                    records++;
                    if (block.Raw.Length >= _archive.Options.BlockOctets)
                    {
                        Write();
                    }
                }

                if (file is null || block is null)
                {
                    continue;
                }

                if (block.Records > 0)
                {
                    Write();
                }

                RandomAccess.SetLength(file, length);
                RandomAccess.FlushToDisk(file);
            }
            finally
            {
                file?.Dispose();
            }

            _archive.FlushFolders(name);
            _archive.Index.AddHeldSegment(new HeldSegment(hold.Id, segment.Id, hold.KeyId, length, records));
            copied += records;

            void Write()
            {
                length += SegmentFile.Write(file!, name, length, block!, _archive.KeyOf(name, hold.KeyId));
                block!.Clear();
            }
        }

        return copied;
    }

    private IEnumerable<ArchivedRecord> HeldRecords(Segment segment, LegalHold hold) =>
        _archive.Read(segment, hold.Persons).Where(record => hold.Covers(record.Person, record.StartOfPeriod));

    private RetentionItem Item(RetentionAction action, Segment segment, DateTimeOffset? dueAt, long heldRecords, string basis) => new(
        action, segment.Class, segment.Day, dueAt, segment.Records, heldRecords, segment.Length, basis, segment.KeyId,
        _archive.PathOf(segment.Name));
}
