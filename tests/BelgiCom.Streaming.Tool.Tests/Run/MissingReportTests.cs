using System.Text.Json;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>
/// Of one gateway come a file with records 901 to 903 and one with record 909 (<c>Samples/usage</c>): five records are missing.
/// </summary>
public sealed class MissingReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.Under("data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_OfFilesThatSkipRecords_NamesTheExactRange()
    {
        JsonElement run = (await BuiltTool.RunAsync("run", "--data", Data, "--json")).WithExitCode(WorkerHost.ExitDone).Json;
        JsonElement gaps = (await BuiltTool.RunAsync("files", "gaps", "--data", Data, "--json")).WithExitCode(WorkerHost.ExitDone).Json;
        JsonElement files = (await BuiltTool.RunAsync("files", "--data", Data, "--json")).WithExitCode(WorkerHost.ExitDone).Json;
        string again = (await BuiltTool.RunAsync("run", "--data", Data)).WithExitCode(WorkerHost.ExitDone).Text;
        string table = (await BuiltTool.RunAsync("files", "gaps", "--data", Data)).WithExitCode(WorkerHost.ExitDone).Text;

        foreach (JsonElement records in new[]
        {
            run.GetProperty("missing").GetProperty("records"), gaps.GetProperty("records"), files.GetProperty("missingRecords"),
        })
        {
            JsonElement gap = Assert.Single(records.EnumerateArray());
            Assert.Equal(
                ("cdr", "TESTPGW01", 904, 908, 5, "pgw_3records_ts32297.cdr", "pgw_1record_raw.ber"),
                (gap.GetProperty("source").GetString(), gap.GetProperty("node").GetString(), gap.GetProperty("first").GetInt64(),
                    gap.GetProperty("last").GetInt64(), gap.GetProperty("count").GetInt64(), gap.GetProperty("after").GetString(),
                    gap.GetProperty("before").GetString()));
        }

        Assert.Empty(gaps.GetProperty("files").EnumerateArray());
        Assert.Contains("missing: records 904 to 908 of node TESTPGW01, source cdr, between pgw_3records_ts32297.cdr", again);
        Assert.Contains("source cdr: 5 records are missing, in 1 ranges", table);
        Assert.Contains("904", table);
    }
}
