using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>The work of a sink on its batches. All calls come from the loop's thread, one at a time.</summary>
public interface ISinkBatchHandler
{
    /// <summary>
    /// Makes the records durable before it returns. The offsets are committed after that, so a batch may come again. After an exception the
    /// batch is read again.
    /// </summary>
    /// <param name="batch">Records; valid until this returns.</param>
    void Handle(RecordBatch batch);

    /// <summary>
    /// Why a batch could not be kept, for the log and the health of the process: what refused it, where that is, and what a person can do.
    /// </summary>
    /// <param name="failure">What <see cref="Handle"/> threw.</param>
    /// <returns>A sentence without personal data; null when only the failure's type may be told.</returns>
    string? Explain(Exception failure) => null;

    /// <summary>
    /// Where to start on assignment. A sink that stores positions together with its records, in one transaction, answers here and is
    /// exactly once by that.
    /// </summary>
    /// <param name="log">A partition that was assigned.</param>
    /// <returns>Next offset to read, or null for the group's committed offset (or the beginning when there is none).</returns>
    long? StartOffset(AssignedLog log) => null;

    /// <summary>
    /// Behind the last records of these partitions the sink has come to markers of transactions and to no record. A sink that stores its
    /// own positions moves them, so that a position is not left behind when retention removes everything before it. Called now and then,
    /// and when there is nothing else to do.
    /// </summary>
    /// <param name="ends">Offsets to read next.</param>
    /// <returns>False when it could not be stored; it is asked again later.</returns>
    bool TryReach(IReadOnlyList<TopicPartitionOffset> ends) => true;

    /// <summary>The sink owns these partitions now, beside those it has.</summary>
    /// <param name="partitions">What was added.</param>
    void Assigned(IReadOnlyList<TopicPartition> partitions)
    {
    }

    /// <summary>The sink no longer owns these partitions; their last batch was handled before.</summary>
    /// <param name="partitions">What was taken away.</param>
    void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
    }
}
