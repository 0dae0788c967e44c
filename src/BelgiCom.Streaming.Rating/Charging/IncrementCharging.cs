using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Charges a session in whole increments, by the step that each begins in. An increment has the price, band, version and bundles in force
/// when it begins. (decisions D-01 to D-03)
/// </summary>
/// <param name="hand">The event.</param>
/// <param name="terms">What is in force.</param>
/// <param name="parts">Gets the parts.</param>
/// <param name="session">The session of the event.</param>
/// <param name="bundles">What the units draw before they are priced.</param>
internal sealed class IncrementCharging(
    UsageInHand hand, TermsInForce terms, EventParts parts, SessionInHand session, BundleDraws bundles)
{
    private const long MillisecondsPerSecond = 1000;

    // Most runs of one event: longest stretches of increments for which nothing changes.
    private const int MostRuns = 4096;

    private readonly PeriodCharging _period = new(hand, terms, parts);

    /// <summary>Charges whole increments until they cover what the session has used.</summary>
    /// <param name="first">The price at the session's start; a price that counts another thing, or no units, cannot go on from it.</param>
    /// <param name="target">Units that must be covered.</param>
    /// <param name="before">The session before this record.</param>
    /// <param name="after">Gets what is charged afterwards.</param>
    public ChargingFault Charge(PriceList.Row first, long target, in SessionSoFar before, ref SessionSoFar after)
    {
        long charged = before.Charged;
        for (int runs = 0; charged < target; runs++)
        {
            if (runs == MostRuns)
            {
                return ChargingFault.Overflow;
            }

            // Where in this record's usage the next increment begins, and until when nothing changes for it.
            long at = TimeAt(charged - before.Used, out long sameUntil);
            if (!terms.TryEnter(at))
            {
                return terms.Missing;
            }

            if (terms.Row.Unit != first.Unit || terms.Row.Model is PriceModel.Flat or PriceModel.Pass or PriceModel.Percentage)
            {
                return ChargingFault.NoPrice;
            }

            PriceList.Row row = terms.Row;
            if (row.IsSpreadOverTime)
            {
                // Octets that are spread over the time of their record depend on its end, which is not kept.
                session.ChargeAsTheyCome();
            }

            int step = row.StepAt(charged);
            long run = target - charged;
            if (step + 1 < row.Steps.Length)
            {
                run = Math.Min(run, row.Steps[step + 1].From - charged);
            }

            run = Math.Min(run, sameUntil - (charged - before.Used));
            if (row.Unit == PriceUnit.Second)
            {
                run = Math.Min(run, SecondsUntil(at, Math.Min(terms.Until, row.DrawsBundles ? bundles.ChangeAfter(at) : long.MaxValue)));
            }

            if (!RoundingPolicy.TryRoundUp(run, row.Steps[step].Increment, out run) || charged > long.MaxValue - run)
            {
                return ChargingFault.Overflow;
            }

            ChargeRun(run, at, step);
            charged += run;
        }

        after = after with { Charged = charged };
        return ChargingFault.None;
    }

    /// <summary>
    /// When a unit of this record was used, and the first unit that was used at another time: seconds pass one by one; octets count as used
    /// at the record's start, or are spread evenly over its time.
    /// </summary>
    /// <param name="unit">Units of this record before it.</param>
    /// <param name="sameUntil">Units of this record that were used at the same time, or before the bound that is in force.</param>
    private long TimeAt(long unit, out long sameUntil)
    {
        sameUntil = long.MaxValue;
        ref readonly UsageRecord usage = ref hand.Usage;
        PriceList.Row row = terms.Row;
        long start = usage.EventTimeMilliseconds;
        if (row.Unit == PriceUnit.Second)
        {
            return start + (Math.Max(0, unit) * MillisecondsPerSecond);
        }

        long length = usage.EndTimeMilliseconds - start;
        if (!row.IsSpreadOverTime || length <= 0 || unit < 0)
        {
            return start;
        }

        // The last unit before a bound is the last whole one of what had flowed until then.
        long total = usage.UnitsOf(row.Unit);
        long at = start;
        for (long bound = BoundAfter(at); bound < usage.EndTimeMilliseconds; bound = BoundAfter(at))
        {
            long flowed = (long)((Int128)total * (bound - start) / length);
            if (unit < flowed)
            {
                sameUntil = flowed;
                break;
            }

            at = bound;
        }

        return at;
    }

    /// <summary>First instant after this one at which another price, or another bundle, may be in force.</summary>
    private long BoundAfter(long at) => Math.Min(terms.BoundAfter(at), bundles.ChangeAfter(at));

    /// <summary>Seconds until a bound, at least one; all of them when there is none.</summary>
    private static long SecondsUntil(long from, long bound) => bound == long.MaxValue
        ? long.MaxValue
        : Math.Max(1, (bound - from + MillisecondsPerSecond - 1) / MillisecondsPerSecond);

    /// <summary>Charges units under one price: what bundles do not cover is priced.</summary>
    private void ChargeRun(long units, long at, int step)
    {
        PriceList.Row row = terms.Row;
        if (row.Model == PriceModel.Zero)
        {
            parts.AddRun(new RatedPart { Component = PartComponent.ZeroRated, Units = units });
            return;
        }

        long left = row.DrawsBundles ? bundles.Draw(units, at) : units;
        if (left > 0)
        {
            Price(left, row, step);
        }
    }

    private void Price(long units, PriceList.Row row, int step)
    {
        switch (row.Model)
        {
            case PriceModel.Graduated:
                // Tiers and packages count all usage of the month, so a session's units in them cannot be taken back alone.
                session.ChargeAsTheyCome();
                _period.PriceGraduated(units);
                break;
            case PriceModel.Volume:
                session.ChargeAsTheyCome();
                _period.PriceVolume(units);
                break;
            case PriceModel.Package:
                session.ChargeAsTheyCome();
                _period.PricePackages(units);
                break;
            default:
                PriceList.Step priced = row.Steps[step];
                parts.AddRun(
                    new RatedPart
                    {
                        Component = PartComponent.Usage,
                        Units = units,
                        UnitPriceNanos = priced.UnitPriceNanos,
                        UnitSize = priced.UnitSize,
                    });
                break;
        }
    }
}
