using System.Globalization;
using System.Net;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Draws revenue per offering, and who pays more and less, as one SVG without anything from outside. It is legible in light and dark, and
/// its text alternative says the finding.
/// </summary>
internal sealed class RevenueChart
{
    private const int Width = 960;
    private const int Margin = 28;
    private const int LabelWidth = 230;
    private const int ValueWidth = 220;
    private const int BarWidth = Width - (2 * Margin) - LabelWidth - ValueWidth;
    private const int BarHeight = 14;
    private const int RowGap = 20;

    // Beyond this number the rest is one row, because a chart of hundreds of bars shows nothing.
    private const int OfferingsShown = 20;

    private const string Style = """
        <style>
          .bg{fill:#f5f6f8}.panel{fill:#fff;stroke:#dfe3ea}.text{fill:#171c26}.soft{fill:#566175}.axis{stroke:#c5ccd8}
          .now{fill:#0b6bcb}.before{fill:#a9b4c6}.more{fill:#b3261e}.less{fill:#0f7b4b}.same{fill:#c5ccd8}
          .up{fill:#0f7b4b}.down{fill:#b3261e}
          text{font:13px Inter,"Segoe UI",system-ui,-apple-system,Arial,sans-serif;font-variant-numeric:tabular-nums}
          .title{font-size:20px;font-weight:620}.head{font-weight:620}.small{font-size:12px}.end{text-anchor:end}
          @media (prefers-color-scheme:dark){
            .bg{fill:#0f131a}.panel{fill:#171c25;stroke:#28303d}.text{fill:#e6eaf1}.soft{fill:#a4aebf}.axis{stroke:#3a4455}
            .now{fill:#5aa9f5}.before{fill:#56637a}.more{fill:#ff8a80}.less{fill:#4cc38a}.same{fill:#3a4455}
            .up{fill:#4cc38a}.down{fill:#ff8a80}
          }
        </style>
        """;

    private const string PageHead = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>belgicom simulate</title>
        <style>
          :root{color-scheme:light dark}body{margin:0;background:#f5f6f8}
          svg{display:block;margin:0 auto;max-width:100%;height:auto}
          @media (prefers-color-scheme:dark){body{background:#0f131a}}
        </style>

        """;

    private readonly StringBuilder _svg = new();
    private readonly SimulationReport _report;
    private int _y;

    private RevenueChart(SimulationReport report) => _report = report;

    /// <summary>Draws a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="asPage">Whether the drawing is put into an HTML page.</param>
    public static string Draw(SimulationReport report, bool asPage)
    {
        string svg = new RevenueChart(report).Draw();
        return asPage
            ? $"{PageHead}{svg}</html>\n"
            : svg;
    }

    private string Draw()
    {
        string finding = Finding();
        _y = 40;
        Text(Margin, _y, "text title", "Simulated revenue");
        _y += 24;
        Text(Margin, _y, "soft", finding);
        foreach (IGrouping<(string, PriceBasis), SimulatedOffering> group in _report.Offerings
            .Where(offering => offering.Sold != SoldOffering.None)
            .GroupBy(offering => (offering.Sold.Currency, offering.Sold.Basis)))
        {
            _y += 36;
            DrawRevenue(group.Key.Item1, group.Key.Item2, [.. group]);
        }

        foreach (SpendComparison comparison in _report.Comparisons)
        {
            _y += 36;
            DrawSubscribers(comparison);
        }

        _y += 34;
        Text(Margin, _y, "soft small", _report.Equation());
        _y += 20;
        Text(
            Margin, _y, "soft small",
            "Balances, bundles and tiers were empty before the first event."
            + (_report.Unpriced.Sum(usage => usage.Events) is > 0 and long events ? Words($" {events:N0} events have no price.") : ""));
        int height = _y + 24;
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" width="{Width}" height="{height}" role="img">
            <title>{Escape(finding)}</title>
            {Style}
            <rect class="bg" width="{Width}" height="{height}"/>
            {_svg}</svg>

            """;
    }

    private string Finding()
    {
        string[] totals =
        [
            .. _report.Totals.Select(total =>
            {
                string unit = $"{total.Currency} {Vat(total.Basis)}";
                decimal now = Nanos.ToDecimal(total.NowNanos);
                decimal before = Nanos.ToDecimal(total.BeforeNanos);
                return _report.IsComparison
                    ? Words($"{now:#,##0.00} {unit}, {Signed(now - before)} against {before:#,##0.00} before{Percent(now, before)}")
                    : Words($"{now:#,##0.00} {unit}");
            }),
        ];
        string who = string.Join(
            "; ",
            _report.Comparisons.Select(one => Words(
                $"{one.More.Subscribers:N0} subscribers pay more, {one.Less.Subscribers:N0} less, {one.Same:N0} the same")));
        return string.Join("; ", totals.Append(who).Where(part => part.Length > 0)) + ".";
    }

    private void DrawRevenue(string currency, PriceBasis basis, IReadOnlyList<SimulatedOffering> offerings)
    {
        Text(Margin, _y, "text head", $"Revenue per offering, {currency} {Vat(basis)}");
        if (_report.IsComparison)
        {
            const int Legend = Width - Margin - 120;
            Rect(Legend, _y - 10, 10, 10, "before");
            Text(Legend + 16, _y, "soft small", "before");
            Rect(Legend + 76, _y - 10, 10, 10, "now");
            Text(Legend + 92, _y, "soft small", "now");
        }

        List<(string Name, string Detail, decimal Now, decimal Before)> rows =
        [
            .. offerings.Take(OfferingsShown).Select(one => (
                one.Sold.Offering, Words($"{one.Now.Subscribers:N0} subscribers, {one.Now.Events:N0} events"),
                Nanos.ToDecimal(one.Now.RevenueNanos), Nanos.ToDecimal(one.Before?.RevenueNanos ?? 0))),
        ];
        if (offerings.Count > OfferingsShown)
        {
            SimulatedOffering[] rest = [.. offerings.Skip(OfferingsShown)];
            rows.Add((
                Words($"{rest.Length:N0} offerings more"), "",
                rest.Sum(one => Nanos.ToDecimal(one.Now.RevenueNanos)),
                rest.Sum(one => Nanos.ToDecimal(one.Before?.RevenueNanos ?? 0))));
        }

        decimal most = Math.Max(rows.Max(row => Math.Max(row.Now, row.Before)), 0.000000001m);
        int top = _y + 14;
        _y += 22;
        foreach ((string name, string detail, decimal now, decimal before) in rows)
        {
            DrawOffering(name, detail, now, before, most);
        }

        _svg.Append(
            CultureInfo.InvariantCulture,
            $"<line class=\"axis\" x1=\"{Margin + LabelWidth}\" y1=\"{top}\" x2=\"{Margin + LabelWidth}\" y2=\"{_y - 8}\"/>\n");
    }

    private void DrawOffering(string name, string detail, decimal now, decimal before, decimal most)
    {
        int middle = _y + (_report.IsComparison ? BarHeight : BarHeight / 2);
        Text(Margin + LabelWidth - 12, middle - (detail.Length > 0 ? 2 : -4), "text end", Short(name));
        Text(Margin + LabelWidth - 12, middle + 13, "soft small end", detail);
        if (_report.IsComparison)
        {
            Rect(Margin + LabelWidth, _y, Length(before, most), BarHeight, "before");
            _y += BarHeight;
        }

        Rect(Margin + LabelWidth, _y, Length(now, most), BarHeight, "now");
        int end = Margin + LabelWidth + Math.Max(Length(now, most), _report.IsComparison ? Length(before, most) : 0) + 10;
        Text(end, middle + (_report.IsComparison ? -1 : 4), "text", Words($"{now:#,##0.00}"));
        if (_report.IsComparison)
        {
            string sign = now > before ? "up" : now < before ? "down" : "soft";
            Text(end, middle + 14, $"{sign} small", now == before ? "no change" : $"{Signed(now - before)}{Percent(now, before)}");
        }

        _y += BarHeight + RowGap;
    }

    private void DrawSubscribers(SpendComparison comparison)
    {
        Text(
            Margin, _y, "text head",
            $"What subscribers pay, {comparison.Currency} {(_report.IsWithVat ? "with VAT" : "ex VAT")}");
        decimal all = Math.Max(1, comparison.Less.Subscribers + comparison.Same + comparison.More.Subscribers);
        decimal x = Margin;
        const int Full = Width - (2 * Margin);
        _y += 14;
        foreach ((string part, long subscribers) in new[]
        {
            ("less", comparison.Less.Subscribers), ("same", comparison.Same), ("more", comparison.More.Subscribers),
        })
        {
            decimal width = Full * subscribers / all;
            _svg.Append(
                CultureInfo.InvariantCulture,
                $"<rect class=\"{part}\" x=\"{x:0.##}\" y=\"{_y}\" width=\"{width:0.##}\" height=\"22\"/>\n");
            x += width;
        }

        _y += 42;
        Describe(Margin, "less", "▼ pay less", comparison.Less, all);
        Describe(Margin + (Full * 2 / 3), "more", "▲ pay more", comparison.More, all);
        Rect(Margin + (Full / 3), _y - 10, 10, 10, "same");
        Text(
            Margin + (Full / 3) + 16, _y, "text",
            Words($"● pay the same: {comparison.Same:N0} ({comparison.Same * 100 / all:0.#} %)"));
        _y += 16;
    }

    private void Describe(int x, string part, string words, ChangedSubscribers changed, decimal all)
    {
        Rect(x, _y - 10, 10, 10, part);
        Text(x + 16, _y, "text", Words($"{words}: {changed.Subscribers:N0} ({changed.Subscribers * 100 / all:0.#} %)"));
        if (changed.Subscribers > 0)
        {
            Text(x + 16, _y + 17, "soft small", Words($"median {changed.Median:#,##0.00}, at most {changed.Largest:#,##0.00}"));
        }
    }

    private static int Length(decimal amount, decimal most) => amount <= 0 ? 0 : Math.Max(1, (int)(amount / most * BarWidth));

    private static string Vat(PriceBasis basis) => basis == PriceBasis.Gross ? "with VAT" : "ex VAT";

    private static string Signed(decimal amount) => (amount > 0 ? "+" : "") + amount.ToString("#,##0.00", CultureInfo.InvariantCulture);

    private static string Percent(decimal now, decimal before) =>
        before == 0 ? "" : Words($" ({(now > before ? "+" : "")}{(now - before) / before * 100:0.0} %)");

    private static string Short(string name) => name.Length <= 30 ? name : $"{name[..29]}…";

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private void Rect(int x, int y, int width, int height, string style) => _svg.Append(
        CultureInfo.InvariantCulture, $"<rect class=\"{style}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>\n");

    private void Text(int x, int y, string style, string text) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<text class=\"{style}\" x=\"{x}\" y=\"{y}\">{Escape(text)}</text>\n");
}
