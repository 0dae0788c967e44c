using BelgiCom.Streaming.Contracts;
using CsCheck;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Price lists beyond the golden cases, which are in the catalogue's tests.</summary>
public sealed class PriceListTests
{
    private const int Minute = 60_000;
    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    [Fact]
    public void Bands_AtAnyInstant_AreThoseOfTheWallClockInBrussels()
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Brussels", out TimeZoneInfo? brussels))
        {
            Assert.Skip("This machine has no time-zone data.");
        }

        Gen<string[]> someDays = Gen.Int[0, 6].Select(day => DayNames[day]).Array[0, 3];
        Gen<TimeBand> band = Gen.Select(
            Gen.Int[0, 95], Gen.Int[1, 96], someDays,
            (from, to, days) => new TimeBand { Name = "", From = from * 900, To = to * 900, Days = days });

        // Around the clock changes as often as anywhere else.
        Gen<long> instant = Gen.OneOf(
            Gen.Long[Instant("2020-01-01T00:00:00Z"), Instant("2030-01-01T00:00:00Z")],
            Gen.Long[Instant("2026-03-28T21:00:00Z"), Instant("2026-03-29T06:00:00Z")],
            Gen.Long[Instant("2026-10-24T21:00:00Z"), Instant("2026-10-25T06:00:00Z")]);
        Gen.Select(band.Array[1, 5], instant).Sample(
            (bands, at) =>
            {
                TimeBands compiled = new(bands, []);
                BandsInForce last = default;
                ulong found = compiled.At(at, ref last);

                Assert.Equal(Expected(bands, at, brussels), found);
                Assert.True(last.From <= at && at < last.Until);
                Assert.Equal(found, Expected(bands, last.From, brussels));
                Assert.Equal(found, Expected(bands, last.Until - 1, brussels));
            },
            iter: 10_000);
    }

    [Theory]
    [InlineData("32475000000", "mobile")]
    [InlineData("3242222222", "liege")]
    [InlineData("3280012345", "free")]
    [InlineData("112", "emergency")]
    [InlineData("1122", null)]
    [InlineData("3", null)]
    [InlineData("", null)]
    public void Destination_OfANumber_IsTheShortNumberElseTheLongestPrefix(string number, string? expected)
    {
        Destination[] destinations =
        [
            new() { Name = "mobile", Prefixes = ["3245", "3246", "3247", "3248", "3249"] },
            new() { Name = "liege", Prefixes = ["324", "3280"] },
            new() { Name = "free", Prefixes = ["32800"] },
            new() { Name = "emergency", ShortNumbers = ["112", "101"] },
        ];
        Assert.True(CalledNumber.TryParse(number, out CalledNumber called));

        int found = new DestinationMap(destinations).Find(called);

        Assert.Equal(expected, found < 0 ? null : destinations[found].Name);
    }

    /// <summary>
    /// Of most numbers usage carries the beginning only. Where that could be of two destinations, none is taken; of a number that is free
    /// by law it says just that; of a number that is not known, nothing, and a destination of all numbers is none of unknown ones.
    /// </summary>
    [Theory]
    [InlineData("3247512", true, "mobile")]
    [InlineData("3280012", true, "free")]
    [InlineData("32801", true, "liege")]
    [InlineData("3280", true, null)]
    [InlineData("32", true, null)]
    [InlineData("324", true, null)]
    [InlineData("49", true, "world")]
    [InlineData("112", true, "world")]
    [InlineData("112", false, "emergency")]
    [InlineData("0", false, "emergency")]
    [InlineData("1207", false, "world")]
    [InlineData("", false, null)]
    public void Destination_OfWhatUsageCarries_IsNotGuessed(string digits, bool isBeginning, string? expected)
    {
        Destination[] destinations =
        [
            new() { Name = "mobile", Prefixes = ["3247"] },
            new() { Name = "liege", Prefixes = ["324", "3242", "3280"] },
            new() { Name = "free", Prefixes = ["32800"] },
            new() { Name = "emergency", ShortNumbers = ["112", "101"] },
            new() { Name = "world", Prefixes = [""] },
        ];
        byte[] octets = System.Text.Encoding.ASCII.GetBytes(digits);
        int found = new DestinationMap(destinations).Find(isBeginning ? CalledNumber.OfBeginning(octets) : CalledNumber.Of(octets));

        Assert.Equal(expected, found < 0 ? null : destinations[found].Name);
    }

    [Fact]
    public void Batch_ThatIsAborted_LeavesNoTraceInBundlesTiersAndSessions()
    {
        OfferingPrice tiered = Calls("tiered") with
        {
            Model = PriceModel.Graduated,
            Tiers = [
                new PriceTier { UpTo = 300, UnitPrice = 0.01m, UnitSize = 1, Flat = 1m },
                new PriceTier { UpTo = -1, UnitPrice = 0.005m, UnitSize = 1 }],
        };
        Rater rater = new(Offering(tiered) with
        {
            Bundles = [new Bundle { Id = "b", Kind = UsageKind.Voice, Units = 100 }],
        });
        UsageRecord[] usage = [.. Enumerable.Range(1, 6).Select(minute => Part(minute, seconds: 90))];
        RatingResult[] first = rater.RateUncommitted(usage);
        rater.Session.Abort();
        RatingResult[] second = rater.Rate(usage);

        Assert.Equal(first.Select(result => result.AmountNanos), second.Select(result => result.AmountNanos));

        // 540 s in steps of 60 s, one session: 540 s; 100 of them covered, 300 at 0.01 + 1 once, 140 at 0.005.
        Assert.Equal(Nanos("4.70"), second.Sum(result => result.AmountNanos));
    }

    public static TheoryData<string, OfferingVersion> Lacking => new()
    {
        { "with VAT", Offering(Calls("calls")) with { PriceBasis = PriceBasis.Gross } },
        {
            "shared",
            Offering(Calls("calls")) with { Bundles = [new Bundle { Id = "b", Kind = UsageKind.Voice, Units = 1, Shared = true }] }
        },
    };

    [Theory]
    [MemberData(nameof(Lacking))]
    public void Catalogue_OfTheWorker_RefusesWhatTheTopicsDoNotCarry(string reason, OfferingVersion version)
    {
        CompiledCatalogue all = new(takesAllTerms: true);
        CompiledCatalogue worker = new(takesAllTerms: false);
        foreach (CompiledCatalogue catalogue in new[] { all, worker })
        {
            catalogue.Put(version);
            catalogue.Put(Offering(Calls("flat") with { Model = PriceModel.Flat, UnitPrice = 2 }) with { Offering = "flat" });
            catalogue.Compile();
        }

        Assert.Empty(all.Problems);
        Assert.Contains(reason, Assert.Single(worker.Problems), StringComparison.Ordinal);
    }

    private static OfferingPrice Calls(string id) => new()
    {
        Id = id,
        Kind = UsageKind.Voice,
        Unit = PriceUnit.Second,
        UnitSize = 60,
        UnitPrice = 0.60m,
        Increment = 60,
        Bundle = true,
    };

    private static UsageRecord Part(int minute, long seconds) => Call(minute, seconds) with
    {
        EventTimeMilliseconds = Instant("2026-02-03T10:00:00Z") + (minute * 2 * Minute),
        Session = 7,
    };

    /// <summary>The same by the time-zone database. A bound in the hour that spring leaves out takes effect when it is over.</summary>
    private static ulong Expected(TimeBand[] bands, long milliseconds, TimeZoneInfo brussels)
    {
        DateTime local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), brussels).DateTime;
        double second = local.TimeOfDay.TotalSeconds;
        ulong expected = 0;
        for (int index = 0; index < bands.Length; index++)
        {
            TimeBand band = bands[index];
            bool isDay = band.Days.Count == 0 || band.Days.Contains(DayNames[(int)local.DayOfWeek]);
            bool isHour = band.From < band.To ? second >= band.From && second < band.To : second >= band.From || second < band.To;
            expected |= isDay && isHour ? 1UL << index : 0;
        }

        return expected;
    }
}
