using DotNet.Testcontainers.Builders;
using Testcontainers.Kafka;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>The suite on Apache Kafka's own image, where a container engine answers.</summary>
public sealed class ContainerConformance(ContainerConformance.Broker broker)
    : BrokerConformance(broker), IClassFixture<ContainerConformance.Broker>
{
    public sealed class Broker : IConformanceBroker
    {
        private KafkaContainer? _container;

        public string? Absence { get; private set; }

        public string? CannotBeKilled => "skipped: a container comes back on another port";

        public string BootstrapServers => _container!.GetBootstrapAddress();

        public async ValueTask InitializeAsync()
        {
            try
            {
                _container = new KafkaBuilder("apache/kafka-native:4.1.0")
                    .WithEnvironment("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
                    .WithEnvironment("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0")
                    .WithEnvironment("KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS", "100")
                    .WithEnvironment("KAFKA_TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS", "500")
                    .WithEnvironment("KAFKA_LOG_RETENTION_CHECK_INTERVAL_MS", "200")
                    .WithEnvironment("KAFKA_LOG_CLEANER_BACKOFF_MS", "200")
                    .WithEnvironment("KAFKA_LOG_INITIAL_TASK_DELAY_MS", "200")
                    .WithEnvironment("KAFKA_LOG_SEGMENT_DELETE_DELAY_MS", "0")
                    .Build();
                await _container.StartAsync(TestContext.Current.CancellationToken);
            }
            catch (DockerUnavailableException fault)
            {
                Absence = $"skipped: no container engine answers ({fault.Message.Split('\n')[0]})";
            }
        }

        public Task KillAndRestartAsync() => throw new NotSupportedException(CannotBeKilled);

        public async ValueTask DisposeAsync()
        {
            if (_container is not null)
            {
                await _container.DisposeAsync();
            }
        }
    }
}
