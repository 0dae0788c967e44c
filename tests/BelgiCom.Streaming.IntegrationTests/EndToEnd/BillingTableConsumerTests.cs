using System.Diagnostics;
using System.Text.Json;
using BelgiCom.Streaming.LocalKafka;
using BelgiCom.Streaming.Testing;
using BelgiCom.Streaming.Tool;
using Microsoft.Data.Sqlite;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>The sample that billing teams copy, as a process of its own: its table is the ledger's, however often it starts.</summary>
public sealed class BillingTableConsumerTests
{
    // The sample runs where it was built, because its packages must not come from what the tests need.
    private static readonly string Sample = Path.Combine(
        AppContext.BaseDirectory, "../../../../../samples/BillingTableConsumer/bin", Configuration(), "BillingTableConsumer.dll");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sample_AfterARun_HasTheRowsAndTheSumOfTheLedger()
    {
        using TemporaryFolder folder = new();
        JsonElement run = (await Belgicom.RunAsync(
            new Dictionary<string, string>(), "run", "--data", folder.Under("data"), "--json")).WithExitCode(0).Json;
        await using LocalKafkaBroker broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = folder.Under("data", "broker") }, Cancel);
        using KafkaSchemaLog log = await KafkaSchemaLog.OpenAsync(broker.BootstrapServers);
        await using LocalSchemaRegistry registry = await LocalSchemaRegistry.StartAsync(log, new LocalSchemaRegistryOptions(), Cancel);
        string table = folder.Under("billing.db");
        string ledger = folder.Under("data", "ledger.db");

        await SampleAsync(broker, registry, table);

        Assert.Equal((run.BilledLines(), LedgerFile.AmountNanos(ledger)), Totals(table));
        Assert.Equal(
            LedgerFile.UsageAmounts(ledger),
            Query(table, "SELECT hex(usage_id) || ' ' || amount_nanos FROM rated_usage ORDER BY usage_id"));

        // The sample starts again from where it stopped, and then from the beginning, as if its position alone had been lost.
        await SampleAsync(broker, registry, table);
        Query(table, "DELETE FROM position");
        await SampleAsync(broker, registry, table);

        Assert.Equal((run.BilledLines(), LedgerFile.AmountNanos(ledger)), Totals(table));
    }

    private static async Task SampleAsync(LocalKafkaBroker broker, LocalSchemaRegistry registry, string table)
    {
        string[] arguments = [Sample, broker.BootstrapServers, registry.Url.ToString(), table, "--once"];
        (await ChildProcess.RunAsync(new ProcessStartInfo("dotnet", arguments), patience: Belgicom.EndMax)).WithExitCode(0);
    }

    /// <summary>The configuration and framework that this program was built for, for example Release/net10.0.</summary>
    private static string Configuration() => string.Join('/', AppContext.BaseDirectory.TrimEnd('/').Split('/')[^2..]);

    private static (long Rows, long AmountNanos) Totals(string table) => (
        long.Parse(Query(table, "SELECT count(*) FROM rated_usage").Single(), null),
        long.Parse(Query(table, "SELECT sum(amount_nanos) FROM rated_usage").Single(), null));

    private static List<string> Query(string path, string sql)
    {
        using SqliteConnection database = new($"Data Source={path};Pooling=False");
        database.Open();
        using SqliteCommand command = database.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader rows = command.ExecuteReader();
        List<string> lines = [];
        while (rows.Read())
        {
            lines.Add(rows.GetString(0));
        }

        return lines;
    }
}
