using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>A place on usage.received.v1.</summary>
internal readonly record struct Place(int Partition, long Offset)
{
    public override string ToString() => $"[{Partition}]@{Offset}";
}

/// <summary>A record on usage.received.v1.</summary>
internal sealed record ReceivedRecord(Place Place, long TimestampMilliseconds, byte[] Value);

/// <summary>What rating said about one event, on usage.rated.v1: everything that money depends on.</summary>
internal sealed record RatedLine(
    Place Place,
    UsageId UsageId,
    SubscriberRef Subscriber,
    RatedOutcome Outcome,
    long ChargedUnits,
    long BundleUnits,
    decimal Amount,
    BalanceAfter Balance);

/// <summary>The balance of the period after an event.</summary>
internal sealed record BalanceAfter(
    DateOnly Period, long BundleOctets, long BundleSeconds, long BundleMessages, decimal Spend, decimal RoamingSpend);

/// <summary>What rating said about an event that it did not rate.</summary>
internal sealed record RejectedLine(
    Place Place, UsageId UsageId, RejectedOutcome Outcome, RejectedReason Reason, byte[] Original, byte[] Hash);

/// <summary>A message owed to a customer.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Subscriber">Whom.</param>
/// <param name="Kind">Which.</param>
/// <param name="Period">Month.</param>
/// <param name="Step">Limit and thousandths; empty for bundles.</param>
/// <param name="Action">What was ordered.</param>
/// <param name="Amount">Spend after the usage; 0 for bundles.</param>
internal sealed record NotificationLine(
    NotificationId Id, SubscriberRef Subscriber, NotificationKind Kind, DateOnly Period, string Step, LimitAction Action, decimal Amount);

/// <summary>
/// What is on the topics: usage as received, and what committed readers see of what became of it, in the order of each partition.
/// </summary>
internal sealed record TopicContents(
    IReadOnlyList<ReceivedRecord> Received,
    IReadOnlyList<RatedLine> Rated,
    IReadOnlyList<RejectedLine> Rejected,
    IReadOnlyList<NotificationLine> Notifications)
{
    public static TopicContents Read(KafkaOptions kafka)
    {
        using TopicReader reader = new(kafka, new ConsumerOptions(), TimeProvider.System);
        return new TopicContents(
            Read(reader, Topics.UsageReceived, static (in record) =>
                new ReceivedRecord(new Place(record.Partition, record.Offset), record.TimestampMilliseconds, record.Value.ToArray())),
            Read(reader, Topics.UsageRated, static (in record) => ToLine(UsageRated.Read(record.Value[WireFormat.HeaderSize..]))),
            Read(reader, Topics.UsageRejected, static (in record) => ToLine(UsageRejected.Read(record.Value[WireFormat.HeaderSize..]))),
            Read(reader, Topics.CustomerNotifications, static (in record) =>
                ToLine(CustomerNotification.Read(record.Value[WireFormat.HeaderSize..]))));
    }

    public static RatedLine ToLine(UsageRated rated) => new(
        new Place(rated.ReceivedPartition, rated.ReceivedOffset),
        rated.UsageId,
        rated.SubscriberRef,
        rated.Outcome,
        rated.ChargedUnits,
        rated.BundleUnits,
        rated.Amount,
        new BalanceAfter(
            rated.PeriodStart,
            rated.BundleOctetsUsed,
            rated.BundleSecondsUsed,
            rated.BundleMessagesUsed,
            rated.PeriodSpend,
            rated.RoamingDataSpend));

    private static RejectedLine ToLine(UsageRejected rejected) => new(
        new Place(rejected.ReceivedPartition, rejected.ReceivedOffset),
        rejected.UsageId,
        rejected.Outcome,
        rejected.Reason,
        rejected.Original,
        rejected.OriginalHash);

    private static NotificationLine ToLine(CustomerNotification notification) =>
        new(
            notification.NotificationId, notification.SubscriberRef, notification.Kind, notification.PeriodStart,
            notification.Permille == 0 ? "" : $"{notification.Limit} {notification.Permille}", notification.Action, notification.Amount);

    /// <summary>
    /// Reads all lines of a topic. Partitions come side by side, so the lines are sorted by partition: contents can then be compared, and
    /// the order within a partition stays.
    /// </summary>
    private static List<T> Read<T>(TopicReader reader, string topic, ReadRecord<T> read)
    {
        List<(int Partition, T Line)> lines = [];
        reader.Read(
            reader.RangesOf(topic),
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    lines.Add((record.Partition, read(in record)));
                }
            },
            TestContext.Current.CancellationToken);
        return [.. lines.OrderBy(line => line.Partition).Select(line => line.Line)];
    }

    private delegate T ReadRecord<T>(in ConsumedRecord record);
}
