namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>What became of an order, when the transaction that has it is committed.</summary>
/// <param name="Result">Whether the lane answered.</param>
/// <param name="Answer">The answer of the session that has the money.</param>
/// <param name="IsOfReceiver">Whether it is about the receiver of a transfer.</param>
internal sealed record MoneyReply(OnlineResult Result, MoneyAnswer Answer = default, bool IsOfReceiver = false);

/// <summary>What is asked about an order.</summary>
internal enum MoneyAsk
{
    /// <summary>Do it.</summary>
    Do,

    /// <summary>Whether it was done before.</summary>
    Find,

    /// <summary>Whether the subscriber could receive the amount by a transfer.</summary>
    CanReceive,
}

/// <summary>An order for prepaid money on its way through its lane.</summary>
/// <param name="order">The order.</param>
/// <param name="partition">Partition of its subscriber.</param>
/// <param name="ask">What is asked about it.</param>
internal sealed class MoneyWork(MoneyOrder order, int partition, MoneyAsk ask = MoneyAsk.Do) : LaneWork<MoneyReply>(partition)
{
    /// <summary>The order.</summary>
    public MoneyOrder Order => order;

    /// <summary>What is asked about it.</summary>
    public MoneyAsk Ask => ask;

    /// <inheritdoc/>
    protected override MoneyReply Refusal(OnlineResult why) => new(why);
}
