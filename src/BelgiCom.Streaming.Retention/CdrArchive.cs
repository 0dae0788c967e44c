using System.Globalization;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Storage;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// Usage records per legal class and day. They are encrypted from the first octet on disk with a key of that class and day, so that
/// deleting the key expires the day in every copy. Each record of a topic is in the archive exactly once per class, also after kill -9.
/// </summary>
/// <remarks>Safe for many threads: an append, a look-up and an expiry wait for each other. One process per folder.</remarks>
public sealed partial class CdrArchive : IDisposable
{
    /// <summary>Name of the journal's chain.</summary>
    public const string JournalStream = "cdr-retention";

    private const string MakeAnew =
        "Restore it from its copy, or make it anew with 'belgicom retention reindex'; nothing was changed.";

    private readonly Lock _gate = new();
    private readonly IKeyStore _keys;
    private readonly TimeProvider _clock;
    private readonly FolderLock? _folder;
    private readonly string _archiveId;
    private readonly Dictionary<(string Topic, int Partition), long> _positions;
    private readonly Dictionary<string, string> _topicIds = [];
    private readonly Dictionary<(string Class, DateOnly Day), (Segment Segment, DataKey Key)> _kept = [];

    // Number of the last batch, and the ends of what it touched; at first, of all segments.
    private long _commits;
    private IReadOnlyList<SegmentEnd> _lastEnds;

    private DateTimeOffset _lastSeen;
    private DateTimeOffset _lastSeenStored;

    private readonly Lazy<AuditJournal> _journal;
    private readonly Lazy<DataKey> _personKey;

    private CdrArchive(RetentionOptions options, IKeyStore keys, TimeProvider clock, ArchiveIndex index, FolderLock? folder)
    {
        Options = options;
        Configured = RetentionPolicy.From(options);
        _keys = keys;
        _clock = clock;
        _folder = folder;
        Index = index;
        _personKey = new Lazy<DataKey>(() => keys.GetOrCreate(KeyPurposes.RetentionPerson, scope: ""));
        _journal = new Lazy<AuditJournal>(() => AuditJournal.Open(JournalDirectory(options), JournalStream, keys));
        Policy = RetentionPolicy.From(options, WrittenPeriods());
        _lastSeen = Index.LastSeen() ?? Now;
        _positions = Index.Positions().ToDictionary(position => (position.Topic, position.Partition), position => position.NextOffset);
        _archiveId = Index.ArchiveId();
        _commits = Index.CommitLog().Commits;
        _lastEnds = Ends();
    }

    /// <summary>
    /// Classes and rules in force: as configured, but no period is shorter than the one under which the archive was written until somebody
    /// has confirmed that. A slip of the pen in a period neither destroys what is kept nor turns away what comes.
    /// </summary>
    public RetentionPolicy Policy { get; private set; }

    /// <summary>Classes and rules as configured.</summary>
    internal RetentionPolicy Configured { get; }

    /// <summary>Journal of look-ups, holds and deletions.</summary>
    public AuditJournal Journal => _journal.Value;

    internal RetentionOptions Options { get; }

    internal ArchiveIndex Index { get; }

    internal DataKey PersonKey => _personKey.Value;

    internal IKeyStore Keys => _keys;

    /// <summary>First day whose key of personal data may be there; this process has seen that those before are gone.</summary>
    internal DateOnly DayKeysFrom { get; set; }

    /// <summary>Now, on the machine's clock.</summary>
    public DateTimeOffset Now => _clock.GetUtcNow();

    /// <summary>
    /// The moment by which records are past their period without anybody's confirmation: now, or, when the clock has gone on by more than
    /// <see cref="RetentionOptions.ClockStepMax"/> since the archive was last at work, that last time.
    /// </summary>
    internal DateTimeOffset CertainNow => Now - _lastSeen <= Options.ClockStepMax ? Now : _lastSeen;

    /// <summary>Folder of the journal, for <see cref="AuditJournal.Verify"/>.</summary>
    public static string JournalDirectory(RetentionOptions options) => Path.Combine(options.ArchiveDirectory, "journal");

    internal static string IndexFile(RetentionOptions options) => Path.Combine(options.ArchiveDirectory, "index.db");

    /// <summary>
    /// Opens the archive or makes it, and repairs what a crash left behind: the uncommitted tail of a file is cut off, and a file or key
    /// that was destroyed once and has come back from a copy is destroyed again.
    /// </summary>
    /// <exception cref="StorageException">Another process has the archive open, or it cannot be read.</exception>
    /// <exception cref="ArchiveException">Committed data is missing.</exception>
    public static CdrArchive Open(RetentionOptions options, IKeyStore keys, TimeProvider clock)
    {
        FolderLock folder = FolderLock.Take(options.ArchiveDirectory, "Archive", "Retention:ArchiveDirectory");
        CdrArchive? archive = null;
        try
        {
            RefuseWithoutIndex(options);
            archive = OpenChecked(options, keys, clock, folder);
            // Opened at once, so that a fault of the journal or its key shows now and not at the first record.
            _ = (archive.Journal, archive.PersonKey);
            archive.Repair();
            archive.Describe();
            archive.SeeClock();
            archive.StoreLastSeen();
            return archive;
        }
        catch
        {
            archive?.Dispose();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes the whole index anew from the files of segments and holds, the journal and the keys, and opens the archive with it. What a
    /// file does not give is said, and nothing is destroyed. A run that was cut short is made again from the start.
    /// </summary>
    /// <param name="options">Settings of the archive; no worker may have it open.</param>
    /// <param name="keys">Keys that it was written with.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="actor">Who asks, for the journal.</param>
    /// <exception cref="ArchiveException">The files are not of one archive, or the journal is not the whole one; nothing was
    /// changed.</exception>
    /// <exception cref="StorageException">Another process has the archive open.</exception>
    public static ArchiveReindexed Reindex(RetentionOptions options, IKeyStore keys, TimeProvider clock, string actor)
    {
        ArchiveReindexed rebuilt;
        using (FolderLock folder = FolderLock.Take(options.ArchiveDirectory, "Archive", "Retention:ArchiveDirectory"))
        {
            DescribeByIndex(options, keys, clock);
            rebuilt = new ArchiveReindexing(options, keys, clock).Run();
        }

        using CdrArchive archive = Open(options, keys, clock);
        archive.Journal.Append(
            archive.Now, actor, "retention.reindex", archive._archiveId,
            string.Create(
                CultureInfo.InvariantCulture,
                $"index made anew: {rebuilt.Segments} segments, {rebuilt.Records} records, {rebuilt.Holds} holds, {rebuilt.Faults.Count} "
                + $"faults"),
            Guid.NewGuid().ToString("N"));
        return rebuilt;
    }

    /// <summary>
    /// Lets an index that is still there write into files of an earlier release whose they are, before another index takes its place.
    /// </summary>
    private static void DescribeByIndex(RetentionOptions options, IKeyStore keys, TimeProvider clock)
    {
        if (!File.Exists(IndexFile(options)))
        {
            return;
        }

        try
        {
            using CdrArchive archive = OpenChecked(options, keys, clock, folder: null);
            archive.Describe();
        }
        catch (Exception cause) when (cause is ArchiveException or StorageException)
        {
            // The index is refused, for which it is made anew. A file that says nothing of itself is named then.
        }
    }

    private static CdrArchive OpenChecked(RetentionOptions options, IKeyStore keys, TimeProvider clock, FolderLock? folder)
    {
        ArchiveIndex? index = null;
        try
        {
            index = ArchiveIndex.Open(
                IndexFile(options), clock.GetUtcNow(), keys.GetOrCreate(KeyPurposes.RetentionPerson, scope: ""));
            index.CheckSeals();
            CdrArchive archive = new(options, keys, clock, index, folder);
            archive.RefuseUnknownFiles();
            return archive;
        }
        catch (Exception cause) when (IsOfAnotherForm(cause))
        {
            index?.Dispose();
            throw Damaged(options, cause);
        }
        catch
        {
            index?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// An archive that lost its index must not begin as an empty one: what it keeps would be neither found nor destroyed.
    /// </summary>
    private static void RefuseWithoutIndex(RetentionOptions options)
    {
        if (!File.Exists(IndexFile(options))
            && Directory.Exists(options.ArchiveDirectory)
            && SegmentFiles(options).Concat(AuditJournal.Exists(JournalDirectory(options)) ? [JournalDirectory(options)] : [])
                .FirstOrDefault() is { } file)
        {
            throw new ArchiveException(
                ArchiveFault.Damaged,
                $"Archive index {IndexFile(options)} is missing, and the archive has files, for example {file}. {MakeAnew}");
        }
    }

    /// <summary>Whether what was read from the index is not of the form that we write.</summary>
    internal static bool IsOfAnotherForm(Exception cause) => cause is StorageException { Fault: StorageFault.Damaged }
        or InvalidCastException or InvalidOperationException or FormatException
        or OverflowException or ArgumentException or IndexOutOfRangeException or KeyNotFoundException;

    internal static IEnumerable<string> SegmentFiles(RetentionOptions options) =>
        Directory.EnumerateFiles(options.ArchiveDirectory, "*.cdra", SearchOption.AllDirectories);

    /// <summary>The name of the segment, or of the hold's copy of one, that a file is.</summary>
    internal static string NameOf(RetentionOptions options, string file) =>
        Path.ChangeExtension(Path.GetRelativePath(options.ArchiveDirectory, file), null).Replace('\\', '/');

    /// <summary>Opens the archive to see what is kept and what is due; a worker may use it meanwhile. Nothing can be changed.</summary>
    /// <exception cref="StorageException">There is no archive, or it cannot be read.</exception>
    /// <exception cref="ArchiveException">Its index is missing or damaged.</exception>
    public static CdrArchive OpenToRead(RetentionOptions options, IKeyStore keys, TimeProvider clock)
    {
        RefuseWithoutIndex(options);
        try
        {
            return new CdrArchive(options, keys, clock, ArchiveIndex.OpenToRead(IndexFile(options)), null);
        }
        catch (Exception cause) when (IsOfAnotherForm(cause))
        {
            throw Damaged(options, cause);
        }
    }

    private static ArchiveException Damaged(RetentionOptions options, Exception cause) => new(
        ArchiveFault.Damaged,
        $"Archive index {IndexFile(options)} is damaged: "
        + $"{(cause is StorageException { InnerException: { } database } ? database : cause).Message} {MakeAnew}",
        cause);

    /// <summary>
    /// Notes the periods in force as those under which the archive is written. The process that writes the archive calls this at its start,
    /// because its configuration is where the periods are decided. A shorter period is noted only by an expiry that confirms it.
    /// </summary>
    public void RememberPeriods()
    {
        lock (_gate)
        {
            Index.SetPeriods(PeriodsOf(Policy));
        }
    }

    /// <summary>
    /// Classes whose configured period is shorter than the one under which the archive is written, a sentence each. By such a period,
    /// records would be destroyed earlier than the writer of the archive was told.
    /// </summary>
    public IReadOnlyList<string> ShortenedPeriods()
    {
        lock (_gate)
        {
            Dictionary<string, RetentionPeriod> written = WrittenPeriods();
            return
            [
                .. Configured.Classes.Append(Configured.PersonalData)
                    .Where(retentionClass => written.TryGetValue(retentionClass.Name, out RetentionPeriod longer)
                        && retentionClass.Period.Length < longer.Length)
                    .Select(retentionClass =>
                        $"class {retentionClass.Name}: period {retentionClass.Period} is shorter than {written[retentionClass.Name]}, "
                        + $"under which the archive is written"),
            ];
        }
    }

    /// <summary>Takes over what somebody has confirmed, for this run and the next.</summary>
    internal void Confirm(RetentionConfirmation confirmed)
    {
        lock (_gate)
        {
            if (confirmed.HasFlag(RetentionConfirmation.ShorterPeriods))
            {
                Index.SetPeriods(PeriodsOf(Configured));
                Policy = Configured;
            }

            if (confirmed.HasFlag(RetentionConfirmation.Clock))
            {
                _lastSeen = Now;
                StoreLastSeen();
            }
        }
    }

    /// <summary>Lets the archive's idea of the time go on with the clock, unless the clock has jumped.</summary>
    internal void SeeClock()
    {
        if (CertainNow > _lastSeen)
        {
            _lastSeen = CertainNow;
        }
    }

    /// <summary>Keeps when the archive was last at work, at most once a minute.</summary>
    internal void StoreLastSeen()
    {
        if (_lastSeen - _lastSeenStored >= TimeSpan.FromMinutes(1) || _lastSeen < _lastSeenStored)
        {
            Index.SetLastSeen(_lastSeen);
            _lastSeenStored = _lastSeen;
        }
    }

    /// <summary>What is kept now.</summary>
    public ArchiveTotals Totals()
    {
        lock (_gate)
        {
            return new ArchiveTotals(
            [
                .. Index.Segments(SegmentState.Kept)
                    .GroupBy(segment => (segment.Class, segment.Day))
                    .Select(day =>
                        new SegmentTotals(
                            day.Key.Class, day.Key.Day, day.Sum(segment => segment.Records), day.Sum(segment => segment.Length))),
            ]);
        }
    }

    /// <summary>
    /// Finds a person's records. The access goes into the journal before anything is decrypted. Records past their period are not found,
    /// whether or not they are destroyed yet.
    /// </summary>
    /// <param name="subscribers">Subscriber references as on the topics: all under which the person's records may be kept.</param>
    /// <param name="from">First start of period, UTC.</param>
    /// <param name="to">First start of period after the range, UTC.</param>
    /// <param name="access">Who asks and why.</param>
    /// <param name="maxRecords">Most records to return, at least 1.</param>
    /// <exception cref="ArchiveException">A block is damaged or its key is missing; the message names it.</exception>
    public ArchiveLookup Find(
        IEnumerable<SubscriberRef> subscribers, DateTimeOffset from, DateTimeOffset to, ArchiveAccess access, int maxRecords = 10_000)
    {
        lock (_gate)
        {
            HashSet<PersonRef> persons = PersonsOf(subscribers);
            Note("retention.find", persons, Range(from, to), access);
            List<ArchivedRecord> found = new();
            DateOnly firstDay = BelgianCalendar.DayOf(from.ToUnixTimeMilliseconds());
            DateOnly lastDay = BelgianCalendar.DayOf(to.ToUnixTimeMilliseconds());
            IEnumerable<Segment> segments = Index.Segments(SegmentState.Kept)
                .Where(segment => segment.Day >= firstDay && segment.Day <= lastDay && !IsDue(segment, Now));
            foreach (Segment segment in segments)
            {
                found.AddRange(Read(segment, persons).Where(record => record.StartOfPeriod >= from && record.StartOfPeriod < to));
                if (found.Count > maxRecords)
                {
                    break;
                }
            }

            HashSet<string> holds = Index.Holds()
                .Where(hold => hold.Persons.Any(persons.Contains))
                .Select(hold => hold.Id)
                .ToHashSet(StringComparer.Ordinal);
            IEnumerable<HeldSegment> held = Index.HeldSegments().Where(held => holds.Contains(held.Hold));
            found.AddRange(held.SelectMany(Read).Where(
                record => persons.Contains(record.Person) && record.StartOfPeriod >= from && record.StartOfPeriod < to));
            return new ArchiveLookup([.. found.OrderBy(record => record.StartOfPeriod).Take(maxRecords)], found.Count <= maxRecords);
        }
    }

    /// <summary>
    /// Keeps one person's records in a range past their period, until <see cref="ReleaseHold"/>. Records of others from the same days still
    /// expire. The order goes into the journal first.
    /// </summary>
    /// <param name="holdId">Id of the order: letters, digits, '-' and '.', at most 40. Never personal data.</param>
    /// <param name="subscribers">Whom it concerns: all references under which the person's records may be kept.</param>
    /// <param name="from">First start of period, UTC.</param>
    /// <param name="to">First start of period after the range, UTC.</param>
    /// <param name="access">Who orders it and on what ground.</param>
    /// <exception cref="ArchiveException">The id has another form, or was used before.</exception>
    public void PlaceHold(
        string holdId, IEnumerable<SubscriberRef> subscribers, DateTimeOffset from, DateTimeOffset to, ArchiveAccess access)
    {
        lock (_gate)
        {
            if (!HoldIds().IsMatch(holdId) || Index.HoldExists(holdId))
            {
                throw new ArchiveException(
                    ArchiveFault.Refused, $"Hold '{holdId}': use a new id of letters, digits, '-' and '.', at most 40.");
            }

            HashSet<PersonRef> persons = PersonsOf(subscribers);
            Note("retention.hold", persons, $"hold {holdId}, {Range(from, to)}", access);
            Index.AddHold(
                new LegalHold(holdId, persons, from, to, _keys.GetOrCreate(KeyPurposes.RetentionHold(_archiveId), holdId).Id), Now);
        }
    }

    /// <summary>Ends a hold: records that only the hold kept are destroyed. The order goes into the journal first.</summary>
    /// <exception cref="ArchiveException">There is no such hold.</exception>
    public void ReleaseHold(string holdId, ArchiveAccess access)
    {
        lock (_gate)
        {
            LegalHold hold = Index.Holds().Find(hold => hold.Id == holdId)
                ?? throw new ArchiveException(ArchiveFault.Refused, $"There is no hold '{holdId}'.");
            Note("retention.release", hold.Persons, $"hold {holdId}", access);
            _keys.Delete(hold.KeyId);
            foreach (HeldSegment held in Index.HeldSegments().Where(held => held.Hold == holdId))
            {
                File.Delete(PathOf(held.Name));
            }

            Index.EndHold(holdId, Now);
        }
    }

    /// <summary>
    /// Reads every kept block, checks its tag, compares it with what the index says of it, and checks the index. It goes on after a
    /// fault.
    /// </summary>
    /// <returns>One sentence per fault; empty when all is well.</returns>
    public IReadOnlyList<string> Verify() => [.. VerifyInSteps().Select(step => step.Fault).OfType<string>()];

    /// <summary>Checks an archive that no process works with, and changes nothing in it. No period decides anything here.</summary>
    /// <inheritdoc cref="Verify()"/>
    /// <param name="options">Settings of the archive.</param>
    /// <param name="keys">Keys that it was written with.</param>
    /// <param name="clock">Clock.</param>
    /// <exception cref="StorageException">Another process has the archive open, or it cannot be read.</exception>
    /// <exception cref="ArchiveException">Its index is missing or damaged, or does not know its files.</exception>
    public static IReadOnlyList<string> Verify(RetentionOptions options, IKeyStore keys, TimeProvider clock)
    {
        using FolderLock folder = FolderLock.Take(options.ArchiveDirectory, "Archive", "Retention:ArchiveDirectory");
        using CdrArchive archive = OpenToRead(options, keys, clock);
        archive.RefuseUnknownFiles();
        return archive.Verify();
    }

    /// <summary>
    /// The same check a step at a time, as the caller asks for the next. Appends, look-ups and expiry go on meanwhile.
    /// </summary>
    /// <exception cref="StorageException">The index cannot be opened.</exception>
    public IEnumerable<ArchiveCheck> VerifyInSteps() => new ArchiveVerification(Options, _keys, PersonKey).Steps();

    /// <inheritdoc/>
    public void Dispose()
    {
        Index.Dispose();
        if (_journal.IsValueCreated)
        {
            _journal.Value.Dispose();
        }

        _folder?.Dispose();
    }

    /// <summary>Offset at which reading of the partition goes on; null when the archive has never seen the partition.</summary>
    public long? NextOffset(string topic, int partition)
    {
        lock (_gate)
        {
            return _positions.TryGetValue((topic, partition), out long next) ? next : null;
        }
    }

    /// <summary>
    /// Offset at which reading goes on in a partition of the topic with this id; null when the archive has never seen that topic. A topic
    /// that was deleted and made anew has another id, and its offsets start again.
    /// </summary>
    /// <param name="topic">Topic of the partition.</param>
    /// <param name="partition">Partition.</param>
    /// <param name="topicId">Id that the brokers gave to the topic; empty when they give none, and nothing is compared then.</param>
    /// <param name="end">Present end of the partition. A position of an earlier release has no id; beyond the end, it belongs to a topic
    /// that is gone.</param>
    /// <exception cref="StorageException">The index does not answer.</exception>
    public long? NextOffset(string topic, int partition, string topicId, long end)
    {
        lock (_gate)
        {
            if (topicId.Length == 0)
            {
                return NextOffset(topic, partition);
            }

            if (Index.TopicId(topic, partition) is { } known && known != topicId
                && (known.Length > 0 || NextOffset(topic, partition) > end))
            {
                Index.RemovePosition(topic, partition);
                _positions.Remove((topic, partition));
            }

            _topicIds[topic] = topicId;
            return NextOffset(topic, partition);
        }
    }

    /// <summary>Begins a batch. Look-ups and expiry wait until it is disposed of, on the same thread.</summary>
    public ArchiveAppender BeginAppend()
    {
        _gate.Enter();
        SeeClock();
        return new ArchiveAppender(this);
    }

    /// <summary>Id of the topic that is read; empty when nobody has said it.</summary>
    internal string TopicIdOf(string topic) => _topicIds.GetValueOrDefault(topic, "");

    internal void Release() => _gate.Exit();

    /// <summary>Runs work that nothing else may interrupt.</summary>
    internal void Exclusively(Action work)
    {
        lock (_gate)
        {
            work();
        }
    }

    /// <summary>
    /// The segment of a class and day to which records are appended, made when there is none.
    /// </summary>
    /// <param name="retentionClass">Class.</param>
    /// <param name="day">Day, Europe/Brussels.</param>
    /// <param name="isPastPeriod">Whether the period is over, and the records are only for a hold. The destruction of an earlier segment of
    /// the day may be under way then, with its key, so a new segment gets another.</param>
    internal (Segment Segment, DataKey Key) SegmentFor(RetentionClass retentionClass, DateOnly day, bool isPastPeriod)
    {
        if (!_kept.TryGetValue((retentionClass.Name, day), out (Segment Segment, DataKey Key) kept))
        {
            // The key is in its store before the first octet is encrypted with it.
            Segment segment = Index.KeptSegment(retentionClass.Name, day)
                ?? Index.AddSegment(
                    retentionClass.Name,
                    day,
                    _keys.GetOrCreate(
                        KeyPurposes.Retention(_archiveId, retentionClass.Name),
                        KeyPurposes.Day(day) + (isPastPeriod ? $"-{Guid.NewGuid():N}" : "")).Id);
            kept = (segment, KeyOf(segment.Name, segment.KeyId));
            _kept.Add((retentionClass.Name, day), kept);
        }

        return kept;
    }

    /// <summary>What a segment's file says of itself.</summary>
    internal SegmentDescription DescriptionOf(string keyId) => new(_archiveId, keyId, PeriodsOf(Policy));

    private static Dictionary<string, string> PeriodsOf(RetentionPolicy policy) => policy.Classes.Append(policy.PersonalData)
        .ToDictionary(kept => kept.Name, kept => kept.Period.ToString(), StringComparer.Ordinal);

    /// <summary>The next batch, as the files that it touches name it.</summary>
    internal SegmentCommit NextCommit(IReadOnlyList<SegmentEnd> touched, IReadOnlyList<LogPosition> positions) =>
        new(_commits + 1, Journal.Count, _lastSeen.ToUnixTimeMilliseconds(), touched, _lastEnds, positions);

    internal void Committed(
        Dictionary<(string Topic, int Partition), long> positions, IReadOnlyCollection<Segment> segments, SegmentCommit? commit)
    {
        if (commit is not null)
        {
            _commits = commit.Sequence;
            _lastEnds = [.. segments.Select(segment => new SegmentEnd(segment.Name, segment.Length, segment.Records))];
        }

        foreach (((string Topic, int Partition) partition, long next) in positions)
        {
            _positions[partition] = next;
        }

        foreach (Segment segment in segments)
        {
            _kept[(segment.Class, segment.Day)] = (segment, _kept[(segment.Class, segment.Day)].Key);
        }
    }

    /// <summary>Stops appending to a segment, because it is about to be destroyed.</summary>
    internal void Forget(Segment segment) => _kept.Remove((segment.Class, segment.Day));

    /// <summary>When the segment's period is over; never, when the configuration no longer has its class.</summary>
    internal bool IsDue(Segment segment, DateTimeOffset asOf) =>
        Policy.Find(segment.Class) is { } retentionClass && retentionClass.Period.DueAfter(segment.Day) <= asOf;

    internal string PathOf(string name) => PathOf(Options, name);

    internal static string PathOf(RetentionOptions options, string name) => Path.Combine(options.ArchiveDirectory, name + ".cdra");

    internal DataKey KeyOf(string name, string keyId) => KeyOf(_keys, name, keyId);

    internal static DataKey KeyOf(IKeyStore keys, string name, string keyId) =>
        keyId.Length == 0
            ? throw new ArchiveException(
                ArchiveFault.KeyMissing,
                $"Archive segment {name}: its file, of an earlier release, does not say its key, and the index was lost. It is kept as it "
                + $"is until the index that knew it is restored from its copy, or somebody removes it.")
        : keys.Find(keyId)
        ?? throw new ArchiveException(
            ArchiveFault.KeyMissing,
            $"Archive segment {name}: its key {keyId} is not in the key store, so it cannot be read. Restore the key store, or let the "
            + $"segment expire.");

    /// <summary>The persons' records in a segment, a block at a time.</summary>
    internal IEnumerable<ArchivedRecord> Read(Segment segment, IReadOnlyCollection<PersonRef> persons)
    {
        List<long> blocks = Index.Blocks(segment.Id, persons);
        if (blocks.Count == 0)
        {
            yield break;
        }

        DataKey key = KeyOf(segment.Name, segment.KeyId);
        using SafeFileHandle file = OpenFile(PathOf(segment.Name), FileMode.Open);
        foreach (long at in blocks)
        {
            foreach (ArchivedRecord record in Records(SegmentFile.Read(file, segment.Name, at, segment.Length, key, out _), persons))
            {
                yield return record;
            }
        }
    }

    /// <summary>Makes the name of a new file, and the folders above it, survive a loss of power.</summary>
    internal void FlushFolders(string name)
    {
        for (string? part = Path.GetDirectoryName(name); part is not null; part = Path.GetDirectoryName(part))
        {
            FolderEntries.Flush(Path.Combine(Options.ArchiveDirectory, part));
        }
    }

    internal static SafeFileHandle OpenFile(string path, FileMode mode)
    {
        try
        {
            if (mode == FileMode.OpenOrCreate)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            }

            return mode == FileMode.Open
                ? File.OpenHandle(path, mode, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
                : File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArchiveException(ArchiveFault.Damaged, $"Archive file {path} is missing. Restore it from its copy.", cause);
        }
    }

    private IEnumerable<ArchivedRecord> Read(HeldSegment held)
    {
        DataKey key = KeyOf(held.Name, held.KeyId);
        using SafeFileHandle file = OpenFile(PathOf(held.Name), FileMode.Open);
        foreach ((_, byte[] octets) in SegmentFile.Blocks(file, held.Name, held.Length, key, PersonKey))
        {
            foreach (ArchivedRecord record in Records(octets, persons: null))
            {
                yield return record;
            }
        }
    }

    /// <summary>The records of a block that concern one of the persons; all, when none are given.</summary>
    private static List<ArchivedRecord> Records(byte[] block, IReadOnlyCollection<PersonRef>? persons)
    {
        List<ArchivedRecord> found = new();
        BlockRecords records = new(block);
        while (records.Next())
        {
            if (persons is null || persons.Contains(records.Person))
            {
                found.Add(records.ToRecord());
            }
        }

        return found;
    }

    private HashSet<PersonRef> PersonsOf(IEnumerable<SubscriberRef> subscribers) =>
        [.. subscribers.Select(subscriber => PersonRef.Of(subscriber, PersonKey))];

    /// <summary>
    /// Writes an entry for each reference into the journal: an entry that cannot be written stops what it is the proof of.
    /// </summary>
    private void Note(string action, IEnumerable<PersonRef> persons, string what, ArchiveAccess access)
    {
        foreach (PersonRef person in persons)
        {
            Journal.Append(Now, access.Actor, action, person.ToString(), $"{what}; {access.Reason}", access.CorrelationId);
        }
    }

    private static string Range(DateTimeOffset from, DateTimeOffset to) =>
        string.Create(CultureInfo.InvariantCulture, $"{from:O} to {to:O}");

    private Dictionary<string, RetentionPeriod> WrittenPeriods()
    {
        Dictionary<string, RetentionPeriod> periods = [];
        foreach ((string name, string period) in Index.Periods())
        {
            if (RetentionPeriod.TryParse(period, out RetentionPeriod written))
            {
                periods.Add(name, written);
            }
        }

        return periods;
    }

    /// <summary>Every file is in the index before its first octet is written, so an unknown file says that the index is another.</summary>
    private void RefuseUnknownFiles()
    {
        HashSet<string> known = Index.Segments(SegmentState.Kept, SegmentState.Expiring, SegmentState.Expired)
            .Select(segment => segment.Name).ToHashSet(StringComparer.Ordinal);
        foreach (string file in SegmentFiles(Options))
        {
            string name = NameOf(Options, file);
            string[] parts = name.Split('/');
            bool isKnown = parts is ["holds", string hold, _] ? Index.HoldExists(hold) : known.Contains(name);
            if (!isKnown)
            {
                throw new ArchiveException(
                    ArchiveFault.Damaged,
                    $"Archive index {IndexFile(Options)} does not know the archive's file {file}: it is older than its files, or of "
                    + $"another archive. {MakeAnew}");
            }
        }
    }

    private void Repair()
    {
        foreach (Segment segment in Index.Segments(SegmentState.Kept))
        {
            string path = PathOf(segment.Name);
            long length = File.Exists(path) ? new FileInfo(path).Length : 0;
            if (length < segment.Length)
            {
                throw new ArchiveException(
                    ArchiveFault.Damaged,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Archive file {path} has {length} octets, {segment.Length} were committed. Restore it from its copy before the "
                        + $"archive is used; where there is none, 'belgicom retention reindex' says what is lost and goes on without."));
            }

            if (length > segment.Length)
            {
                using SafeFileHandle file = OpenFile(path, FileMode.OpenOrCreate);
                RefuseLaterBatches(file, segment, length);
                RandomAccess.SetLength(file, segment.Length);
            }
        }

        foreach (Segment segment in Index.Segments(SegmentState.Expired))
        {
            _keys.Delete(segment.KeyId);
            if (File.Exists(PathOf(segment.Name)))
            {
                File.Delete(PathOf(segment.Name));
            }
        }
    }

    /// <summary>
    /// A crash leaves at most the next batch beyond what the index knows. A later one was committed, so the index is older than the file.
    /// </summary>
    private void RefuseLaterBatches(SafeFileHandle file, Segment segment, long length)
    {
        long from = segment.Length;
        while (SegmentScan.NextMark(file, segment.Name, from, length, PersonKey) is { } at)
        {
            from = at + 1;
            if (MarkFrame.Read(file, segment.Name, at, length, PersonKey, out _) is SegmentCommit later
                && later.Sequence > _commits + 1)
            {
                throw new ArchiveException(
                    ArchiveFault.Damaged,
                    $"Archive index {IndexFile(Options)} is older than the archive's file {PathOf(segment.Name)}. {MakeAnew}");
            }
        }
    }

    /// <summary>
    /// Writes into each file of an earlier release whose it is, once, so that the index can be made anew from the files.
    /// </summary>
    private void Describe()
    {
        if (Index.CommitLog().IsDescribed)
        {
            return;
        }

        List<LogPosition> positions = Index.Positions();
        foreach (Segment segment in Index.Segments(SegmentState.Kept))
        {
            if (segment is { Length: > 0, KeyId.Length: > 0 }
                && new FileInfo(PathOf(segment.Name)) is { Exists: true } file && file.Length >= segment.Length)
            {
                Describe(segment, positions);
            }
        }

        foreach (HeldSegment held in Index.HeldSegments().Where(held => File.Exists(PathOf(held.Name))))
        {
            Index.AddHeldSegment(held with { Length = Append(held.Name, held.Length, DescriptionOf(held.KeyId)) });
        }

        Index.SetCommitLog(new CommitLog(_commits, IsDescribed: true));
        _lastEnds = Ends();
    }

    private List<SegmentEnd> Ends() =>
    [
        .. Index.Segments(SegmentState.Kept)
            .Where(segment => segment.Length > 0)
            .Select(segment => new SegmentEnd(segment.Name, segment.Length, segment.Records)),
    ];

    private void Describe(Segment segment, List<LogPosition> positions)
    {
        long end = Append(segment.Name, segment.Length, DescriptionOf(segment.KeyId));
        SegmentCommit commit = NextCommit([new SegmentEnd(segment.Name, end, segment.Records)], positions);
        Segment described = segment with { Length = Append(segment.Name, end, commit) };
        Index.InTransaction(() =>
        {
            Index.SetLength(described);
            Index.SetCommitLog(new CommitLog(commit.Sequence, IsDescribed: false));
        });
        Committed([], [], commit);
    }

    /// <summary>Appends a mark to a file, cuts off what the file has beyond, and returns the file's end.</summary>
    private long Append(string name, long at, SegmentMark mark)
    {
        using SafeFileHandle file = OpenFile(PathOf(name), FileMode.OpenOrCreate);
        long end = at + MarkFrame.Write(file, name, at, mark, PersonKey);
        RandomAccess.SetLength(file, end);
        RandomAccess.FlushToDisk(file);
        return end;
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$", RegexOptions.CultureInvariant)]
    private static partial Regex HoldIds();
}
