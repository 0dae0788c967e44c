namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>A partition that the lane owns, and the changes that the batch in hand made to it.</summary>
internal sealed class OwnedPartition(int partition, int partitions, RatingSession session)
{
    /// <summary>Partition number, the same in all co-partitioned topics.</summary>
    public int Partition => partition;

    /// <summary>The partition's subscriptions, balances and ids.</summary>
    public RatingSession Session => session;

    /// <summary>Whether the batch in hand changes something of the partition.</summary>
    public bool IsTouched { get; set; }

    /// <summary>Number of events of the partition in the batch in hand.</summary>
    public int Events { get; set; }

    /// <summary>
    /// Offset of usage.rated.v1 from which restoring would read on: everything rated since the last checkpoint was begun is at or after it.
    /// The checkpoint's mark holds it.
    /// </summary>
    public long RatedFrom { get; private set; }

    /// <summary>What the mark of the last checkpoint says when all of it is stored.</summary>
    public CheckpointMark Mark => new(RatedFrom, partitions);

    /// <summary>Whether nobody has looked for silent sessions since the last checkpoint was begun.</summary>
    public bool IsSweepDue { get; set; }

    /// <summary>When the last checkpoint was begun, a time stamp of the clock.</summary>
    public long CheckpointBegun { get; private set; }

    /// <summary>Takes note that nothing was rated since the last checkpoint and that its mark needs no move.</summary>
    /// <param name="timestamp">Time stamp of the clock.</param>
    public void KeepMark(long timestamp) => CheckpointBegun = timestamp;

    /// <summary>Begins a checkpoint of what is committed now.</summary>
    /// <param name="ratedFrom">Offset of usage.rated.v1 before which nothing will be written any more.</param>
    /// <param name="timestamp">Time stamp of the clock.</param>
    public void BeginCheckpoint(long ratedFrom, long timestamp)
    {
        session.BeginCheckpoint();
        IsSweepDue = true;
        RatedFrom = ratedFrom;
        CheckpointBegun = timestamp;
    }
}
