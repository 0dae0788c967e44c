using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Prices units by what the subscriber, or all of the account, used in the whole month: tiers, and packages.</summary>
/// <param name="hand">The event.</param>
/// <param name="terms">What is in force.</param>
/// <param name="parts">Gets the parts.</param>
internal sealed class PeriodCharging(UsageInHand hand, TermsInForce terms, EventParts parts)
{
    /// <summary>Each tier of the month prices the units that fall in it.</summary>
    public void PriceGraduated(long units)
    {
        PriceList.Row row = terms.Row;
        MeterReading counted = CountedBefore(ref units);
        long place = counted.Units;
        long amount = 0;
        long lower = 0;
        for (int index = 0; units > 0 && index < row.Tiers.Length; index++)
        {
            PriceList.Tier tier = row.Tiers[index];
            long end = index == row.Tiers.Length - 1 ? long.MaxValue : tier.UpTo;
            long taken = Math.Min(units, end - place);
            if (taken > 0)
            {
                parts.Expect(tier.TryPrice(place - lower, out long charged) & tier.TryPrice(place - lower + taken, out long reached));

                // A part is rounded once: without packages, its price is that of its own units.
                long nanos = reached - charged;
                if (tier.Package == 0)
                {
                    parts.Expect(tier.TryPrice(taken, out nanos));
                }

                nanos += place == lower ? tier.FlatNanos : 0;
                AddTier(PartComponent.Usage, index, taken, nanos, tier);
                amount += nanos;
                place += taken;
                units -= taken;
            }

            lower = end;
        }

        Count(new MeterReading(place, counted.Nanos + amount));
    }

    /// <summary>
    /// All units of the month have the price of the tier reached; the event is the difference to what was charged before.
    /// </summary>
    public void PriceVolume(long units)
    {
        PriceList.Row row = terms.Row;
        MeterReading counted = CountedBefore(ref units);
        long total = counted.Units + units;
        int tier = TierOf(total);
        parts.Expect(row.Tiers[tier].TryPrice(total, out long nanos));
        nanos += row.Tiers[tier].FlatNanos;
        if (counted.Units > 0 && TierOf(counted.Units) is int former && former != tier)
        {
            AddTier(PartComponent.Reversal, former, -counted.Units, -counted.Nanos, row.Tiers[former]);
            AddTier(PartComponent.Usage, tier, total, nanos, row.Tiers[tier]);
        }
        else
        {
            AddTier(PartComponent.Usage, tier, units, nanos - counted.Nanos, row.Tiers[tier]);
        }

        Count(new MeterReading(total, nanos));
    }

    /// <summary>A package is a block begun in the month; the event that opens it pays it.</summary>
    public void PricePackages(long units)
    {
        PriceList.Row row = terms.Row;
        MeterReading counted = CountedBefore(ref units);
        long opened = PackagesOf(counted.Units + units) - PackagesOf(counted.Units);
        parts.Expect(RoundingPolicy.TryPrice(opened, row.PriceNanos, 1, out long nanos));
        parts.Add(new RatedPart { Component = PartComponent.Usage, Units = units, Packages = opened, AmountNanos = nanos });
        Count(new MeterReading(counted.Units + units, counted.Nanos + nanos));
    }

    /// <summary>What the month counted before the units. Those of the part before join them when nothing changed in between.</summary>
    private MeterReading CountedBefore(ref long units)
    {
        MeterReading counted = hand.Read(Owner, terms.Row.PeriodMeter, hand.MonthStart);
        if (!parts.TryContinue(out RatedPart last))
        {
            return counted;
        }

        units += last.Units;
        return new MeterReading(counted.Units - last.Units, counted.Nanos - last.AmountNanos);
    }

    private int TierOf(long total)
    {
        PriceList.Tier[] tiers = terms.Row.Tiers;
        int tier = 0;
        while (tier < tiers.Length - 1 && total > tiers[tier].UpTo)
        {
            tier++;
        }

        return tier;
    }

    private long PackagesOf(long units)
    {
        PriceList.Row row = terms.Row;
        long beyond = Math.Max(0, units - row.FreeUnits);
        return (beyond / row.Package) + (beyond % row.Package == 0 ? 0 : 1);
    }

    private UInt128 Owner => terms.Row.CountsAccount ? hand.Account : hand.Owner;

    private void Count(MeterReading counted) => hand.Write(Owner, terms.Row.PeriodMeter, hand.MonthStart, counted, hand.MonthEnd);

    private void AddTier(PartComponent component, int index, long units, long nanos, in PriceList.Tier tier) => parts.Add(
        new RatedPart
        {
            Component = component,
            Tier = index + 1,
            Units = units,
            UnitPriceNanos = tier.UnitPriceNanos,
            UnitSize = tier.Package == 0 ? tier.UnitSize : tier.Package,
            AmountNanos = nanos,
        });
}
