using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Tool;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// (b) How many events does one core rate, from the octets of the received event to those of the rated one, without Kafka; and how much
/// slower is it when the state of many subscribers no longer fits into the processor's caches? Measured in processor time, so that other
/// processes do not count. Memory for the ids of a round is reserved before the round, because the question is what an event costs, and not
/// what new memory costs.
/// </summary>
internal sealed class RatingCoreSpeed
{
    private const int TransactionsPerRound = 100;
    private const int EventsPerTransaction = 40 * UsageLoad.Templates;

    // Each round has a day of its own, and the ids of earlier days are forgotten, so that all rounds are alike.
    private const int DaysKept = 1;

    private const int MostStoredAtOnce = 1024;

    private static readonly int[] Sizes = [10_000, 1_000_000, 10_000_000];
    private static readonly string[] Units = ["events/s", "B/event", "B/subscriber"];
    private static readonly DateTimeOffset FirstDay = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private readonly int _subscribers;
    private readonly bool _isMixed;
    private readonly RatingSession _session = new(DaysKept, DaysKept);
    private readonly TariffSnapshot _tariffs;
    private readonly byte[][] _slice = new byte[RatingSession.PrepareLength][];
    private readonly EventTopic<UsageReceived> _usage;
    private readonly EventTopic<UsageReceivedView> _received;
    private readonly EventTopic<UsageRatedView> _rated;
    private int _round;

    private RatingCoreSpeed(
        int subscribers, bool isMixed, EventTopic<UsageReceived> usage, EventTopic<UsageReceivedView> received,
        EventTopic<UsageRatedView> rated)
    {
        (_subscribers, _isMixed) = (subscribers, isMixed);
        (_usage, _received, _rated) = (usage, received, rated);
        CompiledCatalogue catalogue = new(takesAllTerms: isMixed);
        foreach (OfferingVersion version in CatalogueFolder.Load(isMixed ? SampleFiles.Offerings : SampleFiles.Catalogue))
        {
            catalogue.Put(version);
        }

        catalogue.Compile();
        _tariffs = catalogue.Tariffs;
        Subscribe(catalogue.Offerings);
    }

    public static async Task<Findings> RunAsync(
        int rounds, int mostSubscribers, CancellationToken stopping)
    {
        int[] sizes = [.. Sizes.Where(size => size <= mostSubscribers)];
        IReadOnlyList<Series[]> results = await Rounds.RunAsync("b", rounds, [.. sizes.Select(Plain), PriceLists(sizes[0])], stopping);
        (Series[] smallest, Series[] largest, Series[] mixed) = (results[0], results[^2], results[^1]);
        return new Findings(
            [.. results.SelectMany(series => series)],
            [
                Ratio.Against("b", $"events/s at {sizes[0]:N0} subscribers / 3,000,000", smallest[0], 3_000_000, 1),
                Ratio.Between(
                    "b", $"events/s at {sizes[0]:N0} / at {sizes[^1]:N0} subscribers", smallest[0], largest[0], 1.3, atMost: true),
                Ratio.Against("b", "octets allocated per event", largest[1], 1, 0, atMost: true),
                Ratio.Against("b", $"octets per subscriber at {sizes[^1]:N0}", largest[2], 1, 200, atMost: true),
                Ratio.Between("b", "events/s, mixed usage by price lists / plain", mixed[0], smallest[0], 0.6),
                Ratio.Against("b", "octets allocated per event, by price lists", mixed[1], 1, 0, atMost: true),
            ]);
    }

    private static Contender Plain(int subscribers) => Contender($"{subscribers:N0} subscribers", subscribers, isMixed: false);

    private static Contender PriceLists(int subscribers) =>
        Contender($"{subscribers:N0} subscribers, mixed usage by price lists", subscribers, isMixed: true);

    private static Contender Contender(string name, int subscribers, bool isMixed)
    {
        Lazy<Task<RatingCoreSpeed>> bench = new(() => OpenAsync(subscribers, isMixed));
        return new Contender(name, Units, async _ => (await bench.Value).Measure());
    }

    private static async Task<RatingCoreSpeed> OpenAsync(int subscribers, bool isMixed)
    {
        OwnSchemas registry = new();
        return new RatingCoreSpeed(
            subscribers,
            isMixed,
            await EventTopic.OpenAsync<UsageReceived>(Topics.UsageReceived, registry, CancellationToken.None),
            await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, registry, CancellationToken.None),
            await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, registry, CancellationToken.None));
    }

    private void Subscribe(OfferingIndex offerings)
    {
        int monthStart = DateOnly.FromDateTime(FirstDay.Date).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber
            - (FirstDay.Day - 1);
        for (int number = 0; number < _subscribers; number++)
        {
            SubscriberRef reference = UsageLoad.Subscriber(number);
            UInt128 subscriber = new(reference.High, reference.Low);
            _session.SetSubscription(
                subscriber,
                [new SubscriptionPeriod { Account = UsageLoad.Account(number), Offering = OfferingOf(number) }],
                offerings);
            _session.RestoreBalance(new BalanceEntry(subscriber, monthStart, default));
        }
    }

    private string OfferingOf(int number) => _isMixed ? MixedUsage.OfferingOf(number) : UsageLoad.Offering;

    private double[] Measure()
    {
        DateTimeOffset eventTime = FirstDay.AddDays(_round * (DaysKept + 1));
        IUsageLoad usage = _isMixed
            ? new MixedUsage(_usage, stream: _round++, _subscribers, eventTime, (TransactionsPerRound + 1) * EventsPerTransaction)
            : new UsageLoad(_usage, stream: _round++, _subscribers, eventTime);
        StoreCheckpoint();
        _session.Reserve((int)(eventTime.ToUnixTimeMilliseconds() / 86_400_000), (TransactionsPerRound + 1) * EventsPerTransaction);

        // The first transaction of a day makes the day's lists, which is not part of the cost of an event.
        RateTransaction(usage, first: 0);
        ForgetExpired();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan started = Environment.CpuUsage.TotalTime;
        for (int transaction = 1; transaction <= TransactionsPerRound; transaction++)
        {
            RateTransaction(usage, (long)transaction * EventsPerTransaction);
        }

        TimeSpan elapsed = Environment.CpuUsage.TotalTime - started;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        const double Events = TransactionsPerRound * EventsPerTransaction;
        return [Events / elapsed.TotalSeconds, allocated / Events, (double)_session.SubscriberOctets / _subscribers];
    }

    private void RateTransaction(IUsageLoad usage, long first)
    {
        for (long number = first; number < first + EventsPerTransaction; number += RatingSession.PrepareLength)
        {
            RateSlice(usage, number);
        }

        _session.Commit();
    }

    /// <summary>The step of RatingBatchHandler that stores a checkpoint, so that what waits for one does not grow in every round.</summary>
    private void StoreCheckpoint()
    {
        BalanceEntry[] balances = new BalanceEntry[MostStoredAtOnce];
        MeterEntry[] meters = new MeterEntry[MostStoredAtOnce];
        _session.BeginCheckpoint();
        do
        {
            _session.TakeBalances(balances);
            _session.TakeMeters(meters);
            _session.TakeIds(out _, out _);
            _session.Commit();
        }
        while (_session.IsCheckpointing);
    }

    /// <summary>The step of RatingBatchHandler that deletes state which is too old, so that the rounds before leave nothing.</summary>
    private void ForgetExpired()
    {
        Span<ExpiredKey> keys = stackalloc ExpiredKey[512];
        while (_session.HasExpired && _session.TakeExpired(keys) > 0)
        {
            _session.Commit();
        }
    }

    /// <summary>The steps of RatingBatchHandler over a slice: have the memory of all its events loaded, then take them in turn.</summary>
    private void RateSlice(IUsageLoad usage, long first)
    {
        Span<UsageKey> keys = stackalloc UsageKey[RatingSession.PrepareLength];
        for (int i = 0; i < keys.Length; i++)
        {
            _slice[i] = usage.Value(first + i);
            keys[i] = UsageEvents.PeekKey(_slice[i].AsSpan(WireFormat.HeaderSize));
        }

        _session.Prepare(keys);
        for (int i = 0; i < keys.Length; i++)
        {
            Rate(_slice[i], first + i);
        }
    }

    /// <summary>The steps of RatingBatchHandler for an event: decode, guide, rate, charge, encode.</summary>
    private void Rate(ReadOnlySpan<byte> value, long offset)
    {
        if (!_received.TryRead(value, out UsageReceivedView received))
        {
            throw new InvalidDataException("not a usage record");
        }

        UsageRecord record = UsageEvents.ToRecord(in received, received.EventTimeMilliseconds, _tariffs.UsesDetails);
        _session.Rate(in record, _tariffs, out RatingResult result);
        if (result.Outcome != RatingOutcome.Rated && !(_isMixed && result.Outcome == RatingOutcome.ZeroRated))
        {
            throw new InvalidDataException($"an event was not rated but {result.Outcome} ({result.RejectedReason})");
        }

        UsageEvents.ToRated(
            in received, record.Fingerprint, in result, _session, _tariffs, partition: 0, offset, out UsageRatedView rated);
        _rated.Write(in rated);
    }
}
