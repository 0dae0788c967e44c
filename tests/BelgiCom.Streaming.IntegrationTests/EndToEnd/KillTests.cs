using System.Text.Json;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>F1 at the size of one laptop: kill -9 in the middle, start again, and every record is in the ledger exactly once.</summary>
public sealed class KillTests
{
    private const int Records = 100_000;
    private const int Kills = 3;
    private static readonly Dictionary<string, string> NoSettings = [];

    [Fact]
    public Task Run_KilledOnEmbeddedBroker_BillsEachRecordExactlyOnce() => KillAndFinishAsync(NoSettings);

    [Fact]
    public Task Run_KilledOnApacheKafka_BillsEachRecordExactlyOnce()
    {
        string? home = Environment.GetEnvironmentVariable("KAFKA_HOME");
        Assert.SkipWhen(string.IsNullOrEmpty(home), "KAFKA_HOME is not set: no Apache Kafka to test on");
        return KillAndFinishAsync(new Dictionary<string, string> { ["KAFKA_HOME"] = home });
    }

    private static async Task KillAndFinishAsync(Dictionary<string, string> settings)
    {
        int seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        Random random = new(seed);
        using TemporaryFolder folder = new();
        JsonElement generated = (await BelgicomProcess.RunAsync(
            NoSettings, "generate", "--records", $"{Records}", "--seed", "11", "--out", folder.Under("usage"),
            "--json")).WithExitCode(0).Json;
        long events = generated.ControlTotal("events");
        string ledger = folder.Under("data", "ledger.db");

        for (int kill = 1; kill <= Kills; kill++)
        {
            // Spread over the run: each kill comes after more lines than the one before.
            long killAt = (long)(events * 0.8 * (kill - 1 + random.NextDouble()) / Kills);
            await using BelgicomProcess run = Start(folder, settings);
            await UntilAsync(() => LedgerFile.Lines(ledger) > killAt, run);
            await run.KillAsync();
            TestContext.Current.TestOutputHelper!.WriteLine($"kill {kill} after {LedgerFile.Lines(ledger)} lines");
        }

        await using BelgicomProcess last = Start(folder, settings);
        last.Input.Close();
        JsonElement report = (await last.EndAsync()).WithExitCode(0).Json.AssertConserved();

        // A file that was cut by a kill may be read again; what was received twice is a duplicate, never a line.
        Assert.Equal(events, report.TotalRecords("received") - report.TotalRecords("duplicate"));
        long rated = report.TotalRecords("rated");
        Assert.True(rated > 0, "nothing was rated");
        Assert.Equal((rated, rated, rated), (LedgerFile.Lines(ledger), LedgerFile.UsageIds(ledger), LedgerFile.Positions(ledger)));
        Assert.Equal(await AmountOfAnUninterruptedRunAsync(folder, settings), LedgerFile.AmountNanos(ledger));
    }

    private static async Task<long> AmountOfAnUninterruptedRunAsync(TemporaryFolder folder, Dictionary<string, string> settings)
    {
        (await BelgicomProcess.RunAsync(settings, Arguments(folder, "calm"))).WithExitCode(0);
        return LedgerFile.AmountNanos(folder.Under("calm", "ledger.db"));
    }

    private static BelgicomProcess Start(TemporaryFolder folder, Dictionary<string, string> settings) =>
        BelgicomProcess.Start(settings, Arguments(folder, "data"));

    private static string[] Arguments(TemporaryFolder folder, string data) =>
        ["run", "--input", folder.Under("usage"), "--data", folder.Under(data), "--json"];

    private static async Task UntilAsync(Func<bool> condition, BelgicomProcess run)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(BelgicomProcess.EndMax);
        while (!condition())
        {
            run.AssertRunning();
            await Task.Delay(TimeSpan.FromMilliseconds(5), timeout.Token);
        }
    }
}
