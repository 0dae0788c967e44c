using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>Runs the loop from the usage topics into the archive until the host stops or the loop fails.</summary>
internal sealed class CdrRetentionWorker(KafkaOptions kafka, CdrArchive archive, ISchemaRegistry registry, TimeProvider clock, ILoggerFactory loggers) : BackgroundService
{
    /// <summary>Consumer group, and the worker's name.</summary>
    public const string Group = "cdr-retention";

    private readonly ConsumerLoop _loop = new(
        kafka,
        Group,
        RetentionOptions.ArchivedTopics,
        new CdrRetentionBatchHandler(archive, registry.Find, loggers.CreateLogger<CdrRetentionBatchHandler>()),
        clock,
        loggers.CreateLogger<ConsumerLoop>());

    /// <summary>State of the loop; null before it starts.</summary>
    public LaneHealth? Health => _loop.Health;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _loop.RunAsync(stoppingToken);
}

/// <summary>Destroys what is past its period: at start, and then at the configured interval.</summary>
internal sealed class RetentionExpiryWorker(CdrArchive archive, RetentionOptions options, TimeProvider clock, ILogger<RetentionExpiryWorker> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var expiry = new RetentionExpiry(archive, clock);
        using var timer = new PeriodicTimer(options.ExpireEvery, clock);
        try
        {
            do
            {
                var report = expiry.Run(clock.GetUtcNow(), dryRun: false);
                foreach (var item in report.Items)
                {
                    CdrRetentionMetrics.Examined(item);
                    CdrRetentionLog.Examined(logger, item.Class, item.Day, item.Action, item.Records, item.HeldRecords, item.LegalBasis);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops: what is due waits for the next start.
        }
    }
}

/// <summary>Unhealthy when the loop has failed; degraded while it tries a batch again.</summary>
internal sealed class CdrRetentionHealthCheck(CdrRetentionWorker worker) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(worker.Health switch
        {
            null => HealthCheckResult.Unhealthy("The loop has not started."),
            { State: LaneState.Failed } => HealthCheckResult.Unhealthy("The loop has ended with an error; see the log."),
            { State: LaneState.Rewinding } health => HealthCheckResult.Degraded($"The archive refused a batch; it is tried again since {health.Since:O}."),
            _ => HealthCheckResult.Healthy(),
        });
}
