using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Reads committed records of topics outside the group: state on assignment, reference data. A seam, so that the simulator can be the log.</summary>
internal interface ICommittedLog : IDisposable
{
    /// <summary>Number of a topic's partitions.</summary>
    int PartitionCountOf(string topic);

    /// <summary>What of a partition is visible now.</summary>
    PartitionRange RangeOf(TopicPartition partition);

    /// <summary>What partitions hold, once everything written before this call is visible or gone.</summary>
    IReadOnlyList<PartitionRange> StableRangesOf(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Reads ranges to their ends; order holds within each partition.</summary>
    void Read(IReadOnlyList<PartitionRange> ranges, Action<RecordBatch> handle);
}

/// <summary>The log as Kafka has it.</summary>
internal sealed class CommittedLog(KafkaOptions kafka, TimeProvider clock, CancellationToken stopping) : ICommittedLog
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StableWait = TimeSpan.FromMilliseconds(20);

    private readonly TopicReader _reader = new(kafka, clock);

    public int PartitionCountOf(string topic)
    {
        using IAdminClient admin = new AdminClientBuilder(KafkaClients.AdminConfig(kafka)).Build();
        TopicMetadata metadata = admin.GetMetadata(topic, RequestTimeout).Topics[0];
        return metadata.Error.IsError ? throw new KafkaException(metadata.Error) : metadata.Partitions.Count;
    }

    public PartitionRange RangeOf(TopicPartition partition) => _reader.RangeOf(partition);

    // A transaction of the previous owner may be decided, so that its offsets were read, while its marker has not reached these partitions yet; reading only
    // what is visible would then lose state.
    public IReadOnlyList<PartitionRange> StableRangesOf(IReadOnlyCollection<TopicPartition> partitions)
    {
        using IAdminClient admin = new AdminClientBuilder(KafkaClients.AdminConfig(kafka)).Build();
        ListOffsetsResult ends = admin.ListOffsetsAsync(
            partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = OffsetSpec.Latest() }),
            new ListOffsetsOptions { IsolationLevel = IsolationLevel.ReadUncommitted, RequestTimeout = RequestTimeout }).GetAwaiter().GetResult();
        return [.. ends.ResultInfos.Select(end => WaitFor(end.TopicPartitionOffsetError.TopicPartition, end.TopicPartitionOffsetError.Offset.Value))];
    }

    public void Read(IReadOnlyList<PartitionRange> ranges, Action<RecordBatch> handle) => _reader.Read(ranges, handle, stopping);

    public void Dispose() => _reader.Dispose();

    private PartitionRange WaitFor(TopicPartition partition, long end)
    {
        long started = clock.GetTimestamp();
        while (true)
        {
            PartitionRange visible = _reader.RangeOf(partition);
            if (visible.To >= end)
            {
                return visible;
            }

            if (clock.GetElapsedTime(started) > kafka.RecoveryTimeout)
            {
                throw new LaneFailedException(
                    $"{partition.Topic}[{partition.Partition.Value}] has an open transaction before @{end} that did not end in {kafka.RecoveryTimeout}; find the producer that left it open.");
            }

            stopping.WaitHandle.WaitOne(StableWait);
            stopping.ThrowIfCancellationRequested();
        }
    }
}
