using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.BillingSync.Worker;

/// <summary>Runs the sink from usage.rated.v1 and usage.rejected.v1 into the ledger until the host stops or the sink fails.</summary>
internal sealed class BillingSyncWorker(
    KafkaOptions kafka, ConsumerOptions consumer, BillingOptions options, ISchemaRegistry registry, TimeProvider clock,
    ILoggerFactory loggers) : BackgroundService
{
    /// <summary>Consumer group, and the worker's name.</summary>
    public const string Group = "billing-sync";

    private volatile GroupHost? _host;

    /// <summary>State of the sink; null before the ledger is open.</summary>
    public ConsumerHealth? Health => _host?.Health.SingleOrDefault();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ILogger<BillingSyncBatchHandler> logger = loggers.CreateLogger<BillingSyncBatchHandler>();
        using BillingLedger ledger = BillingLedger.Open(options, clock);
        BillingSyncLog.LedgerOpened(logger, ledger.Location);
        PatientRegistry patient = new(registry, TimeSpan.Zero, clock, logger, stoppingToken);
        BillingSyncBatchHandler handler = new(
            ledger,
            options,
            await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, patient, stoppingToken).ConfigureAwait(false),
            await EventTopic.OpenAsync<UsageRejectedView>(Topics.UsageRejected, patient, stoppingToken).ConfigureAwait(false),
            FirstOffset,
            clock,
            logger);
        _host = GroupHost.OfSink(
            kafka, consumer, Group, [Topics.UsageRated, Topics.UsageRejected], handler, clock, loggers.CreateLogger<GroupHost>());
        await _host.RunAsync(stoppingToken).ConfigureAwait(false);
    }

    /// <summary>Only for a partition that the ledger has never seen, so a client of its own is not dear.</summary>
    private long FirstOffset(Confluent.Kafka.TopicPartition partition)
    {
        using TopicReader reader = new(kafka, consumer, clock, loggers.CreateLogger<TopicReader>());
        return reader.RangeOf(partition).From;
    }
}

/// <summary>Unhealthy when the sink has failed; degraded while it tries a batch again.</summary>
internal sealed class BillingSyncHealthCheck(BillingSyncWorker worker) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(worker.Health switch
        {
            null => HealthCheckResult.Unhealthy("The ledger is not open yet."),
            { State: ConsumerState.Failed } => HealthCheckResult.Unhealthy("The sink has ended with an error; see the log."),
            { State: ConsumerState.Rewinding } health =>
                HealthCheckResult.Degraded($"The ledger refused a batch; it is tried again since {health.Since:O}."),
            _ => HealthCheckResult.Healthy(),
        });
}
