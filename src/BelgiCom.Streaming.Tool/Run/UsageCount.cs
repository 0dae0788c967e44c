using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.BillingSync.Worker;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Counts usage by reading the topics themselves and asks none of the workers that wrote them, so that the conservation equation checks the
/// workers. It reads the topics from their beginning and knows the offsets at which this run started.
/// </summary>
internal sealed class UsageCount : IDisposable
{
    private static readonly string[] CountedTopics = [Topics.UsageReceived, Topics.UsageRated, Topics.UsageRejected, Topics.Quarantine];

    private readonly Lock _gate = new();
    private readonly TopicReader _reader;
    private readonly EventTopic<UsageReceivedView> _received;
    private readonly EventTopic<UsageRatedView> _rated;
    private readonly EventTopic<UsageRejectedView> _rejected;
    private readonly Dictionary<TopicPartition, PartitionMarks> _marks = [];
    private readonly UsageTally _total = new();
    private readonly UsageTally _run = new();
    private readonly Dictionary<RejectedReason, long> _waiting = [];

    /// <summary>Notes where the topics end now; records after these ends belong to this run.</summary>
    /// <param name="kafka">Where the brokers are.</param>
    /// <param name="consumer">Batches and buffers.</param>
    /// <param name="received">usage.received.v1.</param>
    /// <param name="rated">usage.rated.v1.</param>
    /// <param name="rejected">usage.rejected.v1.</param>
    /// <param name="ratingPosition">Offset at which rating goes on in a partition of usage.received.v1.</param>
    public UsageCount(
        KafkaOptions kafka, ConsumerOptions consumer, EventTopic<UsageReceivedView> received, EventTopic<UsageRatedView> rated,
        EventTopic<UsageRejectedView> rejected, Func<int, long> ratingPosition)
    {
        _received = received;
        _rated = rated;
        _rejected = rejected;
        _reader = new TopicReader(kafka, consumer, TimeProvider.System);
        foreach (PartitionRange range in CountedTopics.SelectMany(_reader.RangesOf))
        {
            (string topic, int partition) = (range.Partition.Topic, range.Partition.Partition.Value);
            long workFrom = topic == Topics.UsageReceived ? ratingPosition(partition) : range.To;
            _marks.Add(
                range.Partition,
                new PartitionMarks { From = range.From, Next = range.From, StartEnd = range.To, WorkFrom = workFrom });
        }
    }

    /// <summary>
    /// Whether the topics still have their beginnings. Retention takes received usage and its outcomes at different moments, so without
    /// them the totals need not agree.
    /// </summary>
    public bool IsWhole => _marks.All(mark => mark.Value.From == 0);

    /// <summary>Everything on the topics.</summary>
    public UsageTally Total
    {
        get
        {
            lock (_gate)
            {
                return _total with { };
            }
        }
    }

    /// <summary>The usage since the start of this run, and the usage that an earlier run had left to do.</summary>
    public UsageTally Run
    {
        get
        {
            lock (_gate)
            {
                return _run with { };
            }
        }
    }

    /// <summary>What the usage on the topics waits for, by reason, and how many events do.</summary>
    public IReadOnlyDictionary<RejectedReason, long> WaitingFor
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Where(reason => reason.Value > 0).OrderBy(reason => reason.Key).ToDictionary();
            }
        }
    }

    /// <summary>Compares everything on usage.rated.v1 with the ledger. For the thread that calls <see cref="Advance"/>.</summary>
    /// <exception cref="UnreadableRecordException">A record on the topic cannot be read, so its amount is not known.</exception>
    public LedgerEvidence CompareWith(BillingLedger ledger, CancellationToken cancellationToken) =>
        LedgerEvidence.Collect(_reader, _rated, ledger, cancellationToken);

    /// <summary>Counts the records since the last call, up to the present end of the topics. For one thread at a time.</summary>
    /// <exception cref="UnreadableRecordException">A record on the rated or rejected topic cannot be read, so its outcome is not
    /// known.</exception>
    public void Advance(CancellationToken cancellationToken)
    {
        PartitionRange[] ranges = _marks.Select(mark => _reader.RangeOf(mark.Key) with { From = mark.Value.Next })
            .Where(range => range.From < range.To)
            .ToArray();
        _reader.Read(ranges, Count, cancellationToken);
    }

    public void Dispose() => _reader.Dispose();

    private void Count(RecordBatch batch)
    {
        lock (_gate)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                ConsumedRecord record = batch[i];
                PartitionMarks marks = _marks[new TopicPartition(record.Topic, record.Partition)];
                Count(record, marks);
                marks.Next = record.Offset + 1;
            }
        }
    }

    private void Count(ConsumedRecord record, PartitionMarks marks)
    {
        bool isNew = record.Offset >= marks.StartEnd;
        switch (record.Topic)
        {
            case Topics.UsageReceived:
                bool isRead = _received.TryRead(record.Value, out UsageReceivedView received);
                if (isRead && !received.History.CorrectionCharge.IsEmpty)
                {
                    // The usage was counted when it came, and has its outcome.
                    break;
                }

                bool isFirst = !isRead || !IsFurtherRecord(in received);
                _total.Received += isFirst ? 1 : 0;
                _run.Received += isNew && isFirst ? 1 : 0;
                _run.CarriedOver += record.Offset >= marks.WorkFrom && !isNew ? 1 : 0;
                break;
            case Topics.UsageRated when _rated.TryRead(record.Value, out UsageRatedView rated):
                if (rated.HasCorrection)
                {
                    // The usage is counted by what became of it first; this is another line of it.
                    _total.Corrections++;
                    _run.Corrections += isNew ? 1 : 0;
                    break;
                }

                Add(_total, rated.Outcome);
                if (isNew)
                {
                    Add(_run, rated.Outcome);
                }

                break;
            case Topics.UsageRejected when _rejected.TryRead(record.Value, out UsageRejectedView rejected):
                if (rejected.Outcome is RejectedOutcome.Recycled or RejectedOutcome.Discarded)
                {
                    CountDecision(in rejected, isNew, marks);
                    break;
                }

                Add(_total, rejected.Outcome, 1);
                if (Suspense.Waits(rejected.Outcome, rejected.Reason))
                {
                    Wait(rejected.Reason, 1);
                    marks.Note(record.Offset, in rejected);
                }

                Add(_run, rejected.Outcome, isNew ? 1 : 0);

                break;
            case Topics.Quarantine:
                _total.Quarantined++;
                _run.Quarantined += isNew ? 1 : 0;
                break;
            default:
                throw new UnreadableRecordException(record.Topic, record.Partition, record.Offset);
        }
    }

    /// <summary>
    /// Counts a decision: the usage of an earlier record of the partition waits no more. Retention may have taken that record, and then it
    /// was not counted.
    /// </summary>
    private void CountDecision(scoped in UsageRejectedView decision, bool isNew, PartitionMarks marks)
    {
        if (!SuspenseDecisions.IsAboutRejected(in decision))
        {
            // The usage is rated, and its outcome is counted as that.
            return;
        }

        long offset = decision.ReceivedOffset;
        bool wasDiscarded = marks.Discarded.Remove(offset, out bool wasDiscardedInRun);
        RejectedOutcome before = wasDiscarded ? RejectedOutcome.Discarded : marks.OutcomeOf(in decision);
        Add(_total, before, wasDiscarded || offset >= marks.From ? -1 : 0);
        Wait(decision.Reason, !wasDiscarded && offset >= marks.From ? -1 : 0);
        bool isCountedInRun = wasDiscarded ? wasDiscardedInRun : offset >= marks.StartEnd;
        if (isNew)
        {
            Add(_run, before, isCountedInRun ? -1 : 0);
            _run.CarriedOver += isCountedInRun ? 0 : 1;
        }

        if (decision.Outcome == RejectedOutcome.Discarded)
        {
            marks.Discarded.Add(offset, isNew);
        }

        Add(_total, decision.Outcome, 1);
        Add(_run, decision.Outcome, isNew ? 1 : 0);
    }

    /// <summary>
    /// Whether the usage was counted by an earlier record: rating passed it on to the subscriber who has the subscription or to the account
    /// whose bundles are shared, or it was recycled.
    /// </summary>
    private static bool IsFurtherRecord(scoped in UsageReceivedView received) =>
        received.History.AliasRef != default || !received.History.SuspendedFor.IsEmpty || !received.History.Account.IsEmpty;

    private void Wait(RejectedReason reason, int events) => _waiting[reason] = _waiting.GetValueOrDefault(reason) + events;

    private static void Add(UsageTally tally, RatedOutcome outcome) =>
        _ = outcome == RatedOutcome.Rated ? tally.Rated++ : tally.ZeroRated++;

    private static void Add(UsageTally tally, RejectedOutcome outcome, int events) => _ = outcome switch
    {
        RejectedOutcome.Duplicate => tally.Duplicate += events,
        RejectedOutcome.Late => tally.Late += events,
        RejectedOutcome.Suspended => tally.Suspended += events,
        RejectedOutcome.Conflict => tally.Conflict += events,
        RejectedOutcome.Recycled => tally.Recycled += events,
        RejectedOutcome.Discarded => tally.Discarded += events,
        _ => tally.Rejected += events,
    };

    private sealed class PartitionMarks
    {
        // Offsets of waiting usage whose outcome is not the one that its reason has now: an earlier release wrote another.
        private readonly Dictionary<long, RejectedOutcome> _formerOutcomes = [];

        /// <summary>First offset that was still there.</summary>
        public required long From { get; init; }

        /// <summary>Offsets of usage.rejected.v1 whose usage was given up, and whether that was in this run.</summary>
        public Dictionary<long, bool> Discarded { get; } = [];

        /// <summary>Offset to count next.</summary>
        public long Next { get; set; }

        /// <summary>End of the partition when the run started; records from here on belong to this run.</summary>
        public required long StartEnd { get; init; }

        /// <summary>Keeps the outcome of usage that waits, where its reason does not tell it.</summary>
        /// <param name="offset">Offset of the record.</param>
        /// <param name="waiting">The record.</param>
        public void Note(long offset, scoped in UsageRejectedView waiting)
        {
            if (waiting.Outcome != Suspense.OutcomeOf(waiting.Reason))
            {
                _formerOutcomes.Add(offset, waiting.Outcome);
            }
        }

        /// <summary>Under which outcome the usage waited that is decided on.</summary>
        public RejectedOutcome OutcomeOf(scoped in UsageRejectedView decision) =>
            _formerOutcomes.TryGetValue(decision.ReceivedOffset, out RejectedOutcome former)
                ? former
                : Suspense.OutcomeOf(decision.Reason) ?? RejectedOutcome.Rejected;

        /// <summary>Offset at which the next worker goes on; an earlier run left the records between here and the end.</summary>
        public required long WorkFrom { get; init; }
    }
}
