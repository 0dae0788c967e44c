using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>The exact sum of what stands on one bill line, before it is rounded.</summary>
/// <param name="Nanos">Nano-units on the basis of the price list; less than 0 for a credit.</param>
/// <param name="Rate">Its rate of VAT.</param>
public readonly record struct BillAmount(Int128 Nanos, VatRate Rate);

/// <summary>The VAT of all lines of a bill that have one rate (EN 16931 BG-23).</summary>
/// <param name="Rate">The rate.</param>
/// <param name="SumNanos">Sum of the rounded lines, on the basis of the price list.</param>
/// <param name="TaxNanos">The tax on that sum, rounded once.</param>
public readonly record struct BillTax(VatRate Rate, Int128 SumNanos, Int128 TaxNanos);

/// <summary>
/// The totals of a bill (D-24). Each line is rounded once; the total is the sum of the rounded lines (EN 16931 BR-CO-10); VAT is computed
/// for each rate on the sum of its lines (BR-CO-17). A net price list puts the tax on top. A gross price list keeps the price that it
/// promised: the tax is taken out of the sum, and net is what remains. All amounts are nano-units and multiples of the currency's smallest
/// unit.
/// </summary>
/// <param name="Lines">The rounded lines, on the basis of the price list.</param>
/// <param name="Taxes">The tax of each rate, in the order in which the lines name the rates.</param>
/// <param name="NetNanos">Total without VAT (BT-109).</param>
/// <param name="GrossNanos">Total with VAT (BT-112).</param>
public sealed record BillTotals(IReadOnlyList<Int128> Lines, IReadOnlyList<BillTax> Taxes, Int128 NetNanos, Int128 GrossNanos)
{
    /// <summary>Total of the VAT (BT-110).</summary>
    public Int128 TaxNanos => GrossNanos - NetNanos;

    /// <summary>Adds up a bill.</summary>
    /// <param name="basis">The basis of the price list.</param>
    /// <param name="decimals">Decimals of the currency, 0 to 9.</param>
    /// <param name="lines">What stands on its lines.</param>
    /// <exception cref="OverflowException">A sum is beyond 128 bits, to which no bill comes near.</exception>
    public static BillTotals Of(PriceBasis basis, int decimals, IReadOnlyList<BillAmount> lines)
    {
        Int128[] rounded = [.. lines.Select(line => RoundingPolicy.BillLine(line.Nanos, decimals))];
        List<BillTax> taxes = [];
        for (int line = 0; line < rounded.Length; line++)
        {
            VatRate rate = lines[line].Rate;
            int known = taxes.FindIndex(tax => tax.Rate == rate);
            if (known < 0)
            {
                taxes.Add(new BillTax(rate, rounded[line], 0));
            }
            else
            {
                taxes[known] = taxes[known] with { SumNanos = checked(taxes[known].SumNanos + rounded[line]) };
            }
        }

        Int128 sum = 0;
        Int128 total = 0;
        for (int rate = 0; rate < taxes.Count; rate++)
        {
            BillTax tax = taxes[rate];
            taxes[rate] = tax with { TaxNanos = tax.Rate.TaxOf(tax.SumNanos, basis, decimals) };
            (sum, total) = (checked(sum + tax.SumNanos), total + taxes[rate].TaxNanos);
        }

        return basis == PriceBasis.Gross
            ? new BillTotals(rounded, taxes, sum - total, sum)
            : new BillTotals(rounded, taxes, sum, sum + total);
    }
}
