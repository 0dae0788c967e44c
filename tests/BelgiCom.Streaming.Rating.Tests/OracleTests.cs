using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>The span core against the naive oracle, over random tariffs, usage, batch cuts and aborts.</summary>
public sealed class OracleTests
{
    private const int DedupDays = 40;
    private const int LateDays = 30;

    [Fact]
    public void Core_OverRandomTariffsAndUsage_AgreesWithTheOracle()
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Brussels", out _))
        {
            Assert.Skip("This machine has no time-zone data.");
        }

        Gen.Select(
            Gens.Catalogue, Gens.Usage.Array[1, 60], Gen.Int[1, 20],
            Gen.Long[Given.Instant("2026-03-05T00:00:00Z"), Given.Instant("2026-04-10T00:00:00Z")])
            .Sample((catalogue, usage, batch, change) => Compare(catalogue, usage, batch, change), iter: 10_000);
    }

    private static void Compare(OfferingVersion[] catalogue, UsageRecord[] usage, int batch, long change)
    {
        OfferingIndex offerings = new();
        TariffSnapshot tariffs = new(catalogue, offerings);
        RatingSession session = new(DedupDays, LateDays);
        Oracle oracle = new(catalogue, DedupDays, LateDays);
        Subscribe(1, ("one", long.MinValue, long.MaxValue));
        Subscribe(2, ("two", long.MinValue, long.MaxValue));
        Subscribe(3, ("one", long.MinValue, change), ("two", change, long.MaxValue));
        Subscribe(4, ("missing", long.MinValue, change));

        int seen = 0;
        foreach (UsageRecord[] part in usage.Chunk(batch))
        {
            RatingResult[] rated = new RatingResult[part.Length];
            session.Rate(part, tariffs, rated);
            if (seen % 3 == 0)
            {
                // An abort in between must leave no trace.
                session.Abort();
                session.Rate(part, tariffs, rated);
            }

            string[] notices = [.. rated.Select(result => Rater.NoticesOf(session, in result))];
            session.Commit();
            for (int i = 0; i < part.Length; i++, seen++)
            {
                Same(oracle.Rate(part[i]), rated[i], notices[i], seen);
            }
        }

        void Subscribe(int subscriber, params (string Offering, long From, long To)[] periods)
        {
            session.SetSubscription(
                (UInt128)subscriber, [.. periods.Select(period => Rater.Period("A", period.Offering, period.From, period.To))], offerings);
            oracle.Subscriptions[(UInt128)subscriber] = [.. periods];
        }
    }

    private static void Same(
        (
            RatingOutcome Outcome, Enum? Reason, long Charged, long Bundle, decimal Amount, decimal Spend, decimal Roaming,
            ThresholdKinds Crossed, string Notices) expected,
        RatingResult actual,
        string notices,
        int index)
    {
        Enum? reason = actual.Outcome switch
        {
            RatingOutcome.Rated => null,
            RatingOutcome.ZeroRated => actual.ZeroRatedReason,
            _ => actual.RejectedReason,
        };
        Assert.True(
            expected.Outcome == actual.Outcome && Equals(expected.Reason, reason),
            $"event {index}: {expected} but {actual.Outcome} {reason}");
        if (actual.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
        {
            Assert.Equal(
                (expected.Charged, expected.Bundle, expected.Amount),
                (actual.ChargedUnits, actual.BundleUnits, actual.AmountNanos / 1_000_000_000m));
            Assert.Equal(expected.Spend, actual.Balance.SpendNanos / 1_000_000_000m);
            Assert.Equal(expected.Roaming, actual.Balance.RoamingDataSpendNanos / 1_000_000_000m);
            Assert.Equal((expected.Crossed, expected.Notices), (actual.Crossed, notices));
        }
    }
}
