using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating;
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

    private static readonly byte[] RejectedTopic = Encoding.UTF8.GetBytes(Topics.UsageRejected);

    private readonly KafkaRoles _kafka;
    private readonly TopicReader _reader;
    private readonly EventTopic<UsageReceivedView> _received;
    private readonly EventTopic<UsageRejectedView> _rejected;

    private Suspense(KafkaRoles kafka, EventTopic<UsageReceivedView> received, EventTopic<UsageRejectedView> rejected)
    {
        _kafka = kafka;
        _received = received;
        _rejected = rejected;
        _reader = new TopicReader(kafka.Clients, kafka.Consumer, TimeProvider.System);
    }

    /// <summary>Produces what follows from the decision on one event; false when it cannot be read.</summary>
    private delegate bool Decide(in ConsumedRecord record, scoped in UsageRejectedView usage, TransactionalOutput output);

    /// <exception cref="SchemaRegistryException">A schema is not registered, or the registry does not answer.</exception>
    public static async Task<Suspense> OpenAsync(KafkaRoles kafka, ISchemaRegistry registry, CancellationToken cancellationToken) => new(
        kafka,
        await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, registry, cancellationToken),
        await EventTopic.OpenAsync<UsageRejectedView>(Topics.UsageRejected, registry, cancellationToken));

    /// <summary>The outcome of usage that waits for this reason; null when usage of the reason waits for nothing.</summary>
    public static RejectedOutcome? OutcomeOf(RejectedReason reason) => RejectedReasons.OutcomeOf(reason) switch
    {
        RatingOutcome.Suspended => RejectedOutcome.Suspended,
        RatingOutcome.Conflict => RejectedOutcome.Conflict,
        RatingOutcome.Rejected => RejectedOutcome.Rejected,
        _ => null,
    };

    /// <summary>What waits, and what was given up, of every run.</summary>
    /// <exception cref="UnreadableRecordException">A record on the topic cannot be read: what it ends is not known.</exception>
    public SuspenseList List(SuspenseFilter filter, CancellationToken cancellationToken)
    {
        Dictionary<(RejectedReason Reason, string Source, string File, string Decision), WaitingUsage> groups = [];
        List<ConflictingUsage> conflicts = [];
        Read(
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

                    string decision = decisions.DiscardOf(in record) ?? "";
                    (string source, string file) = OriginOf(in usage);
                    if (!groups.TryGetValue((usage.Reason, source, file, decision), out WaitingUsage? group))
                    {
                        group = new WaitingUsage(usage.Outcome, usage.Reason, source, file, decision);
                        groups.Add((usage.Reason, source, file, decision), group);
                    }

                    group.Add(usage.EventTimeMilliseconds, record.TimestampMilliseconds);
                    if (usage.Outcome == RejectedOutcome.Conflict && decision.Length == 0 && conflicts.Count < ConflictsShown
                        && TryReadOriginal(in usage, out UsageReceivedView original))
                    {
                        conflicts.Add(new ConflictingUsage(usage.UsageId, UsageContent.Of(in original), First: null));
                    }
                }
            },
            cancellationToken);
        return new SuspenseList(
            Sorted(groups.Values.Where(group => group.Decision.Length == 0)),
            Sorted(groups.Values.Where(group => group.Decision.Length > 0)),
            conflicts);
    }

    /// <summary>What one record of usage.received.v1 says; null when the topic no longer has it, or has other usage there.</summary>
    /// <param name="usageId">Id of the usage.</param>
    /// <param name="partition">Partition.</param>
    /// <param name="offset">Offset.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public UsageContent? ContentAt(UsageId usageId, int partition, long offset, CancellationToken cancellationToken)
    {
        UsageContent? content = null;
        PartitionRange? range = _reader.RangesOf(Topics.UsageReceived).FirstOrDefault(range => range.Partition.Partition == partition);
        if (range is null || offset < range.From || offset >= range.To)
        {
            return null;
        }

        _reader.Read(
            [range with { From = offset, To = offset + 1 }],
            batch =>
            {
                if (batch.Count > 0 && batch[0].Offset == offset
                    && _received.TryRead(batch[0].Value, out UsageReceivedView usage)
                    && usage.UsageId == usageId)
                {
                    content = UsageContent.Of(in usage);
                }
            },
            cancellationToken);
        return content;
    }

    /// <summary>
    /// Sends usage to rating once more. Usage in conflict goes under an id of its own, because somebody decided that it is other usage.
    /// </summary>
    /// <exception cref="UnreadableRecordException">A record on the topic cannot be read: what it ends is not known.</exception>
    /// <exception cref="ClientFailedException">Somebody else decides, or the brokers are away.</exception>
    public DecisionCount Recycle(SuspenseFilter filter, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        byte[] detail = "Sent to usage.received.v1 once more, to be rated."u8.ToArray();
        return DecideAll(
            filter,
            (in ConsumedRecord record, scoped in UsageRejectedView usage, TransactionalOutput output) =>
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
                    again.UsageId = OwnIdOf(in again);
                }

                output.Produce(Topics.UsageReceived, usage.ReceivedPartition, record.Key, _received.Write(in again));
                End(in record, in usage, RejectedOutcome.Recycled, detail, output);
                return true;
            },
            loggers,
            cancellationToken);
    }

    /// <summary>Gives usage up: it waits no more, and is charged to nobody.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="decision">Who decided, and why: a sentence without personal data, kept with each event.</param>
    /// <param name="loggers">Log of the client.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UnreadableRecordException">A record on the topic cannot be read: what it ends is not known.</exception>
    /// <exception cref="ClientFailedException">Somebody else decides, or the brokers are away.</exception>
    public DecisionCount Discard(SuspenseFilter filter, string decision, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        byte[] detail = Encoding.UTF8.GetBytes(decision);
        return DecideAll(
            filter,
            (in ConsumedRecord record, scoped in UsageRejectedView usage, TransactionalOutput output) =>
            {
                End(in record, in usage, RejectedOutcome.Discarded, detail, output);
                return true;
            },
            loggers,
            cancellationToken);
    }

    /// <summary>Closes the client.</summary>
    public void Dispose() => _reader.Dispose();

    /// <summary>
    /// Whether usage of this record is charged only after somebody did something. Usage of an unknown schema that an earlier release
    /// rejected for good is no such usage.
    /// </summary>
    private static bool Waits(scoped in UsageRejectedView usage) => usage.Outcome == OutcomeOf(usage.Reason);

    private static UsageId OwnIdOf(scoped in UsageReceivedView usage)
    {
        uint fingerprint = UsageFingerprint.Of(in usage, Plmn.FromUsage(usage.ServingPlmn));
        UInt128 own = UsageFingerprint.OwnIdOf(UsageEvents.ToNumber(usage.UsageId), fingerprint);
        return UsageId.FromHalves((ulong)(own >> 64), (ulong)own);
    }

    private static WaitingUsage[] Sorted(IEnumerable<WaitingUsage> groups) =>
    [
        .. groups.OrderBy(group => group.Outcome).ThenBy(group => group.Reason)
            .ThenBy(group => group.Source, StringComparer.Ordinal).ThenBy(group => group.File, StringComparer.Ordinal),
    ];

    private DecisionCount DecideAll(SuspenseFilter filter, Decide decide, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        using TransactionalSender sender = TransactionalSender.OnlyOne(
            _kafka.Clients, _kafka.Transactions, TransactionalId, TimeProvider.System, loggers.CreateLogger<TransactionalSender>());
        long decided = 0;
        while (true)
        {
            // Nothing of a predecessor can become visible after this, so what is read now is what waits.
            sender.Settle(cancellationToken);
            (DecisionCount count, bool isKnown) = DecideOnce(filter with { IsForDecision = true }, decide, sender, cancellationToken);
            decided += count.Decided;
            if (isKnown)
            {
                return count with { Decided = decided };
            }
        }
    }

    private (DecisionCount Count, bool IsKnown) DecideOnce(
        SuspenseFilter filter, Decide decide, TransactionalSender sender, CancellationToken cancellationToken)
    {
        DecisionCount done = default;
        bool isKnown = true;
        List<int> meant = [];
        Read(
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

                if (meant.Count == 0)
                {
                    return;
                }

                DecisionCount chunk = default;
                isKnown = isKnown && sender.TrySend(output => chunk = Send(batch, meant, decide, output), cancellationToken);
                if (isKnown)
                {
                    done = new DecisionCount(done.Decided + chunk.Decided, done.Unreadable + chunk.Unreadable);
                }
            },
            cancellationToken);
        return (done, isKnown);
    }

    private DecisionCount Send(RecordBatch batch, List<int> meant, Decide decide, TransactionalOutput output)
    {
        long decided = 0;
        foreach (int index in meant)
        {
            ConsumedRecord record = batch[index];
            UsageRejectedView usage = Read(in record);
            decided += decide(in record, in usage, output) ? 1 : 0;
        }

        return new DecisionCount(decided, meant.Count - decided);
    }

    /// <summary>Produces the record that ends the waiting of another.</summary>
    private void End(
        in ConsumedRecord record, scoped in UsageRejectedView usage, RejectedOutcome outcome, ReadOnlySpan<byte> detail,
        TransactionalOutput output)
    {
        UsageRejectedView end = new()
        {
            UsageId = usage.UsageId,
            SubscriberRef = usage.SubscriberRef,
            Outcome = outcome,
            Reason = usage.Reason,
            Detail = detail,
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
    private void Read(Action<RecordBatch, SuspenseDecisions> handle, CancellationToken cancellationToken)
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
                    decisions.Add(record.Partition, in usage);
                }
            },
            cancellationToken);
        _reader.Read(ranges, batch => handle(batch, decisions), cancellationToken);
    }

    private UsageRejectedView Read(in ConsumedRecord record) => _rejected.TryRead(record.Value, out UsageRejectedView rejected)
        ? rejected
        : throw new UnreadableRecordException(record.Topic, record.Partition, record.Offset);

    private bool IsMeant(
        SuspenseFilter filter, SuspenseDecisions decisions, in ConsumedRecord record, scoped in UsageRejectedView usage)
    {
        if (!Waits(in usage)
            || decisions.IsRecycled(in record)
            || !filter.MeansState(decisions.DiscardOf(in record) is not null)
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

    private (string Source, string File) OriginOf(scoped in UsageRejectedView usage) =>
        TryReadOriginal(in usage, out UsageReceivedView original)
            ? (Encoding.UTF8.GetString(original.Source), Encoding.UTF8.GetString(original.FileName))
            : ("", "");

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
}
