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

    private const int Decimals = 9;

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

    /// <summary>A quotient of whole numbers, half away from zero, so that what is taken back mirrors what was given.</summary>
    /// <param name="dividend">Any number.</param>
    /// <param name="divisor">At least 1.</param>
    public static Int128 Divide(Int128 dividend, Int128 divisor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(divisor, Int128.One);
        (Int128 quotient, Int128 rest) = Int128.DivRem(dividend, divisor);
        Int128 missing = divisor - Int128.Abs(rest);
        return Int128.Abs(rest) < missing ? quotient : quotient + Int128.Sign(dividend);
    }

    /// <summary>The amount of a bill line: its exact sum rounded once, half away from zero (D-01).</summary>
    /// <param name="nanos">The sum in nano-units.</param>
    /// <param name="decimals">Decimals of the currency, 0 to 9 (<see cref="Currency.Decimals"/>).</param>
    /// <returns>Nano-units that are a multiple of the currency's smallest unit.</returns>
    public static Int128 BillLine(Int128 nanos, int decimals)
    {
        Int128 smallest = SmallestUnit(decimals);
        return Divide(nanos, smallest) * smallest;
    }

    /// <summary>The smallest unit of a currency in nano-units: 10,000,000 for one with cents.</summary>
    /// <param name="decimals">Decimals of the currency, 0 to 9.</param>
    internal static long SmallestUnit(int decimals)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(decimals);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(decimals, Decimals);
        long smallest = Nanos.PerUnit;
        for (int place = 0; place < decimals; place++)
        {
            smallest /= 10;
        }

        return smallest;
    }

    /// <summary>Units in whole increments; false when they do not fit.</summary>
    /// <param name="units">At least 0.</param>
    /// <param name="increment">At least 1.</param>
    /// <param name="rounded">The units, rounded up.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRoundUp(long units, long increment, out long rounded)
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
