using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Retention;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>Publishes new entries of the journal as they come. It does not connect before there is an entry.</summary>
internal sealed class AuditPublisherWorker(
    KafkaOptions kafka, CdrArchive archive, ISchemaRegistry registry, TimeProvider clock, ILoggerFactory loggers) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ILogger<AuditPublisherWorker> logger = loggers.CreateLogger<AuditPublisherWorker>();
        using TransactionalSender sender = new(
            kafka, new TransactionOptions(), "cdr-retention-journal", clock, loggers.CreateLogger<TransactionalSender>());
        AuditPublisher publisher = new(
            archive.Journal,
            () => EventTopic.OpenAsync<AuditEntry>(Topics.AuditJournal, registry, stoppingToken).GetAwaiter().GetResult(),
            produce => sender.Send(produce, stoppingToken));
        using PeriodicTimer timer = new(Interval, clock);
        try
        {
            do
            {
                try
                {
                    publisher.Publish();
                }
                catch (SchemaRegistryException failure) when (failure.IsTransient)
                {
                    CdrRetentionLog.JournalNotPublished(logger, failure.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; the entries that are left are published at the next start.
        }
    }
}
