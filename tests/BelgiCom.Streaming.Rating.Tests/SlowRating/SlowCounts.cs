using System.Collections.Immutable;
using System.Numerics;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>What is counted for subscribers and accounts. Each change is a new value, so what was not rated changed nothing.</summary>
/// <param name="Drawn">Units drawn from a bundle, by owner, id and month.</param>
/// <param name="Counted">Units that tiers and packages counted, by subscriber, price and month.</param>
/// <param name="Charged">What the units of a volume price were charged.</param>
/// <param name="Passes">Begin and end of the passes of a subscriber, and whether they were charged.</param>
/// <param name="Free">Begin and end of the windows of free messages, and how many came.</param>
internal sealed record SlowCounts(
    ImmutableDictionary<string, BigInteger> Drawn,
    ImmutableDictionary<string, BigInteger> Counted,
    ImmutableDictionary<string, BigInteger> Charged,
    ImmutableDictionary<string, ImmutableList<(long From, long To, bool Charged)>> Passes,
    ImmutableDictionary<string, ImmutableList<(long From, long To, long Count)>> Free)
{
    public static SlowCounts Empty { get; } = new(
        ImmutableDictionary<string, BigInteger>.Empty,
        ImmutableDictionary<string, BigInteger>.Empty,
        ImmutableDictionary<string, BigInteger>.Empty,
        ImmutableDictionary<string, ImmutableList<(long, long, bool)>>.Empty,
        ImmutableDictionary<string, ImmutableList<(long, long, long)>>.Empty);

    /// <summary>Counts units of a bundle as drawn; fewer than 0 go back.</summary>
    public SlowCounts Draw(string bundle, BigInteger units) =>
        this with { Drawn = Drawn.SetItem(bundle, Drawn.GetValueOrDefault(bundle) + units) };
}
