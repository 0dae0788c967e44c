using System.Text.Json;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary><c>belgicom broker</c>: broker and registry in a process of their own.</summary>
public sealed class BrokerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Broker_StoppedAndStartedOnItsFolder_AnswersWhereItSaysAndKeepsItsTopics()
    {
        using TemporaryFolder folder = new();
        await RunAsync(folder, async (kafka, registry) =>
        {
            using TopicAdmin admin = new(kafka, NullLogger<TopicAdmin>.Instance);
            Assert.Equal(["kept"], await admin.EnsureAsync([new TopicSpec("kept", 3, new Dictionary<string, string>())]));
            Assert.Empty(await registry.GetSubjectsAsync(Cancel));
        });
        await RunAsync(folder, async (kafka, registry) =>
        {
            using IAdminClient admin = KafkaClients.Admin(kafka);
            Assert.Equal(3, admin.GetMetadata("kept", Wait.Patience).Topics[0].Partitions.Count);
            Assert.Empty(await registry.GetSubjectsAsync(Cancel));
        });
    }

    /// <summary>Starts it, does something with it, and ends it by SIGTERM.</summary>
    private static async Task RunAsync(TemporaryFolder folder, Func<KafkaOptions, SchemaRegistryClient, Task> work)
    {
        string[] arguments = ["broker", "--data", folder.FullPath, "--port", "0", "--registry-port", "0", "--json"];
        await using ChildProcess broker = Belgicom.Start(new Dictionary<string, string>(), arguments);
        using JsonDocument addresses = JsonDocument.Parse(
            await broker.LineAsync(line => line.Contains("bootstrapServers", StringComparison.Ordinal), "the addresses"));
        using SchemaRegistryClient registry = new(
            new SchemaRegistryOptions { Url = addresses.RootElement.GetProperty("schemaRegistryUrl").GetString()! });
        await work(
            new KafkaOptions { BootstrapServers = addresses.RootElement.GetProperty("bootstrapServers").GetString()!, InstanceId = "test" },
            registry);
        broker.Terminate();
        (await broker.EndAsync()).WithExitCode(0);
    }
}
