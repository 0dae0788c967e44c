using System.Globalization;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.BillingSync.Worker;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool;

/// <summary>One file of a run and what became of it.</summary>
/// <param name="Name">Name without folder.</param>
/// <param name="Source">Configured or detected source.</param>
/// <param name="State">A word for a person.</param>
/// <param name="Totals">What was decoded in this run.</param>
/// <param name="Quarantined">Records, or the file itself, that could not be decoded in this run.</param>
internal sealed record RunFile(string Name, string Source, string State, ControlTotals Totals, long Quarantined)
{
    /// <summary>State of a file that somebody was writing while this run read it.</summary>
    public const string ChangedWhileRead = "changed";

    public static RunFile Of(FileReport report) =>
        new(
            report.Entry.Name, report.Entry.Source, report.IsKnownAlready ? "known already" : StateOf(report.Entry), report.Totals,
            report.Quarantined);

    /// <summary>The state of a file in words.</summary>
    public static string StateOf(FileEntry entry) => entry.State switch
    {
        FileState.Done => "done",
        FileState.Failed => "quarantined",
        FileState.Changed => ChangedWhileRead,
        FileState.Incomplete => "incomplete",
        _ => "being read",
    };
}

/// <summary>A file of any run whose money waits in part, as the file ledger knows it now.</summary>
/// <param name="Name">Name without folder.</param>
/// <param name="Source">Configured or detected source.</param>
/// <param name="State">A word for a person.</param>
/// <param name="Quarantined">Records, or the file itself, that could not be decoded when it was read last.</param>
/// <param name="IsIncomplete">Whether a rest of it was not read.</param>
/// <param name="Detail">What keeps it from being read; empty when all of it was.</param>
internal sealed record WaitingFile(string Name, string Source, string State, long Quarantined, bool IsIncomplete, string Detail)
{
    /// <summary>
    /// The files that wait. A file that was part of another one waits for nothing, and one that was read again counts as it was read last.
    /// </summary>
    public static IReadOnlyList<WaitingFile> Of(FileLedger ledger) =>
    [
        .. ledger.List()
            .Where(file => file.State != FileState.Changed)
            .Select(file => new WaitingFile(
                file.Name, file.Source, RunFile.StateOf(file), file.Quarantined,
                file.State is FileState.Incomplete or FileState.Receiving, file.Detail))
            .Where(file => file.Quarantined > 0 || file.IsIncomplete),
    ];
}

/// <summary>Lines in the ledger and their sum in one currency and on one basis.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Lines">Usage events with a price.</param>
/// <param name="AmountNanos">Sum in 10⁻⁹ of the currency's unit.</param>
internal sealed record BilledIn(string Currency, long Lines, Int128 AmountNanos)
{
    /// <summary>Whether the sum is without VAT or with it.</summary>
    public PriceBasis PriceBasis { get; init; }

    public string Amount => Nanos.ToDecimal(AmountNanos).ToString("0.000000000", CultureInfo.InvariantCulture);
}

/// <summary>
/// Lines in the ledger and their sums. Sums of two currencies are never added, and none with VAT to one without. <see cref="Amount"/> says
/// the whole without VAT or nothing: a script that knows only that field never takes a part, or an amount with VAT, for the whole.
/// </summary>
/// <param name="Sums">One entry per currency and basis, in alphabetical order, without VAT first; at least one.</param>
internal sealed record Billed(IReadOnlyList<BilledIn> Sums)
{
    /// <summary>Usage events with a price, in all currencies and on both bases.</summary>
    public long Lines => Sums.Sum(sum => sum.Lines);

    /// <summary>The sum when all lines are without VAT and in one currency; else null.</summary>
    public string? Amount => AmountOf(Sums);

    /// <summary>The currency when there is one; else null.</summary>
    public string? Currency => Sums.Select(sum => sum.Currency).Distinct().Count() == 1 ? Sums[0].Currency : null;

    /// <summary>Whether a line has an amount with VAT.</summary>
    public bool HasVat => Sums.Any(sum => sum.PriceBasis == PriceBasis.Gross);

    public static Billed Of(LedgerTotals totals)
    {
        IReadOnlyList<(string Currency, PriceBasis Basis)> sums = totals.Sums.Count > 0 ? totals.Sums : [("EUR", PriceBasis.Net)];
        return new Billed(
        [
            .. sums.Select(sum => (sum.Currency, sum.Basis, Total: totals.Billed(sum.Currency, sum.Basis)))
                .Select(sum => new BilledIn(sum.Currency, sum.Total.Records, sum.Total.AmountNanos) { PriceBasis = sum.Basis }),
        ]);
    }

    /// <summary>For a person, for example "12 lines, 3.000000000 EUR".</summary>
    /// <param name="namesBasis">Whether to say of each sum that it is without VAT or with it.</param>
    public string ToString(bool namesBasis) => $"{Lines:N0} lines, " + string.Join(
        " + ", Sums.Select(sum => $"{sum.Amount} {sum.Currency}" + (namesBasis ? $" {WordsOf(sum.PriceBasis)}" : "")));

    /// <summary>As <c>--json</c> and the status page show it.</summary>
    public object ToJson() => new
    {
        Lines,
        Amount,
        Currency,
        byCurrency = Sums.GroupBy(sum => sum.Currency).Select(currency => new
        {
            Currency = currency.Key,
            Lines = currency.Sum(sum => sum.Lines),
            Amount = AmountOf([.. currency]),
        }),
        byBasis = Sums.Select(sum => new
        {
            sum.Currency,
            PriceBasis = sum.PriceBasis == PriceBasis.Gross ? "GROSS" : "NET",
            sum.Lines,
            sum.Amount,
        }),
    };

    /// <summary>The basis of an amount, for a person.</summary>
    public static string WordsOf(PriceBasis basis) => basis == PriceBasis.Gross ? "with VAT" : "without VAT";

    private static string? AmountOf(IReadOnlyList<BilledIn> sums) => sums is [{ PriceBasis: PriceBasis.Net } only] ? only.Amount : null;
}

/// <summary>Everything that <c>run</c> reports: as JSON and as a table.</summary>
internal sealed record RunReport
{
    public required IReadOnlyList<RunFile> Files { get; init; }

    /// <summary>Files of all runs with records in quarantine or a rest that was not read.</summary>
    public required IReadOnlyList<WaitingFile> WaitingFiles { get; init; }

    /// <summary>Files and records of all runs that nodes numbered and that have not come.</summary>
    public required MissingReport Missing { get; init; }

    /// <summary>Counted on the topics, from the offsets at which this run started.</summary>
    public required UsageTally Records { get; init; }

    /// <summary>Billed by this run.</summary>
    public required Billed Billed { get; init; }

    /// <summary>Counted on the topics from their beginning: everything in the data folder.</summary>
    public required UsageTally TotalRecords { get; init; }

    /// <summary>What usage of all runs waits for, by reason, and how many events do.</summary>
    public IReadOnlyDictionary<RejectedReason, long> WaitingFor { get; init; } = new Dictionary<RejectedReason, long>();

    /// <summary>Whether <see cref="TotalRecords"/> counts all usage that ever was, because retention has taken none of it.</summary>
    public bool IsTotalWhole { get; init; } = true;

    /// <summary>Whether each received event has one outcome: in this run, and in all as long as the topics have them all.</summary>
    public bool IsConserved => Records.IsConserved && (TotalRecords.IsConserved || !IsTotalWhole);

    /// <summary>Billed by all runs.</summary>
    public required Billed TotalBilled { get; init; }

    /// <summary>The comparison of everything that was ever rated with the ledger.</summary>
    public required LedgerEvidence Evidence { get; init; }

    /// <summary>Whether the ledger bills every rated event on the topic as it was rated, except for conflicts.</summary>
    public bool IsReconciled => Evidence.IsReconciled;

    /// <summary>Whether this run charged usage from CHF records and from Nchf requests that may be of the same sessions.</summary>
    public bool ChargesTwoViews { get; init; }

    /// <summary>Whether this run charged minutes of one connection from a gateway's records and from converged charging.</summary>
    public bool ChargesGatewayToo { get; init; }

    /// <summary>
    /// Usage of all runs that a person must look at, because its money waits: records, by where they are, and files with a rest that was
    /// not read. Where two charging views are charged, money may be charged twice. What is in quarantine is counted by the file ledger and
    /// not on the topic, which keeps the entries of records that were read after their map was mended.
    /// </summary>
    public IReadOnlyDictionary<string, long> Waiting => new Dictionary<string, long>
    {
        ["suspended"] = TotalRecords.Suspended,
        ["rejected"] = TotalRecords.Rejected,
        ["conflict"] = TotalRecords.Conflict,
        ["ledgerConflict"] = Evidence.Conflicts,
        ["quarantined"] = WaitingFiles.Sum(file => file.Quarantined),
        ["twoChargingViews"] = (ChargesTwoViews ? 1 : 0) + (ChargesGatewayToo ? 1 : 0),
        ["incompleteFiles"] = WaitingFiles.Count(file => file.IsIncomplete) + Files.Count(file => file.State == RunFile.ChangedWhileRead),
    };

    /// <summary>0, or 2 when something was lost or counted twice, or 3 when money waits.</summary>
    public int ExitCode =>
        !IsBalanced ? WorkerHost.ExitFailed : Waiting.Values.Any(events => events > 0) ? WorkerHost.ExitMoneyWaits : WorkerHost.ExitDone;

    public required string Ledger { get; init; }

    public required string Archive { get; init; }

    public required string Log { get; init; }

    /// <summary>Seconds from the start of the process to the first line that this run billed; null when it billed none.</summary>
    public required double? FirstBilledSeconds { get; init; }

    public required double ElapsedSeconds { get; init; }

    public ControlTotals ControlTotals => Files.Aggregate(default(ControlTotals), (sum, file) => sum + file.Totals);

    /// <summary>Whether nothing was lost or counted twice, between topics and into the ledger.</summary>
    public bool IsBalanced => IsConserved && IsReconciled;

    /// <summary>The object that <c>--json</c> prints.</summary>
    public object ToJson() => new
    {
        files = Files.Count,
        controlTotals = ControlTotals.ToJson(),
        records = Records.ToJson(),
        billed = Billed.ToJson(),
        total = new { records = TotalRecords.ToJson(), billed = TotalBilled.ToJson() },
        conserved = IsConserved,
        reconciled = IsReconciled,
        differences = Evidence.Differences + Evidence.NotYetBilled,
        ratedAndDiscarded = Evidence.Discarded,
        waiting = Waiting,
        waitingFor = WaitingFor.ToDictionary(reason => SuspenseFilter.NameOf(reason.Key), reason => reason.Value),
        waitingFiles = WaitingFiles,
        missing = Missing.ToJson(),
        ledger = Ledger,
        archive = Archive,
        log = Log,
        firstBilledSeconds = FirstBilledSeconds is { } first ? Math.Round(first, 3, MidpointRounding.AwayFromZero) : (double?)null,
        elapsedSeconds = Math.Round(ElapsedSeconds, 3, MidpointRounding.AwayFromZero),
    };
}
