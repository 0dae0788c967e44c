using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// A discount of a period (D-22). Its members apply in this order: free units, then the price of the rest, then the percentage, then the
/// fixed amount, then the maximum. Each is a part of its own, rounded once at the ninth decimal.
/// </summary>
public sealed record Discount
{
    private const long WholeNanos = 100 * Nanos.PerUnit;

    /// <summary>Units of the period that cost nothing.</summary>
    public long FreeUnits { get; init; }

    /// <summary>Percentage off in nano-units of a percent: 10,000,000,000 for 10 %; 0 to 100 %.</summary>
    public long PercentNanos { get; init; }

    /// <summary>Amount off in nano-units; at least 0.</summary>
    public long FixedNanos { get; init; }

    /// <summary>The most that is charged in the period, in nano-units; null for no maximum.</summary>
    public long? MaximumNanos { get; init; }

    /// <summary>Units of an event that cost nothing.</summary>
    /// <param name="units">Units of the event; at least 0.</param>
    /// <param name="unitsBefore">Units of the period before it; at least 0.</param>
    public long FreeOf(long units, long unitsBefore)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        ArgumentOutOfRangeException.ThrowIfNegative(unitsBefore);
        return Math.Clamp(FreeUnits - unitsBefore, 0, units);
    }

    /// <summary>Takes percentage, fixed amount and maximum off what the priced units cost.</summary>
    /// <param name="grossNanos">What they cost in nano-units. A fixed amount and a maximum take nothing off what is less than 0.</param>
    /// <param name="chargedBeforeNanos">What was charged before in the period, for the maximum.</param>
    public DiscountedCharge Of(long grossNanos, long chargedBeforeNanos)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(PercentNanos);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(PercentNanos, WholeNanos);
        ArgumentOutOfRangeException.ThrowIfNegative(FixedNanos);
        long percent = -(long)RoundingPolicy.Divide((Int128)grossNanos * PercentNanos, WholeNanos);
        long rest = grossNanos + percent;
        long off = -Math.Min(FixedNanos, Math.Max(0, rest));
        rest += off;
        long above = MaximumNanos is { } maximum ? Commitment.MaximumDiscount(maximum, chargedBeforeNanos, rest) : 0;
        return new DiscountedCharge(grossNanos, percent, off, above);
    }

    /// <summary>
    /// Spreads a fixed discount over the lines of a bill by their amounts, before VAT. What does not divide goes, one smallest unit each,
    /// to the lines with the largest remainder, the first of them first; so the parts add up to the whole. No line gets less than 0, and
    /// what is more than all lines together is not paid out. A line that is a credit takes no part.
    /// </summary>
    /// <param name="offNanos">The discount in nano-units; at least 0. It is rounded as a bill line is.</param>
    /// <param name="lines">The lines in nano-units, rounded.</param>
    /// <param name="decimals">Decimals of the currency, 0 to 9.</param>
    /// <returns>One number for each line, not above 0.</returns>
    public static IReadOnlyList<long> Spread(long offNanos, IReadOnlyList<long> lines, int decimals)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offNanos);
        long smallest = RoundingPolicy.SmallestUnit(decimals);
        if (lines.Any(line => line % smallest != 0))
        {
            throw new ArgumentException("A discount is spread over lines that are rounded already.", nameof(lines));
        }

        Int128 sum = lines.Aggregate(Int128.Zero, (total, line) => total + Math.Max(0, line)) / smallest;
        Int128 off = Int128.Min(RoundingPolicy.Divide(offNanos, smallest), sum);
        if (off == 0)
        {
            return new long[lines.Count];
        }

        (Int128 Units, Int128 Remainder)[] shares = [.. lines.Select(line => Int128.DivRem(off * (Math.Max(0, line) / smallest), sum))];
        int left = (int)(off - shares.Aggregate(Int128.Zero, (total, share) => total + share.Units));
        HashSet<int> raised = [.. Enumerable.Range(0, lines.Count).OrderByDescending(line => shares[line].Remainder).Take(left)];
        return [.. shares.Select((share, line) => -(long)(share.Units + (raised.Contains(line) ? 1 : 0)) * smallest)];
    }
}

/// <summary>A charge and what a discount takes off it, each in nano-units.</summary>
/// <param name="GrossNanos">Before discounts.</param>
/// <param name="PercentNanos">The percentage; against the sign of the charge.</param>
/// <param name="FixedNanos">The fixed amount; not above 0.</param>
/// <param name="MaximumNanos">What is above the maximum; not above 0.</param>
public readonly record struct DiscountedCharge(long GrossNanos, long PercentNanos, long FixedNanos, long MaximumNanos)
{
    /// <summary>What is charged.</summary>
    public long ChargedNanos => GrossNanos + PercentNanos + FixedNanos + MaximumNanos;
}
