namespace BelgiCom.Streaming.Bench.Tests;

public sealed class RoundsTests
{
    [Fact]
    public async Task RunAsync_OfThreeContenders_TakesTurnsAndDropsTheFirstRound()
    {
        List<string> order = [];
        Contender Of(string name) => new(name, ["turn"], _ =>
        {
            order.Add(name);
            return Task.FromResult<double[]>([order.Count]);
        });

        IReadOnlyList<Series[]> results = await Rounds.RunAsync(
            "x", rounds: 2, [Of("a"), Of("b"), Of("c")], TestContext.Current.CancellationToken);

        Assert.Equal(["a", "b", "c", "b", "c", "a", "c", "a", "b"], order);
        Assert.Equal([6.0, 8.0], results[0][0].Values);
        Assert.Equal([4.0, 9.0], results[1][0].Values);
        Assert.Equal([5.0, 7.0], results[2][0].Values);
    }

    [Theory]
    [InlineData(new[] { 3.0, 1.0, 2.0 }, 2.0)]
    [InlineData(new[] { 4.0, 1.0, 2.0, 3.0 }, 2.5)]
    [InlineData(new double[0], 0.0)]
    public void Median_OfValues_IsTheMiddle(double[] values, double median) =>
        Assert.Equal(median, new Series("x", "a", "s", values).Median);

    /// <summary>What slows a machine for a round slows both: the quotient is taken within the round.</summary>
    [Fact]
    public void Ratio_OfASlowRound_IsTheMedianOfTheQuotients()
    {
        Ratio ratio = Ratio.Between("x", "n", new Series("x", "a", "s", [10, 40, 9]), new Series("x", "b", "s", [5, 20, 3]), reach: 2);
        Assert.Equal(2, ratio.Value);
        Assert.True(ratio.IsReached);
    }
}
