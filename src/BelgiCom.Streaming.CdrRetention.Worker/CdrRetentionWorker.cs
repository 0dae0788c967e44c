using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Retention;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>Runs the loop from the usage topics into the archive until the host stops or the loop fails.</summary>
internal sealed class CdrRetentionWorker(
    KafkaOptions kafka, CdrArchive archive, ISchemaRegistry registry, TimeProvider clock, ILoggerFactory loggers) : BackgroundService
{
    /// <summary>Consumer group, and the worker's name.</summary>
    public const string Group = "cdr-retention";

    private readonly ConsumerLoop _loop = new(
        kafka,
        Group,
        RetentionPolicy.ArchivedTopics,
        new CdrRetentionBatchHandler(archive, registry.Find, loggers.CreateLogger<CdrRetentionBatchHandler>()),
        clock,
        loggers.CreateLogger<ConsumerLoop>());

    /// <summary>State of the loop; null before it starts.</summary>
    public LaneHealth? Health => _loop.Health;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _loop.RunAsync(stoppingToken);
}

/// <summary>
/// Unhealthy when the loop has failed, or when something past its period could not be destroyed; degraded while a batch is tried again.
/// </summary>
internal sealed class CdrRetentionHealthCheck(CdrRetentionWorker worker, RetentionExpiryWorker expiry) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(worker.Health switch
        {
            null => HealthCheckResult.Unhealthy("The loop has not started."),
            { State: LaneState.Failed } => HealthCheckResult.Unhealthy("The loop has ended with an error; see the log."),
            _ when expiry.LastReport is { IsComplete: false } =>
                HealthCheckResult.Unhealthy("Something past its period could not be destroyed; see the log."),
            { State: LaneState.Rewinding } health =>
                HealthCheckResult.Degraded($"The archive refused a batch; it is tried again since {health.Since:O}."),
            _ => HealthCheckResult.Healthy(),
        });
}
