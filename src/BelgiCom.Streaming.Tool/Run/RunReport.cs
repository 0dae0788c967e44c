using System.Globalization;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Tool;

/// <summary>One file of a run and what became of it.</summary>
/// <param name="Name">Name without folder.</param>
/// <param name="Source">Configured or detected source.</param>
/// <param name="State">A word for a person.</param>
/// <param name="Totals">What was decoded in this run.</param>
/// <param name="Quarantined">Records, or the file itself, that could not be decoded in this run.</param>
internal sealed record RunFile(string Name, string Source, string State, ControlTotals Totals, long Quarantined)
{
    public static RunFile Of(FileReport report) =>
        new(
            report.Entry.Name, report.Entry.Source, report.IsKnownAlready ? "known already" : StateOf(report.Entry), report.Totals,
            report.Quarantined);

    /// <summary>The state of a file in words.</summary>
    public static string StateOf(FileEntry entry) => entry.State switch
    {
        FileState.Done => "done",
        FileState.Failed => "quarantined",
        FileState.Changed => "changed",
        FileState.Incomplete => "incomplete",
        _ => "being read",
    };
}

/// <summary>Lines in the ledger and their sum.</summary>
/// <param name="Lines">Usage events with a price.</param>
/// <param name="AmountNanos">Sum without VAT in 10⁻⁹ of the currency's unit.</param>
/// <param name="Currency">ISO 4217.</param>
internal sealed record Billed(long Lines, Int128 AmountNanos, string Currency)
{
    public string Amount => Nanos.ToDecimal(AmountNanos).ToString("0.000000000", CultureInfo.InvariantCulture);

    public static Billed Of(LedgerTotals totals)
    {
        // A catalogue usually has one currency. A sum over several would mean nothing, so only the first is shown.
        string currency = totals.Currencies.Count > 0 ? totals.Currencies[0] : "EUR";
        return new Billed(totals.Lines, totals.Billed(currency).AmountNanos, currency);
    }
}

/// <summary>Everything that <c>run</c> reports: as JSON and as a table.</summary>
internal sealed record RunReport
{
    public required IReadOnlyList<RunFile> Files { get; init; }

    /// <summary>Counted on the topics, from the offsets at which this run started.</summary>
    public required UsageTally Records { get; init; }

    /// <summary>Billed by this run.</summary>
    public required Billed Billed { get; init; }

    /// <summary>Counted on the topics from their beginning: everything in the data folder.</summary>
    public required UsageTally TotalRecords { get; init; }

    /// <summary>Billed by all runs.</summary>
    public required Billed TotalBilled { get; init; }

    /// <summary>Whether count, amount and hash total of the rated events on the topic equal those of the ledger.</summary>
    public required bool IsReconciled { get; init; }

    public required string Ledger { get; init; }

    public required string Archive { get; init; }

    public required string Log { get; init; }

    /// <summary>Seconds from the start of the process to the first line that this run billed; null when it billed none.</summary>
    public required double? FirstBilledSeconds { get; init; }

    public required double ElapsedSeconds { get; init; }

    public ControlTotals ControlTotals => Files.Aggregate(default(ControlTotals), (sum, file) => sum + file.Totals);

    /// <summary>Whether nothing was lost or counted twice, between topics and into the ledger.</summary>
    public bool IsBalanced => Records.IsConserved && TotalRecords.IsConserved && IsReconciled;

    /// <summary>The object that <c>--json</c> prints.</summary>
    public object ToJson() => new
    {
        files = Files.Count,
        controlTotals = ControlTotals.ToJson(),
        records = Records.ToJson(),
        billed = new { Billed.Lines, Billed.Amount, Billed.Currency },
        total = new { records = TotalRecords.ToJson(), billed = new { TotalBilled.Lines, TotalBilled.Amount, TotalBilled.Currency } },
        conserved = Records.IsConserved && TotalRecords.IsConserved,
        reconciled = IsReconciled,
        ledger = Ledger,
        archive = Archive,
        log = Log,
        firstBilledSeconds = FirstBilledSeconds is { } first ? Math.Round(first, 3, MidpointRounding.AwayFromZero) : (double?)null,
        elapsedSeconds = Math.Round(ElapsedSeconds, 3, MidpointRounding.AwayFromZero),
    };
}
