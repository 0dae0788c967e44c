using System.Globalization;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

internal delegate bool RecordPredicate(string topic, int partition, long offset);

/// <summary>
/// A batch as the loop sees it: the records, how far each partition has come with them, and the errors that the client reported.
/// </summary>
internal abstract class PolledBatch : RecordBatch
{
    private readonly List<PartitionProgress> _progress = [];
    private readonly List<Error> _errors = [];
    private PartitionProgress? _current;

    /// <summary>One entry per partition that gave a record or reached its end.</summary>
    public IReadOnlyList<PartitionProgress> Progress => _progress;

    /// <summary>Errors that the client delivered between records.</summary>
    public IReadOnlyList<Error> Errors => _errors;

    /// <summary>Octets of keys and values.</summary>
    public long Bytes { get; protected set; }

    /// <summary>Removes the records of some partitions, because they no longer count.</summary>
    public void Remove(IReadOnlySet<TopicPartition> partitions)
    {
        RemoveRecords((topic, partition, _) => partitions.Contains(new TopicPartition(topic, partition)));
        _progress.RemoveAll(progress => partitions.Contains(progress.TopicPartition));
        _current = null;
    }

    /// <summary>
    /// Hands the records out one by one and leaves the batch without them; <see cref="Progress"/> still counts what was read.
    /// </summary>
    public void RemoveWhere(RecordPredicate drop) => RemoveRecords(drop);

    /// <summary>
    /// Names the batch in logs and exceptions: "topic[partition]@first..last" for each partition that has records in it. It is the same
    /// text in whatever order the brokers gave the partitions.
    /// </summary>
    public string Describe()
    {
        bool isEmpty = _progress.TrueForAll(part => part.Records == 0);
        return string.Join(
            ", ",
            _progress.Where(part => isEmpty || part.Records > 0)
                .OrderBy(part => part.Topic, StringComparer.Ordinal).ThenBy(part => part.Partition)
                .Select(part => part.Records > 0
                    ? string.Create(CultureInfo.InvariantCulture, $"{part.Topic}[{part.Partition}]@{part.First}..{part.Next - 1}")
                    : string.Create(CultureInfo.InvariantCulture, $"{part.Topic}[{part.Partition}]@{part.Next}")));
    }

    /// <summary>Gives the records' memory back; the batch is then empty and may be filled again.</summary>
    public void Release()
    {
        ReleaseRecords();
        _progress.Clear();
        _errors.Clear();
        _current = null;
        Bytes = 0;
    }

    protected abstract void RemoveRecords(RecordPredicate drop);

    protected abstract void ReleaseRecords();

    protected void Took(string topic, int partition, long offset, long bytes)
    {
        PartitionProgress progress = ProgressOf(topic, partition);
        if (progress.Records == 0)
        {
            progress.First = offset;
        }

        progress.Records++;
        progress.Next = offset + 1;
        progress.AtEnd = false;
        Bytes += bytes;
    }

    /// <summary>The end may be further than the last record, because transaction markers and aborted records have offsets too.</summary>
    protected void ReachedEnd(string topic, int partition, long endOffset)
    {
        PartitionProgress progress = ProgressOf(topic, partition);
        progress.Next = Math.Max(progress.Next, endOffset);
        progress.AtEnd = true;
    }

    protected void Reported(Error error) => _errors.Add(error);

    /// <summary>Records come in runs of one partition, so the last entry is nearly always the right one.</summary>
    private PartitionProgress ProgressOf(string topic, int partition)
    {
        if (_current is { } current && current.Partition == partition && ReferenceEquals(current.Topic, topic))
        {
            return current;
        }

        foreach (PartitionProgress progress in _progress)
        {
            if (progress.Partition == partition && progress.Topic == topic)
            {
                return _current = progress;
            }
        }

        _current = new PartitionProgress(topic, partition);
        _progress.Add(_current);
        return _current;
    }
}

/// <summary>How far one partition has come in a batch.</summary>
internal sealed class PartitionProgress(string topic, int partition)
{
    public string Topic { get; } = topic;

    public int Partition { get; } = partition;

    public TopicPartition TopicPartition { get; } = new(topic, partition);

    /// <summary>Offset of the first record; meaningless while <see cref="Records"/> is 0.</summary>
    public long First { get; set; }

    /// <summary>Offset to read next, which is what is committed (last processed + 1, or the end).</summary>
    public long Next { get; set; }

    public int Records { get; set; }

    public bool AtEnd { get; set; }
}
