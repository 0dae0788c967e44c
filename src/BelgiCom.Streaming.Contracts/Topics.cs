namespace BelgiCom.Streaming.Contracts;

/// <summary>What the key of a topic's records is. Never personal data.</summary>
public enum TopicKey
{
    /// <summary>16 octets: a <see cref="Contracts.SubscriberRef"/>.</summary>
    SubscriberRef,

    /// <summary>16 octets of a subscriber reference, or the UTF-8 name of a source where the subscriber is not known.</summary>
    SubscriberRefOrSource,

    /// <summary>A subscriber reference and a period, or a day and a chunk of rated ids; rating makes it.</summary>
    RatingState,

    /// <summary>UTF-8: offering id, '/', version.</summary>
    OfferingAndVersion,

    /// <summary>UTF-8: configured name of the source.</summary>
    Source,

    /// <summary>UTF-8: name of the journal's stream.</summary>
    Stream,
}

/// <summary>A topic as it is created.</summary>
/// <param name="Name">Name.</param>
/// <param name="SchemaJson">Schema of the values.</param>
/// <param name="Key">What the key is.</param>
/// <param name="Partitions">Partitions in production. Topics that are co-partitioned have the same number.</param>
/// <param name="Config">Topic configuration. Replication is left to the cluster: one node has other limits than three.</param>
public sealed record TopicDescription(
    string Name, string SchemaJson, TopicKey Key, int Partitions, IReadOnlyDictionary<string, string> Config);

/// <summary>
/// Topic to which a group's sink puts the records of a topic that it cannot read. It has the partitions and the configuration of that
/// topic.
/// </summary>
/// <param name="Group">Consumer group, the worker's name.</param>
/// <param name="Source">The topic that the group reads.</param>
public sealed record DeadLetterTopic(string Group, TopicDescription Source)
{
    /// <summary>"group.topic.dead-letter".</summary>
    public string Name => Topics.DeadLetter(Group, Source.Name);
}

/// <summary>The topics. Their names are a contract, because others write scripts against them.</summary>
public static class Topics
{
    /// <summary>Usage after mediation, one record per chargeable part.</summary>
    public const string UsageReceived = "usage.received.v1";

    /// <summary>Usage with its price.</summary>
    public const string UsageRated = "usage.rated.v1";

    /// <summary>Usage that was not rated, with the reason and the original octets.</summary>
    public const string UsageRejected = "usage.rejected.v1";

    /// <summary>Messages that customers are owed.</summary>
    public const string CustomerNotifications = "customer.notifications.v1";

    /// <summary>Balances and rated ids: the checkpoint of rating's own state.</summary>
    public const string RatingState = "rating.state.v1";

    /// <summary>Versions of the product offerings.</summary>
    public const string CatalogueTariffs = "catalogue.tariffs.v1";

    /// <summary>Account and offering of each subscriber reference, over time.</summary>
    public const string CustomerSubscriptions = "customer.subscriptions.v1";

    /// <summary>What an adapter could not decode.</summary>
    public const string Quarantine = "quarantine.v1";

    /// <summary>Prepaid money: what was topped up, adjusted and transferred, by whom and why.</summary>
    public const string BalanceJournal = "balance.journal.v1";

    /// <summary>Hash-chained journal.</summary>
    public const string AuditJournal = "audit.journal.v1";

    private const int SubscriberPartitions = 24;

    /// <summary>Every topic with a schema, as <c>topics apply</c> and the embedded default create it.</summary>
    public static IReadOnlyList<TopicDescription> All { get; } =
    [
        // Kept for 45 days, which is as long as duplicates are looked for, so that a whole billing period can be replayed.
        new(UsageReceived, Contracts.UsageReceived.SchemaJson, TopicKey.SubscriberRef, SubscriberPartitions, Deleted(days: 45)),
        new(UsageRated, Contracts.UsageRated.SchemaJson, TopicKey.SubscriberRef, SubscriberPartitions, Deleted(days: 45)),
        new(UsageRejected, Contracts.UsageRejected.SchemaJson, TopicKey.SubscriberRefOrSource, SubscriberPartitions, Deleted(days: 45)),
        new(CustomerNotifications, CustomerNotification.SchemaJson, TopicKey.SubscriberRef, SubscriberPartitions, Deleted(days: 45)),
        new(RatingState, Contracts.RatingState.SchemaJson, TopicKey.RatingState, SubscriberPartitions, Compacted()),
        // Code of Economic Law art. III.88: vouchers of the accounts are kept for 7 years, here for 10. Entries hold pseudonyms only.
        new(BalanceJournal, BalanceOperation.SchemaJson, TopicKey.SubscriberRef, SubscriberPartitions, Deleted(days: 3653)),
        new(CatalogueTariffs, OfferingVersion.SchemaJson, TopicKey.OfferingAndVersion, 1, Compacted()),
        new(CustomerSubscriptions, Subscription.SchemaJson, TopicKey.SubscriberRef, SubscriberPartitions, Compacted()),
        new(Quarantine, QuarantinedRecord.SchemaJson, TopicKey.Source, 3, Deleted(days: 45)),
        // Act of 13 June 2005 art. 127/2 §4: the journal of accesses is kept 10 years. Entries hold pseudonyms only.
        new(AuditJournal, AuditEntry.SchemaJson, TopicKey.Stream, 1, Deleted(days: 3653)),
    ];

    /// <summary>
    /// The dead letter topics, which are created like the others. Their values are copies of the source topic's values, so they need no
    /// schema of their own, and they are deleted after the same time. For usage.received.v1 cdr-retention has none, because rating rejects
    /// the records that cannot be read, with their octets.
    /// </summary>
    public static IReadOnlyList<DeadLetterTopic> DeadLetters { get; } =
    [
        .. new[] { UsageRated, UsageRejected }.SelectMany(
            source => new[] { "billing-sync", "cdr-retention" },
            (source, group) => new DeadLetterTopic(group, All.Single(topic => topic.Name == source))),
        new("billing-sync", All.Single(topic => topic.Name == CustomerNotifications)),
    ];

    /// <summary>Dead letters of a group's topic: <c>&lt;group&gt;.&lt;topic&gt;.dead-letter</c>.</summary>
    public static string DeadLetter(string group, string topic) => $"{group}.{topic}.dead-letter";

    /// <summary>
    /// LogAppendTime, because by the producer's time late records would vanish early and records dated in the future would stay. A segment
    /// closes after a day, so a record is gone at the latest one day and one check interval after its retention.
    /// </summary>
    private static Dictionary<string, string> Deleted(int days) => new()
    {
        ["cleanup.policy"] = "delete",
        ["retention.ms"] = Milliseconds(days),
        ["segment.ms"] = Milliseconds(days: 1),
        ["message.timestamp.type"] = "LogAppendTime",
    };

    /// <summary>
    /// Compaction is forced after a day: with the broker's own defaults an overwritten or deleted value could stay for ever.
    /// </summary>
    private static Dictionary<string, string> Compacted() => new()
    {
        ["cleanup.policy"] = "compact",
        ["segment.ms"] = Milliseconds(days: 1),
        ["max.compaction.lag.ms"] = Milliseconds(days: 1),
        ["delete.retention.ms"] = Milliseconds(days: 1),
        ["message.timestamp.type"] = "LogAppendTime",
    };

    private static string Milliseconds(int days) =>
        ((long)TimeSpan.FromDays(days).TotalMilliseconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
