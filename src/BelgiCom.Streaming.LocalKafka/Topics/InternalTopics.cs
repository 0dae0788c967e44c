namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The topics in which the coordinators keep their state. Compaction keeps them, and so the time a start takes, small.</summary>
internal static class InternalTopics
{
    /// <summary>Offsets and members of groups.</summary>
    public const string Offsets = "__consumer_offsets";

    /// <summary>Transactions.</summary>
    public const string Transactions = "__transaction_state";

    /// <summary>Whether a topic is one of these; a client's topic may have a name like theirs.</summary>
    public static bool Contains(string name) => name is Offsets or Transactions;

    public static readonly TopicConfig Config = new(new Dictionary<string, string>
    {
        ["cleanup.policy"] = "compact",
        ["segment.bytes"] = "4194304",
    });
}
