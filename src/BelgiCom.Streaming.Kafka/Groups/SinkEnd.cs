using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// From topics to something outside Kafka, at least once: the sink makes a batch durable, then its offsets are committed. The group's
/// offset never passes a record that the sink has not taken.
/// </summary>
internal sealed class SinkEnd(ISinkBatchHandler handler) : IBatchEnd
{
    private readonly Dictionary<TopicPartition, long> _uncommitted = [];

    /// <summary>
    /// No limit, because a sink's database may be away for long; only <see cref="KafkaOptions.RecoveryTimeout"/> ends the attempts.
    /// </summary>
    public int HandlerAttempts => int.MaxValue;

    public long? StartOffset(TopicPartition partition) => handler.StartOffset(partition);

    public void Assigned(IReadOnlyList<TopicPartition> partitions) => handler.Assigned(partitions);

    public void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _uncommitted.Remove(partition);
        }

        handler.Revoked(partitions);
    }

    public void Handle(RecordBatch batch) => handler.Handle(batch);

    /// <summary>
    /// A commit that fails is made again with the next batch or pause. The sink has the records already; at worst they come to it once
    /// more.
    /// </summary>
    public void Commit(List<TopicPartitionOffset> offsets, GroupMember member)
    {
        foreach (TopicPartitionOffset offset in offsets)
        {
            _uncommitted[offset.TopicPartition] = offset.Offset.Value;
        }

        Flush(member);
    }

    public void Flush(GroupMember member)
    {
        if (_uncommitted.Count > 0
            && member.TryCommit([.. _uncommitted.Select(entry => new TopicPartitionOffset(entry.Key, entry.Value))]))
        {
            _uncommitted.Clear();
        }
    }

    public void Dispose()
    {
    }
}
