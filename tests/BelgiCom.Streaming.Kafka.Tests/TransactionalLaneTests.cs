namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class TransactionalLaneTests(KafkaFixture kafka)
{
    [Theory]
    [InlineData(ClientPath.Native)]
    [InlineData(ClientPath.Managed)]
    public async Task Lane_PassThrough_WritesEachRecordOnceAndLagBecomesZero(ClientPath path)
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        cluster.Options.ClientPath = path;
        await cluster.CreateAsync(4);
        cluster.Send(0, 20_000, partitions: 4);
        using CancellationTokenSource stop = new();
        PassThrough handler = new(cluster.Out);
        Task running = cluster.Lanes(_ => handler).RunAsync(stop.Token);

        await cluster.UntilDoneAsync(running);
        await stop.CancelAsync();
        await running;

        cluster.AssertExactlyOnce(0, 20_000);
        Assert.Equal("assigned", handler.Calls[0]);
        Assert.Equal("revoked", handler.Calls[^1]);
        Assert.Empty(handler.Owned);
    }
}
