using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.LocalKafka;
using BelgiCom.Streaming.Testing;
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
            using SchemaRegistryClient client = Client(first.Url);
            before = await SchemaSubjects.EnsureAsync(client, Topics.All.Select(t => (t.Name, t.SchemaJson)), Cancel);
        }

        using KafkaSchemaLog again = await KafkaSchemaLog.OpenAsync(cluster.BootstrapServers, topic);
        await using LocalSchemaRegistry second = await LocalSchemaRegistry.StartAsync(again, new LocalSchemaRegistryOptions(), Cancel);
        using SchemaRegistryClient other = Client(second.Url);

        Assert.Equal(before, await SchemaSubjects.EnsureAsync(other, Topics.All.Select(t => (t.Name, t.SchemaJson)), Cancel));
        Assert.Equal(
            Topics.All.Select(t => SchemaSubjects.ForValue(t.Name)).Order(StringComparer.Ordinal), await other.GetSubjectsAsync(Cancel));
        Assert.False(await other.IsCompatibleAsync(SchemaSubjects.ForValue(Topics.All[0].Name), "\"int\"", Cancel));
    }

    /// <summary>
    /// A registry that has lost its schemas, or is another one, must be noticed: ids on the topics would mean other schemas.
    /// </summary>
    [Fact]
    public async Task Run_BesideARegistryWithoutOurSchemas_EndsAndRegistersNothing()
    {
        using TemporaryFolder folder = new();
        using KafkaSchemaLog log = await KafkaSchemaLog.OpenAsync(cluster.BootstrapServers, $"_schemas.{Guid.NewGuid():n}");
        await using LocalSchemaRegistry empty = await LocalSchemaRegistry.StartAsync(log, new LocalSchemaRegistryOptions(), Cancel);
        Dictionary<string, string> settings = new()
        {
            ["Kafka__BootstrapServers"] = cluster.BootstrapServers,
            ["SchemaRegistry__Url"] = empty.Url.ToString(),
        };

        Finished run = (await Belgicom.RunAsync(settings, "run", "--data", folder.Under("data"))).WithExitCode(2);

        Assert.Contains("belgicom schemas register", run.Error, StringComparison.Ordinal);
        using SchemaRegistryClient client = Client(empty.Url);
        Assert.Empty(await client.GetSubjectsAsync(Cancel));
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

        // The reader is of a newer release, so it has to ask for the schema that the records were written with.
        string readers = $"{topic}.readers";
        await SchemaSubjects.EnsureAsync(cluster.Registry, [(readers, Reader.NewerSchema)], Cancel);
        int port = cluster.RegistryUrl.Port;
        using SchemaRegistryClient client = Client(new Uri($"http://127.0.0.1:{port}"));
        EventTopic<Reader> newer = await EventTopic.OpenAsync<Reader>(readers, client, Cancel);
        await cluster.StopRegistryAsync();

        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Sink sink = new(newer);
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

    private static SchemaRegistryClient Client(Uri url) => new(new SchemaRegistryOptions { Url = url.ToString() });

    private sealed class Sink(EventTopic<Reader> topic) : ISinkBatchHandler
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
                    Assert.True(topic.TryRead(batch[i].Value, out Reader? notification));
                    Assert.True(_accounts.Writer.TryWrite(notification.Account));
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

/// <summary>A notification as a later release may have it: the account first, and the rest as it comes.</summary>
internal sealed class Reader : IAvroRecord<Reader>
{
    public const string NewerSchema =
        """{"type":"record","name":"CustomerNotification","fields":[{"name":"account","type":"string"}]}""";

    public required string Account { get; init; }

    public int MaxSize => throw new NotSupportedException();

    static string IAvroRecord<Reader>.Schema => NewerSchema;

    public static bool TryRead(ReadOnlySpan<byte> body, [MaybeNullWhen(false)] out Reader record)
    {
        AvroReader reader = new(body);
        record = new Reader { Account = reader.ReadString() };
        return reader.TryFinish();
    }

    public void WriteTo(ref AvroWriter writer) => throw new NotSupportedException();
}

public sealed class RegistryOnEmbeddedTests(EmbeddedCluster cluster) : RegistryOnKafkaContract(cluster), IClassFixture<EmbeddedCluster>;

[Trait(TestBroker.Trait, TestBroker.Real)]
public sealed class RegistryOnApacheKafkaTests(ApacheKafkaCluster cluster)
    : RegistryOnKafkaContract(cluster), IClassFixture<ApacheKafkaCluster>;
