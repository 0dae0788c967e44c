namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The topics in which the coordinators keep their state. Compaction keeps them, and so the time a start takes, small.</summary>
internal static class InternalTopics
{
    public static readonly TopicConfig Config = new(new Dictionary<string, string>
    {
        ["cleanup.policy"] = "compact",
        ["segment.bytes"] = "4194304",
    });
}
