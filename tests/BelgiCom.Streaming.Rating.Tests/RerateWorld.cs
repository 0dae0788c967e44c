using System.Buffers;
using System.Globalization;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// One subscriber whose usage is rated as it comes, and what the topics keep of it. A correction is taken by the same steps as in the lane:
/// what it expects is compared, and its records are repeated.
/// </summary>
internal sealed class RerateWorld
{
    public static readonly SubscriberRef Subscriber = SubscriberRef.FromHalves(7, 1);

    private static readonly RerateWindow Window = new(45, 45, 45);

    private readonly Dictionary<UsageId, (byte[] Body, long Taken)> _received = [];
    private readonly LatePolicy? _late;
    private long _offset;

    public RerateWorld(
        TariffSnapshot tariffs, OfferingIndex offerings, IReadOnlyList<SubscriptionPeriod> periods, LatePolicy? late = null)
    {
        _late = late;
        Offerings = offerings;
        Tariffs = tariffs;
        Session = NewSession(periods);
    }

    public OfferingIndex Offerings { get; }

    public TariffSnapshot Tariffs { get; }

    public RatingSession Session { get; }

    /// <summary>All records of usage.rated.v1, as bodies.</summary>
    public List<byte[]> Rated { get; } = [];

    public IReadOnlyList<UsageRated> Records => [.. Rated.Select(body => UsageRated.Read(body))];

    public RatingSession NewSession(IReadOnlyList<SubscriptionPeriod> periods)
    {
        RatingSession session = new(Window.DedupDays, Window.LateDays, _late, Window.SessionDays);
        session.SetSubscription(UsageEvents.ToNumber(Subscriber), periods, Offerings);
        return session;
    }

    /// <summary>Rates usage in the order in which it comes.</summary>
    /// <param name="tariffs">Tariffs in force when it comes.</param>
    /// <param name="usage">The usage.</param>
    /// <param name="isOnline">Whether it comes with requests of online charging, and is on no topic.</param>
    public void Rate(TariffSnapshot tariffs, IEnumerable<UsageReceived> usage, bool isOnline = false)
    {
        foreach (UsageReceived one in usage)
        {
            byte[] body = BodyOf(one);
            UsageReceivedView.TryRead(body, out UsageReceivedView received);
            UsageRecord record = UsageEvents.ToRecord(in received, one.EventTime.ToUnixTimeMilliseconds(), tariffs.UsesDetails, _late);
            Session.Rate(in record, tariffs, out RatingResult result);
            if (result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
            {
                UsageEvents.ToRated(
                    in received, record.Fingerprint, in result, Session, tariffs, partition: 0, isOnline ? -1 : _offset,
                    out UsageRatedView view);
                Rated.Add(CorrectionRecords.BodyOf(in view));
                _received[one.UsageId] = (body, one.EventTime.ToUnixTimeMilliseconds());
            }

            _offset++;
            Session.Commit();
        }
    }

    public CorrectionPlan Plan(
        TariffSnapshot tariffs, IReadOnlyList<SubscriptionPeriod> periods, RerateSelection? selection = null, long from = long.MinValue)
    {
        SubscriberHistory history = new(Subscriber);
        foreach (byte[] body in Rated)
        {
            UsageRatedView.TryRead(body, out UsageRatedView view);
            history.AddRated(in view, body);
        }

        foreach ((UsageId id, (byte[] body, long taken)) in _received)
        {
            history.AddReceived(id, body, taken);
        }

        return new CorrectionPlanner(
            tariffs, Offerings, Window, selection ?? new RerateSelection(Given.Instant("2026-01-01T00:00:00Z"), long.MaxValue), from,
            new CorrectionDecision("clerk", "T-1", 1_767_225_600_000))
            .Plan(history, periods);
    }

    /// <summary>Forgets usage as it came, as retention does.</summary>
    public void Forget(UsageId usageId) => _received.Remove(usageId);

    /// <summary>Takes corrections as the lane does; says what became of each.</summary>
    public IReadOnlyList<CorrectionOutcome> Take(CorrectionPlan plan) => [.. plan.Steps.Select(Take)];

    public CorrectionOutcome Take(CorrectionStep step)
    {
        using CorrectionDigest digest = new();
        foreach (byte[] body in RecordsOf(step))
        {
            UsageRatedView.TryRead(body, out UsageRatedView view);
            CorrectionOutcome outcome = Session.AddHeld(in view, digest);
            if (outcome != CorrectionOutcome.Taken)
            {
                return outcome;
            }
        }

        if (!digest.Finish().AsSpan().SequenceEqual(step.Expects))
        {
            return CorrectionOutcome.Stale;
        }

        foreach (byte[] body in RecordsOf(step))
        {
            UsageRatedView.TryRead(body, out UsageRatedView view);
            Assert.True(StateCodec.TryRepeat(in view, Session));
            Rated.Add(body);
        }

        Session.Commit();
        return CorrectionOutcome.Taken;
    }

    /// <summary>A session that was restored from the records alone.</summary>
    public RatingSession Restored(IReadOnlyList<SubscriptionPeriod> periods)
    {
        RatingSession session = NewSession(periods);
        foreach (byte[] body in Rated)
        {
            UsageRatedView.TryRead(body, out UsageRatedView view);
            Assert.True(StateCodec.TryRepeat(in view, session));
        }

        session.Commit();
        return session;
    }

    /// <summary>
    /// Balances and meters of a session as text, without what is 0, without steps of limits that were sent and thresholds that were
    /// notified, and without how many corrections were taken.
    /// </summary>
    public static string StateOf(RatingSession session, params TariffSnapshot[] tariffs)
    {
        HashSet<ulong> left = [MeterId.Of(MeterKind.Corrections, "")];
        foreach (TariffSnapshot snapshot in tariffs)
        {
            for (int version = 0; version < snapshot.Count; version++)
            {
                left.UnionWith(snapshot.Version(version).AllLimits.SelectMany(SpendLimits.NumbersOf));
            }
        }

        session.BeginCheckpoint();
        BalanceEntry[] balances = new BalanceEntry[1000];
        MeterEntry[] meters = new MeterEntry[10_000];
        IEnumerable<string> lines = balances[..session.TakeBalances(balances)]
            .Select(entry => string.Create(
                CultureInfo.InvariantCulture,
                $"balance {entry.PeriodStartDays} {entry.Account:X} {entry.Balance.BundleOctetsUsed} {entry.Balance.BundleSecondsUsed} "
                + $"{entry.Balance.BundleMessagesUsed} {entry.Balance.SpendNanos} {entry.Balance.RoamingDataSpendNanos}"))
            .Where(line => !line.EndsWith(" 0 0 0 0 0", StringComparison.Ordinal))
            .Concat(meters[..session.TakeMeters(meters)]
                .Where(entry => (entry.Units | entry.Nanos) != 0 && !left.Contains(entry.Id))
                .Select(entry => string.Create(
                    CultureInfo.InvariantCulture, $"meter {entry.Owner:X} {entry.Id:X} {entry.From} {entry.Units} {entry.Nanos}")));
        return string.Join('\n', lines.Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>For each usage what the bill has of it in all: amount, units, and units of bundles.</summary>
    public string Ledger() => string.Join(
        '\n',
        Records.GroupBy(record => record.Correction?.UsageId ?? record.UsageId)
            .Select(usage => string.Create(
                CultureInfo.InvariantCulture,
                $"{usage.Key} {usage.Sum(one => one.Amount):0.000000000} {usage.Sum(one => one.ChargedUnits)} "
                + $"{usage.Sum(one => one.BundleUnits)} {usage.Last().Account}"))
            .Order(StringComparer.Ordinal));

    private static IEnumerable<byte[]> RecordsOf(CorrectionStep step) =>
        step.Reversal is null ? [step.Charge] : [step.Reversal, step.Charge];

    private static byte[] BodyOf(UsageReceived usage)
    {
        ArrayBufferWriter<byte> octets = new();
        usage.Write(octets);
        return octets.WrittenSpan.ToArray();
    }
}

/// <summary>Random offerings, and usage of two months that comes in any order.</summary>
internal sealed class RerateGenerator(int seed)
{
    private static readonly long Begin = Given.Instant("2026-02-02T00:00:00Z");
    private readonly Random _random = new(seed);

    public static IReadOnlyList<SubscriptionPeriod> Periods(string account = "A-1", string offering = "test") =>
        [new SubscriptionPeriod { Account = account, Offering = offering }];

    /// <summary>A kind of offering: plain, or with bundles, tiers, packages, sessions, passes.</summary>
    public Func<OfferingVersion> NextOffering()
    {
        int form = _random.Next(5);
        int model = _random.Next(4);
        bool isSessions = _random.Next(2) == 0;
        return () => form == 0 ? Plain() : List(form, model, isSessions);
    }

    public List<UsageReceived> Usage(int most)
    {
        int count = _random.Next(1, most + 1);
        List<UsageReceived> usage = [];
        for (int id = 1; id <= count; id++)
        {
            int kind = _random.Next(5);
            DateTimeOffset start = Given.Time(Begin + _random.NextInt64(0, 36L * 86_400_000 / 1000) * 1000);
            UsageReceived one = new()
            {
                UsageId = UsageId.FromHalves(1, (ulong)id),
                SubscriberRef = RerateWorld.Subscriber,
                EventTime = start,
                EndTime = start,
                ServingPlmn = _random.Next(5) == 0 ? "310260" : Given.HomeNetwork,
                Source = "test",
                Node = "N1",
                FileName = "a.csv",
                RecordIndex = id,
                ChargingId = _random.Next(3) == 0 ? -1 : _random.Next(4),
                PersonalDataKeyId = "",
            };
            usage.Add(kind switch
            {
                0 or 1 => one with { Kind = UsageKind.Data, TotalOctets = _random.NextInt64(0, 3000), RatingGroup = 10 },
                2 or 3 => one with
                {
                    Kind = UsageKind.Voice,
                    DurationSeconds = _random.NextInt64(0, 400),
                    Direction = Direction.Originating,
                },
                _ => one with { Kind = UsageKind.Sms, Messages = 1, Direction = Direction.Originating, ChargingId = -1 },
            });
        }

        return usage;
    }

    private decimal Price(int most) => _random.Next(0, most) * 0.01m;

    private OfferingVersion Plain() => Given.Offering(
        Given.Data() with { UnitSize = 1000, UnitPrice = Price(300), Increment = 1 },
        Given.Voice() with { UnitPrice = Price(200) },
        Given.Sms() with { UnitPrice = Price(50) }) with
    {
        Bundles =
        [
            new Bundle { Kind = UsageKind.Data, Units = _random.Next(1, 9000) },
            new Bundle { Kind = UsageKind.Voice, Units = _random.Next(1, 900) },
        ],
    };

    private OfferingVersion List(int form, int model, bool isSessions)
    {
        OfferingPrice data = new()
        {
            Id = "data",
            Kind = UsageKind.Data,
            Unit = PriceUnit.Octet,
            UnitSize = 1000,
            UnitPrice = Price(300),
            Increment = 1,
            Bundle = form != 1,
        };
        data = model switch
        {
            0 => data with { ConnectFee = Price(50), Increment = 100 },
            1 => data with { Model = PriceModel.Graduated, Tiers = Tiers() },
            2 => data with { Model = PriceModel.Volume, Tiers = Tiers() },
            _ => data with { Model = PriceModel.Package, Package = 1500, UnitSize = 1 },
        };
        OfferingPrice voice = new()
        {
            Id = "voice",
            Kind = UsageKind.Voice,
            Unit = PriceUnit.Second,
            UnitSize = 60,
            UnitPrice = Price(200),
            Increment = isSessions ? 60 : 1,
            Minimum = isSessions ? 60 : 1,
            ConnectFee = isSessions ? Price(90) : 0,
            Bundle = true,
            MaximumCharge = form == 2 ? 3m + Price(100) : null,
            MinimumCharge = form == 3 ? Price(90) : null,
        };
        OfferingPrice sms = form == 4
            ? new OfferingPrice
            {
                Id = "sms",
                Kind = UsageKind.Sms,
                Unit = PriceUnit.Message,
                UnitSize = 1,
                Increment = 1,
                Model = PriceModel.Pass,
                UnitPrice = 1m + Price(100),
                Pass = new Pass { Id = "day", ValiditySeconds = 200_000, MaximumPerMonth = 3, FreeMessages = 1 },
            }
            : Given.Sms() with { Id = "sms", UnitPrice = Price(50) };
        return Given.Offering(data, voice, sms) with
        {
            Bundles =
            [
                new Bundle { Id = "a", Kind = UsageKind.Voice, Units = _random.Next(1, 900), RolloverMaximum = form == 1 ? 300 : 0 },
                new Bundle
                {
                    Id = "b",
                    Kind = UsageKind.Data,
                    Units = _random.Next(1, 9000),
                    Priority = 2,
                    ValidFrom = Given.Time(Begin - (86_400_000L * 40)),
                    ValidTo = Given.Time(Begin + (86_400_000L * 30)),
                },
                new Bundle { Id = "c", Kind = UsageKind.Data, Units = _random.Next(1, 9000), Priority = 1 },
            ],
        };
    }

    private PriceTier[] Tiers() =>
    [
        new PriceTier { UpTo = 4000, UnitPrice = Price(300), UnitSize = 1000, Flat = Price(100) },
        new PriceTier { UpTo = -1, UnitPrice = Price(200), UnitSize = 1000 },
    ];
}
