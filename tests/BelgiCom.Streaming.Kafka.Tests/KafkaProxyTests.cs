using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>The proxy's own tests: a fault that the proxy does not make is a test that proves nothing.</summary>
public sealed class KafkaProxyTests(ChosenBroker kafka)
{
    [Fact]
    public async Task ResetConnections_ClientGoesOn_WithNewConnections()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(2);
        cluster.Send(0, 100, partitions: 2);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        using TopicReader reader = cluster.Reader(cluster.With(options => options.Kafka.BootstrapServers = proxy.BootstrapServers));

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(100, reader.Read(reader.RangesOf(cluster.In), _ => { }, TestContext.Current.CancellationToken));
            proxy.ResetConnections();
        }
    }

    [Fact]
    public async Task HoldRequests_OfOneKind_HoldsThatKindUntilReleased()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        Hold hold = proxy.HoldRequests(KafkaApi.EndTxn);
        using TransactionalSender sender = cluster.Sender(
            "held-" + cluster.Group, cluster.With(options => options.Kafka.BootstrapServers = proxy.BootstrapServers));

        Task sending = Task.Run(
            () => sender.Send(output => output.Produce(cluster.Out, 0, [], new byte[8]), CancellationToken.None),
            TestContext.Current.CancellationToken);
        await hold.Caught;
        Assert.Equal((1, 0), (proxy.Forwarded(KafkaApi.InitProducerId), proxy.Forwarded(KafkaApi.EndTxn)));
        Assert.Empty(cluster.Read(cluster.Out));
        hold.Release();
        await sending;

        Assert.Equal(1, proxy.Forwarded(KafkaApi.EndTxn));
        Assert.Single(cluster.Read(cluster.Out));
    }

    [Fact]
    public async Task HoldResponses_OfOneKind_LetsTheRequestTakeEffect()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        Hold hold = proxy.HoldResponses(KafkaApi.EndTxn);
        using TransactionalSender sender = cluster.Sender(
            "held-" + cluster.Group, cluster.With(options => options.Kafka.BootstrapServers = proxy.BootstrapServers));

        Task sending = Task.Run(
            () => sender.Send(output => output.Produce(cluster.Out, 0, [], new byte[8]), CancellationToken.None),
            TestContext.Current.CancellationToken);
        await hold.Caught;
        Assert.Single(cluster.Read(cluster.Out));
        Assert.False(sending.IsCompleted);
        hold.Release();
        await sending;
    }
}
