using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Settings of verbs that talk to a running Kafka and registry. They come from the environment and are checked like a worker's, all faults
/// at once.
/// </summary>
internal static class ToolSettings
{
    public static KafkaRoles Kafka() => Read(KafkaRoles.Of);

    public static SchemaRegistryClient Registry() =>
        new(Read(builder => builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry")));

    /// <summary>The configured sources of usage, as the adapters worker has them; its data folder is not needed.</summary>
    public static AdaptersOptions Adapters()
    {
        Dictionary<string, string?> defaults = new() { [$"{AdaptersOptions.Section}:{nameof(AdaptersOptions.DataDirectory)}"] = "." };
        return Read(builder => builder.AddValidatedOptions<AdaptersOptions>(AdaptersOptions.Section), defaults);
    }

    /// <summary>What a verb that publishes reference data works with.</summary>
    /// <exception cref="ToolException">No broker answers.</exception>
    public static async Task<Publishing> PublishingAsync()
    {
        (KafkaRoles kafka, SchemaRegistryOptions options, KeyOptions keys) = Read(builder => (
            KafkaRoles.Of(builder),
            builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry"),
            builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section)));
        await Brokers.RequireAsync(kafka.Clients, TimeProvider.System);
        SchemaRegistryClient registry = new(options);
        return new Publishing(
            kafka.Clients,
            registry,
            new ReferenceTopics(
                kafka.Clients, kafka.Consumer, registry, new FileKeyStore(keys.Directory), NullLoggerFactory.Instance));
    }

    private static T Read<T>(Func<WebApplicationBuilder, T> read, Dictionary<string, string?>? defaults = null)
    {
        WebApplicationBuilder builder = WorkerHost.CreateBuilder("belgicom", LogReader.Person, defaults ?? []);
        T? options = read(builder);
        builder.ThrowOnFaults();
        return options;
    }
}

/// <summary>A running Kafka and registry, to which reference data is published.</summary>
/// <param name="Kafka">Where the brokers are.</param>
/// <param name="Registry">Disposed with this.</param>
/// <param name="Reference">Topics of tariffs and subscriptions.</param>
internal sealed record Publishing(KafkaOptions Kafka, SchemaRegistryClient Registry, ReferenceTopics Reference) : IDisposable
{
    public void Dispose() => Registry.Dispose();
}
