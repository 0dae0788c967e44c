using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>Topics in memory. Records become visible by transaction, as in Kafka.</summary>
internal sealed class FakeLog(int partitions) : ICommittedLog
{
    private readonly Dictionary<(string Topic, int Partition), List<FakeRecord>> _records = [];

    /// <summary>Held while records come or are read: readers have threads of their own.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Partition counts that differ from the others.</summary>
    public Dictionary<string, int> PartitionCounts { get; } = [];

    /// <summary>First offsets of partitions whose older records are deleted.</summary>
    public Dictionary<(string Topic, int Partition), long> Begins { get; } = [];

    /// <summary>Offsets that a partition's end is short of, because the last transaction's marker is not there yet.</summary>
    public Dictionary<(string Topic, int Partition), int> Unmarked { get; } = [];

    /// <summary>Clock that stamps the records of transactions; null for no stamps.</summary>
    public TimeProvider? WriteTime { get; set; }

    public List<FakeRecord> this[string topic, int partition]
    {
        get
        {
            if (!_records.TryGetValue((topic, partition), out List<FakeRecord>? records))
            {
                _records.Add((topic, partition), records = []);
            }

            return records;
        }
    }

    /// <summary>Where the partitioner puts a key: by its last octet, as the subscribers of tests are placed.</summary>
    public int PartitionOf(ReadOnlySpan<byte> key) => key[^1] % partitions;

    public int PartitionOf(ReadOnlySpan<byte> key, int partitions) => PartitionOf(key);

    public IEnumerable<FakeRecord> All(string topic) => Enumerable.Range(0, partitions).SelectMany(partition => this[topic, partition]);

    public IReadOnlyDictionary<string, int> PartitionCountsOf(IReadOnlyCollection<string> topics) =>
        topics.ToDictionary(topic => topic, topic => PartitionCounts.GetValueOrDefault(topic, partitions));

    public IReadOnlyDictionary<TopicPartition, long> EndsOf(IReadOnlyCollection<TopicPartition> partitions) =>
        RangesOf(partitions).ToDictionary(range => range.Partition, range => range.To);

    public IReadOnlyList<PartitionRange> RangesOf(IReadOnlyCollection<TopicPartition> partitions)
    {
        lock (Gate)
        {
            return
            [
                .. partitions.Select(partition => new PartitionRange(
                    partition, Begins.GetValueOrDefault((partition.Topic, partition.Partition.Value)),
                    this[partition.Topic, partition.Partition.Value].Count
                        - Unmarked.GetValueOrDefault((partition.Topic, partition.Partition.Value)))),
            ];
        }
    }

    public IReadOnlyList<PartitionRange> StableRangesOf(IReadOnlyCollection<TopicPartition> partitions) => RangesOf(partitions);

    public void Read(IReadOnlyList<PartitionRange> ranges, Action<RecordBatch> handle)
    {
        foreach (PartitionRange range in ranges)
        {
            string topic = range.Partition.Topic;
            int partition = range.Partition.Partition.Value;
            FakeBatch batch;
            lock (Gate)
            {
                batch = new FakeBatch(
                    [
                        .. Enumerable.Range((int)range.From, (int)(range.To - range.From))
                            .Select(offset => (topic, partition, offset, this[topic, partition][offset]))]);
            }

            handle(batch);
        }
    }

    public void Dispose()
    {
    }
}

internal sealed record FakeRecord(byte[] Key, byte[]? Value, long TimestampMilliseconds = 0);

internal sealed class FakeBatch(IReadOnlyList<(string Topic, int Partition, int Offset, FakeRecord Record)> records) : RecordBatch
{
    public override int Count => records.Count;

    public override ConsumedRecord this[int index]
    {
        get
        {
            (string topic, int partition, int offset, FakeRecord record) = records[index];
            return new ConsumedRecord(
                topic, partition, offset, record.TimestampMilliseconds, record.Key, record.Value, record.Value is null);
        }
    }
}

/// <summary>An open transaction: what is produced shows in the log when <see cref="Commit"/> is called, or never.</summary>
internal sealed class FakeTransaction(FakeLog log) : TransactionalOutput
{
    private readonly List<(string Topic, int Partition, FakeRecord Record)> _produced = [];

    public override void Produce(string topic, int? partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        _produced.Add((
            topic, partition ?? log.PartitionOf(key),
            new FakeRecord(key.ToArray(), value.ToArray(), log.WriteTime?.GetUtcNow().ToUnixTimeMilliseconds() ?? 0)));

    public override void Copy(
        string topic, int partition, in ConsumedRecord record, IReadOnlyList<KeyValuePair<string, byte[]>> headers) =>
        Produce(topic, partition, record.Key, record.Value);

    public override void ProduceTombstone(string topic, int? partition, ReadOnlySpan<byte> key) =>
        _produced.Add((topic, partition!.Value, new FakeRecord(key.ToArray(), null)));

    public void Commit()
    {
        lock (log.Gate)
        {
            _produced.ForEach(record => log[record.Topic, record.Partition].Add(record.Record));
        }
    }
}
