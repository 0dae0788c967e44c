using System.CommandLine;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>The verbs that only read a catalogue, and their exit codes.</summary>
public sealed class CatalogueCommandTests : IDisposable
{
    private static readonly string Offerings = Path.Combine(AppContext.BaseDirectory, "Samples", "offerings");

    private readonly DirectoryInfo _broken = Directory.CreateTempSubdirectory("catalogue-verbs-");

    public void Dispose() => _broken.Delete(recursive: true);

    [Theory]
    [InlineData("check", "--catalogue", "OFFERINGS")]
    [InlineData("check", "--catalogue", "OFFERINGS", "--json")]
    [InlineData("explain", "be-plan-60", "--catalogue", "OFFERINGS", "--at", "2026-05-01")]
    [InlineData("explain", "roaming-pass", "--catalogue", "OFFERINGS", "--at", "2026-05-01", "--json")]
    [InlineData("diff", "OFFERINGS", "OFFERINGS")]
    [InlineData("diff", "OFFERINGS", "OFFERINGS", "--json")]
    public async Task Verb_OverTheExamples_EndsWithZero(params string[] args) =>
        Assert.Equal(WorkerHost.ExitDone, await RunAsync(args));

    [Theory]
    [InlineData("explain", "be-plan-60", "--catalogue", "OFFERINGS", "--at", "2025-05-01")]
    [InlineData("explain", "be-plan-61", "--catalogue", "OFFERINGS")]
    [InlineData("explain", "be-plan-60", "--catalogue", "BROKEN")]
    [InlineData("check", "--catalogue", "BROKEN")]
    [InlineData("diff", "OFFERINGS", "BROKEN")]
    public async Task Verb_OverWhatIsNotThere_EndsWithOne(params string[] args)
    {
        await File.WriteAllTextAsync(
            Path.Combine(_broken.FullName, "o.yaml"), "offering: o\nversions: []\n", TestContext.Current.CancellationToken);

        Assert.Equal(WorkerHost.ExitConfiguration, await RunAsync(args));
    }

    [Fact]
    public async Task Cases_ThatNameAnOffering_AreRatedWithTheFolder()
    {
        string file = Path.Combine(_broken.FullName, "cases.json");
        await File.WriteAllTextAsync(
            file,
            """
            {
              "format": "golden/1",
              "cases": [{
                "id": "A-1", "title": "a call to the EU", "kind": "rate", "offering": "be-plan-60",
                "events": [
                  {"id": "e1", "kind": "voice", "start": "2026-02-03T10:00:00+01:00", "used": "60 s", "calledNumber": "33612345678"}
                ],
                "expected": {"events": [{"id": "e1", "outcome": "RATED", "amount": "0.23"}], "total": "0.23"}
              }]
            }
            """,
            TestContext.Current.CancellationToken);

        Assert.Equal(WorkerHost.ExitDone, await RunAsync("test", file, "--catalogue", "OFFERINGS"));

        // Without the folder it is a case that cannot be run, which is one that fails.
        Assert.Equal(WorkerHost.ExitFailed, await RunAsync("test", file));
    }

    private Task<int> RunAsync(params string[] args)
    {
        RootCommand root = new() { CatalogueCommand.Create() };
        return CommandLine.RunAsync(
            root,
            [
                "catalogue",
                .. args.Select(arg => arg switch
                {
                    "OFFERINGS" => Offerings,
                    "BROKEN" => _broken.FullName,
                    _ => arg,
                }),
            ]);
    }
}
