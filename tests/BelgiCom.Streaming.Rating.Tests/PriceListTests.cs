using System.Globalization;
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

    /// <summary>
    /// Steps, bands, a new version in mid-session, fee, minimum and maximum, two bundles: whatever the order in which the records of a
    /// session come, they cost the same together, draw the same, and leave the same counts.
    /// </summary>
    [Fact]
    public void PartialRecords_InAnyOrder_CostTheSame_AndLeaveTheSameCounts() =>
        Gen.Select(SessionOfferings, SessionRecords, Gen.Int).Sample(
            AssertSameInAnyOrder,
            iter: 10_000);

    /// <summary>The first record of a call comes last: it began in the dear hours, and its fee was due.</summary>
    [Fact]
    public void FirstRecord_ThatComesLast_HasTheDifference()
    {
        OfferingPrice day = Calls("day") with { Bands = ["day"], ConnectFee = 0.30m, Bundle = false };
        OfferingPrice night = Calls("night") with { UnitPrice = 0.12m, Bundle = false };
        Rater rater = new(Offering(day, night) with { Bands = [new TimeBand { Name = "day", From = 8 * 3600, To = 11 * 3600 }] });
        UsageRecord late = Call(1, 90, "2026-02-03T10:00:30Z") with { Session = 7 };
        UsageRecord early = Call(2, 60, "2026-02-03T09:59:30Z") with { Session = 7 };

        // Alone, the second record is 2 minutes at night. After the first one it goes on: a minute by day with the fee, 2 at night.
        Assert.Equal(Nanos("0.24"), rater.One(late).AmountNanos);
        RatingResult difference = rater.RateUncommitted(early)[0];
        Assert.Equal((Nanos("0.90"), 60L), (difference.AmountNanos, difference.ChargedUnits));
        Assert.Equal(
            [
                (PartComponent.Reversal, -120L, Nanos("-0.24")), (PartComponent.Usage, 60L, Nanos("0.60")),
                (PartComponent.ConnectFee, 0L, Nanos("0.30")), (PartComponent.Usage, 120L, Nanos("0.24")),
            ],
            rater.Session.Parts(in difference, rater.Tariffs).ToArray().Select(part => (part.Component, part.Units, part.AmountNanos)));
    }

    /// <summary>
    /// A session of more records than are kept goes on in the order in which they come; nothing is lost or charged twice.
    /// </summary>
    [Fact]
    public void Session_OfMoreRecordsThanAreKept_IsChargedInOrderOfArrival()
    {
        Rater rater = new(Offering(Calls("calls") with { Bundle = false, MaximumCharge = 1000m }));
        long charged = 0;
        for (int minute = 40; minute > 0; minute--)
        {
            charged += rater.One(Part(minute, seconds: 10)).ChargedUnits;
        }

        Assert.Equal(420, charged);
        Assert.Equal(3 + 32, rater.Session.MeterCount);
    }

    /// <summary>
    /// Where a session costs the same in any order, only its count is kept: one meter, however many records it has. With an increment of
    /// one unit and no fee, nothing is kept.
    /// </summary>
    [Theory]
    [InlineData(60, "0", 1)]
    [InlineData(1, "0.10", 1)]
    [InlineData(1, "0", 0)]
    public void Session_ThatCostsTheSameInAnyOrder_IsOneMeter(long increment, string fee, int meters)
    {
        decimal connectFee = decimal.Parse(fee, CultureInfo.InvariantCulture);
        Rater rater = new(Offering(Calls("calls") with { Bundle = false, Increment = increment, ConnectFee = connectFee }));
        long amount = 0;
        for (int minute = 40; minute > 0; minute--)
        {
            amount += rater.One(Part(minute, seconds: 10)).AmountNanos;
        }

        // 400 s at 0.60 a minute, in whole increments, and the fee once.
        Assert.Equal(Nanos(increment == 60 ? "4.20" : "4.00") + Nanos(fee), amount);
        Assert.Equal(meters, rater.Session.MeterCount);
    }

    /// <summary>
    /// A catalogue with other prices, or another release, asks for more or less of a session than was kept. What was used and charged goes
    /// on, whichever form it has: 130 s are three minutes, once.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Session_UnderPricesThatKeepItInAnotherForm_GoesOn(bool beginsAsACount)
    {
        OfferingVersion count = Offering(Calls("calls") with { Bundle = false });
        OfferingVersion records = Offering(Calls("calls") with { Bundle = false, MaximumCharge = 1000m });
        Rater rater = new(beginsAsACount ? count : records);
        TariffSnapshot later = new([beginsAsACount ? records : count], rater.Offerings);

        Assert.Equal(60, rater.One(Part(1, seconds: 10)).ChargedUnits);
        RatingResult[] rated = new RatingResult[2];
        rater.Session.Rate([Part(2, seconds: 50), Part(3, seconds: 70)], later, rated);

        Assert.Equal([0L, 120L], rated.Select(result => result.ChargedUnits));
        Assert.Equal(Nanos("1.20"), rated.Sum(result => result.AmountNanos));
        int meters = rater.Session.MeterCount;
        Assert.Equal(beginsAsACount, meters == 1);
    }

    /// <summary>
    /// A session is remembered for so many days after its last record, in either form; then the next record begins one of its own, and the
    /// meters go.
    /// </summary>
    [Theory]
    [InlineData(3, null, 0)]
    [InlineData(4, null, 60)]
    [InlineData(3, "1000", 0)]
    [InlineData(4, "1000", 60)]
    public void Session_ThatIsSilentForLongerThanItsDays_BeginsAnew(int days, string? most, long charged)
    {
        decimal? maximum = most is null ? null : decimal.Parse(most, CultureInfo.InvariantCulture);
        Rater rater = new(45, 45, 3, Offering(Calls("calls") with { Bundle = false, MaximumCharge = maximum }));
        UsageRecord first = Part(1, seconds: 10);
        UsageRecord second = Part(2, seconds: 10) with { EventTimeMilliseconds = first.EventTimeMilliseconds + (days * 1440L * Minute) };

        Assert.Equal(60, rater.One(first).ChargedUnits);
        Assert.Equal(charged, rater.One(second).ChargedUnits);
    }

    /// <summary>One price at all times: whatever the order, the records cost the same and leave the same counts.</summary>
    [Fact]
    public void PartialRecords_UnderOnePrice_CostTheSameInAnyOrder_AndLeaveTheSameCounts() =>
        Gen.Select(SteadyOfferings, SessionRecords, Gen.Int).Sample(
            (offering, records, seed) => AssertSameInAnyOrder([offering], records, seed),
            iter: 10_000);

    private static readonly Gen<OfferingVersion> SteadyOfferings =
        from price in Gen.OneOf(Gen.Long[0, 2_000_000_000], Gen.Long[0, 2_000].Select(price => price * 60_000_000))
        from increment in Gen.OneOf(Gen.Const(1L), Gen.Const(10L), Gen.Const(60L), Gen.Const(1000L))
        from minimum in Gen.OneOf(Gen.Const(0L), Gen.Const(1L), Gen.Const(100L), Gen.Const(700L))
        from fee in Gen.OneOf(Gen.Const(0L), Gen.Long[0, 500_000_000])
        from drawn in Gen.Bool
        from units in Gen.Long[1, 900].Array[2]
        from bundles in Gen.Int[0, 3]
        let calls = Calls("calls") with
        {
            UnitPrice = price / 1_000_000_000m,
            Increment = increment,
            Minimum = minimum,
            ConnectFee = fee / 1_000_000_000m,
            Bundle = drawn,
        }
        select Offering(calls) with
        {
            Bundles =
            [
                .. new Bundle[]
                {
                    new() { Id = "own", Kind = UsageKind.Voice, Units = units[0] },
                    new() { Kind = UsageKind.Voice, Units = units[1] },
                }.Where((_, index) => (bundles & (1 << index)) != 0),
            ],
        };

    private static readonly Gen<OfferingVersion[]> SessionOfferings =
        from day in Gen.Long[0, 2_000_000_000]
        from night in Gen.Long[0, 2_000_000_000]
        from increments in Gen.OneOf(Gen.Const(1L), Gen.Const(10L), Gen.Const(60L)).Array[2]
        from fee in Gen.Long[0, 500_000_000]
        from bounds in Gen.Int[0, 3]
        from units in Gen.Long[1, 900].Array[2]
        from bundles in Gen.Int[0, 3]
        from change in Gen.Int[-30, 600]
        let first = Calls("day") with
        {
            Bands = ["day"],
            UnitPrice = day / 1_000_000_000m,
            Increment = increments[0],
            ConnectFee = fee / 1_000_000_000m,
            Minimum = bounds == 3 ? 100 : 0,
            MinimumCharge = bounds == 1 ? 1m : null,
            MaximumCharge = bounds == 2 ? 3m : null,
        }
        let other = Calls("night") with
        {
            Steps =
            [
                new PriceStep { From = 0, UnitPrice = night / 1_000_000_000m, UnitSize = 60, Increment = increments[1] },
                new PriceStep { From = 120, UnitPrice = day / 1_000_000_000m, UnitSize = 7, Increment = 30 },
            ],
        }
        let one = Offering(first, other) with
        {
            Bands = [new TimeBand { Name = "day", From = 8 * 3600, To = 12 * 3600 }],
            Bundles =
            [
                .. new Bundle[]
                {
                    new() { Id = "own", Kind = UsageKind.Voice, Units = units[0], ValidFrom = Time("2026-02-03T10:20:00Z") },
                    new() { Kind = UsageKind.Voice, Units = units[1] },
                }.Where((_, index) => (bundles & (1 << index)) != 0),
            ],
        }
        select new[]
        {
            one,
            one with
            {
                Version = 2,
                ValidFrom = Time("2026-02-03T10:00:00Z").AddMinutes(change),
                Prices = [first with { UnitPrice = 0.07m }, other],
            },
        };

    private static readonly Gen<UsageRecord[]> SessionRecords =
        Gen.Select(Gen.Int[0, 240], Gen.Long[1, 400]).Array[2, 8].Select(
            records => records.Select((record, index) => Part(index + 1, record.Item2) with
            {
                EventTimeMilliseconds = Instant("2026-02-03T08:30:00Z") + (record.Item1 * (long)Minute),
            }).ToArray());

    private static void AssertSameInAnyOrder(OfferingVersion[] catalogue, UsageRecord[] records, int seed)
    {
        UsageRecord[] inOrder = [
            .. records.OrderBy(record => record.EventTimeMilliseconds).ThenBy(record => record.DurationSeconds)];
        UsageRecord[] shuffled = [.. records];
        new Random(seed).Shuffle(shuffled);
        Rater one = new(catalogue);
        Rater other = new(catalogue);
        RatingResult[] expected = inOrder.Select(one.One).ToArray();
        RatingResult[] rated = shuffled.Select(other.One).ToArray();

        Assert.All(expected, result => Assert.Equal(RatingOutcome.Rated, result.Outcome));
        Assert.Equal(Sums(expected), Sums(rated));
        Assert.Equal(CountsOf(one), CountsOf(other));
    }

    private static (long Amount, long Charged, long Covered) Sums(RatingResult[] rated) => (
        rated.Sum(result => result.AmountNanos), rated.Sum(result => result.ChargedUnits), rated.Sum(result => result.BundleUnits));

    private static string[] CountsOf(Rater rater)
    {
        // At which spend a customer was told of a limit depends on the order.
        HashSet<ulong> told = [
            .. Enumerable.Range(0, rater.Tariffs.Count).SelectMany(version => Enum.GetValues<SpendScope>().SelectMany(
                scope => rater.Tariffs.Version(version).Limits.Reached(scope, long.MaxValue).ToArray())).Select(notice => notice.Number)];
        rater.Session.BeginCheckpoint();
        MeterEntry[] meters = new MeterEntry[100];
        int count = rater.Session.TakeMeters(meters);
        BalanceEntry[] balances = new BalanceEntry[2];
        Assert.InRange(rater.Session.TakeBalances(balances), 0, 1);
        return
        [
            $"{balances[0].Balance.SpendNanos} {balances[0].Balance.BundleSecondsUsed}",
            .. meters[..count].Where(meter => (meter.Units | meter.Nanos) != 0 && !told.Contains(meter.Id))
                .Select(meter => meter.ToString()).Order(),
        ];
    }

    /// <summary>
    /// Members of an account may be rated on different partitions, so their session leaves the usage to the one of the account.
    /// </summary>
    [Fact]
    public void SharedBundle_IsLeftToTheSessionOfTheAccount_ByTheWorkerAlone()
    {
        OfferingVersion shared = Offering(Calls("calls")) with
        {
            Bundles = [new Bundle { Id = "b", Kind = UsageKind.Voice, Units = 100, Shared = true }],
        };
        UsageRecord call = Call(1, 60);
        foreach (bool takesAllTerms in new[] { true, false })
        {
            CompiledCatalogue catalogue = new(takesAllTerms);
            catalogue.Put(shared);
            catalogue.Compile();
            RatingSession session = new(45, 45);
            session.SetSubscription(call.Subscriber, [new SubscriptionPeriod { Account = "A", Offering = "test" }], catalogue.Offerings);
            session.Rate(in call, catalogue.Tariffs, out RatingResult result);

            Assert.Empty(catalogue.Problems);
            Assert.Equal((!takesAllTerms, takesAllTerms ? 60 : 0), (result.IsOfAccount, result.BundleUnits));
            RatingSession account = new(45, 45);
            Membership member = new()
            {
                Account = "A"u8,
                AccountKey = new AccountKeys().Of("A"u8),
                Offering = catalogue.Offerings.Find("test"u8),
            };
            account.RateForAccount(in call, in member, catalogue.Tariffs, out RatingResult rated);
            Assert.Equal((RatingOutcome.Rated, 60L), (rated.Outcome, rated.BundleUnits));
            Assert.Equal("A"u8, account.Account(in rated));
            account.RateForAccount(call with { UsageId = 2, Subscriber = 2 }, in member, catalogue.Tariffs, out rated);
            Assert.Equal(40, rated.BundleUnits);
            Membership unknown = new()
            {
                Account = "A"u8,
                AccountKey = member.AccountKey,
                Offering = catalogue.Offerings.Find("nobody's"u8),
            };
            account.RateForAccount(call with { UsageId = 3 }, in unknown, catalogue.Tariffs, out rated);
            Assert.Equal(RejectedReason.NoTariff, rated.RejectedReason);
        }
    }

    /// <summary>
    /// 70 and 50 KiB by 64 KiB: together they are two increments, so the second record adds none; by themselves they are two and one. What
    /// other offerings are in the catalogue changes nothing.
    /// </summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 64 * 1024)]
    public void Session_OfAnOfferingWithoutAPriceList_IsChargedTogetherByTheLibraryAlone(bool takesAllTerms, long second)
    {
        CompiledCatalogue catalogue = new(takesAllTerms);
        catalogue.Put(Given.Offering(Given.Data()));
        catalogue.Put(Offering(Calls("flat") with { Model = PriceModel.Flat }) with { Offering = "list" });
        catalogue.Compile();
        RatingSession session = new(45, 45);
        session.SetSubscription(1, [Rater.Period("A-1", "test", long.MinValue, long.MaxValue)], catalogue.Offerings);

        session.Rate(Given.DataUsage(1, 70 * 1024) with { Session = 9 }, catalogue.Tariffs, out RatingResult first);
        session.Rate(Given.DataUsage(2, 50 * 1024) with { Session = 9 }, catalogue.Tariffs, out RatingResult then);

        Assert.Equal((RatingOutcome.Rated, 128L * 1024), (first.Outcome, first.ChargedUnits));
        Assert.Equal((RatingOutcome.Rated, second), (then.Outcome, then.ChargedUnits));
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
