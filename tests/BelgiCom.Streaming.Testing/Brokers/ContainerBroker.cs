using Testcontainers.Kafka;

namespace BelgiCom.Streaming.Testing;

/// <summary>Apache Kafka's own image. It is no process of ours: it cannot be killed and come back on its port.</summary>
internal sealed class ContainerBroker : TestBroker
{
    private readonly KafkaContainer _container;

    private ContainerBroker(KafkaContainer container) => _container = container;

    public override string BootstrapServers => _container.GetBootstrapAddress();

    public static async Task<ContainerBroker> StartAsync()
    {
        KafkaContainer container = await ComposeImage.StartAsync(Build);
        return new ContainerBroker(container);
    }

    public override ValueTask DisposeAsync() => _container.DisposeAsync();

    private static KafkaContainer Build()
    {
        KafkaBuilder builder = new KafkaBuilder(ComposeImage.Of("apache/kafka"))
            .WithEnvironment("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
            .WithEnvironment("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0");
        foreach ((string name, string value) in Settings)
        {
            builder = builder.WithEnvironment($"KAFKA_{name.ToUpperInvariant().Replace('.', '_')}", value);
        }

        return builder.Build();
    }
}
