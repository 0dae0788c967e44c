using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Reads the state of newly owned partitions back from rating.state.v1, all partitions side by side.</summary>
internal sealed class StateRestorer(ICommittedLog log, SchemaGate schemas, TimeProvider clock, ILogger logger)
{
    private static readonly string[] CoPartitioned =
        [Topics.UsageRated, Topics.UsageRejected, Topics.CustomerNotifications, Topics.RatingState, Topics.CustomerSubscriptions];

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);

    /// <summary>Fills the sessions of partitions.</summary>
    /// <exception cref="UnreadableStateException">A stored record cannot be read: going on could bill twice.</exception>
    public void Restore(IReadOnlyDictionary<int, RatingSession> sessions)
    {
        ThrowUnlessCoPartitioned();
        IReadOnlyList<PartitionRange> ranges = log.StableRangesOf([.. sessions.Keys.Select(partition => new TopicPartition(Topics.RatingState, partition))]);
        long total = ranges.Sum(range => range.To - range.From);
        RatingLog.Restoring(logger, ranges.Count, total);
        RatingMetrics.RestoreStarted(total);
        long done = 0;
        long reported = clock.GetTimestamp();
        try
        {
            log.Read(
                ranges,
                batch =>
                {
                    Apply(batch, sessions);
                    done += batch.Count;
                    RatingMetrics.RestoreAdvanced(batch.Count);
                    if (clock.GetElapsedTime(reported) > ProgressInterval)
                    {
                        reported = clock.GetTimestamp();
                        RatingLog.RestoreProgress(logger, done, total);
                    }
                });
        }
        finally
        {
            RatingMetrics.RestoreEnded(total - done);
        }

        foreach ((int partition, RatingSession session) in sessions)
        {
            RatingLog.Restored(logger, Topics.RatingState, partition, session.SubscriberCount, session.IdCount);
        }
    }

    private void ThrowUnlessCoPartitioned()
    {
        int partitions = log.PartitionCountOf(Topics.UsageReceived);
        foreach (string topic in CoPartitioned)
        {
            int other = log.PartitionCountOf(topic);
            if (other != partitions)
            {
                throw new LaneFailedException(
                    $"{topic} has {other} partitions but {Topics.UsageReceived} has {partitions}: a subscriber's usage and state would be apart. Create it with {partitions}.");
            }
        }
    }

    private void Apply(RecordBatch batch, IReadOnlyDictionary<int, RatingSession> sessions)
    {
        for (int index = 0; index < batch.Count; index++)
        {
            ConsumedRecord record = batch[index];
            RatingSession session = sessions[record.Partition];
            bool applied = record.IsTombstone
                ? StateCodec.TryForget(record.Key, session)
                : schemas.Open(record.Topic, record.Value, out ReadOnlySpan<byte> body) is null && StateCodec.TryRestore(body, session);
            if (!applied)
            {
                throw new UnreadableStateException(record.Topic, record.Partition, record.Offset);
            }
        }
    }
}

/// <summary>A record of rating.state.v1 cannot be read. Without it usage could be billed twice, so rating does not start on the partition.</summary>
public sealed class UnreadableStateException : Exception
{
    internal UnreadableStateException(string topic, int partition, long offset)
        : base(string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{topic}[{partition}]@{offset} is not in the format of {topic}. Rating does not start without it: look at the release that wrote it."))
    {
    }
}
