using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// The end of a <see cref="GroupLoop"/>'s path: it makes a batch and its offsets durable. All calls come from the loop's thread.
/// </summary>
internal interface IBatchEnd : IDisposable
{
    /// <summary>How often the handler may fail on one batch before the loop ends. The recovery time ends the loop as well.</summary>
    int HandlerAttempts { get; }

    /// <summary>Says where reading of an assigned partition starts; null when it is always the group's committed offset.</summary>
    Func<AssignedLog, long?>? StartOffset => null;

    /// <summary>See <see cref="ITransactionalBatchHandler.Starting"/>.</summary>
    void Starting(Action wake)
    {
    }

    /// <summary>Called before the member joins its group.</summary>
    void Open(CancellationToken stopping)
    {
    }

    /// <summary>These partitions belong to the member now; the list may be empty.</summary>
    void Assigned(IReadOnlyList<TopicPartition> partitions);

    /// <summary>
    /// These partitions no longer belong to the member. Their last batch is committed, or was undone when they were lost.
    /// </summary>
    void Revoked(IReadOnlyList<TopicPartition> partitions);

    /// <summary>Opens what the batch goes into.</summary>
    void Begin(CancellationToken stopping)
    {
    }

    /// <summary>Lets the handler do its work.</summary>
    void Handle(RecordBatch batch);

    /// <summary>See <see cref="ISinkBatchHandler.Explain"/>.</summary>
    string? Explain(Exception failure) => null;

    /// <summary>Makes the batch and its offsets durable. After an exception it is not durable, or nobody knows whether it is.</summary>
    void Commit(List<TopicPartitionOffset> offsets, GroupMember member);

    /// <summary>
    /// Called after a failure: makes sure that nothing of the batch counts. False when nobody knows whether it does; then <see
    /// cref="Settle"/> puts an end to it, and the group's offsets show the outcome.
    /// </summary>
    bool TryUndo(Exception failure) => true;

    /// <summary>Ends an open transaction for good: what is not committed after this call never will be.</summary>
    void Settle(CancellationToken stopping) => throw new NotSupportedException("An end whose outcomes are known settles nothing.");

    /// <summary>Tells the handler that its batch is committed.</summary>
    void Committed()
    {
    }

    /// <summary>Tells the handler that its batch is not committed and comes again.</summary>
    void Aborted()
    {
    }

    /// <summary>Whether the handler has something to write while no records come, or before the member leaves.</summary>
    bool HasIdleWork(bool isLeaving) => false;

    /// <summary>
    /// Puts the positions into what was opened for work without a batch. They do not move, but so the work counts only if the partitions
    /// are still the member's.
    /// </summary>
    void KeepPositions(List<TopicPartitionOffset> positions, GroupMember member)
    {
    }

    /// <summary>Lets the handler write what follows from no batch.</summary>
    void HandleIdle()
    {
    }

    /// <summary>Makes what the handler wrote without a batch durable.</summary>
    void CommitIdle()
    {
    }

    /// <summary>
    /// Called when there is nothing to do, and as the last call: makes the commits that an earlier <see cref="Commit"/> could not make.
    /// </summary>
    void Flush(GroupMember member)
    {
    }
}
