using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.LocalKafka;
using BelgiCom.Streaming.Testing;
using BelgiCom.Streaming.Tool;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>A broker and, on its <c>_schemas</c> topic, a schema registry. One contract suite runs on every kind of it.</summary>
public abstract class Cluster(BrokerKind kind) : SharedBroker(kind)
{
    private KafkaSchemaLog? _log;
    private LocalSchemaRegistry? _registry;
    private SchemaRegistryClient? _client;

    public Uri RegistryUrl => _registry!.Url;

    public SchemaRegistryClient Registry => _client!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        if (IsAbsent)
        {
            return;
        }

        _log = await KafkaSchemaLog.OpenAsync(BootstrapServers);
        await StartRegistryAsync(port: 0, TestContext.Current.CancellationToken);
        _client = new SchemaRegistryClient(new SchemaRegistryOptions { Url = RegistryUrl.ToString() });
    }

    /// <summary>Starts the registry again after <see cref="StopRegistryAsync"/>, on the port it had.</summary>
    public async Task StartRegistryAsync(int port, CancellationToken cancellationToken) =>
        _registry = await LocalSchemaRegistry.StartAsync(_log!, new LocalSchemaRegistryOptions { Port = port }, cancellationToken);

    public async Task StopRegistryAsync() => await _registry!.DisposeAsync();

    public override async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_registry is not null)
        {
            await _registry.DisposeAsync();
        }

        _log?.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Creates a topic with a name of its own that begins with <paramref name="name"/>, and returns that name.</summary>
    public async Task<string> NewTopicAsync(string name, int partitions = 1)
    {
        string topic = $"{name}.{Guid.NewGuid():n}";
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1 }]);
        return topic;
    }
}

/// <summary>A cluster on the embedded broker, which is always there.</summary>
public sealed class EmbeddedCluster() : Cluster(BrokerKind.Embedded);

/// <summary>A cluster on the Apache Kafka of KAFKA_HOME.</summary>
public sealed class ApacheKafkaCluster() : Cluster(BrokerKind.KafkaHome);
