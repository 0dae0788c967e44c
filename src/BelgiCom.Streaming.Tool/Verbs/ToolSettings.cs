using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using Microsoft.AspNetCore.Builder;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Settings of verbs that talk to a running Kafka and registry: from the environment, checked like a worker's, all faults at once.
/// </summary>
internal static class ToolSettings
{
    public static KafkaRoles Kafka() => Read(KafkaRoles.Of);

    public static HttpSchemaRegistry Registry() =>
        new(Read(builder => builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry")));

    /// <summary>What publishing reference data needs.</summary>
    public static (KafkaRoles Kafka, HttpSchemaRegistry Registry, FileKeyStore Keys) Publishing()
    {
        (KafkaRoles kafka, SchemaRegistryOptions registry, KeyOptions keys) = Read(builder => (
            KafkaRoles.Of(builder),
            builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry"),
            builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section)));
        return (kafka, new HttpSchemaRegistry(registry), new FileKeyStore(keys.Directory));
    }

    private static T Read<T>(Func<WebApplicationBuilder, T> read)
    {
        WebApplicationBuilder builder = WorkerHost.CreateBuilder("belgicom", LogReader.Person, new Dictionary<string, string?>());
        T? options = read(builder);
        builder.ThrowOnFaults();
        return options;
    }
}

/// <summary>
/// The section "Kafka" as a verb reads it: whatever some worker has, so that one environment serves workers and verbs.
/// </summary>
/// <param name="Clients">What every client needs.</param>
/// <param name="Consumer">What readers need.</param>
internal sealed record KafkaRoles(KafkaOptions Clients, ConsumerOptions Consumer)
{
    public static KafkaRoles Of(WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<LaneOptions>(KafkaOptions.Section);
        return new KafkaRoles(
            builder.AddValidatedOptions<KafkaOptions>(KafkaOptions.Section),
            builder.AddValidatedOptions<ConsumerOptions>(KafkaOptions.Section));
    }
}
