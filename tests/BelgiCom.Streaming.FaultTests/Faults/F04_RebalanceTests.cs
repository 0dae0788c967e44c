namespace BelgiCom.Streaming.FaultTests;

/// <summary>F4: rebalance storm: one, two, three workers, one killed, one stopped, both back, while usage flows.</summary>
public sealed class F04_RebalanceTests
{
    [Fact]
    public async Task F04_WorkersComeAndGo_BalancesAreThoseOfARecomputation()
    {
        int seed = Seed.Next();
        int perStep = Scale.Of(1_000, 40_000);
        await using FaultBench bench = await FaultBench.StartAsync(subscribers: Scale.Of(200, 20_000));
        FaultUsage usage = bench.Usage(seed);
        int sent = 0;
        Dictionary<string, RatingProcess> workers = [];

        foreach (string step in new[] { "+a", "+b", "+c", "kill b", "stop a", "+a", "+b", "kill c", "stop b" })
        {
            // Usage is on its way when the members change.
            bench.Send(usage.Events(sent, perStep));
            sent += perStep;
            string name = step[^1..];
            switch (step[..^1])
            {
                case "+":
                    workers[name] = bench.StartWorker(name);
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

            await bench.UntilMembersAsync(workers.Count, [.. workers.Values]);
            Notes.Write($"{step}: {workers.Count} members, lag {await bench.LagAsync()}");
        }

        await bench.UntilRatedAsync([.. workers.Values]);
        foreach (RatingProcess worker in workers.Values)
        {
            await worker.DrainAsync();
        }

        bench.AssertExact();
    }
}
