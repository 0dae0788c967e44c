using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F2: on SIGTERM in the middle of a transaction, the worker ends in order, within its drain time, and leaves no transaction open.
/// </summary>
public sealed class F02_TerminateTests
{
    private static readonly int Stops = Scale.Of(2, 3);

    [Fact]
    public async Task F02_WorkerTerminatedMidTransaction_EndsInOrderAndEveryUsageIsRatedOnce()
    {
        int seed = Seed.Next();
        Random random = new(seed);
        int records = Scale.Of(6_000, 100_000);
        await using RatingPlatform platform = await RatingPlatform.StartAsync();
        platform.Send(platform.Usage(seed).Events(0, records));
        await using ConcurrentReader reader = ConcurrentReader.Start(platform);

        for (int stop = 1; stop <= Stops; stop++)
        {
            await using MidTransaction midway = await MidTransaction.ReachAsync(platform, random, records / 5);
            midway.Worker.Terminate();
            midway.Release();
            await midway.Worker.DrainAsync();
            Assert.Equal(0, await platform.OpenOffsetsAsync());
        }

        RatingProcess last = platform.StartWorker("a");
        await platform.UntilRatedAsync(last);
        await last.DrainAsync();
        Assert.Equal(0, await platform.OpenOffsetsAsync());
        await reader.AssertSawAsync(platform.AssertExact());
    }
}
