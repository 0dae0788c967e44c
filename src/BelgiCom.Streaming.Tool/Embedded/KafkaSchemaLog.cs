using System.Runtime.CompilerServices;
using BelgiCom.Streaming.LocalKafka;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// The embedded registry's log on the topic <c>_schemas</c> of any Kafka: one partition, compacted, as Confluent's registry keeps it. Every append waits for the
/// broker's acknowledgement. One registry at a time: there is no election.
/// </summary>
public sealed class KafkaSchemaLog : ISchemaLog, IDisposable
{
    /// <summary>Topic of the log, Confluent's default.</summary>
    public const string DefaultTopic = "_schemas";

    private static readonly TimeSpan BrokerLimit = TimeSpan.FromSeconds(30);
    private readonly string _bootstrapServers;
    private readonly TopicPartition _partition;
    private readonly IProducer<byte[], byte[]?> _producer;

    private KafkaSchemaLog(string bootstrapServers, string topic)
    {
        _bootstrapServers = bootstrapServers;
        _partition = new TopicPartition(topic, 0);
        _producer = new ProducerBuilder<byte[], byte[]?>(new ProducerConfig
        {
            BootstrapServers = bootstrapServers,
            ClientId = "schema-registry",
            Acks = Acks.All,
            EnableIdempotence = true,
            LingerMs = 0,
            MessageTimeoutMs = (int)BrokerLimit.TotalMilliseconds,
        }).SetLogHandler(Silent).Build();
    }

    /// <summary>Opens the log, creating the topic when it is missing.</summary>
    /// <param name="bootstrapServers">Brokers.</param>
    /// <param name="topic">Topic, normally <see cref="DefaultTopic"/>.</param>
    /// <exception cref="KafkaException">The broker cannot be reached or refuses the topic.</exception>
    public static async Task<KafkaSchemaLog> OpenAsync(string bootstrapServers, string topic = DefaultTopic)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers, ClientId = "schema-registry" })
            .SetLogHandler(Silent).Build();
        var specification = new TopicSpecification
        {
            Name = topic,
            NumPartitions = 1,
            ReplicationFactor = -1,
            Configs = new() { ["cleanup.policy"] = "compact" },
        };
        try
        {
            await admin.CreateTopicsAsync([specification], new CreateTopicsOptions { RequestTimeout = BrokerLimit, OperationTimeout = BrokerLimit }).ConfigureAwait(false);
        }
        catch (CreateTopicsException e) when (e.Results.All(result => result.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            // A log from before: its contents are taken over.
        }

        return new KafkaSchemaLog(bootstrapServers, topic);
    }

    /// <inheritdoc/>
    public Task AppendAsync(byte[] key, byte[]? value, CancellationToken cancellationToken) =>
        _producer.ProduceAsync(_partition, new Message<byte[], byte[]?> { Key = key, Value = value }, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="TimeoutException">The broker does not deliver the log within 30 s.</exception>
    public async IAsyncEnumerable<SchemaLogRecord> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The client blocks; reading whole before the first record is given keeps that on one thread of its own. A log is a few hundred kilobytes.
        var records = await Task.Factory.StartNew(() => Read(cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .ConfigureAwait(false);
        foreach (var record in records)
        {
            yield return record;
        }
    }

    /// <summary>Closes the producer; every append has been waited for already.</summary>
    public void Dispose() => _producer.Dispose();

    private List<SchemaLogRecord> Read(CancellationToken cancellationToken)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]?>(new ConsumerConfig
        {
            BootstrapServers = _bootstrapServers,
            ClientId = "schema-registry",
            // Required by the client; nothing is committed and no group is joined.
            GroupId = "schema-registry",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
        }).SetLogHandler(Silent).Build();
        consumer.Assign(new TopicPartitionOffset(_partition, Offset.Beginning));
        var records = new List<SchemaLogRecord>();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = consumer.Consume(BrokerLimit) ?? throw new TimeoutException($"{_partition.Topic}[0] could not be read within {BrokerLimit.TotalSeconds:0} s");
            if (result.IsPartitionEOF)
            {
                return records;
            }

            records.Add(new SchemaLogRecord(result.Message.Key, result.Message.Value));
        }
    }

    /// <summary>Connection trouble surfaces as exceptions; the client's own lines would go to the console.</summary>
    private static void Silent(IClient client, LogMessage message)
    {
    }
}
