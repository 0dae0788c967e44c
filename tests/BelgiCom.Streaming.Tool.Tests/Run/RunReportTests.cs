using System.Text.Json;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.BillingSync.Worker;
using BelgiCom.Streaming.Contracts;

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
        Assert.Equal(balanced, (Report(rated) with { Evidence = new LedgerEvidence([], reconciled ? 0 : 1) }).IsBalanced);

    [Theory]
    [InlineData(0, 0, 0, false, 0)]
    [InlineData(1, 0, 0, false, 3)]
    [InlineData(0, 1, 0, false, 3)]
    [InlineData(0, 0, 1, false, 3)]
    [InlineData(0, 0, 0, true, 3)]
    public void ExitCode_UsageThatWaits_IsThree(long suspended, long rejected, long quarantined, bool isIncomplete, int exitCode)
    {
        UsageTally total = new()
        {
            Received = 2 + suspended + rejected,
            Rated = 2,
            Suspended = suspended,
            Rejected = rejected,
            Quarantined = quarantined,
        };
        WaitingFile[] files =
            quarantined > 0 || isIncomplete ? [new("a.cdr", "ericsson", "incomplete", quarantined, isIncomplete, "It ends early.")] : [];

        Assert.Equal(exitCode, (Report(rated: 2) with { TotalRecords = total, WaitingFiles = files }).ExitCode);
    }

    /// <summary>The topic keeps the entries of records that were read after their map was mended; they wait for nothing.</summary>
    [Fact]
    public void ExitCode_QuarantinedRecordsThatWereReadLater_IsZero()
    {
        RunReport report = Report(rated: 2) with { TotalRecords = new UsageTally { Received = 2, Rated = 2, Quarantined = 1 } };

        Assert.Equal((0, 0), (report.ExitCode, report.Waiting["quarantined"]));
    }

    [Fact]
    public void ExitCode_FileThatChangedWhileItWasRead_IsThree()
    {
        RunReport report = Report(rated: 2);
        report = report with { Files = [report.Files[0] with { State = RunFile.ChangedWhileRead }] };

        Assert.Equal((3, 1), (report.ExitCode, report.Waiting["incompleteFiles"]));
    }

    [Fact]
    public void Lines_FileThatWaits_IsNamedWithItsReason()
    {
        RunReport report = Report(rated: 2) with { WaitingFiles = [new("a.cdr", "ericsson", "incomplete", 1, true, "It ends early.")] };

        Assert.Contains(
            "waits    a.cdr (ericsson, incomplete): 1 in quarantine, its rest is not read: It ends early.", RunReportTable.Lines(report));
        Assert.Contains("MONEY WAITS (exit code 3): quarantined 1, incompleteFiles 1", RunReportTable.Lines(report));
    }

    /// <summary>Retention takes received usage and its outcomes at different moments; that is no loss.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Report_TotalsAfterRetention_AreNoLoss(bool isTotalWhole, bool balanced)
    {
        RunReport report = Report(rated: 2) with
        {
            TotalRecords = new UsageTally { Received = 1, Rated = 2 },
            IsTotalWhole = isTotalWhole,
        };

        Assert.Equal(balanced, report.IsBalanced);
    }

    [Fact]
    public void Billed_TwoCurrencies_AreNeverAdded()
    {
        Billed billed = new([new BilledIn("CHF", 1, 1_000_000_000), new BilledIn("EUR", 2, 2_000_000_000)]);

        Assert.Equal((3, null, null), (billed.Lines, billed.Amount, billed.Currency));
        Assert.Equal(
            """{"lines":3,"amount":null,"currency":null,"byCurrency":["""
            + """{"currency":"CHF","lines":1,"amount":"1.000000000"},{"currency":"EUR","lines":2,"amount":"2.000000000"}],"""
            + "\"byBasis\":[" + """{"currency":"CHF","priceBasis":"NET","lines":1,"amount":"1.000000000"},"""
            + """{"currency":"EUR","priceBasis":"NET","lines":2,"amount":"2.000000000"}]}""",
            JsonSerializer.Serialize(JsonDocument.Parse(JsonOutput.Text(billed.ToJson())).RootElement));
    }

    /// <summary>A script that knows the old fields sees null, and never a part of the sum, or an amount with VAT, as the whole.</summary>
    [Fact]
    public void Billed_BothBases_AreNeverAddedAndNoPartStandsForTheWhole()
    {
        Billed billed = new(
            [new BilledIn("EUR", 1, 1_000_000_000), new BilledIn("EUR", 2, 2_420_000_000) { PriceBasis = PriceBasis.Gross }]);

        Assert.Equal((3, null, "EUR"), (billed.Lines, billed.Amount, billed.Currency));
        Assert.Equal(
            """{"lines":3,"amount":null,"currency":"EUR","byCurrency":[{"currency":"EUR","lines":3,"amount":null}],"byBasis":["""
            + """{"currency":"EUR","priceBasis":"NET","lines":1,"amount":"1.000000000"},"""
            + """{"currency":"EUR","priceBasis":"GROSS","lines":2,"amount":"2.420000000"}]}""",
            JsonSerializer.Serialize(JsonDocument.Parse(JsonOutput.Text(billed.ToJson())).RootElement));
        Assert.Equal("3 lines, 1.000000000 EUR without VAT + 2.420000000 EUR with VAT", billed.ToString(namesBasis: true));
        Assert.Null(new Billed([billed.Sums[1]]).Amount);
    }

    private static RunReport Report(long rated) => new()
    {
        Files = [new RunFile("a.cdr", "ericsson", "done", new ControlTotals(1, 2, 100, 300, 60), 0)],
        WaitingFiles = [],
        Missing = new MissingReport([], [], [], []),
        Records = new UsageTally { Received = 2, Rated = rated },
        TotalRecords = new UsageTally { Received = 2, Rated = rated },
        Billed = new Billed([new BilledIn("EUR", 2, -1)]),
        TotalBilled = new Billed([new BilledIn("EUR", 2, 1_234_567_890_000_001)]),
        Evidence = new LedgerEvidence([], 0),
        Ledger = "ledger.db",
        Archive = "archive",
        Log = "log",
        FirstBilledSeconds = 0.5,
        ElapsedSeconds = 1.2346,
    };
}
