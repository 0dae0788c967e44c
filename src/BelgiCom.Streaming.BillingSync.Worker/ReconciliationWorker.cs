using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Storage;
using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.BillingSync.Worker;

/// <summary>
/// Compares everything on usage.rated.v1 with the ledger from time to time, beside the sink, and shows the result as metrics. It has a
/// connection of its own. A comparison that fails is logged, and the age of the last one is a metric too, so its silence is no peace.
/// </summary>
internal sealed class ReconciliationWorker(
    KafkaOptions kafka, ConsumerOptions consumer, BillingOptions options, ISchemaRegistry registry, TimeProvider clock,
    ILogger<ReconciliationWorker> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(options.ReconcileEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await CompareAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>Compares once.</summary>
    internal async Task CompareAsync(CancellationToken stopping)
    {
        try
        {
            EventTopic<UsageRatedView> rated = await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, registry, stopping)
                .ConfigureAwait(false);
            LedgerEvidence evidence = await Task.Run(
                () =>
                {
                    using BillingLedger ledger = BillingLedger.Open(options, clock);
                    using TopicReader reader = new(kafka, consumer, clock, logger, stopping);
                    return LedgerEvidence.Collect(reader, rated, ledger, stopping);
                },
                stopping).ConfigureAwait(false);
            BillingSyncMetrics.Reconciled(evidence, clock.GetUtcNow());
            if (evidence.Differences > 0)
            {
                BillingSyncLog.NotReconciled(logger, evidence.Differences, evidence.Conflicts);
            }
        }
        catch (Exception cause) when (cause
            is StorageException or SchemaRegistryException or KafkaException or ClientFailedException or UnreadableRecordException)
        {
            BillingSyncLog.ReconciliationFailed(logger, cause.Message);
        }
    }
}
