using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

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
        builder.AddValidatedOptions<RatingOptions>(RatingOptions.Section);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<ISchemaRegistry, SchemaRegistryClient>();
        builder.Services.AddSingleton<RatingWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RatingWorker>());
        builder.Services.AddHealthChecks()
            .AddCheck<RatingHealthCheck>("rating")
            .AddCheck<RatingLivenessCheck>("rating-partitions", tags: [WorkerHost.LiveTag]);
        return builder;
    }
}
