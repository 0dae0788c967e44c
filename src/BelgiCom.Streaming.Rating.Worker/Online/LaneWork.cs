namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Anything that a lane is asked to do in its transactions, on its way through the lane.</summary>
/// <param name="partition">Partition of its subscriber.</param>
internal abstract class LaneWork(int partition)
{
    /// <summary>Partition of its subscriber.</summary>
    public int Partition => partition;

    /// <summary>Whether nobody waits any more.</summary>
    public abstract bool IsOver { get; }

    /// <summary>Says that it cannot be done, when the transaction in hand is committed.</summary>
    public abstract void Prepare(OnlineResult why);

    /// <summary>Gives the prepared reply to who waits: the transaction is committed.</summary>
    public abstract void Committed();

    /// <summary>Says at once that it cannot be done.</summary>
    public void Refuse(OnlineResult why)
    {
        Prepare(why);
        Committed();
    }
}

/// <summary>Work with a reply.</summary>
/// <typeparam name="TReply">The reply.</typeparam>
/// <param name="partition">Partition of its subscriber.</param>
internal abstract class LaneWork<TReply>(int partition) : LaneWork(partition)
{
    private readonly TaskCompletionSource<TReply> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TReply? _reply;

    /// <summary>Completes with the reply.</summary>
    public Task<TReply> Answer => _answer.Task;

    /// <inheritdoc/>
    public override bool IsOver => _answer.Task.IsCompleted;

    /// <summary>Sets the reply that holds when the transaction is committed.</summary>
    public void Prepare(TReply reply) => _reply = reply;

    /// <inheritdoc/>
    public override void Prepare(OnlineResult why) => _reply = Refusal(why);

    /// <inheritdoc/>
    public override void Committed() => _answer.TrySetResult(_reply!);

    /// <summary>Takes note that nobody waits any more. What was not begun is not done.</summary>
    public void GiveUp() => _answer.TrySetCanceled();

    /// <summary>The reply that says why it cannot be done.</summary>
    protected abstract TReply Refusal(OnlineResult why);
}
