using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.BillingSync.Worker;

/// <summary>
/// Runs the sink from usage.rated.v1, usage.rejected.v1 and customer.notifications.v1 into the ledger until the host stops or the sink
/// fails.
/// </summary>
internal sealed class BillingSyncWorker(
    KafkaOptions kafka, ConsumerOptions consumer, BillingOptions options, ISchemaRegistry registry, TimeProvider clock,
    ILoggerFactory loggers) : BackgroundService
{
    /// <summary>Consumer group, and the worker's name.</summary>
    public const string Group = "billing-sync";

    private volatile GroupHost? _sink;

    /// <summary>The sink; null before the ledger is open.</summary>
    public GroupHost? Sink => _sink;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ILogger<BillingSyncBatchHandler> logger = loggers.CreateLogger<BillingSyncBatchHandler>();
        using BillingLedger ledger = BillingLedger.Open(options, clock);
        BillingSyncLog.LedgerOpened(logger, ledger.Location);
        PatientRegistry patient = new(registry, TimeSpan.Zero, clock, logger, stoppingToken);
        using DeadLetters deadLetters = new(
            kafka, Group, topic => Topics.DeadLetter(Group, topic), clock, loggers, stoppingToken);
        EventTopic<UsageRatedView> rated = await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, patient, stoppingToken)
            .ConfigureAwait(false);
        EventTopic<UsageRejectedView> rejected = await EventTopic.OpenAsync<UsageRejectedView>(
            Topics.UsageRejected, patient, stoppingToken).ConfigureAwait(false);
        EventTopic<CustomerNotification> notifications = await EventTopic.OpenAsync<CustomerNotification>(
            Topics.CustomerNotifications, patient, stoppingToken).ConfigureAwait(false);
        BillingSyncBatchHandler handler = new(ledger, options, rated, rejected, notifications, deadLetters, clock, logger);
        await Task.Run(
            () =>
            {
                using TopicReader reader = new(kafka, consumer, clock, logger, stoppingToken);
                handler.ReadDecisionsAhead(reader, stoppingToken);
            },
            stoppingToken).ConfigureAwait(false);
        _sink = GroupHost.OfSink(
            kafka, consumer, Group, [Topics.UsageRated, Topics.UsageRejected, Topics.CustomerNotifications], handler, clock,
            loggers.CreateLogger<GroupHost>());
        await _sink.RunAsync(stoppingToken).ConfigureAwait(false);
    }
}

/// <summary>Unhealthy until the ledger is open; degraded while the sink cannot do its work.</summary>
internal sealed class BillingSyncHealthCheck(BillingSyncWorker worker, TimeProvider clock) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            worker.Sink is not { } sink ? HealthCheckResult.Unhealthy("The ledger is not open yet.")
            : sink.NotReadyBecause(clock.GetUtcNow()) is { } reason ? HealthCheckResult.Degraded(reason)
            : HealthCheckResult.Healthy());
}
