using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Retention;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>Runs the sink from the usage topics into the archive until the host stops or the sink fails.</summary>
internal sealed class CdrRetentionWorker(
    KafkaOptions kafka, ConsumerOptions consumer, CdrArchive archive, ISchemaRegistry registry, TimeProvider clock,
    ILoggerFactory loggers) : BackgroundService
{
    /// <summary>Consumer group, and the worker's name.</summary>
    public const string Group = "cdr-retention";

    private volatile GroupHost? _host;

    /// <summary>State of the sink; null before it starts.</summary>
    public ConsumerHealth? Health => _host?.Health.SingleOrDefault();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ILogger<CdrRetentionBatchHandler> logger = loggers.CreateLogger<CdrRetentionBatchHandler>();
        PatientRegistry patient = new(registry, TimeSpan.Zero, clock, logger, stoppingToken);
        CdrRetentionBatchHandler handler = new(
            archive,
            await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, patient, stoppingToken).ConfigureAwait(false),
            await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, patient, stoppingToken).ConfigureAwait(false),
            await EventTopic.OpenAsync<UsageRejectedView>(Topics.UsageRejected, patient, stoppingToken).ConfigureAwait(false),
            logger);
        _host = GroupHost.OfSink(
            kafka, consumer, Group, RetentionPolicy.ArchivedTopics, handler, clock, loggers.CreateLogger<GroupHost>());
        await _host.RunAsync(stoppingToken).ConfigureAwait(false);
    }
}

/// <summary>
/// Unhealthy when the sink has failed, or when something past its period could not be destroyed; degraded while a batch is tried again.
/// </summary>
internal sealed class CdrRetentionHealthCheck(CdrRetentionWorker worker, RetentionExpiryWorker expiry) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(worker.Health switch
        {
            null => HealthCheckResult.Unhealthy("The sink has not started; is the schema registry there?"),
            { State: ConsumerState.Failed } => HealthCheckResult.Unhealthy("The sink has ended with an error; see the log."),
            _ when expiry.LastReport is { IsComplete: false } =>
                HealthCheckResult.Unhealthy("Something past its period could not be destroyed; see the log."),
            { State: ConsumerState.Rewinding } health =>
                HealthCheckResult.Degraded($"The archive refused a batch; it is tried again since {health.Since:O}."),
            _ => HealthCheckResult.Healthy(),
        });
}
