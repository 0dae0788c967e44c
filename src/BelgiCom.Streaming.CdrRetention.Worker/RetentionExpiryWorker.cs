using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Retention;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>Destroys the segments that are past their period: at start, and then at the configured interval.</summary>
internal sealed class RetentionExpiryWorker(
    CdrArchive archive, RetentionOptions options, TimeProvider clock, ILogger<RetentionExpiryWorker> logger) : BackgroundService
{
    private volatile RetentionReport? _lastReport;

    /// <summary>The report of the last run; null before the first.</summary>
    public RetentionReport? LastReport => _lastReport;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(options.ExpireEvery, clock);
        try
        {
            do
            {
                Expire();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; segments that are due wait for the next start.
        }
    }

    private void Expire()
    {
        RetentionReport report = new RetentionExpiry(archive, clock).Run(clock.GetUtcNow(), dryRun: false);
        foreach (string shortened in report.Shortened)
        {
            CdrRetentionLog.ShorterPeriod(logger, shortened);
        }

        foreach (RetentionItem item in report.Items)
        {
            CdrRetentionMetrics.Examined(item);
            if (item is { Action: RetentionAction.Expired, Class: KeyPurposes.PersonalData })
            {
                CdrRetentionLog.DayKeyDeleted(logger, item.Day, item.Reason);
            }
            else if (item.Action == RetentionAction.Expired)
            {
                CdrRetentionLog.Expired(logger, item.Class, item.Day, item.Records, item.HeldRecords, item.Reason);
            }
            else
            {
                CdrRetentionLog.NotExpired(logger, item.Class, item.Day, item.Action, item.Reason);
            }
        }

        _lastReport = report;
    }
}
