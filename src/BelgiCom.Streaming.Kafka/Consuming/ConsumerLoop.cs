using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// From topics to a sink outside Kafka, at least once: poll a batch, let the sink make it durable, commit its offsets. One group member on
/// one thread; the group's offset never passes a record that the sink has not taken.
/// </summary>
public sealed class ConsumerLoop
{
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(5);

    private readonly KafkaOptions _options;
    private readonly string _group;
    private readonly IReadOnlyList<string> _topics;
    private readonly IBatchHandler _handler;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Dictionary<TopicPartition, long> _uncommitted = [];
    private volatile LaneProgress? _progress;

    private int _failures;
    private long _lastProgress;

    /// <summary>Describes the loop; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="options">Brokers and limits.</param>
    /// <param name="group">Consumer group id, the worker's name.</param>
    /// <param name="topics">Topics to consume.</param>
    /// <param name="handler">The sink.</param>
    /// <param name="clock">Clock for timeouts and health.</param>
    /// <param name="logger">Where the loop logs.</param>
    public ConsumerLoop(
        KafkaOptions options, string group, IReadOnlyList<string> topics, IBatchHandler handler, TimeProvider clock,
        ILogger<ConsumerLoop> logger)
    {
        _options = options;
        _group = group;
        _topics = topics;
        _handler = handler;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>State and progress for probes; null before the start.</summary>
    public LaneHealth? Health => _progress?.Health;

    /// <summary>
    /// Runs until cancelled: then the batch in hand is finished, its offsets committed, the group left, and the task completes without
    /// error.
    /// </summary>
    /// <param name="stopping">Asks the loop to stop.</param>
    /// <returns>Completes when the loop has ended.</returns>
    /// <exception cref="BatchFailedException">The sink failed on the same batch for longer than
    /// <see cref="KafkaOptions.RecoveryTimeout"/>.</exception>
    /// <exception cref="LaneFailedException">The client failed for good.</exception>
    public Task RunAsync(CancellationToken stopping) => DedicatedThread.Run(_group, () => Run(stopping));

    private void Run(CancellationToken stopping)
    {
        using GroupMember member = new(_options, _group, _topics, lane: 0, _handler.StartOffset, _clock, _logger);
        LaneProgress progress = new(_group, 0, member, _clock, _logger);
        _progress = progress;
        try
        {
            KafkaMetrics.Started(_group, progress);
            progress.Enter(LaneState.Starting);
            _lastProgress = _clock.GetTimestamp();
            member.Subscribe(stopping);
            while (!stopping.IsCancellationRequested)
            {
                progress.Enter(LaneState.Polling);
                PolledBatch batch = member.Poll(PollWait);
                ApplyChanges(member, progress);
                Process(member, progress, batch, stopping);
                batch.Release();
            }

            Stop(member, progress);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped while partitions came whose offsets were not available yet; what the others did is committed as ever.
            Stop(member, progress);
        }
        catch (Exception failure)
        {
            progress.Enter(LaneState.Failed);
            KafkaLog.LaneEnded(_logger, failure, _group, 0);
            member.Close();
            throw;
        }
        finally
        {
            KafkaMetrics.Ended(progress);
        }
    }

    private void Stop(GroupMember member, LaneProgress progress)
    {
        Commit(member);
        member.Close();
        ApplyChanges(member, progress);
        progress.Enter(LaneState.Stopped);
    }

    private void Process(GroupMember member, LaneProgress progress, PolledBatch batch, CancellationToken stopping)
    {
        long started = _clock.GetTimestamp();
        if (batch.Count > 0)
        {
            progress.Enter(LaneState.Handling);
            try
            {
                _handler.Handle(batch);
            }
            catch (Exception failure)
            {
                ReadAgain(member, progress, batch, failure, stopping);
                return;
            }
        }

        foreach (TopicPartitionOffset offset in member.OffsetsOf(batch))
        {
            _uncommitted[offset.TopicPartition] = offset.Offset.Value;
        }

        member.Advance(batch);
        progress.Advanced(batch);
        progress.Enter(LaneState.Committing);
        Commit(member);
        _failures = 0;
        _lastProgress = _clock.GetTimestamp();
        if (batch.Count > 0)
        {
            KafkaMetrics.Committed(_group, batch.Count, batch.Bytes, _clock.GetElapsedTime(started));
        }
    }

    private void ReadAgain(GroupMember member, LaneProgress progress, PolledBatch batch, Exception failure, CancellationToken stopping)
    {
        progress.Enter(LaneState.Rewinding);
        string range = batch.Describe();
        _failures++;
        KafkaLog.SinkFailed(_logger, _group, range, _failures, failure.GetType().Name);
        KafkaMetrics.NotCommitted(_group, "aborted");
        if (_clock.GetElapsedTime(_lastProgress) > _options.RecoveryTimeout)
        {
            throw new BatchFailedException(range, _failures, failure);
        }

        batch.Release();
        member.Rewind();
        TimeSpan backoff = TimeSpan.FromMilliseconds(20 * Math.Pow(2, Math.Min(_failures - 1, 10)));
        stopping.WaitHandle.WaitOne(backoff < LongestBackoff ? backoff : LongestBackoff);
    }

    /// <summary>
    /// A commit that fails is made again with the next batch: the sink has the records, at worst they come to it once more.
    /// </summary>
    private void Commit(GroupMember member)
    {
        if (_uncommitted.Count == 0)
        {
            return;
        }

        try
        {
            member.Commit([.. _uncommitted.Select(entry => new TopicPartitionOffset(entry.Key, entry.Value))]);
            _uncommitted.Clear();
        }
        catch (KafkaException failure) when (!failure.Error.IsFatal)
        {
            KafkaLog.ConsumeError(_logger, _group, failure.Error.Code);
            KafkaMetrics.ConsumeError(_group);
        }
    }

    private void ApplyChanges(GroupMember member, LaneProgress progress)
    {
        foreach (OwnershipChange change in member.Changes)
        {
            progress.Apply(change);
            if (change.Kind == OwnershipKind.Assigned)
            {
                _handler.Assigned(change.Partitions);
                continue;
            }

            foreach (TopicPartition partition in change.Partitions)
            {
                _uncommitted.Remove(partition);
            }

            _handler.Revoked(change.Partitions);
        }
    }
}
