using BelgiCom.Streaming.Testing;

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
        await using RatingPlatform platform = await RatingPlatform.StartAsync();
        platform.Send(platform.Usage(seed).Events(0, records));
        await using ConcurrentReader reader = ConcurrentReader.Start(platform);

        await using MidTransaction first = await MidTransaction.ReachAsync(platform, random, records / 5);
        await first.KillAsync();
        MidTransaction before = first;
        for (int kill = 2; kill <= Kills; kill++)
        {
            MidTransaction next = await MidTransaction.ReachAsync(platform, random, records / 5);

            // What the dead worker had sent arrives when its successor is at work.
            await before.DisposeAsync();
            await next.KillAsync();
            before = next;
        }

        RatingProcess last = platform.StartWorker("a");
        await platform.UntilLagAsync(records / 5, last);
        await before.DisposeAsync();
        await platform.UntilRatedAsync(last);
        await last.DrainAsync();
        await reader.AssertSawAsync(platform.AssertExact());
    }
}
