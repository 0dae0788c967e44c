using System.CommandLine;
using BelgiCom.Streaming.Hosting;

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

    [Theory]
    [InlineData("{")]
    [InlineData("""{"format": "golden/2", "cases": []}""")]
    [InlineData("""{"format": "golden/1", "cases": [{"id": "A", "title": "a", "kind": "rate", "tariff": {}}]}""")]
    [InlineData("""{"format": "golden/1", "cases": [{"id": "A", "title": "a", "kind": "rate", "tariff": {"prices": [{"price": "x"}]}}]}""")]
    public async Task Test_OfAFileThatIsNoCases_EndsWithOne(string content) =>
        Assert.Equal(WorkerHost.ExitConfiguration, await TestAsync(content));

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
