using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// Re-rating of what a lane has charged (D-28, D-29): after it, state and bill are those of rating so from the beginning.
/// </summary>
public sealed class RerateTests
{
    private const int Cases = 10_000;

    /// <summary>
    /// Random offerings of every form, another price list for the same time, usage in any order. After the corrections the bill has of each
    /// usage what a session charges that rates in the order of event time from the beginning, and the state is that session's; restoring
    /// from the records gives the same; a second plan has nothing to do; and no correction is taken twice.
    /// </summary>
    [Fact]
    public void Corrections_OfAnyUsage_LeaveTheBillAndStateOfRatingSoFromTheBeginning()
    {
        int seed = Seed.Next();
        long corrected = 0;
        for (int one = 0; one < Cases; one++)
        {
            corrected += Correct(unchecked(seed + one), free: false);
        }

        Notes.Write($"{corrected} usage events were charged otherwise");
        Assert.True(corrected > Cases);
    }

    /// <summary>When nothing costs anything any more, what is left is what was never charged: nothing.</summary>
    [Fact]
    public void Charge_AndItsWholeReversal_AreZeroAndLeaveTheStateOfNoUsage()
    {
        int seed = Seed.Next();
        long corrected = 0;
        for (int one = 0; one < Cases; one++)
        {
            corrected += Correct(unchecked(seed + one), free: true);
        }

        Assert.True(corrected > Cases);
    }

    private static int Correct(int seed, bool free)
    {
        RerateGenerator generator = new(seed);
        Func<OfferingVersion> next = generator.NextOffering();
        OfferingIndex offerings = new();
        TariffSnapshot first = new([next()], offerings);
        OfferingVersion second = next() with { Version = 2 };
        if (free)
        {
            second = Offering(
                Data() with { ZeroRated = true, Bundle = false, UnitPrice = 0 },
                Voice() with { ZeroRated = true, Bundle = false, UnitPrice = 0, ConnectFee = 0 },
                Sms() with { ZeroRated = true, Bundle = false, UnitPrice = 0 }) with
            { Version = 2 };
        }

        TariffSnapshot tariffs = new([second], offerings);
        List<UsageReceived> usage = generator.Usage(14);
        IReadOnlyList<SubscriptionPeriod> periods = RerateGenerator.Periods();
        RerateWorld lane = new(first, offerings, periods);
        lane.Rate(first, usage);
        RerateWorld fresh = new(tariffs, offerings, periods);
        fresh.Rate(tariffs, usage.OrderBy(one => one.EventTime));

        CorrectionPlan plan = lane.Plan(tariffs, periods);
        string where = $"BELGICOM_SEED={seed}";
        Assert.True(plan.Refusal == RerateRefusal.None, $"{plan.Refusal} {plan.Reason} {where}");
        Assert.All(lane.Take(plan), outcome => Assert.True(outcome == CorrectionOutcome.Taken, $"{outcome} {where}"));

        Assert.True(fresh.Ledger() == lane.Ledger(), $"{where}\n{fresh.Ledger()}\n---\n{lane.Ledger()}");
        string wanted = RerateWorld.StateOf(fresh.Session, first, tariffs);
        if (plan.Steps.Count > 0)
        {
            string state = RerateWorld.StateOf(lane.Session, first, tariffs);
            Assert.True(wanted == state, $"{where}\n{wanted}\n---\n{state}");
            string restored = RerateWorld.StateOf(lane.Restored(periods), first, tariffs);
            Assert.True(wanted == restored, $"restored {where}\n{wanted}\n---\n{restored}");
        }

        Assert.Empty(lane.Plan(tariffs, periods).Steps);
        int records = lane.Rated.Count;
        Assert.All(lane.Take(plan), outcome => Assert.Equal(CorrectionOutcome.Stale, outcome));
        Assert.Equal(records, lane.Rated.Count);
        Assert.Equal(lane.Records.Count, lane.Records.Select(record => record.UsageId).Distinct().Count());
        if (free)
        {
            Assert.All(
                lane.Records.GroupBy(record => record.Correction?.UsageId ?? record.UsageId),
                one => Assert.Equal(
                    (0m, 0L, 0L),
                    (one.Sum(record => record.Amount), one.Sum(record => record.ChargedUnits), one.Sum(record => record.BundleUnits))));
            Assert.True(plan.Steps.Count == 0 || wanted.Length == 0, where);
        }

        return plan.Steps.Count;
    }
}
