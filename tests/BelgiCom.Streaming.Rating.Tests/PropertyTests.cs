using System.Numerics;
using BelgiCom.Streaming.Contracts;
using CsCheck;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// The property tests P-1 to P-10 that belong to rating. P-4 (bill lines) is with the ledger, P-8 (DST) in CalendarTests, P-9 (Avro
/// decimals) with the event types.
/// </summary>
public sealed class PropertyTests
{
    private const int Cases = 10_000;

    private static readonly Gen<OfferingPrice> AnyPrice = Gens.Price.Select(price =>
        price with
        {
            Kind = UsageKind.Data,
            Unit = PriceUnit.Octet,
            Zone = "",
            RatingGroups = [],
            Direction = Direction.NotApplicable,
            ZeroRated = false,
        });

    [Fact]
    public void P1_SessionSplitAtIncrements_CostsTheSame_WithinHalfANanoForEachPart() =>
        Gen.Select(AnyPrice, Gen.Int[1, 500].Array[1, 8]).Sample((price, increments) =>
        {
            OfferingPrice plain = price with { Minimum = 0, ConnectFee = 0, Bundle = false };
            Rater whole = new(Offering(plain));
            Rater parts = new(Offering(plain));
            RatingResult one = whole.One(DataUsage(1, increments.Sum(part => (long)part * plain.Increment)));
            RatingResult[] split = parts.Rate([.. increments.Select((part, i) => DataUsage(i + 1, part * plain.Increment))]);

            Assert.Equal(one.ChargedUnits, split.Sum(part => part.ChargedUnits));
            Assert.InRange(2 * Math.Abs(one.AmountNanos - split.Sum(part => part.AmountNanos)), 0, increments.Length + 1);
        }, iter: Cases);

    [Fact]
    public void P2_OrderOfEvents_WithoutBundles_ChangesNoAmount() =>
        Gen.Select(Gens.Catalogue, Gens.Usage.Array[1, 30], Gen.Int).Sample((catalogue, usage, seed) =>
        {
            OfferingVersion[] plain = [
                .. catalogue.Select(
                    offering => offering with { Bundles = [], Offering = offering.Offering == "one" ? "test" : offering.Offering })];
            UsageRecord[] events = [.. usage.DistinctBy(one => one.UsageId).Select(one => one with { Subscriber = 1 })];
            UsageRecord[] shuffled = [.. events];
            new Random(seed).Shuffle(shuffled);

            Dictionary<UInt128, long> first = Amounts(plain, events);
            Assert.Equal(first, Amounts(plain, shuffled));
        }, iter: Cases);

    [Fact]
    public void P3_MoreUsage_IsNeverCheaper() =>
        Gen.Select(AnyPrice, Gen.Long[1, 10_000_000], Gen.Long[0, 10_000_000], Gen.Long[1, 5_000_000])
            .Sample((price, units, more, bundle) =>
        {
            OfferingVersion offering = Offering(price) with { Bundles = [Bundle(UsageKind.Data, bundle, [])] };
            Assert.True(
                new Rater(offering).One(DataUsage(1, units)).AmountNanos
                    <= new Rater(offering).One(DataUsage(1, units + more)).AmountNanos);
        }, iter: Cases);

    [Fact]
    public void P5_Replay_GivesTheSameResults_WhateverTheBatches() =>
        Gen.Select(Gens.Catalogue, Gens.Usage.Array[1, 50], Gen.Int[1, 50], Gen.Int[1, 50]).Sample((catalogue, usage, one, other) =>
            Assert.Equal(Describe(catalogue, usage, one), Describe(catalogue, usage, other)), iter: Cases);

    [Fact]
    public void P6_UsageTwice_IsRatedOnce() =>
        Gen.Select(Gens.Catalogue, Gens.Usage.Array[1, 30]).Sample((catalogue, usage) =>
        {
            List<string> once = Describe(catalogue, usage, usage.Length);
            List<string> twice = Describe(catalogue, [.. usage, .. usage], usage.Length);
            Assert.Equal(once, twice.Take(usage.Length));
            // Nothing is rated the second time: what was rated is a duplicate now, and what was suspended or late stays so.
            Assert.DoesNotContain(
                twice.Skip(usage.Length),
                line => line.StartsWith("Rated", StringComparison.Ordinal) || line.StartsWith("ZeroRated", StringComparison.Ordinal));
        }, iter: Cases);

    [Fact]
    public void P7_BalanceOfThePeriod_IsTheSumOfItsEvents() =>
        Gen.Select(Gens.Catalogue, Gens.Usage.Array[1, 50]).Sample((catalogue, usage) =>
        {
            Rater rater = Subscribed(catalogue);
            RatingResult[] rated = rater.RateUncommitted(usage);
            IEnumerable<IGrouping<(UInt128 Subscriber, int PeriodStartDays), RatingResult>> periods = rated.Zip(usage)
                .Where(pair => pair.First.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
                .GroupBy(pair => (pair.Second.Subscriber, pair.First.PeriodStartDays), pair => pair.First);
            Assert.All(periods, period => Assert.Equal(period.Sum(one => one.AmountNanos), period.Last().Balance.SpendNanos));
        }, iter: Cases);

    [Fact]
    public void P10_Bundle_IsNeverOverdrawn() =>
        Gen.Select(Gens.Catalogue, Gens.Usage.Array[1, 50]).Sample((catalogue, usage) =>
        {
            OfferingVersion[] fixedBundles = [
                .. catalogue.Select(
                    offering => offering with { Bundles = [Bundle(UsageKind.Data, 100_000, []), Bundle(UsageKind.Voice, 300, [])] })];
            foreach (RatingResult rated in Subscribed(fixedBundles).Rate(usage))
            {
                Assert.InRange(rated.Balance.BundleOctetsUsed, 0, 100_000);
                Assert.InRange(rated.Balance.BundleSecondsUsed, 0, 300);
                Assert.InRange(rated.BundleUnits, 0, rated.ChargedUnits);
            }
        }, iter: Cases);

    [Fact]
    public void Price_OverAllNumbers_IsTheExactQuotientRoundedHalfAway() =>
        Gen.Select(
            Gen.Long[0, long.MaxValue], Gen.Long[0, Contracts.Nanos.Max],
            Gen.OneOf(Gen.Long[1, 10], Gen.Long[1, long.MaxValue])).Sample((units, price, size) =>
        {
            BigInteger twice = BigInteger.Multiply(units, price) * 2;
            BigInteger exact = (twice + size) / (2 * (BigInteger)size);
            bool fits = RoundingPolicy.TryPrice(units, price, size, out long nanos);
            Assert.Equal(exact <= Contracts.Nanos.Max, fits);
            if (fits)
            {
                Assert.Equal(exact, nanos);
            }
        }, iter: 100_000);

    [Theory]
    [InlineData(1, 1, 2, 1)] // 0.5 → 1
    [InlineData(3, 1, 2, 2)] // 1.5 → 2
    [InlineData(1, 1, 3, 0)] // 0.33 → 0
    [InlineData(5, 1, 2, 3)] // 2.5 → 3, where half to even would give 2
    public void Price_AtATie_RoundsAwayFromZero(long units, long price, long size, long nanos)
    {
        Assert.True(RoundingPolicy.TryPrice(units, price, size, out long actual));
        Assert.Equal(nanos, actual);
    }

    private static Rater Subscribed(OfferingVersion[] catalogue)
    {
        Rater rater = new(catalogue);
        rater.Subscribe(1, "one");
        rater.Subscribe(2, "two");
        rater.Subscribe(3, "one");
        return rater;
    }

    private static List<string> Describe(OfferingVersion[] catalogue, UsageRecord[] usage, int batch)
    {
        Rater rater = Subscribed(catalogue);
        List<string> lines = [];
        foreach (UsageRecord[] part in usage.Chunk(batch))
        {
            lines.AddRange(rater.Rate(part).Select(rated =>
                $"{rated.Outcome} {rated.ZeroRatedReason} {rated.RejectedReason} {rated.VersionIndex} {rated.ZoneIndex} {rated.PriceIndex} "
                + $"{rated.PeriodStartDays} {rated.Crossed} {rated.ChargedUnits} {rated.BundleUnits} "
                + $"{rated.AmountNanos} {rated.Balance.SpendNanos} {rated.Balance.BundleOctetsUsed} {rated.Balance.BundleSecondsUsed} "
                + $"{rated.Balance.BundleMessagesUsed}"));
        }

        return lines;
    }

    private static Dictionary<UInt128, long> Amounts(OfferingVersion[] catalogue, UsageRecord[] usage)
    {
        Rater rater = new(3660, 3660, catalogue);
        return usage.Zip(rater.Rate(usage)).ToDictionary(pair => pair.First.UsageId, pair => pair.Second.AmountNanos);
    }
}
