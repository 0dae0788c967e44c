using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Reads committed records of topics outside the group: a partition's state on assignment, and reference data. It is an interface so that
/// the simulator of the tests can be the log.
/// </summary>
internal interface ICommittedLog : IDisposable
{
    /// <summary>Number of partitions of each topic.</summary>
    IReadOnlyDictionary<string, int> PartitionCountsOf(IReadOnlyCollection<string> topics);

    /// <summary>Partition of a key, in a topic of so many.</summary>
    int PartitionOf(ReadOnlySpan<byte> key, int partitions);

    /// <summary>The present ranges of partitions, as committed readers see them.</summary>
    IReadOnlyList<PartitionRange> RangesOf(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>The present ends of partitions, as committed readers see them.</summary>
    IReadOnlyDictionary<TopicPartition, long> EndsOf(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>The ranges of partitions, once everything that was written before this call is either visible or aborted.</summary>
    IReadOnlyList<PartitionRange> StableRangesOf(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Reads ranges to their ends; within a partition, records come in order.</summary>
    void Read(IReadOnlyList<PartitionRange> ranges, Action<RecordBatch> handle);
}

/// <summary>The log as Kafka has it.</summary>
internal sealed class CommittedLog(
    KafkaOptions kafka, ConsumerOptions consumer, TimeProvider clock, ILogger logger, CancellationToken stopping) : ICommittedLog
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StableWait = TimeSpan.FromMilliseconds(20);

    private readonly TopicReader _reader = new(kafka, consumer, clock, logger, stopping);

    // Kept, because a new client first connects and asks for metadata, which on a busy machine delays every assignment.
    private readonly Lazy<IAdminClient> _admin = new(() => KafkaClients.Admin(kafka, logger));

    private IAdminClient Admin
    {
        get
        {
            _admin.Value.Remind(kafka);
            return _admin.Value;
        }
    }

    public IReadOnlyDictionary<string, int> PartitionCountsOf(IReadOnlyCollection<string> topics)
    {
        DescribeTopicsResult described = Ask(() => Admin.DescribeTopicsAsync(
            TopicCollection.OfTopicNames(topics), new DescribeTopicsOptions { RequestTimeout = RequestTimeout }));
        return described.TopicDescriptions.ToDictionary(topic => topic.Name, topic => topic.Partitions.Count);
    }

    public int PartitionOf(ReadOnlySpan<byte> key, int partitions) => KeyPartition.Of(key, partitions);

    public IReadOnlyList<PartitionRange> RangesOf(IReadOnlyCollection<TopicPartition> partitions) => _reader.RangesOf(partitions);

    public IReadOnlyDictionary<TopicPartition, long> EndsOf(IReadOnlyCollection<TopicPartition> partitions) => _reader.EndsOf(partitions);

    /// <summary>
    /// Waits for open transactions: a transaction of the previous owner may be decided, so that its offsets were read, while its marker has
    /// not reached these partitions yet. Reading only what is visible would then lose state.
    /// </summary>
    public IReadOnlyList<PartitionRange> StableRangesOf(IReadOnlyCollection<TopicPartition> partitions)
    {
        ListOffsetsResult ends = Ask(() => Admin.ListOffsetsAsync(
            partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = OffsetSpec.Latest() }),
            new ListOffsetsOptions { IsolationLevel = IsolationLevel.ReadUncommitted, RequestTimeout = RequestTimeout }));
        return WaitFor(
            partitions,
            ends.ResultInfos.ToDictionary(
                end => end.TopicPartitionOffsetError.TopicPartition, end => end.TopicPartitionOffsetError.Offset.Value));
    }

    public void Read(IReadOnlyList<PartitionRange> ranges, Action<RecordBatch> handle) => _reader.Read(ranges, handle, stopping);

    public void Dispose()
    {
        _reader.Dispose();
        if (_admin.IsValueCreated)
        {
            _admin.Value.Dispose();
        }
    }

    /// <summary>Brokers may be away during an assignment as at any other time, and that must not end the lane.</summary>
    private T Ask<T>(Func<Task<T>> question) =>
        Patience.Ask(() => question().GetAwaiter().GetResult(), kafka.RecoveryTimeout, clock, _ => { }, stopping);

    private IReadOnlyList<PartitionRange> WaitFor(IReadOnlyCollection<TopicPartition> partitions, Dictionary<TopicPartition, long> ends)
    {
        long started = clock.GetTimestamp();
        while (true)
        {
            IReadOnlyList<PartitionRange> visible = RangesOf(partitions);
            if (visible.FirstOrDefault(range => range.To < ends[range.Partition]) is not { } open)
            {
                return visible;
            }

            if (clock.GetElapsedTime(started) > kafka.RecoveryTimeout)
            {
                throw new ClientFailedException(
                    $"{open.Partition.Topic}[{open.Partition.Partition.Value}] has an open transaction at @{open.To} that did not end "
                    + $"in {kafka.RecoveryTimeout}; find the producer that left it open.");
            }

            stopping.WaitHandle.WaitOne(StableWait);
            stopping.ThrowIfCancellationRequested();
        }
    }
}
