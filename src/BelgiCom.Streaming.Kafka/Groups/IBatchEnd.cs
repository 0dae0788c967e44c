using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Where a <see cref="GroupLoop"/>'s batches end: what makes a batch and its offsets durable. All calls come from the loop's thread.
/// </summary>
internal interface IBatchEnd : IDisposable
{
    /// <summary>How often the handler may fail on one batch before the loop ends. Time ends it as well.</summary>
    int HandlerAttempts { get; }

    /// <summary>Where reading of an assigned partition starts; null for the group's committed offset.</summary>
    long? StartOffset(TopicPartition partition) => null;

    /// <summary>Before the member joins its group.</summary>
    void Open(CancellationToken stopping)
    {
    }

    /// <summary>These partitions are ours now too; the list may be empty.</summary>
    void Assigned(IReadOnlyList<TopicPartition> partitions);

    /// <summary>These partitions are ours no more; their last batch is committed, or undone when they were lost.</summary>
    void Revoked(IReadOnlyList<TopicPartition> partitions);

    /// <summary>Opens what the batch goes into.</summary>
    void Begin(CancellationToken stopping)
    {
    }

    /// <summary>Lets the handler do its work.</summary>
    void Handle(RecordBatch batch);

    /// <summary>Makes the batch and its offsets durable. Any exception: it did not, or nobody knows.</summary>
    void Commit(List<TopicPartitionOffset> offsets, GroupMember member);

    /// <summary>
    /// After a failure: makes sure that nothing of the batch counts. False when nobody knows whether it does;
    /// <see cref="Settle"/> then decides it, and the group's offsets tell.
    /// </summary>
    bool TryUndo(Exception failure) => true;

    /// <summary>Ends whatever was open, for good: what is not committed after it never will be.</summary>
    void Settle(CancellationToken stopping) => throw new NotSupportedException("An end whose outcomes are known settles nothing.");

    /// <summary>Tells the handler that its batch is committed.</summary>
    void Committed()
    {
    }

    /// <summary>Tells the handler that its batch is not committed and comes again.</summary>
    void Aborted()
    {
    }

    /// <summary>Nothing to do, or the last call: commits what an earlier <see cref="Commit"/> could not.</summary>
    void Flush(GroupMember member)
    {
    }
}
