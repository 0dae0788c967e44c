using System.CommandLine;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Tool.Tests;

public sealed class CatalogueTestTests : IDisposable
{
    private readonly DirectoryInfo _cases = Directory.CreateTempSubdirectory("catalogue-test-");

    public void Dispose() => _cases.Delete(recursive: true);

    [Fact]
    public async Task Test_OfCasesThatHold_EndsWithZero() =>
        Assert.Equal(WorkerHost.ExitDone, await TestAsync(CaseOf("0.300000000")));

    [Fact]
    public async Task Test_OfACaseThatDiffersByANano_EndsWithTwo() =>
        Assert.Equal(WorkerHost.ExitFailed, await TestAsync(CaseOf("0.300000001")));

    /// <summary>Whatever a file or a case is instead, it is one line with its reason, and the case beside it is run.</summary>
    [Theory]
    [InlineData("{", "no file of cases")]
    [InlineData("""{"format": "golden/2", "cases": []}""", "must be golden/1")]
    [InlineData("""{"format": "golden/1"}""", "no file of cases")]
    [InlineData("""{"format": "golden/1", "cases": 7}""", "no file of cases")]
    [InlineData("""{"format": "golden/1", "cases": [7]}""", "case 1 of the file lacks")]
    [InlineData("""{"format": "golden/1", "cases": [{"id": 7, "title": "a", "kind": "rate"}]}""", "case 1 of the file lacks")]
    [InlineData("""{"format": "golden/1", "cases": [{"id": "A", "title": "a", "kind": "rote"}]}""", "no kind 'rote'")]
    [InlineData("""{"format": "golden/1", "cases": [{"id": "A", "title": "a", "kind": "rate", "tariff": {}}]}""", "is missing")]
    [InlineData(
        """{"format": "golden/1", "cases": [{"id": "A", "title": "a", "kind": "rate", "tariff": {"prices": [{"price": "x"}]}}]}""", "A ")]
    public async Task Test_OfWhatIsNoCase_SaysWhyAndRunsTheOthers(string content, string reason)
    {
        await File.WriteAllTextAsync(Path.Combine(_cases.FullName, "a.json"), content, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(_cases.FullName, "b.json"), CaseOf("0.300000000"), TestContext.Current.CancellationToken);

        Finished run = await BuiltTool.RunAsync("catalogue", "test", _cases.FullName);

        Assert.Equal(WorkerHost.ExitFailed, run.ExitCode);
        string[] lines = run.Text.TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("FAILED", lines[0], StringComparison.Ordinal);
        Assert.Contains(reason, lines[0], StringComparison.Ordinal);
        Assert.StartsWith("passed   A-1", lines[1], StringComparison.Ordinal);
        Assert.Equal("1 passed, 1 failed", lines[2]);
    }

    [Fact]
    public async Task Test_OfAFileThatIsNotThere_FailsItAlone()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_cases.FullName, "b.json"), CaseOf("0.300000000"), TestContext.Current.CancellationToken);

        Finished run = await BuiltTool.RunAsync(
            "catalogue", "test", Path.Combine(_cases.FullName, "none.json"), Path.Combine(_cases.FullName, "b.json"));

        Assert.Equal(WorkerHost.ExitFailed, run.ExitCode);
        Assert.Contains("1 passed, 1 failed", run.Text, StringComparison.Ordinal);
    }

    /// <summary>Three minutes at 0.10 are 0.30.</summary>
    private static string CaseOf(string total) => $$"""
        {
          "format": "golden/1",
          "cases": [{
            "id": "A-1", "title": "three minutes", "kind": "rate",
            "tariff": {"currency": "EUR", "prices": [{"kind": "voice", "price": "0.10", "per": "60 s", "increment": "1 s"}]},
            "events": [{"id": "e1", "kind": "voice", "start": "2026-02-03T10:00:00+01:00", "used": "180 s"}],
            "expected": {"events": [{"id": "e1", "outcome": "RATED", "amount": "{{total}}"}], "total": "{{total}}"}
          }]
        }
        """;

    private async Task<int> TestAsync(string content)
    {
        string file = Path.Combine(_cases.FullName, "cases.json");
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        RootCommand root = new() { CatalogueCommand.Create() };
        return await CommandLine.RunAsync(root, ["catalogue", "test", file]);
    }
}
