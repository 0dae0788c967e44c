namespace BelgiCom.Streaming.Tool.Tests;

public sealed class UsageTallyTests
{
    [Fact]
    public void Equation_EachEventHasAnOutcome_Holds()
    {
        UsageTally tally = new()
        {
            Received = 10,
            Rated = 4,
            ZeroRated = 2,
            Duplicate = 1,
            Late = 1,
            Suspended = 1,
            Rejected = 1,
            Quarantined = 5,
        };
        Assert.True(tally.IsConserved);
        Assert.Equal(
            "received 10 = rated 4 + zeroRated 2 + duplicate 1 + late 1 + suspended 1 + rejected 1 + conflict 0 + discarded 0",
            tally.Equation());
    }

    [Fact]
    public void Equation_AfterAnInterruptedRun_ShowsWhatItLeft()
    {
        UsageTally tally = new() { Received = 10, CarriedOver = 3, Rated = 13 };
        Assert.True(tally.IsConserved);
        Assert.StartsWith("received 10 + carriedOver 3 = rated 13", tally.Equation(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, 9, "1 without an outcome")]
    [InlineData(10, 11, "-1 without an outcome")]
    public void Equation_SomethingLostOrTwice_SaysByHowMuch(long received, long rated, string difference)
    {
        UsageTally tally = new() { Received = received, Rated = rated };
        Assert.False(tally.IsConserved);
        Assert.Contains($"!= rated {rated}", tally.Equation(), StringComparison.Ordinal);
        Assert.EndsWith(difference, tally.Equation(), StringComparison.Ordinal);
    }
}
