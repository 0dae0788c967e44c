namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The rounding contract, version 1 (docs/money.md). Amounts are nano-units of the currency in a <see cref="long"/>. An event's price is
/// computed once, exact to 9 decimals, half away from zero at the ninth; a bill line is rounded once more, to 2 decimals, half away from
/// zero. Nothing else rounds.
/// </summary>
public static class RoundingPolicy
{
    /// <summary>Version that every rated event carries.</summary>
    public const int Version = 1;

    /// <summary>Nano-units in one unit of the currency.</summary>
    public const long NanosPerUnit = 1_000_000_000;

    /// <summary>Largest amount: 18 digits, the precision of the event schema.</summary>
    public const long MaxAmountNanos = 999_999_999_999_999_999;

    private const long NanosPerCent = 10_000_000;

    /// <summary>
    /// Price of <paramref name="units"/> at <paramref name="unitPriceNanos"/> for each <paramref name="unitSize"/> units.
    /// </summary>
    /// <param name="units">At least 0.</param>
    /// <param name="unitPriceNanos">0 to <see cref="MaxAmountNanos"/>.</param>
    /// <param name="unitSize">At least 1.</param>
    /// <param name="nanos">The price, half away from zero at the ninth decimal.</param>
    /// <returns>False when it exceeds <see cref="MaxAmountNanos"/>.</returns>
    public static bool TryPrice(long units, long unitPriceNanos, long unitSize, out long nanos)
    {
        ulong size = (ulong)unitSize;
        ulong high = Math.BigMul((ulong)units, (ulong)unitPriceNanos, out ulong low);
        if (high != 0)
        {
            return TryPriceWide(new UInt128(high, low), size, out nanos);
        }

        ulong quotient = low / size;
        ulong remainder = low - (quotient * size);
        quotient += remainder >= size - remainder ? 1UL : 0UL;
        nanos = (long)quotient;
        return quotient <= MaxAmountNanos;
    }

    /// <summary>Rounds the sum of a bill line to cents, half away from zero, so that a reversal mirrors the charge.</summary>
    /// <param name="nanos">Sum of the line's events.</param>
    /// <returns>Nano-units, a multiple of one cent.</returns>
    public static long RoundBillLine(long nanos)
    {
        long cents = Math.DivRem(nanos, NanosPerCent, out long rest);
        cents += rest >= NanosPerCent / 2 ? 1 : rest <= -NanosPerCent / 2 ? -1 : 0;
        return cents * NanosPerCent;
    }

    private static bool TryPriceWide(UInt128 product, ulong size, out long nanos)
    {
        (UInt128 quotient, UInt128 remainder) = UInt128.DivRem(product, size);
        quotient += remainder >= size - remainder ? UInt128.One : UInt128.Zero;
        bool fits = quotient <= (UInt128)MaxAmountNanos;
        nanos = fits ? (long)(ulong)quotient : 0;
        return fits;
    }
}
