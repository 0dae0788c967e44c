using System.Text.Json;
using BelgiCom.Streaming.Testing;

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
    [Trait(TestBroker.Trait, TestBroker.Real)]
    public Task Run_KilledOnApacheKafka_BillsEachRecordExactlyOnce()
    {
        return KillAndFinishAsync(new Dictionary<string, string> { ["KAFKA_HOME"] = TestBroker.KafkaHome() });
    }

    private static async Task KillAndFinishAsync(Dictionary<string, string> settings)
    {
        Random random = new(Seed.Next());
        using TemporaryFolder folder = new();
        JsonElement generated = (await Belgicom.RunAsync(
            NoSettings, "generate", "--records", $"{Records}", "--seed", "11", "--out", folder.Under("usage"),
            "--json")).WithExitCode(0).Json;
        long events = generated.ControlTotal("events");
        string ledger = folder.Under("data", "ledger.db");

        for (int kill = 1; kill <= Kills; kill++)
        {
            // Spread over the run: each kill comes after more lines than the one before.
            long killAt = (long)(events * 0.8 * (kill - 1 + random.NextDouble()) / Kills);
            await using ChildProcess run = Start(folder, settings);
            await Wait.UntilAsync(
                () => Task.FromResult(LedgerFile.Lines(ledger) > killAt), $"more than {killAt} lines", [run], Belgicom.EndMax);
            await run.KillAsync();
            Notes.Write($"kill {kill} after {LedgerFile.Lines(ledger)} lines");
        }

        await using ChildProcess last = Start(folder, settings);
        last.Input.Close();
        JsonElement report = (await last.EndAsync(Belgicom.EndMax)).WithExitCode(0).Json.AssertConserved();

        // A file that was cut by a kill may be read again; what was received twice is a duplicate, never a line.
        Assert.Equal(events, report.TotalRecords("received") - report.TotalRecords("duplicate"));
        long rated = report.TotalRecords("rated");
        Assert.True(rated > 0, "nothing was rated");
        Assert.Equal((rated, rated, rated), (LedgerFile.Lines(ledger), LedgerFile.UsageIds(ledger), LedgerFile.Positions(ledger)));
        Assert.Equal(await AmountOfAnUninterruptedRunAsync(folder, settings), LedgerFile.AmountNanos(ledger));
    }

    private static async Task<long> AmountOfAnUninterruptedRunAsync(TemporaryFolder folder, Dictionary<string, string> settings)
    {
        (await Belgicom.RunAsync(settings, Arguments(folder, "calm"))).WithExitCode(0);
        return LedgerFile.AmountNanos(folder.Under("calm", "ledger.db"));
    }

    private static ChildProcess Start(TemporaryFolder folder, Dictionary<string, string> settings) =>
        Belgicom.Start(settings, Arguments(folder, "data"));

    private static string[] Arguments(TemporaryFolder folder, string data) =>
        ["run", "--input", folder.Under("usage"), "--data", folder.Under(data), "--json"];
}
