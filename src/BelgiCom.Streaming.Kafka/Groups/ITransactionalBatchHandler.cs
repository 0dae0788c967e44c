using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>The work of a worker on a lane's batches. All calls come from the lane's thread, one at a time.</summary>
public interface ITransactionalBatchHandler
{
    /// <summary>The lane is about to join its group.</summary>
    /// <param name="wake">Makes the lane ask <see cref="HasIdleWork"/> at once instead of waiting for records. From any thread.</param>
    void Starting(Action wake)
    {
    }

    /// <summary>
    /// The lane now owns these partitions: restore their state. The first batch with their records comes after this returns.
    /// </summary>
    /// <param name="partitions">The partitions that were added; other partitions stay.</param>
    void Assigned(IReadOnlyList<TopicPartition> partitions);

    /// <summary>
    /// The lane no longer owns these partitions: drop their state. Called after the commit of their last batch, or after its abort when
    /// they were lost.
    /// </summary>
    /// <param name="partitions">The partitions that were taken away; other partitions stay.</param>
    void Revoked(IReadOnlyList<TopicPartition> partitions);

    /// <summary>
    /// Handles the records and produces the records that follow from them. An exception aborts the transaction; the batch is then read
    /// again.
    /// </summary>
    /// <param name="batch">Records; valid until this returns.</param>
    /// <param name="output">The transaction.</param>
    void Handle(RecordBatch batch, TransactionalOutput output);

    /// <summary>
    /// Whether <see cref="HandleIdle"/> has something to write. Asked while no records come, and as long as it says yes before the lane
    /// leaves its group in order.
    /// </summary>
    /// <param name="isLeaving">Whether the lane is about to leave.</param>
    bool HasIdleWork(bool isLeaving) => false;

    /// <summary>
    /// Produces records that follow from no batch, in a transaction of their own, which counts only if the partitions are still the lane's.
    /// <see cref="Committed"/> or <see cref="Aborted"/> follows. When nobody knows whether it was committed, <see cref="Revoked"/> and <see
    /// cref="Assigned"/> follow for all partitions, so that the state comes from the log, which knows.
    /// </summary>
    /// <param name="output">The transaction.</param>
    void HandleIdle(TransactionalOutput output)
    {
    }

    /// <summary>The batch is committed: keep what <see cref="Handle"/> changed.</summary>
    void Committed();

    /// <summary>The batch is not committed and will come again: undo what <see cref="Handle"/> changed.</summary>
    void Aborted();
}
