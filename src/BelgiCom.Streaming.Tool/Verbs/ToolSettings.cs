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
    public static KafkaOptions Kafka() => Read(builder => builder.AddValidatedOptions<KafkaOptions>("Kafka"));

    public static HttpSchemaRegistry Registry() =>
        new(Read(builder => builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry")));

    /// <summary>What publishing reference data needs.</summary>
    public static (KafkaOptions Kafka, HttpSchemaRegistry Registry, FileKeyStore Keys) Publishing()
    {
        (KafkaOptions kafka, SchemaRegistryOptions registry, KeyOptions keys) = Read(builder => (
            builder.AddValidatedOptions<KafkaOptions>("Kafka"),
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
