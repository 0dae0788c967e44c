using System.Text;
using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

public sealed class OutcomeTests
{
    private static readonly OfferingVersion Plain = Offering(Data(), Voice(), Sms());

    [Fact]
    public void SameId_Twice_IsDuplicate_AlsoInsideOneBatch()
    {
        Rater rater = new(Plain);
        RatingResult[] rated = rater.Rate(Message(1), Message(1), Message(2));

        Assert.Equal([RatingOutcome.Rated, RatingOutcome.Duplicate, RatingOutcome.Rated], rated.Select(one => one.Outcome));
        Assert.Equal(RatingOutcome.Duplicate, rater.One(Message(2)).Outcome);
    }

    [Fact]
    public void UnknownSubscriber_IsSuspended_AndRatedWhenRedriven()
    {
        Rater rater = new(Plain);
        UsageRecord usage = Message(1) with { Subscriber = 77 };
        RatingResult first = rater.One(usage);
        rater.Subscribe(77, "test");

        Assert.Equal((RatingOutcome.Suspended, RejectedReason.UnknownSubscriber), (first.Outcome, first.RejectedReason));
        Assert.Equal(RatingOutcome.Rated, rater.One(usage).Outcome);
    }

    [Fact]
    public void SubscriptionPeriods_AreHalfOpen_AndNameTheirAccount()
    {
        Rater rater = new(Plain, Offering(Sms("0.01")) with { Offering = "other" });
        long change = Instant("2026-03-10T00:00:00Z");
        rater.Subscribe(1,
        [
            Rater.Period("OLD", "test", Instant("2026-03-01T00:00:00Z"), change),
            Rater.Period("NEW", "other", change, Instant("2026-03-20T00:00:00Z")),
        ]);

        RatingResult[] rated = rater.Rate(
            Message(1, "2026-02-28T23:59:59.999Z"), Message(2, "2026-03-09T23:59:59.999Z"), Message(3, "2026-03-10T00:00:00Z"),
            Message(4, "2026-03-20T00:00:00Z"));

        Assert.Equal(RejectedReason.NoSubscriptionAtEventTime, rated[0].RejectedReason);
        Assert.Equal("OLD", Encoding.UTF8.GetString(rater.Session.Account(in rated[1])));
        Assert.Equal("NEW", Encoding.UTF8.GetString(rater.Session.Account(in rated[2])));
        Assert.Equal(Nanos("0.01"), rated[2].AmountNanos);
        Assert.Equal(RejectedReason.NoSubscriptionAtEventTime, rated[3].RejectedReason);
    }

    [Fact]
    public void SubscriptionReplaced_ManyTimes_KeepsTheLast()
    {
        Rater rater = new(Plain);
        for (int round = 0; round < 100; round++)
        {
            int names = round % 4;
            SubscriptionPeriod[] periods = [
                .. Enumerable.Range(0, names).Select(i => Rater.Period($"ACCOUNT-{round}-{i}", "test", i * 1000, (i + 1) * 1000))];
            rater.Subscribe(1, periods);
            rater.Subscribe(2, [Rater.Period("TWO", "test", 0, long.MaxValue)]);
        }

        rater.Subscribe(1, [Rater.Period("LAST", "test", 0, long.MaxValue)]);
        RatingResult[] rated = rater.Rate(Message(1), Message(2) with { Subscriber = 2 });
        Assert.Equal("LAST", Encoding.UTF8.GetString(rater.Session.Account(in rated[0])));
        Assert.Equal("TWO", Encoding.UTF8.GetString(rater.Session.Account(in rated[1])));
    }

    [Fact]
    public void OfferingUnknownOrNotYetInForce_IsSuspended()
    {
        Rater rater = new(Plain with { ValidFrom = Time("2026-03-01T00:00:00Z") });
        rater.Subscribe(2, "missing");

        Assert.Equal(RejectedReason.NoTariff, rater.One(Message(1, "2026-02-28T00:00:00Z")).RejectedReason);
        Assert.Equal(RejectedReason.NoTariff, rater.One(Message(2) with { Subscriber = 2 }).RejectedReason);
    }

    [Fact]
    public void UnitOfThePriceNotMeasured_IsSuspendedAndNotFree()
    {
        Rater rater = new(Plain);

        RatingResult result = rater.One(DataUsage(1, -1));

        Assert.Equal(RatingOutcome.Suspended, result.Outcome);
        Assert.Equal(RejectedReason.NotMeasured, result.RejectedReason);
    }

    [Fact]
    public void NoPriceOrNoZone_IsSuspended()
    {
        RoamingZone[] homeOnly = [new() { Name = RoamingZone.Home, Plmns = ["00101"] }];
        Rater rater = new(Offering(Data()) with { Zones = homeOnly });

        Assert.Equal(RejectedReason.NoPrice, rater.One(Message(1)).RejectedReason);
        Assert.Equal(RejectedReason.NoPrice, rater.One(DataUsage(2, 1, network: "31026")).RejectedReason);
    }

    public static TheoryData<string, UsageRecord> InvalidUsage() => new()
    {
        { "unknown kind", Message(1) with { Kind = UsageKind.Unknown } },
        { "kind out of range", Message(1) with { Kind = (UsageKind)9 } },
        { "negative octets", DataUsage(1, -2) },
        { "negative seconds", Call(1, -5) },
        { "zero id", Message(0) },
        { "bad network", DataUsage(1, 1, network: "12x45") },
        { "time before the calendar", Message(1, "1999-12-31T00:00:00Z") },
        { "time after the calendar", Message(1, "2100-01-02T00:00:00Z") },
        { "a day ahead", Message(1) with { ReceivedTimeMilliseconds = Instant("2026-03-13T09:59:59Z") } },
    };

    [Theory]
    [MemberData(nameof(InvalidUsage))]
    public void UsageThatCannotBe_IsRejected(string why, UsageRecord usage)
    {
        RatingResult rated = new Rater(Plain).One(usage);

        Assert.True(rated.Outcome == RatingOutcome.Rejected, why);
        Assert.Equal(RejectedReason.InvalidUsage, rated.RejectedReason);
    }

    [Theory]
    [InlineData(long.MaxValue, "1.00", 1L)] // amount
    [InlineData(long.MaxValue, "0", 65536L)] // units after the increment
    public void AmountOrUnitsThatDoNotFit_AreRejected_AndChangeNothing(long octets, string price, long increment)
    {
        Rater rater = new(Offering(Data(price) with { Increment = increment, UnitSize = 1 }));
        RatingResult rated = rater.One(DataUsage(1, octets));

        Assert.Equal((RatingOutcome.Rejected, RejectedReason.AmountOverflow), (rated.Outcome, rated.RejectedReason));
        Assert.Equal(RatingOutcome.Rated, rater.One(DataUsage(1, 1)).Outcome);
    }

    [Fact]
    public void SumOfThePeriodThatDoesNotFit_IsRejected()
    {
        Rater rater = new(Offering(Data("600000000") with { Increment = 1, UnitSize = 1 }));

        Assert.Equal(RatingOutcome.Rated, rater.One(DataUsage(1, 1)).Outcome);
        Assert.Equal(RejectedReason.AmountOverflow, rater.One(DataUsage(2, 1)).RejectedReason);
    }

    [Fact]
    public void LateUsage_WithinTheLimit_CountsInItsOwnPeriod_AndOlderIsLate()
    {
        Rater rater = new(45, 40, Plain);
        rater.One(Message(1, "2026-04-10T12:00:00Z"));

        RatingResult march = rater.One(Message(2, "2026-03-01T12:00:00Z"));
        RatingResult late = rater.One(Message(3, "2026-02-28T23:59:59Z"));

        Assert.Equal((RatingOutcome.Rated, Days("2026-03-01")), (march.Outcome, march.PeriodStartDays));
        Assert.Equal(Nanos("0.08"), march.Balance.SpendNanos);
        Assert.Equal((RatingOutcome.Late, RejectedReason.TooLate), (late.Outcome, late.RejectedReason));
        Assert.Equal(Nanos("0.16"), rater.One(Message(4, "2026-04-10T12:00:00Z")).Balance.SpendNanos);
    }

    [Fact]
    public void SuspendedUsageOfTheFuture_DoesNotMakeOtherUsageLate()
    {
        Rater rater = new(Plain);
        rater.One(Message(1, "2090-01-01T00:00:00Z") with { Subscriber = 99 });

        Assert.Equal(RatingOutcome.Rated, rater.One(Message(2)).Outcome);
    }

    [Fact]
    public void ResentOldUsage_WhoseIdsAreForgotten_IsLateNotRatedTwice()
    {
        Rater rater = new(45, 45, Plain);
        rater.One(Message(1, "2026-01-01T12:00:00Z"));
        rater.One(Message(2, "2026-03-01T12:00:00Z"));

        Assert.Equal(RatingOutcome.Late, rater.One(Message(1, "2026-01-01T12:00:00Z")).Outcome);
        Assert.Equal(1, rater.Session.IdCount);
    }
}
