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

    private volatile GroupHost? _sink;

    /// <summary>The sink; null before the registry has its schemas.</summary>
    public GroupHost? Sink => _sink;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ILogger<CdrRetentionBatchHandler> logger = loggers.CreateLogger<CdrRetentionBatchHandler>();
        PatientRegistry patient = new(registry, TimeSpan.Zero, clock, logger, stoppingToken);
        using DeadLetters deadLetters = new(
            kafka, Group, topic => Topics.DeadLetter(Group, topic), clock, loggers, stoppingToken);
        CdrRetentionBatchHandler handler = new(
            archive,
            await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, patient, stoppingToken).ConfigureAwait(false),
            await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, patient, stoppingToken).ConfigureAwait(false),
            await EventTopic.OpenAsync<UsageRejectedView>(Topics.UsageRejected, patient, stoppingToken).ConfigureAwait(false),
            deadLetters,
            logger);
        _sink = GroupHost.OfSink(
            kafka, consumer, Group, RetentionPolicy.ArchivedTopics, handler, clock, loggers.CreateLogger<GroupHost>());
        await _sink.RunAsync(stoppingToken).ConfigureAwait(false);
    }
}

/// <summary>
/// Unhealthy when a segment past its period could not be destroyed; degraded while the sink cannot do its work, and when the last check
/// found something of archive or journal that is not as it was written.
/// </summary>
internal sealed class CdrRetentionHealthCheck(
    CdrRetentionWorker worker, RetentionExpiryWorker expiry, ArchiveVerificationWorker verification, TimeProvider clock) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            expiry.LastReport is { IsComplete: false }
                ? HealthCheckResult.Unhealthy("Something past its period could not be destroyed; see the log.")
            : worker.Sink is not { } sink
                ? HealthCheckResult.Unhealthy("The sink has not started; is the schema registry there?")
            : sink.NotReadyBecause(clock.GetUtcNow()) is { } reason ? HealthCheckResult.Degraded(reason)
            : verification.Finding is { } finding ? HealthCheckResult.Degraded(finding)
            : HealthCheckResult.Healthy());
}
