namespace BelgiCom.Streaming.Contracts;

/// <summary>
/// Money as whole nano-units (9 decimals) in a <see cref="long"/>: Avro decimal(18,9), at most 999,999,999.999999999 in either direction.
/// Nothing here rounds; a value that does not fit is an error.
/// </summary>
public static class Nanos
{
    /// <summary>Nano-units of one unit.</summary>
    public const long PerUnit = 1_000_000_000;

    /// <summary>Largest amount in nano-units: 18 nines.</summary>
    public const long Max = 999_999_999_999_999_999;

    /// <summary>Nano-units as a decimal with 9 decimals.</summary>
    public static decimal ToDecimal(long nanos)
    {
        ulong magnitude = (ulong)Math.Abs(nanos);
        return new decimal((int)magnitude, (int)(magnitude >> 32), 0, nanos < 0, 9);
    }

    /// <summary>A sum of nano-units as a decimal with 9 decimals.</summary>
    /// <exception cref="OverflowException">More than 96 bits: about 8 × 10¹⁹ units, to which no sum of billable events comes
    /// near.</exception>
    public static decimal ToDecimal(Int128 nanos) => (decimal)nanos * 0.000000001m;

    /// <summary>A decimal as nano-units, exactly; false when it has more than 9 digits before the point or after it.</summary>
    public static bool TryFromDecimal(decimal value, out long nanos)
    {
        decimal scaled = Math.Abs(value) <= PerUnit ? value * PerUnit : decimal.MaxValue;
        nanos = Math.Abs(scaled) <= Max && scaled == decimal.Truncate(scaled) ? (long)scaled : 0;
        return nanos == scaled;
    }

    /// <summary>A decimal as nano-units, exactly.</summary>
    /// <exception cref="OverflowException">More than 9 digits before the point, or more than 9 after it.</exception>
    public static long FromDecimal(decimal value) => TryFromDecimal(value, out long nanos)
        ? nanos
        : throw new OverflowException(
            "The amount does not fit in decimal(18,9): at most 999,999,999.999999999 in either direction, and at most 9 decimals; round it "
            + "by the rounding policy first.");
}
