using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

internal enum OwnershipKind
{
    Assigned,
    Revoked,
    Lost,
}

/// <summary>Partitions that came or went during a poll, in one step.</summary>
internal sealed record OwnershipChange(OwnershipKind Kind, IReadOnlyList<TopicPartition> Partitions);

/// <summary>
/// One member of a consumer group: its subscription, its partitions, and the next offset of each up to which records are handled. Used by
/// one thread. Rebalances happen inside <see cref="Poll"/>, when no batch is in hand: the batch before is committed or rewound by then, so
/// a partition is always given back after the commit of its last batch (rule P2).
/// </summary>
internal sealed class GroupMember : IDisposable
{
    /// <summary>How often a member without records asks its brokers something, to know whether they are there.</summary>
    internal static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(5);

    // The loop waits for the answer, but only when nothing else is to be done.
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private readonly KafkaOptions _options;
    private readonly string _group;
    private readonly IReadOnlyList<string> _topics;
    private readonly Func<AssignedLog, long?>? _startOffset;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly IBatchConsumer _batches;
    private readonly BatchLimits _limits;
    private readonly Dictionary<TopicPartition, long> _positions = [];
    private readonly List<OwnershipChange> _changes = [];
    private readonly HashSet<TopicPartition> _gaveUp = [];
    private Exception? _assignmentFailure;
    private CancellationToken _stopping;
    private long _askedAt;
    private bool _closed;

    public GroupMember(
        KafkaOptions options, ConsumerOptions consumer, string group, IReadOnlyList<string> topics, int number,
        Func<AssignedLog, long?>? startOffset, TimeProvider clock, ILogger logger, string? announced = null)
    {
        _options = options;
        _group = group;
        _topics = topics;
        _startOffset = startOffset;
        _clock = clock;
        _logger = logger;
        _limits = BatchLimits.From(consumer);
        LastAnswer = clock.GetUtcNow();
        ConsumerConfig config = KafkaClients.ConsumerConfig(options, consumer, group, number);
        config.ClientId = GroupAnnouncements.ClientId(options, announced);
        _consumer = KafkaClients.Consumer(config, group, logger, builder => builder
            .SetPartitionsAssignedHandler((_, partitions) => TakeOver(partitions))
            .SetPartitionsRevokedHandler((_, partitions) => GiveUp(OwnershipKind.Revoked, partitions))
            .SetPartitionsLostHandler((_, partitions) => GiveUp(OwnershipKind.Lost, partitions)));
        _batches = BatchConsumer.Over(_consumer, _options.ClientPath, _clock);
    }

    /// <summary>The partitions that came and went during the last <see cref="Poll"/>, oldest first; the next poll clears it.</summary>
    public IReadOnlyList<OwnershipChange> Changes => _changes;

    /// <summary>
    /// Our partitions and the next offset of each: every record before it is handled for good. In a lane it is the committed offset.
    /// </summary>
    public IReadOnlyDictionary<TopicPartition, long> Positions => _positions;

    /// <summary>Whether the group has given this member its partitions, which may be none; false again when they were lost.</summary>
    public bool IsJoined { get; private set; }

    /// <summary>When the brokers last answered this member's poll, commit or question.</summary>
    public DateTimeOffset LastAnswer { get; private set; }

    /// <summary>What a transaction needs so that brokers refuse the offsets of a member that the group has replaced.</summary>
    public IConsumerGroupMetadata Metadata => _consumer.ConsumerGroupMetadata;

    /// <summary>Joins the group.</summary>
    /// <param name="stopping">Ends the wait for committed offsets. A dead member's transaction may hold them until it times out, which is
    /// longer than a worker may take to stop.</param>
    public void Subscribe(CancellationToken stopping)
    {
        _stopping = stopping;
        _consumer.Subscribe(_topics);
    }

    /// <summary>Ends the wait of the poll that is in progress, or of the next one. From any thread.</summary>
    public void Wake() => _batches.Wake();

    /// <summary>Takes a batch. Partitions that went away during the poll have no records in it.</summary>
    /// <exception cref="ClientFailedException">The client reports an error that time does not heal.</exception>
    /// <exception cref="OperationCanceledException">The host stopped while partitions came whose offsets are not available yet.</exception>
    public PolledBatch Poll(TimeSpan wait)
    {
        _changes.Clear();
        _gaveUp.Clear();
        PolledBatch batch = _batches.Poll(_limits, wait);
        ThrowIfAssignmentFailed();
        foreach (Error error in batch.Errors)
        {
            Judge(error);
        }

        if (batch.Progress.Count > 0)
        {
            Answered();
        }
        else
        {
            _consumer.Remind(_options);
            AskWhenDue();
        }

        if (_gaveUp.Count > 0)
        {
            // Records that were fetched before the partition went must not count. If it came back within the same poll, they would also
            // hide the position it came back with, so it is read again from there.
            batch.Remove(_gaveUp);
            foreach (TopicPartition partition in _gaveUp.Where(_positions.ContainsKey))
            {
                Seek(partition, _positions[partition]);
            }
        }

        return batch;
    }

    /// <summary>Notes what a transaction (or a sink) made durable.</summary>
    public void Advance(PolledBatch batch)
    {
        foreach (PartitionProgress progress in batch.Progress)
        {
            _positions[progress.TopicPartition] = progress.Next;
        }
    }

    /// <summary>The next offsets after a batch, without those that were reached before.</summary>
    public List<TopicPartitionOffset> OffsetsOf(PolledBatch batch)
    {
        List<TopicPartitionOffset> offsets = new(batch.Progress.Count);
        foreach (PartitionProgress progress in batch.Progress)
        {
            if (_positions.TryGetValue(progress.TopicPartition, out long position) && progress.Next > position)
            {
                offsets.Add(new TopicPartitionOffset(progress.TopicPartition, progress.Next));
            }
        }

        return offsets;
    }

    /// <summary>Commits without a transaction, for sinks (at least once). False when the commit must be made again.</summary>
    /// <exception cref="ClientFailedException">The client reports an error that time does not heal.</exception>
    public bool TryCommit(List<TopicPartitionOffset> offsets)
    {
        try
        {
            _consumer.Commit(offsets);
            Answered();
            return true;
        }
        catch (KafkaException failure)
        {
            Judge(failure.Error);
            return false;
        }
    }

    /// <summary>Puts every partition back to its position, because aborting a transaction does not do that (rule P4).</summary>
    public void Rewind()
    {
        foreach ((TopicPartition partition, long offset) in _positions)
        {
            Seek(partition, offset);
        }
    }

    /// <summary>Asks the group coordinator for our partitions' offsets, after an outcome that is not known.</summary>
    public void ReadCommitted(TimeSpan patience)
    {
        foreach (TopicPartitionOffset position in StartPositions([.. _positions.Keys], patience))
        {
            _positions[position.TopicPartition] = position.Offset.Value;
        }
    }

    /// <summary>The last end of a partition that fetches reported, or null.</summary>
    public long? EndOf(TopicPartition partition)
    {
        WatermarkOffsets watermarks = _consumer.GetWatermarkOffsets(partition);
        return watermarks.High == Offset.Unset ? null : watermarks.High.Value;
    }

    /// <summary>Leaves the group in order; partitions still ours are reported as revoked in <see cref="Changes"/>.</summary>
    public void Close()
    {
        _changes.Clear();
        if (!_closed)
        {
            _batches.Dispose();
            _closed = true;
            _consumer.Close();
        }
    }

    public void Dispose()
    {
        if (!_closed)
        {
            _batches.Dispose();
        }

        _consumer.Dispose();
    }

    /// <summary>Runs inside a poll. The client would swallow or delay an exception, so it is kept and thrown after the poll.</summary>
    private List<TopicPartitionOffset> TakeOver(List<TopicPartition> partitions)
    {
        if (_closed)
        {
            // The assignment was on its way when we left. Nothing will be read of it, and a client that closes answers no question about
            // offsets.
            return [.. partitions.Select(partition => new TopicPartitionOffset(partition, Offset.End))];
        }

        try
        {
            List<TopicPartitionOffset> positions = StartPositions(partitions, _options.RecoveryTimeout);
            foreach (TopicPartitionOffset position in positions)
            {
                _positions[position.TopicPartition] = position.Offset.Value;
            }

            _changes.Add(new OwnershipChange(OwnershipKind.Assigned, partitions));
            IsJoined = true;
            Answered();
            return positions;
        }
        catch (Exception failure) when (failure is KafkaException or ClientFailedException or OperationCanceledException)
        {
            _assignmentFailure = failure;
            return [.. partitions.Select(partition => new TopicPartitionOffset(partition, Offset.End))];
        }
    }

    private void GiveUp(OwnershipKind kind, List<TopicPartitionOffset> positions)
    {
        List<TopicPartition> partitions = [.. positions.Select(position => position.TopicPartition)];
        foreach (TopicPartition partition in partitions)
        {
            _positions.Remove(partition);
            _gaveUp.Add(partition);
        }

        _changes.Add(new OwnershipChange(kind, partitions));
        IsJoined &= kind != OwnershipKind.Lost;
    }

    private void Answered()
    {
        LastAnswer = _clock.GetUtcNow();
        _askedAt = _clock.GetTimestamp();
    }

    /// <summary>
    /// Asks for the end of a partition when the member hears nothing: the client says late, or never, that its brokers are gone, and
    /// nothing at all when they are back but have no records.
    /// </summary>
    private void AskWhenDue()
    {
        if (!IsJoined || _clock.GetElapsedTime(_askedAt) < AskInterval)
        {
            return;
        }

        TopicPartition partition = _positions.Keys.FirstOrDefault() ?? new TopicPartition(_topics[0], 0);
        try
        {
            LogEnds.Ends(_consumer, [partition], AskTimeout);
            Answered();
        }
        catch (KafkaException)
        {
            // The probes see that LastAnswer gets older.
            _askedAt = _clock.GetTimestamp();
        }
    }

    /// <summary>
    /// Where to start in a partition: at the handler's own position, else at the committed offset, else at the beginning of the log. With
    /// "error" as auto.offset.reset, only this code may choose the beginning, because it knows that the group never committed.
    /// </summary>
    private List<TopicPartitionOffset> StartPositions(List<TopicPartition> partitions, TimeSpan patience) => Patience.Ask(() =>
        {
            // A transaction of the previous owner may still hold the offsets (UNSTABLE_OFFSET_COMMIT), until it ends or times out.
            Dictionary<TopicPartition, long?> known = _consumer.Committed(partitions, RequestTimeout).ToDictionary(
                committed => committed.TopicPartition, committed => committed.Offset.Value >= 0 ? committed.Offset.Value : (long?)null);
            if (_startOffset is not null)
            {
                return OwnPositions(_startOffset, known);
            }

            Dictionary<TopicPartition, long> begins = LogEnds.Begins(
                _consumer, [.. known.Where(entry => entry.Value is null).Select(entry => entry.Key)], RequestTimeout);
            return known.Select(entry => new TopicPartitionOffset(entry.Key, entry.Value ?? begins[entry.Key])).ToList();
        },
        patience,
        _clock,
        code =>
        {
            KafkaLog.OffsetsUnavailable(_logger, _group, code);
            _consumer.Remind(_options);
        },
        _stopping);

    private List<TopicPartitionOffset> OwnPositions(
        Func<AssignedLog, long?> startOffset, IReadOnlyDictionary<TopicPartition, long?> committed)
    {
        List<TopicPartitionOffset> positions = [];
        if (committed.Count == 0)
        {
            return positions;
        }

        TopicPartition[] partitions = [.. committed.Keys];
        Dictionary<TopicPartition, long> begins = LogEnds.Begins(_consumer, partitions, RequestTimeout);
        Dictionary<TopicPartition, long> ends = LogEnds.Ends(_consumer, partitions, RequestTimeout);
        using IAdminClient admin = KafkaClients.Admin(_options, _logger);
        IReadOnlyDictionary<string, string> ids = TopicIds.OfAsync(
            admin, [.. partitions.Select(partition => partition.Topic).Distinct()], RequestTimeout).GetAwaiter().GetResult();
        foreach ((TopicPartition partition, long? offset) in committed)
        {
            AssignedLog log = new(partition, ids[partition.Topic], begins[partition], ends[partition], offset);
            long start = startOffset(log) ?? offset ?? log.Begin;
            positions.Add(new TopicPartitionOffset(partition, start < log.Begin ? WithoutLoss(start, log) : start));
        }

        return positions;
    }

    /// <summary>
    /// The log begins behind the position. Nothing is lost when one offset is between and the group has passed it: the sink has every
    /// record before what the group commits, so it is the marker that ends the last transaction.
    /// </summary>
    private long WithoutLoss(long start, AssignedLog log) =>
        start + 1 == log.Begin && log.Committed >= log.Begin
            ? log.Begin
            : throw new ClientFailedException(
                $"Group '{_group}': {log.Partition.Topic}[{log.Partition.Partition.Value}]@{start} to @{log.Begin - 1} were deleted before "
                + $"they were read; the log begins @{log.Begin}. Bring these records back, or the store of positions to a state that "
                + $"belongs to this log.");

    private void Seek(TopicPartition partition, long offset)
    {
        long started = _clock.GetTimestamp();
        while (true)
        {
            try
            {
                _consumer.Seek(new TopicPartitionOffset(partition, offset));
                return;
            }
            catch (KafkaException failure)
                when (failure.Error.Code is ErrorCode.Local_State or ErrorCode.Local_PrevInProgress or ErrorCode.Local_InProgress)
            {
                // The client has not begun to fetch a partition that was assigned a moment ago.
                if (_clock.GetElapsedTime(started) > RequestTimeout)
                {
                    throw new ClientFailedException(
                        $"Group '{_group}': {partition.Topic}[{partition.Partition.Value}] could not be put back to offset {offset} "
                        + $"({failure.Error.Code}); restart the worker.",
                        failure);
                }

                Thread.Sleep(10);
            }
            catch (KafkaException failure) when (failure.Error.Code is ErrorCode.Local_UnknownPartition)
            {
                // The partition is gone already; the next poll reports it as lost.
                return;
            }
        }
    }

    private void ThrowIfAssignmentFailed()
    {
        if (_assignmentFailure is OperationCanceledException)
        {
            throw new OperationCanceledException(_stopping);
        }

        if (_assignmentFailure is { } failure)
        {
            throw failure as ClientFailedException
                ?? new ClientFailedException($"Group '{_group}': committed offsets could not be read: {failure.Message}", failure);
        }
    }

    private void Judge(Error error)
    {
        switch (error.Code)
        {
            case ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange:
                throw new ClientFailedException(
                    $"Group '{_group}': a committed offset is outside the log ({error.Reason}). Records were deleted before they were "
                    + $"read; " +
                    "find out which, then set the group's offsets by hand.");
            case ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed:
                throw new ClientFailedException($"Group '{_group}': not permitted ({error.Code}): {error.Reason}");
            case var code when error.IsFatal || code is ErrorCode.FencedInstanceId:
                throw new ClientFailedException($"Group '{_group}': the consumer failed for good ({code}): {error.Reason}");
            default:
                KafkaLog.ConsumeError(_logger, _group, error.Code);
                KafkaMetrics.ConsumeError(_group);
                break;
        }
    }
}
