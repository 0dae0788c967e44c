using System.Globalization;
using System.Text;
using BelgiCom.Streaming.Contracts;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>What <c>simulate</c> says: as tables, as CSV and as JSON.</summary>
internal static class SimulationAnswer
{
    private const int RemarksShown = 20;

    /// <summary>The object of <c>--json</c>.</summary>
    public static object ToJson(SimulationReport report) => new
    {
        files = report.Files,
        read = report.Records,
        report.Quarantined,
        offerings = report.Offerings.Select(offering => new
        {
            offering.Sold.Offering,
            offering.Sold.Currency,
            vat = VatOf(offering.Sold.Basis),
            offering.Now.Subscribers,
            offering.Now.Events,
            offering.Now.Rated,
            offering.Now.ZeroRated,
            notPriced = offering.Now.NotPriced.Sum(),
            units = UnitsOf(offering.Now.Charged),
            bundle = UnitsOf(offering.Now.Bundled),
            revenue = Amount(offering.Now.RevenueNanos),
            revenueBefore = offering.Before is { } before ? Amount(before.RevenueNanos) : null,
            difference = offering.Before is null ? null : Amount(offering.DifferenceNanos),
        }),
        totals = report.Totals.Select(total => new
        {
            total.Currency,
            vat = VatOf(total.Basis),
            revenue = Amount(total.NowNanos),
            revenueBefore = report.IsComparison ? Amount(total.BeforeNanos) : null,
            difference = report.IsComparison ? Amount(total.NowNanos - total.BeforeNanos) : null,
        }),
        notPriced = report.Unpriced,
        comparisons = report.Comparisons.Select(one => new
        {
            one.Currency,
            vat = report.IsWithVat ? "with" : "without",
            one.More,
            one.Less,
            one.Same,
            largest = one.Largest,
        }),
        report.NotCompared,
        report.Remarks,
        balancesAtStart = "empty",
        conserved = report.IsConserved,
        elapsedSeconds = Math.Round(report.ElapsedSeconds, 3, MidpointRounding.AwayFromZero),
    };

    /// <summary>The tables, each of which has rows.</summary>
    public static IEnumerable<Table> Tables(SimulationReport report)
    {
        yield return OfferingTable(report);
        if (report.IsComparison)
        {
            yield return RevenueTable(report.Offerings);
        }

        if (report.Unpriced.Count > 0)
        {
            yield return UnpricedTable(report.Unpriced);
        }

        foreach (SpendComparison comparison in report.Comparisons)
        {
            yield return SubscriberTable(comparison);
            if (comparison.Largest.Count > 0)
            {
                yield return ChangeTable(comparison);
            }
        }
    }

    /// <summary>The lines after the tables; the conservation equation is the last.</summary>
    public static IEnumerable<string> Lines(SimulationReport report)
    {
        foreach (SimulatedTotal total in report.Totals)
        {
            string unit = $"{total.Currency} {VatOf(total.Basis)} VAT";
            yield return report.IsComparison
                ? $"revenue {Amount(total.NowNanos)} {unit}; before {Amount(total.BeforeNanos)}, "
                    + $"difference {Signed(Nanos.ToDecimal(total.NowNanos - total.BeforeNanos), "0.000000000")}"
                : $"revenue {Amount(total.NowNanos)} {unit}";
        }

        yield return "balances, bundles and tiers were empty before the first event of the usage";
        if (report.NotCompared > 0)
        {
            yield return Text($"{report.NotCompared:N0} subscribers are not compared: their amounts are in two currencies");
        }

        foreach (string remark in report.Remarks.Take(RemarksShown))
        {
            yield return remark;
        }

        if (report.Remarks.Count > RemarksShown)
        {
            yield return Text($"{report.Remarks.Count - RemarksShown:N0} remarks more: see --json");
        }

        if (report.Undecodable > 0)
        {
            yield return Text($"{report.Undecodable:N0} records of a recording cannot be decoded; they count as rejected");
        }

        if (report.Quarantined > 0)
        {
            yield return Text(
                $"{report.Quarantined:N0} records of files could not be decoded; belgicom run keeps them in quarantine, with the reason");
        }

        if (report.PassedOn > 0)
        {
            yield return "passedOn: usage under another name of its subscriber, which the recording has once more under the subscriber's "
                + "own";
        }

        yield return Text($"{report.Records:N0} events of {report.Files:N0} files in {report.ElapsedSeconds:0.0} s");
        yield return report.Equation();
    }

    /// <summary>The same as CSV (RFC 4180): the first column says what a row is about.</summary>
    public static string Csv(SimulationReport report)
    {
        StringBuilder csv = new();
        Row(
            csv, "row", "name", "currency", "vat", "subscribers", "events", "rated", "zeroRated", "notPriced", "octets", "seconds",
            "messages", "units", "bundleOctets", "bundleSeconds", "bundleMessages", "bundleUnits", "revenue", "revenueBefore",
            "difference");
        foreach (SimulatedOffering offering in report.Offerings)
        {
            OfferingTally now = offering.Now;
            Row(
                csv,
                [
                    "offering", offering.Sold.Offering, offering.Sold.Currency, VatOf(offering.Sold.Basis), Plain(now.Subscribers),
                    Plain(now.Events), Plain(now.Rated), Plain(now.ZeroRated), Plain(now.NotPriced.Sum()),
                    .. now.Charged.Select(units => units.ToString(CultureInfo.InvariantCulture)),
                    .. now.Bundled.Select(units => units.ToString(CultureInfo.InvariantCulture)),
                    Amount(now.RevenueNanos), offering.Before is { } before ? Amount(before.RevenueNanos) : "",
                    offering.Before is null ? "" : Amount(offering.DifferenceNanos),
                ]);
        }

        foreach (UnpricedUsage usage in report.Unpriced)
        {
            Row(csv, "notPriced", $"{usage.Reason} {usage.Offering}".TrimEnd(), "", "", "", Plain(usage.Events));
        }

        foreach (SpendComparison comparison in report.Comparisons)
        {
            string vat = report.IsWithVat ? "with" : "without";
            foreach ((string name, ChangedSubscribers changed) in new[] { ("more", comparison.More), ("less", comparison.Less) })
            {
                Row(csv, name, "", comparison.Currency, vat, Plain(changed.Subscribers));
                Row(csv, $"{name}Largest", "", comparison.Currency, vat, [.. Empty(15), Plain(changed.Largest)]);
                Row(csv, $"{name}Median", "", comparison.Currency, vat, [.. Empty(15), Plain(changed.Median)]);
            }

            Row(csv, "same", "", comparison.Currency, vat, Plain(comparison.Same));
            foreach (ChangedSpend change in comparison.Largest)
            {
                Row(
                    csv, "largestChange", change.Subscriber, change.Currency, vat,
                    [.. Empty(13), Plain(change.Now), Plain(change.Before), Plain(change.Difference)]);
            }
        }

        return csv.ToString();
    }

    /// <summary>An amount with nine decimals, as an auditor reads it.</summary>
    public static string Amount(Int128 nanos) => Nanos.ToDecimal(nanos).ToString("0.000000000", CultureInfo.InvariantCulture);

    /// <summary>"with" or "without".</summary>
    public static string VatOf(PriceBasis basis) => basis == PriceBasis.Gross ? "with" : "without";

    private static Table OfferingTable(SimulationReport report)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumn("offering");
        foreach (string name in new[] { "subscribers", "events", "rated", "zero-rated", "not priced", "charged", "in bundles" })
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        if (!report.IsComparison)
        {
            table.AddColumn(new TableColumn("revenue").RightAligned());
        }

        foreach (SimulatedOffering offering in report.Offerings)
        {
            OfferingTally now = offering.Now;
            string[] row =
            [
                Name(offering.Sold), Number(now.Subscribers), Number(now.Events), Number(now.Rated), Number(now.ZeroRated),
                Number(now.NotPriced.Sum()), Units(now.Charged), Units(now.Bundled),
            ];
            table.AddRow(report.IsComparison ? row : [.. row, Money(now.RevenueNanos, offering.Sold)]);
        }

        return table;
    }

    private static Table RevenueTable(IEnumerable<SimulatedOffering> offerings)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumn("revenue");
        foreach (string name in new[] { "before", "now", "difference", "%" })
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (SimulatedOffering offering in offerings.Where(offering => offering.Sold != SoldOffering.None))
        {
            Int128 before = offering.Before!.RevenueNanos;
            table.AddRow(
                Name(offering.Sold), Money(before, offering.Sold), Money(offering.Now.RevenueNanos, offering.Sold),
                $"{Signed(Nanos.ToDecimal(offering.DifferenceNanos), "#,##0.00")} {offering.Sold.Currency}",
                before == 0 ? "" : Signed((decimal)offering.DifferenceNanos / (decimal)before * 100, "0.0"));
        }

        return table;
    }

    private static string Name(SoldOffering sold) => sold == SoldOffering.None ? "(under no offering)"
        : Markup.Escape(sold.Basis == PriceBasis.Gross ? $"{sold.Offering} (with VAT)" : sold.Offering);

    private static string Money(Int128 nanos, SoldOffering sold) =>
        sold == SoldOffering.None ? "" : Text($"{Nanos.ToDecimal(nanos):#,##0.00} {sold.Currency}");

    private static Table UnpricedTable(IReadOnlyList<UnpricedUsage> unpriced)
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumns("not priced", "reason", "offering").AddColumn(new TableColumn("events").RightAligned()).AddColumn("one of them");
        foreach (UnpricedUsage usage in unpriced)
        {
            table.AddRow(
                usage.Outcome.ToLowerInvariant(), usage.Reason, Markup.Escape(usage.Offering), Number(usage.Events), usage.Example);
        }

        return table;
    }

    private static Table SubscriberTable(SpendComparison comparison)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumn("who");
        foreach (string name in new[] { "subscribers", "at most", "median" })
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach ((string name, ChangedSubscribers changed) in new[] { ("pay more", comparison.More), ("pay less", comparison.Less) })
        {
            table.AddRow(name, Number(changed.Subscribers), Money(changed.Largest, comparison), Money(changed.Median, comparison));
        }

        table.AddRow("pay the same", Number(comparison.Same), "", "");
        return table;
    }

    private static Table ChangeTable(SpendComparison comparison)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumn("largest changes: subscriber reference");
        foreach (string name in new[] { "before", "now", "difference" })
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (ChangedSpend change in comparison.Largest)
        {
            table.AddRow(
                change.Subscriber, Money(change.Before, comparison), Money(change.Now, comparison),
                $"{Signed(change.Difference, "#,##0.0000")} {comparison.Currency}");
        }

        return table;
    }

    /// <summary>Units in the words of a price list, one below the other: gigabytes (10⁹ octets), minutes, messages, units.</summary>
    private static string Units(Int128[] units)
    {
        IEnumerable<string> words = units.Index().Where(unit => unit.Item > 0).Select(unit => (PriceUnit)unit.Index switch
        {
            PriceUnit.Octet => Text($"{(decimal)unit.Item / 1_000_000_000m:#,##0.00} GB"),
            PriceUnit.Second => Text($"{(decimal)unit.Item / 60m:#,##0.0} min"),
            PriceUnit.Message => Text($"{(decimal)unit.Item:N0} messages"),
            _ => Text($"{(decimal)unit.Item:N0} units"),
        });
        return string.Join('\n', words);
    }

    private static object UnitsOf(Int128[] units) => new
    {
        octets = (decimal)units[(int)PriceUnit.Octet],
        seconds = (decimal)units[(int)PriceUnit.Second],
        messages = (decimal)units[(int)PriceUnit.Message],
        units = (decimal)units[(int)PriceUnit.Unit],
    };

    private static string Money(decimal amount, SpendComparison comparison) => Text($"{amount:#,##0.0000} {comparison.Currency}");

    private static string Signed(decimal amount, string format) =>
        (amount > 0 ? "+" : "") + amount.ToString(format, CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Plain(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Plain(decimal amount) => amount.ToString("0.000000000###", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<string> Empty(int columns) => Enumerable.Repeat("", columns);

    private static void Row(StringBuilder csv, string what, string name, string currency, string vat, params IEnumerable<string> rest) =>
        Row(csv, [what, name, currency, vat, .. rest]);

    private static void Row(StringBuilder csv, IReadOnlyList<string> fields)
    {
        const int Columns = 20;
        csv.AppendJoin(',', fields.Concat(Empty(Columns - fields.Count)).Select(Field)).Append("\r\n");
    }

    private static string Field(string text) =>
        text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
