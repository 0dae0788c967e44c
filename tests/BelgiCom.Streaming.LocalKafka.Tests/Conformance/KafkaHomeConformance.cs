namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>The suite on the Apache Kafka that KAFKA_HOME names: what passes here is what "Kafka" means.</summary>
public sealed class KafkaHomeConformance(KafkaHomeConformance.Broker broker)
    : BrokerConformance(broker), IClassFixture<KafkaHomeConformance.Broker>
{
    public sealed class Broker : IConformanceBroker
    {
        private readonly string? _home = Environment.GetEnvironmentVariable(KafkaHomeBroker.Variable);
        private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("kafka-home-");
        private KafkaHomeBroker? _broker;

        public string? Absence => string.IsNullOrEmpty(_home) ? "skipped: KAFKA_HOME is not set" : null;

        public string BootstrapServers => _broker!.BootstrapServers;

        public async ValueTask InitializeAsync()
        {
            if (Absence is null)
            {
                await StartAsync(port: 0);
            }
        }

        public async Task KillAndRestartAsync()
        {
            int port = _broker!.Port;
            await _broker.KillAsync();
            await _broker.DisposeAsync();
            await StartAsync(port);
        }

        public async ValueTask DisposeAsync()
        {
            if (_broker is not null)
            {
                await _broker.DisposeAsync();
            }

            _data.Delete(recursive: true);
        }

        private async Task StartAsync(int port) => _broker = await KafkaHomeBroker.StartAsync(new KafkaHomeOptions
        {
            KafkaHome = _home!,
            DataDirectory = _data.FullName,
            Port = port,
            Settings = new Dictionary<string, string>
            {
                // What LocalKafka does by itself: look often, accept short sessions, delete files at once.
                ["group.min.session.timeout.ms"] = "100",
                ["transaction.abort.timed.out.transaction.cleanup.interval.ms"] = "500",
                ["log.retention.check.interval.ms"] = "200",
                ["log.cleaner.backoff.ms"] = "200",
                ["log.initial.task.delay.ms"] = "200",
                ["log.segment.delete.delay.ms"] = "0",
                ["log.cleaner.dedupe.buffer.size"] = "2097152",
                ["internal.segment.bytes.min"] = "14",
            },
        });
    }
}
