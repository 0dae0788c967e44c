using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.AspNetCore.Builder;

namespace BelgiCom.Streaming.Tool.Verbs;

/// <summary>Settings of verbs that talk to a running Kafka and registry: from the environment, checked like a worker's.</summary>
internal static class ToolSettings
{
    public static KafkaOptions Kafka()
    {
        var builder = Builder();
        var options = builder.AddValidatedOptions<KafkaOptions>("Kafka");
        builder.ThrowOnFaults();
        return options;
    }

    public static HttpSchemaRegistry Registry()
    {
        var builder = Builder();
        var options = builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        builder.ThrowOnFaults();
        return new HttpSchemaRegistry(options);
    }

    private static WebApplicationBuilder Builder() => WorkerHost.CreateBuilder("belgicom", LogReader.Person, new Dictionary<string, string?>());
}
