using System.Globalization;
using BelgiCom.Streaming.Adapters;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// The report for a person: files, outcomes, money, where everything is, and the conservation equation as the last line.
/// </summary>
internal static class RunReportTable
{
    // Beyond this number the remaining files are summed in one row; the file ledger lists them all.
    private const int FilesShownMax = 25;

    /// <summary>The files, and the outcomes of their usage events.</summary>
    public static IEnumerable<Table> Tables(RunReport report) => [FileTable(report), OutcomeTable(report)];

    /// <summary>The lines after the tables, one sentence each; the equation is the last.</summary>
    public static IEnumerable<string> Lines(RunReport report)
    {
        if (report.FirstBilledSeconds is { } first)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"first billed line after {first:0.0} s, everything after {report.ElapsedSeconds:0.0} s");
        }
        else
        {
            yield return "nothing new to bill: the input was empty, known already or not chargeable";
        }

        bool hasVat = report.TotalBilled.HasVat;
        yield return $"billed by this run {report.Billed.ToString(hasVat)}; in the ledger {report.TotalBilled.ToString(hasVat)}"
            + (hasVat ? "" : " (without VAT)");
        yield return report.IsReconciled
            ? "reconciled: rated = billed, record by record, since the beginning"
                + (report.Evidence.Discarded > 0 ? $" ({report.Evidence.Discarded:N0} in conflict were discarded)" : "")
            : $"NOT RECONCILED: {report.Evidence.Differences:N0} differences between the topic and the ledger, "
                + $"{report.Evidence.NotYetBilled:N0} rated and not billed yet; see the log";
        if (report.Waiting.Any(events => events.Value > 0))
        {
            yield return "MONEY WAITS (exit code 3): "
                + string.Join(", ", report.Waiting.Where(events => events.Value > 0).Select(events => $"{events.Key} {events.Value:N0}"));
        }

        if (report.WaitingFor.Count > 0)
        {
            yield return "waits for "
                + string.Join(", ", report.WaitingFor.Select(reason => $"{SuspenseFilter.NameOf(reason.Key)} {reason.Value:N0}"))
                + ": belgicom suspense list names files and conflicts; when it is mended, belgicom suspense recycle --reason REASON";
        }

        if (report.ChargesTwoViews)
        {
            yield return "CHF records and Nchf requests were both charged, and nothing tells whether they report the same sessions: "
                + "set ChargingView of their sources to Chf or Nchf (docs/adapters.md)";
        }

        if (report.ChargesGatewayToo)
        {
            yield return "A gateway's records and CHF records or Nchf requests report the same minutes of one connection, and both were "
                + "charged: set ChargingView of their sources (docs/adapters.md)";
        }

        foreach (WaitingFile file in report.WaitingFiles.Take(FilesShownMax))
        {
            yield return $"waits    {file.Name} ({file.Source}, {file.State}): {file.Quarantined:N0} in quarantine"
                + (file.IsIncomplete ? ", its rest is not read" : "") + (file.Detail.Length > 0 ? $": {file.Detail}" : "");
        }

        if (report.WaitingFiles.Count > FilesShownMax)
        {
            yield return $"waits    {report.WaitingFiles.Count - FilesShownMax:N0} files more: see belgicom files";
        }

        foreach (string line in report.Missing.Lines())
        {
            yield return line;
        }

        yield return $"ledger   {report.Ledger}";
        yield return $"archive  {report.Archive}";
        yield return $"log      {report.Log}";
        yield return report.Records.Equation();
    }

    private static Table FileTable(RunReport report)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns("file", "source", "state");
        foreach (string name in new[] { "CDRs", "events", "uplink bytes", "downlink bytes", "seconds", "quarantined" })
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (RunFile file in report.Files.Take(FilesShownMax))
        {
            AddRow(table, file.Name, file.Source, file.State, file.Totals, file.Quarantined);
        }

        if (report.Files.Count > FilesShownMax)
        {
            table.AddRow(string.Create(CultureInfo.InvariantCulture, $"... and {report.Files.Count - FilesShownMax:N0} more"));
        }

        AddRow(
            table, string.Create(CultureInfo.InvariantCulture, $"{report.Files.Count:N0} files"), "", "", report.ControlTotals,
            report.Files.Sum(file => file.Quarantined));
        return table;
    }

    private static Table OutcomeTable(RunReport report)
    {
        Table table = new Table()
            .Border(TableBorder.Simple)
            .AddColumn("usage events")
            .AddColumn(new TableColumn("this run").RightAligned())
            .AddColumn(new TableColumn("in all").RightAligned());
        foreach ((string name, Func<UsageTally, long> count) in new (string, Func<UsageTally, long>)[]
        {
            ("received", tally => tally.Received),
            ("carried over", tally => tally.CarriedOver),
            ("rated", tally => tally.Rated),
            ("zero-rated", tally => tally.ZeroRated),
            ("duplicate", tally => tally.Duplicate),
            ("late", tally => tally.Late),
            ("suspended", tally => tally.Suspended),
            ("rejected", tally => tally.Rejected),
            ("conflict", tally => tally.Conflict),
            ("discarded", tally => tally.Discarded),
            ("(recycled from suspense)", tally => tally.Recycled),
            ("(quarantined records)", tally => tally.Quarantined),
        })
        {
            table.AddRow(name, Number(count(report.Records)), Number(count(report.TotalRecords)));
        }

        return table;
    }

    private static void AddRow(Table table, string name, string source, string state, ControlTotals totals, long quarantined) =>
        table.AddRow(
            Markup.Escape(name),
            Markup.Escape(source),
            Markup.Escape(state),
            Number(totals.Cdrs),
            Number(totals.Events),
            Number(totals.UplinkOctets),
            Number(totals.DownlinkOctets),
            Number(totals.Seconds),
            Number(quarantined));

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
