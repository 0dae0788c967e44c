using System.Threading.Channels;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.LocalKafka;
using BelgiCom.Streaming.Tool;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>The registry with its state on a broker: it survives its own restart, and its absence loses no record.</summary>
public abstract class RegistryOnKafkaContract(Cluster cluster)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Registry_RestartedOnItsTopic_KnowsTheSame()
    {
        string topic = $"_schemas.{Guid.NewGuid():n}";
        IReadOnlyDictionary<string, int> before;
        using (KafkaSchemaLog log = await KafkaSchemaLog.OpenAsync(cluster.BootstrapServers, topic))
        {
            await using LocalSchemaRegistry first = await LocalSchemaRegistry.StartAsync(log, new LocalSchemaRegistryOptions(), Cancel);
            using HttpSchemaRegistry client = Client(first.Url);
            before = await SchemaSubjects.EnsureAsync(client, Topics.All.Select(t => (t.Name, t.SchemaJson)), Cancel);
        }

        using KafkaSchemaLog again = await KafkaSchemaLog.OpenAsync(cluster.BootstrapServers, topic);
        await using LocalSchemaRegistry second = await LocalSchemaRegistry.StartAsync(again, new LocalSchemaRegistryOptions(), Cancel);
        using HttpSchemaRegistry other = Client(second.Url);

        Assert.Equal(before, await SchemaSubjects.EnsureAsync(other, Topics.All.Select(t => (t.Name, t.SchemaJson)), Cancel));
        Assert.Equal(Topics.All.Select(t => t.Subject).Order(StringComparer.Ordinal), await other.GetSubjectsAsync(Cancel));
        Assert.False((await other.CheckAsync(Topics.All[0].Subject, "\"int\"", Cancel)).IsCompatible);
    }

    /// <summary>
    /// The group's offset stands before the first record that could not be decoded, and moves on when the registry is back.
    /// </summary>
    [Fact]
    public async Task Sink_WhileTheRegistryIsAway_CommitsNothingThenReadsAll()
    {
        const int Count = 500;
        string topic = await cluster.NewTopicAsync("outage");
        IReadOnlyList<CustomerNotification> events = Notifications.Some(Count);
        await Notifications.ProduceAsync(cluster, topic, events);
        int port = cluster.RegistryUrl.Port;
        await cluster.StopRegistryAsync();

        using HttpSchemaRegistry client = Client(new Uri($"http://127.0.0.1:{port}"));
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Sink sink = new(new VersionedBodies(CustomerNotification.SchemaJson, client.Find));
        GroupHost host = GroupHost.OfSink(
            new KafkaOptions { BootstrapServers = cluster.BootstrapServers }, new ConsumerOptions(), $"{topic}-group", [topic], sink,
            TimeProvider.System, NullLogger<GroupHost>.Instance);
        Task running = host.RunAsync(stopping.Token);

        await sink.Failed.WaitAsync(Cancel);
        Assert.Equal(Offset.Unset, Committed(topic));
        Assert.False(sink.Accounts.TryPeek(out _));

        await cluster.StartRegistryAsync(port, Cancel);
        foreach (CustomerNotification notification in events)
        {
            Assert.Equal(notification.Account, await sink.Accounts.ReadAsync(Cancel).AsTask().WaitAsync(Limit, Cancel));
        }

        await stopping.CancelAsync();
        await running;
        Assert.False(sink.Accounts.TryPeek(out _));
        Assert.Equal(Count, Committed(topic).Value);
    }

    private Offset Committed(string topic)
    {
        using IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(
            new ConsumerConfig { BootstrapServers = cluster.BootstrapServers, GroupId = $"{topic}-group" }).Build();
        return consumer.Committed([new TopicPartition(topic, 0)], TimeSpan.FromSeconds(30))[0].Offset;
    }

    private static HttpSchemaRegistry Client(Uri url) => new(new SchemaRegistryOptions { Url = url });

    private sealed class Sink(VersionedBodies bodies) : ISinkBatchHandler
    {
        private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Channel<string> _accounts = Channel.CreateUnbounded<string>();

        /// <summary>Accounts of the records that came and were not looked at yet.</summary>
        public ChannelReader<string> Accounts => _accounts.Reader;

        /// <summary>Completes when the registry was missed for the first time.</summary>
        public Task Failed => _failed.Task;

        public void Handle(RecordBatch batch)
        {
            try
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    Assert.True(WireFormat.TryReadHeader(batch[i].Value, out int id));
                    Assert.True(bodies.TryBody(id, batch[i].Value[WireFormat.HeaderSize..], out ReadOnlySpan<byte> body));
                    Assert.True(_accounts.Writer.TryWrite(CustomerNotification.Read(body).Account));
                }
            }
            catch (SchemaRegistryException e) when (e.IsTransient)
            {
                _failed.TrySetResult();
                throw;
            }
        }
    }
}

public sealed class RegistryOnEmbeddedTests(EmbeddedCluster cluster) : RegistryOnKafkaContract(cluster), IClassFixture<EmbeddedCluster>;

public sealed class RegistryOnApacheKafkaTests(ApacheKafkaCluster cluster)
    : RegistryOnKafkaContract(cluster), IClassFixture<ApacheKafkaCluster>;
