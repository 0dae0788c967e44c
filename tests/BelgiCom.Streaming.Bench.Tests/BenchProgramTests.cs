using BelgiCom.Streaming.Tool;

namespace BelgiCom.Streaming.Bench.Tests;

public sealed class BenchProgramTests
{
    [Theory]
    [InlineData("--only", "x")]
    [InlineData("--only", ",")]
    [InlineData("--rounds", "0")]
    [InlineData("--records", "100")]
    public async Task Run_OfAnOptionOutOfRange_MeasuresNothing(string option, string value) =>
        Assert.Equal(1, await CommandLine.RunAsync(BenchProgram.Create(), [option, value]));
}
