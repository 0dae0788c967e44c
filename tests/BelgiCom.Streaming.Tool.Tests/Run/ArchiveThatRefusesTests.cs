using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Storage;
using BelgiCom.Streaming.Testing;
using Microsoft.Data.Sqlite;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>
/// What must be kept by law is not kept when the archive cannot work, so a verb that needs it ends with the reason and an exit code, and
/// neither hangs nor says that all is well.
/// </summary>
public sealed class ArchiveThatRefusesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.Under("data");

    private string Archive => DataFolder.ArchiveOf(Data);

    private string Index => Path.Combine(Archive, "index.db");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("run")]
    [InlineData("up")]
    public async Task Verb_OverAnArchiveThatAnotherProcessHas_EndsWithTheReason(string verb)
    {
        using FolderLock other = FolderLock.Take(Archive, "Archive", "Retention:ArchiveDirectory");

        await AssertRefusedAsync(verb, $"Archive: another process works in the folder {Archive}");
    }

    [Theory]
    [InlineData("run")]
    [InlineData("up")]
    public async Task Verb_OverAnArchiveWhoseIndexIsDamaged_EndsWithTheReason(string verb)
    {
        Directory.CreateDirectory(Archive);
        await File.WriteAllTextAsync(Index, "this is no database", TestContext.Current.CancellationToken);

        await AssertRefusedAsync(verb, $"Archive index {Index} is damaged");
    }

    /// <summary>The archive opens, and its worker fails later, when it goes on reading where the archive ends.</summary>
    [Theory]
    [InlineData("run")]
    [InlineData("up")]
    public async Task Verb_OverAnArchiveThatIsAheadOfItsTopics_EndsWithTheReason(string verb)
    {
        (await RunAsync("run", "first")).WithExitCode(WorkerHost.ExitDone);
        using (SqliteConnection index = new($"Data Source={Index};Pooling=False"))
        {
            index.Open();
            using SqliteCommand ahead = index.CreateCommand();
            ahead.CommandText = "UPDATE position SET next_offset = next_offset + 1000, seal = NULL";
            Assert.NotEqual(0, ahead.ExecuteNonQuery());
        }

        await AssertRefusedAsync(verb, "a worker failed: Group 'cdr-retention': a committed offset is outside the log");
    }

    private async Task AssertRefusedAsync(string verb, string reason)
    {
        Finished end = (await RunAsync(verb, "second")).WithExitCode(WorkerHost.ExitFailed);

        Assert.Contains($"\nbelgicom: {reason}", end.Error, StringComparison.Ordinal);
        if (verb == "run")
        {
            Assert.StartsWith(reason, end.Json.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);
        }
    }

    private Task<Finished> RunAsync(string verb, string recordId)
    {
        string usage = _folder.Under($"{recordId}.csv");
        File.WriteAllText(
            usage,
            "record_id,sms_time,msisdn,imsi,direction,other_party,serving_plmn,node\n"
            + $"{recordId},2026-03-15T15:34:44+01:00,999100000024,001011000000024,MO,999100000004,00101,TESTSMSC01\n");
        return verb == "run"
            ? BuiltTool.RunAsync(verb, "--data", Data, "--input", usage, "--json")
            : BuiltTool.RunAsync(verb, "--data", Data, "--http", "127.0.0.1:0");
    }
}
