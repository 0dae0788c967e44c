using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Rules of charging that <see cref="DifferentialTests"/> found broken, each with its arithmetic.</summary>
public sealed class ChargingRuleTests
{
    private static readonly OfferingPrice PerSecond = Voice("0.60") with { Minimum = 0, ConnectFee = 0, Bundle = false };

    [Fact]
    public void EventUsage_UnderAnOfferingWithoutAPriceList_WaitsForAPrice()
    {
        UsageRecord usage = Message(1) with
        {
            Kind = UsageKind.Event,
            Messages = -1,
            ServiceUnits = 1,
            Direction = Direction.NotApplicable,
        };

        RatingResult rated = new Rater(Offering(Sms())).One(usage);

        Assert.Equal((RatingOutcome.Suspended, RejectedReason.NoPrice), (rated.Outcome, rated.RejectedReason));
    }

    [Fact]
    public void FlatSession_ChargedAnew_TakesBackTheUnitsThatItCounted()
    {
        Rater rater = new(Offering(PerSecond with { Model = PriceModel.Flat, Id = "call", UnitPrice = 2 }));

        RatingResult[] rated = rater.Rate(
            Call(1, 20, "2026-03-14T10:00:10Z") with { Session = 7 }, Call(2, 10, "2026-03-14T10:00:00Z") with { Session = 7 });

        // The call was 30 s, 20 of which were counted first, and costs 2 however its records come.
        Assert.Equal([20, 10], rated.Select(one => one.ChargedUnits));
        Assert.Equal([Nanos("2"), 0], rated.Select(one => one.AmountNanos));
    }

    [Fact]
    public void UsageThatNobodyMeasured_OpensNoPass()
    {
        Pass pass = new() { Id = "day", ValiditySeconds = 86_400 };
        Rater rater = new(Offering(Data("7.49") with { Model = PriceModel.Pass, Pass = pass, Bundle = false }));

        RatingResult unmeasured = rater.One(DataUsage(1, -1));

        // It may have been 0 octets, which open no pass (D-03).
        Assert.Equal((RatingOutcome.Suspended, RejectedReason.NotMeasured), (unmeasured.Outcome, unmeasured.RejectedReason));
        Assert.Equal(Nanos("7.49"), rater.One(DataUsage(2, 1)).AmountNanos);
    }

    [Theory]
    [InlineData("2026-04-30T12:00:00+02:00", 40)] // a top-up that lives longer than March's allowance keeps its units
    [InlineData("2026-03-31T12:00:00+02:00", 0)] // one that ends before the month does, is used first
    public void Bundles_OfOnePriority_TheOneThatEndsFirstIsDrawn(string end, long leftOfTopUp)
    {
        Bundle topUp = Bundle(UsageKind.Voice, 40, []) with { Id = "top-up", ValidTo = Time(end) };
        Bundle monthly = Bundle(UsageKind.Voice, 60, []) with { Id = "monthly" };
        Rater rater = new(Offering(PerSecond with { Bundle = true }) with { Bundles = [topUp, monthly] });
        _ = rater.One(Call(1, 60, "2026-03-14T10:00:00Z"));

        // March's 60 s are over in April at the latest, when 60 new ones come; a call of 100 s costs what the top-up no longer covers.
        RatingResult april = rater.One(Call(2, 100, "2026-04-02T10:00:00Z"));

        Assert.Equal(60 + leftOfTopUp, april.BundleUnits);
        Assert.Equal((40 - leftOfTopUp) * Nanos("0.01"), april.AmountNanos);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CallThatBeginsInAFreeBand_PaysFromItsEndOn(bool isSplit)
    {
        OfferingVersion offering = Offering(
            PerSecond with { Model = PriceModel.Zero, UnitPrice = 0, Bands = ["night"] }, PerSecond with { ConnectFee = 1 }) with
        {
            Bands = [new TimeBand { Name = "night", From = 0, To = 6 * 3600 }],
        };
        Rater rater = new(offering);

        // From 05:59:30 to 06:00:30 in Brussels: 30 s are free, 30 s cost 0.60 / 60 s each. The fee is that of the start (D-05): none.
        RatingResult[] rated = rater.Rate(isSplit
            ?
            [
                Call(1, 20, "2026-03-14T04:59:30Z") with { Session = 7 },
                Call(2, 40, "2026-03-14T04:59:50Z") with { Session = 7 },
            ]
            : [Call(1, 60, "2026-03-14T04:59:30Z")]);

        Assert.Equal(Nanos("0.30"), rated.Sum(one => one.AmountNanos));
        Assert.Equal(60, rated.Sum(one => one.ChargedUnits));
    }

    [Fact]
    public void FreeCall_ThatRunsIntoAGap_IsPricedWholeOrNotAtAll()
    {
        OfferingPrice free = PerSecond with { Id = "free", ZeroRated = true, UnitPrice = 0 };
        Rater rater = new(Offering(free) with { ValidTo = Time("2026-03-14T10:00:30Z") });

        Assert.Equal(RejectedReason.NoPrice, rater.One(Call(1, 31)).RejectedReason);
        Assert.Equal(0, rater.One(Call(2, 30)).AmountNanos);
    }

    [Theory]
    [InlineData(PriceModel.Graduated)]
    [InlineData(PriceModel.Volume)]
    public void TieredCall_OverAMidnightThatChangesNothing_IsOnePart(PriceModel model)
    {
        PriceTier[] tiers = [new() { UpTo = 1, UnitPrice = 5, UnitSize = 1 }, new() { UpTo = -1, UnitPrice = 1, UnitSize = 6 }];
        Rater rater = new(Offering(PerSecond with { Model = model, Tiers = tiers }));
        _ = rater.One(Call(1, 2, "2026-03-14T10:00:00Z"));

        RatingResult rated = rater.RateUncommitted(Call(2, 2, "2026-03-14T22:59:59Z"))[0];

        // 2 / 6 is 0.333333333; two parts of 1 / 6 would be 0.333333334. Of 4 units at the tier reached, 2 were charged before.
        Assert.Equal(1, rated.PartCount);
        Assert.Equal(model == PriceModel.Graduated ? Nanos("0.333333333") : Nanos("0.666666667") - Nanos("0.333333333"), rated.AmountNanos);
    }

    [Fact]
    public void OctetsSpreadOverTime_DrawABundleOnlyWhileItIsValid()
    {
        OfferingPrice spread = Data("1") with { UnitSize = 100, Increment = 1, Split = VolumeSplit.Proportional };
        Bundle topUp = Bundle(UsageKind.Data, GiB, []) with { Id = "top-up", ValidTo = Time("2026-03-14T10:15:00Z") };
        Rater rater = new(Offering(spread) with { Bundles = [topUp] });

        RatingResult rated = rater.One(DataUsage(1, 1000) with { EndTimeMilliseconds = Instant("2026-03-14T11:00:00Z") });

        // A quarter of an hour of the hour is covered: 250 octets. 750 cost 1 for each 100.
        Assert.Equal((250, Nanos("7.50")), (rated.BundleUnits, rated.AmountNanos));
    }

    [Fact]
    public void OctetsSpreadOverTime_PastTheEndOfTheOffering_WaitForAPrice()
    {
        OfferingPrice spread = Data("1") with { Increment = 1, Split = VolumeSplit.Proportional };
        Rater rater = new(Offering(spread) with { ValidTo = Time("2026-03-14T10:15:00Z") });

        RatingResult rated = rater.One(DataUsage(1, 1000) with { EndTimeMilliseconds = Instant("2026-03-14T11:00:00Z") });

        // Nothing is priced after the last version (D-15), and looking for a version after it ends.
        Assert.Equal((RatingOutcome.Suspended, RejectedReason.NoPrice), (rated.Outcome, rated.RejectedReason));
    }
}
