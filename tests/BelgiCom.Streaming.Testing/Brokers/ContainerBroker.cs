using Testcontainers.Kafka;
using Xunit;

namespace BelgiCom.Streaming.Testing;

/// <summary>Apache Kafka's own image. It is no process of ours: it cannot be killed and come back on its port.</summary>
internal sealed class ContainerBroker : TestBroker
{
    private readonly KafkaContainer _container;

    private ContainerBroker(KafkaContainer container) => _container = container;

    public override string BootstrapServers => _container.GetBootstrapAddress();

    public static async Task<ContainerBroker> StartAsync()
    {
        KafkaBuilder builder = new KafkaBuilder("apache/kafka-native:4.1.0")
            .WithEnvironment("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
            .WithEnvironment("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0");
        foreach ((string name, string value) in Settings)
        {
            builder = builder.WithEnvironment($"KAFKA_{name.ToUpperInvariant().Replace('.', '_')}", value);
        }

        KafkaContainer container = builder.Build();
        await container.StartAsync(TestContext.Current.CancellationToken);
        return new ContainerBroker(container);
    }

    public override ValueTask DisposeAsync() => _container.DisposeAsync();
}
