using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>A rate of value-added tax, exact to the ten-millionth of a percent.</summary>
public readonly record struct VatRate
{
    private const int NanosPerPermille = 1_000_000;
    private const decimal NanosPerPercent = 10_000_000m;

    private VatRate(long nanos)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nanos);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nanos, Contracts.Nanos.PerUnit);
        Nanos = nanos;
    }

    /// <summary>The tax on a net amount of 1, in nano-units: 210,000,000 for 21 %.</summary>
    public long Nanos { get; }

    /// <summary>A rate in thousandths, as an offering names it: 210 for 21 %.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 0 or more than 1,000.</exception>
    public static VatRate OfPermille(int permille) => new((long)permille * NanosPerPermille);

    /// <summary>A rate in percent: 7.32.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 0, more than 100, or more than 7 decimals.</exception>
    public static VatRate OfPercent(decimal percent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(percent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100m);
        decimal nanos = percent * NanosPerPercent;
        ArgumentOutOfRangeException.ThrowIfNotEqual(nanos, decimal.Truncate(nanos), nameof(percent));
        return new VatRate((long)nanos);
    }

    /// <summary>The tax that an amount carries, rounded once to the decimals of the currency, half away from zero (D-24).</summary>
    /// <param name="nanos">A sum of bill lines in nano-units.</param>
    /// <param name="basis">Whether the tax comes on top of the amount (net), or is in it (gross).</param>
    /// <param name="decimals">Decimals of the currency, 0 to 9.</param>
    internal Int128 TaxOf(Int128 nanos, PriceBasis basis, int decimals)
    {
        Int128 smallest = RoundingPolicy.SmallestUnit(decimals);
        Int128 whole = basis == PriceBasis.Gross ? Contracts.Nanos.PerUnit + Nanos : Contracts.Nanos.PerUnit;
        return RoundingPolicy.Divide(checked(nanos * Nanos), whole * smallest) * smallest;
    }
}
