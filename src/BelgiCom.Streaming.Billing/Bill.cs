using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Billing;

/// <summary>The VAT of the lines of a bill that have one basis and rate.</summary>
/// <param name="Basis">Whether the lines are without VAT or with it.</param>
/// <param name="VatPermille">The rate in permille; <see cref="AmountTerms.UnknownVat"/> when it is not known.</param>
/// <param name="Amount">Sum of the rounded lines, on their basis.</param>
/// <param name="Tax">The VAT of that sum, rounded once to the decimals of the currency; null when the rate is not known.</param>
public sealed record BillVat(PriceBasis Basis, int VatPermille, decimal Amount, decimal? Tax);

/// <summary>
/// What one account has to pay for one close in one currency. VAT is computed per basis and rate on the sum of the rounded lines (D-24 of
/// docs/money.md): on top of lines without VAT, taken out of lines with it.
/// </summary>
/// <param name="Account">Billing account (TMF666).</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Lines">Its lines.</param>
/// <param name="Taxes">VAT per basis and rate, lines without VAT first.</param>
/// <param name="Net">Total without VAT; null when VAT at a rate that is not known is in a line.</param>
/// <param name="Vat">Total of the VAT; null when the rate of a line is not known.</param>
/// <param name="Gross">Total with VAT; null when VAT at a rate that is not known comes on top of a line.</param>
public sealed record Bill(
    string Account, string Currency, IReadOnlyList<BillLine> Lines, IReadOnlyList<BillVat> Taxes, decimal? Net, decimal? Vat,
    decimal? Gross)
{
    internal static IReadOnlyList<Bill> Of(IReadOnlyList<BillLine> lines) =>
    [
        .. lines.GroupBy(line => (line.Account, line.Terms.Currency))
            .Select(bill => Of(bill.Key.Account, bill.Key.Currency, [.. bill]))
            .OrderBy(bill => bill.Account, StringComparer.Ordinal).ThenBy(bill => bill.Currency, StringComparer.Ordinal),
    ];

    private static Bill Of(string account, string currency, IReadOnlyList<BillLine> lines)
    {
        List<BillVat> taxes = [];
        decimal? net = 0;
        decimal? gross = 0;
        foreach (IGrouping<(PriceBasis Basis, int VatPermille), BillLine> group in lines
            .GroupBy(line => (line.Terms.Basis, line.Terms.VatPermille)).OrderBy(group => group.Key))
        {
            (PriceBasis basis, int permille) = group.Key;
            bool isKnown = permille is >= 0 and <= 1000;
            BillTotals totals = BillTotals.Of(
                basis, Rating.Currency.Of(Encoding.ASCII.GetBytes(currency)).Decimals,
                [.. group.Select(line => new BillAmount(line.ExactNanos, VatRate.OfPermille(isKnown ? permille : 0)))]);
            (decimal without, decimal with) = (Nanos.ToDecimal(totals.NetNanos), Nanos.ToDecimal(totals.GrossNanos));
            taxes.Add(new BillVat(basis, permille, basis == PriceBasis.Gross ? with : without, isKnown ? with - without : null));
            net += isKnown || basis == PriceBasis.Net ? without : null;
            gross += isKnown || basis == PriceBasis.Gross ? with : null;
        }

        return new Bill(account, currency, lines, taxes, net, gross - net, gross);
    }
}
