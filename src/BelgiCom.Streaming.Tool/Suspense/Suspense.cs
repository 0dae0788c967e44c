using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool;

/// <summary>What a decision did.</summary>
/// <param name="Decided">Events that were recycled or discarded.</param>
/// <param name="Unreadable">Events that were meant and cannot be read; they go on waiting.</param>
internal readonly record struct DecisionCount(long Decided, long Unreadable);

/// <summary>What the topic says of the usage that is meant.</summary>
/// <param name="Waiting">What waits, by outcome, reason, source and file.</param>
/// <param name="Discarded">What was given up, the same, and by decision.</param>
/// <param name="Conflicts">The first conflicts that wait, one by one; without the usage that was charged first.</param>
internal sealed record SuspenseList(
    IReadOnlyList<WaitingUsage> Waiting, IReadOnlyList<WaitingUsage> Discarded, IReadOnlyList<ConflictingUsage> Conflicts)
{
    /// <summary>How many events wait.</summary>
    public long Events => Waiting.Sum(group => group.Events);
}

/// <summary>
/// The usage that waits on usage.rejected.v1 for its subscription, tariff or schema, or for somebody who says what it is. The topic itself
/// says what waits: a SUSPENDED, CONFLICT or REJECTED record does, until a RECYCLED or DISCARDED record names its offset. Recycling writes
/// that record and the usage in one transaction, so usage is sent to rating once, whatever was meant, whenever this process is killed. A
/// place in a group could not say that, because a decision on some usage leaves the rest where it is.
/// </summary>
internal sealed class Suspense : IDisposable
{
    /// <summary>Conflicts that are shown one by one.</summary>
    public const int ConflictsShown = 100;

    /// <summary>Transactional id of everybody who decides, so that the next one fences the one before.</summary>
    private const string TransactionalId = "suspense";

    // Conflicts of the ledger that are decided on in one transaction.
    private const int ConflictsAtOnce = 500;

    private static readonly byte[] RejectedTopic = Encoding.UTF8.GetBytes(Topics.UsageRejected);
    private static readonly byte[] RatedTopic = Encoding.UTF8.GetBytes(Topics.UsageRated);

    private readonly KafkaRoles _kafka;
    private readonly TopicReader _reader;
    private readonly EventTopic<UsageReceivedView> _received;
    private readonly EventTopic<UsageRejectedView> _rejected;
    private readonly EventTopic<UsageRatedView> _rated;

    private Suspense(
        KafkaRoles kafka, EventTopic<UsageReceivedView> received, EventTopic<UsageRejectedView> rejected, EventTopic<UsageRatedView> rated)
    {
        _kafka = kafka;
        _received = received;
        _rejected = rejected;
        _rated = rated;
        _reader = new TopicReader(kafka.Clients, kafka.Consumer, TimeProvider.System);
    }

    /// <exception cref="SchemaRegistryException">A schema is not registered, or the registry does not answer.</exception>
    public static async Task<Suspense> OpenAsync(KafkaRoles kafka, ISchemaRegistry registry, CancellationToken cancellationToken) => new(
        kafka,
        await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, registry, cancellationToken),
        await EventTopic.OpenAsync<UsageRejectedView>(Topics.UsageRejected, registry, cancellationToken),
        await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, registry, cancellationToken));

    /// <summary>
    /// Whether usage of a record is charged only after somebody did something. An earlier release rejected usage in another currency, which
    /// waits as before; usage of an unknown schema that it rejected for good does not.
    /// </summary>
    /// <param name="outcome">Outcome of the record.</param>
    /// <param name="reason">Its reason.</param>
    public static bool Waits(RejectedOutcome outcome, RejectedReason reason) =>
        outcome == OutcomeOf(reason) || (outcome, reason) == (RejectedOutcome.Rejected, RejectedReason.Currency);

    /// <summary>The outcome of usage that waits for this reason; null when usage of the reason waits for nothing.</summary>
    public static RejectedOutcome? OutcomeOf(RejectedReason reason) => RejectedReasons.OutcomeOf(reason) switch
    {
        RatingOutcome.Suspended => RejectedOutcome.Suspended,
        RatingOutcome.Conflict => RejectedOutcome.Conflict,
        RatingOutcome.Rejected => RejectedOutcome.Rejected,
        _ => null,
    };

    /// <summary>What waits, and what was given up, of every run.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="ledgerConflicts">Rated usage that the ledger holds aside.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UnreadableRecordException">A record on the topic cannot be read: what it ends is not known.</exception>
    public SuspenseList List(
        SuspenseFilter filter, IReadOnlyList<LedgerConflict> ledgerConflicts, CancellationToken cancellationToken)
    {
        WaitingGroups groups = new();
        List<ConflictingUsage> conflicts = [];
        SuspenseDecisions known = Read(
            (batch, decisions) =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    UsageRejectedView usage = Read(in record);
                    if (!IsMeant(filter, decisions, in record, in usage))
                    {
                        continue;
                    }

                    bool isOfRated = decisions.IsDiscardOfRated(in record, in usage);
                    string decision = isOfRated ? Encoding.UTF8.GetString(usage.Detail) : decisions.DiscardOf(in record) ?? "";
                    (string source, string file) = OriginOf(in usage);
                    groups.Of(isOfRated ? RejectedOutcome.Conflict : usage.Outcome, usage.Reason, source, file, decision)
                        .Add(usage.EventTimeMilliseconds, record.TimestampMilliseconds);
                    if (usage.Outcome == RejectedOutcome.Conflict && decision.Length == 0 && conflicts.Count < ConflictsShown
                        && TryReadOriginal(in usage, out UsageReceivedView original))
                    {
                        conflicts.Add(new ConflictingUsage(usage.UsageId, UsageContent.Of(in original), First: null));
                    }
                }
            },
            cancellationToken);
        foreach (LedgerConflict conflict in ledgerConflicts.Where(one => filter.Means(one) && !known.IsDecided(one)))
        {
            groups.Of(RejectedOutcome.Conflict, RejectedReason.Conflict, conflict.Source, conflict.File, "")
                .Add(conflict.EventTime.ToUnixTimeMilliseconds(), waitsFromMilliseconds: 0);
            if (conflicts.Count < ConflictsShown)
            {
                conflicts.Add(new ConflictingUsage(
                    conflict.UsageId,
                    ContentAt(conflict.UsageId, conflict.Received, cancellationToken),
                    ContentAt(conflict.UsageId, conflict.BilledReceived, cancellationToken),
                    conflict.IsOfOtherAccount));
            }
        }

        return new SuspenseList(groups.Waiting, groups.Discarded, conflicts);
    }

    /// <summary>What one record of usage.received.v1 says; null when the topic no longer has it, or has other usage there.</summary>
    /// <param name="usageId">Id of the usage.</param>
    /// <param name="place">Partition and offset.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public UsageContent? ContentAt(UsageId usageId, (int Partition, long Offset) place, CancellationToken cancellationToken)
    {
        UsageContent? content = null;
        ReadAt(
            Topics.UsageReceived,
            place.Partition,
            place.Offset,
            (in ConsumedRecord record) => content =
                _received.TryRead(record.Value, out UsageReceivedView usage) && usage.UsageId == usageId ? UsageContent.Of(in usage) : null,
            cancellationToken);
        return content;
    }

    /// <summary>
    /// Has usage charged: it is sent to rating once more. Usage in conflict goes under an id of its own, because somebody decided that it
    /// is other usage; what is rated already is billed as it was rated.
    /// </summary>
    /// <param name="filter">Which.</param>
    /// <param name="ledgerConflicts">Rated usage that the ledger holds aside.</param>
    /// <param name="loggers">Log of the client.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UnreadableRecordException">A record on the topic cannot be read: what it ends is not known.</exception>
    /// <exception cref="ClientFailedException">Somebody else decides, or the brokers are away.</exception>
    public DecisionCount Recycle(
        SuspenseFilter filter, IReadOnlyList<LedgerConflict> ledgerConflicts, ILoggerFactory loggers,
        CancellationToken cancellationToken) =>
        DecideAll(
            filter, ledgerConflicts, new Verdict(RejectedOutcome.Recycled, "Sent to be charged."u8.ToArray()), loggers, cancellationToken);

    /// <summary>Gives usage up: it waits no more, and is charged to nobody.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="ledgerConflicts">Rated usage that the ledger holds aside.</param>
    /// <param name="decision">Who decided, and why: a sentence without personal data, kept with each event.</param>
    /// <param name="loggers">Log of the client.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UnreadableRecordException">A record on the topic cannot be read: what it ends is not known.</exception>
    /// <exception cref="ClientFailedException">Somebody else decides, or the brokers are away.</exception>
    public DecisionCount Discard(
        SuspenseFilter filter, IReadOnlyList<LedgerConflict> ledgerConflicts, string decision, ILoggerFactory loggers,
        CancellationToken cancellationToken) =>
        DecideAll(
            filter, ledgerConflicts, new Verdict(RejectedOutcome.Discarded, Encoding.UTF8.GetBytes(decision)), loggers, cancellationToken);

    /// <summary>Closes the client.</summary>
    public void Dispose() => _reader.Dispose();

    private static UsageId OwnIdOf(UsageId usageId, SubscriberRef subscriber, uint fingerprint)
    {
        UInt128 own = UsageFingerprint.OwnIdOf(UsageEvents.ToNumber(usageId), UsageEvents.ToNumber(subscriber), fingerprint);
        return UsageId.FromHalves((ulong)(own >> 64), (ulong)own);
    }

    private DecisionCount DecideAll(
        SuspenseFilter filter, IReadOnlyList<LedgerConflict> ledgerConflicts, Verdict verdict, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        using TransactionalSender sender = TransactionalSender.OnlyOne(
            _kafka.Clients, _kafka.Transactions, TransactionalId, TimeProvider.System, loggers.CreateLogger<TransactionalSender>());
        SuspenseFilter meant = filter with { IsForDecision = true };
        long decided = 0;
        while (true)
        {
            // Nothing of a predecessor can become visible after this, so what is read now is what waits.
            sender.Settle(cancellationToken);
            (DecisionCount count, bool isKnown) = DecideOnce(meant, ledgerConflicts, verdict, sender, cancellationToken);
            decided += count.Decided;
            if (isKnown)
            {
                return count with { Decided = decided };
            }
        }
    }

    private (DecisionCount Count, bool IsKnown) DecideOnce(
        SuspenseFilter filter, IReadOnlyList<LedgerConflict> ledgerConflicts, Verdict verdict, TransactionalSender sender,
        CancellationToken cancellationToken)
    {
        DecisionCount done = default;
        bool isKnown = true;
        List<int> meant = [];
        SuspenseDecisions known = Read(
            (batch, decisions) =>
            {
                meant.Clear();
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    UsageRejectedView usage = Read(in record);
                    if (IsMeant(filter, decisions, in record, in usage))
                    {
                        meant.Add(index);
                    }
                }

                if (meant.Count > 0)
                {
                    SendChunk(output => Send(batch, meant, verdict, output));
                }
            },
            cancellationToken);
        foreach (LedgerConflict[] chunk in ledgerConflicts.Where(one => filter.Means(one) && !known.IsDecided(one)).Chunk(ConflictsAtOnce))
        {
            List<RatedRecord> records = [.. chunk.Select(conflict => RatedAt(conflict, cancellationToken)).OfType<RatedRecord>()];
            done = done with { Unreadable = done.Unreadable + chunk.Length - records.Count };
            SendChunk(output => Send(records, verdict, output));
        }

        return (done, isKnown);

        void SendChunk(Func<TransactionalOutput, DecisionCount> send)
        {
            DecisionCount chunk = default;
            isKnown = isKnown && sender.TrySend(output => chunk = send(output), cancellationToken);
            if (isKnown)
            {
                done = new DecisionCount(done.Decided + chunk.Decided, done.Unreadable + chunk.Unreadable);
            }
        }
    }

    private DecisionCount Send(RecordBatch batch, List<int> meant, Verdict verdict, TransactionalOutput output)
    {
        long decided = 0;
        foreach (int index in meant)
        {
            ConsumedRecord record = batch[index];
            UsageRejectedView usage = Read(in record);
            if (LedgerConflict.IsDecision(in usage))
            {
                RatedRecord rated = new(
                    usage.ReceivedPartition, usage.ReceivedOffset, record.Key.ToArray(), usage.Original.ToArray());
                decided += Send([rated], verdict, output).Decided;
            }
            else if (verdict.Outcome == RejectedOutcome.Discarded || TrySendAgain(in record, in usage, output))
            {
                End(in record, in usage, verdict, output);
                decided++;
            }
        }

        return new DecisionCount(decided, meant.Count - decided);
    }

    private bool TrySendAgain(in ConsumedRecord record, scoped in UsageRejectedView usage, TransactionalOutput output)
    {
        if (!TryReadOriginal(in usage, out UsageReceivedView again))
        {
            return false;
        }

        UsageHistoryView history = again.History;
        history.SuspendedFor = Encoding.UTF8.GetBytes(SuspenseFilter.NameOf(usage.Reason));
        again.HasHistory = true;
        again.History = history;
        if (usage.Outcome == RejectedOutcome.Conflict)
        {
            uint fingerprint = UsageFingerprint.Of(in again, Plmn.FromUsage(again.ServingPlmn));
            again.UsageId = OwnIdOf(again.UsageId, again.SubscriberRef, fingerprint);
        }

        if (history.Account.IsEmpty)
        {
            output.Produce(Topics.UsageReceived, usage.ReceivedPartition, record.Key, _received.Write(in again));
        }
        else
        {
            // It waited where its account is. Its subscription may have changed since, so it is guided once more, where that is.
            history.Account = default;
            history.Offering = default;
            history.LimitsOctets = default;
            (history.ActiveDays, history.ActiveDaysBefore, history.ActiveDaysEarlier) = (Membership.NotCounted, Membership.NotCounted, 0);
            again.History = history;
            output.Produce(Topics.UsageReceived, partition: null, again.SubscriberRef.ToByteArray(), _received.Write(in again));
        }

        return true;
    }

    /// <summary>
    /// Produces the decisions on usage that is rated: its balance counts it already, so it is not rated again. The ledger, which holds it
    /// aside, follows them.
    /// </summary>
    private DecisionCount Send(IReadOnlyList<RatedRecord> records, Verdict verdict, TransactionalOutput output)
    {
        foreach (RatedRecord record in records)
        {
            _rated.TryRead(record.Value, out UsageRatedView usage);
            UsageRejectedView end = new()
            {
                UsageId = verdict.Outcome == RejectedOutcome.Discarded
                    ? usage.UsageId
                    : OwnIdOf(usage.UsageId, usage.SubscriberRef, (uint)usage.ContentFingerprint),
                SubscriberRef = usage.SubscriberRef,
                Outcome = verdict.Outcome,
                Reason = RejectedReason.Conflict,
                Detail = verdict.Detail,
                EventTimeMilliseconds = usage.EventTimeMilliseconds,
                ReceivedTopic = RatedTopic,
                ReceivedPartition = record.Partition,
                ReceivedOffset = record.Offset,
                Original = record.Value,
                OriginalHash = SHA256.HashData(record.Value),
            };
            output.Produce(Topics.UsageRejected, record.Partition, record.Key, _rejected.Write(in end));
        }

        return new DecisionCount(records.Count, 0);
    }

    private RatedRecord? RatedAt(LedgerConflict conflict, CancellationToken cancellationToken)
    {
        RatedRecord? rated = null;
        ReadAt(
            Topics.UsageRated,
            conflict.Partition,
            conflict.Offset,
            (in ConsumedRecord record) =>
            {
                if (_rated.TryRead(record.Value, out UsageRatedView usage) && usage.UsageId == conflict.UsageId)
                {
                    rated = new RatedRecord(record.Partition, record.Offset, record.Key.ToArray(), record.Value.ToArray());
                }
            },
            cancellationToken);
        return rated;
    }

    /// <summary>Reads one record of a partition; nothing is handed over when the topic no longer has it.</summary>
    private void ReadAt(string topic, int partition, long offset, RecordHandler handle, CancellationToken cancellationToken)
    {
        PartitionRange range = _reader.RangeOf(new TopicPartition(topic, partition));
        if (offset < range.From || offset >= range.To)
        {
            return;
        }

        _reader.Read(
            [range with { From = offset, To = offset + 1 }],
            batch =>
            {
                if (batch.Count > 0 && batch[0].Offset == offset)
                {
                    handle(batch[0]);
                }
            },
            cancellationToken);
    }

    /// <summary>Produces the record that ends the waiting of another.</summary>
    private void End(in ConsumedRecord record, scoped in UsageRejectedView usage, Verdict verdict, TransactionalOutput output)
    {
        UsageRejectedView end = new()
        {
            UsageId = usage.UsageId,
            SubscriberRef = usage.SubscriberRef,
            Outcome = verdict.Outcome,
            Reason = usage.Reason,
            Detail = verdict.Detail,
            EventTimeMilliseconds = usage.EventTimeMilliseconds,
            ReceivedTopic = RejectedTopic,
            ReceivedPartition = record.Partition,
            ReceivedOffset = record.Offset,
        };
        output.Produce(Topics.UsageRejected, record.Partition, record.Key, _rejected.Write(in end));
    }

    /// <summary>
    /// Reads the topic to its present end twice: first the decisions, then everything. The memory is that of the decisions.
    /// </summary>
    private SuspenseDecisions Read(Action<RecordBatch, SuspenseDecisions> handle, CancellationToken cancellationToken)
    {
        IReadOnlyList<PartitionRange> ranges = _reader.RangesOf(Topics.UsageRejected);
        SuspenseDecisions decisions = new();
        _reader.Read(
            ranges,
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    UsageRejectedView usage = Read(in record);
                    decisions.Add(record.Partition, record.Offset, in usage);
                }
            },
            cancellationToken);
        _reader.Read(ranges, batch => handle(batch, decisions), cancellationToken);
        return decisions;
    }

    private UsageRejectedView Read(in ConsumedRecord record) => _rejected.TryRead(record.Value, out UsageRejectedView rejected)
        ? rejected
        : throw new UnreadableRecordException(record.Topic, record.Partition, record.Offset);

    private bool IsMeant(
        SuspenseFilter filter, SuspenseDecisions decisions, in ConsumedRecord record, scoped in UsageRejectedView usage)
    {
        bool isDiscardOfRated = decisions.IsDiscardOfRated(in record, in usage);
        if ((!Waits(usage.Outcome, usage.Reason) && !isDiscardOfRated)
            || decisions.IsRecycled(in record)
            || !filter.MeansState(isDiscardOfRated || decisions.DiscardOf(in record) is not null)
            || !filter.Means(in usage))
        {
            return false;
        }

        if (!filter.AsksForOrigin)
        {
            return true;
        }

        (string source, string file) = OriginOf(in usage);
        return filter.MeansOrigin(source, file);
    }

    private (string Source, string File) OriginOf(scoped in UsageRejectedView usage)
    {
        if (LedgerConflict.IsDecision(in usage))
        {
            return _rated.TryRead(usage.Original, out UsageRatedView rated)
                ? (Encoding.UTF8.GetString(rated.Source), Encoding.UTF8.GetString(rated.FileName))
                : ("", "");
        }

        return TryReadOriginal(in usage, out UsageReceivedView original)
            ? (Encoding.UTF8.GetString(original.Source), Encoding.UTF8.GetString(original.FileName))
            : ("", "");
    }

    /// <summary>
    /// Reads the usage as it came; false when its schema is still not known, or when it was too long to be copied whole.
    /// </summary>
    private bool TryReadOriginal(scoped in UsageRejectedView usage, out UsageReceivedView original)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(usage.Original, hash);
        original = default;
        return hash.SequenceEqual(usage.OriginalHash) && _received.TryRead(usage.Original, out original);
    }

    private delegate void RecordHandler(in ConsumedRecord record);

    /// <summary>What is decided.</summary>
    private readonly record struct Verdict(RejectedOutcome Outcome, byte[] Detail);

    /// <summary>A record of usage.rated.v1.</summary>
    private sealed record RatedRecord(int Partition, long Offset, byte[] Key, byte[] Value);
}
