using System.Globalization;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Storage;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Retention;

/// <summary>An index that was made anew.</summary>
/// <param name="Segments">Segments that are kept.</param>
/// <param name="Records">Records in them.</param>
/// <param name="Holds">Holds in force.</param>
/// <param name="Faults">What could not be recovered, a sentence each that says where and what to do.</param>
public sealed record ArchiveReindexed(int Segments, long Records, int Holds, IReadOnlyList<string> Faults);

/// <summary>
/// Makes an archive's index anew, from the marks and blocks of its files, the journal and the keys. The new index takes the place of the
/// old in one step at the end, so a run that was cut short has changed nothing and is made again.
/// </summary>
internal sealed class ArchiveReindexing(RetentionOptions options, IKeyStore keys, TimeProvider clock)
{
    private static readonly string[] Parts = ["", "-wal", "-shm"];

    private readonly DataKey _personKey = keys.GetOrCreate(KeyPurposes.RetentionPerson, scope: "");
    private readonly ArchiveJournal _journal = ArchiveJournal.Read(options, keys);
    private readonly List<string> _faults = [];
    private readonly Dictionary<(string Topic, int Partition), (long Sequence, LogPosition Position)> _positions = [];
    private readonly Dictionary<string, SegmentEnd> _named = new(StringComparer.Ordinal);
    private readonly HashSet<string> _withLast = new(StringComparer.Ordinal);
    private SegmentCommit? _last;
    private string? _archiveId;

    public ArchiveReindexed Run()
    {
        List<SegmentScan> files = [];
        List<SegmentScan> copies = [];
        foreach (string file in CdrArchive.SegmentFiles(options).Order(StringComparer.Ordinal))
        {
            string name = CdrArchive.NameOf(options, file);
            (name.StartsWith("holds/", StringComparison.Ordinal) ? copies : files).Add(SegmentScan.Of(file, name, _personKey, Committed));
        }

        RefuseForeign(files, copies);
        RefuseShorterJournal(copies);
        Settle(files);
        NameWhatIsMissing(files);

        string index = CdrArchive.IndexFile(options);
        Delete(index + ".new");
        ArchiveReindexed made = Fill(index + ".new", files, copies);
        Replace(index);
        return made;
    }

    private void Committed(SegmentScan file, SegmentCommit commit)
    {
        Require(commit.Previous);
        if (_last is not null && commit.Sequence < _last.Sequence)
        {
            Take(commit);
            return;
        }

        if (_last is not null && commit.Sequence > _last.Sequence)
        {
            Take(_last);
            _withLast.Clear();
        }

        _last = commit;
        _withLast.Add(file.Name);
    }

    private void Take(SegmentCommit commit)
    {
        // The mark itself stands there, so the file is longer than that.
        Require(commit.Touched.Select(end => end with { Length = end.Length + 1 }));
        foreach (LogPosition position in commit.Positions)
        {
            (string, int) partition = (position.Topic, position.Partition);
            if (!_positions.TryGetValue(partition, out (long Sequence, LogPosition) known) || known.Sequence < commit.Sequence)
            {
                _positions[partition] = (commit.Sequence, position);
            }
        }
    }

    private void Require(IEnumerable<SegmentEnd> ends)
    {
        foreach (SegmentEnd end in ends)
        {
            if (!_named.TryGetValue(end.Segment, out SegmentEnd? known) || known.Length < end.Length)
            {
                _named[end.Segment] = end;
            }
        }
    }

    /// <summary>Files of two archives in one folder: somebody has to say which belong there.</summary>
    private void RefuseForeign(List<SegmentScan> files, List<SegmentScan> copies)
    {
        List<IGrouping<string, SegmentScan>> archives =
        [
            .. files.Concat(copies).Where(file => file.Description is not null).GroupBy(file => file.Description!.Archive),
        ];
        _archiveId = archives.FirstOrDefault()?.Key;
        if (archives.Count > 1)
        {
            IEnumerable<string> each = archives.Select(
                archive => $"{archive.Count()} of {archive.Key}, for example {archive.First().Name}");
            throw Refused(
                $"The folder has files of {archives.Count} archives: {string.Join("; ", each)}. Move away those that do not belong to it");
        }

        if (files.Concat(copies).FirstOrDefault(file => file is { BeginsWithMark: true, Description: null, Sequence: 0 }) is { } foreign)
        {
            throw Refused(
                $"The file {CdrArchive.PathOf(options, foreign.Name)} is of an archive with other keys, or damaged from its start on. Move "
                + $"it away, or restore it from its copy");
        }

        if (files.Find(file => ArchiveJournal.SegmentNamed(file.Name, "", 0, 0, SegmentState.Kept) is null) is { } unnamed)
        {
            throw Refused($"The file {CdrArchive.PathOf(options, unnamed.Name)} has no name of a segment. Move it away");
        }
    }

    /// <summary>Holds are known from the journal, so without all of it what a hold keeps would be destroyed with the rest.</summary>
    private void RefuseShorterJournal(List<SegmentScan> copies)
    {
        if (_last is not null && _last.JournalEntries > _journal.Count)
        {
            throw Refused(string.Create(
                CultureInfo.InvariantCulture,
                $"The journal has {_journal.Count} entries, and had {_last.JournalEntries} before. Restore it from its copy"));
        }

        if (copies.Find(copy => !_journal.Holds.ContainsKey(HoldOf(copy.Name))) is { } unknown)
        {
            throw Refused($"The journal does not know the hold of {unknown.Name}. Restore the journal from its copy");
        }
    }

    /// <summary>The last batch was committed when all of it is there; otherwise it comes again from the topics.</summary>
    private void Settle(List<SegmentScan> files)
    {
        if (_last is null)
        {
            return;
        }

        if (_last.Touched.All(end => _withLast.Contains(end.Segment) || _journal.Expired.ContainsKey(end.Segment)))
        {
            Take(_last);
            return;
        }

        foreach (SegmentScan file in files)
        {
            file.TakeBack(_last.Sequence);
        }

        _last = _last with { Sequence = _last.Sequence - 1 };
    }

    private void NameWhatIsMissing(List<SegmentScan> files)
    {
        Dictionary<string, SegmentScan> byName = files.ToDictionary(file => file.Name, StringComparer.Ordinal);
        foreach (SegmentEnd end in _named.Values.OrderBy(end => end.Segment, StringComparer.Ordinal))
        {
            if (_journal.Expired.ContainsKey(end.Segment))
            {
                continue;
            }

            SegmentScan? file = byName.GetValueOrDefault(end.Segment);
            if (file is null || file.End < end.Length)
            {
                _faults.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Archive segment {end.Segment}: {(file is null ? "its file is missing" : $"its file ends at octet {file.End}")}, and "
                    + $"{end.Length} octets were committed: {end.Records - (file?.Records ?? 0)} of {end.Records} records are not there. "
                    + $"Restore the file from its copy and make the index anew again."));
            }
        }
    }

    private ArchiveReindexed Fill(string fresh, List<SegmentScan> files, List<SegmentScan> copies)
    {
        using ArchiveIndex index = ArchiveIndex.Open(fresh, clock.GetUtcNow(), _personKey);
        if (_archiveId is not null)
        {
            index.SetArchiveId(_archiveId);
        }

        index.InTransaction(() =>
        {
            foreach (Segment expired in _journal.Expired.Values)
            {
                index.AddSegment(expired);
            }

            foreach ((_, LogPosition position) in _positions.Values)
            {
                index.SetPosition(position);
            }
        });
        index.SetPeriods(Periods(files));
        index.SetCommitLog(new CommitLog(_last?.Sequence ?? 0, files.TrueForAll(file => file.Description is not null)));
        if (_last is not null)
        {
            index.SetLastSeen(DateTimeOffset.FromUnixTimeMilliseconds(_last.LastSeen));
        }

        List<SegmentScan> kept = files.FindAll(file => !_journal.Expired.ContainsKey(file.Name));
        long records = kept.Sum(file => AddSegment(index, file));
        foreach (HoldOrder hold in _journal.Holds.Values)
        {
            AddHold(index, hold, copies.FindAll(copy => HoldOf(copy.Name) == hold.Id));
        }

        index.Checkpoint();
        return new ArchiveReindexed(kept.Count, records, _journal.Holds.Values.Count(hold => !hold.IsReleased), _faults);
    }

    /// <summary>The periods are those under which the newest segment was begun.</summary>
    private static IReadOnlyDictionary<string, string> Periods(List<SegmentScan> files) => files
        .Where(file => file.Description is not null)
        .MaxBy(file => ArchiveJournal.SegmentNamed(file.Name, "", 0, 0, SegmentState.Kept)!.Id)?.Description!.Periods
        ?? new Dictionary<string, string>();

    private long AddSegment(ArchiveIndex index, SegmentScan file)
    {
        _faults.AddRange(file.Faults);
        (long end, long records) = (file.End, file.Records);
        string keyId = file.Description?.KeyId ?? KeyByDay(file);
        if (file.Description is null)
        {
            (end, records) = file.Sequence > 0 ? (end, records) : (file.FormEnd, file.Blocks.Sum(block => (long)block.Records));
            _faults.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"Archive segment {file.Name}: its file, of an earlier release, does not say whose it is"
                + $"{(keyId.Length > 0 ? "" : ", and no key opens it: it is kept, and never destroyed by itself")}. What it holds, "
                + $"{records} records, may not have been committed, and be in the archive twice."));
        }

        Segment segment = ArchiveJournal.SegmentNamed(file.Name, keyId, end, records, SegmentState.Kept)!;
        index.InTransaction(() =>
        {
            segment = segment with { Records = AddPersons(index, segment, file) };
            index.AddSegment(segment);
        });
        return segment.Records;
    }

    /// <summary>Adds the persons of each block that can be read, and returns the records in them.</summary>
    private long AddPersons(ArchiveIndex index, Segment segment, SegmentScan file)
    {
        if (keys.Find(segment.KeyId) is not { } key)
        {
            if (segment.KeyId.Length > 0 && !IsDue(segment))
            {
                _faults.Add(
                    $"Archive segment {segment.Name}: its key {segment.KeyId} is not in the key store, so its {segment.Records} records "
                    + $"cannot be read. Restore the key store and make the index anew again.");
            }

            return segment.Records;
        }

        long records = 0;
        HashSet<(long Person, long Block)> persons = [];
        using SafeFileHandle handle = CdrArchive.OpenFile(CdrArchive.PathOf(options, segment.Name), FileMode.Open);
        foreach ((long at, _) in file.Blocks.TakeWhile(block => block.At < segment.Length))
        {
            persons.Clear();
            try
            {
                records += ArchiveVerification.AddPersons(
                    persons, at, SegmentFile.Read(handle, segment.Name, at, segment.Length, key, out _));
                index.AddPersonBlocks(segment.Id, at, persons.Select(person => person.Person).Order());
            }
            catch (ArchiveException fault)
            {
                _faults.Add(fault.Message);
            }
        }

        if (records != segment.Records)
        {
            _faults.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"Archive segment {segment.Name} has {records} records that can be read; {segment.Records} were committed."));
        }

        return records;
    }

    /// <summary>A segment whose destruction had begun is past its period, and has no key any more.</summary>
    private bool IsDue(Segment segment) =>
        RetentionPolicy.From(options).Find(segment.Class) is { } retentionClass
        && retentionClass.Period.DueAfter(segment.Day) <= clock.GetUtcNow();

    /// <summary>The key of the day, when it opens a file that does not say its key; empty when it does not.</summary>
    private string KeyByDay(SegmentScan file)
    {
        Segment segment = ArchiveJournal.SegmentNamed(file.Name, "", file.FormEnd, 0, SegmentState.Kept)!;
        if (_archiveId is null || file.Blocks.Count == 0
            || keys.Find(KeyPurposes.Retention(_archiveId, segment.Class), KeyPurposes.Day(segment.Day)) is not { } key)
        {
            return "";
        }

        using SafeFileHandle handle = CdrArchive.OpenFile(CdrArchive.PathOf(options, file.Name), FileMode.Open);
        try
        {
            _ = SegmentFile.Read(handle, file.Name, file.Blocks[0].At, file.FormEnd, key, out _);
            return key.Id;
        }
        catch (ArchiveException)
        {
            return "";
        }
    }

    private void AddHold(ArchiveIndex index, HoldOrder order, List<SegmentScan> copies)
    {
        string keyId = copies.Select(copy => copy.Description?.KeyId).FirstOrDefault(id => id is not null)
            ?? keys.GetOrCreate(KeyPurposes.RetentionHold(_archiveId ?? index.ArchiveId()), order.Id).Id;
        index.AddHold(new LegalHold(order.Id, [.. order.Persons.Distinct()], order.From, order.To, keyId), order.At);
        if (order.IsReleased)
        {
            // The release may have been cut short.
            keys.Delete(keyId);
            copies.ForEach(copy => File.Delete(CdrArchive.PathOf(options, copy.Name)));
            index.EndHold(order.Id, clock.GetUtcNow());
            return;
        }

        foreach (SegmentScan copy in copies)
        {
            _faults.AddRange(copy.Faults);
            long records = 0;
            try
            {
                using SafeFileHandle handle = CdrArchive.OpenFile(CdrArchive.PathOf(options, copy.Name), FileMode.Open);
                foreach ((_, byte[] octets) in SegmentFile.Blocks(
                    handle, copy.Name, copy.FormEnd, CdrArchive.KeyOf(keys, copy.Name, keyId), _personKey))
                {
                    records += ArchiveVerification.AddPersons([], 0, octets);
                }
            }
            catch (ArchiveException fault)
            {
                _faults.Add(fault.Message);
            }

            long segment = long.Parse(Path.GetFileName(copy.Name), CultureInfo.InvariantCulture);
            index.AddHeldSegment(new HeldSegment(order.Id, segment, keyId, copy.FormEnd, records));
        }
    }

    private static string HoldOf(string name) => name.Split('/') is ["holds", string hold, string segment]
        && long.TryParse(segment, CultureInfo.InvariantCulture, out _) ? hold : "";

    /// <summary>
    /// Puts the new index in the place of the old. The old one is kept beside it when something could not be recovered. Its log goes with
    /// it, because SQLite would take it for the new one's.
    /// </summary>
    private void Replace(string index)
    {
        string old = index + ".replaced";
        if (File.Exists(index))
        {
            Delete(old);
        }

        foreach (string part in Parts.Where(part => File.Exists(index + part)))
        {
            File.Move(index + part, old + part, overwrite: true);
        }

        File.Move(index + ".new", index);
        FolderEntries.Flush(options.ArchiveDirectory);
        if (_faults.Count == 0)
        {
            Delete(old);
        }
        else if (File.Exists(old))
        {
            _faults.Add(
                $"The index that was replaced is {old}. It has pseudonyms of persons: remove it when nothing is to be restored any more.");
        }
    }

    private static void Delete(string database)
    {
        foreach (string part in Parts)
        {
            File.Delete(database + part);
        }
    }

    private static ArchiveException Refused(string what) => new(ArchiveFault.Refused, $"{what}; nothing was changed.");
}
