using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>What a sink does with its batches. All calls come from the loop's thread, one at a time.</summary>
public interface ISinkBatchHandler
{
    /// <summary>
    /// Makes the records durable before it returns; the offsets are committed after that, so a batch may come again. An exception reads the
    /// batch again.
    /// </summary>
    /// <param name="batch">Records; valid until this returns.</param>
    void Handle(RecordBatch batch);

    /// <summary>
    /// Where to start on assignment: a sink that stores positions with its records, in one transaction of its own, is exactly once by
    /// answering here.
    /// </summary>
    /// <param name="partition">A partition that was assigned.</param>
    /// <returns>Next offset to read, or null for the group's committed offset (or the beginning when there is none).</returns>
    long? StartOffset(TopicPartition partition) => null;

    /// <summary>The loop now owns these partitions too.</summary>
    /// <param name="partitions">What was added.</param>
    void Assigned(IReadOnlyList<TopicPartition> partitions)
    {
    }

    /// <summary>The loop no longer owns these partitions; their last batch was handled before.</summary>
    /// <param name="partitions">What was taken away.</param>
    void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
    }
}
