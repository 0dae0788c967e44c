using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.LocalKafka;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// What one fault test needs: a broker, a registry with a front that can fail, topics, the tariff, subscribers; it starts rating workers as
/// processes and reads what came of the usage.
/// </summary>
internal sealed class RatingPlatform : IAsyncDisposable
{
    /// <summary>Partitions of every co-partitioned topic.</summary>
    public const int Partitions = 4;

    /// <summary>Consumer group of the worker.</summary>
    public const string Group = "rating";

    private const int RecordsPerChunk = 1000;

    private static readonly string[] TopicsOfRating =
    [
        Topics.UsageReceived, Topics.UsageRated, Topics.UsageRejected, Topics.CustomerNotifications, Topics.RatingState,
        Topics.CatalogueTariffs, Topics.CustomerSubscriptions, Topics.BalanceJournal,
    ];

    private readonly List<IAsyncDisposable> _parts = [];
    private readonly List<RatingProcess> _workers = [];
    private IReadOnlyDictionary<string, int> _schemas = new Dictionary<string, int>();
    private SchemaRegistryClient? _registry;
    private GroupLag? _lag;
    private IAdminClient? _admin;

    private RatingPlatform(int subscribers) => Subscribers = subscribers;

    public int Subscribers { get; }

    public KafkaOptions Kafka { get; } = new() { InstanceId = "bench" };

    /// <summary>A new sender of the platform; the name must differ from those of others.</summary>
    public TransactionalSender Sender(string name) => new(
        Kafka, new TransactionOptions { CommitTimeout = TimeSpan.FromSeconds(15) }, name, TimeProvider.System,
        NullLogger<TransactionalSender>.Instance);

    /// <summary>Our client of the registry, which does not go through the front.</summary>
    public SchemaRegistryClient Registry => _registry!;

    public RegistryFront Front { get; private set; } = null!;

    /// <summary>The registry itself, behind the front.</summary>
    public Uri RegistryUrl { get; private set; } = new("http://127.0.0.1");

    /// <summary>Schema ids whose bodies rating can read, and how many octets the newer schema appends to ours.</summary>
    public Dictionary<int, int> Readable { get; } = [];

    /// <summary>Most records in one transaction of the workers.</summary>
    public int RecordsPerTransaction { get; init; } = Scale.Of(100, 750);

    /// <summary>A platform on an empty broker of its own.</summary>
    public static async Task<RatingPlatform> StartAsync(int subscribers = 64) =>
        await StartAsync(await TestBroker.StartAsync(TestBroker.Chosen()), subscribers);

    /// <summary>A platform whose broker is a process, to be killed or stopped.</summary>
    public static async Task<(RatingPlatform Platform, ProcessBroker Broker)> StartWithProcessAsync(int subscribers = 64)
    {
        ProcessBroker broker = await TestBroker.StartChosenProcessAsync();
        return (await StartAsync(broker, subscribers), broker);
    }

    public int SchemaId(string topic) => _schemas[topic];

    /// <summary>Usage of this platform's subscribers.</summary>
    public FaultUsage Usage(int seed) => new(SchemaId(Topics.UsageReceived), seed, Subscribers);

    /// <summary>Puts records on usage.received.v1, in transactions, as the adapters do.</summary>
    public void Send(IEnumerable<UsageToSend> records)
    {
        string name = "source-" + Guid.NewGuid().ToString("N")[..8];
        using TransactionalSender sender = Sender(name);
        foreach (UsageToSend[] chunk in records.Chunk(RecordsPerChunk))
        {
            sender.Send(output => Produce(chunk, output), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Makes a topic that is not the platform's.</summary>
    public async Task CreateTopicAsync(string name, int partitions)
    {
        using TopicAdmin admin = new(Kafka, NullLogger<TopicAdmin>.Instance);
        await admin.EnsureAsync([new TopicSpec(name, partitions, new Dictionary<string, string>(), 1)]);
    }

    /// <summary>
    /// Registers a schema that only a newer producer knows: ours and one more field, whose value in a body is one octet 0.
    /// </summary>
    /// <returns>Its id.</returns>
    public async Task<int> RegisterNewerAsync(string field)
    {
        JsonNode schema = JsonNode.Parse(UsageReceived.SchemaJson)!;
        schema["fields"]!.AsArray().Add(new JsonObject { ["name"] = field, ["type"] = "string", ["default"] = "" });
        int id = await Registry.RegisterAsync($"faults.{field}-value", schema.ToJsonString(), TestContext.Current.CancellationToken);
        Readable[id] = 1;
        return id;
    }

    /// <summary>The same usage as a producer with the newer schema writes it.</summary>
    public static UsageToSend InNewer(UsageToSend usage, int newerId)
    {
        byte[] value = [.. usage.Value!, 0];
        WireFormat.WriteHeader(value, newerId);
        return usage with { Value = value };
    }

    /// <summary>Starts a rating worker; it ends with the platform at the latest.</summary>
    /// <param name="instance">Its instance id.</param>
    /// <param name="brokers">Its brokers when a proxy stands between; null for the broker itself.</param>
    /// <param name="settings">Further settings, keys as in the environment.</param>
    public RatingProcess StartWorker(string instance, string? brokers = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        Dictionary<string, string> environment = new()
        {
            ["Kafka__BootstrapServers"] = brokers ?? Kafka.BootstrapServers,
            ["Kafka__InstanceId"] = instance,
            ["Kafka__Lanes"] = "1",
            ["Kafka__BatchMaxRecords"] = RecordsPerTransaction.ToString(CultureInfo.InvariantCulture),
            ["Kafka__SessionTimeout"] = "00:00:01.500",
            ["Kafka__CommitTimeout"] = "00:00:05",
            ["Kafka__TransactionTimeout"] = "00:00:10",

            // Checkpoints come often enough that faults meet them in every stage.
            ["Rating__CheckpointEvents"] = "50",
            ["SchemaRegistry__Url"] = Front.Url.ToString(),
            ["Http__Url"] = "http://127.0.0.1:0",
        };
        foreach ((string key, string value) in settings ?? new Dictionary<string, string>())
        {
            environment[key] = value;
        }

        RatingProcess worker = new(instance, environment);
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Waits until the group has read all usage.</summary>
    public Task UntilRatedAsync(params RatingProcess[] workers) =>
        Wait.UntilAsync(async () => await LagAsync() == 0, "all usage to be rated", workers);

    /// <summary>Waits until the group is at most so far behind.</summary>
    public Task UntilLagAsync(long most, params RatingProcess[] workers) =>
        Wait.UntilAsync(async () => await LagAsync() <= most, $"a lag of {most}", workers);

    /// <summary>Waits until the group's members are so many and each owns partitions.</summary>
    public Task UntilMembersAsync(int members, params RatingProcess[] workers) =>
        Wait.UntilAsync(
            async () => await MembersAsync() is var known
                && known.Count == members
                && known.All(member => member.Assignment.TopicPartitions.Count > 0),
            $"{members} members that own partitions",
            workers,
            TimeSpan.FromSeconds(45));

    public Task<long> LagAsync() => AskAsync(() => _lag!.TotalAsync(Group, [Topics.UsageReceived]));

    public Task<IReadOnlyList<PartitionLag>> LagsAsync() => AskAsync(() => _lag!.ReadAsync(Group, [Topics.UsageReceived]));

    /// <summary>The group's members; none while they agree on who owns what.</summary>
    public async Task<IReadOnlyList<MemberDescription>> MembersAsync()
    {
        DescribeConsumerGroupsResult result = await AskAsync(() => _admin!.DescribeConsumerGroupsAsync([Group]));
        ConsumerGroupDescription group = result.ConsumerGroupDescriptions[0];
        return group.State == ConsumerGroupState.Stable ? group.Members : [];
    }

    /// <summary>How many offsets of the worker's outputs committed readers cannot pass yet, because a transaction is open.</summary>
    public async Task<long> OpenOffsetsAsync()
    {
        string[] written = [Topics.UsageRated, Topics.UsageRejected, Topics.CustomerNotifications, Topics.RatingState];
        TopicPartition[] partitions = [.. written.SelectMany(PartitionsOf)];
        long all = await EndsAsync(partitions, IsolationLevel.ReadUncommitted);
        return all - await EndsAsync(partitions, IsolationLevel.ReadCommitted);
    }

    /// <summary>Everything that is on the topics now, as committed readers see it.</summary>
    public TopicContents Read() => TopicContents.Read(Kafka);

    /// <summary>Fails unless the topics hold exactly what an undisturbed run of the same rating core gives for the same usage.</summary>
    public TopicContents AssertExact()
    {
        TopicContents contents = Read();
        IReadOnlyList<Finding> findings = RatingAudit.Find(contents, Recomputation.Of(contents.Received, Subscribers, Readable));
        string workers = string.Join('\n', _workers.Select(worker => worker.Tail));
        Assert.True(findings.Count == 0, $"{findings.Count} findings:\n{string.Join('\n', findings.Take(20))}\n{workers}");
        Notes.Write(
            $"exact: {contents.Received.Count} received, {contents.Rated.Count} rated, {contents.Rejected.Count} rejected, "
            + $"{contents.Notifications.Count} notifications");
        return contents;
    }

    public static IEnumerable<TopicPartition> PartitionsOf(string topic) =>
        Enumerable.Range(0, Partitions).Select(partition => new TopicPartition(topic, partition));

    public async ValueTask DisposeAsync()
    {
        foreach (RatingProcess worker in _workers)
        {
            await worker.DisposeAsync();
        }

        _lag?.Dispose();
        _admin?.Dispose();
        _registry?.Dispose();
        foreach (IAsyncDisposable part in _parts.AsEnumerable().Reverse())
        {
            await part.DisposeAsync();
        }
    }

    private static async Task<RatingPlatform> StartAsync(TestBroker broker, int subscribers)
    {
        RatingPlatform platform = new(subscribers);
        platform._parts.Add(broker);
        try
        {
            platform.Kafka.BootstrapServers = broker.BootstrapServers;
            platform._lag = new GroupLag(platform.Kafka);
            platform._admin = new AdminClientBuilder(KafkaClients.AdminConfig(platform.Kafka)).SetLogHandler((_, _) => { }).Build();
            await platform.PrepareAsync();
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    private async Task PrepareAsync()
    {
        using TopicAdmin admin = new(Kafka, NullLogger<TopicAdmin>.Instance);
        await admin.EnsureAsync([.. Topics.All.Where(topic => TopicsOfRating.Contains(topic.Name))
            .Select(topic => new TopicSpec(topic.Name, Math.Min(topic.Partitions, Partitions), topic.Config, 1))]);
        LocalSchemaRegistry registry = await LocalSchemaRegistry.StartAsync(
            new MemorySchemaLog(), new LocalSchemaRegistryOptions(), TestContext.Current.CancellationToken);
        _parts.Add(registry);
        RegistryUrl = registry.Url;
        Front = await RegistryFront.StartAsync(registry.Url);
        _parts.Add(Front);
        _registry = new SchemaRegistryClient(new SchemaRegistryOptions { Url = registry.Url.ToString() });
        _schemas = await SchemaSubjects.EnsureAsync(
            Registry,
            Topics.All.Where(topic => TopicsOfRating.Contains(topic.Name)).Select(topic => (topic.Name, topic.SchemaJson)),
            TestContext.Current.CancellationToken);
        Readable[SchemaId(Topics.UsageReceived)] = 0;
        Publish(
            FaultTariff.Version,
            Enumerable.Range(0, Subscribers).Select(number => (number % Partitions, FaultSubscriber.Subscription(number))));
    }

    /// <summary>Publishes a tariff, and who has it.</summary>
    /// <param name="version">The tariff.</param>
    /// <param name="subscriptions">Subscriptions, each with the partition on which its usage comes.</param>
    public void Publish(OfferingVersion version, IEnumerable<(int Partition, Subscription Subscription)> subscriptions)
    {
        using TransactionalSender sender = Sender("reference");
        sender.Send(output =>
            {
                byte[] key = Encoding.UTF8.GetBytes($"{version.Offering}/{version.Version}");
                output.Produce(Topics.CatalogueTariffs, 0, key, Value(Topics.CatalogueTariffs, version.Write));
                foreach ((int partition, Subscription subscription) in subscriptions)
                {
                    byte[] value = Value(Topics.CustomerSubscriptions, subscription.Write);
                    output.Produce(Topics.CustomerSubscriptions, partition, subscription.SubscriberRef.ToByteArray(), value);
                }
            },
            TestContext.Current.CancellationToken);
    }

    /// <summary>Asks until there is an answer: a broker that comes back loads its groups first.</summary>
    private static async Task<T> AskAsync<T>(Func<Task<T>> question)
    {
        T? answer = default;
        await Wait.UntilAsync(async () =>
            {
                try
                {
                    answer = await question();
                    return true;
                }
                catch (KafkaException failure) when (!failure.Error.IsFatal)
                {
                    return false;
                }
                finally
                {
                    // What follows may wait, which it must not do on the client's own thread.
                    await Task.Yield();
                }
            },
            "an answer of the broker",
            []);
        return answer!;
    }

    private byte[] Value(string topic, Action<IBufferWriter<byte>> write) =>
        EventValue.Of(SchemaId(topic), write);

    private static void Produce(UsageToSend[] chunk, TransactionalOutput output)
    {
        foreach (UsageToSend record in chunk)
        {
            if (record.Value is null)
            {
                output.ProduceTombstone(Topics.UsageReceived, record.Partition, record.Key);
            }
            else
            {
                output.Produce(Topics.UsageReceived, record.Partition, record.Key, record.Value);
            }
        }
    }

    private async Task<long> EndsAsync(TopicPartition[] partitions, IsolationLevel isolation)
    {
        ListOffsetsResult result = await AskAsync(() => _admin!.ListOffsetsAsync(
            partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = OffsetSpec.Latest() }),
            new ListOffsetsOptions { IsolationLevel = isolation, RequestTimeout = TimeSpan.FromSeconds(10) }));
        return result.ResultInfos.Sum(info => info.TopicPartitionOffsetError.Offset.Value);
    }
}

/// <summary>A made-up subscriber of the fault tests' offering.</summary>
internal static class FaultSubscriber
{
    public static Subscription Subscription(int number) => new()
    {
        SubscriberRef = FaultUsage.Subscriber(number),
        Periods = [new SubscriptionPeriod { Account = $"BE{number:D8}", Offering = FaultTariff.Offering }],
    };
}
