using System.Collections.Immutable;
using BelgiCom.Streaming.Contracts;
using CsCheck;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Reversals and re-rating (D-28, D-29).</summary>
public sealed class CorrectionTests
{
    private const int Cases = 10_000;
    private const long February = 1_772_319_600_000; // 2026-03-01T00:00:00+01:00, its end

    private static readonly Gen<ChargedPart> AnyPart = Gen.Select(
        Gen.Enum<PartComponent>(), Gen.OneOf(Gen.Const(""), Gen.Const("a"), Gen.Const("b")),
        Gen.Long[-1_000_000, 1_000_000], Gen.Long[-1_000_000_000_000, 1_000_000_000_000],
        (component, bundle, units, nanos) => new ChargedPart(component, bundle, units, nanos));

    private static readonly Gen<UsageRecord[]> AnyUsage = Gen.Select(Gen.Int[0, 40], Gen.Long[0, 400]).Array[1, 12].Select(
        drawn => drawn.Select((one, index) => Call(index + 1, one.Item2) with
        {
            EventTimeMilliseconds = Instant("2026-02-03T10:00:00Z") + (one.Item1 * 60_000),
        }).ToArray());

    [Fact]
    public void P4_ChargeAndItsReversal_AreZeroInMoneyAndInEachBundle() =>
        Gen.Select(AnyPart.Array[0, 8], Gen.Long[-1_000_000, 1_000_000], Gen.Long[0, 1_000_000]).Sample((parts, money, units) =>
        {
            ReversalState balance = Balance(money, units);
            ReversalState charged = balance with
            {
                MoneyNanos = money - parts.Sum(part => part.AmountNanos),
                Bundles = balance.Bundles.ToImmutableDictionary(
                    bundle => bundle.Key,
                    bundle => bundle.Value with
                    {
                        Remaining = units - parts.Where(part => part.Bundle == bundle.Key).Sum(part => part.Units),
                    }),
            };

            ReversalResult result = charged.Reverse(1, parts, out ReversalState after, out IReadOnlyList<ChargedPart> reversal);
            Assert.Equal(ReversalResult.Reversed, result);
            Assert.Equal(money, after.MoneyNanos);
            Assert.All(after.Bundles.Values, rest => Assert.Equal(units, rest.Remaining));
            Assert.Equal(parts, reversal.Select(part => part.Reverse()));
            Assert.Equal(0, parts.Concat(reversal).Sum(part => part.AmountNanos));

            Assert.Equal(ReversalResult.AlreadyReversed, after.Reverse(1, parts, out ReversalState again, out reversal));
            Assert.Same(after, again);
            Assert.Empty(reversal);
        }, iter: Cases);

    [Theory]
    [InlineData(February - 1, true)]
    [InlineData(February, false)]
    public void Units_ThatComeBackToABundle_CanBeUsedUntilItIsOver(long at, bool isUsable)
    {
        ReversalState balance = Balance(0, 0);
        balance.Reverse(1, [new ChargedPart(PartComponent.Bundle, "a", 60, 0)], out ReversalState after, out _);

        Assert.Equal((60, isUsable), (after.Bundles["a"].Remaining, after.Bundles["a"].IsUsableAt(at)));
    }

    [Fact]
    public void Reversal_OfAPartFromAnUnknownBundle_ChangesNothing()
    {
        ReversalState balance = Balance(5, 5);

        ReversalResult result = balance.Reverse(
            1, [new ChargedPart(PartComponent.Bundle, "gone", 1, 0)], out ReversalState after, out IReadOnlyList<ChargedPart> reversal);

        Assert.Equal(ReversalResult.UnknownBundle, result);
        Assert.Same(balance, after);
        Assert.Empty(reversal);
    }

    [Fact]
    public void Corrections_OfAnyUsage_LeadFromTheOldTotalToTheNew() =>
        Gen.Select(AnyUsage, Gen.Long[1, 600], Gen.Long[1, 600]).Sample((usage, first, second) =>
        {
            IReadOnlyList<ChargedUsage> before = Rate(usage, first, byEventTime: false);
            IReadOnlyList<ChargedUsage> after = Rate(usage, second, byEventTime: true);
            IReadOnlyList<Correction> corrections = Rerating.Differences(before, after);

            Assert.Equal(
                after.Sum(one => one.AmountNanos) - before.Sum(one => one.AmountNanos),
                corrections.Sum(correction => correction.DifferenceNanos));
            Assert.Equal(
                Drawn(after.SelectMany(one => one.Parts)) - Drawn(before.SelectMany(one => one.Parts)),
                Drawn(corrections.SelectMany(one => one.Reversal!.Concat(one.New!))));
            Assert.Empty(Rerating.Differences(after, after));

            // What no correction names is the same before and after.
            HashSet<UInt128> corrected = [.. corrections.Select(correction => correction.UsageId)];
            Assert.All(
                before.Zip(after).Where(pair => !corrected.Contains(pair.First.UsageId)),
                pair => Assert.Equal(
                    (pair.First.AmountNanos, Drawn(pair.First.Parts)), (pair.Second.AmountNanos, Drawn(pair.Second.Parts))));
        }, iter: Cases / 5);

    /// <summary>Whatever the order in which usage came, what it costs when it is rated again is the same.</summary>
    [Fact]
    public void Rerating_OfUsageInAnyOrder_GivesTheSame() =>
        Gen.Select(AnyUsage, Gen.Int).Sample((drawn, seed) =>
        {
            UsageRecord[] usage = [.. drawn.DistinctBy(one => one.EventTimeMilliseconds)];
            UsageRecord[] shuffled = [.. usage];
            new Random(seed).Shuffle(shuffled);

            Assert.Equal(Amounts(Rate(usage, 300, byEventTime: true)), Amounts(Rate(shuffled, 300, byEventTime: true)));
        }, iter: Cases / 5);

    [Fact]
    public void Usage_ThatIsRatedAtLast_HasANewLineAndNoReversal()
    {
        ChargedUsage waiting = new(1, RatingOutcome.Suspended, []);
        ChargedUsage rated = new(1, RatingOutcome.Rated, [new ChargedPart(PartComponent.Usage, "", 3, 6)]);

        Correction found = Assert.Single(Rerating.Differences([waiting], [rated]));
        Correction lost = Assert.Single(Rerating.Differences([rated], [waiting]));

        Assert.Equal((null, 0, 6, 6), (found.Reversal, found.ReversalNanos, found.NewNanos, found.DifferenceNanos));
        Assert.Equal((null, -6, 0, -6), (lost.New, lost.ReversalNanos, lost.NewNanos, lost.DifferenceNanos));
    }

    [Fact]
    public void Usage_ThatNowDrawsFromAnotherBundle_IsCorrectedAtTheSameAmount()
    {
        ChargedUsage before = new(1, RatingOutcome.Rated, [new ChargedPart(PartComponent.Bundle, "a", 60, 0)]);
        ChargedUsage after = new(1, RatingOutcome.Rated, [new ChargedPart(PartComponent.Bundle, "b", 60, 0)]);

        Assert.Equal(0, Assert.Single(Rerating.Differences([before], [after])).DifferenceNanos);
    }

    [Fact]
    public void Part_AsText_SaysItsAmount() => Assert.Contains(
        "AmountNanos = 7", new ChargedPart(PartComponent.Usage, "", 1, 7).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Differences_OfOtherUsage_AreRefused() => Assert.Throws<ArgumentException>(() => Rerating.Differences(
        [new ChargedUsage(1, RatingOutcome.Rated, [])], [new ChargedUsage(2, RatingOutcome.Rated, [])]));

    private static IReadOnlyList<ChargedUsage> Rate(UsageRecord[] usage, long bundle, bool byEventTime)
    {
        OfferingPrice price = new()
        {
            Id = "calls",
            Kind = UsageKind.Voice,
            Unit = PriceUnit.Second,
            UnitSize = 60,
            UnitPrice = 0.20m,
            Increment = 1,
            ConnectFee = 0.05m,
            Bundle = true,
        };
        Rater rater = new(Offering(price) with
        {
            Bundles = [new Bundle { Id = "m", Kind = UsageKind.Voice, Units = bundle }],
        });
        return byEventTime
            ? Rerating.RateByEventTime(rater.Session, rater.Tariffs, usage)
            : Rerating.RateByArrival(rater.Session, rater.Tariffs, usage);
    }

    private static ReversalState Balance(long money, long units) => new()
    {
        MoneyNanos = money,
        Bundles = ImmutableDictionary<string, BundleRest>.Empty
            .Add("a", new BundleRest(units, February)).Add("b", new BundleRest(units)),
    };

    private static long Drawn(IEnumerable<ChargedPart> parts) => parts.Where(part => part.Bundle.Length > 0).Sum(part => part.Units);

    private static Dictionary<UInt128, long> Amounts(IEnumerable<ChargedUsage> usage) =>
        usage.ToDictionary(one => one.UsageId, one => one.AmountNanos);
}
