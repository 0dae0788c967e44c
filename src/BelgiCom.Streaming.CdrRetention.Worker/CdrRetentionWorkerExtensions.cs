using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
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
    /// sections <c>Kafka</c>, <c>SchemaRegistry</c>, <c>Keys</c> and
    /// <c>Retention</c>; the shipped classes lie under whatever else is configured. The archive is the service <see cref="CdrArchive"/>; a
    /// registered <see cref="IKeyStore"/> is used.
    /// </summary>
    public static IHostApplicationBuilder AddCdrRetentionWorker(this IHostApplicationBuilder builder)
    {
        builder.Configuration.AddShippedRetention(builder.Environment.IsDevelopment());
        builder.AddValidatedOptions<KafkaOptions>("Kafka");
        builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        builder.AddValidatedOptions<RetentionOptions>(RetentionOptions.Section);
        KeyOptions keys = builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<ISchemaRegistry>(
            services => new HttpSchemaRegistry(services.GetRequiredService<SchemaRegistryOptions>()));
        builder.Services.TryAddSingleton<IKeyStore>(services => OpenKeys(keys, services.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddSingleton(services => CdrArchive.Open(
            services.GetRequiredService<RetentionOptions>(), services.GetRequiredService<IKeyStore>(),
            services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<CdrRetentionWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<CdrRetentionWorker>());
        builder.Services.AddSingleton<RetentionExpiryWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RetentionExpiryWorker>());
        builder.Services.AddHostedService<AuditPublisherWorker>();
        builder.Services.AddHealthChecks().AddCheck<CdrRetentionHealthCheck>("cdr-retention");
        return builder;
    }

    /// <summary>
    /// Puts <c>retention.json</c>, and in development <c>retention.development.json</c>, under every other source of configuration.
    /// </summary>
    /// <param name="configuration">Configuration being built.</param>
    /// <param name="development">Whether the development period of BILLING, which nobody has decided, may be used.</param>
    public static void AddShippedRetention(this IConfigurationBuilder configuration, bool development)
    {
        configuration.Sources.Insert(0, Shipped("retention.json"));
        if (development)
        {
            configuration.Sources.Insert(1, Shipped("retention.development.json"));
        }
    }

    private static JsonConfigurationSource Shipped(string file)
    {
        JsonConfigurationSource source = new() { Path = Path.Combine(AppContext.BaseDirectory, file) };
        source.ResolveFileProvider();
        return source;
    }

    private static FileKeyStore OpenKeys(KeyOptions options, ILoggerFactory loggers)
    {
        CdrRetentionLog.DevelopmentKeys(loggers.CreateLogger<CdrRetentionWorker>(), FileKeyStore.Notice);
        return new FileKeyStore(options.Directory);
    }
}
