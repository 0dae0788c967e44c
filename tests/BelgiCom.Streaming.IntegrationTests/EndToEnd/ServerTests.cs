using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>The main job on servers that we did not write bills the same lines as on the embedded default.</summary>
[Trait(TestBroker.Trait, TestBroker.Real)]
public sealed class ServerTests(ApicurioServer registry) : IClassFixture<ApicurioServer>
{
    [Fact]
    public async Task Run_OnApacheKafkaOfKafkaHome_BillsTheSameLinesOnce()
    {
        Dictionary<string, string> settings = new() { ["KAFKA_HOME"] = TestBroker.KafkaHome() };
        using TemporaryFolder folder = new();

        (long Lines, string Amount) first = await RunAsync(folder, "kafka", settings);
        (long Lines, string Amount) second = await RunAsync(folder, "kafka", settings);

        Assert.Equal((first.Lines, 0L), (LedgerFile.Lines(folder.Under("kafka", "ledger.db")), second.Lines));
        Assert.Equal(await EmbeddedAsync(folder), LedgerFile.UsageAmounts(folder.Under("kafka", "ledger.db")));
    }

    [Fact]
    public async Task Run_OnRunningKafkaAndRegistry_BillsTheSameLinesOnce()
    {
        Uri registryUrl = registry.Url;
        using TemporaryFolder folder = new();
        await using TestBroker kafka = await TestBroker.StartAsync(BrokerKind.KafkaHome);
        Dictionary<string, string> settings = new()
        {
            ["Kafka__BootstrapServers"] = kafka.BootstrapServers,
            ["SchemaRegistry__Url"] = registryUrl.ToString(),
        };

        (await Belgicom.RunAsync(settings, "schemas", "register")).WithExitCode(0);
        (long Lines, string Amount) first = await RunAsync(folder, "servers", settings);
        (long Lines, string Amount) second = await RunAsync(folder, "servers", settings);

        Assert.Equal((first.Lines, 0L), (LedgerFile.Lines(folder.Under("servers", "ledger.db")), second.Lines));
        Assert.Equal(await EmbeddedAsync(folder), LedgerFile.UsageAmounts(folder.Under("servers", "ledger.db")));
        Assert.False(
            Directory.Exists(folder.Under("servers", "broker")), "an embedded broker was started although Kafka__BootstrapServers is set");
    }

    private static async Task<IReadOnlyList<string>> EmbeddedAsync(TemporaryFolder folder)
    {
        await RunAsync(folder, "embedded", []);
        return LedgerFile.UsageAmounts(folder.Under("embedded", "ledger.db"));
    }

    private static async Task<(long Lines, string Amount)> RunAsync(
        TemporaryFolder folder, string data, Dictionary<string, string> settings)
    {
        // All runs share one key store, because the usage id of a CSV record is made from the pseudonym too.
        Dictionary<string, string> environment = new(settings) { ["Keys__Directory"] = folder.Under("keys") };
        JsonElement run = (await Belgicom.RunAsync(environment, "run", "--data", folder.Under(data), "--json")).WithExitCode(0).Json
            .AssertConserved();
        return (run.BilledLines(), run.BilledAmount());
    }
}
