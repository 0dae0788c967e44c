using System.Globalization;
using BelgiCom.Streaming.Contracts;
using CsCheck;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// Fair use (D-19): a plan of 60 GB covers 31 GB a month in the EU without a surcharge, which is 1.21 for each further GB; what the bundle
/// does not cover costs 0.10 a MB.
/// </summary>
public sealed class FairUseTests
{
    private const long GB = 1_000_000_000;

    private int _id;

    /// <summary>30 GB are within; of 2 GB more, 1 is above. Of 60 GB, 28 are left at home, and the 29th is priced.</summary>
    [Fact]
    public void Usage_AboveTheVolume_PaysTheSurchargeAndIsDrawnFromTheBundle()
    {
        Rater rater = Having(Plan());

        Assert.Equal(["0", "1.21", "100"], [Eu(rater, 30 * GB), Eu(rater, 2 * GB), Home(rater, 29 * GB)]);
    }

    /// <summary>One part within the volume, one above it (29 × 1.21), one that no bundle covers (1 octet × 0.10 / 1 MB).</summary>
    [Fact]
    public void Event_OverBothBounds_IsSplitAtEachOctet()
    {
        Rater rater = Having(Plan());
        UsageRecord usage = Octets((60 * GB) + 1, "20801", "2026-03-14T10:00:00Z");
        RatingResult result = rater.RateUncommitted(usage)[0];

        Assert.Equal(
            [(PartComponent.Bundle, 31 * GB, "0"), (PartComponent.Bundle, 29 * GB, "35.09"), (PartComponent.Usage, 1, "0.0000001")],
            [
                .. rater.Session.Parts(in result, rater.Tariffs).ToArray()
                    .Select(part => (part.Component, part.Units, Text(part.AmountNanos))),
            ]);
        Assert.Equal((60 * GB, (60 * GB) + 1), (result.BundleUnits, result.ChargedUnits));
    }

    [Fact]
    public void Usage_AtHomeAndInTheWorld_CountsAgainstNoVolume()
    {
        Rater rater = Having(Plan());
        Home(rater, 20 * GB);
        rater.One(Octets(GB, "310260", "2026-03-14T10:00:00Z"));

        Assert.Equal(["0", "1.21"], [Eu(rater, 31 * GB), Eu(rater, GB)]);
    }

    /// <summary>From 17 January on there are 15 days of 31, so 15 of 31 GB.</summary>
    [Fact]
    public void Volume_OfAPartOfAMonth_IsItsDaysPart()
    {
        OfferingVersion plan = Plan();
        Rater rater = Having(
            "2026-01-17T00:00:00+01:00", plan with { Bundles = [plan.Bundles[0] with { ProRataStep = 1_000_000 }] });

        Assert.Equal(["0", "1.21"], [Eu(rater, 15 * GB, "2026-01-20T10:00:00Z"), Eu(rater, GB, "2026-01-20T11:00:00Z")]);
    }

    /// <summary>Half a second before midnight in Brussels, 9 of 40 GB are above 31; from then on 6 are above 34, at 2.00.</summary>
    [Fact]
    public void Volume_ThatChangesOnNewYear_IsThatOfTheMonth()
    {
        DateTimeOffset newYear = DateTimeOffset.FromUnixTimeMilliseconds(Instant("2027-01-01T00:00:00+01:00"));
        OfferingVersion plan = Plan();
        Rater rater = Having(plan with
        {
            Bundles = [
                plan.Bundles[0] with
                {
                    FairUse = [.. plan.Bundles[0].FairUse, new FairUseVolume { From = newYear, Units = 34 * GB }],
                },
            ],
            Prices = [
                plan.Prices[0] with
                {
                    AboveFairUse = [
                        .. plan.Prices[0].AboveFairUse, new FairUseSurcharge { From = newYear, UnitPrice = 2, UnitSize = GB }],
                },
            ],
        });

        Assert.Equal(
            ["10.89", "12"], [Eu(rater, 40 * GB, "2026-12-31T23:59:59.5+01:00"), Eu(rater, 40 * GB, "2027-01-01T00:00:00+01:00")]);
    }

    /// <summary>35 GB are 4 above 31; under a version of 40 GB, 10 more are 5 above it, at 2.00.</summary>
    [Fact]
    public void Version_ThatChangesInMidMonth_CountsOnWithItsVolumeAndSurcharge()
    {
        OfferingVersion plan = Plan();
        Rater rater = Having(plan, plan with
        {
            Version = 2,
            ValidFrom = DateTimeOffset.FromUnixTimeMilliseconds(Instant("2026-03-15T00:00:00+01:00")),
            Bundles = [plan.Bundles[0] with { FairUse = [new FairUseVolume { Units = 40 * GB }] }],
            Prices = [plan.Prices[0] with { AboveFairUse = [new FairUseSurcharge { UnitPrice = 2, UnitSize = GB }] }],
        });

        Assert.Equal(["4.84", "10"], [Eu(rater, 35 * GB), Eu(rater, 10 * GB, "2026-03-20T10:00:00Z")]);
    }

    [Fact]
    public void Price_WithoutASurcharge_CoversAllOfTheBundle()
    {
        OfferingVersion plan = Plan();
        Rater rater = Having(plan with { Prices = [plan.Prices[0] with { AboveFairUse = [] }] });

        Assert.Equal(["0", "0", "100"], [Eu(rater, 40 * GB), Eu(rater, 20 * GB), Eu(rater, GB)]);
    }

    [Fact]
    public void Batch_ThatIsUndone_CountsNothing()
    {
        Rater rater = Having(Plan());
        rater.RateUncommitted(Octets(31 * GB, "20801", "2026-03-14T10:00:00Z"));
        rater.Session.Abort();

        Assert.Equal(["0", "1.21"], [Eu(rater, 31 * GB), Eu(rater, GB)]);
    }

    /// <summary>In whatever order usage of a month and its sessions comes, all of it above 31 GB is paid, and nothing else.</summary>
    [Fact]
    public void Total_OfAMonth_IsWhatIsAboveTheVolume_InAnyOrder() =>
        Gen.Select(Gen.Int[1, 8], Gen.Int[0, 2], Gen.Int[0, 3]).Array[1, 12].Sample(
            drawn =>
            {
                Rater rater = Having(Plan());
                UsageRecord[] usage =
                [
                    .. drawn.Select(one => Octets(
                        one.Item1 * GB, "20801", string.Create(
                            CultureInfo.InvariantCulture, $"2026-03-{10 + one.Item1}T1{one.Item3}:00:00Z")) with
                    {
                        Session = (UInt128)one.Item2,
                    }),
                ];
                long all = usage.Sum(one => one.TotalOctets) / GB;
                long above = Math.Clamp(all - 31, 0, 29);
                long beyond = Math.Max(0, all - 60);
                Assert.Equal((above * 1_210_000_000) + (beyond * 100_000_000_000), rater.Rate(usage).Sum(one => one.AmountNanos));
            },
            iter: 10_000);

    private static OfferingVersion Plan() => Offering(new OfferingPrice
    {
        Kind = UsageKind.Data,
        Unit = PriceUnit.Octet,
        UnitSize = 1_000_000,
        UnitPrice = 0.10m,
        Increment = 1,
        Bundle = true,
        AboveFairUse = [new FairUseSurcharge { UnitPrice = 1.21m, UnitSize = GB }],
    })
        with
    {
        Bundles = [
            new Bundle
            {
                Id = "gb",
                Kind = UsageKind.Data,
                Units = 60 * GB,
                Zones = ["home", "eu"],
                FairUseZone = "eu",
                FairUse = [new FairUseVolume { Units = 31 * GB }],
            },
        ],
    };

    private static Rater Having(params OfferingVersion[] plan) => Having("2026-01-01T00:00:00+01:00", plan);

    private static Rater Having(string from, params OfferingVersion[] plan)
    {
        Rater rater = new(400, 400, plan);
        rater.Subscribe(1, "test", Instant(from));
        return rater;
    }

    private UsageRecord Octets(long octets, string network, string at) => DataUsage(++_id, octets, at, network);

    private string Eu(Rater rater, long octets, string at = "2026-03-14T10:00:00Z") =>
        Text(rater.One(Octets(octets, "20801", at)).AmountNanos);

    private string Home(Rater rater, long octets) => Text(rater.One(Octets(octets, HomeNetwork, "2026-03-14T10:00:00Z")).AmountNanos);

    private static string Text(long nanos) => (nanos / 1_000_000_000m).ToString("0.#########", CultureInfo.InvariantCulture);
}
