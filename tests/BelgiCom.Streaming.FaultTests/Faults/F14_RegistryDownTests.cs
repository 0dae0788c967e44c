using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;
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
        await using RatingPlatform platform = await RatingPlatform.StartAsync();
        FaultUsage usage = platform.Usage(seed);
        int newer = await platform.RegisterNewerAsync("sliceId");
        RatingProcess worker = platform.StartWorker("a", settings: new Dictionary<string, string>
        {
            ["Rating__RegistryPatience"] = Scale.IsFull ? "00:00:20" : "00:00:01",
            ["Kafka__HandlerAttempts"] = "100",
        });
        platform.Send(usage.Events(0, records / 2));
        await platform.UntilRatedAsync(worker);

        platform.Front.IsDown = true;
        UsageToSend[] news = [.. usage.Events(records / 2, records / 2).Select(record => RatingPlatform.InNewer(record, newer))];
        Dictionary<TopicPartition, long> undecoded = (await platform.LagsAsync()).ToDictionary(lag => lag.Partition, lag => lag.End);
        platform.Send(news);

        // The outage lasts for several attempts at the batch; at every look, no partition is past its first undecoded record.
        int attempts = Scale.Of(2, 3);
        await Wait.UntilAsync(async () =>
            {
                IReadOnlyList<PartitionLag> lags = await platform.LagsAsync();
                Assert.All(lags, lag =>
                    Assert.True((lag.Committed ?? 0) <= undecoded[lag.Partition], $"{lag} passed {undecoded[lag.Partition]}"));
                return worker.Count(LoggedEvent.BatchReadAgain) >= attempts;
            },
            $"{attempts} attempts without a registry",
            [worker]);
        Assert.True(worker.Count(LoggedEvent.RegistryUnreachable) > 0);

        platform.Front.IsDown = false;
        await platform.UntilRatedAsync(worker);
        await worker.DrainAsync();
        Assert.Equal(records, platform.AssertExact().Rated.Count);
    }
}
