using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool.Tests;

public sealed class BenchCommandTests
{
    /// <summary>In the operator's image, as here, the program of the benchmarks is not beside this one.</summary>
    [Fact]
    public void Bench_WhereTheProgramIsMissing_SaysWhereToGetIt()
    {
        ToolException error = Assert.Throws<ToolException>(
            () => BenchCommand.Create().Parse(["--only", "a"]).Invoke(new() { EnableDefaultExceptionHandler = false }));
        Assert.Equal(WorkerHost.ExitConfiguration, error.ExitCode);
        Assert.Contains("publish src/BelgiCom.Streaming.Bench", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TryRunAsync_WhereTheProgramIsMissing_StartsNothing() => Assert.Null(await BenchCommand.TryRunAsync(["--help"]));
}
