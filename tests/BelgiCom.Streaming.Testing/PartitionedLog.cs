using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Testing;

/// <summary>
/// A log in memory with a handler on it, as a lane would drive it: batches, transactions, aborts, restarts, rebalances. One thread, no
/// clock, so that a seed replays a run. Output counts only when its batch is committed.
/// </summary>
public sealed class PartitionedLog
{
    private readonly Dictionary<TopicPartition, List<TestRecord>> _records = [];
    private readonly Dictionary<TopicPartition, long> _committed = [];
    private readonly List<ProducedRecord> _output = [];

    /// <summary>Output of committed batches, in order.</summary>
    public IReadOnlyList<ProducedRecord> Output => _output;

    /// <summary>Records that were appended and not yet committed.</summary>
    public long Lag => _records.Sum(entry => entry.Value.Count - CommittedOf(entry.Key));

    /// <summary>All partitions that have a record.</summary>
    public IReadOnlyList<TopicPartition> Partitions => [.. _records.Keys];

    /// <summary>Appends a record.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="partition">Partition number.</param>
    /// <param name="key">Key; empty for none.</param>
    /// <param name="value">Value; null for a tombstone.</param>
    /// <param name="timestampMilliseconds">Milliseconds since 1970-01-01 UTC.</param>
    /// <returns>Its offset.</returns>
    public long Append(string topic, int partition, byte[] key, byte[]? value, long timestampMilliseconds = 0)
    {
        TopicPartition at = new(topic, partition);
        if (!_records.TryGetValue(at, out List<TestRecord>? records))
        {
            _records[at] = records = [];
        }

        records.Add(new TestRecord(topic, partition, records.Count, key, value, timestampMilliseconds));
        return records.Count - 1;
    }

    /// <summary>Offset that a new owner would start from.</summary>
    /// <param name="partition">Topic and partition.</param>
    /// <returns>0 when nothing is committed.</returns>
    public long CommittedOf(TopicPartition partition) => _committed.GetValueOrDefault(partition);

    /// <summary>Hands the next records of one partition to a handler as one transaction.</summary>
    /// <param name="handler">The handler; it owns the partition.</param>
    /// <param name="partition">Topic and partition.</param>
    /// <param name="maxRecords">Most records in the batch.</param>
    /// <param name="commit">Whether the transaction commits; if not, it is aborted after the handler is done.</param>
    /// <returns>Records in the batch; 0 at the end of the log.</returns>
    public int Step(ITransactionalBatchHandler handler, TopicPartition partition, int maxRecords, bool commit = true)
    {
        long from = CommittedOf(partition);
        List<TestRecord> records = [.. _records.GetValueOrDefault(partition, []).Skip((int)from).Take(maxRecords)];
        if (records.Count == 0)
        {
            return 0;
        }

        CapturedOutput output = new();
        try
        {
            handler.Handle(new TestBatch(records), output);
        }
        catch
        {
            handler.Aborted();
            throw;
        }

        if (!commit)
        {
            handler.Aborted();
            return records.Count;
        }

        _output.AddRange(output.Records);
        _committed[partition] = from + records.Count;
        handler.Committed();
        return records.Count;
    }

    /// <summary>Hands everything to a handler that owns all partitions.</summary>
    /// <param name="handler">The handler; it is assigned all partitions first.</param>
    /// <param name="maxRecords">Most records in a batch.</param>
    public void Drain(ITransactionalBatchHandler handler, int maxRecords = 100)
    {
        handler.Assigned(Partitions);
        foreach (TopicPartition partition in Partitions)
        {
            while (Step(handler, partition, maxRecords) > 0)
            {
            }
        }
    }
}
