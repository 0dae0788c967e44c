using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// The work of one member of a consumer group: poll a batch, let the end make the batch and its offsets durable, go on; a batch that failed
/// is read again. There are two ends: <see cref="TransactionalEnd"/> (a lane, exactly once from topics to topics) and <see cref="SinkEnd"/>
/// (at least once into something outside Kafka). Each member has its own consumer, partitions, handler and thread and shares nothing, so
/// more members in a process and more processes are the same.
/// </summary>
/// <remarks>
/// <code>
/// Created ─► Starting ─► Polling ─► Handling ─► Committing ─► Polling …          stop asked: after the batch in hand ─► Stopped
///                          │ ▲          │            │
///              partitions  ▼ │          │ exception, │ outcome unknown            fatal, fenced, or no progress
///              come or  Rebalancing     │ abortable  ▼                            for too long, anywhere ─► Failed
///              go          ▲            ▼        Recovering ── was committed ─► Polling
///                          └── Polling ◄─ Rewinding ◄─┘ was not
/// </code>
/// The rules (P1, P2, …) are listed in docs/kafka-client.md.
/// </remarks>
internal sealed class GroupLoop : IDisposable
{
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(100);

    // Longest time that a member which was asked to stop spends on work that can wait for the next start.
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(5);

    private readonly KafkaOptions _options;
    private readonly string _group;
    private readonly int _number;
    private readonly IBatchEnd _end;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly GroupMember _member;
    private readonly ConsumerProgress _progress;

    // Counts failures in a row; a batch that becomes durable resets it.
    private int _failures;
    private int _handlerFailures;
    private long _failingSince;

    public GroupLoop(
        KafkaOptions options, ConsumerOptions consumer, string group, IReadOnlyList<string> topics, int number, IBatchEnd end,
        TimeProvider clock, ILogger logger, string? announced = null)
    {
        _options = options;
        _group = group;
        _number = number;
        _end = end;
        _clock = clock;
        _logger = logger;
        _member = new GroupMember(options, consumer, group, topics, number, end.StartOffset, clock, logger, announced);
        _progress = new ConsumerProgress(group, number, _member, clock, logger);
    }

    public ConsumerHealth Health => _progress.Health;

    /// <summary>
    /// Runs until it is asked to stop (then it returns) or until going on would be wrong (then it throws). Call it once, on a thread of its
    /// own, because polling blocks.
    /// </summary>
    /// <exception cref="ClientFailedException">The loop ended; the subtypes say why: fenced, batch failed, no progress.</exception>
    public void Run(CancellationToken stopping)
    {
        try
        {
            KafkaMetrics.Started(_group, _progress);
            _progress.Enter(ConsumerState.Starting);
            _end.Starting(_member.Wake);
            _end.Open(stopping);
            _member.Subscribe(stopping);
            while (!stopping.IsCancellationRequested)
            {
                _progress.Enter(ConsumerState.Polling);
                PolledBatch batch = _member.Poll(PollWait);
                ApplyChanges();
                Process(batch, stopping);
                batch.Release();
            }

            LeaveInOrder(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member was stopped while brokers were away, or while partitions came whose offsets were not available yet. An open
            // transaction was never committed; the next start reads the batch again.
            Leave();
        }
        catch (Exception failure)
        {
            _progress.Enter(ConsumerState.Failed);
            KafkaLog.Ended(_logger, failure, _group, _number);

            // No transaction of ours can be committed any more, so the member leaves the group at once, and the others need not wait for
            // its session to end.
            _member.Close();
            throw;
        }
        finally
        {
            KafkaMetrics.Ended(_progress);
        }
    }

    public void Dispose()
    {
        _end.Dispose();
        _member.Dispose();
    }

    /// <summary>
    /// Rebalances happen inside the poll, when no batch is in hand, so the last batch of a partition is done before the partition goes.
    /// </summary>
    private void ApplyChanges()
    {
        foreach (OwnershipChange change in _member.Changes)
        {
            _progress.Apply(change);
            if (change.Kind == OwnershipKind.Assigned)
            {
                _end.Assigned(change.Partitions);
            }
            else
            {
                _end.Revoked(change.Partitions);
            }
        }
    }

    /// <summary>
    /// Handles one batch: it becomes durable with its offsets, or is undone and read again. A batch without records still commits the ends
    /// it reached, so that the lag becomes 0 behind transaction markers.
    /// </summary>
    private void Process(PolledBatch batch, CancellationToken stopping)
    {
        List<TopicPartitionOffset> offsets = _member.OffsetsOf(batch);
        if (offsets.Count == 0)
        {
            _end.Flush(_member);
            WriteIdle(isLeaving: false, stopping);
            return;
        }

        long started = _clock.GetTimestamp();
        try
        {
            _end.Begin(stopping);
            Handle(batch);
            _progress.Enter(ConsumerState.Committing);
            _end.Commit(offsets, _member);
        }
        catch (Exception failure) when (failure is not ClientFailedException and not OperationCanceledException)
        {
            bool undone = _end.TryUndo(failure);
            KafkaMetrics.NotCommitted(_group, undone ? "aborted" : "unknown");
            if (undone || !TurnsOutCommitted(batch, offsets, stopping))
            {
                ReadAgain(batch, failure, stopping);
                return;
            }
        }

        Keep(batch, started);
    }

    private void Handle(PolledBatch batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        _progress.Enter(ConsumerState.Handling);
        try
        {
            _end.Handle(batch);
        }
        catch (Exception failure) when (failure is not TransactionAbortableException)
        {
            throw new HandlerFailedException(failure);
        }
    }

    /// <summary>
    /// Decides by the group's offsets whether the batch counts, once no request for it can arrive any more. They move all or none, so one
    /// of the batch's partitions that is still ours is enough.
    /// </summary>
    private bool TurnsOutCommitted(PolledBatch batch, List<TopicPartitionOffset> offsets, CancellationToken stopping)
    {
        _progress.Enter(ConsumerState.Recovering);
        _end.Settle(stopping);
        _member.ReadCommitted(_options.RecoveryTimeout);
        TopicPartitionOffset probe = offsets[0];
        bool committed = _member.Positions[probe.TopicPartition] >= probe.Offset.Value;
        KafkaLog.OutcomeFound(_logger, _group, _number, batch.Describe(), committed ? "committed" : "aborted");
        return committed;
    }

    private void Keep(PolledBatch batch, long started)
    {
        _member.Advance(batch);
        _progress.Advanced(batch);
        _failures = 0;
        _handlerFailures = 0;
        if (batch.Count > 0)
        {
            _end.Committed();
            KafkaMetrics.Committed(_group, batch.Count, batch.Bytes, _clock.GetElapsedTime(started));
        }
    }

    private void ReadAgain(PolledBatch batch, Exception failure, CancellationToken stopping)
    {
        Exception cause = failure is HandlerFailedException { InnerException: { } inner } ? inner : failure;
        string reason = _end.Explain(cause) ?? Reason(cause);
        _progress.Failed(reason);
        _progress.Enter(ConsumerState.Rewinding);
        string range = batch.Describe();
        if (batch.Count > 0)
        {
            _end.Aborted();
        }

        if (++_failures == 1)
        {
            _failingSince = _clock.GetTimestamp();
        }

        KafkaLog.BatchReadAgain(_logger, _group, _number, range, _failures, reason);
        ThrowIfHopeless(failure, cause, reason, range);

        // The batch is read again and not kept in memory, because only a poll shows whether its partitions are still ours.
        batch.Release();
        _member.Rewind();
        stopping.WaitHandle.WaitOne(Patience.Backoff(_failures));
    }

    /// <summary>What may be told of a failure that the handler does not explain: the message of another type may repeat a record.</summary>
    private static string Reason(Exception cause) =>
        cause is SchemaRegistryException or ClientFailedException or TransactionAbortableException or OutcomeUnknownException
            ? cause.Message
            : cause.GetType().Name;

    private void ThrowIfHopeless(Exception failure, Exception cause, string reason, string range)
    {
        bool tooLong = _clock.GetElapsedTime(_failingSince) > _options.RecoveryTimeout;
        if (failure is HandlerFailedException && (++_handlerFailures >= _end.HandlerAttempts || tooLong))
        {
            throw new BatchFailedException(range, _handlerFailures, reason, cause);
        }

        if (tooLong)
        {
            throw new ClientFailedException(
                $"Group '{_group}' member {_number} made no progress for {_options.RecoveryTimeout} at {range}: {cause.Message}", cause);
        }
    }

    /// <summary>
    /// Lets the handler write what follows from no batch, in a transaction of its own. It commits the positions once more: so the group
    /// refuses it, like any batch, when the partitions are no longer the member's.
    /// </summary>
    /// <returns>Whether something was written.</returns>
    private bool WriteIdle(bool isLeaving, CancellationToken stopping)
    {
        List<TopicPartitionOffset> positions =
        [
            .. _member.Positions.Where(position => position.Value >= 0)
                .Select(position => new TopicPartitionOffset(position.Key, position.Value)),
        ];
        bool hasBegun = false;
        try
        {
            if (positions.Count == 0 || !_end.HasIdleWork(isLeaving))
            {
                return false;
            }

            _end.Begin(stopping);
            hasBegun = true;
            _end.KeepPositions(positions, _member);
            _end.HandleIdle();
            _end.CommitIdle();
        }
        catch (Exception failure) when (failure is not ClientFailedException and not OperationCanceledException)
        {
            KafkaLog.IdleWorkFailed(_logger, _group, _number, failure.GetType().Name);
            if (hasBegun)
            {
                bool undone = _end.TryUndo(failure);
                _end.Aborted();
                if (!undone)
                {
                    // The positions did not move, so they do not tell whether the work counts. The log does.
                    _end.Settle(stopping);
                    TopicPartition[] owned = [.. _member.Positions.Keys];
                    _end.Revoked(owned);
                    _end.Assigned(owned);
                }
            }

            return false;
        }

        _end.Committed();
        return true;
    }

    private void LeaveInOrder(CancellationToken stopping)
    {
        try
        {
            long started = _clock.GetTimestamp();
            while (WriteIdle(isLeaving: true, stopping) && _clock.GetElapsedTime(started) < LongestFarewell)
            {
            }
        }
        catch (ClientFailedException failure)
        {
            // Nothing is lost: the next owner of the partitions repeats more.
            KafkaLog.IdleWorkFailed(_logger, _group, _number, failure.GetType().Name);
        }

        Leave();
    }

    private void Leave()
    {
        _end.Flush(_member);
        _member.Close();
        ApplyChanges();
        _progress.Enter(ConsumerState.Stopped);
    }

    /// <summary>Tells the handler's exceptions from Kafka's.</summary>
    private sealed class HandlerFailedException(Exception cause) : Exception(cause.Message, cause);
}
