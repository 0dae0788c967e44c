using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// What is not rated again, and why, each refusal by the least that causes it; and corrections that meet other corrections, late usage and
/// the end of a month. A message costs 1.00, and by the correction 0.50; two of a month are in the bundle.
/// </summary>
public sealed class RerateRefusalTests
{
    private const int Cases = 300;

    private static readonly IReadOnlyList<SubscriptionPeriod> Periods = RerateGenerator.Periods();

    private static OfferingVersion Before { get; } = Offering(Sms("1.00") with { Id = "sms" }) with
    {
        Currency = "EUR",
        Bundles = [new Bundle { Id = "texts", Kind = UsageKind.Sms, Units = 2 }],
    };

    private static OfferingVersion After { get; } = Before with { Version = 2, Prices = [Sms("0.50") with { Id = "sms" }] };

    [Fact]
    public void Usage_ThatIsNotInTheWay_IsRatedAgain()
    {
        RerateWorld world = Three(Before, After, out TariffSnapshot after);
        CorrectionPlan plan = world.Plan(after, Periods);
        Assert.Equal(RerateRefusal.None, plan.Refusal);
        Assert.Equal((1_000_000_000, 500_000_000), (plan.Steps.Single().Before.AmountNanos, plan.Steps.Single().After.AmountNanos));
    }

    [Fact]
    public void Usage_OfOnlineCharging_IsRefused()
    {
        RerateWorld world = Three(Before, After, out TariffSnapshot after);
        world.Rate(world.Tariffs, [Message(9, "2026-02-20T10:00:00Z")], isOnline: true);
        AssertRefused(RerateRefusal.ChargedOnline, world, after);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Usage_ThatPrepaidMoneyPaid_IsRefused(bool isBefore)
    {
        OfferingVersion before = Before with { PaymentMethod = isBefore ? PaymentMethod.PrePaid : PaymentMethod.PostPaid, Limits = [] };
        OfferingVersion after = After with { PaymentMethod = isBefore ? PaymentMethod.PostPaid : PaymentMethod.PrePaid, Limits = [] };
        AssertRefused(RerateRefusal.ChargedOnline, Three(before, after, out TariffSnapshot tariffs), tariffs);
    }

    [Fact]
    public void Usage_ThatWasGuidedToItsAccount_IsRefused()
    {
        RerateWorld world = New(Before, After, out TariffSnapshot after);
        world.Rate(world.Tariffs, Enumerable.Range(1, 3).Select(id => Message(id, "2026-02-03T10:00:00Z") with
        {
            History = new UsageHistory { Account = "A-1", Offering = "test" },
        }));
        AssertRefused(RerateRefusal.SharedBundle, world, after);
    }

    [Fact]
    public void Usage_UnderAnOfferingThatSharesNow_IsRefused()
    {
        CompiledCatalogue shared = new(takesAllTerms: false);
        RerateWorld world = new(new TariffSnapshot([Before], shared.Offerings), shared.Offerings, Periods);
        world.Rate(world.Tariffs, Messages());
        shared.Put(After with { Bundles = [new Bundle { Id = "texts", Kind = UsageKind.Sms, Units = 2, Shared = true }] });
        shared.Compile();
        AssertRefused(RerateRefusal.SharedBundle, world, shared.Tariffs);
    }

    [Fact]
    public void Usage_ThatTheTopicsForgot_IsRefused()
    {
        RerateWorld world = Three(Before, After, out TariffSnapshot after);
        world.Forget(UsageId.FromHalves(1, 2));
        AssertRefused(RerateRefusal.UsageGone, world, after);
    }

    /// <summary>The topics must have the month, the 45 days before it in which a session may have begun, and a day more.</summary>
    [Theory]
    [InlineData("2025-12-16T23:00:00Z", true)]
    [InlineData("2025-12-16T23:00:01Z", false)]
    public void History_ThatBeginsInTheMonth_IsRefused(string from, bool isWhole)
    {
        RerateWorld world = Three(Before, After, out TariffSnapshot after);
        CorrectionPlan plan = world.Plan(after, Periods, Window("2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00"), Instant(from));
        Assert.Equal(isWhole ? RerateRefusal.None : RerateRefusal.UsageGone, plan.Refusal);
    }

    [Fact]
    public void Usage_WithoutAPriceNow_IsRefusedWithTheReason()
    {
        OfferingVersion none = After with { Prices = [Voice() with { Id = "calls" }] };
        CorrectionPlan plan = AssertRefused(RerateRefusal.NotRated, Three(Before, none, out TariffSnapshot after), after);
        Assert.Equal(RejectedReason.NoPrice, plan.Reason);
    }

    [Fact]
    public void Usage_OfNobodyNow_IsRefusedWithTheReason()
    {
        RerateWorld world = Three(Before, After, out TariffSnapshot after);
        CorrectionPlan plan = world.Plan(after, []);
        Assert.Equal((RerateRefusal.NotRated, RejectedReason.UnknownSubscriber), (plan.Refusal, plan.Reason));
        Assert.Empty(plan.Steps);
    }

    /// <summary>Three messages, of which the last costs; a window that has only the day of the first changes one outside of it.</summary>
    [Fact]
    public void Usage_OutsideTheWindow_ThatWouldChangeToo_IsRefused()
    {
        OfferingVersion dear = After with { Bundles = [] };
        RerateWorld world = Three(Before, dear, out TariffSnapshot after);
        CorrectionPlan plan = world.Plan(after, Periods, Window("2026-02-03T00:00:00Z", "2026-02-04T00:00:00Z"));
        Assert.Equal(RerateRefusal.OutsideSelection, plan.Refusal);
        Assert.Empty(plan.Steps);
    }

    /// <summary>A bundle until June is drawn in February, then by late usage of January: what February began with is not known.</summary>
    [Fact]
    public void Usage_OfAnEarlierMonth_ThatCameLateAndDrewTheSameBundle_IsRefused()
    {
        Bundle trip = new() { Id = "trip", Kind = UsageKind.Sms, Units = 2, ValidTo = Time(Instant("2026-06-01T00:00:00Z")) };
        RerateWorld world = New(Before with { Bundles = [trip] }, After with { Bundles = [trip] }, out TariffSnapshot after);
        world.Rate(
            world.Tariffs,
            [Message(1, "2026-02-03T10:00:00Z"), Message(2, "2026-01-20T10:00:00Z"), Message(3, "2026-02-04T10:00:00Z")]);
        RerateSelection february = Window("2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00");
        Assert.Equal(RerateRefusal.LateUsage, world.Plan(after, Periods, february).Refusal);

        // With January it is known.
        Assert.Equal(RerateRefusal.None, world.Plan(after, Periods).Refusal);
    }

    [Fact]
    public void Usage_ThatWasRatedTwice_IsRefused()
    {
        RerateWorld world = Three(Before, After, out TariffSnapshot after);
        world.Rated.Add(world.Rated[0]);
        AssertRefused(RerateRefusal.NotBilledOnce, world, after);
    }

    [Fact]
    public void Usage_WhoseCorrectionFitsInNoRecord_IsRefused()
    {
        RerateWorld world = New(Before with { Bundles = [] }, After, out TariffSnapshot after);
        world.Rate(world.Tariffs, [Message(1, "2026-02-03T10:00:00Z") with { FileName = new string('f', 400_000) }]);
        AssertRefused(RerateRefusal.TooLarge, world, after);
    }

    /// <summary>
    /// A message of February comes in March, and counts there: with the one of 10 March it takes the bundle, so that of the 11th costs
    /// 1.00, and by the correction 0.50. Rated in February, it would leave the bundle to the 11th, which would be free.
    /// </summary>
    [Fact]
    public void Usage_ThatALatePolicyPutInTheNextMonth_StaysThere()
    {
        LatePolicy policy = new("P-1", new LateRule(LateAction.NextPeriod) { AfterMonthEndDays = 5 });
        OfferingIndex offerings = new();
        TariffSnapshot before = new([Before], offerings);
        TariffSnapshot after = new([Before, After], offerings);
        RerateWorld world = new(before, offerings, Periods, policy);
        world.Rate(
            before,
            [
                Message(1, "2026-02-03T10:00:00Z"), Message(2, "2026-03-10T10:00:00Z"), Message(3, "2026-02-20T10:00:00Z"),
                Message(4, "2026-03-11T10:00:00Z"),
            ]);
        Assert.Equal([2, 3, 3, 3], world.Records.Select(one => one.PeriodStart.Month));
        Assert.Equal([0m, 0m, 0m, 1m], world.Records.Select(one => one.Amount));

        CorrectionPlan plan = world.Plan(after, Periods);
        Assert.Equal(UsageId.FromHalves(1, 4), Assert.Single(plan.Steps).UsageId);
        Assert.Equal([CorrectionOutcome.Taken], world.Take(plan));
        Assert.Equal(0.50m, world.Records.Sum(one => one.Amount));
        Assert.Empty(world.Plan(after, Periods).Steps);

        // Where the charge of the late one itself changes, its lines are of March, and name the policy.
        OfferingVersion none = After with { Version = 3, Bundles = [] };
        TariffSnapshot third = new([Before, After, none], offerings);
        Assert.All(world.Take(world.Plan(third, Periods)), outcome => Assert.Equal(CorrectionOutcome.Taken, outcome));
        Assert.All(
            world.Records.Where(one => one.Correction?.UsageId == UsageId.FromHalves(1, 3)),
            one => Assert.Equal((3, "P-1"), (one.PeriodStart.Month, one.LatePolicy)));
        Assert.Equal(2.00m, world.Records.Sum(one => one.Amount));
    }

    /// <summary>
    /// Half of the usage is rated and corrected; the other half comes, of any time of the two months, and all is corrected again by a third
    /// tariff. Bill and state are those of rating all of it by the third from the beginning, in the order of event time.
    /// </summary>
    [Fact]
    public void Corrections_OneAfterTheOtherAndLateUsageBetween_LeaveWhatRatingSoFromTheBeginningGives()
    {
        int seed = Seed.Next();
        int twice = 0;
        for (int one = 0; one < Cases; one++)
        {
            string where = $"BELGICOM_SEED={unchecked(seed + one)}";
            RerateGenerator generator = new(unchecked(seed + one));
            Func<OfferingVersion> next = generator.NextOffering();
            OfferingIndex offerings = new();
            TariffSnapshot[] tariffs =
            [
                .. Enumerable.Range(1, 3).Select(version => new TariffSnapshot([next() with { Version = version }], offerings)),
            ];
            List<UsageReceived> usage = generator.Usage(14);
            RerateWorld lane = new(tariffs[0], offerings, Periods);
            lane.Rate(tariffs[0], usage.Take(usage.Count / 2));
            Assert.All(lane.Take(lane.Plan(tariffs[1], Periods)), outcome => Assert.True(outcome == CorrectionOutcome.Taken, where));
            lane.Rate(tariffs[1], usage.Skip(usage.Count / 2));
            CorrectionPlan plan = lane.Plan(tariffs[2], Periods);
            Assert.True(plan.Refusal == RerateRefusal.None, $"{plan.Refusal} {where}");
            Assert.All(lane.Take(plan), outcome => Assert.True(outcome == CorrectionOutcome.Taken, where));

            RerateWorld fresh = new(tariffs[2], offerings, Periods);
            fresh.Rate(tariffs[2], usage.OrderBy(each => each.EventTime));
            Assert.True(fresh.Ledger() == lane.Ledger(), $"{where}\n{fresh.Ledger()}\n---\n{lane.Ledger()}");
            if (plan.Steps.Count > 0)
            {
                Assert.True(
                    RerateWorld.StateOf(fresh.Session, tariffs) == RerateWorld.StateOf(lane.Session, tariffs), where);
            }

            Assert.Empty(lane.Plan(tariffs[2], Periods).Steps);
            Assert.Equal(lane.Records.Count, lane.Records.Select(record => record.UsageId).Distinct().Count());
            twice += lane.Records.GroupBy(record => record.Correction?.UsageId).Count(group => group.Key is not null && group.Count() > 2);
        }

        Notes.Write($"{twice} usage events were corrected twice");
        Assert.True(twice > Cases / 4);
    }

    private static RerateWorld New(OfferingVersion before, OfferingVersion corrected, out TariffSnapshot after)
    {
        OfferingIndex offerings = new();
        after = new TariffSnapshot([before, corrected with { ValidFrom = before.ValidFrom }], offerings);
        return new RerateWorld(new TariffSnapshot([before], offerings), offerings, Periods);
    }

    private static RerateWorld Three(OfferingVersion before, OfferingVersion corrected, out TariffSnapshot after)
    {
        RerateWorld world = New(before, corrected, out after);
        world.Rate(world.Tariffs, Messages());
        return world;
    }

    private static IEnumerable<UsageReceived> Messages() =>
        Enumerable.Range(1, 3).Select(id => Message(id, $"2026-02-{id + 2:00}T10:00:00Z"));

    private static UsageReceived Message(int id, string at) => new()
    {
        UsageId = UsageId.FromHalves(1, (ulong)id),
        SubscriberRef = RerateWorld.Subscriber,
        Kind = UsageKind.Sms,
        Messages = 1,
        Direction = Direction.Originating,
        EventTime = Time(Instant(at)),
        EndTime = Time(Instant(at)),
        ServingPlmn = HomeNetwork,
        Source = "test",
        Node = "N1",
        FileName = "a.csv",
        ChargingId = -1,
        PersonalDataKeyId = "",
    };

    private static RerateSelection Window(string from, string to) => new(Instant(from), Instant(to));

    private static CorrectionPlan AssertRefused(RerateRefusal refusal, RerateWorld world, TariffSnapshot after)
    {
        CorrectionPlan plan = world.Plan(after, Periods);
        Assert.Equal(refusal, plan.Refusal);
        Assert.Empty(plan.Steps);
        return plan;
    }
}
