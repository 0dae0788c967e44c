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
