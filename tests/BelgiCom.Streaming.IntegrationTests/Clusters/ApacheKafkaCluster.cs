using BelgiCom.Streaming.LocalKafka;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>Apache Kafka from the folder that KAFKA_HOME names, on a folder of its own; absent when the variable is not set.</summary>
public sealed class ApacheKafkaCluster : Cluster
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("belgicom-kafka-");
    private KafkaHomeBroker? _broker;

    protected override async Task StartBrokerAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable(KafkaHomeBroker.Variable) is not { Length: > 0 } home)
        {
            Absent = $"{KafkaHomeBroker.Variable} is not set: no Apache Kafka to test on";
            return;
        }

        _broker = await KafkaHomeBroker.StartAsync(
            new KafkaHomeOptions { KafkaHome = home, DataDirectory = _folder.FullName }, cancellationToken);
        Address = _broker.BootstrapServers;
    }

    protected override async Task StopBrokerAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }
}
