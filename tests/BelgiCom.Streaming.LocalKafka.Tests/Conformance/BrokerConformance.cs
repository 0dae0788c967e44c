using System.Text;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>
/// What our clients rely on, asked of a broker through the production client. Every case passes on Apache Kafka; one that does not pass on
/// LocalKafka is a defect of LocalKafka. Topics, groups and transactional ids are fresh in each case, so the cases share one broker.
/// </summary>
public abstract partial class BrokerConformance
{
    // How long anything may take before a case gives up; never a measure of speed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TestBroker _broker;

    protected BrokerConformance(SharedBroker shared) => _broker = shared.Broker;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static string Unique(string prefix) => $"{prefix}-{Guid.NewGuid():N}";

    private async Task<string> CreateTopicAsync(int partitions = 1, params (string Name, string Value)[] config)
    {
        string topic = Unique("topic");
        using IAdminClient admin = Admin();
        await admin.CreateTopicsAsync(
            [
                new TopicSpecification
                {
                    Name = topic,
                    NumPartitions = partitions,
                    ReplicationFactor = 1,
                    Configs = config.ToDictionary(entry => entry.Name, entry => entry.Value),
                },
            ]);
        return topic;
    }

    private IAdminClient Admin() =>
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _broker.BootstrapServers }).SetLogHandler(Quiet).Build();

    private IProducer<string?, string?> Producer(Action<ProducerConfig>? change = null)
    {
        ProducerConfig config = new() { BootstrapServers = _broker.BootstrapServers, EnableIdempotence = true, LingerMs = 5 };
        change?.Invoke(config);
        return new ProducerBuilder<string?, string?>(config).SetKeySerializer(NullableText.Serializer!)
            .SetValueSerializer(NullableText.Serializer!)
            .SetLogHandler(Quiet).SetErrorHandler((_, _) => { }).Build();
    }

    private IProducer<string?, string?> TransactionalProducer(string transactionalId, TimeSpan? timeout = null)
    {
        IProducer<string?, string?> producer = Producer(config =>
        {
            config.TransactionalId = transactionalId;
            config.TransactionTimeoutMs = (int)(timeout ?? TimeSpan.FromMinutes(1)).TotalMilliseconds;
            config.MessageTimeoutMs = Math.Min(30_000, config.TransactionTimeoutMs.Value);
            config.SocketTimeoutMs = config.MessageTimeoutMs;
        });
        producer.InitTransactions(Patience);
        return producer;
    }

    private IConsumer<string?, string?> Consumer(Action<ConsumerConfig>? change = null, ConsumerHandlers? handlers = null)
    {
        ConsumerConfig config = new()
        {
            BootstrapServers = _broker.BootstrapServers,
            GroupId = Unique("group"),
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted,
            SessionTimeoutMs = 6000,
            HeartbeatIntervalMs = 200,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
            GroupProtocol = Confluent.Kafka.GroupProtocol.Classic,
            TopicMetadataRefreshIntervalMs = 1000,
        };
        change?.Invoke(config);
        ConsumerBuilder<string?, string?> builder = new ConsumerBuilder<string?, string?>(config)
            .SetKeyDeserializer(NullableText.Deserializer)
            .SetValueDeserializer(NullableText.Deserializer)
            .SetLogHandler(Quiet).SetErrorHandler((_, _) => { });
        if (handlers?.Assigned is { } assigned)
        {
            builder.SetPartitionsAssignedHandler((_, partitions) => assigned(partitions));
        }

        if (handlers?.Revoked is { } revoked)
        {
            builder.SetPartitionsRevokedHandler((_, partitions) => revoked(partitions));
        }

        return builder.Build();
    }

    /// <summary>Reads a whole partition from an offset to its end, as the isolation level lets it.</summary>
    private List<ConsumeResult<string?, string?>> ReadAll(
        string topic, int partition = 0, long from = 0, IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        using IConsumer<string?, string?> consumer = Consumer(config => config.IsolationLevel = isolation);
        consumer.Assign(new TopicPartitionOffset(topic, partition, from));
        List<ConsumeResult<string?, string?>> records = new();
        while (true)
        {
            ConsumeResult<string?, string?> result = consumer.Consume(Patience)
                ?? throw new TimeoutException($"No end of {topic}[{partition}] was reached.");
            if (result.IsPartitionEOF)
            {
                consumer.Close();
                return records;
            }

            records.Add(result);
        }
    }

    private static List<string?> Values(IEnumerable<ConsumeResult<string?, string?>> records) =>
        [.. records.Select(record => record.Message.Value)];

    private static void Quiet(object client, LogMessage message)
    {
        if (Environment.GetEnvironmentVariable("CONFORMANCE_LOG") is not null)
        {
            Console.Error.WriteLine($"{message.Name} {message.Facility} {message.Message}");
        }
    }

    private sealed record ConsumerHandlers(
        Action<List<TopicPartition>>? Assigned = null, Action<List<TopicPartitionOffset>>? Revoked = null);

    /// <summary>UTF-8 text that may be null; the client's own serialisers do not take null.</summary>
    private sealed class NullableText : ISerializer<string?>, IDeserializer<string?>
    {
        private static readonly NullableText Instance = new();

        public static ISerializer<string?> Serializer => Instance;

        public static IDeserializer<string?> Deserializer => Instance;

        public byte[]? Serialize(string? data, SerializationContext context) => data is null ? null : Encoding.UTF8.GetBytes(data);

        public string? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) =>
            isNull ? null : Encoding.UTF8.GetString(data);
    }
}
