using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// What a user gets wrong ends with exit code 1 and a sentence; what the network gets wrong is quarantined, suspended or rejected, and the
/// rest is billed.
/// </summary>
public sealed class BadInputTests
{
    private static readonly Dictionary<string, string> NoSettings = [];

    [Fact]
    public async Task Run_MissingInput_SaysWhichPath()
    {
        using TemporaryFolder folder = new();
        Finished run = (await Belgicom.RunAsync(
            NoSettings, "run", "--input", folder.Under("nothing.cdr"), "--data", folder.Under("data"))).WithExitCode(1);
        Assert.Contains("nothing.cdr", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Run_UnknownSetting_NamesTheSettingItProbablyMeant()
    {
        using TemporaryFolder folder = new();
        Finished run = (await Belgicom.RunAsync(
            new Dictionary<string, string> { ["Kafka__Lanez"] = "4" }, "run", "--data", folder.Under("data"), "--json")).WithExitCode(1);
        Assert.Contains("did you mean Kafka:Lanes", run.Error, StringComparison.Ordinal);
        Assert.NotEmpty(run.Json.GetProperty("errors").EnumerateArray());
    }

    [Fact]
    public async Task Run_UnknownOption_EndsWithUsage() =>
        (await Belgicom.RunAsync(NoSettings, "run", "--inputs", "x")).WithExitCode(1);

    [Fact]
    public async Task Run_BrokenCatalogue_NamesTheFile()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.Under("catalogue"));
        await File.WriteAllTextAsync(folder.Under("catalogue", "broken.yaml"), "offering: [", TestContext.Current.CancellationToken);
        Finished run = (await Belgicom.RunAsync(
            NoSettings, "run", "--catalogue", folder.Under("catalogue"), "--data", folder.Under("data"))).WithExitCode(1);
        Assert.Contains("broken.yaml", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_FolderInUse_SaysSo()
    {
        using TemporaryFolder folder = new();
        await using ChildProcess first = Belgicom.Start(NoSettings, "run", "--input", "-", "--data", folder.Under("data"));
        await first.LineAsync(line => line.Contains("data folder", StringComparison.Ordinal), "the name of its data folder");
        Finished second = (await Belgicom.RunAsync(NoSettings, "run", "--data", folder.Under("data"))).WithExitCode(1);
        Assert.Contains("another belgicom process", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NotACdrFile_IsQuarantinedAndNamed()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(
            folder.Under("letter.cdr"), "Dear network, please find enclosed nothing at all.", TestContext.Current.CancellationToken);
        JsonElement run = (await Belgicom.RunAsync(
            NoSettings, "run", "--input", folder.Under("letter.cdr"), "--data", folder.Under("data"),
            "--json")).WithExitCode(3).Json.AssertConserved();
        Assert.Equal((1L, 0L, 0L), (run.Records("quarantined"), run.Records("received"), run.BilledLines()));
    }

    [Fact]
    public async Task Run_TruncatedFile_YieldsEverythingBeforeTheCutAndOneError()
    {
        using TemporaryFolder folder = new();
        await GenerateAsync(folder, 1000);
        JsonElement whole = (await RunAsync(folder, "whole")).WithExitCode(0).Json.AssertConserved();
        // Half of a file in blocks is a whole file of half the blocks; only a file with a header can be told to lack its end.
        string file = Directory.GetFiles(folder.Under("usage"), "*.cdr").MaxBy(path => new FileInfo(path).Length)!;
        byte[] bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, bytes[..(bytes.Length / 2)], TestContext.Current.CancellationToken);

        JsonElement cut = (await RunAsync(folder, "cut")).WithExitCode(3).Json.AssertConserved();

        Assert.Equal((0L, 1L), (whole.Records("quarantined"), cut.Records("quarantined")));
        Assert.InRange(cut.Records("received"), 1, whole.Records("received") - 1);
    }

    [Fact]
    public async Task Run_UnknownSubscribers_AreSuspendedNotLost()
    {
        using TemporaryFolder folder = new();
        await GenerateAsync(folder, 100);
        await File.WriteAllTextAsync(
            folder.Under("nobody.csv"), "msisdn,imsi,account,offering,validFrom,validTo\n", TestContext.Current.CancellationToken);
        JsonElement run = (await Belgicom.RunAsync(
            NoSettings, "run", "--input", folder.Under("usage"), "--subscriptions", folder.Under("nobody.csv"), "--data",
            folder.Under("data"), "--json")).WithExitCode(3).Json.AssertConserved();
        Assert.Equal(
            (run.ControlTotal("events"), run.Records("received"), 0L),
            (run.Records("received"), run.Records("suspended"), run.BilledLines()));
        Assert.True(run.Records("suspended") >= 100, "nothing was suspended");
        Assert.Equal(run.Records("suspended"), run.GetProperty("waiting").GetProperty("suspended").GetInt64());
    }

    private static async Task GenerateAsync(TemporaryFolder folder, int records) =>
        (await Belgicom.RunAsync(
            NoSettings, "generate", "--records", $"{records}", "--seed", "7", "--out", folder.Under("usage"))).WithExitCode(0);

    private static Task<Finished> RunAsync(TemporaryFolder folder, string data) => Belgicom.RunAsync(
        NoSettings, "run", "--input", folder.Under("usage"), "--subscriptions", folder.Under("usage", "subscriptions.csv"), "--data",
        folder.Under(data), "--json");
}
