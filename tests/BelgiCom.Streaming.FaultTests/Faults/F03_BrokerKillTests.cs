using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F3: in the middle of a transaction the broker is killed, then, in the middle of another, restarted in order. The worker stays and goes
/// on.
/// </summary>
public sealed class F03_BrokerKillTests
{
    [Fact]
    public async Task F03_BrokerKilledAndRestarted_EveryUsageIsRatedOnceAndInOrder()
    {
        int seed = Seed.Next();
        int records = Scale.Of(3_000, 100_000);
        int rounds = Scale.Of(1, 3);
        (RatingPlatform platform, ProcessBroker broker) = await RatingPlatform.StartWithProcessAsync();
        await using RatingPlatform disposed = platform;
        platform.Send(platform.Usage(seed).Events(0, records));
        await using KafkaProxy proxy = KafkaProxy.Start(platform.Kafka.BootstrapServers);
        await using ConcurrentReader reader = ConcurrentReader.Start(platform);
        Hold next = Midway(proxy, records, rounds);

        // Apache Kafka 4.3.1 must not time the transaction out itself while it starts: see docs/fault-tests.md.
        Dictionary<string, string> hasty = new() { ["Kafka__CommitTimeout"] = "00:00:03", ["Kafka__TransactionTimeout"] = "00:01:00" };
        RatingProcess worker = platform.StartWorker("a", proxy.BootstrapServers, hasty);

        for (int round = 0; round < rounds; round++)
        {
            foreach (Func<Task> fault in new[] { broker.KillAndStartAgainAsync, broker.StopAndStartAgainAsync })
            {
                await Wait.UntilAsync(next.Caught, "the middle of a transaction", worker);
                Hold held = next;
                next = Midway(proxy, records, rounds);
                await fault();
                held.Release();
                Notes.Write($"broker is back, lag {await platform.LagAsync()}");
            }
        }

        next.Release();
        await platform.UntilRatedAsync(worker);
        await worker.DrainAsync();
        await reader.AssertSawAsync(platform.AssertExact());
    }

    /// <summary>Each round takes a part of the usage, so that the broker always dies under load.</summary>
    private static Hold Midway(KafkaProxy proxy, int records, int rounds) =>
        proxy.HoldRequestsAfter(records / (3 * rounds) / Scale.Of(100, 750), KafkaApi.EndTxn);
}
