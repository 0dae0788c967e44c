using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.BillingSync.Worker;
using BelgiCom.Streaming.CdrRetention.Worker;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Rating.Worker;
using BelgiCom.Streaming.Retention;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool;

/// <summary>All four workers in one process, on the embedded default or on the servers that the configuration names.</summary>
internal sealed class Pipeline : IAsyncDisposable
{
    /// <summary>
    /// The topics that each group reads. Rating comes first: when it is done, the ends of the topics it writes are final. The ledger's
    /// group is the last.
    /// </summary>
    public static readonly IReadOnlyList<(string Group, string[] Topics)> Groups =
    [
        ("rating", [Topics.UsageReceived]),
        ("cdr-retention", [Topics.UsageReceived, Topics.UsageRated, Topics.UsageRejected]),
        ("billing-sync", [Topics.UsageRated, Topics.UsageRejected, Topics.CustomerNotifications]),
    ];

    private static readonly TimeSpan LagPollInterval = TimeSpan.FromMilliseconds(100);

    private readonly EmbeddedDefault _embedded;
    private readonly BillingLedger _ledger;
    private readonly Lock _ledgerGate = new();
    private readonly GroupLag _lag;

    private Pipeline(EmbeddedDefault embedded, WebApplication app, BillingLedger ledger, GroupLag lag, UsageCount usage)
    {
        _embedded = embedded;
        _ledger = ledger;
        _lag = lag;
        App = app;
        Usage = usage;
        LedgerAtStart = ledger.Totals();
    }

    public WebApplication App { get; }

    public UsageCount Usage { get; }

    /// <summary>The ledger's totals before this run.</summary>
    public LedgerTotals LedgerAtStart { get; }

    /// <summary>Where the ledger is; never a password.</summary>
    public string LedgerLocation => _ledger.Location;

    public string Broker => _embedded.Broker;

    /// <summary>The rated usage that the ledger holds aside, because its id is billed with other content.</summary>
    public IReadOnlyList<LedgerConflict> LedgerConflicts() => _ledger.Conflicts();

    /// <summary>What the ledger holds now.</summary>
    public LedgerTotals LedgerNow()
    {
        lock (_ledgerGate)
        {
            return _ledger.Totals();
        }
    }

    /// <summary>Compares everything that is rated with the ledger, when nobody else counts.</summary>
    public LedgerEvidence Evidence(CancellationToken cancellationToken) => Usage.CompareWith(_ledger, cancellationToken);

    /// <summary>Starts everything: broker, registry, topics, schemas, reference data, then the workers.</summary>
    /// <param name="folder">Where embedded parts keep their data.</param>
    /// <param name="reference">Catalogue and subscriptions to publish first.</param>
    /// <param name="settings">Settings that win over the environment.</param>
    /// <param name="add">Adds the services that the verb needs beside the workers.</param>
    /// <param name="map">Adds the verb's own HTTP endpoints.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="ConfigurationFaultException">A setting is wrong; nothing was started.</exception>
    public static async Task<Pipeline> StartAsync(
        DataFolder folder,
        ReferenceData reference,
        IReadOnlyDictionary<string, string?> settings,
        Action<WebApplicationBuilder> add,
        Action<WebApplication> map,
        CancellationToken cancellationToken)
    {
        CheckSettings(folder, settings);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, settings);
        if (reference.AsksWhoWasCalled)
        {
            ToolDefaults.Set(builder.Configuration, "Adapters:CalledSubscribers", "true");
            ToolDefaults.Set(builder.Configuration, "Rating:Online:CalledSubscribers", "true");
        }

        EmbeddedDefault embedded = await EmbeddedDefault.StartAsync(folder, builder.Configuration, cancellationToken);
        try
        {
            AddWorkers(builder);
            builder.Services.AddHealthChecks().AddCheck(
                "broker",
                () => embedded.NotReadyBecause is { } reason ? HealthCheckResult.Degraded(reason) : HealthCheckResult.Healthy());
            add(builder);
            WebApplication app = WorkerHost.Build(builder);
            embedded.ReportTo(app.Logger);
            map(app);
            KafkaOptions kafka = app.Services.GetRequiredService<KafkaOptions>();
            IServiceProvider services = app.Services;
            ReferenceTopics topics = new(
                kafka, services.GetRequiredService<ConsumerOptions>(), services.GetRequiredService<ISchemaRegistry>(),
                services.GetRequiredService<IKeyStore>(), services.GetRequiredService<ILoggerFactory>());
            await reference.PublishAsync(topics, cancellationToken);
            Pipeline pipeline = await MarkAsync(embedded, app, kafka, cancellationToken);
            await WorkerHost.StartAsync(app, "belgicom");
            return pipeline;
        }
        catch
        {
            await embedded.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every group has read all records on its topics.</summary>
    /// <exception cref="ToolException">A worker has failed.</exception>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        foreach ((string group, string[] topics) in Groups)
        {
            while (await _lag.TotalAsync(group, topics) > 0)
            {
                ThrowIfFailed();
                await Task.Delay(LagPollInterval, cancellationToken);
            }
        }

        // A ledger that was lost begins anew, whatever its group has committed.
        while ((await _lag.ReadAsync(Groups[^1].Group, Groups[^1].Topics)).Any(IsBehind))
        {
            ThrowIfFailed();
            await Task.Delay(LagPollInterval, cancellationToken);
        }
    }

    private bool IsBehind(PartitionLag log)
    {
        lock (_ledgerGate)
        {
            return (_ledger.NextOffset(log.Partition.Topic, log.Partition.Partition.Value) ?? log.Begin) < log.End;
        }
    }

    /// <summary>Lag of every group, in offsets.</summary>
    public async Task<IReadOnlyDictionary<string, long>> LagsAsync()
    {
        Dictionary<string, long> lags = new();
        foreach ((string group, string[] topics) in Groups)
        {
            lags[group] = await _lag.TotalAsync(group, topics);
        }

        return lags;
    }

    /// <summary>Ends the verb when a worker has ended.</summary>
    public void ThrowIfFailed()
    {
        if (WorkerHost.FailureOf(App) is { } failure)
        {
            throw new ToolException(
                WorkerHost.ExitFailed,
                $"a worker failed: {failure.Message} Start again with the same --data: nothing is lost or counted twice.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync(CancellationToken.None);
        Usage.Dispose();
        _lag.Dispose();
        _ledger.Dispose();
        await App.DisposeAsync();
        await _embedded.DisposeAsync();
    }

    /// <summary>Notes, before the workers start, where the topics end and how far rating and the ledger are.</summary>
    private static async Task<Pipeline> MarkAsync(
        EmbeddedDefault embedded, WebApplication app, KafkaOptions kafka, CancellationToken cancellationToken)
    {
        GroupLag lag = new(kafka);
        BillingLedger ledger = BillingLedger.Open(app.Services.GetRequiredService<BillingOptions>(), TimeProvider.System);
        Dictionary<int, long> rating = (await lag.ReadAsync("rating", [Topics.UsageReceived])).ToDictionary(
            partition => partition.Partition.Partition.Value, partition => partition.Committed ?? partition.Begin);
        ISchemaRegistry registry = app.Services.GetRequiredService<ISchemaRegistry>();
        UsageCount usage = new(
            kafka,
            app.Services.GetRequiredService<ConsumerOptions>(),
            await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, registry, cancellationToken),
            await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, registry, cancellationToken),
            await EventTopic.OpenAsync<UsageRejectedView>(Topics.UsageRejected, registry, cancellationToken),
            partition => rating[partition]);
        return new Pipeline(embedded, app, ledger, lag, usage);
    }

    /// <summary>
    /// Reports the faults of all sections before anything is started. Addresses that only the embedded default gives are filled in for the
    /// check.
    /// </summary>
    private static void CheckSettings(DataFolder folder, IReadOnlyDictionary<string, string?> settings)
    {
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, settings);
        ToolDefaults.Set(builder.Configuration, "Kafka:BootstrapServers", "127.0.0.1:9092");
        ToolDefaults.Set(builder.Configuration, "SchemaRegistry:Url", "http://127.0.0.1:8081");
        AddWorkers(builder);
        builder.AddValidatedOptions<HttpOptions>("Http");
        builder.ThrowOnFaults();
    }

    private static void AddWorkers(WebApplicationBuilder builder)
    {
        builder.AddAdaptersWorker();
        builder.AddRatingWorker();
        // Nobody has decided the period of the billing archive yet, so it takes its development value: the embedded default is for
        // development.
        builder.Configuration.AddShippedRetention(development: true);
        builder.AddCdrRetentionWorker();
        builder.AddBillingSyncWorker();
    }
}
