using System.Collections.Frozen;
using System.Globalization;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// The one place where clients are configured and made. Exactly once depends on these settings, and librdkafka's own defaults differ from
/// them (and from Java's) where nobody would notice, so each is written down even where it equals the default. Every client has handlers
/// for errors and log lines: without them, librdkafka writes to standard error in a form of its own.
/// </summary>
public static class KafkaClients
{
    /// <summary>
    /// socket.timeout.ms. After this time librdkafka repeats a request by itself, so each of our waits for a transactional request must be
    /// shorter.
    /// </summary>
    public static readonly TimeSpan SocketTimeout = TimeSpan.FromSeconds(60);

    // metadata.recovery.strategy is "none", because a rebootstrap (2.16.0) drops the coordinator together with the brokers: a transactional
    // call that waits for the coordinator then never returns (seen with connections reset during send_offsets_to_transaction;
    // librdkafka#5511). Nor does a rebootstrap help every client that has no broker left (F9); Remind does.

    // Properties of KafkaOptions may tune buffers and security, but none of these: settings made here, settings that have an option of
    // their own, and settings that would undo either, each under all names that librdkafka's CONFIGURATION.md gives it.
    private static readonly FrozenSet<string> Pinned = new[]
    {
        // Every client.
        "bootstrap.servers", "metadata.broker.list", "client.id", "metadata.recovery.strategy", "socket.timeout.ms",
        "statistics.interval.ms", "allow.auto.create.topics", "enabled_events", "log.queue",

        // Consumers.
        "group.id", "group.instance.id", "group.protocol", "group.protocol.type", "group.remote.assignor", "partition.assignment.strategy",
        "enable.auto.commit", "auto.commit.enable", "auto.commit.interval.ms", "enable.auto.offset.store", "offset.store.method",
        "auto.offset.reset", "isolation.level", "enable.partition.eof", "session.timeout.ms", "heartbeat.interval.ms",
        "max.poll.interval.ms", "check.crcs", "queued.max.messages.kbytes", "queued.min.messages", "fetch.wait.max.ms",
        "fetch.queue.backoff.ms",

        // Producers.
        "enable.idempotence", "acks", "request.required.acks", "max.in.flight.requests.per.connection", "max.in.flight",
        "message.send.max.retries", "retries", "retry.backoff.ms", "retry.backoff.max.ms", "queuing.strategy", "enable.gapless.guarantee",
        "transactional.id", "transaction.timeout.ms", "message.timeout.ms", "delivery.timeout.ms", "partitioner", "linger.ms",
        "queue.buffering.max.ms", "delivery.report.only.error",

        // Of the .NET client.
        "dotnet.producer.enable.background.poll", "dotnet.producer.enable.delivery.reports", "dotnet.producer.delivery.report.fields",
        "dotnet.consumer.consume.result.fields",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // The one of our settings that Properties may replace, under both its names.
    private static readonly string[] Compression = ["compression.type", "compression.codec"];

    /// <summary>Whether this class decides a librdkafka setting, so that configuration may not override it.</summary>
    /// <param name="property">Name as librdkafka spells it.</param>
    /// <returns>True when <see cref="KafkaOptions.Properties"/> must not hold it.</returns>
    public static bool IsPinned(string property) => Pinned.Contains(property);

    /// <summary>
    /// What librdkafka has against further settings, as it says itself; null when it takes them. Unknown names and values out of range are
    /// then found before the worker starts.
    /// </summary>
    public static string? FaultOf(IReadOnlyDictionary<string, string> properties)
    {
        if (properties.Count == 0)
        {
            return null;
        }

        try
        {
            // It connects to nothing, because it has no broker.
            using IProducer<Null, Null> probe = new ProducerBuilder<Null, Null>(properties).SetLogHandler((_, _) => { }).Build();
            return null;
        }
        catch (Exception refused) when (refused is InvalidOperationException or ArgumentException or KafkaException)
        {
            return $"librdkafka refuses them: {refused.Message.TrimEnd('.')}";
        }
    }

    /// <summary>
    /// The transactional id of one lane. A restarted instance takes the same id, and so fences the transaction that its predecessor left
    /// open.
    /// </summary>
    /// <param name="options">Names the instance.</param>
    /// <param name="group">Consumer group, the worker's name.</param>
    /// <param name="lane">Lane number from 0.</param>
    /// <returns>"group-instance-lane".</returns>
    public static string TransactionalId(KafkaOptions options, string group, int lane) =>
        string.Create(CultureInfo.InvariantCulture, $"{group}-{options.InstanceId}-{lane}");

    /// <summary>
    /// Gives a client the bootstrap servers again. A broker that starts, or that stood still, says for a moment that there are no brokers;
    /// librdkafka (2.10 to 2.16.0) then drops the ones it knows and never asks again (librdkafka#5301). So the code that gets no answer
    /// reminds its client.
    /// </summary>
    /// <param name="client">Any client. Nothing changes for a client that still has its bootstrap servers; one that learned the brokers
    /// gets an entry without a connection beside them.</param>
    /// <param name="options">The brokers.</param>
    public static void Remind(this IClient client, KafkaOptions options) => client.AddBrokers(options.BootstrapServers);

    /// <summary>Makes a consumer of octets.</summary>
    /// <param name="config">From <see cref="ConsumerConfig"/> or <see cref="ReaderConfig"/>.</param>
    /// <param name="name">The client's name in the log, for example the group.</param>
    /// <param name="logger">Where its errors and lines go.</param>
    /// <param name="rebalanced">Adds the handlers of a group member.</param>
    /// <returns>The client; it connects by itself.</returns>
    public static IConsumer<byte[], byte[]> Consumer(
        ConsumerConfig config, string name, ILogger logger, Action<ConsumerBuilder<byte[], byte[]>>? rebalanced = null)
    {
        ConsumerBuilder<byte[], byte[]> builder = new ConsumerBuilder<byte[], byte[]>(config)
            .SetErrorHandler((_, error) => Log(logger, name, error))
            .SetLogHandler((_, line) => Log(logger, name, line));
        rebalanced?.Invoke(builder);
        return builder.Build();
    }

    /// <summary>Makes a producer of octets.</summary>
    /// <param name="config">From <see cref="TransactionalProducerConfig"/>.</param>
    /// <param name="name">The client's name in the log, for example the transactional id.</param>
    /// <param name="logger">Where its errors and lines go.</param>
    /// <param name="noticed">Is called for each error and log line as well: with an error, or with null and a line.</param>
    /// <returns>The client; it connects by itself.</returns>
    public static IProducer<byte[], byte[]> Producer(
        ProducerConfig config, string name, ILogger logger, Action<Error?, LogMessage?>? noticed = null) =>
        new ProducerBuilder<byte[], byte[]>(config)
            .SetErrorHandler((_, error) =>
            {
                noticed?.Invoke(error, null);
                Log(logger, name, error);
            })
            .SetLogHandler((_, line) =>
            {
                noticed?.Invoke(null, line);
                Log(logger, name, line);
            })
            .Build();

    /// <summary>Makes an administrative client.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="logger">Receives its errors and log lines; null drops them.</param>
    /// <returns>The client; it connects by itself.</returns>
    public static IAdminClient Admin(KafkaOptions options, ILogger? logger = null) =>
        new AdminClientBuilder(AdminConfig(options))
            .SetErrorHandler((_, error) => Log(logger ?? NullLogger.Instance, options.ClientId, error))
            .SetLogHandler((_, line) => Log(logger ?? NullLogger.Instance, options.ClientId, line))
            .Build();

    /// <summary>A group member's consumer.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="consumer">Times and buffers.</param>
    /// <param name="group">Consumer group id.</param>
    /// <param name="member">The member's number in the process, from 0; part of a static member's id.</param>
    /// <returns>The configuration.</returns>
    public static ConsumerConfig ConsumerConfig(
        KafkaOptions options, ConsumerOptions consumer, string group, int member = 0) => new(WithProperties(options))
        {
            BootstrapServers = options.BootstrapServers,
            ClientId = options.ClientId,
            MetadataRecoveryStrategy = MetadataRecoveryStrategy.None,
            GroupId = group,
            GroupInstanceId = consumer.StaticMembership
                ? string.Create(CultureInfo.InvariantCulture, $"{options.InstanceId}-{member}")
                : null,

            // The new protocol (KIP-848) was fatal on max.poll.interval until librdkafka 2.15 (#5541), and static membership was proven
            // with the classic one.
            GroupProtocol = GroupProtocol.Classic,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,

            // Only the loop commits offsets, together with what the records led to. Automatic commits also commit partitions that a member
            // no longer owns (librdkafka #5604).
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,

            // A group without offsets starts at the beginning because GroupMember says so on assignment. Everywhere else, a missing or
            // deleted offset means records that nobody read: it is an error for a person, and never a silent jump to either end.
            AutoOffsetReset = AutoOffsetReset.Error,
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnablePartitionEof = true,
            SessionTimeoutMs = Milliseconds(consumer.SessionTimeout),

            // 3 s at the default session timeout. A member learns of a rebalance with its next heartbeat.
            HeartbeatIntervalMs = Milliseconds(consumer.SessionTimeout / 15),
            MaxPollIntervalMs = Milliseconds(consumer.MaxPollInterval),
            SocketTimeoutMs = Milliseconds(SocketTimeout),
            CheckCrcs = true,
            QueuedMaxMessagesKbytes = consumer.ReadAheadMaxBytes / 1024,

            // Room for the largest batch to wait while the one before it commits.
            QueuedMinMessages = Math.Max(100_000, Math.Min(2 * consumer.BatchMaxRecords, 1_000_000)),
            FetchWaitMaxMs = 100,

            // When the read-ahead is full, the client looks again soon: with the default of 1 s, a member that drains it faster would stand
            // still.
            FetchQueueBackoffMs = 20,
            StatisticsIntervalMs = 0,
            AllowAutoCreateTopics = false,
        };

    /// <summary>A lane's or sender's producer.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="transactions">Times.</param>
    /// <param name="transactionalId">See <see cref="TransactionalId"/>.</param>
    /// <returns>The configuration.</returns>
    public static ProducerConfig TransactionalProducerConfig(
        KafkaOptions options, TransactionOptions transactions, string transactionalId) => new(Compressed(WithProperties(options)))
        {
            BootstrapServers = options.BootstrapServers,
            ClientId = options.ClientId,
            MetadataRecoveryStrategy = MetadataRecoveryStrategy.None,

            // librdkafka's default is false, unlike Java's.
            EnableIdempotence = true,
            Acks = Acks.All,
            MaxInFlight = 5,
            TransactionalId = transactionalId,
            TransactionTimeoutMs = Milliseconds(transactions.TransactionTimeout),

            // This time must not be longer than the transaction's; librdkafka adjusts it only while it is unset.
            MessageTimeoutMs = Milliseconds(transactions.TransactionTimeout),

            // Java's hash: a key goes to the partition to which any other Kafka client sends it, and usage and rated usage are
            // co-partitioned.
            Partitioner = Partitioner.Murmur2Random,

            // librdkafka refuses a socket timeout that is longer than the transaction's.
            SocketTimeoutMs = Milliseconds(
                transactions.TransactionTimeout < SocketTimeout ? transactions.TransactionTimeout : SocketTimeout),

            // When a record fails, the commit of its transaction fails, so single delivery reports say nothing more (rule P7).
            EnableDeliveryReports = false,

            // A commit sends the waiting records at once, so this delays nothing. A shorter time only makes more and smaller requests while
            // a batch is handed over (5 ms cost a lane a fifth more processor time); a longer one would leave the network idle while the
            // offsets are sent.
            LingerMs = 20,

            // Apache Kafka answers a commit before it has written the transaction's markers, and refuses the next transaction's offsets
            // until then (CONCURRENT_TRANSACTIONS), which takes milliseconds. The default waits 100 ms before it asks again, in each
            // transaction of a lane. Repetitions in a row wait 1, 2, 4, … ms, so a broker that is away is not asked all the time.
            RetryBackoffMs = 1,
            RetryBackoffMaxMs = 100,
            StatisticsIntervalMs = 0,
            AllowAutoCreateTopics = false,
        };

    /// <summary>Settings of a reader outside any group: its partitions are assigned by hand, and it commits nothing.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="consumer">Buffers.</param>
    /// <returns>The configuration.</returns>
    public static ConsumerConfig ReaderConfig(KafkaOptions options, ConsumerOptions consumer)
    {
        // librdkafka wants a group id even where no group is joined.
        ConsumerConfig config = ConsumerConfig(options, consumer, options.ClientId + "-reader");
        config.GroupInstanceId = null;

        // A bounded read ends when the end of the partition is reported, which is when a fetch came back empty. Such a fetch must not wait.
        config.FetchWaitMaxMs = 5;
        return config;
    }

    /// <summary>An administrative client.</summary>
    /// <param name="options">Brokers.</param>
    /// <returns>The configuration.</returns>
    public static AdminClientConfig AdminConfig(KafkaOptions options) => new(WithProperties(options))
    {
        BootstrapServers = options.BootstrapServers,
        ClientId = options.ClientId,
        MetadataRecoveryStrategy = MetadataRecoveryStrategy.None,
        SocketTimeoutMs = Milliseconds(SocketTimeout),
        StatisticsIntervalMs = 0,
    };

    /// <summary>Compresses with LZ4, unless the operator has chosen otherwise.</summary>
    private static Dictionary<string, string> Compressed(Dictionary<string, string> properties)
    {
        if (!Compression.Any(properties.ContainsKey))
        {
            properties.Add(Compression[0], "lz4");
        }

        return properties;
    }

    private static Dictionary<string, string> WithProperties(KafkaOptions options)
    {
        string? pinned = options.Properties.Keys.FirstOrDefault(IsPinned);
        return pinned is null
            ? new Dictionary<string, string>(options.Properties)
            : throw new ArgumentException($"Kafka property '{pinned}' is pinned and cannot be set by configuration.", nameof(options));
    }

    private static void Log(ILogger logger, string name, Error error) => KafkaLog.ClientError(logger, name, error.Code, error.IsFatal);

    private static void Log(ILogger logger, string name, LogMessage line) => KafkaLog.ClientLine(logger, name, line.Facility, line.Message);

    private static int Milliseconds(TimeSpan time) => checked((int)time.TotalMilliseconds);
}
