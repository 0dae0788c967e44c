namespace BelgiCom.Streaming.FaultTests;

/// <summary>F1: kill -9 of the worker in the middle of a transaction, three times, each after a fifth more of the usage.</summary>
public sealed class F01_KillTests
{
    private const int Kills = 3;

    [Fact]
    public async Task F01_WorkerKilledMidTransaction_EveryUsageIsRatedOnce()
    {
        int seed = Seed.Next();
        Random random = new(seed);
        int records = Scale.Of(6_000, 100_000);
        await using FaultBench bench = await FaultBench.StartAsync();
        bench.Send(bench.Usage(seed).Events(0, records));
        await using ConcurrentReader reader = ConcurrentReader.Start(bench);

        await using MidTransaction first = await MidTransaction.ReachAsync(bench, random, records / 5);
        await first.KillAsync();
        MidTransaction before = first;
        for (int kill = 2; kill <= Kills; kill++)
        {
            MidTransaction next = await MidTransaction.ReachAsync(bench, random, records / 5);

            // What the dead worker had sent arrives when its successor is at work.
            await before.DisposeAsync();
            await next.KillAsync();
            before = next;
        }

        RatingProcess last = bench.StartWorker("a");
        await bench.UntilLagAsync(records / 5, last);
        await before.DisposeAsync();
        await bench.UntilRatedAsync(last);
        await last.DrainAsync();
        await reader.AssertSawAsync(bench.AssertExact());
    }
}
