using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// First and end offsets of many partitions, in one request per broker. Asking for one partition at a time would cost a round trip and a
/// leader query each.
/// </summary>
internal static class LogEnds
{
    // Special time values of the protocol's ListOffsets.
    private const long Latest = -1;
    private const long Earliest = -2;

    public static Dictionary<TopicPartition, long> Begins(
        IConsumer<byte[], byte[]> consumer, IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout) =>
        Query(consumer, partitions, Earliest, timeout);

    /// <summary>The end for read_committed readers, because this consumer is one.</summary>
    public static Dictionary<TopicPartition, long> Ends(
        IConsumer<byte[], byte[]> consumer, IReadOnlyCollection<TopicPartition> partitions, TimeSpan timeout) =>
        Query(consumer, partitions, Latest, timeout);

    private static Dictionary<TopicPartition, long> Query(
        IConsumer<byte[], byte[]> consumer, IReadOnlyCollection<TopicPartition> partitions, long time, TimeSpan timeout) =>
        partitions.Count == 0
            ? []
            : consumer.OffsetsForTimes(
                partitions.Select(partition => new TopicPartitionTimestamp(partition, new Timestamp(time, TimestampType.CreateTime))),
                timeout)
                .ToDictionary(found => found.TopicPartition, found => found.Offset.Value);
}
