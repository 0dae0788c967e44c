namespace BelgiCom.Streaming.Kafka;

/// <summary>What a member of a consumer group is doing; <see cref="GroupLoop"/> shows how one state follows another.</summary>
public enum ConsumerState
{
    /// <summary>Not started.</summary>
    Created,

    /// <summary>Joining the group; a lane fences its predecessors first.</summary>
    Starting,

    /// <summary>Waiting for records, or for partitions.</summary>
    Polling,

    /// <summary>Restoring or dropping the state of partitions that came or went.</summary>
    Rebalancing,

    /// <summary>The handler works on a batch.</summary>
    Handling,

    /// <summary>Offsets are being committed, in a lane with the output.</summary>
    Committing,

    /// <summary>A batch failed and is about to be read again.</summary>
    Rewinding,

    /// <summary>An outcome is unknown; a new producer settles it (lanes only).</summary>
    Recovering,

    /// <summary>Ended as asked; the last batch is committed.</summary>
    Stopped,

    /// <summary>Ended with an error.</summary>
    Failed,
}
