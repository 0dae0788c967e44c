using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// From topics to something outside Kafka, at least once: the sink makes a batch durable, then its offsets are committed. The group's
/// offset never passes a record that the sink has not taken.
/// </summary>
internal sealed class SinkEnd(ISinkBatchHandler handler) : IBatchEnd
{
    // A sink that is never idle is told its ends after so many batches: long before retention can remove what lies before them.
    private const int BatchesBetweenEnds = 1000;

    private readonly Dictionary<TopicPartition, long> _uncommitted = [];
    private readonly Dictionary<TopicPartition, long> _ends = [];
    private int _batches;

    /// <summary>
    /// No limit, because a sink's database may be away for long; only <see cref="KafkaOptions.RecoveryTimeout"/> ends the attempts.
    /// </summary>
    public int HandlerAttempts => int.MaxValue;

    public Func<AssignedLog, long?> StartOffset => handler.StartOffset;

    public void Assigned(IReadOnlyList<TopicPartition> partitions) => handler.Assigned(partitions);

    public void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _uncommitted.Remove(partition);
            _ends.Remove(partition);
        }

        handler.Revoked(partitions);
    }

    public void Handle(RecordBatch batch) => handler.Handle(batch);

    public string? Explain(Exception failure) => handler.Explain(failure);

    /// <summary>
    /// A commit that fails is made again with the next batch or pause. The sink has the records already; at worst they come to it once
    /// more.
    /// </summary>
    public void Commit(List<TopicPartitionOffset> offsets, GroupMember member)
    {
        foreach (TopicPartitionOffset offset in offsets)
        {
            _uncommitted[offset.TopicPartition] = offset.Offset.Value;
            _ends[offset.TopicPartition] = offset.Offset.Value;
        }

        CommitTo(member);
        if (++_batches % BatchesBetweenEnds == 0)
        {
            TellEnds();
        }
    }

    public void Flush(GroupMember member)
    {
        TellEnds();
        CommitTo(member);
    }

    private void TellEnds()
    {
        if (_ends.Count > 0 && handler.TryReach([.. _ends.Select(end => new TopicPartitionOffset(end.Key, end.Value))]))
        {
            _ends.Clear();
        }
    }

    private void CommitTo(GroupMember member)
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
