using System.Collections.Frozen;
using System.Globalization;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>One configuration name of a topic: its default and the values it accepts.</summary>
internal sealed record TopicConfigName(string Name, string Default, Func<string, bool> IsValid);

/// <summary>
/// The settings of one topic (kafka.apache.org/documentation, "Topic Configs"); immutable. Names that mean something only in a cluster or
/// to a broker's disk (such as min.insync.replicas) are accepted and shown, so that one topics file serves both brokers, and have no effect
/// here.
/// </summary>
internal sealed class TopicConfig
{
    private static readonly FrozenDictionary<string, TopicConfigName> Names = new TopicConfigName[]
    {
        new("cleanup.policy", "delete", value => value.Split(',').All(policy => policy.Trim() is "delete" or "compact")),
        new("compression.type", "producer", value => value is "producer"),
        new("delete.retention.ms", "86400000", IsAtLeast(0)),
        new("file.delete.delay.ms", "60000", IsAtLeast(0)),
        new("flush.messages", "9223372036854775807", IsAtLeast(1)),
        new("flush.ms", "9223372036854775807", IsAtLeast(0)),
        new("index.interval.bytes", "4096", IsAtLeast(0)),
        new("max.compaction.lag.ms", "9223372036854775807", IsAtLeast(1)),
        new("max.message.bytes", "1048588", IsAtLeast(0)),
        new("message.timestamp.after.max.ms", "3600000", IsAtLeast(0)),
        new("message.timestamp.before.max.ms", "9223372036854775807", IsAtLeast(0)),
        new("message.timestamp.type", "CreateTime", value => value is "CreateTime" or "LogAppendTime"),
        new("min.cleanable.dirty.ratio", "0.5", IsRatio),
        new("min.compaction.lag.ms", "0", IsAtLeast(0)),
        new("min.insync.replicas", "1", IsAtLeast(1)),
        new("preallocate", "false", value => value is "true" or "false"),
        new("retention.bytes", "-1", IsAtLeast(-1)),
        new("retention.ms", "604800000", IsAtLeast(-1)),
        new("segment.bytes", "1073741824", IsAtLeast(1048576)),
        new("segment.index.bytes", "10485760", IsAtLeast(4)),
        new("segment.jitter.ms", "0", IsAtLeast(0)),
        new("segment.ms", "604800000", IsAtLeast(1)),
        new("unclean.leader.election.enable", "false", value => value is "true" or "false"),
    }.ToFrozenDictionary(name => name.Name);

    public static readonly TopicConfig Default = new(new Dictionary<string, string>());

    public TopicConfig(IReadOnlyDictionary<string, string> overrides)
    {
        Overrides = overrides;
        string[] policies = this["cleanup.policy"].Split(',', StringSplitOptions.TrimEntries);
        IsCompacted = policies.Contains("compact");
        IsDeleted = policies.Contains("delete");
        UsesLogAppendTime = this["message.timestamp.type"] == "LogAppendTime";
        MaxMessageBytes = (int)Math.Min(Number("max.message.bytes"), int.MaxValue);
        MaxTimestampAheadMs = Number("message.timestamp.after.max.ms");
        RetentionMs = Number("retention.ms");
        RetentionBytes = Number("retention.bytes");
        SegmentBytes = Number("segment.bytes");
        SegmentMs = Number("segment.ms");
        MinCompactionLagMs = Number("min.compaction.lag.ms");
        DeleteRetentionMs = Number("delete.retention.ms");
        MinCleanableDirtyRatio = double.Parse(this["min.cleanable.dirty.ratio"], CultureInfo.InvariantCulture);
    }

    /// <summary>All known names in order, for DescribeConfigs.</summary>
    public static IEnumerable<TopicConfigName> All => Names.Values.OrderBy(name => name.Name, StringComparer.Ordinal);

    /// <summary>The settings that were made for the topic; all others have their defaults.</summary>
    public IReadOnlyDictionary<string, string> Overrides { get; }

    public bool IsCompacted { get; }

    public bool IsDeleted { get; }

    public bool UsesLogAppendTime { get; }

    public int MaxMessageBytes { get; }

    public long MaxTimestampAheadMs { get; }

    /// <summary>-1 keeps for ever.</summary>
    public long RetentionMs { get; }

    /// <summary>-1 is no limit.</summary>
    public long RetentionBytes { get; }

    public long SegmentBytes { get; }

    public long SegmentMs { get; }

    public long MinCompactionLagMs { get; }

    public long DeleteRetentionMs { get; }

    public double MinCleanableDirtyRatio { get; }

    public string this[string name] => Overrides.TryGetValue(name, out string? value) ? value : Names[name].Default;

    public static bool IsKnown(string name) => Names.ContainsKey(name);

    /// <summary>Null when the name is known and the value fits, otherwise the sentence for the client.</summary>
    public static string? Fault(string name, string? value)
    {
        if (!Names.TryGetValue(name, out TopicConfigName? known))
        {
            return $"Unknown topic config name: {name}";
        }

        return value is not null && known.IsValid(value) ? null : $"Invalid value {value} for configuration {name}";
    }

    private static Func<string, bool> IsAtLeast(long minimum) =>
        value => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number >= minimum;

    private static bool IsRatio(string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double ratio) && ratio is >= 0 and <= 1;

    private long Number(string name) => long.Parse(this[name], CultureInfo.InvariantCulture);
}
