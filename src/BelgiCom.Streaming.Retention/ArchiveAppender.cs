using System.Runtime.InteropServices;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// One batch on its way into the archive. <see cref="Commit"/> makes all of it durable: first the blocks (each touched file is flushed to
/// disk), then, in one transaction of the index, where the blocks are and how far each partition was read. Without a commit nothing was
/// appended, because the next batch overwrites what the files hold beyond the index.
/// </summary>
public sealed class ArchiveAppender : IDisposable
{
    private readonly CdrArchive _archive;
    private readonly Dictionary<(RetentionClass Class, DateOnly Day), Target> _targets = [];
    private readonly Dictionary<(string Topic, int Partition), long> _positions = [];
    private List<LegalHold>? _holds;
    private bool _isCommitted;

    internal ArchiveAppender(CdrArchive archive) => _archive = archive;

    /// <summary>What the batch did so far.</summary>
    public AppendCounts Counts { get; } = new();

    /// <summary>
    /// Lets the position pass an offset that holds nothing for the archive: a record that could not be read and is kept elsewhere, or the
    /// marker of a transaction.
    /// </summary>
    public void Pass(string topic, int partition, long offset)
    {
        ref long next = ref NextOffset(topic, partition);
        next = Math.Max(next, offset + 1);
    }

    /// <summary>
    /// Adds a record under each of its classes. A record before the partition's position is skipped, because the archive has it already.
    /// </summary>
    /// <exception cref="ArchiveException">A file or the key store failed.</exception>
    public void Add(in CdrToArchive record)
    {
        ref long next = ref NextOffset(record.Topic, record.Partition);
        if (record.Offset < next)
        {
            Counts.Redelivered++;
            return;
        }

        next = record.Offset + 1;
        PersonRef person = PersonRef.Of(record.Subscriber, _archive.PersonKey);
        foreach (RetentionClass retentionClass in _archive.Policy.ClassesOf(record.Topic, record.Kind, record.Direction))
        {
            long start = record.StartOf(retentionClass.StartsAt);
            DateOnly day = BelgianCalendar.DayOf(start);
            Target? target = TargetOf(retentionClass, day, person, start);
            if (target is null)
            {
                Counts.Add(retentionClass.Name, kept: false);
                continue;
            }

            if (target.Builder.IsFullFor(record.Value))
            {
                WriteBlock(target);
            }

            target.Builder.Add(person, start, legalHoldId: null, record.Topic, record.Partition, record.Offset, record.Value);
            Counts.Add(retentionClass.Name, kept: true);
            if (target.Builder.Raw.Length >= _archive.Options.BlockOctets)
            {
                WriteBlock(target);
            }
        }
    }

    /// <summary>Makes the batch durable.</summary>
    /// <exception cref="ArchiveException">Nothing of the batch was kept.</exception>
    public void Commit()
    {
        foreach (Target target in _targets.Values.Where(target => target.Builder.Records > 0))
        {
            WriteBlock(target);
        }

        List<Target> written = _targets.Values.Where(target => target.Blocks.Count > 0).ToList();
        List<LogPosition> positions =
        [
            .. _positions.Select(
                position => new LogPosition(
                    position.Key.Topic, position.Key.Partition, position.Value, _archive.TopicIdOf(position.Key.Topic))),
        ];
        SegmentCommit? commit = written.Count == 0
            ? null
            : _archive.NextCommit(
                [.. written.Select(target => new SegmentEnd(target.Segment.Name, target.Length, target.Records))], positions);
        foreach (Target target in written)
        {
            WriteMark(target, commit!);
            CutTo(target, target.Length);
            RandomAccess.FlushToDisk(target.File!);
            if (target.Segment.Length == 0)
            {
                _archive.FlushFolders(target.Segment.Name);
            }
        }

        _archive.Index.InTransaction(() =>
        {
            foreach (Target target in written)
            {
                foreach ((long block, long[] persons) in target.Blocks)
                {
                    _archive.Index.AddPersonBlocks(target.Segment.Id, block, persons);
                }

                _archive.Index.SetLength(target.Segment with { Length = target.Length, Records = target.Records });
            }

            foreach (LogPosition position in positions)
            {
                _archive.Index.SetPosition(position);
            }

            if (commit is not null)
            {
                _archive.Index.SetCommitLog(new CommitLog(commit.Sequence, IsDescribed: true));
            }

            _archive.StoreLastSeen();
        });
        _isCommitted = true;
        _archive.Committed(
            _positions, [.. written.Select(target => target.Segment with { Length = target.Length, Records = target.Records })], commit);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Target target in _targets.Values.Where(target => target.File is not null))
        {
            if (!_isCommitted)
            {
                TryCutBack(target);
            }

            target.File!.Dispose();
        }

        _archive.Release();
    }

    /// <summary>The next offset after the batch so far; before its first record of the partition, the archive's position.</summary>
    private ref long NextOffset(string topic, int partition)
    {
        ref long next = ref CollectionsMarshal.GetValueRefOrAddDefault(_positions, (topic, partition), out bool known);
        if (!known)
        {
            next = _archive.NextOffset(topic, partition) ?? 0;
        }

        return ref next;
    }

    /// <summary>
    /// Whether a legal hold covers a record. One that comes after its period is kept then: the next expiry copies it under the hold's key
    /// and destroys the rest.
    /// </summary>
    private bool IsHeld(PersonRef person, long startMilliseconds)
    {
        _holds ??= _archive.Index.Holds();
        DateTimeOffset start = DateTimeOffset.FromUnixTimeMilliseconds(startMilliseconds);
        return _holds.Exists(hold => hold.Covers(person, start));
    }

    /// <summary>
    /// The open segment for a record; null when the period of such records is over already and no hold covers it, so that it must not be
    /// kept.
    /// </summary>
    private Target? TargetOf(RetentionClass retentionClass, DateOnly day, PersonRef person, long startMilliseconds)
    {
        if (_targets.TryGetValue((retentionClass, day), out Target? target) && !target.IsPastPeriod)
        {
            return target;
        }

        bool isPastPeriod = retentionClass.Period.DueAfter(day) <= _archive.CertainNow;
        if (isPastPeriod && !IsHeld(person, startMilliseconds))
        {
            return null;
        }

        if (target is null)
        {
            (Segment segment, DataKey key) = _archive.SegmentFor(retentionClass, day, isPastPeriod);
            target = new Target(segment, key, new BlockBuilder(retentionClass.Name, retentionClass.Purpose), isPastPeriod);
            _targets.Add((retentionClass, day), target);
        }

        return target;
    }

    private void WriteBlock(Target target)
    {
        if (target.Length == 0)
        {
            WriteMark(target, _archive.DescriptionOf(target.Segment.KeyId));
        }

        int octets = Write(target, file => SegmentFile.Write(file, target.Segment.Name, target.Length, target.Builder, target.Key));
        target.Blocks.Add((target.Length, [.. target.Builder.Persons.Order()]));
        target.Length += octets;
        target.Records += target.Builder.Records;
        target.Builder.Clear();
    }

    private void WriteMark(Target target, SegmentMark mark) =>
        target.Length += Write(target, file => MarkFrame.Write(file, target.Segment.Name, target.Length, mark, _archive.PersonKey));

    /// <summary>Removes what an earlier batch that was not committed has left behind this one.</summary>
    private static void CutTo(Target target, long length)
    {
        if (RandomAccess.GetLength(target.File!) > length)
        {
            RandomAccess.SetLength(target.File!, length);
        }
    }

    private static void TryCutBack(Target target)
    {
        try
        {
            CutTo(target, target.Segment.Length);
        }
        catch (IOException)
        {
            // The next batch of the segment, or the next start, tries it again.
        }
    }

    private int Write(Target target, Func<SafeFileHandle, int> write)
    {
        string path = _archive.PathOf(target.Segment.Name);
        try
        {
            return write(target.File ??= CdrArchive.OpenFile(path, FileMode.OpenOrCreate));
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new ArchiveException(
                ArchiveFault.Io,
                $"Archive file {path} cannot be written: {cause.Message} Check free space and rights; the batch will be tried again.",
                cause);
        }
    }

    private sealed class Target(Segment segment, DataKey key, BlockBuilder builder, bool isPastPeriod)
    {
        public bool IsPastPeriod { get; } = isPastPeriod;

        public Segment Segment { get; } = segment;

        public DataKey Key { get; } = key;

        public BlockBuilder Builder { get; } = builder;

        public List<(long Block, long[] Persons)> Blocks { get; } = [];

        public SafeFileHandle? File { get; set; }

        public long Length { get; set; } = segment.Length;

        public long Records { get; set; } = segment.Records;
    }
}

/// <summary>What a batch did, per class.</summary>
public sealed class AppendCounts
{
    private readonly Dictionary<string, (long Kept, long PastPeriod)> _classes = [];

    /// <summary>Numbers of records per class: kept, and not kept because their period was over when they came.</summary>
    public IReadOnlyDictionary<string, (long Kept, long PastPeriod)> Classes => _classes;

    /// <summary>Records that the archive had already.</summary>
    public long Redelivered { get; internal set; }

    internal void Add(string retentionClass, bool kept)
    {
        ref (long Kept, long PastPeriod) counts = ref CollectionsMarshal.GetValueRefOrAddDefault(_classes, retentionClass, out _);
        counts = kept ? (counts.Kept + 1, counts.PastPeriod) : (counts.Kept, counts.PastPeriod + 1);
    }
}
