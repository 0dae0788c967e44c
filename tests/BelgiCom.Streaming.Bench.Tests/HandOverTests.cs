using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Bench.Tests;

/// <summary>The verb <c>bench</c> of the tool, where both programs lie in one folder.</summary>
public sealed class HandOverTests
{
    [Fact]
    public async Task Bench_OfTheTool_MeasuresAndPrintsOneObject()
    {
        using TemporaryFolder folder = new();
        JsonElement report = (await RunAsync("--only", "a", "--rounds", "1", "--json", "--out", folder.Under("raw.json")))
            .WithExitCode(0).Json;
        Assert.Equal(3, report.GetProperty("ratios").GetArrayLength());
        Assert.True(File.Exists(folder.Under("raw.json")));
    }

    [Fact]
    public async Task Bench_WithAnOptionOutOfRange_EndsAsTheProgramDoes()
    {
        Finished run = (await RunAsync("--only", "x")).WithExitCode(1);
        Assert.Contains("--only takes letters", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_Help_IsThatOfTheProgram() =>
        Assert.Contains("--subscribers", (await RunAsync("--help")).WithExitCode(0).Text, StringComparison.Ordinal);

    private static Task<Finished> RunAsync(params string[] arguments) =>
        ChildProcess.RunAsync(OurProgram.Start("belgicom", new Dictionary<string, string>(), ["bench", .. arguments]));
}
