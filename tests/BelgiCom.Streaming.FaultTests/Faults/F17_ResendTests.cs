using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F17: one record in ten and a whole file come again, three times, with restarts between. Every copy is counted as a duplicate, and the
/// money stays.
/// </summary>
public sealed class F17_ResendTests
{
    private const int Rounds = 3;

    [Fact]
    public async Task F17_RecordsAndFilesSentAgainAcrossRestarts_DuplicatesAreCountedAndMoneyStays()
    {
        int seed = Seed.Next();
        Random random = new(seed);
        int records = Scale.Of(3_000, 500_000);
        await using RatingPlatform platform = await RatingPlatform.StartAsync();
        FaultUsage usage = platform.Usage(seed);
        platform.Send(usage.Events(0, records));
        RatingProcess worker = platform.StartWorker("a");
        await platform.UntilRatedAsync(worker);
        decimal money = platform.Read().Rated.Sum(line => line.Amount);
        Assert.True(money > 0);

        // The worker's own counter of duplicates is exact as long as the worker is not restarted.
        int resent = records / 10;
        platform.Send(usage.Events(0, resent));
        await platform.UntilRatedAsync(worker);
        await Wait.UntilAsync(
            async () => await worker.OutcomesAsync("duplicate") >= resent, "the counter of duplicates", [worker], TimeSpan.FromSeconds(20));
        Assert.Equal(resent, await worker.OutcomesAsync("duplicate"));

        for (int round = 0; round < Rounds; round++)
        {
            // One half of what comes again is on the topic before the restart, the other half comes after it.
            UsageToSend[] again =
            [
                .. Enumerable.Range(0, records / 10).Select(_ => usage.Event(random.Next(records))),
                .. usage.Events(round * 1000, 1000),
            ];
            platform.Send(again[..(again.Length / 2)]);
            if (random.Next(2) == 0)
            {
                await worker.KillAsync();
            }
            else
            {
                await worker.DrainAsync();
            }

            platform.Send(again[(again.Length / 2)..]);
            resent += again.Length;
            worker = platform.StartWorker("a");
            await platform.UntilRatedAsync(worker);
        }

        await worker.DrainAsync();
        TopicContents contents = platform.AssertExact();
        Assert.Equal(resent, contents.Rejected.Count(line => line.Outcome == RejectedOutcome.Duplicate));
        Assert.Equal(records, contents.Rated.Count);
        Assert.Equal(money, contents.Rated.Sum(line => line.Amount));
    }
}
