using BelgiCom.Streaming.LocalKafka;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>The embedded broker on a folder of its own: always there.</summary>
public sealed class EmbeddedCluster : Cluster
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("belgicom-embedded-");
    private LocalKafkaBroker? _broker;

    protected override async Task StartBrokerAsync(CancellationToken cancellationToken)
    {
        _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = _folder.FullName }, cancellationToken);
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
