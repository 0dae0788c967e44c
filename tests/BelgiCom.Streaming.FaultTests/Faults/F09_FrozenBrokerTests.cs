using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F9 (librdkafka#4134): the broker stands still, longer than sessions and commits wait, and goes on, again and again, under load.
/// </summary>
public sealed class F09_FrozenBrokerTests
{
    [Fact]
    public async Task F09_BrokerStopsAndGoesOnInCycles_NoGapAndNoDuplicate()
    {
        int seed = Seed.Next();
        int cycles = Scale.Of(2, 14);
        int records = Scale.Of(2_000, 100_000);
        TimeSpan frozen = TimeSpan.FromSeconds(Scale.Of(2, 45));
        TimeSpan running = TimeSpan.FromSeconds(Scale.Of(0, 20));
        (RatingPlatform platform, ProcessBroker broker) = await RatingPlatform.StartWithProcessAsync();
        await using RatingPlatform disposed = platform;
        platform.Send(platform.Usage(seed).Events(0, records));
        await using KafkaProxy proxy = KafkaProxy.Start(platform.Kafka.BootstrapServers);
        await using ConcurrentReader reader = ConcurrentReader.Start(platform);
        int part = records / (cycles + 1) / platform.RecordsPerTransaction;
        Hold next = proxy.HoldRequestsAfter(part, KafkaApi.EndTxn);
        RatingProcess worker = platform.StartWorker("a", proxy.BootstrapServers, new Dictionary<string, string>
        {
            ["Kafka__CommitTimeout"] = Scale.IsFull ? "00:00:10" : "00:00:01",
            ["Kafka__TransactionTimeout"] = Scale.IsFull ? "00:00:30" : "00:00:10",
        });

        for (int cycle = 1; cycle <= cycles; cycle++)
        {
            await Wait.UntilAsync(next.Caught, "the middle of a transaction", worker);
            broker.Freeze();

            // EndTxn waits at the frozen broker while the worker gives it up.
            next.Release();
            next = proxy.HoldRequestsAfter(part, KafkaApi.EndTxn);
            await Wait.ForAsync(frozen);
            broker.Thaw();
            Notes.Write($"cycle {cycle}: broker goes on, {worker.Count(LoggedEvent.OutcomeUnknown)} unknown outcomes");
            await Wait.ForAsync(running);
        }

        next.Release();
        await platform.UntilRatedAsync(worker);
        await worker.DrainAsync();
        Assert.True(worker.Count(LoggedEvent.OutcomeUnknown) > 0, "the fault did not reach the worker");
        TopicContents contents = platform.AssertExact();
        Assert.Equal(records, contents.Rated.Count);
        await reader.AssertSawAsync(contents);
    }
}
