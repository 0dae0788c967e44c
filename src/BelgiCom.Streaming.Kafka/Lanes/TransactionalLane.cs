using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Exactly once from topics to topics: one group member with its own consumer, transactional producer, partitions, handler and thread. A
/// batch's output and offsets are one transaction. Nothing is shared with other lanes, so scaling up and scaling out are the same.
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
/// Rules P1 to P9 and P15 of the reliability notes are what this file does; docs/kafka-client.md tells them one by one.
/// </remarks>
internal sealed class TransactionalLane : IDisposable
{
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(5);

    private readonly KafkaOptions _options;
    private readonly string _group;
    private readonly int _lane;
    private readonly ITransactionalBatchHandler _handler;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly GroupMember _member;
    private readonly TransactionalProducer _producer;
    private readonly LaneProgress _progress;

    private int _failures;
    private int _handlerFailures;
    private long _lastProgress;

    public TransactionalLane(
        KafkaOptions options, string group, IReadOnlyList<string> topics, int lane, ITransactionalBatchHandler handler, TimeProvider clock,
        ILogger logger)
    {
        _options = options;
        _group = group;
        _lane = lane;
        _handler = handler;
        _clock = clock;
        _logger = logger;
        _member = new GroupMember(options, group, topics, lane, _ => null, clock, logger);
        _producer = new TransactionalProducer(options, KafkaClients.TransactionalId(options, group, lane), clock, logger);
        _progress = new LaneProgress(group, lane, _member, clock, logger);
    }

    public LaneHealth Health => _progress.Health;

    /// <summary>
    /// Runs until asked to stop (returns) or until going on would be wrong (throws). Call once, on a thread of its own: polling blocks.
    /// </summary>
    /// <exception cref="LaneFailedException">See its kinds: fenced, batch failed, no progress.</exception>
    public void Run(CancellationToken stopping)
    {
        try
        {
            KafkaMetrics.Started(_group, _progress);
            _progress.Enter(LaneState.Starting);
            _lastProgress = _clock.GetTimestamp();
            _producer.Initialize(stopping);
            _member.Subscribe(stopping);
            while (!stopping.IsCancellationRequested)
            {
                _progress.Enter(LaneState.Polling);
                PolledBatch batch = _member.Poll(PollWait);
                ApplyChanges();
                Process(batch, stopping);
                batch.Release();
            }

            Close();
            _progress.Enter(LaneState.Stopped);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped while brokers were away. What is open was never committed; the next start reads it again.
            _member.Close();
            _progress.Enter(LaneState.Stopped);
        }
        catch (Exception failure)
        {
            _progress.Enter(LaneState.Failed);
            KafkaLog.LaneEnded(_logger, failure, _group, _lane);

            // Nothing of ours is open any more that could still be committed: the others need not wait for the session to end.
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
        _producer.Dispose();
        _member.Dispose();
    }

    /// <summary>
    /// One batch, one transaction. A batch without records still commits the ends it reached, so that lag becomes 0 behind transaction
    /// markers.
    /// </summary>
    private void Process(PolledBatch batch, CancellationToken stopping)
    {
        List<TopicPartitionOffset> offsets = _member.OffsetsOf(batch);
        if (offsets.Count == 0)
        {
            return;
        }

        long started = _clock.GetTimestamp();
        try
        {
            _producer.Begin(stopping);
            Handle(batch);
            _progress.Enter(LaneState.Committing);
            _producer.SendOffsets(offsets, _member.Metadata);
            _producer.Commit();
        }
        catch (OutcomeUnknownException unknown)
        {
            Settle(batch, offsets, unknown, stopping);
            return;
        }
        catch (Exception failure) when (failure is not LaneFailedException and not OperationCanceledException)
        {
            Abort(batch, offsets, failure, stopping);
            return;
        }

        Keep(batch, started);
    }

    private void Handle(PolledBatch batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        _progress.Enter(LaneState.Handling);
        try
        {
            _handler.Handle(batch, _producer.Output);
        }
        catch (Exception failure) when (failure is not TransactionAbortableException)
        {
            throw new HandlerFailedException(failure);
        }
    }

    private void Keep(PolledBatch batch, long started)
    {
        _member.Advance(batch);
        _progress.Advanced(batch);
        if (batch.Count > 0)
        {
            _handler.Committed();
            KafkaMetrics.Committed(_group, batch.Count, batch.Bytes, _clock.GetElapsedTime(started));
        }

        _failures = 0;
        _handlerFailures = 0;
        _lastProgress = _clock.GetTimestamp();
    }

    private void Abort(PolledBatch batch, List<TopicPartitionOffset> offsets, Exception failure, CancellationToken stopping)
    {
        try
        {
            _producer.Abort();
        }
        catch (OutcomeUnknownException unknown)
        {
            Settle(batch, offsets, unknown, stopping);
            return;
        }

        KafkaMetrics.NotCommitted(_group, "aborted");
        Undo(batch, failure, stopping);
    }

    /// <summary>
    /// Finds out by a new producer whether the transaction was committed: its InitTransactions ends whatever was open, so afterwards the
    /// group's offsets tell. They are all or nothing, so one of the batch's partitions that is still ours is enough.
    /// </summary>
    private void Settle(PolledBatch batch, List<TopicPartitionOffset> offsets, OutcomeUnknownException unknown, CancellationToken stopping)
    {
        _progress.Enter(LaneState.Recovering);
        KafkaLog.OutcomeUnknown(_logger, _group, _lane, unknown.Message);
        KafkaMetrics.NotCommitted(_group, "unknown");
        long started = _clock.GetTimestamp();
        _producer.Replace(stopping);
        _member.ReadCommitted(_options.RecoveryTimeout);
        TopicPartitionOffset probe = offsets[0];
        bool committed = _member.Positions[probe.TopicPartition] >= probe.Offset.Value;
        KafkaLog.OutcomeFound(_logger, _group, _lane, batch.Describe(), committed ? "committed" : "aborted");
        if (committed)
        {
            Keep(batch, started);
        }
        else
        {
            Undo(batch, unknown, stopping);
        }
    }

    private void Undo(PolledBatch batch, Exception failure, CancellationToken stopping)
    {
        _progress.Enter(LaneState.Rewinding);
        string range = batch.Describe();
        if (batch.Count > 0)
        {
            _handler.Aborted();
        }

        _failures++;
        Exception cause = failure is HandlerFailedException { InnerException: { } inner } ? inner : failure;
        KafkaLog.BatchAborted(_logger, _group, _lane, range, _failures, cause.GetType().Name);
        if (failure is HandlerFailedException && ++_handlerFailures >= _options.HandlerAttempts)
        {
            throw new BatchFailedException(range, _handlerFailures, cause);
        }

        if (_clock.GetElapsedTime(_lastProgress) > _options.RecoveryTimeout)
        {
            throw new LaneFailedException(
                $"Group '{_group}' lane {_lane} made no progress for {_options.RecoveryTimeout} at {range}: {cause.Message}", cause);
        }

        // The batch is read again, not kept: only a poll shows whether its partitions are still ours.
        batch.Release();
        _member.Rewind();
        stopping.WaitHandle.WaitOne(Backoff());
    }

    private void ApplyChanges()
    {
        foreach (OwnershipChange change in _member.Changes)
        {
            _progress.Apply(change);
            if (change.Kind == OwnershipKind.Assigned)
            {
                _handler.Assigned(change.Partitions);
            }
            else
            {
                _handler.Revoked(change.Partitions);
            }
        }
    }

    private void Close()
    {
        _member.Close();
        ApplyChanges();
    }

    private TimeSpan Backoff()
    {
        TimeSpan backoff = TimeSpan.FromMilliseconds(20 * Math.Pow(2, Math.Min(_failures - 1, 10)));
        return backoff < LongestBackoff ? backoff : LongestBackoff;
    }

    /// <summary>Tells the handler's exceptions from Kafka's.</summary>
    private sealed class HandlerFailedException(Exception cause) : Exception(cause.Message, cause);
}
