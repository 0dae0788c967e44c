using BelgiCom.Streaming.LocalKafka;
using Xunit;

namespace BelgiCom.Streaming.Testing;

/// <summary>LocalKafka in this process.</summary>
internal sealed class EmbeddedBroker : TestBroker
{
    private readonly TemporaryFolder _folder = new();
    private LocalKafkaBroker? _broker;

    public override string BootstrapServers => _broker!.BootstrapServers;

    public static async Task<EmbeddedBroker> StartAsync()
    {
        EmbeddedBroker broker = new();
        broker._broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = broker._folder.FullPath }, TestContext.Current.CancellationToken);
        return broker;
    }

    public override async ValueTask DisposeAsync()
    {
        await _broker!.DisposeAsync();
        _folder.Dispose();
    }
}
