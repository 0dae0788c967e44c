using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Restores the state of newly owned partitions, all at the same time: the checkpoint from rating.state.v1, then the usage rated since it
/// from usage.rated.v1.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="topics">Codecs of the topics.</param>
/// <param name="window">Age from which rated usage is no longer asked for.</param>
/// <param name="clock">Clock.</param>
/// <param name="logger">Told of the progress.</param>
internal sealed class StateRestorer(ICommittedLog log, RatingTopics topics, TimeSpan window, TimeProvider clock, ILogger logger)
{
    private static readonly string[] CoPartitioned =
    [
        Topics.UsageRated, Topics.UsageRejected, Topics.CustomerNotifications, Topics.RatingState, Topics.CustomerSubscriptions,
        Topics.BalanceJournal,
    ];

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);

    /// <summary>Number of partitions of usage.received.v1, as of the last <see cref="Restore"/>.</summary>
    public int Partitions { get; private set; }

    /// <summary>The end of rating.state.v1 for each partition of the last <see cref="Restore"/>.</summary>
    public IReadOnlyDictionary<int, long> StateEnds { get; private set; } = new Dictionary<int, long>();

    /// <summary>Fills the sessions of partitions.</summary>
    /// <returns>The end of usage.rated.v1 for each partition; the session has everything before it.</returns>
    /// <exception cref="UnreadableStateException">A stored record cannot be read or is gone. Going on could bill twice.</exception>
    public IReadOnlyDictionary<int, long> Restore(IReadOnlyDictionary<int, RatingSession> sessions)
    {
        CountPartitions();

        // One question covers both topics: the last transaction of the previous owner wrote to both, so both end with it.
        ILookup<string, PartitionRange> ranges = log
            .StableRangesOf(
                [
                    .. sessions.Keys.SelectMany(partition =>
                        new[] { Topics.RatingState, Topics.UsageRated }.Select(topic => new TopicPartition(topic, partition)))])
            .ToLookup(range => range.Partition.Topic);
        StateEnds = ranges[Topics.RatingState].ToDictionary(range => range.Partition.Partition.Value, range => range.To);
        Dictionary<int, Marked> marks = [];
        Read([.. ranges[Topics.RatingState]], batch => RestoreCheckpoint(batch, sessions, marks));
        ThrowIfGrown(marks);
        Read([.. ranges[Topics.UsageRated].Select(range => SinceCheckpoint(range, marks))], batch => Repeat(batch, sessions));
        foreach ((int partition, RatingSession session) in sessions)
        {
            RatingLog.Restored(
                logger, Topics.RatingState, partition, session.SubscriberCount, session.IdCount, session.RatedSinceCheckpoint);
        }

        return ranges[Topics.UsageRated].ToDictionary(range => range.Partition.Partition.Value, range => range.To);
    }

    private void Read(IReadOnlyList<PartitionRange> ranges, Action<RecordBatch> apply)
    {
        long total = ranges.Sum(range => range.To - range.From);
        RatingLog.Restoring(logger, ranges[0].Partition.Topic, ranges.Count, total);
        RatingMetrics.RestoreStarted(total);
        long done = 0;
        long reported = clock.GetTimestamp();
        try
        {
            log.Read(
                ranges,
                batch =>
                {
                    apply(batch);
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
    }

    private void RestoreCheckpoint(RecordBatch batch, IReadOnlyDictionary<int, RatingSession> sessions, Dictionary<int, Marked> marks)
    {
        for (int index = 0; index < batch.Count; index++)
        {
            ConsumedRecord record = batch[index];
            RatingSession session = sessions[record.Partition];
            CheckpointMark? mark = null;
            bool restored = record.IsTombstone
                ? StateCodec.TryForget(record.Key, session)
                : topics.State.TryRead(record.Value, out RatingStateView view) && StateCodec.TryRestore(
                    in view, session, topics.TryReadUsage, topics.ReadOperation, out mark);
            if (!restored)
            {
                throw UnreadableStateException.Of(in record);
            }

            if (mark is { } complete)
            {
                marks[record.Partition] = new Marked(complete, record.TimestampMilliseconds);
            }
        }
    }

    /// <summary>
    /// The range of usage.rated.v1 that must be repeated; all of it when the partition has no complete checkpoint yet.
    /// </summary>
    private PartitionRange SinceCheckpoint(PartitionRange rated, Dictionary<int, Marked> marks)
    {
        int partition = rated.Partition.Partition.Value;
        if (!marks.TryGetValue(partition, out Marked marked))
        {
            return rated;
        }

        long ratedFrom = marked.Mark.RatedFrom;
        if (ratedFrom >= rated.From && ratedFrom <= rated.To)
        {
            return rated with { From = ratedFrom };
        }

        // What was deleted was rated soon after the mark was written, because a mark moves as long as usage is rated. When the mark is
        // older than the window, nobody asks for those ids and balances any more.
        TimeSpan age = clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(marked.WrittenMilliseconds);
        if (ratedFrom > rated.To || marked.WrittenMilliseconds <= 0 || age < window)
        {
            throw UnreadableStateException.Of(rated, ratedFrom);
        }

        RatingLog.DeletedSinceCheckpoint(logger, Topics.UsageRated, partition, ratedFrom, rated.From, age.Days);
        return rated;
    }

    private void Repeat(RecordBatch batch, IReadOnlyDictionary<int, RatingSession> sessions)
    {
        for (int index = 0; index < batch.Count; index++)
        {
            ConsumedRecord record = batch[index];
            if (!topics.Rated.TryRead(record.Value, out UsageRatedView rated)
                || !StateCodec.TryRepeat(in rated, sessions[record.Partition]))
            {
                throw UnreadableStateException.Of(in record);
            }
        }

        foreach (RatingSession session in sessions.Values)
        {
            session.Commit();
        }
    }

    private void CountPartitions()
    {
        IReadOnlyDictionary<string, int> counts = log.PartitionCountsOf([Topics.UsageReceived, .. CoPartitioned]);
        Partitions = counts[Topics.UsageReceived];
        foreach (string topic in CoPartitioned)
        {
            if (counts[topic] != Partitions)
            {
                throw new ClientFailedException(
                    $"{topic} has {counts[topic]} partitions but {Topics.UsageReceived} has {Partitions}: a subscriber's usage and "
                    + $"state would be apart. Create it with {Partitions}.");
            }
        }
    }

    /// <summary>
    /// Keys move to other partitions when topics grow, and the state stays: bundles would be granted again, and duplicates rated again.
    /// </summary>
    private void ThrowIfGrown(Dictionary<int, Marked> marks)
    {
        foreach ((int partition, Marked marked) in marks)
        {
            if (marked.Mark.Partitions != 0 && marked.Mark.Partitions != Partitions)
            {
                throw new ClientFailedException(
                    $"{Topics.UsageReceived} has {Partitions} partitions, but the state in {Topics.RatingState}[{partition}] was made with "
                    + $"{marked.Mark.Partitions}: subscribers would be apart from their balances. Create the topics with "
                    + $"{marked.Mark.Partitions} partitions again, or begin with empty topics.");
            }
        }
    }

    /// <summary>A mark and when its record was written, milliseconds since 1970-01-01 UTC; 0 or less when not known.</summary>
    private readonly record struct Marked(CheckpointMark Mark, long WrittenMilliseconds);
}

/// <summary>
/// A record of a partition's state cannot be read or is gone. Without it usage could be billed twice, so rating does not start on the
/// partition.
/// </summary>
public sealed class UnreadableStateException : Exception
{
    private UnreadableStateException(string message)
        : base(message)
    {
    }

    internal static UnreadableStateException Of(in ConsumedRecord record) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{record.Topic}[{record.Partition}]@{record.Offset} is not in the format of {record.Topic}. Rating does not start without it: "
        + $"look at the release that wrote it."));

    internal static UnreadableStateException Of(PartitionRange rated, long ratedFrom) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{rated.Partition.Topic}[{rated.Partition.Partition.Value}] holds @{rated.From} to @{rated.To}, but the checkpoint in "
        + $"{Topics.RatingState} goes on at @{ratedFrom}: " +
        $"records were deleted before a checkpoint took them up, or the topic was made anew. Raise its retention; put the records back "
        + $"before rating goes on."));
}
