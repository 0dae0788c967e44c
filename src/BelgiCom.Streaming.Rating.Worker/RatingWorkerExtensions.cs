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
        if (options.Online.IsOn)
        {
            AddOnline(builder);
        }

        builder.Services.AddSingleton<RatingWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RatingWorker>());
        builder.Services.AddHealthChecks()
            .AddCheck<RatingHealthCheck>("rating")
            .AddCheck<RatingLivenessCheck>("rating-partitions", tags: [WorkerHost.LiveTag]);
        return builder;
    }

    /// <summary>The door of online charging. It makes pseudonyms of subscribers, so it needs the keys of the adapters.</summary>
    private static void AddOnline(IHostApplicationBuilder builder)
    {
        KeyOptions keys = builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        builder.Services.TryAddSingleton<IKeyStore>(_ => new FileKeyStore(keys.Directory));
        builder.Services.AddSingleton<OnlineRouter>();
        builder.Services.AddSingleton(services => new OnlineDoor(
            services.GetRequiredService<RatingOptions>(), services.GetRequiredService<OnlineRouter>(),
            services.GetRequiredService<IKeyStore>(),
            services.GetRequiredService<ISchemaRegistry>(), services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<OnlineDoor>>()));
        builder.Services.AddHostedService(services => services.GetRequiredService<OnlineDoor>());
    }
}
