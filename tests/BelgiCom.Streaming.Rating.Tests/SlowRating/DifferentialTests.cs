using System.Globalization;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// Production rating against the slow rater, event by event: outcome and reason, amount, units, bundles and every part. Half of the worlds
/// are the same in each build, half are new. BELGICOM_FUZZ_RUNS says how many events there are, BELGICOM_SEED which world is the first.
/// </summary>
public sealed class DifferentialTests
{
    private const int EventsInEveryBuild = 30_000;
    private const int EventsOfAWorld = 30;

    [Fact]
    public void Rating_OfRandomUsageUnderRandomTariffs_IsWhatTheSlowRaterGives()
    {
        long events = long.TryParse(
            Environment.GetEnvironmentVariable("BELGICOM_FUZZ_RUNS"), NumberStyles.None, CultureInfo.InvariantCulture, out long asked)
            ? asked
            : EventsInEveryBuild;
        bool isOneSeed = Environment.GetEnvironmentVariable("BELGICOM_SEED") is not null;
        long compared = isOneSeed ? 0 : Compare(1, events / 2);
        compared += Compare(Seed.Next(), events - compared);
        Notes.Write($"{compared} events compared");
    }

    private static long Compare(int seed, long events)
    {
        long compared = 0;
        for (; compared < events; seed = unchecked(seed + 1))
        {
            SlowWorld world = new SlowGenerator(seed).Next(EventsOfAWorld);
            if (world.FirstDifference() is not null)
            {
                Assert.Fail($"After {compared} events (BELGICOM_SEED={seed} repeats it): {SlowShrinker.Shrink(world)}");
            }

            compared += world.Usage.Count;
        }

        return compared;
    }
}
