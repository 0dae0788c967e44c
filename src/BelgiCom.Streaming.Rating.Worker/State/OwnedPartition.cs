namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>A partition that the lane owns, and what the batch in hand did to it.</summary>
internal sealed class OwnedPartition(int partition, RatingSession session)
{
    /// <summary>Partition number, the same in all co-partitioned topics.</summary>
    public int Partition => partition;

    /// <summary>Its subscriptions, balances and ids.</summary>
    public RatingSession Session => session;

    /// <summary>Whether the batch in hand has records of it.</summary>
    public bool IsTouched { get; set; }

    /// <summary>Offset of the batch's first record of it: numbers the chunks of ids.</summary>
    public long FirstOffset { get; set; }
}
