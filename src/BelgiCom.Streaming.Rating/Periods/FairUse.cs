using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The volume that a customer with an open data bundle may use in the Union at domestic prices: at least twice the net price of the bundle,
/// divided by the wholesale cap in force (D-19; Regulation (EU) 2022/612 art. 8, Implementing Regulation (EU) 2016/2286 art. 4). Whole
/// gigabytes are what operators publish; the law has no rounding.
/// </summary>
/// <param name="ExactNanos">The volume in billionths of a gigabyte, half away from zero.</param>
/// <param name="Gigabytes">The allowance: the exact volume, rounded up to whole gigabytes of 10⁹ octets.</param>
public readonly record struct FairUse(long ExactNanos, long Gigabytes)
{
    /// <summary>The volume of a bundle.</summary>
    /// <param name="priceNanos">Price of the whole bundle in nano-units; at least 0.</param>
    /// <param name="basis">Whether VAT is in the price.</param>
    /// <param name="rate">Its rate of VAT.</param>
    /// <param name="wholesaleCapNanos">The wholesale cap in force for a gigabyte, without VAT, in nano-units; at least 1. It changes on 1
    /// January of most years.</param>
    /// <exception cref="OverflowException">The volume does not fit.</exception>
    public static FairUse Of(long priceNanos, PriceBasis basis, VatRate rate, long wholesaleCapNanos)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(priceNanos);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(wholesaleCapNanos);
        Int128 twice = 2 * (Int128)priceNanos * Nanos.PerUnit;
        Int128 cap = (Int128)wholesaleCapNanos * (basis == PriceBasis.Gross ? Nanos.PerUnit + rate.Nanos : Nanos.PerUnit);
        return new FairUse(
            checked((long)RoundingPolicy.Divide(twice * Nanos.PerUnit, cap)),
            checked((long)((twice + cap - 1) / cap)));
    }
}
