using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// Add-ons beside a main offering: whose price it is, whose bundle, which limits, and what stays when one comes or goes. At home one
/// message costs 1.00, abroad 2.00; the add-on "week" has messages abroad for 0.25 by its own list.
/// </summary>
public sealed class AddOnTests
{
    private const string World = "310260";

    private int _id;

    [Fact]
    public void AddOn_PricesWhatItLists_AndTheMainOfferingTheRest()
    {
        Rater rater = Having(Plan(), Week());
        Subscribe(rater, "week");

        Assert.Equal(
            [("week/4", 0.25m), ("test/1", 1m), ("week/4", 0.25m)],
            [Charged(rater, Sms(World)), Charged(rater, Sms(HomeNetwork)), Charged(rater, Sms(World))]);
    }

    [Fact]
    public void AddOn_OfWhichNobodyHasASubscription_ChangesNothing()
    {
        Rater rater = Having(Plan(), Week());

        Assert.Equal([("test/1", 2m), ("test/1", 1m)], [Charged(rater, Sms(World)), Charged(rater, Sms(HomeNetwork))]);
    }

    [Fact]
    public void TwoAddOns_ThatBothPriceUsage_AreAskedInTheOrderOfTheirIds()
    {
        Rater rater = Having(Plan(), Week(), Week() with { Offering = "all", Prices = [Price("0.5", "world")] });
        Subscribe(rater, "week", "all");

        Assert.Equal(("all/4", 0.5m), Charged(rater, Sms(World)));
    }

    /// <summary>Usage of somebody who was promised more than rating knows is never priced by the rest.</summary>
    [Theory]
    [InlineData("unknown")]
    [InlineData("other")]
    [InlineData("dollars")]
    [InlineData("later")]
    [InlineData("prepaid")]
    public void AddOn_ThatCannotStandBesideTheMainOffering_SuspendsTheUsage(string addOn)
    {
        Rater rater = Having(
            Plan(), Week() with { Offering = "other", AddOnTo = ["else"] }, Week() with { Offering = "dollars", Currency = "USD" },
            Week() with { Offering = "later", ValidFrom = Time("2026-03-20T00:00:00+01:00") },
            Week() with { Offering = "prepaid", PaymentMethod = PaymentMethod.PrePaid });
        Subscribe(rater, addOn);

        RatingResult refused = rater.One(Sms(HomeNetwork));

        Assert.Equal((RatingOutcome.Suspended, RejectedReason.NoTariff), (refused.Outcome, refused.RejectedReason));
    }

    /// <summary>The add-on's first version begins on the 20th: before, the promise cannot be kept.</summary>
    [Fact]
    public void AddOn_IsInForceWhereAllVersionsAre()
    {
        Rater rater = Having(
            Plan(), Week() with { ValidFrom = Time("2026-03-20T00:00:00+01:00") },
            Week("0.5") with { Version = 5, ValidFrom = Time("2026-03-25T00:00:00+01:00") },
            Plan() with { Version = 2, ValidFrom = Time("2026-03-22T00:00:00+01:00"), Prices = [Price("3", "home")] });
        Subscribe(rater, "week");

        Assert.Equal(RejectedReason.NoTariff, rater.One(Sms(World, "2026-03-19T12:00:00Z")).RejectedReason);
        Assert.Equal(("week/4", 0.25m), Charged(rater, Sms(World, "2026-03-20T12:00:00Z")));
        Assert.Equal(("test/1", 1m), Charged(rater, Sms(HomeNetwork, "2026-03-21T12:00:00Z")));
        Assert.Equal(("test/2", 3m), Charged(rater, Sms(HomeNetwork, "2026-03-23T12:00:00Z")));
        Assert.Equal(("week/4", 0.25m), Charged(rater, Sms(World, "2026-03-24T12:00:00Z")));
        Assert.Equal(("week/5", 0.5m), Charged(rater, Sms(World, "2026-03-26T12:00:00Z")));
    }

    /// <summary>
    /// Zone "far" of the add-on is a part of "world" of the main offering: each list is asked by its own zones, and the event has the zone
    /// of its price.
    /// </summary>
    [Fact]
    public void AddOn_WithOtherZones_IsAskedByItsOwn()
    {
        OfferingVersion far = Week() with
        {
            Zones = [new() { Name = "home", Plmns = ["001"] }, new() { Name = "far", Plmns = ["310"] }],
            Prices = [Price("0.25", "far")],
        };
        Rater rater = Having(Plan(), far);
        Subscribe(rater, "week");

        Assert.Equal(("week/4", 0.25m), Charged(rater, Sms(World), "far"));
        Assert.Equal(("test/1", 2m), Charged(rater, Sms("50501"), "world"));
    }

    /// <summary>
    /// Both offerings have a bundle "sms", of 2 (priority 20) and of 3 (priority 10): the add-on's is drawn first, though the price is the
    /// main offering's, and then the main offering's own. They are two bundles, whatever they are called.
    /// </summary>
    [Fact]
    public void Bundles_OfBoth_AreDrawnInOneOrder()
    {
        Rater rater = Having(
            Plan() with { Bundles = [Bundle("sms", 2, 20)], Prices = [Price("1", "home") with { Bundle = true }] },
            Week() with { Bundles = [Bundle("sms", 3, 10)], Prices = [] });
        Subscribe(rater, "week");

        UsageRecord six = Sms(HomeNetwork) with { Messages = 6 };

        Assert.Equal(
            [("week/sms", 3, "test"), ("sms", 2, "test"), ("", 1, "test")],
            Parts(rater, six).Select(part => (part.Bundle, (int)part.Units, "test" + part.Offering)));
    }

    /// <summary>The bundles of the main offering are the same with and without the add-on, and those of the add-on after a pause.</summary>
    [Fact]
    public void AddOnThatComesAndGoes_LeavesWhatWasDrawn()
    {
        Rater rater = Having(
            Plan() with { Bundles = [Bundle("sms", 5, 20)], Prices = [Price("1", "home") with { Bundle = true }] },
            Week() with { Bundles = [Bundle("sms", 2, 10)], Prices = [] });
        long first = Instant("2026-03-10T00:00:00Z");
        long second = Instant("2026-03-12T00:00:00Z");
        long third = Instant("2026-03-20T00:00:00Z");
        rater.Subscribe(
            1, Rater.Period("A-1", "test", long.MinValue, first), Period(first, second, "week"),
            Rater.Period("A-1", "test", second, third), Period(third, long.MaxValue, "week"));

        // 5 of the main offering: 2 before the add-on, none beside its 2, 1 of them after 3; 1 after it has gone; 1 with it again.
        Assert.Equal(
            [2, 2, 1, 1, 1],
            [
                Covered(rater, 2, "2026-03-09"), Covered(rater, 2, "2026-03-10"), Covered(rater, 1, "2026-03-11"),
                Covered(rater, 1, "2026-03-15"), Covered(rater, 9, "2026-03-21"),
            ]);
    }

    /// <summary>
    /// Of 31 days the main offering has all, and the add-on the 10 from the 11th to the 20th: 31 and 10 of 31 each of one a day. An add-on
    /// takes no day from the main offering.
    /// </summary>
    [Fact]
    public void ProRata_CountsTheDaysOfEachOffering()
    {
        Rater rater = Having(
            Plan() with
            {
                Bundles = [Bundle("own", 31, 20) with { ProRataStep = 1 }],
                Prices = [Price("1", "home") with { Bundle = true }],
            },
            Week() with { Bundles = [Bundle("more", 31, 10) with { ProRataStep = 1 }], Prices = [] });
        long from = Instant("2026-03-11T00:00:00+01:00");
        long to = Instant("2026-03-21T00:00:00+01:00");
        rater.Subscribe(
            1, Rater.Period("A-1", "test", long.MinValue, from), Period(from, to, "week"), Rater.Period("A-1", "test", to, long.MaxValue));

        Assert.Equal(
            [("week/more", 10), ("own", 31), ("", 9)],
            Parts(rater, Sms(HomeNetwork, "2026-03-15T10:00:00Z") with { Messages = 50 }).Select(part => (part.Bundle, (int)part.Units)));
    }

    /// <summary>What the main offering had left of February is carried into March, in which the add-on comes for the first time.</summary>
    [Fact]
    public void Rollover_OfTheMainOffering_IsCarriedWhenAnAddOnComes()
    {
        Rater rater = Having(
            Plan() with
            {
                Bundles = [Bundle("own", 10, 20) with { RolloverMaximum = 10, RolloverPeriods = 1 }],
                Prices = [Price("1", "home") with { Bundle = true }],
            },
            Week() with { ValidFrom = Time("2026-03-01T00:00:00+01:00"), Prices = [] });
        long from = Instant("2026-03-05T00:00:00+01:00");
        rater.Subscribe(
            1, Rater.Period("A-1", "test", Instant("2026-02-01T00:00:00+01:00"), from), Period(from, long.MaxValue, "week"));

        Assert.Equal([4, 16], [Covered(rater, 4, "2026-02-20"), Covered(rater, 30, "2026-03-10")]);
    }

    /// <summary>
    /// In the evening, from 18:00, calls are free by the add-on; a call from 17:59 to 18:02 in Brussels has one minute at 0.60 and two for
    /// nothing, and its parts say of which offering.
    /// </summary>
    [Fact]
    public void Call_IntoAnHourOfTheAddOn_HasAPartOfEachOffering()
    {
        OfferingVersion evening = Week() with
        {
            Bands = [new TimeBand { Name = "evening", From = 18 * 3600, To = 24 * 3600 }],
            Prices = [Voice("0") with { Id = "evening", Minimum = 0, ConnectFee = 0, Bundle = false, Bands = ["evening"] }],
        };
        Rater rater = Having(
            Plan() with { Prices = [Voice("0.60") with { Id = "call", Minimum = 0, ConnectFee = 0, Bundle = false }] }, evening);
        Subscribe(rater, "week");

        Assert.Equal(
            [("", 1, 60, 0.60m), ("week", 4, 120, 0m)],
            Parts(rater, Call(++_id, 180, "2026-03-14T16:59:00Z"))
                .Select(part => (part.Offering, part.OfferingVersion, (int)part.Units, part.Amount)));
        Assert.Equal(
            [("", 4, 60, 0m)],
            Parts(rater, Call(++_id, 60, "2026-03-14T17:30:00Z"))
                .Select(part => (part.Offering, part.OfferingVersion, (int)part.Units, part.Amount)));
    }

    /// <summary>
    /// Passes of two add-ons and of the main offering have the same id, and are three passes: each charges its own price at its first use.
    /// </summary>
    [Fact]
    public void Passes_OfTheSameId_AreOneForEachOffering()
    {
        OfferingPrice pass = Price("5", "world") with
        {
            Model = PriceModel.Pass,
            Pass = new Pass { Id = "day", ValiditySeconds = 86_400 },
        };
        Rater rater = Having(
            Plan() with { Prices = [pass] }, Week() with { Prices = [pass with { UnitPrice = 7 }] });
        long from = Instant("2026-03-10T12:00:00Z");
        long to = Instant("2026-03-10T13:00:00Z");
        rater.Subscribe(
            1, Rater.Period("A-1", "test", long.MinValue, from), Period(from, to, "week"), Rater.Period("A-1", "test", to, long.MaxValue));

        Assert.Equal(
            [("test/1", 5m), ("week/4", 7m), ("week/4", 0m), ("test/1", 0m)],
            [
                Charged(rater, Sms(World, "2026-03-10T11:00:00Z")), Charged(rater, Sms(World, "2026-03-10T12:00:00Z")),
                Charged(rater, Sms(World, "2026-03-10T12:30:00Z")), Charged(rater, Sms(World, "2026-03-10T14:00:00Z")),
            ]);
    }

    /// <summary>
    /// Both have a limit "roaming" of 3.00: the main offering's over all spend, the add-on's over messages abroad. Spend by the prices of
    /// either counts for both, and each has its own message.
    /// </summary>
    [Fact]
    public void Limits_OfBoth_CountWhateverOfferingHasThePrice()
    {
        Rater rater = Having(
            Plan() with { Limits = [Limit("MAIN", SpendScope.All)] },
            Week("1") with
            {
                Prices = [Price("1", "world") with { RatingGroups = [7] }],
                Limits = [Limit("ADD_ON", SpendScope.Other) with { Kinds = [UsageKind.Sms], Zones = ["world"] }],
            });
        Subscribe(rater, "week");

        Assert.Equal(
            ["", "", "MAIN", "ADD_ON"],
            [
                rater.Notices(Sms(HomeNetwork)), rater.Notices(Sms(World) with { RatingGroup = 7 }),
                rater.Notices(Sms(HomeNetwork)), rater.Notices(Sms(World)),
            ]);
    }

    /// <summary>Who opted out of the main offering's limit keeps the add-on's of the same id, which is called after the add-on.</summary>
    [Theory]
    [InlineData("roaming", "ADD_ON")]
    [InlineData("week/roaming", "MAIN")]
    [InlineData("none", "MAIN ADD_ON")]
    public void Choice_ForALimit_IsForThatOfOneOffering(string chosen, string sent)
    {
        Rater rater = Having(
            Plan() with { Limits = [Limit("MAIN", SpendScope.All)] }, Week("3") with { Limits = [Limit("ADD_ON", SpendScope.All)] });
        rater.Subscribe(1, Period(long.MinValue, long.MaxValue, "week") with
        {
            Limits = [new LimitChoice { Limit = chosen, From = Time("2026-01-01T00:00:00Z"), InForce = false }],
        });

        Assert.Equal(sent, rater.Notices(Sms(World)));
    }

    /// <summary>
    /// A main offering without a price list, whose month balance counts its bundle, keeps it beside an add-on; a bundle of the add-on
    /// without an id is another one.
    /// </summary>
    [Fact]
    public void BundlesWithoutId_OfBoth_AreTwo()
    {
        OfferingPrice price = Given.Sms("1");
        Bundle two = new() { Kind = UsageKind.Sms, Units = 2 };
        Rater rater = Having(
            Offering(price with { Bundle = true }) with { Bundles = [two] },
            Week() with { Bundles = [two with { Units = 3 }], Prices = [] });
        long from = Instant("2026-03-12T00:00:00Z");
        rater.Subscribe(1, Rater.Period("A-1", "test", long.MinValue, from), Period(from, long.MaxValue, "week"));

        Assert.Equal([1, 4], [Covered(rater, 1, "2026-03-10"), Covered(rater, 9, "2026-03-13")]);
    }

    private static Rater Having(params OfferingVersion[] offerings) => new(offerings);

    private static void Subscribe(Rater rater, params string[] addOns) =>
        rater.Subscribe(1, Period(long.MinValue, long.MaxValue, addOns));

    private static SubscriptionPeriod Period(long from, long to, params string[] addOns) =>
        Rater.Period("A-1", "test", from, to) with { AddOns = addOns };

    private static OfferingVersion Plan() => Offering(Price("1", "home"), Price("2", "world"));

    private static OfferingVersion Week(string price = "0.25") => Offering(Price(price, "world")) with
    {
        Offering = "week",
        Version = 4,
        AddOnTo = ["test"],
    };

    private static OfferingPrice Price(string price, string zone) => new()
    {
        Id = zone,
        Kind = UsageKind.Sms,
        Zone = zone,
        Unit = PriceUnit.Message,
        UnitSize = 1,
        Increment = 1,
        UnitPrice = Amount(price),
    };

    private static Bundle Bundle(string id, long units, int priority) => new()
    {
        Id = id,
        Kind = UsageKind.Sms,
        Units = units,
        Priority = priority,
    };

    private static OfferingLimit Limit(string message, SpendScope scope) => new()
    {
        Id = "roaming",
        Scope = scope,
        Amount = 3,
        Steps = [new OfferingLimitStep { Permille = 1000, Notification = message, Action = LimitAction.Message }],
    };

    private UsageRecord Sms(string network, string at = "2026-03-14T10:00:00Z") =>
        Message(++_id, at) with { ServingPlmn = Network(network) };

    private long Covered(Rater rater, long messages, string day) =>
        rater.One(Sms(HomeNetwork, day + "T10:00:00Z") with { Messages = messages }).BundleUnits;

    private static (string Version, decimal Amount) Charged(Rater rater, UsageRecord usage, string? zone = null)
    {
        RatingResult rated = rater.One(usage);
        Assert.Equal(RatingOutcome.Rated, rated.Outcome);
        TariffVersion version = rater.Tariffs.Version(rated.VersionIndex);
        if (zone is not null)
        {
            Assert.Equal(zone, Encoding.UTF8.GetString(version.ZoneUtf8(rated.ZoneIndex)));
        }

        return ($"{Encoding.UTF8.GetString(version.OfferingUtf8)}/{version.Version}", Contracts.Nanos.ToDecimal(rated.AmountNanos));
    }

    private static List<Part> Parts(Rater rater, UsageRecord usage)
    {
        RatingResult rated = rater.RateUncommitted(usage)[0];
        UsageRatedView view = default;
        rater.Session.WriteArrays(in rated, rater.Tariffs, ref view);
        List<Part> parts = [];
        foreach (UsagePartView part in new AvroItems<UsagePartView>(view.PartsOctets))
        {
            parts.Add(new Part(
                Encoding.UTF8.GetString(part.Offering), part.OfferingVersion, Encoding.UTF8.GetString(part.Bundle), part.Units,
                Contracts.Nanos.ToDecimal(part.AmountNanos)));
        }

        rater.Session.Commit();
        return parts;
    }

    private readonly record struct Part(string Offering, int OfferingVersion, string Bundle, long Units, decimal Amount);
}
