using System.Globalization;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>The health of one member of a consumer group (a lane or a sink), for probes.</summary>
/// <param name="Member">Number from 0 among the process's members of the group.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Since">Since when.</param>
/// <param name="Partitions">What it owns.</param>
public sealed record ConsumerHealth(int Member, ConsumerState State, DateTimeOffset Since, IReadOnlyList<PartitionHealth> Partitions)
{
    /// <summary>
    /// How old the last answer of the brokers may be while the member counts as ready. An idle member asks every
    /// <see cref="GroupMember.AskInterval"/>.
    /// </summary>
    internal static readonly TimeSpan AnswerMaxAge = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Whether the group has given the member its partitions, which are none when the group has more members than partitions. False before
    /// that, and after the member lost them.
    /// </summary>
    public bool IsJoined { get; init; }

    /// <summary>
    /// When the brokers last answered a poll, commit or question of the member; before the first answer, the start of the process. It does
    /// not move while the member restores state or is busy with one batch.
    /// </summary>
    public DateTimeOffset LastAnswer { get; init; }

    /// <summary>Since when the batch in hand fails again and again; null while batches succeed.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Why it failed last, without personal data; null while batches succeed.</summary>
    public string? FailingBecause { get; init; }

    /// <summary>Why the member cannot do its work now, as the end of a sentence about it; null when it can.</summary>
    /// <param name="now">Current time.</param>
    /// <returns>Without personal data.</returns>
    public string? NotReadyBecause(DateTimeOffset now) =>
        State is ConsumerState.Failed ? "has ended with an error; see the log"
        : State is ConsumerState.Stopped ? "has stopped"
        : FailingSince is { } failing
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"fails on a batch and reads it again since {failing:O}: {FailingBecause?.TrimEnd('.')}")
        : !IsJoined ? "has no place in its group yet"
        : now - LastAnswer > AnswerMaxAge
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"has no answer of the brokers since {LastAnswer:O}: they are away, or it is {State} for that long")
        : null;
}

/// <summary>
/// Progress of one owned partition. The partition is stuck when it is not at its end and <paramref name="LastProgress"/> is old.
/// </summary>
/// <param name="Partition">Topic and partition.</param>
/// <param name="Committed">Committed offset, the next to read.</param>
/// <param name="End">End of the partition as the last fetch reported it, or null before the first.</param>
/// <param name="LastProgress">When the committed offset last moved or the end was last seen; the time of assignment before that.</param>
public sealed record PartitionHealth(TopicPartition Partition, long Committed, long? End, DateTimeOffset LastProgress)
{
    /// <summary>Records between the committed offset and the end; 0 when the end is not known.</summary>
    public long Lag => Math.Max(0, (End ?? Committed) - Committed);

    /// <summary>Whether records wait in the partition and its offset has not moved for too long, whatever other partitions do.</summary>
    /// <param name="now">Current time.</param>
    /// <param name="patience">How long it may stand still.</param>
    public bool IsStuck(DateTimeOffset now, TimeSpan patience) => Lag > 0 && now - LastProgress > patience;
}
