using System.Text;
using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Cases computed by hand from the tariff's definition.</summary>
public sealed class GoldenRatingTests
{
    [Fact]
    public void Data_ByIncrement_IsRoundedUpAndPriced()
    {
        // 100,000 octets = 1.53 × 64 KiB → 2 × 65,536 = 131,072 octets = 0.125 MiB × 0.01 EUR = 0.00125 EUR.
        RatingResult rated = new Rater(Offering(Data())).One(DataUsage(1, 100_000));

        Assert.Equal(RatingOutcome.Rated, rated.Outcome);
        Assert.Equal(131_072, rated.ChargedUnits);
        Assert.Equal(Nanos("0.00125"), rated.AmountNanos);
        Assert.Equal(Days("2026-03-01"), rated.PeriodStartDays);
        Assert.Equal(Nanos("0.00125"), rated.Balance.SpendNanos);
    }

    [Theory]
    [InlineData(1, 60, "0.15")] // minimum: 60 s = 0.10 + 0.05
    [InlineData(60, 60, "0.15")]
    [InlineData(61, 61, "0.151666667")] // 61 × 0.10 / 60 = 0.101666666…6 → half away at the 9th decimal
    [InlineData(90, 90, "0.20")]
    public void Call_WithMinimumAndConnectFee_IsPricedBySecond(long seconds, long charged, string amount)
    {
        RatingResult rated = new Rater(Offering(Voice())).One(Call(1, seconds));

        Assert.Equal(charged, rated.ChargedUnits);
        Assert.Equal(Nanos(amount), rated.AmountNanos);
    }

    [Fact]
    public void Call_PartlyCoveredByBundle_PaysTheRestAndTheConnectFee()
    {
        OfferingVersion offering = Offering(Voice()) with { Bundles = [Bundle(UsageKind.Voice, 100, [])] };
        Rater rater = new(offering);

        RatingResult covered = rater.One(Call(1, 70));
        RatingResult partly = rater.One(Call(2, 90));
        RatingResult after = rater.One(Call(3, 60));

        Assert.Equal((70L, 0L), (covered.BundleUnits, covered.AmountNanos));
        Assert.Equal(ThresholdKinds.None, covered.Crossed);
        // 30 s of the bundle are left, so 60 s cost 60 × 0.10 / 60 + 0.05.
        Assert.Equal((30L, Nanos("0.15")), (partly.BundleUnits, partly.AmountNanos));
        Assert.Equal(ThresholdKinds.VoiceBundleUsedUp, partly.Crossed);
        Assert.Equal((0L, Nanos("0.15")), (after.BundleUnits, after.AmountNanos));
        Assert.Equal(ThresholdKinds.None, after.Crossed);
        Assert.Equal(100, after.Balance.BundleSecondsUsed);
        Assert.Equal(Nanos("0.30"), after.Balance.SpendNanos);
    }

    [Fact]
    public void Data_CrossingBundleThresholds_NotifiesEachOnce()
    {
        OfferingPrice byOctet = Data() with { Increment = 1 };
        Rater rater = new(Offering(byOctet) with { Bundles = [Bundle(UsageKind.Data, 1000, ["home"])] });

        Assert.Equal(ThresholdKinds.None, rater.One(DataUsage(1, 799)).Crossed);
        Assert.Equal(ThresholdKinds.DataBundle80Percent, rater.One(DataUsage(2, 1)).Crossed);
        Assert.Equal(ThresholdKinds.None, rater.One(DataUsage(3, 199)).Crossed);
        Assert.Equal(ThresholdKinds.DataBundleUsedUp, rater.One(DataUsage(4, 5)).Crossed);
        Assert.Equal(ThresholdKinds.None, rater.One(DataUsage(5, 500)).Crossed);
    }

    [Fact]
    public void RoamingData_CrossingTheLimit_NotifiesAt80And100Percent()
    {
        OfferingPrice perOctet = Data("1.00") with { Increment = 1, UnitSize = 1 };
        Rater rater = new(Offering(perOctet) with { RoamingDataLimit = Amount("50.00") });

        Assert.Equal("CEILING_REACHED", rater.Notices(DataUsage(1, 60))); // 60 without VAT at home: not below 50 with it
        Assert.Equal("", rater.Notices(DataUsage(2, 39, network: "20801")));
        Assert.Equal("WARN_80", rater.Notices(DataUsage(3, 1, network: "31026")));
        Assert.Equal("STOP_100", rater.Notices(DataUsage(4, 20, network: "31026")));
        Assert.Equal("", rater.Notices(DataUsage(5, 20, network: "31026")));
        Assert.Equal("WARN_80 STOP_100", rater.Notices(DataUsage(6, 50, "2026-04-02T10:00:00Z", "20801")));
    }

    [Theory]
    [InlineData("00101", "home")]
    [InlineData("", "home")]
    [InlineData("20810", "eu")]
    [InlineData("262012", "eu")]
    [InlineData("310260", "world")]
    [InlineData("20620", "world")] // same country as home, another network
    public void ServingNetwork_FallsInTheZoneOfTheLongestMatch(string network, string zone)
    {
        Rater rater = new(Offering(Data()));
        RatingResult rated = rater.One(DataUsage(1, 1, network: network));

        Assert.Equal(zone, Encoding.UTF8.GetString(rater.Tariffs.Version(rated.VersionIndex).ZoneUtf8(rated.ZoneIndex)));
    }

    [Fact]
    public void Price_FirstMatchOfZoneAndRatingGroup_Applies()
    {
        Rater rater = new(Offering(
            Data("9.00", "world"),
            Data("0.50", "eu") with { RatingGroups = [10, 20] },
            Data("0.20") with { RatingGroups = [20] },
            Data("0.10")));

        Assert.Equal(0, rater.One(DataUsage(1, 1, network: "31026")).PriceIndex);
        Assert.Equal(1, rater.One(DataUsage(2, 1, network: "20801", ratingGroup: 20)).PriceIndex);
        Assert.Equal(3, rater.One(DataUsage(3, 1, network: "20801", ratingGroup: 30)).PriceIndex);
        Assert.Equal(2, rater.One(DataUsage(4, 1, ratingGroup: 20)).PriceIndex);
        Assert.Equal(3, rater.One(DataUsage(5, 1, ratingGroup: -1)).PriceIndex);
    }

    [Fact]
    public void ReceivedCall_WithItsOwnPrice_IsNotPricedAsAMadeOne()
    {
        Rater rater = new(Offering(Voice() with { Direction = Direction.Originating }, Voice("0") with { ConnectFee = 0 }));

        Assert.Equal(Nanos("0.15"), rater.One(Call(1, 60)).AmountNanos);
        RatingResult received = rater.One(Call(2, 60, direction: Direction.Terminating));
        Assert.Equal((RatingOutcome.Rated, 0L), (received.Outcome, received.AmountNanos));
    }

    [Fact]
    public void Version_InForceAtEventTime_IsUsed()
    {
        DateTimeOffset change = Time("2026-03-20T00:00:00+01:00");
        Rater rater = new(
            Offering(Sms("0.08")) with { ValidTo = change },
            Offering(Sms("0.05")) with { Version = 2, ValidFrom = change });

        RatingResult[] rated = rater.Rate(Message(1, "2026-03-19T22:59:59.999Z"), Message(2, "2026-03-19T23:00:00Z"));

        Assert.Equal([Nanos("0.08"), Nanos("0.05")], rated.Select(one => one.AmountNanos));
        Assert.Equal([1, 2], rated.Select(one => rater.Tariffs.Version(one.VersionIndex).Version));
    }

    [Fact]
    public void OverlappingVersions_TheHigherOneIsUsed()
    {
        Rater rater = new(
            Offering(Sms("0.08")), Offering(Sms("0.05")) with { Version = 2, ValidFrom = Time("2026-03-01T00:00:00Z") });

        Assert.Equal(Nanos("0.05"), rater.One(Message(1)).AmountNanos);
        Assert.Equal(Nanos("0.08"), rater.One(Message(2, "2026-02-28T00:00:00Z")).AmountNanos);
    }

    [Fact]
    public void SecondaryView_IsAccountedNotBilled_AndClaimsItsId()
    {
        Rater rater = new(Offering(Data()));
        UsageRecord usage = DataUsage(1, 5 * MiB) with { IsSecondaryView = true };

        RatingResult rated = rater.One(usage);

        Assert.Equal(
            (RatingOutcome.ZeroRated, ZeroRatedReason.SecondaryChargingView, 0L),
            (rated.Outcome, rated.ZeroRatedReason, rated.AmountNanos));
        Assert.Equal(RatingOutcome.Duplicate, rater.One(usage).Outcome);
    }

    [Fact]
    public void ZeroRatedPrice_TakesNothingFromTheBundle()
    {
        Rater rater = new(
            Offering(Data() with { RatingGroups = [100], ZeroRated = true, Bundle = false }, Data()) with
            {
                Bundles = [Bundle(UsageKind.Data, GiB, [])],
            });

        RatingResult rated = rater.One(DataUsage(1, MiB, ratingGroup: 100));

        Assert.Equal((RatingOutcome.ZeroRated, ZeroRatedReason.Tariff), (rated.Outcome, rated.ZeroRatedReason));
        Assert.Equal(0, rated.Balance.BundleOctetsUsed);
    }

    [Fact]
    public void EmptyUsage_PaysNeitherMinimumNorConnectFee()
    {
        RatingResult rated = new Rater(Offering(Voice())).One(Call(1, 0));

        Assert.Equal((RatingOutcome.ZeroRated, ZeroRatedReason.EmptyUsage, 0L), (rated.Outcome, rated.ZeroRatedReason, rated.AmountNanos));
    }

    [Fact]
    public void BundleOutsideItsZones_DoesNotCover()
    {
        Rater rater = new(Offering(Data() with { Increment = 1 }) with { Bundles = [Bundle(UsageKind.Data, GiB, ["home", "eu"])] });

        Assert.Equal(MiB, rater.One(DataUsage(1, MiB, network: "20801")).BundleUnits);
        RatingResult world = rater.One(DataUsage(2, MiB, network: "31026"));
        Assert.Equal((0L, Nanos("0.01")), (world.BundleUnits, world.AmountNanos));
    }
}
