using System.Text;
using BelgiCom.Streaming.BillingSync.Worker;
using BelgiCom.Streaming.CdrRetention.Worker;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Records = BelgiCom.Streaming.Kafka.TopicReader;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// What the sinks cannot read of rating's records goes to the dead letter topics that <c>topics apply</c> creates, and the sinks go on.
/// </summary>
public abstract class DeadLetterTests(Cluster cluster)
{
    private static readonly byte[] Poison = [1, 2, 3];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sinks_RecordThatCannotBeRead_PutItAsideAndGoOn()
    {
        using TemporaryFolder folder = new();
        KafkaOptions kafka = new() { BootstrapServers = cluster.BootstrapServers };
        Dictionary<string, string> settings = new()
        {
            ["Kafka__BootstrapServers"] = cluster.BootstrapServers,
            ["SchemaRegistry__Url"] = cluster.RegistryUrl.ToString(),
        };
        (await Belgicom.RunAsync(settings, "topics", "apply", "--partitions-max", "2")).WithExitCode(0);
        (await Belgicom.RunAsync(settings, "schemas", "register")).WithExitCode(0);
        using (TransactionalSender sender = new(
            kafka, new TransactionOptions(), "poisoner", TimeProvider.System, NullLogger<TransactionalSender>.Instance))
        {
            sender.Send(
                output =>
                {
                    output.Produce(Topics.UsageRated, 1, "key"u8, Poison);
                    output.ProduceTombstone(Topics.UsageRejected, 0, "key"u8);
                },
                Cancel);
        }

        await RunUntilDoneAsync(folder, kafka, cluster.RegistryUrl);

        foreach (string group in new[] { "billing-sync", "cdr-retention" })
        {
            Assert.Equal(
                ["1 key 010203 x-original-topic=usage.rated.v1 x-original-offset=0 x-failure-reason=undecodable"],
                Letters(kafka, Topics.DeadLetter(group, Topics.UsageRated)));
            Assert.Equal(
                ["0 key null x-original-topic=usage.rejected.v1 x-original-offset=0 x-failure-reason=undecodable"],
                Letters(kafka, Topics.DeadLetter(group, Topics.UsageRejected)));
        }
    }

    private static async Task RunUntilDoneAsync(TemporaryFolder folder, KafkaOptions kafka, Uri registry)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kafka:BootstrapServers"] = kafka.BootstrapServers,
            ["SchemaRegistry:Url"] = registry.ToString(),
            ["Billing:DataDirectory"] = folder.Under("billing"),
            ["Retention:ArchiveDirectory"] = folder.Under("archive"),
            ["Keys:Directory"] = folder.Under("keys"),
            ["Retention:Classes:BILLING:Period"] = "P6M",
        });
        builder.AddBillingSyncWorker();
        builder.AddCdrRetentionWorker();
        builder.ThrowOnFaults();
        using IHost host = builder.Build();
        using GroupLag lag = new(kafka);
        await host.StartAsync(Cancel);
        await Wait.UntilAsync(
            async () => await lag.TotalAsync("billing-sync", [Topics.UsageRated, Topics.UsageRejected]) == 0
                && await lag.TotalAsync("cdr-retention", [Topics.UsageReceived, Topics.UsageRated, Topics.UsageRejected]) == 0,
            "the sinks have read everything", []);
        await host.StopAsync(Cancel);
    }

    private static List<string> Letters(KafkaOptions kafka, string topic)
    {
        List<string> letters = [];
        using Records reader = new(kafka, new ConsumerOptions(), TimeProvider.System);
        reader.Read(
            reader.RangesOf(topic),
            batch =>
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    ConsumedRecord record = batch[i];
                    IEnumerable<string> headers = batch.HeadersOf(i)
                        .Where(header => header.Key is DeadLetters.OriginalTopic or DeadLetters.OriginalOffset or DeadLetters.FailureReason)
                        .Select(header => $"{header.Key}={Encoding.UTF8.GetString(header.Value)}");
                    string value = record.IsTombstone ? "null" : Convert.ToHexString(record.Value);
                    letters.Add($"{record.Partition} {Encoding.UTF8.GetString(record.Key)} {value} {string.Join(' ', headers)}");
                }
            },
            Cancel);
        return letters;
    }
}

/// <inheritdoc/>
public sealed class EmbeddedDeadLetterTests(EmbeddedCluster cluster) : DeadLetterTests(cluster), IClassFixture<EmbeddedCluster>;

/// <inheritdoc/>
[Trait(TestBroker.Trait, TestBroker.Real)]
public sealed class ApacheKafkaDeadLetterTests(ApacheKafkaCluster cluster) : DeadLetterTests(cluster), IClassFixture<ApacheKafkaCluster>;
