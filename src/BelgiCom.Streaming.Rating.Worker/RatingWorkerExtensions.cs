using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Wiring of the worker that rates.</summary>
public static class RatingWorkerExtensions
{
    /// <summary>
    /// Adds the worker that turns received usage into rated usage. Reads the sections <c>Kafka</c>, <c>SchemaRegistry</c> and
    /// <c>Rating</c>.
    /// </summary>
    public static IHostApplicationBuilder AddRatingWorker(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<KafkaOptions>(KafkaOptions.Section);
        builder.AddValidatedOptions<ConsumerOptions>(KafkaOptions.Section);
        builder.AddValidatedOptions<LaneOptions>(KafkaOptions.Section);
        builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        RatingOptions options = builder.AddValidatedOptions<RatingOptions>(RatingOptions.Section);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<ISchemaRegistry, SchemaRegistryClient>();
        if (options.Online.IsOn || options.Balances.IsOn)
        {
            AddDoors(builder, options);
        }

        builder.Services.AddSingleton<RatingWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RatingWorker>());
        builder.Services.AddHealthChecks()
            .AddCheck<RatingHealthCheck>("rating")
            .AddCheck<RatingLivenessCheck>("rating-partitions", tags: [WorkerHost.LiveTag]);
        return builder;
    }

    /// <summary>The doors. They make pseudonyms of subscribers, so they need the keys of the adapters.</summary>
    private static void AddDoors(IHostApplicationBuilder builder, RatingOptions options)
    {
        KeyOptions keys = builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        builder.Services.TryAddSingleton<IKeyStore>(_ => new FileKeyStore(keys.Directory));
        builder.Services.AddSingleton<OnlineRouter>();
        builder.Services.AddSingleton<DoorOwners>();
        if (options.Online.IsOn)
        {
            builder.Services.AddSingleton(services => new OnlineDoor(
                services.GetRequiredService<RatingOptions>(), services.GetRequiredService<OnlineRouter>(),
                services.GetRequiredService<DoorOwners>(), services.GetRequiredService<IKeyStore>(),
                services.GetRequiredService<ISchemaRegistry>(), services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<ILogger<OnlineDoor>>()));
            builder.Services.AddHostedService(services => services.GetRequiredService<OnlineDoor>());
        }

        if (options.Balances.IsOn)
        {
            builder.Services.AddSingleton(NewReader);
            builder.Services.AddHostedService(services => services.GetRequiredService<BalanceReader>());
            builder.Services.AddSingleton(services => new BalanceDoor(
                services.GetRequiredService<RatingOptions>(), services.GetRequiredService<OnlineRouter>(),
                services.GetRequiredService<DoorOwners>(), services.GetRequiredService<BalanceReader>(),
                services.GetRequiredService<IKeyStore>(), services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<ILogger<BalanceDoor>>()));
            builder.Services.AddHostedService(services => services.GetRequiredService<BalanceDoor>());
        }
    }

    private static BalanceReader NewReader(IServiceProvider services)
    {
        RatingOptions options = services.GetRequiredService<RatingOptions>();
        KafkaOptions kafka = services.GetRequiredService<KafkaOptions>();
        ConsumerOptions consumer = services.GetRequiredService<ConsumerOptions>();
        ISchemaRegistry registry = services.GetRequiredService<ISchemaRegistry>();
        TimeProvider clock = services.GetRequiredService<TimeProvider>();
        ILogger<BalanceReader> logger = services.GetRequiredService<ILogger<BalanceReader>>();
        return new BalanceReader(
            options,
            stopping => new CommittedLog(kafka, consumer, clock, logger, stopping),
            stopping => RatingTopics.OpenAsync(
                new PatientRegistry(registry, options.RegistryPatience, clock, logger, stopping), stopping),
            clock, logger);
    }
}
