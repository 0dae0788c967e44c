using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Retention;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>Wiring of the worker that keeps usage for as long as the law says.</summary>
public static class CdrRetentionWorkerExtensions
{
    /// <summary>
    /// Adds the worker that archives received, rated and rejected usage per legal class and destroys what is past its period. Reads the
    /// sections <c>Kafka</c>, <c>SchemaRegistry</c>, <c>Keys</c> and <c>Retention</c>; a configured class or rule wins over the shipped
    /// one. The archive is the service <see cref="CdrArchive"/>; if an <see cref="IKeyStore"/> is registered, it is used.
    /// </summary>
    public static IHostApplicationBuilder AddCdrRetentionWorker(this IHostApplicationBuilder builder)
    {
        builder.Configuration.AddShippedRetention(builder.Environment.IsDevelopment());
        builder.AddValidatedOptions<KafkaOptions>(KafkaOptions.Section);
        builder.AddValidatedOptions<ConsumerOptions>(KafkaOptions.Section);
        builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        builder.AddValidatedOptions<RetentionOptions>(RetentionOptions.Section);
        KeyOptions keys = builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<ISchemaRegistry, SchemaRegistryClient>();
        builder.Services.TryAddSingleton<IKeyStore>(services => OpenKeys(keys, services.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddSingleton(OpenArchive);
        builder.Services.AddSingleton<CdrRetentionWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<CdrRetentionWorker>());
        builder.Services.AddSingleton<RetentionExpiryWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RetentionExpiryWorker>());
        builder.Services.AddSingleton<ArchiveVerificationWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ArchiveVerificationWorker>());
        builder.Services.AddHostedService<AuditPublisherWorker>();
        builder.Services.AddHealthChecks().AddCheck<CdrRetentionHealthCheck>("cdr-retention");
        return builder;
    }

    private static CdrArchive OpenArchive(IServiceProvider services)
    {
        CdrArchive archive = CdrArchive.Open(
            services.GetRequiredService<RetentionOptions>(),
            services.GetRequiredService<IKeyStore>(),
            services.GetRequiredService<TimeProvider>());
        archive.RememberPeriods();
        return archive;
    }

    private static FileKeyStore OpenKeys(KeyOptions options, ILoggerFactory loggers)
    {
        CdrRetentionLog.DevelopmentKeys(loggers.CreateLogger<CdrRetentionWorker>(), FileKeyStore.Notice);
        return new FileKeyStore(options.Directory);
    }
}
