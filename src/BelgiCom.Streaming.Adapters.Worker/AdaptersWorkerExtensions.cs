using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>Wiring of the worker that mediates.</summary>
public static class AdaptersWorkerExtensions
{
    private const string Group = "adapters";

    /// <summary>
    /// Adds mediation: <see cref="FileIntake"/> and <see cref="FileLedger"/>, which take in files by request, and a watcher for every
    /// configured inbox. Reads the sections Kafka, SchemaRegistry, Keys and Adapters.
    /// </summary>
    public static IHostApplicationBuilder AddAdaptersWorker(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<KafkaOptions>(KafkaOptions.Section);
        builder.AddValidatedOptions<TransactionOptions>(KafkaOptions.Section);
        builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        AdaptersOptions options = builder.AddValidatedOptions<AdaptersOptions>(AdaptersOptions.Section);
        IServiceCollection services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(OpenKeys);
        services.TryAddSingleton<ISchemaRegistry, SchemaRegistryClient>();
        services.AddSingleton(provider => FileLedger.Open(
            options.DataDirectory, FileKey(provider), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(OpenSender);
        services.AddSingleton(provider => new BrokerProbe(
            provider.GetRequiredService<KafkaOptions>(), provider.GetRequiredService<ILogger<BrokerProbe>>()));
        services.AddHealthChecks().AddCheck<AdaptersHealthCheck>("adapters");
        services.AddSingleton<IFileMediation>(provider => new UsageMediation(
            [.. options.Sources.Select(source => source.ToUsageSource())],
            provider.GetRequiredService<IKeyStore>(),
            provider.GetRequiredService<TimeProvider>(),
            options.Bounds,
            options.ShortNumbers)
        {
            FormerUntilMilliseconds = provider.GetRequiredService<FileLedger>().FormerUntilMilliseconds,
            FormerIdsFor = options.FormerIdsFor,
            MaxFaults = options.MaxFaults,
            SaysWhoWasCalled = options.CalledSubscribers,
        });
        services.AddSingleton(provider => new FileIntake(
            options,
            provider.GetServices<IFileMediation>(),
            provider.GetRequiredService<FileLedger>(),
            FileKey(provider),
            provider.GetRequiredService<IChunkSender>(),
            provider.GetRequiredService<ISchemaRegistry>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<FileIntake>>()));
        SourceOptions[] watched = [.. options.Sources.Where(source => source.Inbox.Length > 0)];
        services.AddSingleton(provider => new InboxBacklogs(
        [
            .. watched.Select(source =>
                new InboxBacklog(source.Name, source.Inbox, options.PollInterval, provider.GetRequiredService<TimeProvider>())),
        ]));
        builder.Services.AddHealthChecks().AddCheck<InboxBacklogs>("inboxes");
        foreach (SourceOptions source in watched)
        {
            services.AddSingleton<IHostedService>(provider => new InboxWatcher(
                source,
                options,
                provider.GetRequiredService<FileIntake>(),
                provider.GetRequiredService<FileLedger>(),
                provider.GetRequiredService<InboxBacklogs>().Of(source.Name),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<InboxWatcher>>()));
        }

        return builder;
    }

    private static IKeyStore OpenKeys(IServiceProvider provider)
    {
        AdaptersLog.DevelopmentKeys(provider.GetRequiredService<ILogger<FileIntake>>(), FileKeyStore.Notice);
        return new FileKeyStore(provider.GetRequiredService<KeyOptions>().Directory);
    }

    private static DataKey FileKey(IServiceProvider provider) =>
        provider.GetRequiredService<IKeyStore>().GetOrCreate(KeyPurposes.FileContent, scope: "");

    private static IChunkSender OpenSender(IServiceProvider provider)
    {
        TransactionalSender sender = new(
            provider.GetRequiredService<KafkaOptions>(),
            provider.GetRequiredService<TransactionOptions>(),
            Group,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<TransactionalSender>>());
        return new ChunkSender(sender);
    }
}
