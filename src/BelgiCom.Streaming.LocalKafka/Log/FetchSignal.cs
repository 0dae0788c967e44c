namespace BelgiCom.Streaming.LocalKafka;

/// <summary>One waiting fetch. It wakes when any of its partitions has something new for it.</summary>
internal sealed class FetchSignal(bool committedOnly)
{
    // Continuations must not run under the partition's lock, in which the signal is raised.
    private readonly TaskCompletionSource _raised = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True for read_committed: an append inside an open transaction is nothing new, a move of the last stable offset is.</summary>
    public bool CommittedOnly { get; } = committedOnly;

    public Task Raised => _raised.Task;

    public void Raise() => _raised.TrySetResult();
}
