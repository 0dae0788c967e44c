using System.Runtime.CompilerServices;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The rounding contract, versions 1 and 2 (docs/money.md). Amounts are nano-units of the currency in a <see cref="long"/>. An event's
/// price is computed once, exact to 9 decimals, half away from zero at the ninth; a bill line is rounded once more, to 2 decimals, half
/// away from zero. Nothing else rounds.
/// </summary>
public static class RoundingPolicy
{
    /// <summary>Version of an event that is one part.</summary>
    public const int Version = 1;

    /// <summary>Version of an event that is a sum of parts, each rounded once.</summary>
    public const int OfParts = 2;

    /// <summary>
    /// Price of <paramref name="units"/> at <paramref name="unitPriceNanos"/> for each <paramref name="unitSize"/> units.
    /// </summary>
    /// <param name="units">At least 0.</param>
    /// <param name="unitPriceNanos">0 to <see cref="Nanos.Max"/>.</param>
    /// <param name="unitSize">At least 1.</param>
    /// <param name="nanos">The price, half away from zero at the ninth decimal.</param>
    /// <returns>False when it exceeds <see cref="Nanos.Max"/>.</returns>
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
        return quotient <= Nanos.Max;
    }

    /// <summary>Units in whole increments; false when they do not fit.</summary>
    /// <param name="units">At least 0.</param>
    /// <param name="increment">At least 1.</param>
    /// <param name="rounded">The units, rounded up.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryRoundUp(long units, long increment, out long rounded)
    {
        long rest = increment == 1 ? 0 : units % increment;
        rounded = rest == 0 ? units : unchecked(units + (increment - rest));
        return rounded >= units;
    }

    private static bool TryPriceWide(UInt128 product, ulong size, out long nanos)
    {
        (UInt128 quotient, UInt128 remainder) = UInt128.DivRem(product, size);
        quotient += remainder >= size - remainder ? UInt128.One : UInt128.Zero;
        bool fits = quotient <= (UInt128)Nanos.Max;
        nanos = fits ? (long)(ulong)quotient : 0;
        return fits;
    }
}
