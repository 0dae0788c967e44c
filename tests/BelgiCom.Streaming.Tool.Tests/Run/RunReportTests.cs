using System.Text.Json;
using BelgiCom.Streaming.Adapters;

namespace BelgiCom.Streaming.Tool.Tests;

public sealed class RunReportTests
{
    [Fact]
    public void Json_HasNamesAndFormsOfTheContract()
    {
        using JsonDocument json = JsonDocument.Parse(JsonOutput.Text(Report(rated: 2).ToJson()));
        JsonElement root = json.RootElement;
        Assert.Equal(1, root.GetProperty("files").GetInt32());
        Assert.Equal(300, root.GetProperty("controlTotals").GetProperty("downlinkBytes").GetInt64());
        Assert.Equal(2, root.GetProperty("records").GetProperty("rated").GetInt64());
        Assert.Equal("-0.000000001", root.GetProperty("billed").GetProperty("amount").GetString());
        Assert.Equal("1234567.890000001", root.GetProperty("total").GetProperty("billed").GetProperty("amount").GetString());
        Assert.Equal(1.235m, root.GetProperty("elapsedSeconds").GetDecimal());
    }

    [Fact]
    public void Lines_EndWithTheEquation() =>
        Assert.Equal(Report(rated: 2).Records.Equation(), RunReportTable.Lines(Report(rated: 2)).Last());

    [Theory]
    [InlineData(2, true, true)]
    [InlineData(1, true, false)]
    [InlineData(2, false, false)]
    public void Report_LossOrDifference_IsNotBalanced(long rated, bool reconciled, bool balanced) =>
        Assert.Equal(balanced, (Report(rated) with { IsReconciled = reconciled }).IsBalanced);

    private static RunReport Report(long rated) => new()
    {
        Files = [new RunFile("a.cdr", "ericsson", "done", new ControlTotals(1, 2, 100, 300, 60), 0)],
        Records = new UsageTally { Received = 2, Rated = rated },
        TotalRecords = new UsageTally { Received = 2, Rated = rated },
        Billed = new Billed(2, -1, "EUR"),
        TotalBilled = new Billed(2, 1_234_567_890_000_001, "EUR"),
        IsReconciled = true,
        Ledger = "ledger.db",
        Archive = "archive",
        Log = "log",
        FirstBilledSeconds = 0.5,
        ElapsedSeconds = 1.2346,
    };
}
