using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Rating.Worker;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Rates the usage that the topics keep again, by the catalogue and subscriptions as they are published, and sends what differs to the
/// lanes, a subscriber whole in one transaction. A lane takes a correction once and only for the state it was planned for, so whoever kills
/// this process, or starts it twice, comes to the same end.
/// </summary>
internal sealed class UsageRerating : IDisposable
{
    /// <summary>Transactional id of everybody who rates again, so that the next one fences the one before.</summary>
    private const string TransactionalId = "rerate";

    // Corrections of one transaction, beside the rest of its last subscriber.
    private const int StepsAtOnce = 1000;

    private readonly KafkaRoles _kafka;
    private readonly TopicReader _reader;
    private readonly RatingOptions _rating;
    private readonly EventTopic<UsageReceivedView> _received;
    private readonly EventTopic<UsageRatedView> _rated;
    private readonly EventTopic<OfferingVersion> _tariffs;
    private readonly EventTopic<Subscription> _subscriptions;

    private UsageRerating(
        KafkaRoles kafka, RatingOptions rating, EventTopic<UsageReceivedView> received, EventTopic<UsageRatedView> rated,
        EventTopic<OfferingVersion> tariffs, EventTopic<Subscription> subscriptions)
    {
        (_kafka, _rating, _received, _rated, _tariffs, _subscriptions) = (kafka, rating, received, rated, tariffs, subscriptions);
        _reader = new TopicReader(kafka.Clients, kafka.Consumer, TimeProvider.System);
    }

    /// <exception cref="SchemaRegistryException">A schema is not registered, or the registry does not answer.</exception>
    public static async Task<UsageRerating> OpenAsync(
        KafkaRoles kafka, RatingOptions rating, ISchemaRegistry registry, CancellationToken cancellationToken) => new(
            kafka,
            rating,
            await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, registry, cancellationToken),
            await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, registry, cancellationToken),
            await EventTopic.OpenAsync<OfferingVersion>(Topics.CatalogueTariffs, registry, cancellationToken),
            await EventTopic.OpenAsync<Subscription>(Topics.CustomerSubscriptions, registry, cancellationToken));

    /// <summary>Says what would change.</summary>
    /// <param name="request">Which usage.</param>
    /// <param name="catalogue">Versions to rate with beside those that are published.</param>
    /// <param name="keys">Keys that make the references of numbers.</param>
    /// <param name="ledger">Must have what is taken back.</param>
    /// <param name="stopping">Stops it.</param>
    /// <exception cref="UnreadableRecordException">A record cannot be read, so what is charged is not known.</exception>
    public RerateReport Plan(
        RerateRequest request, IReadOnlyList<OfferingVersion> catalogue, IKeyStore keys, BillingLedger ledger,
        CancellationToken stopping) =>
        Rerate(request, catalogue, keys, ledger, send: null, stopping);

    /// <summary>Sends what changes to the lanes.</summary>
    /// <param name="request">Which usage.</param>
    /// <param name="keys">Keys that make the references of numbers.</param>
    /// <param name="ledger">Must have what is taken back.</param>
    /// <param name="loggers">Log of the client.</param>
    /// <param name="stopping">Stops it.</param>
    /// <exception cref="UnreadableRecordException">A record cannot be read, so what is charged is not known.</exception>
    /// <exception cref="ClientFailedException">Somebody else rates again, or the brokers are away.</exception>
    public RerateReport Send(
        RerateRequest request, IKeyStore keys, BillingLedger ledger, ILoggerFactory loggers, CancellationToken stopping)
    {
        using TransactionalSender sender = TransactionalSender.OnlyOne(
            _kafka.Clients, _kafka.Transactions, TransactionalId, TimeProvider.System, loggers.CreateLogger<TransactionalSender>());
        sender.Settle(stopping);
        return Rerate(
            request, [], keys, ledger,
            (steps, partition) => sender.Send(output => steps.ForEach(step => Produce(step, partition, output)), stopping),
            stopping);
    }

    /// <summary>Closes the client.</summary>
    public void Dispose() => _reader.Dispose();

    private RerateReport Rerate(
        RerateRequest request, IReadOnlyList<OfferingVersion> catalogue, IKeyStore keys, BillingLedger ledger,
        Action<List<CorrectionStep>, int>? send, CancellationToken stopping)
    {
        CompiledCatalogue tariffs = new(takesAllTerms: false);
        foreach (OfferingVersion version in catalogue)
        {
            tariffs.Put(version);
        }

        PublishedCatalogue.ReadInto(tariffs, _reader, _tariffs, stopping);
        AccountMembers? members = tariffs.Offerings.DependingOnMembers > 0 ? MembersOfAll(tariffs.Offerings, stopping) : null;
        HashSet<SubscriberRef>? meant = MeantBy(request, keys);
        RerateSelection selection = new(
            request.From.ToUnixTimeMilliseconds(), request.To.ToUnixTimeMilliseconds(), request.Offering);
        RerateReport report = new();
        foreach (PartitionRange rated in _reader.RangesOf(Topics.UsageRated).OrderBy(range => range.Partition.Partition.Value))
        {
            int partition = rated.Partition.Partition.Value;
            HashSet<SubscriberRef> subscribers = SubscribersIn(rated, selection, meant, stopping);
            if (subscribers.Count == 0)
            {
                continue;
            }

            Dictionary<SubscriberRef, IReadOnlyList<SubscriptionPeriod>> periods = PeriodsOf(partition, subscribers, stopping);
            (IReadOnlyList<SubscriberHistory> histories, long from) = HistoriesOf(rated, subscribers, stopping);
            CorrectionPlanner planner = new(
                tariffs.Tariffs, tariffs.Offerings, new RerateWindow(_rating.DedupDays, _rating.LateDays, _rating.SessionDays), selection,
                from, request.Decision, members);
            List<CorrectionStep> open = [];
            foreach (SubscriberHistory history in histories)
            {
                stopping.ThrowIfCancellationRequested();
                report.Subscribers++;
                CorrectionPlan plan = planner.Plan(history, periods.GetValueOrDefault(history.Subscriber) ?? []);
                plan = IsBilled(plan, ledger) ? plan : plan with { Refusal = RerateRefusal.NotBilledOnce, Steps = [] };
                report.Add(plan);
                open.AddRange(send is null ? [] : plan.Steps);
                if (open.Count >= StepsAtOnce)
                {
                    send!(open, partition);
                    open.Clear();
                }
            }

            if (open.Count > 0)
            {
                send!(open, partition);
            }
        }

        return report;
    }

    private static HashSet<SubscriberRef>? MeantBy(RerateRequest request, IKeyStore keys)
    {
        if (request.SubscriberRef is null && request.Numbers is null)
        {
            return null;
        }

        HashSet<SubscriberRef> meant = [.. request.Numbers?.ToReferences(keys) ?? []];
        if (request.SubscriberRef is { } subscriber)
        {
            meant.Add(subscriber);
        }

        return meant;
    }

    /// <summary>Whether the ledger has each line that is taken back: what is billed to nobody must not be paid back.</summary>
    private static bool IsBilled(CorrectionPlan plan, BillingLedger ledger) =>
        plan.Steps.All(step => !step.Before.IsRated || ledger.FindLine(step.FormerId)?.Received is not null);

    private HashSet<SubscriberRef> SubscribersIn(
        PartitionRange range, RerateSelection selection, HashSet<SubscriberRef>? meant, CancellationToken stopping)
    {
        HashSet<SubscriberRef> subscribers = [];
        ReadRated(
            range,
            (scoped in UsageRatedView rated) =>
            {
                if (rated.EventTimeMilliseconds >= selection.FromMilliseconds && rated.EventTimeMilliseconds < selection.ToMilliseconds
                    && meant?.Contains(rated.SubscriberRef) is not false)
                {
                    subscribers.Add(rated.SubscriberRef);
                }
            },
            stopping);
        return subscribers;
    }

    private Dictionary<SubscriberRef, IReadOnlyList<SubscriptionPeriod>> PeriodsOf(
        int partition, HashSet<SubscriberRef> subscribers, CancellationToken stopping)
    {
        Dictionary<SubscriberRef, IReadOnlyList<SubscriptionPeriod>> periods = [];
        _reader.Read(
            [_reader.RangeOf(new TopicPartition(Topics.CustomerSubscriptions, partition))],
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    if (record.Key.Length != SubscriberRef.Size || !subscribers.Contains(SubscriberRef.FromBytes(record.Key)))
                    {
                        continue;
                    }

                    periods[SubscriberRef.FromBytes(record.Key)] =
                        !record.IsTombstone && _subscriptions.TryRead(record.Value, out Subscription? subscription)
                            ? subscription.Periods
                            : [];
                }
            },
            stopping);
        return periods;
    }

    /// <summary>The members of all accounts, because those who are called are on any partition.</summary>
    private AccountMembers MembersOfAll(OfferingIndex offerings, CancellationToken stopping)
    {
        AccountMembers members = new();
        _reader.Read(
            _reader.RangesOf(Topics.CustomerSubscriptions),
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    if (record.Key.Length != SubscriberRef.Size)
                    {
                        continue;
                    }

                    members.Set(
                        UsageEvents.ToNumber(SubscriberRef.FromBytes(record.Key)),
                        !record.IsTombstone && _subscriptions.TryRead(record.Value, out Subscription? subscription)
                            ? subscription.Periods
                            : [],
                        offerings);
                }
            },
            stopping);
        return members;
    }

    /// <summary>What the topics have of subscribers on a partition, and since when they have all of it.</summary>
    private (IReadOnlyList<SubscriberHistory> Histories, long FromMilliseconds) HistoriesOf(
        PartitionRange range, HashSet<SubscriberRef> subscribers, CancellationToken stopping)
    {
        Dictionary<SubscriberRef, SubscriberHistory> histories = [];
        Dictionary<long, (SubscriberHistory History, UsageId UsageId)> places = [];
        long from = ReadRated(
            range,
            (scoped in UsageRatedView rated) =>
            {
                if (!subscribers.Contains(rated.SubscriberRef))
                {
                    return;
                }

                if (!histories.TryGetValue(rated.SubscriberRef, out SubscriberHistory? history))
                {
                    history = new SubscriberHistory(rated.SubscriberRef);
                    histories.Add(rated.SubscriberRef, history);
                }

                history.AddRated(in rated, BodyOf(_rated, in rated));
                if (!rated.HasCorrection)
                {
                    places[rated.ReceivedOffset] = (history, rated.UsageId);
                }
            },
            stopping);
        PartitionRange received = _reader.RangeOf(new TopicPartition(Topics.UsageReceived, range.Partition.Partition.Value));
        _reader.Read(
            [received],
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    if (places.TryGetValue(record.Offset, out (SubscriberHistory History, UsageId UsageId) place)
                        && _received.TryRead(record.Value, out UsageReceivedView usage))
                    {
                        place.History.AddReceived(place.UsageId, BodyOf(_received, in usage), record.TimestampMilliseconds);
                    }
                }
            },
            stopping);
        return ([.. histories.Values], received.From == 0 && range.From == 0 ? long.MinValue : from);
    }

    /// <summary>Reads rated usage; says when the first record was written.</summary>
    private long ReadRated(PartitionRange range, RatedHandler handle, CancellationToken stopping)
    {
        long first = long.MaxValue;
        _reader.Read(
            [range],
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    first = Math.Min(first, record.TimestampMilliseconds);
                    if (!_rated.TryRead(record.Value, out UsageRatedView rated))
                    {
                        throw new UnreadableRecordException(record.Topic, record.Partition, record.Offset);
                    }

                    handle(in rated);
                }
            },
            stopping);
        return first;
    }

    private void Produce(CorrectionStep step, int partition, TransactionalOutput output)
    {
        UsageReceivedView.TryRead(step.Received, out UsageReceivedView usage);
        byte[] reversal = [];
        if (step.Reversal is not null)
        {
            UsageRatedView.TryRead(step.Reversal, out UsageRatedView takenBack);
            reversal = _rated.Write(in takenBack).ToArray();
        }

        UsageRatedView.TryRead(step.Charge, out UsageRatedView charged);
        byte[] charge = _rated.Write(in charged).ToArray();
        UsageHistoryView history = usage.History;
        history.CorrectionReversal = reversal;
        history.CorrectionCharge = charge;
        history.CorrectionExpects = step.Expects;
        usage.HasHistory = true;
        usage.History = history;

        // Whose usage it was is on the record that came first.
        usage.PersonalData = default;
        output.Produce(Topics.UsageReceived, partition, usage.SubscriberRef.ToByteArray(), _received.Write(in usage));
    }

    private static byte[] BodyOf<T>(EventTopic<T> topic, scoped in T record)
        where T : Avro.IAvroRecord<T>, allows ref struct => topic.Write(in record)[WireFormat.HeaderSize..].ToArray();

    private delegate void RatedHandler(scoped in UsageRatedView rated);
}
