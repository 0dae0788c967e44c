using System.Globalization;
using System.Text;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Dead letters: records a worker could not handle, kept as they came, with where they came from and why they are here.</summary>
public static class DeadLetter
{
    /// <summary>Header: the topic the record was read from.</summary>
    public const string OriginalTopic = "x-original-topic";

    /// <summary>Header: its partition, decimal.</summary>
    public const string OriginalPartition = "x-original-partition";

    /// <summary>Header: its offset, decimal.</summary>
    public const string OriginalOffset = "x-original-offset";

    /// <summary>Header: its timestamp, milliseconds since 1970-01-01 UTC, decimal.</summary>
    public const string OriginalTimestamp = "x-original-timestamp";

    /// <summary>Header: a typed reason, never personal data.</summary>
    public const string FailureReason = "x-failure-reason";

    /// <summary>Header: how often it was tried, decimal.</summary>
    public const string FailedAttempts = "x-failed-attempts";

    /// <summary>Where a worker's dead letters of a topic go.</summary>
    /// <param name="group">Consumer group, the worker's name.</param>
    /// <param name="topic">The topic they were read from.</param>
    /// <returns>"group.topic.dead-letter".</returns>
    public static string TopicOf(string group, string topic) => $"{group}.{topic}.dead-letter";

    /// <summary>Writes a record to its dead letter topic, same partition, inside the transaction that moves its offset.</summary>
    /// <param name="output">The transaction.</param>
    /// <param name="group">Consumer group, the worker's name.</param>
    /// <param name="record">The record, copied as it is.</param>
    /// <param name="reason">Typed reason without personal data, for example "wrong-magic".</param>
    /// <param name="attempts">How often it was tried, at least 1.</param>
    public static void Write(TransactionalOutput output, string group, in ConsumedRecord record, string reason, int attempts) =>
        output.Produce(TopicOf(group, record.Topic), record.Partition, record.Key, record.Value,
        [
            new(OriginalTopic, Encoding.UTF8.GetBytes(record.Topic)),
            new(OriginalPartition, Decimal(record.Partition)),
            new(OriginalOffset, Decimal(record.Offset)),
            new(OriginalTimestamp, Decimal(record.TimestampMilliseconds)),
            new(FailureReason, Encoding.UTF8.GetBytes(reason)),
            new(FailedAttempts, Decimal(attempts)),
        ]);

    private static byte[] Decimal(long number) => Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
