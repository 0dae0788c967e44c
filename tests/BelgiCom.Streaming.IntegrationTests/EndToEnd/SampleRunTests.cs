using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>The main job on the samples that ship, as a user starts it.</summary>
public sealed class SampleRunTests
{
    private static readonly Dictionary<string, string> NoSettings = [];

    [Fact]
    public async Task Run_ShippedSamples_BillsThemOnceAndConservesThem()
    {
        using TemporaryFolder folder = new();

        JsonElement first = (await Belgicom.RunAsync(NoSettings, "run", "--data", folder.Under("data"), "--json")).WithExitCode(
            0).Json.AssertConserved();
        JsonElement second = (await Belgicom.RunAsync(NoSettings, "run", "--data", folder.Under("data"), "--json")).WithExitCode(
            0).Json.AssertConserved();

        Assert.True(first.BilledLines() > 0, "no line was billed");
        Assert.Equal(first.ControlTotal("events"), first.Records("received"));
        Assert.Equal(first.Records("rated"), first.BilledLines());
        Assert.Equal((0L, "0.000000000"), (second.BilledLines(), second.BilledAmount()));
        Assert.Equal(first.BilledLines(), second.GetProperty("total").GetProperty("billed").GetProperty("lines").GetInt64());
        Assert.Equal(first.BilledAmount(), second.GetProperty("total").GetProperty("billed").GetProperty("amount").GetString());
    }

    [Fact]
    public async Task Run_Json_HasTheFieldsOfTheContract()
    {
        using TemporaryFolder folder = new();

        JsonElement run = (await Belgicom.RunAsync(NoSettings, "run", "--data", folder.Under("data"), "--json")).WithExitCode(
            0).Json;

        Assert.True(run.GetProperty("files").GetInt32() > 0);
        foreach (string name in new[] { "cdrs", "events", "uplinkBytes", "downlinkBytes", "seconds" })
        {
            Assert.Equal(JsonValueKind.Number, run.GetProperty("controlTotals").GetProperty(name).ValueKind);
        }

        foreach (string name in new[]
            { "received", "rated", "zeroRated", "duplicate", "late", "suspended", "rejected", "conflict", "quarantined" })
        {
            Assert.Equal(JsonValueKind.Number, run.GetProperty("records").GetProperty(name).ValueKind);
        }

        Assert.Matches(@"^-?\d+\.\d{9}$", run.BilledAmount());
        Assert.Equal("EUR", run.GetProperty("billed").GetProperty("currency").GetString());
        Assert.Equal(JsonValueKind.String, run.GetProperty("ledger").ValueKind);
        Assert.Equal(JsonValueKind.Number, run.GetProperty("elapsedSeconds").ValueKind);
    }

    [Fact]
    public async Task Run_Table_EndsWithTheConservationEquation()
    {
        using TemporaryFolder folder = new();

        Finished run = (await Belgicom.RunAsync(NoSettings, "run", "--data", folder.Under("data"))).WithExitCode(0);

        Assert.Matches(
            @"^received [\d,]+ = rated [\d,]+ \+ zeroRated [\d,]+ \+ duplicate [\d,]+ \+ late [\d,]+ "
            + @"\+ suspended [\d,]+ \+ rejected [\d,]+ \+ conflict [\d,]+ \+ discarded [\d,]+$",
            run.Text.TrimEnd().Split('\n')[^1]);
        Assert.Contains("first billed line after", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ledger_EachLine_NamesTopicPartitionOffsetFileAndRecord()
    {
        using TemporaryFolder folder = new();
        JsonElement run = (await Belgicom.RunAsync(NoSettings, "run", "--data", folder.Under("data"), "--json")).WithExitCode(
            0).Json;

        (string ledger, long lines) = (run.GetProperty("ledger").GetString()!, run.BilledLines());
        Assert.Equal(
            (lines, lines, lines, lines),
            (LedgerFile.Lines(ledger), LedgerFile.UsageIds(ledger), LedgerFile.Positions(ledger), LedgerFile.TraceableLines(ledger)));
        Assert.Equal(
            run.BilledAmount(),
            (LedgerFile.AmountNanos(ledger) / 1_000_000_000m).ToString("0.000000000", System.Globalization.CultureInfo.InvariantCulture));
    }
}
