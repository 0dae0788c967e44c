using BelgiCom.Streaming.Testing;
using Confluent.Kafka.Admin;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F15: the broker takes records ten times slower than they come, and the producer's queue is tiny: the worker waits and drops nothing.
/// </summary>
public sealed class F15_SlowSinkTests
{
    private const int SlowBytesPerSecond = 150_000;

    [Fact]
    public async Task F15_SlowBrokerAndFullQueue_MemoryIsBoundedNobodyIsEvictedAndNothingIsDropped()
    {
        int seed = Seed.Next();
        int records = Scale.Of(3_000, 500_000);
        await using RatingPlatform platform = await RatingPlatform.StartAsync();
        FaultUsage usage = platform.Usage(seed);
        await using KafkaProxy proxy = KafkaProxy.Start(platform.Kafka.BootstrapServers);
        RatingProcess worker = platform.StartWorker("a", proxy.BootstrapServers, new Dictionary<string, string>
        {
            ["Kafka__Properties__queue.buffering.max.messages"] = "20",
            ["Kafka__SessionTimeout"] = "00:00:06",
            ["Kafka__ReadAheadMaxBytes"] = (16 << 20).ToString(System.Globalization.CultureInfo.InvariantCulture),
        });
        platform.Send(usage.Events(0, records / 3));
        await platform.UntilRatedAsync(worker);
        MemberDescription member = Assert.Single(await platform.MembersAsync());
        long before = worker.ResidentOctets();

        proxy.BytesPerSecond = SlowBytesPerSecond;
        proxy.Latency = TimeSpan.FromMilliseconds(10);
        platform.Send(usage.Events(records / 3, records - (records / 3)));
        long most = 0;
        await Wait.UntilAsync(async () =>
            {
                most = Math.Max(most, worker.ResidentOctets());
                return await platform.LagAsync() < records / 3;
            },
            "half of the usage to be rated slowly",
            [worker]);
        Assert.Equal(member.ConsumerId, Assert.Single(await platform.MembersAsync()).ConsumerId);
        Assert.Equal(0, worker.Count(LoggedEvent.BatchReadAgain));

        proxy.BytesPerSecond = 0;
        proxy.Latency = TimeSpan.Zero;
        await platform.UntilRatedAsync(worker);
        await worker.DrainAsync();
        Notes.Write($"memory {before >> 20} MiB, at most {most >> 20} MiB while the broker was slow");

        // The read-ahead may fill up: that is its limit, and the rest is noise of the collector.
        Assert.True(most - before < 64L << 20, $"memory grew from {before} to {most} octets");
        Assert.Equal(records, platform.AssertExact().Rated.Count);
    }
}
