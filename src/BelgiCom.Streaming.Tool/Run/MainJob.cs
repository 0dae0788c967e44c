using System.Diagnostics;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.BillingSync.Worker;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// One run over given files on started workers: it mediates the files, waits until everything is rated, archived and billed, and makes the
/// report.
/// </summary>
internal sealed class MainJob(
    Pipeline pipeline, FileIntake intake, FileLedger fileLedger, IReadOnlyList<string> files, string? source)
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(200);

    private readonly List<RunFile> _done = [];
    private RunStep _step;
    private LedgerEvidence _evidence = new([], 0);
    private double? _firstBilledSeconds;

    /// <summary>How far the job is.</summary>
    public RunStep Step() => _step;

    /// <summary>Does the job.</summary>
    /// <exception cref="ToolException">A worker has failed.</exception>
    public async Task ToTheEndAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task watch = WatchAsync(watching.Token);
        try
        {
            foreach (string file in files)
            {
                _done.Add(RunFile.Of(await TakeAsync(file, cancellationToken)));
                pipeline.ThrowIfFailed();
            }

            await pipeline.DrainAsync(cancellationToken);
        }
        finally
        {
            await watching.CancelAsync();
            await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Look(cancellationToken);
        _evidence = pipeline.Evidence(cancellationToken);
        // A worker that had nothing to do may have failed as well, and then not everything is as the report would say.
        pipeline.ThrowIfFailed();
    }

    /// <summary>What came out, after the end.</summary>
    public RunReport Report(DataFolder folder)
    {
        LedgerTotals now = pipeline.LedgerNow();
        return new RunReport
        {
            Files = _done,
            WaitingFiles = WaitingFile.Of(fileLedger),
            Missing = MissingReport.Of(fileLedger),
            ChargesTwoViews = intake.ChargesTwoViews,
            ChargesGatewayToo = intake.ChargesGatewayToo,
            Records = pipeline.Usage.Run,
            TotalRecords = pipeline.Usage.Total,
            IsTotalWhole = pipeline.Usage.IsWhole,
            WaitingFor = pipeline.Usage.WaitingFor,
            Billed = Billed.Of(now.Since(pipeline.LedgerAtStart)),
            TotalBilled = Billed.Of(now),
            Evidence = _evidence,
            Ledger = pipeline.LedgerLocation,
            Archive = folder.Archive,
            Log = folder.LogFile,
            FirstBilledSeconds = _firstBilledSeconds,
            ElapsedSeconds = SecondsSinceStart(),
        };
    }

    private async Task<FileReport> TakeAsync(string file, CancellationToken cancellationToken)
    {
        if (file != RunInputs.StandardInput)
        {
            return await intake.TakeAsync(file, source ?? RunInputs.SourceByFolder(file, intake.SourceNames), cancellationToken);
        }

        await using Stream input = Console.OpenStandardInput();
        return await intake.TakeAsync(input, "standard input", source, cancellationToken);
    }

    /// <summary>Counts while the workers work, to show the progress and to time the first billed line.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        // The client library blocks.
        await Task.Yield();
        while (!cancellationToken.IsCancellationRequested)
        {
            Look(cancellationToken);
            await Task.Delay(WatchInterval, cancellationToken);
        }
    }

    private void Look(CancellationToken cancellationToken)
    {
        long billed = pipeline.LedgerNow().Since(pipeline.LedgerAtStart).Lines;
        if (billed > 0)
        {
            _firstBilledSeconds ??= SecondsSinceStart();
        }

        pipeline.Usage.Advance(cancellationToken);
        UsageTally tally = pipeline.Usage.Run;
        _step = new RunStep(_done.Count, files.Count, tally.Received + tally.CarriedOver, tally.Decided, tally.Rated, billed);
    }

    private static double SecondsSinceStart()
    {
        using Process process = Process.GetCurrentProcess();
        return (TimeProvider.System.GetUtcNow() - process.StartTime.ToUniversalTime()).TotalSeconds;
    }
}
