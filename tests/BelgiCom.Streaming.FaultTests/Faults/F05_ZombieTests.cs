using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F5: a worker stands still with a transaction open, for longer than its session and its transaction last; a successor does its work; then
/// it goes on. Nothing that it wrote may become visible. A successor of the same name has fenced it, so it ends. Where only the
/// coordinator's patience ended its transaction, the broker may let it have a new epoch (KIP-588): then it gives its batch up and is a
/// member like any other.
/// </summary>
public sealed class F05_ZombieTests
{
    private const int ExitFailed = 2;
    private const string Zombie = "zombie";
    private const string Fenced = "ProducerFencedException";
    private const string GaveUp = "failed and is read again";

    private static readonly Dictionary<string, string> ShortLived = new()
    {
        ["Kafka__SessionTimeout"] = "00:00:01",
        ["Kafka__TransactionTimeout"] = "00:00:02",
        ["Kafka__CommitTimeout"] = "00:00:01",
    };

    [Theory]
    [InlineData("the same instance, restarted elsewhere", Zombie)]
    [InlineData("another instance", "successor")]
    public async Task F05_WorkerStopsAndWakesAfterItsSuccessor_LeavesNothing(string successorIs, string successorName)
    {
        Notes.Write(successorIs);
        int seed = Seed.Next();
        int records = Scale.Of(2_000, 50_000);
        await using RatingPlatform platform = await RatingPlatform.StartAsync();
        await using KafkaProxy proxy = KafkaProxy.Start(platform.Kafka.BootstrapServers);
        int newer = await platform.RegisterNewerAsync("sliceId");
        FaultUsage usage = platform.Usage(seed);

        RatingProcess zombie = platform.StartWorker(Zombie, proxy.BootstrapServers, ShortLived);
        platform.Send(usage.Events(0, records / 2));
        await platform.UntilRatedAsync(zombie);

        // The registry holds the zombie inside a batch whose first records are already produced, so its transaction is open.
        Task asked = platform.Front.Hold(newer);
        int produced = proxy.Forwarded(KafkaApi.Produce);
        IEnumerable<UsageToSend> news = usage.Events((records / 2) + 50, 200).Select(record => RatingPlatform.InNewer(record, newer));
        platform.Send([.. usage.Events(records / 2, 50), .. news]);
        await Wait.UntilAsync(asked, "the zombie to ask for the schema", zombie);
        await Wait.UntilAsync(() => proxy.Forwarded(KafkaApi.Produce) > produced, "its transaction to be open", zombie);
        zombie.Freeze();
        long lag = await platform.LagAsync();
        Assert.True(lag > 0);

        // The successor does not wait for the registry's answer to the zombie.
        Dictionary<string, string> pastTheFront = new(ShortLived) { ["SchemaRegistry__Url"] = platform.RegistryUrl.ToString() };
        RatingProcess successor = platform.StartWorker(successorName, settings: pastTheFront);
        platform.Send(usage.Events(records / 2 + 250, records / 2));
        await platform.UntilRatedAsync(successor);

        // A successor of the same name ends the zombie's transaction when it starts; else the coordinator ends it when its patience does.
        await Wait.UntilAsync(
            async () => await platform.OpenOffsetsAsync() == 0, "the zombie's transaction to be ended for it", [successor]);
        platform.Front.Release(newer);
        zombie.Thaw();
        string end = successorName == Zombie ? Fenced : await zombie.LineAsync(
            line => line.Contains(Fenced, StringComparison.Ordinal) || line.Contains(GaveUp, StringComparison.Ordinal),
            "the zombie to be fenced or to give its batch up");
        bool isFenced = end.Contains(Fenced, StringComparison.Ordinal);
        if (isFenced)
        {
            (await zombie.EndAsync()).WithExitCode(ExitFailed);
            Assert.Contains(zombie.Lines, line => line.Contains(Fenced, StringComparison.Ordinal));
        }

        platform.Send(usage.Events(records + 250, 100));
        await platform.UntilRatedAsync(successor);
        await successor.DrainAsync();
        if (!isFenced)
        {
            await zombie.DrainAsync();
        }

        TopicContents contents = platform.AssertExact();
        Assert.Equal(records + 350, contents.Rated.Count);
        Assert.DoesNotContain(contents.Rejected, line => line.Outcome == RejectedOutcome.Duplicate);
    }
}
