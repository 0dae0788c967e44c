using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>A member of a consumer group (a lane, a sink) as a probe sees it.</summary>
/// <param name="Member">Number from 0 among the process's members of the group.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Since">Since when.</param>
/// <param name="Partitions">What it owns.</param>
public sealed record ConsumerHealth(int Member, ConsumerState State, DateTimeOffset Since, IReadOnlyList<PartitionHealth> Partitions);

/// <summary>Progress of one owned partition. It is stuck when it is not at its end and <paramref name="LastProgress"/> is old.</summary>
/// <param name="Partition">Topic and partition.</param>
/// <param name="Committed">Committed offset, the next to read.</param>
/// <param name="End">End as the last fetch reported it, or null before the first.</param>
/// <param name="LastProgress">When the committed offset last moved or the end was last seen; the time of assignment before that.</param>
public sealed record PartitionHealth(TopicPartition Partition, long Committed, long? End, DateTimeOffset LastProgress)
{
    /// <summary>Records between the committed offset and the end; 0 when the end is not known.</summary>
    public long Lag => Math.Max(0, (End ?? Committed) - Committed);

    /// <summary>Whether records wait in it and it has not moved for too long, whatever other partitions do.</summary>
    /// <param name="now">Current time.</param>
    /// <param name="patience">How long it may stand still.</param>
    public bool IsStuck(DateTimeOffset now, TimeSpan patience) => Lag > 0 && now - LastProgress > patience;
}
