using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>What must come of usage: the same rating core, fed once with every record in the order of its partition, undisturbed.</summary>
internal sealed class Recomputation
{
    /// <summary>
    /// Stands instead of a number of octets: the schema can be read as ours, but the values that name it here do not fit it.
    /// </summary>
    public const int NeverFits = -1;

    public Dictionary<Place, RatedLine> Rated { get; } = [];

    /// <summary>
    /// What must be rejected; the outcome is Rejected where the value cannot be read, and Suspended where its schema is not known.
    /// </summary>
    public Dictionary<Place, RejectedOutcome> Rejected { get; } = [];

    public List<NotificationLine> Notifications { get; } = [];

    /// <param name="received">Usage, each partition in its order.</param>
    /// <param name="subscribers">Subscribers that exist.</param>
    /// <param name="readable">Schema ids whose bodies are ours but for so many octets at the end. Every other id is of a schema that the
    /// registry does not have or that ours cannot read.</param>
    public static Recomputation Of(IEnumerable<ReceivedRecord> received, int subscribers, IReadOnlyDictionary<int, int> readable)
    {
        Recomputation result = new();
        foreach (IGrouping<int, ReceivedRecord> partition in received.GroupBy(record => record.Place.Partition))
        {
            SubscriberRater rater = new(
                Enumerable.Range(0, subscribers).Where(number => number % RatingPlatform.Partitions == partition.Key));
            foreach (ReceivedRecord record in partition)
            {
                result.Add(record, rater, readable);
            }
        }

        return result;
    }

    private void Add(ReceivedRecord record, SubscriberRater rater, IReadOnlyDictionary<int, int> readable)
    {
        if (WireFormat.TryReadHeader(record.Value, out int id) && !readable.ContainsKey(id))
        {
            Rejected[record.Place] = RejectedOutcome.Suspended;
            return;
        }

        if (!readable.TryGetValue(id, out int appended)
            || appended == NeverFits
            || record.Value.Length < WireFormat.HeaderSize + appended
            || !UsageReceivedView.TryRead(record.Value.AsSpan(WireFormat.HeaderSize..^appended), out UsageReceivedView usage))
        {
            Rejected[record.Place] = RejectedOutcome.Rejected;
            return;
        }

        RatingResult rated = rater.Rate(in usage, record.TimestampMilliseconds);
        if (rated.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
        {
            Rated[record.Place] = SubscriberRater.Line(record.Place, in usage, in rated);
            Notifications.AddRange(rater.NotificationsOf(in usage, in rated));
        }
        else
        {
            Rejected[record.Place] = rated.Outcome switch
            {
                RatingOutcome.Duplicate => RejectedOutcome.Duplicate,
                RatingOutcome.Late => RejectedOutcome.Late,
                RatingOutcome.Suspended => RejectedOutcome.Suspended,
                _ => RejectedOutcome.Rejected,
            };
        }
    }
}

/// <summary>The rating core with the fault tests' tariff and some of its subscribers: one partition's worth, no Kafka.</summary>
internal sealed class SubscriberRater
{
    // These are the worker's defaults.
    private const int DedupDays = 45;
    private const int LateDays = 45;

    private readonly RatingSession _session = new(DedupDays, LateDays);
    private readonly TariffSnapshot _tariffs;

    public SubscriberRater(IEnumerable<int> subscribers)
    {
        CompiledCatalogue catalogue = new(takesAllTerms: false);
        catalogue.Put(FaultTariff.Version);
        catalogue.Compile();
        _tariffs = catalogue.Tariffs;
        foreach (int number in subscribers)
        {
            Subscription subscription = FaultSubscriber.Subscription(number);
            SubscriberRef reference = subscription.SubscriberRef;
            UInt128 key = new(reference.High, reference.Low);
            _session.SetSubscription(key, subscription.Periods, catalogue.Offerings);
        }
    }

    public RatingResult Rate(in UsageReceivedView usage, long receivedMilliseconds) =>
        Rate(UsageEvents.ToRecord(in usage, receivedMilliseconds, _tariffs.UsesDetails));

    public RatingResult Rate(in UsageRecord usage)
    {
        _session.Rate(in usage, _tariffs, out RatingResult rated);
        return rated;
    }

    public static RatedLine Line(Place place, in UsageReceivedView usage, in RatingResult rated) => new(
        place,
        usage.UsageId,
        usage.SubscriberRef,
        rated.Outcome == RatingOutcome.Rated ? RatedOutcome.Rated : RatedOutcome.ZeroRated,
        rated.ChargedUnits,
        rated.BundleUnits,
        Nanos.ToDecimal(rated.AmountNanos),
        new BalanceAfter(
            Day(rated.PeriodStartDays),
            rated.Balance.BundleOctetsUsed,
            rated.Balance.BundleSecondsUsed,
            rated.Balance.BundleMessagesUsed,
            Nanos.ToDecimal(rated.Balance.SpendNanos),
            Nanos.ToDecimal(rated.Balance.RoamingDataSpendNanos)));

    public List<NotificationLine> NotificationsOf(in UsageReceivedView usage, in RatingResult rated)
    {
        List<NotificationLine> notifications = [];
        foreach (NotificationKind kind in Enum.GetValues<NotificationKind>())
        {
            if (kind != NotificationKind.Other && ((int)rated.Crossed & (1 << (int)kind)) != 0)
            {
                NotificationId id = NotificationIdentity.OfThreshold(usage.SubscriberRef, kind, rated.PeriodStartDays);
                notifications.Add(
                    new NotificationLine(id, usage.SubscriberRef, kind, Day(rated.PeriodStartDays), "", LimitAction.Message, 0));
            }
        }

        foreach (SentNotice sent in _session.Notices(in rated))
        {
            SpendNotice notice = sent.Notice;
            notifications.Add(new NotificationLine(
                NotificationIdentity.OfStep(
                    usage.SubscriberRef, _session.Account(in rated), notice.Number, rated.PeriodStartDays),
                usage.SubscriberRef, notice.Kind, Day(rated.PeriodStartDays), $"{notice.Limit.Id} {notice.Step.Permille}",
                notice.Step.Action, Nanos.ToDecimal(sent.SpendNanos)));
        }

        return notifications;
    }

    private static DateOnly Day(int days) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(days);
}
