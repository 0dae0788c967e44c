using System.Text;
using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// A message of 20 February comes after usage of March. The newest usage is of 10 March: the message is 18 days old, and its month ended
/// nine days before (1 March is day 0).
/// </summary>
public sealed class LatePolicyTests
{
    private static readonly OfferingVersion Plain = Offering(Data(), Voice(), Sms());
    private static readonly Plmn Home = Network(HomeNetwork);

    public static TheoryData<string, LateRule[], RatingOutcome> Rules() => new()
    {
        { "no rule", [], RatingOutcome.Rated },
        { "month ended nine days ago", [new(LateAction.Suspend) { AfterMonthEndDays = 9 }], RatingOutcome.Suspended },
        { "month did not end ten days ago", [new(LateAction.Suspend) { AfterMonthEndDays = 10 }], RatingOutcome.Rated },
        { "older than 17 days", [new(LateAction.Refuse) { OlderThanDays = 17 }], RatingOutcome.Late },
        { "not older than 18 days", [new(LateAction.Refuse) { OlderThanDays = 18 }], RatingOutcome.Rated },
        {
            "both, and one does not hold", [new(LateAction.Refuse) { OlderThanDays = 1, AfterMonthEndDays = 10 }], RatingOutcome.Rated
        },
        {
            "the first that fits",
            [new(LateAction.Charge) { OlderThanDays = 3 }, new(LateAction.Refuse) { OlderThanDays = 1 }], RatingOutcome.Rated
        },
        { "of another kind", [new(LateAction.Refuse) { Kind = UsageKind.Data, OlderThanDays = 1 }], RatingOutcome.Rated },
        { "of its kind", [new(LateAction.Refuse) { Kind = UsageKind.Sms, OlderThanDays = 1 }], RatingOutcome.Late },
        { "of its source", [new(LateAction.Refuse) { Source = "msc-*", OlderThanDays = 1 }], RatingOutcome.Late },
        { "of another source", [new(LateAction.Refuse) { Source = "msc", OlderThanDays = 1 }], RatingOutcome.Rated },
        {
            "roaming", [new(LateAction.Refuse) { Roaming = true, HomeNetworks = [Home], OlderThanDays = 1 }], RatingOutcome.Rated
        },
        {
            "at home", [new(LateAction.Refuse) { Roaming = false, HomeNetworks = [Home], OlderThanDays = 1 }], RatingOutcome.Late
        },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void LateUsage_IsChargedHeldOrRefused_AsThePolicySays(string rule, LateRule[] rules, RatingOutcome expected)
    {
        LatePolicy policy = new("2026-1", rules);
        Rater rater = new(policy, Plain);
        rater.One(Of(1, "2026-03-10T12:00:00Z", policy));

        RatingResult late = rater.One(Of(2, "2026-02-20T12:00:00Z", policy));

        Assert.True(expected == late.Outcome, rule);
        // Charged, it counts in its own month.
        Assert.Equal(expected == RatingOutcome.Rated ? Nanos("0.08") : 0, late.Balance.SpendNanos);
        Assert.Equal(expected == RatingOutcome.Rated ? 2 : 1, rater.Session.IdCount);
    }

    [Fact]
    public void HeldUsage_ThatIsRecycled_IsChargedInItsOwnMonth_AndADuplicateIsADuplicateFirst()
    {
        LatePolicy policy = new("2026-1", new LateRule(LateAction.Suspend) { AfterMonthEndDays = 0 });
        Rater rater = new(policy, Plain);
        rater.One(Of(1, "2026-02-20T12:00:00Z", policy));
        rater.One(Of(2, "2026-03-10T12:00:00Z", policy));

        RatingResult held = rater.One(Of(3, "2026-02-21T12:00:00Z", policy));
        Assert.Equal((RatingOutcome.Suspended, RejectedReason.OutsideWindow), (held.Outcome, held.RejectedReason));
        RatingResult recycled = rater.One(Of(3, "2026-02-21T12:00:00Z", policy) with { IsRecycled = true });
        Assert.Equal((RatingOutcome.Rated, Days("2026-02-01")), (recycled.Outcome, recycled.PeriodStartDays));
        Assert.Equal(Nanos("0.16"), recycled.Balance.SpendNanos);
        Assert.Equal(RatingOutcome.Duplicate, rater.One(Of(1, "2026-02-20T12:00:00Z", policy)).Outcome);
        // Usage of the open month is in time.
        Assert.Equal(RatingOutcome.Rated, rater.One(Of(4, "2026-03-01T12:00:00Z", policy)).Outcome);
    }

    /// <summary>
    /// Two messages a month are free; one costs 0.08. February used one and March used both, so a late message of February is free in its
    /// own month, and costs 0.08 in the next one.
    /// </summary>
    [Theory]
    [InlineData(LateAction.Charge, "2026-02-01", "0", "0")]
    [InlineData(LateAction.NextPeriod, "2026-03-01", "0.08", "0.08")]
    public void LateUsage_OfTheOpenPeriodOrTheNext_DrawsTheBundleOfThatMonth(
        LateAction then, string month, string amount, string spend)
    {
        LatePolicy policy = new("2026-2", new LateRule(then) { AfterMonthEndDays = 0 });
        Rater rater = new(policy, Plain with { Bundles = [Bundle(UsageKind.Sms, 2, [])], Prices = [Sms() with { Bundle = true }] });
        rater.Rate(
            Of(1, "2026-02-20T12:00:00Z", policy), Of(2, "2026-03-10T12:00:00Z", policy), Of(3, "2026-03-10T13:00:00Z", policy));

        RatingResult late = rater.One(Of(4, "2026-02-21T12:00:00Z", policy));

        Assert.Equal(
            (RatingOutcome.Rated, Days(month), Nanos(amount)), (late.Outcome, late.PeriodStartDays, late.AmountNanos));
        Assert.Equal((2, Nanos(spend)), (late.Balance.BundleMessagesUsed, late.Balance.SpendNanos));
        Assert.Equal("2026-2", Encoding.UTF8.GetString(rater.Session.LatePolicyUtf8(in late)));
        RatingResult inTime = rater.One(Of(5, "2026-03-11T12:00:00Z", policy));
        Assert.Empty(rater.Session.LatePolicyUtf8(in inTime).ToArray());
        // Whatever its month, a copy of it is a duplicate.
        Assert.Equal(RatingOutcome.Duplicate, rater.One(Of(4, "2026-02-21T12:00:00Z", policy)).Outcome);
    }

    /// <summary>Two late units begin the tiers of February, at 3 each; in March, 9 were used: one is the tenth, and one costs 2.</summary>
    [Theory]
    [InlineData(LateAction.Charge, "6")]
    [InlineData(LateAction.NextPeriod, "5")]
    public void LateUsage_CountsInTheTiersOfItsMonth(LateAction then, string amount)
    {
        LatePolicy policy = new("2026-2", new LateRule(then) { AfterMonthEndDays = 0 });
        OfferingPrice tiered = Sms() with
        {
            Model = PriceModel.Graduated,
            UnitPrice = 0,
            Tiers = [new PriceTier { UpTo = 10, UnitPrice = 3, UnitSize = 1 }, new PriceTier { UpTo = -1, UnitPrice = 2, UnitSize = 1 }],
        };
        Rater rater = new(policy, Plain with { Prices = [tiered] });
        rater.Rate(Of(1, "2026-03-10T12:00:00Z", policy) with { Messages = 9 });

        RatingResult late = rater.One(Of(2, "2026-02-21T12:00:00Z", policy) with { Messages = 2 });

        Assert.Equal((RatingOutcome.Rated, Nanos(amount)), (late.Outcome, late.AmountNanos));
    }

    /// <summary>Usage of the newest month stays in it, however old it is, and names the policy that charged it.</summary>
    [Fact]
    public void UsageOfTheOpenMonth_OfARuleForTheNextPeriod_StaysInIt()
    {
        LatePolicy policy = new("2026-2", new LateRule(LateAction.NextPeriod) { OlderThanDays = 3 });
        Rater rater = new(policy, Plain);
        rater.One(Of(1, "2026-03-20T12:00:00Z", policy));

        RatingResult late = rater.One(Of(2, "2026-03-10T12:00:00Z", policy));

        Assert.Equal((Days("2026-03-01"), true), (late.PeriodStartDays, late.IsChargedLate));
        RatingResult soon = rater.One(Of(3, "2026-03-19T12:00:00Z", policy));
        Assert.False(soon.IsChargedLate);
    }

    [Fact]
    public void UsageBeforeAnyOther_IsNotLate()
    {
        LatePolicy policy = new("2026-1", new LateRule(LateAction.Refuse) { OlderThanDays = 0 });
        Rater rater = new(policy, Plain);

        Assert.Equal(RatingOutcome.Rated, rater.One(Of(1, "2026-02-20T12:00:00Z", policy)).Outcome);
    }

    private static UsageRecord Of(int id, string time, LatePolicy policy) => Message(id, time) with
    {
        ServingPlmn = Home,
        LateRules = policy.RulesFor(UsageKind.Sms, Home, Encoding.UTF8.GetBytes("msc-voice")),
    };

}
