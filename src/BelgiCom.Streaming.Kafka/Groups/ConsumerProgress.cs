using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>State and progress of one member. The thread of its loop writes them, health probes read them.</summary>
internal sealed class ConsumerProgress(string group, int number, GroupMember member, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan SnapshotInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<TopicPartition, DateTimeOffset> _lastProgress = [];
    private long _snapshotAt;
    private volatile ConsumerHealth _health = new(number, ConsumerState.Created, clock.GetUtcNow(), []) { LastAnswer = clock.GetUtcNow() };
    private DateTimeOffset? _failingSince;
    private string? _failingBecause;

    public ConsumerHealth Health => _health;

    public void Enter(ConsumerState state)
    {
        ConsumerHealth before = _health;
        bool listDue = clock.GetElapsedTime(_snapshotAt) > SnapshotInterval;
        if (before.State == state && !listDue)
        {
            return;
        }

        // Polling, handling and committing alternate many times a second, so these changes are not logged.
        if (before.State != state && !(IsRoutine(before.State) && IsRoutine(state)))
        {
            KafkaLog.StateChanged(logger, group, number, before.State, state);
        }

        _health = new ConsumerHealth(
            number, state, before.State == state ? before.Since : clock.GetUtcNow(), listDue ? Partitions() : before.Partitions)
        {
            IsJoined = member.IsJoined,
            LastAnswer = member.LastAnswer,
            FailingSince = _failingSince,
            FailingBecause = _failingBecause,
        };
    }

    public void Advanced(PolledBatch batch)
    {
        (_failingSince, _failingBecause) = (null, null);
        Touch(batch.Progress.Select(progress => progress.TopicPartition));
    }

    /// <summary>A batch failed and is read again.</summary>
    public void Failed(string reason)
    {
        _failingSince ??= clock.GetUtcNow();
        _failingBecause = reason;
    }

    /// <summary>Notes that partitions came or went; the caller then tells its handler.</summary>
    public void Apply(OwnershipChange change)
    {
        Enter(ConsumerState.Rebalancing);
        KafkaMetrics.Rebalanced(group, change.Kind);
        KafkaLog.OwnershipChanged(
            logger, group, change.Kind,
            string.Join(", ", change.Partitions.Select(partition => $"{partition.Topic}[{partition.Partition.Value}]")));
        if (change.Kind == OwnershipKind.Assigned)
        {
            Touch(change.Partitions);
        }
        else
        {
            foreach (TopicPartition partition in change.Partitions)
            {
                _lastProgress.Remove(partition);
            }
        }

        _snapshotAt = 0;
    }

    private static bool IsRoutine(ConsumerState state) =>
        state is ConsumerState.Polling or ConsumerState.Handling or ConsumerState.Committing;

    private void Touch(IEnumerable<TopicPartition> partitions)
    {
        DateTimeOffset now = clock.GetUtcNow();
        foreach (TopicPartition partition in partitions)
        {
            _lastProgress[partition] = now;
        }
    }

    private List<PartitionHealth> Partitions()
    {
        _snapshotAt = clock.GetTimestamp();
        return [.. member.Positions
            .Where(entry => _lastProgress.ContainsKey(entry.Key))
            .Select(entry => new PartitionHealth(entry.Key, entry.Value, member.EndOf(entry.Key), _lastProgress[entry.Key]))];
    }
}
