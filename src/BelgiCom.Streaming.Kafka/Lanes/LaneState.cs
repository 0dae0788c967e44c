namespace BelgiCom.Streaming.Kafka;

/// <summary>What a lane is doing; see <see cref="TransactionalLane"/> for the ways between.</summary>
public enum LaneState
{
    /// <summary>Not started.</summary>
    Created,

    /// <summary>Fencing predecessors and joining the group.</summary>
    Starting,

    /// <summary>Waiting for records, or for partitions.</summary>
    Polling,

    /// <summary>Restoring or dropping the state of partitions that came or went.</summary>
    Rebalancing,

    /// <summary>The handler works on a batch.</summary>
    Handling,

    /// <summary>Offsets and output are being committed.</summary>
    Committing,

    /// <summary>A batch was aborted and is about to be read again.</summary>
    Rewinding,

    /// <summary>An outcome is unknown; a new producer settles it.</summary>
    Recovering,

    /// <summary>Ended as asked; the last batch is committed.</summary>
    Stopped,

    /// <summary>Ended with an error.</summary>
    Failed,
}
