using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F14 (confluent-kafka-dotnet#1424): the registry is down when a newer producer's first record comes. No offset passes it, and nothing is
/// lost.
/// </summary>
public sealed class F14_RegistryDownTests
{
    [Fact]
    public async Task F14_RegistryDown_NoOffsetPassesTheUndecodedRecordAndWorkResumes()
    {
        int seed = Seed.Next();
        int records = Scale.Of(2_000, 50_000);
        await using FaultBench bench = await FaultBench.StartAsync();
        FaultUsage usage = bench.Usage(seed);
        int newer = await bench.RegisterNewerAsync("sliceId");
        RatingProcess worker = bench.StartWorker("a", settings: new Dictionary<string, string>
        {
            ["Rating__RegistryPatience"] = Scale.IsFull ? "00:00:20" : "00:00:01",
            ["Kafka__HandlerAttempts"] = "100",
        });
        bench.Send(usage.Events(0, records / 2));
        await bench.UntilRatedAsync(worker);

        bench.Front.IsDown = true;
        UsageToSend[] news = [.. usage.Events(records / 2, records / 2).Select(record => FaultBench.InNewer(record, newer))];
        Dictionary<TopicPartition, long> undecoded = (await bench.LagsAsync()).ToDictionary(lag => lag.Partition, lag => lag.End);
        bench.Send(news);

        // The outage lasts for several attempts at the batch; at every look, no partition is past its first undecoded record.
        int attempts = Scale.Of(2, 3);
        await Wait.UntilAsync(async () =>
            {
                IReadOnlyList<PartitionLag> lags = await bench.LagsAsync();
                Assert.All(lags, lag =>
                    Assert.True((lag.Committed ?? 0) <= undecoded[lag.Partition], $"{lag} passed {undecoded[lag.Partition]}"));
                return worker.Count("failed and is read again") >= attempts;
            },
            $"{attempts} attempts without a registry",
            [worker]);
        Assert.True(worker.Count("Waiting for the schema registry") > 0);

        bench.Front.IsDown = false;
        await bench.UntilRatedAsync(worker);
        await worker.DrainAsync();
        Assert.Equal(records, bench.AssertExact().Rated.Count);
    }
}
