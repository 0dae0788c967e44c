using BelgiCom.Streaming.BillingSync.Worker;
using BelgiCom.Streaming.Tool.Run;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool.Status;

/// <summary>Looks at everything once a second and keeps what it saw, so that a page that many people watch costs no more than one.</summary>
internal sealed partial class StatusService(Func<Pipeline> pipeline, StatusSources sources, RecentProblems problems, ILogger<StatusService> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly DateTimeOffset _startedAt = TimeProvider.System.GetUtcNow();
    private volatile object _latest = new { };

    /// <summary>The object that <c>/status.json</c> answers.</summary>
    public object Latest => _latest;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                await LookAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var running = pipeline();
            running.Usage.Advance(cancellationToken);
            var lag = await running.LagsAsync();
            var tally = running.Usage.Total;
            var ledger = running.LedgerNow();
            var idle = lag.Values.All(behind => behind == 0);
            _latest = new
            {
                startedAt = _startedAt,
                uptimeSeconds = (TimeProvider.System.GetUtcNow() - _startedAt).TotalSeconds,
                running.Broker,
                inbox = sources.Inbox,
                ledger = running.LedgerLocation,
                records = tally.ToJson(),
                conserved = tally.IsConserved,
                idle,
                equation = tally.IsConserved || idle ? tally.Equation() : $"{tally.Equation()} (in flight)",
                billed = Billed.Of(ledger),
                lag,
                files = sources.LastFiles(),
                problems = problems.All,
            };
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not OutOfMemoryException)
        {
            // The page shows that it is old news; the workers go on.
            LogNotLooked(logger, exception.Message);
        }
    }

    [LoggerMessage(9101, LogLevel.Warning, "The status page could not be brought up to date: {Reason}")]
    private static partial void LogNotLooked(ILogger logger, string reason);
}
