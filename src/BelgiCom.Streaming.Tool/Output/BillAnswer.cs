using System.Globalization;
using System.Text;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Rating;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>Bills for a program and for a person.</summary>
/// <param name="rate">The rate by which amounts are shown in another currency, too; null for none.</param>
internal sealed class BillAnswer(ExchangeRate? rate)
{
    /// <summary>Reads a rate such as EUR/USD=1.0837.</summary>
    /// <exception cref="ToolException">It is none.</exception>
    public static ExchangeRate? Rate(string? text)
    {
        if (text is null)
        {
            return null;
        }

        string[] parts = text.Split('/', '=');
        if (parts.Length == 3
            && Currency.Of(Encoding.UTF8.GetBytes(parts[0])) is { IsUnknown: false } from
            && Currency.Of(Encoding.UTF8.GetBytes(parts[1])) is { IsUnknown: false } to
            && from != to
            && decimal.TryParse(parts[2], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal each)
            && Nanos.TryFromDecimal(each, out long nanos)
            && nanos > 0)
        {
            return new ExchangeRate(from, to, nanos);
        }

        throw new ToolException(
            WorkerHost.ExitConfiguration, $"'{text}' is no rate: write two currencies and what one of the first is worth, EUR/USD=1.0837");
    }

    /// <summary>A bill as an object of <c>--json</c>.</summary>
    public object ToJson(Bill bill) => new
    {
        bill.Account,
        bill.Currency,
        lines = bill.Lines.Select(line => new
        {
            line.Period,
            kind = line.LineKind,
            line.Offering,
            line.Version,
            line.Item,
            usage = line.LineKind == PeriodChargeKind.Usage ? line.Kind : (UsageKind?)null,
            basis = line.Terms.Basis,
            line.Terms.VatPermille,
            line.UsageEvents,
            exactAmount = Exact(line.ExactAmount),
            amount = Text(line.Amount),
            converted = Converted(bill, line.Amount),
            line.Words,
        }),
        vat = bill.Taxes.Select(tax => new { tax.Basis, tax.VatPermille, amount = Text(tax.Amount), tax = Text(tax.Tax) }),
        net = Text(bill.Net),
        totalVat = Text(bill.Vat),
        gross = Text(bill.Gross),
        exchange = IsConverted(bill)
            ? new
            {
                currency = rate!.Value.To.ToString(),
                rate = Exact(Nanos.ToDecimal(rate.Value.Nanos)),
                gross = Converted(bill, bill.Gross),
            }
            : null,
    };

    /// <summary>A bill as tables: its lines, and its totals.</summary>
    public IEnumerable<Table> Tables(Bill bill)
    {
        Table table = new Table { Title = new TableTitle(Markup.Escape($"account {bill.Account}, {bill.Currency}")) }
            .AddColumns("month", "what", "offering", "how", "VAT");
        table.AddColumn(new TableColumn("amount").RightAligned());
        if (IsConverted(bill))
        {
            table.AddColumn(new TableColumn($"in {rate!.Value.To} at {Exact(Nanos.ToDecimal(rate.Value.Nanos))}").RightAligned());
        }

        foreach (BillLine line in bill.Lines)
        {
            Row(
                line.Period.ToString(CultureInfo.InvariantCulture),
                line.LineKind == PeriodChargeKind.Usage ? line.Kind.ToString() : $"{line.LineKind} {line.Item}",
                $"{line.Offering}{(line.Version > 0 ? $" v{line.Version.ToString(CultureInfo.InvariantCulture)}" : "")}",
                line.LineKind == PeriodChargeKind.Usage
                    ? $"{line.UsageEvents.ToString("N0", CultureInfo.InvariantCulture)} events, {Exact(line.ExactAmount)}"
                    : line.Words,
                Vat(line.Terms.Basis, line.Terms.VatPermille),
                line.Amount);
        }

        foreach (BillVat tax in bill.Taxes)
        {
            Row("", "VAT", "", $"of {Text(tax.Amount)}", Vat(tax.Basis, tax.VatPermille), tax.Tax);
        }

        Row("", "net", "", "", "", bill.Net);
        Row("", "total", "", "with VAT", "", bill.Gross);
        yield return table;

        void Row(string month, string what, string offering, string how, string vat, decimal? amount)
        {
            string[] cells = [month, what, offering, how, vat, Text(amount) ?? "not known"];
            table.AddRow([
                .. (IsConverted(bill) ? cells.Append(Converted(bill, amount) ?? "not known") : cells).Select(Markup.Escape)]);
        }
    }

    /// <summary>The sums of bills for each currency.</summary>
    public static IEnumerable<object> Totals(IReadOnlyList<Bill> bills) => bills.GroupBy(bill => bill.Currency).Select(group => new
    {
        currency = group.Key,
        bills = group.Count(),
        net = Text(Sum(group, bill => bill.Net)),
        vat = Text(Sum(group, bill => bill.Vat)),
        gross = Text(Sum(group, bill => bill.Gross)),
    });

    /// <summary>The sums of bills for each currency, for a person.</summary>
    public static IEnumerable<string> TotalLines(IReadOnlyList<Bill> bills) => bills.GroupBy(bill => bill.Currency).Select(group =>
        $"{group.Key}: net {Text(Sum(group, bill => bill.Net)) ?? "not known"}, VAT {Text(Sum(group, bill => bill.Vat)) ?? "not known"}, "
        + $"with VAT {Text(Sum(group, bill => bill.Gross)) ?? "not known"}");

    /// <summary>A sum; null when a part of it is not known.</summary>
    private static decimal? Sum(IEnumerable<Bill> bills, Func<Bill, decimal?> amount) =>
        bills.Aggregate((decimal?)0, (sum, bill) => sum + amount(bill));

    private bool IsConverted(Bill bill) => rate is { } given && given.From.ToString() == bill.Currency;

    private string? Converted(Bill bill, decimal? amount) => IsConverted(bill) && amount is { } given
        ? Text(Nanos.ToDecimal(rate!.Value.Convert((Int128)(given * Nanos.PerUnit))))
        : null;

    private static string Vat(PriceBasis basis, int permille) => permille < 0 ? "not known"
        : $"{(permille / 10m).ToString("0.#", CultureInfo.InvariantCulture)} % {(basis == PriceBasis.Gross ? "in it" : "on top")}";

    private static string? Text(decimal? amount) => amount?.ToString("0.00#", CultureInfo.InvariantCulture);

    private static string Exact(decimal amount) => amount.ToString("0.00#######", CultureInfo.InvariantCulture);
}
