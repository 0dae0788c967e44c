using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>The proxy's own tests: a fault that the proxy does not make is a test that proves nothing.</summary>
public sealed class KafkaProxyTests(KafkaFixture kafka)
{
    [Fact]
    public async Task ResetConnections_ClientGoesOn_WithNewConnections()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(2);
        cluster.Send(0, 100, partitions: 2);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        using TopicReader reader = new(cluster.With(options => options.BootstrapServers = proxy.BootstrapServers), TimeProvider.System);

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(100, reader.Read(reader.RangesOf(cluster.In), _ => { }, TestContext.Current.CancellationToken));
            proxy.ResetConnections();
        }
    }
}
