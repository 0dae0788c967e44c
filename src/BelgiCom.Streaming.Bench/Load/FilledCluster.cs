using System.Diagnostics;
using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.LocalKafka;
using BelgiCom.Streaming.Tool;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// A broker in a process of its own, with topics, schemas, tariffs and subscriptions; the usage topic is filled once for all contenders.
/// </summary>
internal sealed class FilledCluster : IAsyncDisposable
{
    /// <summary>Partitions of every topic.</summary>
    public const int Partitions = EmbeddedDefault.PartitionsMax;

    /// <summary>Subscribers of the load: so many that most records of a transaction belong to different ones.</summary>
    public const int Subscribers = 100_000;

    private const int RecordsPerFill = 20_000;

    // Long enough for all lanes to join at once, as with Kafka's default of 3 s, so that no partition moves while the clock runs.
    private const string GroupDelayMilliseconds = "1000";
    private const string RatingGroup = "rating";
    private static readonly string[] RatingWrites =
    [
        Topics.UsageRated, Topics.UsageRejected, Topics.CustomerNotifications, Topics.RatingState,
    ];
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    // Kafka lets nobody delete the records of a topic that is only compacted, but each round must begin without state.
    private static readonly Dictionary<string, string> StateConfig = new(Topics.All.First(topic => topic.Name == Topics.RatingState).Config)
    {
        ["cleanup.policy"] = "compact,delete",
        ["retention.ms"] = "-1",
    };

    private readonly List<IAsyncDisposable> _servers = [];
    private readonly string _folder;
    private SchemaRegistryClient? _schemas;

    private FilledCluster(string name, string folder)
    {
        Name = name;
        _folder = folder;
        Directory.CreateDirectory(folder);
    }

    /// <summary>Which broker: "embedded" or "Apache Kafka".</summary>
    public string Name { get; }

    /// <summary>Octets of a usage record, on average.</summary>
    public double MeanOctets { get; private set; }

    public KafkaOptions Kafka { get; private set; } = new();

    public Uri Registry { get; private set; } = new("http://127.0.0.1");

    /// <summary>The embedded broker and registry, in a process of their own.</summary>
    public static Task<FilledCluster> StartEmbeddedAsync(string folder, CancellationToken stopping) =>
        StartAsync("embedded", folder, async cluster =>
        {
            ChildBroker broker = ChildBroker.Start(folder);
            cluster._servers.Add(broker);
            using JsonDocument addresses = JsonDocument.Parse(await broker.FirstLineAsync(stopping));
            cluster.Registry = new Uri(addresses.RootElement.GetProperty("schemaRegistryUrl").GetString()!);
            return addresses.RootElement.GetProperty("bootstrapServers").GetString()!;
        });

    /// <summary>The Apache Kafka of KAFKA_HOME, with our registry.</summary>
    public static Task<FilledCluster> StartApacheAsync(string kafkaHome, string folder, CancellationToken stopping) =>
        StartAsync("Apache Kafka", folder, async cluster =>
        {
            KafkaHomeBroker broker = await KafkaHomeBroker.StartAsync(
                new KafkaHomeOptions
                {
                    KafkaHome = kafkaHome,
                    DataDirectory = folder,
                    Settings = new Dictionary<string, string> { ["group.initial.rebalance.delay.ms"] = GroupDelayMilliseconds },
                },
                stopping);
            cluster._servers.Add(broker);
            LocalSchemaRegistry registry = await LocalSchemaRegistry.StartAsync(
                await KafkaSchemaLog.OpenAsync(broker.BootstrapServers), new LocalSchemaRegistryOptions(), stopping);
            cluster._servers.Add(registry);
            cluster.Registry = registry.Url;
            return broker.BootstrapServers;
        });

    /// <summary>Usage for this cluster.</summary>
    public async Task<UsageLoad> UsageAsync(int stream, CancellationToken stopping, int subscribers = Subscribers) =>
        new(await OpenAsync<UsageReceived>(Topics.UsageReceived, stopping), stream, subscribers, Yesterday);

    /// <summary>A topic of this cluster; after <see cref="FillAsync"/>.</summary>
    public Task<EventTopic<T>> OpenAsync<T>(string topic, CancellationToken stopping)
        where T : IAvroRecord<T>, allows ref struct => EventTopic.OpenAsync<T>(topic, _schemas!, stopping);

    /// <summary>Publishes catalogue and subscriptions, and writes this number of usage records.</summary>
    public async Task FillAsync(long records, CancellationToken stopping)
    {
        _schemas = new SchemaRegistryClient(new SchemaRegistryOptions { Url = Registry.ToString() });
        await SchemaSubjects.EnsureAsync(_schemas, Topics.All.Select(topic => (topic.Name, topic.SchemaJson)), stopping);
        await Publisher.PublishAsync(CatalogueFolder.Load(SampleFiles.Catalogue), stopping);
        await SubscribeAsync(
            Enumerable.Range(0, Subscribers).Select(number => (number, UsageLoad.Account(number), UsageLoad.Offering)), stopping);
        UsageLoad usage = await UsageAsync(stream: 1, stopping);
        MeanOctets = usage.MeanOctets;
        Send(records, (number, output) =>
        {
            byte[] value = usage.Value(number);
            output.Produce(Topics.UsageReceived, null, UsageLoad.KeyOf(value), value);
        }, stopping);
    }

    /// <summary>Gives subscribers an account and an offering instead of those that they had.</summary>
    public Task SubscribeAsync(IEnumerable<(int Number, string Account, string Offering)> subscriptions, CancellationToken stopping) =>
        Publisher.PublishAsync(
            subscriptions.Select(subscription => new Subscription
            {
                SubscriberRef = UsageLoad.Subscriber(subscription.Number),
                Periods = [new Contracts.SubscriptionPeriod { Account = subscription.Account, Offering = subscription.Offering }],
            }),
            overwrite: true, stopping);

    /// <summary>Publishes a version, or deletes it.</summary>
    public async Task PublishAsync(OfferingVersion version, bool isThere, CancellationToken stopping)
    {
        EventTopic<OfferingVersion> topic = await OpenAsync<OfferingVersion>(Topics.CatalogueTariffs, stopping);
        byte[] key = Encoding.UTF8.GetBytes(version.Key);
        Send(
            records: 1,
            (_, output) =>
            {
                if (isThere)
                {
                    output.Produce(topic.Name, partition: 0, key, topic.Write(version));
                }
                else
                {
                    output.ProduceTombstone(topic.Name, partition: 0, key);
                }
            },
            stopping);
    }

    /// <summary>Writes records in transactions, as the adapters do.</summary>
    public void Send(long records, Action<long, TransactionalOutput> produce, CancellationToken stopping)
    {
        using TransactionalSender sender = new(
            Kafka, new TransactionOptions(), "bench", TimeProvider.System, NullLogger<TransactionalSender>.Instance);
        for (long start = 0; start < records; start += RecordsPerFill)
        {
            long from = start;
            sender.Send(output =>
                {
                    for (long number = from; number < Math.Min(records, from + RecordsPerFill); number++)
                    {
                        produce(number, output);
                    }
                },
                stopping);
        }
    }

    /// <summary>Makes a topic with this cluster's number of partitions.</summary>
    public async Task CreateTopicAsync(string name, IReadOnlyDictionary<string, string>? config = null)
    {
        using TopicAdmin admin = new(Kafka, NullLogger<TopicAdmin>.Instance);
        await admin.EnsureAsync([new TopicSpec(name, Partitions, config ?? new Dictionary<string, string>())]);
    }

    /// <summary>Lets rating start anew: deletes what it wrote, and puts its group at the beginning, or at the end, of the usage.</summary>
    public async Task ForgetRatingAsync(bool goToEnd = false)
    {
        await DeleteRecordsAsync(RatingWrites);
        using IAdminClient admin = KafkaClients.Admin(Kafka);
        ListOffsetsResult offsets = await admin.ListOffsetsAsync(PartitionsOf(Topics.UsageReceived).Select(partition =>
            new TopicPartitionOffsetSpec
            {
                TopicPartition = partition,
                OffsetSpec = goToEnd ? OffsetSpec.Latest() : OffsetSpec.Earliest(),
            }));
        await admin.AlterConsumerGroupOffsetsAsync(
            [
                new ConsumerGroupTopicPartitionOffsets(
                    RatingGroup,
                    [
                        .. offsets.ResultInfos.Select(info =>
                            new TopicPartitionOffset(
                                info.TopicPartitionOffsetError.TopicPartition, info.TopicPartitionOffsetError.Offset))])],
            new AlterConsumerGroupOffsetsOptions { RequestTimeout = RequestTimeout });
    }

    /// <summary>Deletes the records of topics, so that many rounds need no more disk than one.</summary>
    public async Task DeleteRecordsAsync(params string[] topics)
    {
        using IAdminClient admin = KafkaClients.Admin(Kafka);
        await admin.DeleteRecordsAsync(
            topics.SelectMany(PartitionsOf).Select(partition => new TopicPartitionOffset(partition, Offset.End)));
    }

    public static IEnumerable<TopicPartition> PartitionsOf(string topic) =>
        Enumerable.Range(0, Partitions).Select(partition => new TopicPartition(topic, partition));

    public async ValueTask DisposeAsync()
    {
        _schemas?.Dispose();
        foreach (IAsyncDisposable server in _servers.AsEnumerable().Reverse())
        {
            await server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private ReferencePublisher Publisher =>
        new(Kafka, new ConsumerOptions(), _schemas!, TimeProvider.System, NullLoggerFactory.Instance);

    /// <summary>Time at which the usage has ended, as the usage in files has.</summary>
    private static DateTimeOffset Yesterday => TimeProvider.System.GetUtcNow().AddDays(-1);

    private static async Task<FilledCluster> StartAsync(string name, string folder, Func<FilledCluster, Task<string>> start)
    {
        FilledCluster cluster = new(name, folder);
        try
        {
            cluster.Kafka = new KafkaOptions { BootstrapServers = await start(cluster), InstanceId = "bench" };
            await cluster.CreateTopicAsync(Topics.RatingState, StateConfig);
            await KafkaTopics.CreateAsync(cluster.Kafka, Partitions);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The verb <c>broker</c> of <c>belgicom</c>, which lies beside this program.</summary>
    private sealed class ChildBroker : IAsyncDisposable
    {
        private readonly Process _process;
        private volatile string _lastWords = "";

        private ChildBroker(ProcessStartInfo start)
        {
            _process = Process.Start(start)!;
            _process.ErrorDataReceived += (_, line) => _lastWords = line.Data ?? _lastWords;
            _process.BeginErrorReadLine();
        }

        public static ChildBroker Start(string folder)
        {
            string[] arguments =
            [
                "broker", "--data", folder, "--port", "0", "--registry-port", "0", BrokerCommand.GroupDelay, GroupDelayMilliseconds,
                "--json",
            ];
            ProcessStartInfo start = SisterProgram.In(AppContext.BaseDirectory, "belgicom", arguments);
            (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
            return new ChildBroker(start);
        }

        public async Task<string> FirstLineAsync(CancellationToken stopping) =>
            await _process.StandardOutput.ReadLineAsync(stopping)
                ?? throw new ToolException(WorkerHost.ExitFailed, $"the embedded broker did not start: {_lastWords}");

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }
}
