using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>F4: in a storm of rebalances workers come, are killed, are stopped and come back, while usage flows.</summary>
public sealed class F04_RebalanceTests
{
    // The transaction that a killed worker leaves open holds up the heirs of its partitions for so long.
    private static readonly Dictionary<string, string> Hasty = new()
    {
        ["Kafka__TransactionTimeout"] = "00:00:04",
        ["Kafka__CommitTimeout"] = "00:00:03",
    };

    [Fact]
    public async Task F04_WorkersComeAndGo_BalancesAreThoseOfARecomputation()
    {
        int seed = Seed.Next();
        int perStep = Scale.Of(1_000, 40_000);
        await using RatingPlatform platform = await RatingPlatform.StartAsync(subscribers: Scale.Of(200, 20_000));
        FaultUsage usage = platform.Usage(seed);
        int sent = 0;
        Dictionary<string, RatingProcess> workers = [];

        string[] steps = ["+a", "+b", "+c", "kill b", "stop a", "+b", "+a", "kill c", "stop b"];
        foreach (string step in steps[..Scale.Of(6, steps.Length)])
        {
            // Usage is on its way when the members change.
            platform.Send(usage.Events(sent, perStep));
            sent += perStep;
            string name = step[^1..];
            switch (step[..^1])
            {
                case "+":
                    workers[name] = platform.StartWorker(name, settings: Hasty);
                    break;
                case "kill ":
                    await workers[name].KillAsync();
                    workers.Remove(name);
                    break;
                default:
                    await workers[name].DrainAsync();
                    workers.Remove(name);
                    break;
            }

            await platform.UntilMembersAsync(workers.Count, [.. workers.Values]);
            Notes.Write($"{step}: {workers.Count} members, lag {await platform.LagAsync()}");
        }

        await platform.UntilRatedAsync([.. workers.Values]);
        foreach (RatingProcess worker in workers.Values)
        {
            await worker.DrainAsync();
        }

        platform.AssertExact();
    }

    /// <summary>
    /// The storm found this: offsets that a dead worker's transaction holds come only when that times out, and the worker that waits for
    /// them must still stop in time.
    /// </summary>
    [Fact]
    public async Task F04_WorkerTerminatedWhileADeadOnesTransactionHoldsItsOffsets_StopsInTime()
    {
        int seed = Seed.Next();
        await using RatingPlatform platform = await RatingPlatform.StartAsync();
        platform.Send(platform.Usage(seed).Events(0, 1000));
        await using KafkaProxy proxy = KafkaProxy.Start(platform.Kafka.BootstrapServers);
        Hold commit = proxy.HoldRequests(KafkaApi.EndTxn);
        Dictionary<string, string> patient = new() { ["Kafka__TransactionTimeout"] = "00:01:30" };
        RatingProcess dead = platform.StartWorker("dead", proxy.BootstrapServers, patient);
        await Wait.UntilAsync(commit.Caught, "offsets in an open transaction", dead);
        string deadMember = Assert.Single(await platform.MembersAsync()).ConsumerId;
        await dead.KillAsync();

        RatingProcess heir = platform.StartWorker("heir", settings: patient);
        await Wait.UntilAsync(
            async () => await platform.MembersAsync() is [var member] && member.ConsumerId != deadMember,
            "the heir to own the partitions",
            [heir]);
        await heir.DrainAsync();
    }
}
