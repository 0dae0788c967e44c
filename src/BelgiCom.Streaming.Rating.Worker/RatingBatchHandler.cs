using System.Buffers.Binary;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// The main path, top to bottom: decode, guide, rate, charge, produce. All records that follow from a batch (rated usage, rejects,
/// notifications and a portion of a checkpoint) are in the lane's one transaction with the batch's offsets; the changes in memory are kept
/// or undone with it.
/// </summary>
internal sealed partial class RatingBatchHandler : ITransactionalBatchHandler, IDisposable
{
    // Most balances that one transaction stores while no usage comes.
    private const int IdlePortion = 20_000;

    private readonly RatingOptions _options;
    private readonly RatingTopics _topics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ICommittedLog _log;
    private readonly StateRestorer _restorer;
    private readonly JournalInbox _journal;
    private readonly ReferenceData _reference;
    private readonly EventWriter _events;
    private readonly LatePolicy? _late;
    private readonly Dictionary<int, OwnedPartition> _partitions = [];
    private readonly List<OwnedPartition> _touched = [];
    private readonly List<OwnedPartition> _due = [];
    private readonly BatchCounts _counts = new();
    private readonly AccountKeys _accounts = new();
    private readonly OnlineLane? _online;

    public RatingBatchHandler(
        ICommittedLog log, RatingOptions options, RatingTopics topics, TimeProvider clock, ILogger logger, OnlineLane? online = null)
    {
        _online = online;
        _log = log;
        _options = options;
        _topics = topics;
        _clock = clock;
        _logger = logger;
        _restorer = new StateRestorer(log, topics, TimeSpan.FromDays(options.DedupDays), clock, logger);
        _journal = new JournalInbox(log, topics, options.ReferencePollInterval, clock, logger);
        _reference = new ReferenceData(log, options, topics, clock, logger);
        _events = new EventWriter(topics);
        _late = options.Late.ToPolicy();
    }

    /// <inheritdoc/>
    public void Assigned(IReadOnlyList<TopicPartition> partitions)
    {
        if (partitions.Count == 0)
        {
            // A cooperative rebalance may bring no partitions. Asking the topics then would only delay the members that wait for it.
            return;
        }

        Dictionary<int, RatingSession> sessions = partitions.ToDictionary(
            partition => partition.Partition.Value,
            _ => new RatingSession(
                _options.DedupDays, _options.LateDays, _late, _options.SessionDays, members: _reference.Members));
        IReadOnlyDictionary<int, long> ratedEnds = _restorer.Restore(sessions);
        foreach ((int partition, RatingSession session) in sessions)
        {
            OwnedPartition owned = new(partition, _restorer.Partitions, session);
            _partitions[partition] = owned;
            _reference.Own(partition, session);
            _journal.Own(partition, session);

            // A checkpoint starts at once, so that the next owner need not repeat what this one has repeated.
            owned.BeginCheckpoint(ratedEnds[partition], _clock.GetTimestamp());
        }

        _reference.Refresh();
        _online?.Own(sessions.Keys, _restorer.Partitions);
    }

    /// <inheritdoc/>
    public void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _online?.Disown(partition.Partition.Value);
            _partitions.Remove(partition.Partition.Value);
            _reference.Disown(partition.Partition.Value);
            _journal.Disown(partition.Partition.Value);
        }
    }

    /// <inheritdoc/>
    public void Handle(RecordBatch batch, TransactionalOutput output)
    {
        // All reference data that was published before the last event of this batch is visible now, whatever the clocks say, because the
        // event was read after it. So one question per batch is enough for rating to use it, and events are rated in their order.
        _reference.Refresh();
        _topics.Received.AskAgain();
        _events.ForgetGuided();
        int next;
        for (int start = 0; start < batch.Count; start = next)
        {
            OwnedPartition partition = _partitions[batch[start].Partition];
            next = EndOfSlice(batch, start);
            Touch(partition, next - start);
            Prepare(batch, start, next, partition.Session);
            for (int place = start; place < next; place++)
            {
                Rate(batch[place], partition, output);
            }
        }

        _events.SendGuided(output);
        AnswerOnline(output);
        TakeTransfers(output);
        WriteState(output);
    }

    /// <inheritdoc/>
    public void Starting(Action wake) => _online?.Starting(wake);

    /// <inheritdoc/>
    public bool HasIdleWork(bool isLeaving)
    {
        if (!isLeaving)
        {
            _reference.RefreshWhenDue();
            _journal.Look(_online?.TakeIsExpecting() == true);
        }

        BeginCheckpoints(partition => !partition.Session.IsCheckpointing
            && (isLeaving || _clock.GetElapsedTime(partition.CheckpointBegun) >= _options.CheckpointInterval));
        return _online is { HasWork: true } || _journal.HasWork || _partitions.Values.Any(
            partition => partition.Session.IsCheckpointing || (partition.Session.HasExpired && !isLeaving));
    }

    /// <inheritdoc/>
    public void HandleIdle(TransactionalOutput output)
    {
        foreach (OwnedPartition partition in _partitions.Values.Where(partition => partition.Session.IsCheckpointing))
        {
            // Nobody waits for usage, so the portion is as large as that of a large batch.
            Touch(partition, _online is { HasWork: true } ? 0 : IdlePortion);
        }

        AnswerOnline(output);
        TakeTransfers(output);
        WriteState(output);
    }

    /// <inheritdoc/>
    public void Committed()
    {
        foreach (OwnedPartition partition in _touched)
        {
            partition.Session.Commit();
        }

        RatingMetrics.Committed(_counts);
        Forget();
        _journal.Committed();
        _online?.Committed();
        BeginCheckpoints(IsDue);
    }

    /// <inheritdoc/>
    public void Aborted()
    {
        foreach (OwnedPartition partition in _touched)
        {
            partition.Session.Abort();
        }

        Forget();
        _journal.Aborted();
        _online?.Aborted();
    }

    /// <summary>Closes the reader of state and reference data.</summary>
    public void Dispose()
    {
        _digest.Dispose();
        _log.Dispose();
    }

    private void Touch(OwnedPartition partition, int events)
    {
        partition.Events += events;
        if (!partition.IsTouched)
        {
            partition.IsTouched = true;
            _touched.Add(partition);
        }
    }

    private static int EndOfSlice(RecordBatch batch, int start)
    {
        int partition = batch[start].Partition;
        int end = start + 1;
        while (end < batch.Count && end - start < RatingSession.PrepareLength && batch[end].Partition == partition)
        {
            end++;
        }

        return end;
    }

    private static void Prepare(RecordBatch batch, int start, int end, RatingSession session)
    {
        Span<UsageKey> keys = stackalloc UsageKey[RatingSession.PrepareLength];
        for (int place = start; place < end; place++)
        {
            ReadOnlySpan<byte> value = batch[place].Value;
            keys[place - start] = UsageEvents.PeekKey(value[Math.Min(value.Length, WireFormat.HeaderSize)..]);
        }

        session.Prepare(keys[..(end - start)]);
    }

    private void WriteState(TransactionalOutput output)
    {
        foreach (OwnedPartition partition in _partitions.Values)
        {
            if (partition.IsSweepDue)
            {
                partition.IsSweepDue = false;
                if (_online is not null)
                {
                    partition.Session.ForgetSilentSessions(_online.Policy, _online.Now);
                }

                partition.Session.PassJournal(_journal.PassedOf(partition.Partition));
                partition.Session.ForgetOperations(_clock.GetUtcNow().AddDays(-_options.Balances.RepeatDays), MostForgotten);
            }

            if (partition.Session.IsCheckpointing || partition.Session.HasExpired || partition.Session.ChangedQuotaAccounts.Count > 0
                || partition.Session.ChangedOperations.Count > 0 || partition.Session.HasJournalMoved)
            {
                Touch(partition, events: 0);
                _events.WriteState(partition, output);
            }
        }
    }

    /// <summary>Rates one event and writes the records that follow from it.</summary>
    private void Rate(in ConsumedRecord record, OwnedPartition partition, TransactionalOutput output)
    {
        if (!_topics.Received.TryRead(record.Value, out UsageReceivedView received))
        {
            Reject(
                in record, _topics.Received.IsOfUnknownSchema(record.Value) ? Rejection.UnknownSchema : Rejection.Undecodable, output);
            return;
        }

        if (received.HasHistory && !received.History.CorrectionCharge.IsEmpty)
        {
            Correct(in received, in record, partition, output);
            return;
        }

        TariffSnapshot tariffs = _reference.Tariffs;
        UsageRecord usage = UsageEvents.ToRecord(in received, record.TimestampMilliseconds, tariffs.UsesDetails, _late);
        RatingResult result;
        if (IsOfAccount(in received, in record, out UInt128 account))
        {
            UsageHistoryView guided = received.History;
            Membership member = new()
            {
                Account = guided.Account,
                AccountKey = account,
                Offering = _reference.Offerings.Find(guided.Offering),
                ActiveDays = guided.ActiveDays,
                ActiveDaysBefore = guided.ActiveDaysBefore,
                ActiveDaysEarlier = guided.ActiveDaysEarlier,
                Choices = guided.LimitsOctets,
            };
            partition.Session.RateForAccount(in usage, in member, tariffs, out result);
        }
        else
        {
            partition.Session.Rate(in usage, tariffs, out result);
            if (TryPassOn(in received, in usage, in result, partition.Session, tariffs, output))
            {
                _counts.PassedOn++;
                return;
            }
        }

        _counts.Add(result.Outcome);
        if (result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
        {
            UsageEvents.ToRated(
                in received, usage.Fingerprint, in result, partition.Session, tariffs, record.Partition, record.Offset,
                out UsageRatedView view);
            _events.WriteRated(in view, output);
            _counts.Notifications += _events.WriteNotifications(
                in view, result.Crossed, partition.Session.Notices(in result), output);
        }
        else
        {
            _events.WriteRejected(
                in record, Rejection.For(result.RejectedReason, usage.IsRecycled ? null : _late), received.UsageId, received.SubscriberRef,
                received.EventTimeMilliseconds, output);
        }
    }

    /// <summary>
    /// Whether a lane that has the subscription guided the usage to its account, and so to this partition. A record under another key came
    /// here by no such way, and is guided anew.
    /// </summary>
    private bool IsOfAccount(in UsageReceivedView received, in ConsumedRecord record, out UInt128 account)
    {
        account = default;
        if (!received.HasHistory || !RatingSession.IsAccount(received.History.Account))
        {
            return false;
        }

        account = _accounts.Of(received.History.Account);
        return record.Key.Length == AccountKey.Size && BinaryPrimitives.ReadUInt128BigEndian(record.Key) == account;
    }

    /// <summary>Passes usage on that must be rated on another partition; false when this one is right.</summary>
    private bool TryPassOn(
        in UsageReceivedView received, in UsageRecord usage, in RatingResult result, RatingSession session, TariffSnapshot tariffs,
        TransactionalOutput output)
    {
        if (result.IsOfAccount)
        {
            Membership member = session.MemberOf(in usage, in result, tariffs, _accounts);
            _events.WriteGuided(in received, in member, tariffs.Version(result.VersionIndex).GuidedUtf8);
            return true;
        }

        // Under another name, usage is a conflict with itself: whether it is one is told where it is rated.
        if (result.Outcome is RatingOutcome.Suspended or RatingOutcome.Late or RatingOutcome.Conflict
            && received.History.AliasRef == default
            && session.TryFindNamed(usage.Subscriber, usage.EventTimeMilliseconds, out UInt128 named))
        {
            _events.WritePassedOn(in received, UsageEvents.ToSubscriberRef(named), output);
            return true;
        }

        return false;
    }

    private void Reject(in ConsumedRecord record, Rejection rejection, TransactionalOutput output)
    {
        _counts.Add(rejection.Outcome);
        RatingLog.Undecodable(_logger, record.Topic, record.Partition, record.Offset, rejection.Reason.ToString());
        _events.WriteRejected(in record, rejection, default, default, eventTimeMilliseconds: 0, output);
    }

    private bool IsDue(OwnedPartition partition)
    {
        RatingSession session = partition.Session;
        return !session.IsCheckpointing
            && session.RatedSinceCheckpoint > 0
            && (session.RatedSinceCheckpoint >= Math.Max(_options.CheckpointEvents, 2L * session.SubscriberCount)
                || _clock.GetElapsedTime(partition.CheckpointBegun) >= _options.CheckpointInterval);
    }

    /// <summary>
    /// Begins the checkpoints that are due. Between two batches everything rated is committed, so the next owner has to read usage.rated.v1
    /// from its visible end on. Asking for that end costs a round trip, once in many thousand events. When nothing was rated, a checkpoint
    /// only moves its mark behind the last transaction's marker; else retention would one day delete the marker, and the mark would lie
    /// before the log.
    /// </summary>
    private void BeginCheckpoints(Func<OwnedPartition, bool> isDue)
    {
        _due.AddRange(_partitions.Values.Where(isDue));
        if (_due.Count == 0)
        {
            return;
        }

        IReadOnlyDictionary<TopicPartition, long> rated = _log.EndsOf(
            [.. _due.Select(partition => new TopicPartition(Topics.UsageRated, partition.Partition))]);
        foreach (OwnedPartition partition in _due)
        {
            long end = rated[new TopicPartition(Topics.UsageRated, partition.Partition)];
            if (partition.Session.RatedSinceCheckpoint > 0 || end != partition.RatedFrom)
            {
                partition.BeginCheckpoint(end, _clock.GetTimestamp());
            }
            else
            {
                partition.KeepMark(_clock.GetTimestamp());
            }
        }

        _due.Clear();
    }

    private void Forget()
    {
        foreach (OwnedPartition partition in _touched)
        {
            partition.IsTouched = false;
            partition.Events = 0;
        }

        _touched.Clear();
        _counts.Clear();
    }
}
