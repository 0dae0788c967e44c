using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F5: a worker stands still with a transaction open, for longer than its session and its transaction last; a successor does its work; then
/// it goes on. It must
/// find itself fenced and end, and nothing that it wrote may become visible.
/// </summary>
public sealed class F05_ZombieTests
{
    private const int ExitFailed = 2;

    private static readonly Dictionary<string, string> ShortLived = new()
    {
        ["Kafka__SessionTimeout"] = "00:00:01",
        ["Kafka__TransactionTimeout"] = "00:00:02",
        ["Kafka__CommitTimeout"] = "00:00:01",
    };

    [Theory]
    [InlineData("the same instance, restarted elsewhere", "zombie")]
    [InlineData("another instance", "successor")]
    public async Task F05_WorkerStopsAndWakesAfterItsSuccessor_IsFencedAndLeavesNothing(string successorIs, string successorName)
    {
        Notes.Write(successorIs);
        int seed = Seed.Next();
        int records = Scale.Of(2_000, 50_000);
        await using FaultBench bench = await FaultBench.StartAsync();
        await using KafkaProxy proxy = KafkaProxy.Start(bench.Kafka.BootstrapServers);
        int newer = await bench.RegisterNewerAsync("sliceId");
        FaultUsage usage = bench.Usage(seed);

        RatingProcess zombie = bench.StartWorker("zombie", proxy.BootstrapServers, ShortLived);
        bench.Send(usage.Events(0, records / 2));
        await bench.UntilRatedAsync(zombie);

        // The registry keeps it inside a batch whose first records are already produced: its transaction is open.
        Task asked = bench.Front.Hold(newer);
        int produced = proxy.Forwarded(KafkaApi.Produce);
        IEnumerable<UsageToSend> news = usage.Events((records / 2) + 50, 200).Select(record => FaultBench.InNewer(record, newer));
        bench.Send([.. usage.Events(records / 2, 50), .. news]);
        await Wait.UntilAsync(asked, "the zombie to ask for the schema", zombie);
        await Wait.UntilAsync(() => proxy.Forwarded(KafkaApi.Produce) > produced, "its transaction to be open", zombie);
        zombie.Freeze();
        long lag = await bench.LagAsync();
        Assert.True(lag > 0);

        // The successor does not wait for the registry's answer to the zombie.
        RatingProcess successor = bench.StartWorker(
            successorName, settings: new Dictionary<string, string>(ShortLived) { ["SchemaRegistry__Url"] = bench.RegistryUrl.ToString() });
        bench.Send(usage.Events(records / 2 + 250, records / 2));
        await bench.UntilRatedAsync(successor);

        // By the successor's start when it has the same name, by the coordinator's patience when it has another.
        await Wait.UntilAsync(async () => await bench.OpenOffsetsAsync() == 0, "the zombie's transaction to be ended for it", [successor]);
        bench.Front.Release(newer);
        zombie.Thaw();
        Assert.Equal(ExitFailed, await zombie.EndAsync(Wait.Patience));
        Assert.NotEqual(0, zombie.Count("ProducerFencedException"));

        bench.Send(usage.Events(records + 250, 100));
        await bench.UntilRatedAsync(successor);
        await successor.DrainAsync();
        TopicContents contents = bench.AssertExact();
        Assert.Equal(records + 350, contents.Rated.Count);
        Assert.DoesNotContain(contents.Rejected, line => line.Outcome == RejectedOutcome.Duplicate);
    }
}
