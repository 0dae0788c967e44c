using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Testing;
using Microsoft.Data.Sqlite;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>What <c>explain</c> and <c>suspense show</c> say; that the sums agree is shown with the simulation's load.</summary>
public sealed class ExplainTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("explain-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Explanation_OfAPricedEvent_IsTheArithmeticOfItsPrice()
    {
        // 61 seconds in whole minutes are 120, of which 20 are in the bundle; 100 × 0.15 / 60 = 0.25, and the fee is 0.05.
        RatedExplanation explained = new(Call(amountNanos: 300_000_000), (_, _) => Version(price: 0.15m));
        Assert.True(explained.Agrees);
        Assert.Equal([0, 250_000_000, 50_000_000], explained.Parts.Select(part => part.AmountNanos));
        string[] lines = [.. explained.Lines()];
        Assert.Contains(lines, line => line.Contains("100 seconds × 0.15 per 60 seconds", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("20 seconds left before, 0 seconds after, of 600 seconds", StringComparison.Ordinal));
        Assert.Equal("sum       0.300000000 EUR = stored", lines[^1]);
    }

    [Fact]
    public void Explanation_OfAThird_SaysThatItIsRounded()
    {
        // 100 × 0.10 / 60 = 0.1666666666…, with the fee 0.216666667.
        RatedExplanation explained = new(Call(amountNanos: 216_666_667), (_, _) => Version(price: 0.10m));
        Assert.True(explained.Agrees);
        Assert.Contains(explained.Lines(), line => line.Contains("rounded half away from zero", StringComparison.Ordinal));
    }

    [Fact]
    public void Explanation_WhereTheStoredAmountDiffersByANano_SaysSoAloud()
    {
        RatedExplanation explained = new(Call(amountNanos: 300_000_001), (_, _) => Version(price: 0.15m));
        Assert.False(explained.Agrees);
        Assert.Contains("DIFFERS FROM WHAT IS STORED: 0.300000001 EUR", explained.Lines().Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void Explanation_WhereTheStoredUnitsDiffer_SaysSoAloud()
    {
        RatedExplanation explained = new(Call(amountNanos: 300_000_000) with { DurationSeconds = 121 }, (_, _) => Version(price: 0.15m));
        Assert.False(explained.Agrees);
        Assert.Contains(explained.Lines(), line => line.Contains("THE PRICE GIVES 180 seconds", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Explain_OfABilledLine_EndsWithItsSum()
    {
        string data = Path.Combine(_folder.FullName, "data");
        Assert.Equal(WorkerHost.ExitDone, (await BuiltTool.RunAsync("run", "--data", data)).ExitCode);
        (string id, string amount) = FirstLine(data);
        Finished explained = await BuiltTool.RunAsync("explain", id, "--data", data);
        Assert.Equal(WorkerHost.ExitDone, explained.ExitCode);
        Assert.EndsWith($"sum       {amount} EUR = stored", explained.Text.TrimEnd(), StringComparison.Ordinal);
        Finished waits = await BuiltTool.RunAsync("suspense", "show", id, "--data", data);
        Assert.Equal(WorkerHost.ExitConfiguration, waits.ExitCode);

        // A data folder with the ledger alone stands for topics that no longer keep the usage.
        string later = Path.Combine(_folder.FullName, "later");
        Directory.CreateDirectory(later);
        File.Copy(Path.Combine(data, "ledger.db"), Path.Combine(later, "ledger.db"));
        Finished billed = await BuiltTool.RunAsync("explain", id, "--data", later);
        Assert.Equal(WorkerHost.ExitDone, billed.ExitCode);
        Assert.Contains($"sum       {amount} EUR without VAT", billed.Text, StringComparison.Ordinal);
        Assert.Contains("The topics no longer keep this usage", billed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_OfSuspendedUsage_SaysWhatItNeedsAndWhatRecyclingWouldDo()
    {
        string data = Path.Combine(_folder.FullName, "data");
        string nobody = Path.Combine(_folder.FullName, "nobody.csv");
        await File.WriteAllTextAsync(
            nobody, "msisdn,imsi,account,offering,validFrom,validTo\n32470000001,,BE1,mobile-go,,\n",
            TestContext.Current.CancellationToken);
        Finished run = await BuiltTool.RunAsync("run", "--subscriptions", nobody, "--data", data);
        Assert.Equal(WorkerHost.ExitMoneyWaits, run.ExitCode);
        Assert.Contains("waits for UNKNOWN_SUBSCRIBER 582: belgicom suspense list", run.Text, StringComparison.Ordinal);
        string id = SimulateCommand.Simulate(
            new SimulationInputs([SampleFiles.Usage], null, null, null, nobody, data, Cores: 1), watch: null,
            TestContext.Current.CancellationToken).Unpriced.Single().Example;
        Finished shown = await BuiltTool.RunAsync("suspense", "show", id, "--data", data);
        Assert.Equal(WorkerHost.ExitMoneyWaits, shown.ExitCode);
        Assert.Contains("SUSPENDED for UNKNOWN_SUBSCRIBER", shown.Text, StringComparison.Ordinal);
        Assert.Contains("Publish a subscription for the reference", shown.Text, StringComparison.Ordinal);
        Assert.Contains("it would be suspended again (UNKNOWN_SUBSCRIBER)", shown.Text, StringComparison.Ordinal);
    }

    /// <summary>Two calls of one subscriber under one id: the second, of 90 seconds, waits, and the first, of 60, was charged.</summary>
    [Fact]
    public async Task Show_OfAConflict_HasBothContents()
    {
        string cases = Path.Combine(AppContext.BaseDirectory, "Cases");
        string data = Path.Combine(_folder.FullName, "data");
        foreach (string file in new[] { "1-first.csv", "2-second.csv" })
        {
            await RunAsync(
                "run", "--input", Path.Combine(cases, "conflict-that-is-other-usage", file), "--source", "sw", "--catalogue",
                Path.Combine(cases, "catalogue"), "--subscriptions", Path.Combine(cases, "subscriptions.csv"), "--data", data);
        }

        Finished list = await RunAsync("suspense", "list", "--data", data, "--json");
        string id = list.Json.GetProperty("contents")[0].GetProperty("usageId").GetString()!;
        Finished shown = await RunAsync("suspense", "show", id, "--data", data);
        Assert.Equal(WorkerHost.ExitMoneyWaits, shown.ExitCode);
        Assert.Contains("first  1-first.csv, record 0", shown.Text, StringComparison.Ordinal);
        Assert.Contains("durationSeconds 90, not 60", shown.Text, StringComparison.Ordinal);
        Assert.Contains("it would be charged 0.900000000 EUR", shown.Text, StringComparison.Ordinal);
    }

    private static Task<Finished> RunAsync(params string[] arguments) => ChildProcess.RunAsync(
        OurProgram.Start(
            "belgicom",
            new Dictionary<string, string>
            {
                ["Adapters__Sources__0__Name"] = "sw",
                ["Adapters__Sources__0__Csv__Kind"] = "Voice",
                ["Adapters__Sources__0__Csv__Columns__RecordId"] = "id",
                ["Adapters__Sources__0__Csv__Columns__StartTime"] = "start",
                ["Adapters__Sources__0__Csv__Columns__DurationSeconds"] = "seconds",
                ["Adapters__Sources__0__Csv__Columns__Msisdn"] = "caller",
                ["Adapters__Sources__0__Csv__Columns__OtherParty"] = "called",
            },
            arguments),
        patience: TimeSpan.FromMinutes(2));

    private static (string Id, string Amount) FirstLine(string data)
    {
        using SqliteConnection ledger = new($"Data Source={Path.Combine(data, "ledger.db")};Mode=ReadOnly;Pooling=False");
        ledger.Open();
        using SqliteCommand command = ledger.CreateCommand();
        command.CommandText =
            "SELECT lower(hex(l.usage_id)), u.amount FROM billed_line l JOIN billed_usage u ON u.usage_id = l.usage_id LIMIT 1";
        using SqliteDataReader rows = command.ExecuteReader();
        Assert.True(rows.Read());
        return (rows.GetString(0), rows.GetString(1));
    }

    private static RatedUsage Call(long amountNanos) => new()
    {
        UsageId = UsageId.FromHalves(1, 2),
        Partition = 0,
        Offset = 7,
        Account = "BE1",
        Offering = "calls",
        Version = 1,
        IsZeroRated = false,
        ZeroRatedReason = ZeroRatedReason.None,
        Kind = UsageKind.Voice,
        Start = new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.FromHours(1)),
        DurationSeconds = 61,
        TotalOctets = -1,
        Messages = -1,
        ServingPlmn = "20601",
        Zone = "home",
        PriceIndex = 0,
        ChargedUnits = 120,
        BundleUnits = 20,
        AmountNanos = amountNanos,
        Currency = "EUR",
        Basis = PriceBasis.Net,
        VatPermille = 210,
        RoundingPolicy = 1,
        PeriodStart = new DateOnly(2026, 3, 1),
        BundleOctetsUsed = 0,
        BundleSecondsUsed = 600,
        BundleMessagesUsed = 0,
        PeriodSpendNanos = amountNanos,
        RoamingDataSpendNanos = 0,
        LatePolicy = "",
        Meters = [],
        Source = "calls",
        File = "calls.csv",
        RecordIndex = 3,
        ContainerIndex = 0,
        ReceivedPartition = 0,
        ReceivedOffset = 9,
        Parts = [],
    };

    private static OfferingVersion Version(decimal price) => new()
    {
        Offering = "calls",
        Version = 1,
        Currency = "EUR",
        Bundles = [new Bundle { Kind = UsageKind.Voice, Units = 600 }],
        Prices =
        [
            new OfferingPrice
            {
                Kind = UsageKind.Voice,
                Unit = PriceUnit.Second,
                UnitSize = 60,
                UnitPrice = price,
                Increment = 60,
                ConnectFee = 0.05m,
                Bundle = true,
            },
        ],
    };
}
