using System.Globalization;
using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>Cases of bills: rounding, VAT, totals, another currency.</summary>
internal static class MoneyCases
{
    private const string Euro = "EUR";
    private static readonly string[] Totals = ["net", "vat", "gross"];

    public static IReadOnlyList<string> RoundBillLine(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        int decimals = DecimalsOf(given);
        one.Object("expected").Expect(
            "amounts", given.NanoList("amounts").Select(amount => RoundingPolicy.BillLine(amount, decimals)));
    });

    public static IReadOnlyList<string> VatOfAmount(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        BillAmount amount = new(given.Nano("amount"), Rate(given));
        BillTotals totals = BillTotals.Of(given.Basis("basis"), DecimalsOf(given), [amount]);
        CaseObject expected = one.Object("expected");
        expected.Expect("net", totals.NetNanos);
        expected.Expect("vat", totals.TaxNanos);
        expected.Expect("gross", totals.GrossNanos);
    });

    public static IReadOnlyList<string> Bill(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        BillTotals totals = BillTotals.Of(
            given.Basis("basis"), DecimalsOf(given),
            [
                .. given.Objects("lines").Select(line => new BillAmount(
                    line.NanoList("amounts").Aggregate(Int128.Zero, (sum, amount) => sum + amount), Rate(line)))]);
        CaseObject expected = one.Object("expected");
        expected.Expect("lines", totals.Lines);
        expected.Expect("net", totals.NetNanos);
        expected.Expect("gross", totals.GrossNanos);
        if (expected.OptionalObject("vat") is { } vat)
        {
            foreach (string permille in vat.Names.Union(totals.Taxes.Select(tax => PermilleOf(tax.Rate))))
            {
                if (!vat.Has(permille) || totals.Taxes.All(tax => PermilleOf(tax.Rate) != permille))
                {
                    vat.Add($"rate {permille} is on one side only");
                    continue;
                }

                vat.Expect(permille, totals.Taxes.Single(tax => PermilleOf(tax.Rate) == permille).TaxNanos);
            }
        }
    });

    public static IReadOnlyList<string> ConvertBill(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        CaseObject expected = one.Object("expected");
        ExchangeRate rate = new(CurrencyOf(given.Text("currency")), CurrencyOf(given.Text("to")), given.Nano("rate"));
        foreach (string total in Totals.Where(given.Has))
        {
            expected.Expect(total, rate.Convert(given.Nano(total)));
        }

        if (given.Has("lines"))
        {
            expected.Expect("lines", given.NanoList("lines").Select(line => rate.Convert(line)));
        }
    });

    /// <summary>The rate of VAT of an object, which names it in thousandths or in percent; 0 where it names none.</summary>
    public static VatRate Rate(CaseObject given) => given.OptionalDecimal("vatPercent") is { } percent
        ? VatRate.OfPercent(percent)
        : VatRate.OfPermille((int)(given.OptionalWhole("vatPermille") ?? 0));

    /// <summary>Decimals of the currency of an object, euro where it names none.</summary>
    public static int DecimalsOf(CaseObject given)
    {
        int decimals = CurrencyOf(given.OptionalText("currency") ?? Euro).Decimals;
        return (int)(given.OptionalWhole("decimals") ?? decimals);
    }

    private static Currency CurrencyOf(string code)
    {
        Currency currency = Currency.Of(Encoding.ASCII.GetBytes(code));
        return currency.IsUnknown ? throw new FormatException($"'{code}' is no ISO 4217 code") : currency;
    }

    private static string PermilleOf(VatRate rate) => (rate.Nanos / 1_000_000m).ToString("0.#######", CultureInfo.InvariantCulture);
}
