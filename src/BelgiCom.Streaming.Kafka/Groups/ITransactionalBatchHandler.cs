using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>The work of a worker on a lane's batches. All calls come from the lane's thread, one at a time.</summary>
public interface ITransactionalBatchHandler
{
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

    /// <summary>The batch is committed: keep what <see cref="Handle"/> changed.</summary>
    void Committed();

    /// <summary>The batch is not committed and will come again: undo what <see cref="Handle"/> changed.</summary>
    void Aborted();
}
