using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Kafka;

/// <summary>A stretch of one partition.</summary>
/// <param name="Partition">Topic and partition.</param>
/// <param name="From">First offset.</param>
/// <param name="To">Offset after the last.</param>
public sealed record PartitionRange(TopicPartition Partition, long From, long To);

/// <summary>
/// Reads bounded ranges of topics, outside any group: it reads committed records only and commits nothing. For restoring state, replay and
/// counting.
/// </summary>
public sealed class TopicReader : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(100);

    private readonly KafkaOptions _options;
    private readonly BatchLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly IBatchConsumer _batches;

    /// <summary>Makes a reader, which connects when it is first used. For one thread at a time.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="consumer">Batches and buffers.</param>
    /// <param name="clock">Clock for timeouts.</param>
    /// <param name="logger">Receives the client's errors and log lines.</param>
    /// <param name="stopping">Ends the wait for brokers that do not answer.</param>
    public TopicReader(
        KafkaOptions options, ConsumerOptions consumer, TimeProvider clock, ILogger? logger = null, CancellationToken stopping = default)
    {
        _stopping = stopping;
        _options = options;
        _limits = BatchLimits.From(consumer);
        _clock = clock;
        _logger = logger ?? NullLogger.Instance;
        _consumer = KafkaClients.Consumer(KafkaClients.ReaderConfig(options, consumer), options.ClientId, _logger);
        _batches = BatchConsumer.Over(_consumer, options.ClientPath, clock);
    }

    /// <summary>The present ranges of partitions, as committed readers see them.</summary>
    /// <param name="partitions">Topics and partitions.</param>
    /// <returns>From the first offset to the current end, one range per partition.</returns>
    /// <exception cref="KafkaException">The brokers did not answer, or a partition does not exist.</exception>
    public IReadOnlyList<PartitionRange> RangesOf(IReadOnlyCollection<TopicPartition> partitions)
    {
        Dictionary<TopicPartition, long> begins = Ask(_consumer, () => LogEnds.Begins(_consumer, partitions, RequestTimeout));
        IReadOnlyDictionary<TopicPartition, long> ends = EndsOf(partitions);
        return [.. partitions.Select(partition => new PartitionRange(partition, begins[partition], ends[partition]))];
    }

    /// <summary>
    /// The present ends of partitions, as committed readers see them. It takes half the round trips of <see
    /// cref="RangesOf(IReadOnlyCollection{TopicPartition})"/>.
    /// </summary>
    /// <param name="partitions">Topics and partitions.</param>
    /// <returns>The offset after the last visible record, one per partition.</returns>
    /// <exception cref="KafkaException">The brokers did not answer, or a partition does not exist.</exception>
    public IReadOnlyDictionary<TopicPartition, long> EndsOf(IReadOnlyCollection<TopicPartition> partitions) =>
        Ask(_consumer, () => LogEnds.Ends(_consumer, partitions, RequestTimeout));

    /// <summary>The present ranges of all partitions of a topic.</summary>
    /// <param name="topic">Topic name.</param>
    /// <returns>One range per partition.</returns>
    /// <exception cref="KafkaException">The brokers did not answer, or the topic does not exist.</exception>
    public IReadOnlyList<PartitionRange> RangesOf(string topic)
    {
        // This call has a client of its own, because a dependent client goes on polling the borrowed handle after both are disposed.
        using IAdminClient admin = KafkaClients.Admin(_options, _logger);
        TopicMetadata metadata = Ask(admin, () => admin.GetMetadata(topic, RequestTimeout)).Topics[0];
        return metadata.Error.IsError
            ? throw new KafkaException(metadata.Error)
            : RangesOf([.. metadata.Partitions.Select(partition => new TopicPartition(topic, partition.PartitionId))]);
    }

    /// <summary>What a partition holds now.</summary>
    /// <param name="partition">Topic and partition.</param>
    /// <returns>From the first offset to the current end.</returns>
    /// <exception cref="KafkaException">The brokers did not answer, or the partition does not exist.</exception>
    public PartitionRange RangeOf(TopicPartition partition) => RangesOf([partition])[0];

    /// <summary>Reads the ranges to their ends, all partitions at the same time; within a partition, records come in order.</summary>
    /// <param name="ranges">Ranges of different partitions; they may be empty.</param>
    /// <param name="handle">Takes batches; their memory is valid until it returns.</param>
    /// <param name="stopping">Stops between batches.</param>
    /// <returns>Records handed over.</returns>
    /// <exception cref="OperationCanceledException">Stopped before the end.</exception>
    /// <exception cref="ClientFailedException">A range starts outside the log, reading is not permitted, or nothing came for
    /// <see cref="KafkaOptions.RecoveryTimeout"/>.</exception>
    public long Read(IReadOnlyList<PartitionRange> ranges, Action<RecordBatch> handle, CancellationToken stopping)
    {
        Dictionary<TopicPartition, long> ends = ranges.Where(range => range.From < range.To)
            .ToDictionary(range => range.Partition, range => range.To);
        HashSet<TopicPartition> open = [.. ends.Keys];
        _consumer.Assign(
            ranges.Where(range => ends.ContainsKey(range.Partition))
                .Select(range => new TopicPartitionOffset(range.Partition, range.From)));
        try
        {
            return ReadOpen(ends, open, handle, stopping);
        }
        finally
        {
            _consumer.Unassign();
        }
    }

    /// <summary>Closes the client.</summary>
    public void Dispose()
    {
        _batches.Dispose();
        _consumer.Dispose();
    }

    private T Ask<T>(IClient client, Func<T> question) =>
        Patience.Ask(question, _options.RecoveryTimeout, _clock, _ => client.Remind(_options), _stopping);

    private long ReadOpen(
        Dictionary<TopicPartition, long> ends, HashSet<TopicPartition> open, Action<RecordBatch> handle, CancellationToken stopping)
    {
        long records = 0;
        long lastProgress = _clock.GetTimestamp();
        while (open.Count > 0)
        {
            stopping.ThrowIfCancellationRequested();
            PolledBatch batch = _batches.Poll(_limits, PollWait);
            ThrowIfBroken(batch);
            if (batch.Progress.Count == 0)
            {
                _consumer.Remind(_options);
            }

            bool pastEnd = false;
            foreach (PartitionProgress progress in batch.Progress)
            {
                // The reported end counts too: behind it are only markers and open transactions.
                long end = ends[progress.TopicPartition];
                pastEnd |= progress.Next > end;
                if (progress.Next >= end || progress.AtEnd)
                {
                    open.Remove(progress.TopicPartition);
                }

                lastProgress = _clock.GetTimestamp();
            }

            if (pastEnd)
            {
                batch.RemoveWhere((topic, partition, offset) => offset >= ends[new TopicPartition(topic, partition)]);
            }

            if (batch.Count > 0)
            {
                handle(batch);
                records += batch.Count;
            }

            batch.Release();
            if (_clock.GetElapsedTime(lastProgress) > _options.RecoveryTimeout)
            {
                throw new ClientFailedException(
                    $"Reading {string.Join(", ", open)} stood still for {_options.RecoveryTimeout}; are the brokers there?");
            }
        }

        return records;
    }

    private static void ThrowIfBroken(PolledBatch batch)
    {
        foreach (Error error in batch.Errors)
        {
            if (error.IsFatal
                || error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange or ErrorCode.TopicAuthorizationFailed
                    or ErrorCode.UnknownTopicOrPart)
            {
                throw new ClientFailedException($"Reading failed ({error.Code}): {error.Reason}");
            }
        }
    }
}
