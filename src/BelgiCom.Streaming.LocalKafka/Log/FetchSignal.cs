namespace BelgiCom.Streaming.LocalKafka;

/// <summary>One waiting fetch. It wakes when any of its partitions has new records for it.</summary>
internal sealed class FetchSignal(bool committedOnly) : IDisposable
{
    // It does not spin, because a fetch that waits mostly waits for long.
    private readonly ManualResetEventSlim _raised = new(initialState: false, spinCount: 0);

    /// <summary>
    /// True for read_committed: such a fetch wakes when the last stable offset moves, and not at an append inside an open transaction.
    /// </summary>
    public bool CommittedOnly { get; } = committedOnly;

    public bool IsRaised => _raised.IsSet;

    public void Raise() => _raised.Set();

    public void Wait(TimeSpan limit, CancellationToken cancellation) => _raised.Wait(limit, cancellation);

    public void Dispose() => _raised.Dispose();
}
