using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// The properties P-1 to P-10 (docs/money.md) over random tariffs of every model, the worlds of <see cref="DifferentialTests"/>. Half of
/// the worlds are the same in each build, half are new. BELGICOM_FUZZ_RUNS says how many cases each property has (1,000,000 by night),
/// BELGICOM_SEED which world is the first.
/// </summary>
public sealed class TariffPropertyTests
{
    private const int CasesInEveryBuild = 10_000;
    private const int EventsOfAWorld = 20;
    private const long Second = 1000;

    /// <summary>
    /// Each part is rounded once, so a session that is split costs the same within half a nano for each part. A record belongs to the month
    /// in which it begins (D-08), with that month's bundles and tiers.
    /// </summary>
    [Fact]
    public void P1_SessionUnderAnyTariff_CostsInRecordsWhatItCostsWhole() => Hold((world, random) =>
    {
        int cases = 0;
        foreach (SlowUsage usage in Sessions(world))
        {
            SlowUsage[] records = Split(usage, random);
            if (SlowCalendar.Month(records[0].Start) != SlowCalendar.Month(records[^1].Start))
            {
                continue;
            }

            RatedUsageOfAWorld whole = new WorldSession(world).Rate(usage);
            WorldSession session = new(world);
            RatedUsageOfAWorld[] split = [.. records.Select(session.Rate)];
            if (whole.Result.Outcome == RatingOutcome.Rated && split.All(one => one.Result.Outcome == RatingOutcome.Rated))
            {
                long difference = Math.Abs(whole.Result.AmountNanos - split.Sum(one => one.Result.AmountNanos));
                Assert.True(
                    2 * difference <= whole.Parts.Length + split.Sum(one => one.Parts.Length),
                    $"{usage} in records of {string.Join(", ", records.Select(one => one.Units))}: whole {whole.Result.AmountNanos}, "
                        + $"in records {string.Join(" + ", split.Select(one => one.Result.AmountNanos))}");
                Assert.Equal(whole.Result.ChargedUnits, split.Sum(one => one.Result.ChargedUnits));
                Assert.Equal(whole.Result.BundleUnits, split.Sum(one => one.Result.BundleUnits));
                cases++;
            }
        }

        return cases;
    });

    /// <summary>
    /// Partial records that come in any order cost together what they cost in order. Tiers, packages and fair use count all usage of the
    /// month in the order in which it comes; where each unit has one price, their total is the same, too (FairUseTests).
    /// </summary>
    [Fact]
    public void P2_RecordsOfASessionInAnyOrder_CostTheSame() => Hold((world, random) =>
    {
        int cases = 0;
        foreach (SlowUsage usage in Sessions(world).Where(usage => CountsAlone(world, usage.Kind)))
        {
            SlowUsage[] records = Split(usage, random);
            WorldSession ordered = new(world);
            RatedUsageOfAWorld[] before = [.. records.Select(ordered.Rate)];
            if (before.Any(one => one.Result.Outcome != RatingOutcome.Rated)
                || SlowCalendar.Month(records[0].Start) != SlowCalendar.Month(records[^1].Start))
            {
                continue;
            }

            random.Shuffle(records);
            WorldSession shuffled = new(world);
            RatedUsageOfAWorld[] after = [.. records.Select(shuffled.Rate)];
            Assert.Equal(before.Sum(one => one.Result.AmountNanos), after.Sum(one => one.Result.AmountNanos));
            Assert.Equal(before.Sum(one => one.Result.ChargedUnits), after.Sum(one => one.Result.ChargedUnits));
            Assert.Equal(before.Sum(one => one.Result.BundleUnits), after.Sum(one => one.Result.BundleUnits));
            cases++;
        }

        return cases;
    });

    /// <summary>Only a volume tier says that more usage may be cheaper (D-11).</summary>
    [Fact]
    public void P3_MoreUsageUnderAnyTariff_IsNeverCheaper() => Hold((world, random) =>
    {
        int cases = 0;
        foreach (SlowUsage usage in world.Usage.Where(
            usage => usage.Units is > 0 and < 100_000_000_000 && !HasVolumeTiers(world, usage.Kind)))
        {
            SlowUsage more = usage with { Session = null, Units = usage.Units + random.NextInt64(1, 2 * usage.Units!.Value) };
            RatedUsageOfAWorld less = new WorldSession(world).Rate(usage with { Session = null });
            RatedUsageOfAWorld longer = new WorldSession(world).Rate(more);
            if (less.Result.Outcome == RatingOutcome.Rated && longer.Result.Outcome == RatingOutcome.Rated)
            {
                Assert.InRange(less.Result.AmountNanos, 0, longer.Result.AmountNanos);
                cases++;
            }
        }

        return cases;
    });

    /// <summary>Money and each bundle are as before, to the nano and the unit, and nothing is reversed twice (D-28).</summary>
    [Fact]
    public void P4_ChargeUnderAnyTariffAndItsReversal_AreZero() => Hold((world, random) =>
    {
        WorldSession session = new(world);
        int cases = 0;
        foreach (RatedUsageOfAWorld rated in world.Usage.Select(session.Rate).Where(one => one.Result.Outcome == RatingOutcome.Rated))
        {
            ChargedPart[] parts = [
                .. rated.Parts.Select(part => new ChargedPart(part.Component, session.BundleOf(part), part.Units, part.AmountNanos))];
            ReversalState before = new();
            foreach (ChargedPart part in parts.Where(part => part.Bundle.Length > 0))
            {
                before = before with { Bundles = before.Bundles.SetItem(part.Bundle, new BundleRest(0)) };
            }

            ReversalResult result = before.Reverse(1, parts, out ReversalState after, out IReadOnlyList<ChargedPart> reversal);
            Assert.Equal(ReversalResult.Reversed, result);
            Assert.Equal(rated.Result.AmountNanos, after.MoneyNanos);
            Assert.Equal(0, parts.Concat(reversal).Sum(part => part.AmountNanos));
            Assert.All(after.Bundles, bundle => Assert.Equal(
                parts.Where(part => part.Bundle == bundle.Key).Sum(part => part.Units), bundle.Value.Remaining));
            Assert.Equal(ReversalResult.AlreadyReversed, after.Reverse(1, parts, out ReversalState last, out _));
            Assert.Equal(after, last);
            cases++;
        }

        return cases;
    });

    /// <summary>The octets of parts and meters are the same, wherever batches end.</summary>
    [Fact]
    public void P5_ReplayUnderAnyTariff_GivesTheSameOctets() => Hold((world, random) =>
    {
        (WorldSession one, WorldSession other) = (new WorldSession(world), new WorldSession(world));
        foreach (SlowUsage usage in world.Usage)
        {
            Assert.Equal(one.OctetsOf(one.RateUncommitted(usage)), other.OctetsOf(other.RateUncommitted(usage)));
            if (random.Next(3) == 0)
            {
                one.Session.Commit();
            }

            if (random.Next(7) == 0)
            {
                other.Session.Commit();
            }
        }

        return world.Usage.Count;
    });

    [Fact]
    public void P6_UsageUnderAnyTariffThatComesTwice_IsRatedOnce() => Hold((world, _) =>
    {
        WorldSession session = new(world);
        RatingOutcome[] before = [.. world.Usage.Select(usage => session.Rate(usage).Result.Outcome)];
        HashSet<int> charged = [.. world.Usage.Zip(before).Where(pair => IsCharged(pair.Second)).Select(pair => pair.First.Id)];
        for (int time = 2; time <= 3; time++)
        {
            RatingOutcome[] now = [.. world.Usage.Select(usage => session.Rate(usage).Result.Outcome)];
            foreach ((SlowUsage usage, RatingOutcome was, RatingOutcome became) in world.Usage.Zip(before, now))
            {
                // What was refused is refused again, or is in conflict when other usage under its identity was charged meanwhile. A record
                // of a session whose price was too large to be told as its first one may be told as a later one: charged then, and once.
                bool holds = became == RatingOutcome.Late || (IsCharged(was) || was == RatingOutcome.Duplicate
                    ? became == RatingOutcome.Duplicate
                    : became == was
                        || (charged.Contains(usage.Id) ? became is RatingOutcome.Conflict or RatingOutcome.Duplicate
                            : IsCharged(became) && was == RatingOutcome.Rejected && usage.Session is not null));
                Assert.True(holds, $"time {time}: {was}, then {became}: {usage}");
                if (IsCharged(became))
                {
                    charged.Add(usage.Id);
                }
            }

            before = now;
        }

        return world.Usage.Count;
    });

    /// <summary>An event is the sum of its parts, and a month that of its events.</summary>
    [Fact]
    public void P7_SumsUnderAnyTariff_AreThoseOfTheirParts() => Hold((world, _) =>
    {
        WorldSession session = new(world);
        Dictionary<(string, int), long> months = [];
        foreach (SlowUsage usage in world.Usage)
        {
            RatedUsageOfAWorld rated = session.Rate(usage);
            if (rated.Result.Outcome == RatingOutcome.Rated)
            {
                (string, int) month = (usage.Subscriber, rated.Result.PeriodStartDays);
                months[month] = months.GetValueOrDefault(month) + rated.Parts.Sum(part => part.AmountNanos);
                Assert.Equal(months[month], rated.Result.Balance.SpendNanos);
            }
        }

        return world.Usage.Count;
    });

    /// <summary>
    /// A band holds by the clock in Brussels, on days of 23 and 25 hours, too; a bound in the gap takes effect when it ends (D-07).
    /// </summary>
    [Fact]
    public void P8_BandOfAnyTariff_HoldsByTheClockInBrussels() => Hold((world, random) =>
    {
        OfferingVersion version = world.Versions[0];
        TimeBands bands = new(version.Bands, version.Holidays);
        int cases = 0;
        for (int drawn = 0; drawn < 5 && version.Bands.Count > 0; drawn++)
        {
            long at = world.Usage[random.Next(world.Usage.Count)].Start + (random.Next(-7200, 7200) * Second);
            BandsInForce inForce = default;
            ulong held = bands.At(at, ref inForce);
            for (int band = 0; band < version.Bands.Count; band++)
            {
                Assert.Equal(SlowCalendar.Holds(version.Bands[band], version.Holidays, at), (held & (1UL << band)) != 0);
                cases++;
            }
        }

        return cases;
    });

    /// <summary>However usage comes, a bundle gives no more than the largest grant of its versions, and no less than nothing.</summary>
    [Fact]
    public void P10_BundleOfAnyTariff_IsNeverOverdrawn() => Hold((world, _) =>
    {
        WorldSession session = new(world);
        SlowTariff tariff = new(
            world.Versions, [.. world.Accounts.Select(one => new SlowMember(one.Key, one.Value, null, null)), .. world.Devices],
            world.TopUps);
        Dictionary<string, long> drawn = [];
        foreach (SlowUsage usage in world.Usage)
        {
            // What top-ups brought is counted by each, of which a part does not say which; DifferentialTests has it.
            foreach (RatedPart part in session.Rate(usage).Parts.Where(
                part => part.BundleIndex >= 0 && part.BundleIndex < session.BundleVersionOf(part).Bundles.Count))
            {
                Bundle bundle = session.BundleVersionOf(part).Bundles[part.BundleIndex];
                string owner = bundle.Shared ? world.Accounts[usage.Subscriber] : usage.Subscriber;
                string period = SlowTariff.IsMonthly(bundle) ? $"{SlowCalendar.Month(usage.Start):yyyy-MM}" : "";
                string key = $"{bundle.Shared} {owner} {bundle.Kind} {bundle.Id} {period}";
                drawn[key] = drawn.GetValueOrDefault(key) + part.Units;
                long most = world.Versions.SelectMany(version => version.Bundles)
                    .Where(one => one.Kind == bundle.Kind && one.Id == bundle.Id)
                    .Max(one => one.Unlimited
                        ? long.MaxValue
                        : (long)tariff.Granted(one, one.Units, owner, SlowCalendar.Month(usage.Start)));
                Assert.InRange(drawn[key], 0, most);
            }
        }

        return world.Usage.Count;
    });

    /// <summary>Holds a property over as many cases as a build, or a night, has.</summary>
    private static void Hold(Func<SlowWorld, Random, int> property)
    {
        long cases = long.TryParse(
            Environment.GetEnvironmentVariable("BELGICOM_FUZZ_RUNS"), NumberStyles.None, CultureInfo.InvariantCulture, out long asked)
            ? asked
            : CasesInEveryBuild;
        bool isOneSeed = Environment.GetEnvironmentVariable("BELGICOM_SEED") is not null;
        long held = isOneSeed ? 0 : Hold(property, 1, cases / 2);
        held += Hold(property, Seed.Next(), cases - held);
        Notes.Write($"{held} cases");
    }

    private static long Hold(Func<SlowWorld, Random, int> property, int seed, long cases)
    {
        long held = 0;
        for (; held < cases; seed = unchecked(seed + 1))
        {
            try
            {
                held += property(new SlowGenerator(seed).Next(EventsOfAWorld), new Random(seed));
            }
            catch (Xunit.Sdk.XunitException broken)
            {
                Assert.Fail($"After {held} cases (BELGICOM_SEED={seed} repeats it): {broken.Message}");
            }
        }

        return held;
    }

    private static bool IsCharged(RatingOutcome outcome) => outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated;

    /// <summary>Usage that can be one session: of units, under prices that count them.</summary>
    private static IEnumerable<SlowUsage> Sessions(SlowWorld world) => world.Usage
        .Where(usage => usage is { Units: > 1 and < 100_000_000_000, IsSecondaryView: false }
            && !world.Versions.Any(version => version.Prices.Any(
                price => price.Kind == usage.Kind && price.Model is PriceModel.Pass or PriceModel.Percentage)))
        .Select(usage => usage with { Session = "one", End = null, ValueNanos = null });

    /// <summary>Whether what a session costs depends on nothing that all usage of the month counts, and so on no order.</summary>
    private static bool CountsAlone(SlowWorld world, UsageKind kind) => world.Versions.All(
        version => version.Prices.All(price => price.Kind != kind
                || (price.Model is PriceModel.Unit or PriceModel.Flat or PriceModel.Zero && price.Split == VolumeSplit.ByStart))
            && version.Bundles.All(bundle => bundle.Kind != kind || bundle.FairUse.Count == 0));

    private static bool HasVolumeTiers(SlowWorld world, UsageKind kind) =>
        world.Versions.Any(version => version.Prices.Any(price => price.Kind == kind && price.Model == PriceModel.Volume));

    /// <summary>Two to five records of a session: calls go on where the one before ends, all else has the start of the session.</summary>
    private static SlowUsage[] Split(SlowUsage usage, Random random)
    {
        List<SlowUsage> records = [];
        (long start, long left) = (usage.Start, usage.Units!.Value);
        int count = random.Next(2, 6);
        for (int record = 0; record < count && left > 0; record++)
        {
            long units = record == count - 1 ? left : random.NextInt64(1, left + 1);
            records.Add(usage with { Id = usage.Id + (1000 * record), Start = start, Units = units });
            left -= units;
            start += usage.Kind == UsageKind.Voice ? units * Second : 0;
        }

        return [.. records];
    }
}
