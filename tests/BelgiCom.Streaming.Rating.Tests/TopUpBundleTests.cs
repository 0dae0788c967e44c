using BelgiCom.Streaming.Contracts;
using CsCheck;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Bundles that top-ups bring, against a model of a list of what is left and until when.</summary>
public sealed class TopUpBundleTests
{
    private const long Day = 86_400_000;
    private const long Euro = Contracts.Nanos.PerUnit;
    private static readonly long Begin = Instant("2026-03-14T10:00:00Z");
    private static readonly Currency Eur = Currency.Of("EUR"u8);

    // A step: hours until then; 0 a top-up, 1 and 2 usage; how much; and 0 the batch is undone first, 1 the partition moves.
    private static readonly Gen<(int Hours, int What, int Amount, int Fate)[]> AnySteps =
        Gen.Select(Gen.Int[0, 40], Gen.Int[0, 2], Gen.Int[1, 30], Gen.Int[0, 5]).Array[1, 40];

    /// <summary>
    /// A top-up of 10 brings 100 octets for 3 days; one of 20 brings 300 instead, and 50 for 30 hours that are drawn first.
    /// </summary>
    private static OfferingVersion Card { get; } = Offering(Data("1") with { UnitSize = 1, Increment = 1 }) with
    {
        Currency = "EUR",
        PaymentMethod = PaymentMethod.PrePaid,
        Limits = [],
        Bundles = [new Bundle { Id = "month", Kind = UsageKind.Data, Units = 40, Priority = 9 }],
        TopUps =
        [
            Brings(10, "gb", 100, 72, 5), Brings(20, "gb", 300, 72, 5), Brings(20, "day", 50, 30, 1),
        ],
    };

    [Fact]
    public void AnyTopUpsAndUsage_DrawWhatTheModelSays() => AnySteps.Sample(steps =>
    {
        Rater rater = new(Card);
        RatingSession session = rater.Session;
        List<(int Priority, long To, long Place, long Left)> bundles = [];
        Dictionary<int, long> months = [];
        long money = 0;
        long at = Begin;
        int id = 0;
        foreach ((int hours, int what, int amount, int fate) in steps)
        {
            at += hours * 3_600_000L;
            id++;
            if (what == 0)
            {
                MoneyOrder order = Order(id, amount);
                if (fate == 0)
                {
                    Assert.Equal(MoneyOutcome.Done, session.Do(in order, rater.Tariffs, new QuotaPolicy(), at).Outcome);
                    session.Abort();
                }

                MoneyAnswer done = session.Do(in order, rater.Tariffs, new QuotaPolicy(), at);
                Assert.Equal(MoneyOutcome.Done, done.Outcome);
                session.Commit();
                Assert.Equal(MoneyOutcome.Repeated, session.Do(in order, rater.Tariffs, new QuotaPolicy(), at + 1).Outcome);
                money += amount * Euro;
                (int, string, long, int)[] expected = amount >= 20 ? [(5, "gb", 300, 72), (1, "day", 50, 30)]
                    : amount >= 10 ? [(5, "gb", 100, 72)]
                    : [];
                Assert.Equal(
                    expected.Select(one => (one.Item2, one.Item3, Time(at), Time(at + (one.Item4 * 3_600_000L)))).Order(),
                    done.Operation!.Bundles.Select(one => (one.Id, one.Units, one.ValidFrom, one.ValidTo)).Order());
                bundles.AddRange(expected.Select(one => (one.Item1, at + (one.Item4 * 3_600_000L), (long)id, one.Item3)));
            }
            else
            {
                UsageRecord usage = DataUsage(id, amount * 7, network: HomeNetwork) with
                {
                    EventTimeMilliseconds = at,
                    EndTimeMilliseconds = at,
                    ReceivedTimeMilliseconds = 0,
                };
                if (fate == 0)
                {
                    session.Rate(in usage, rater.Tariffs, out _);
                    session.Abort();
                }

                session.Rate(in usage, rater.Tariffs, out RatingResult result);
                session.Commit();
                long left = amount * 7;
                int month = BelgianCalendar.MonthOf(at);
                months.TryAdd(month, 40);
                foreach ((int priority, long to, long place, _) in bundles.Where(one => at < one.To)
                    .OrderBy(one => one.Priority).ThenBy(one => one.To).ThenBy(one => one.Place).ToArray())
                {
                    int index = bundles.FindIndex(one => (one.Priority, one.To, one.Place) == (priority, to, place));
                    long taken = Math.Min(left, bundles[index].Left);
                    bundles[index] = bundles[index] with { Left = bundles[index].Left - taken };
                    left -= taken;
                }

                long ofMonth = Math.Min(left, months[month]);
                months[month] -= ofMonth;
                left -= ofMonth;
                money -= left * Euro;
                Assert.Equal((RatingOutcome.Rated, left * Euro), (result.Outcome, result.AmountNanos));
            }

            if (fate == 1 && session.TryFindOwner(1, at, out UInt128 owner))
            {
                Restore(session, owner);
            }

            MoneyBalance has = session.MoneyOf(1, rater.Tariffs, new QuotaPolicy(), at)!.Value;
            Assert.Equal(money, has.Nanos);
            Assert.True(session.TryGuide(1, rater.Tariffs, at, out GuidedSubscriber guided));
            SubscriberBalances balances = session.BalancesOf(1, guided, rater.Tariffs, new QuotaPolicy(), at)!;
            Assert.Equal(
                bundles.Where(one => at < one.To).Select(one => (one.To, one.Left)).Order(),
                balances.Bundles.Where(one => one.TopUp is not null)
                    .Select(one => (one.To!.Value.ToUnixTimeMilliseconds(), one.Left!.Value)).Order());
            Assert.Equal(
                months.GetValueOrDefault(BelgianCalendar.MonthOf(at), 40), balances.Bundles.Single(one => one.TopUp is null).Left);
        }
    }, iter: 500);

    [Fact]
    public void Bundle_OfAnEarlierVersion_IsDrawnOn_AndOfAnotherOfferingNot()
    {
        OfferingVersion later = Card with { Version = 2, ValidFrom = Time(Begin + Day), TopUps = [], Bundles = [] };
        OfferingVersion other = Card with { Offering = "other", Bundles = [] };
        Rater rater = new(Card with { Bundles = [] }, later, other);
        rater.Subscribe(
            1, Rater.Period("A-1", "test", long.MinValue, Begin + (2 * Day)),
            Rater.Period("A-1", "other", Begin + (2 * Day), long.MaxValue));
        MoneyOrder order = Order(1, 10);
        rater.Session.Do(in order, rater.Tariffs, new QuotaPolicy(), Begin);
        Assert.Equal(0, Use(rater, 1, 60, Begin + 1).AmountNanos);
        Assert.Equal(20 * Euro, Use(rater, 2, 60, Begin + Day).AmountNanos);
        RatingResult part = Use(rater, 3, 1, Begin + Day);
        Assert.Equal(Euro, part.AmountNanos);

        order = Order(2, 10);
        Assert.Empty(rater.Session.Do(in order, rater.Tariffs, new QuotaPolicy(), Begin + Day).Operation!.Bundles);
        order = Order(3, 10);
        Assert.Single(rater.Session.Do(in order, rater.Tariffs, new QuotaPolicy(), Begin + (2 * Day)).Operation!.Bundles);
        Assert.Equal(0, Use(rater, 4, 100, Begin + (2 * Day)).AmountNanos);
        Assert.Equal(Euro, Use(rater, 5, 1, Begin + (2 * Day)).AmountNanos);
    }

    [Fact]
    public void Call_ThatGoesOnAfterTheEnd_IsPricedFromThere()
    {
        OfferingVersion calls = Offering(Voice("0.01") with { UnitSize = 1, Increment = 1, Bundle = true, ConnectFee = 0 }) with
        {
            Currency = "EUR",
            PaymentMethod = PaymentMethod.PrePaid,
            TopUps = [Brings(1, "min", 1000, 1, 0) with { Bundle = new Bundle { Id = "min", Kind = UsageKind.Voice, Units = 1000 } }],
        };
        Rater rater = new(calls);
        MoneyOrder order = Order(1, 1);
        rater.Session.Do(in order, rater.Tariffs, new QuotaPolicy(), Begin);
        UsageRecord call = Call(1, 100) with
        {
            EventTimeMilliseconds = Begin + 3_600_000 - 40_000,
            EndTimeMilliseconds = Begin + 3_600_000 + 60_000,
            ReceivedTimeMilliseconds = 0,
        };
        RatingResult result = rater.One(call);
        Assert.Equal((40L, Nanos("0.60")), (result.BundleUnits, result.AmountNanos));
    }

    /// <summary>Records of a session that come in any order draw and cost the same, also from two bundles, one of which ends.</summary>
    [Fact]
    public void Session_InAnyOrder_CostsTheSame() => Gen.Shuffle(Enumerable.Range(0, 6).ToArray()).Sample(order =>
    {
        Rater rater = new(Card);
        MoneyOrder topUp = Order(1, 20);
        rater.Session.Do(in topUp, rater.Tariffs, new QuotaPolicy(), Begin);
        long[] amounts =
        [
            .. order.Select(index => Use(rater, index + 1, 70, Begin + (index * 7L * 3_600_000), session: 7).AmountNanos),
        ];

        // Of 420 octets the first 50 are of the bundle of 30 hours, the next 300 of that of 3 days, 40 of that of the month.
        Assert.Equal(30 * Euro, amounts.Sum());
    }, iter: 200);

    [Fact]
    public void Faults_OfTopUps_AreNamed()
    {
        string[] named =
        [
            .. new[]
            {
                Card with { PaymentMethod = PaymentMethod.PostPaid },
                Card with { TopUps = [Card.TopUps[0], Card.TopUps[0]] },
                Card with { TopUps = [Brings(1, "month", 1, 1, 1)] },
                Card with { TopUps = [Brings(1, "", 1, 1, 1)] },
                Card with { TopUps = [Brings(1, "x", 0, 1, 1)] },
                Card with { TopUps = [Brings(1, "x", 1, 0, 1)] },
                Card with { TopUps = [Brings(1, "x", 1, 1, 1) with { Bundle = new Bundle { Id = "x", Zones = ["mars"] } }] },
                Card with { QuotaOctets = -1 },
            }.Select(version => Assert.Throws<InvalidTariffException>(
                () => new TariffSnapshot([version], new OfferingIndex())).Faults[0].Sentence),
        ];
        Assert.All(named, sentence => Assert.NotEmpty(sentence));
        Assert.Contains("nobody else tops up", named[0], StringComparison.Ordinal);
    }

    private static TopUpGrant Brings(decimal atLeast, string id, long units, int hours, int priority) => new()
    {
        AtLeast = atLeast,
        ValiditySeconds = hours * 3600L,
        Bundle = new Bundle { Id = id, Kind = UsageKind.Data, Units = units, Priority = priority },
    };

    private static MoneyOrder Order(int id, int euros) =>
        new((UInt128)id, BalanceOperationKind.TopUp, 1, euros * Euro, Eur, "shop", "TEST");

    private static RatingResult Use(Rater rater, int id, long octets, long at, int session = 0)
    {
        UsageRecord usage = DataUsage(id, octets, network: HomeNetwork) with
        {
            EventTimeMilliseconds = at,
            EndTimeMilliseconds = at,
            ReceivedTimeMilliseconds = 0,
            Session = (UInt128)session,
        };
        return rater.One(usage);
    }

    /// <summary>Writes the account as the state has it, and puts back what is read.</summary>
    private static void Restore(RatingSession session, UInt128 owner)
    {
        if (session.FindQuotaAccount(owner) is not { } account)
        {
            return;
        }

        RatingStateView view = new QuotaAccountCodec().View(owner, account);
        byte[] value = new byte[view.MaxSize];
        int length = view.Write(value);
        Assert.True(RatingStateView.TryRead(value.AsSpan(0, length), out RatingStateView stored));
        ChargingAccountView charging = stored.Charging;
        Assert.True(QuotaAccountCodec.TryRead(in charging, (ReadOnlySpan<byte> _, out UsageRecord usage) =>
        {
            usage = default;
            return true;
        }, out QuotaAccount read));
        session.RestoreQuotaAccount(owner, read);
    }
}
