using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F12: one record in a hundred is poison. All of it is set aside with place, reason and hash; all the rest is rated; nothing stalls or
/// grows.
/// </summary>
public sealed class F12_PoisonTests
{
    private const long GrowthMax = 100L << 20;

    // At most so many octets of the original go along.
    private const int OriginalMax = 512 * 1024;

    // F12 of docs/fault-tests.md asks that the partition goes on within this time.
    private static readonly TimeSpan StallMax = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task F12_PoisonAmongUsage_IsSetAsideAndAllTheRestIsRated()
    {
        int seed = Seed.Next();
        Random random = new(seed);
        int records = Scale.Of(6_000, 200_000);
        await using RatingPlatform platform = await RatingPlatform.StartAsync();
        FaultUsage usage = platform.Usage(seed);
        Poison poison = await Poison.PrepareAsync(platform, random);
        RatingProcess worker = platform.StartWorker("a");
        platform.Send(usage.Events(0, records));
        await platform.UntilRatedAsync(worker);
        long before = worker.ResidentOctets();

        List<UsageToSend> mixed = [];
        for (int number = records; number < 2 * records; number++)
        {
            mixed.Add(number % 100 == 0 ? poison.Next(usage.Event(number)) : usage.Event(number));
        }

        platform.Send(mixed);
        await platform.UntilRatedAsync(worker);
        long growth = worker.ResidentOctets() - before;
        Notes.Write($"{poison.Sent.Count} poisoned records, memory grew by {growth >> 20} MiB");

        worker.AssertRunning();
        await worker.DrainAsync();
        AssertSetAside(poison, platform.AssertExact());
        Assert.True(growth <= GrowthMax, $"memory grew by {growth} octets");
    }

    [Fact]
    public async Task F12_PoisonBeforeUsage_ThePartitionGoesOnWithinFiveSeconds()
    {
        int seed = Seed.Next();
        await using RatingPlatform platform = await RatingPlatform.StartAsync();
        FaultUsage usage = platform.Usage(seed);
        Poison poison = await Poison.PrepareAsync(platform, new Random(seed));
        RatingProcess worker = platform.StartWorker("a");
        platform.Send(usage.Events(0, 100));
        await platform.UntilRatedAsync(worker);

        for (int kind = 0; kind < Poison.Kinds; kind++)
        {
            UsageToSend good = usage.Event(1000 + kind);
            platform.Send([poison.Next(good), good]);
            await Wait.UntilAsync(async () => await platform.LagAsync() == 0, "the usage behind the poison", [worker], StallMax);
        }

        await worker.DrainAsync();
        TopicContents contents = platform.AssertExact();
        Assert.Equal(100 + Poison.Kinds, contents.Rated.Count);
        AssertSetAside(poison, contents);
    }

    private static void AssertSetAside(Poison poison, TopicContents contents)
    {
        Assert.Equal(poison.Sent.Count, contents.Rejected.Count);
        Dictionary<Place, byte[]> received = contents.Received.ToDictionary(record => record.Place, record => record.Value);
        Dictionary<string, Queue<RejectedReason>> reasons = poison.Sent.GroupBy(sent => Convert.ToHexString(SHA256.HashData(sent.Value)))
            .ToDictionary(group => group.Key, group => new Queue<RejectedReason>(group.Select(sent => sent.Reason)));
        Assert.All(contents.Rejected, line =>
        {
            ReadOnlySpan<byte> value = received[line.Place];
            Assert.Equal(SHA256.HashData(value), line.Hash);
            Assert.Equal(Math.Min(value.Length, OriginalMax), line.Original.Length);
            Assert.True(value.StartsWith(line.Original), "the original octets are not there");
            Assert.Equal(reasons[Convert.ToHexString(line.Hash)].Dequeue(), line.Reason);
        });
    }
}
