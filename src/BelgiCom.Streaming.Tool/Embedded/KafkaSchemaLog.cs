using System.Runtime.CompilerServices;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.LocalKafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// The embedded registry's log on the topic <c>_schemas</c> of any Kafka: one partition, compacted, as Confluent's registry keeps it. Every
/// append waits for the broker's acknowledgement. One registry at a time: there is no election.
/// </summary>
public sealed class KafkaSchemaLog : ISchemaLog, IDisposable
{
    /// <summary>Topic of the log, Confluent's default.</summary>
    public const string DefaultTopic = "_schemas";

    private static readonly TimeSpan AppendLimit = TimeSpan.FromSeconds(30);
    private readonly KafkaOptions _options;
    private readonly TopicPartition _partition;
    private readonly IProducer<byte[], byte[]> _producer;

    private KafkaSchemaLog(KafkaOptions options, string topic)
    {
        _options = options;
        _partition = new TopicPartition(topic, 0);
        _producer = KafkaClients.Producer(
            new ProducerConfig
            {
                BootstrapServers = options.BootstrapServers,
                ClientId = options.ClientId,
                Acks = Acks.All,
                EnableIdempotence = true,
                LingerMs = 0,
                MessageTimeoutMs = (int)AppendLimit.TotalMilliseconds,
            },
            options.ClientId,
            NullLogger.Instance);
    }

    /// <summary>Opens the log, creating the topic when it is missing.</summary>
    /// <param name="bootstrapServers">Brokers.</param>
    /// <param name="topic">Topic, normally <see cref="DefaultTopic"/>.</param>
    /// <exception cref="KafkaException">The broker cannot be reached or refuses the topic.</exception>
    public static async Task<KafkaSchemaLog> OpenAsync(string bootstrapServers, string topic = DefaultTopic)
    {
        KafkaOptions options = new() { BootstrapServers = bootstrapServers, ClientId = "schema-registry" };
        using TopicAdmin admin = new(options, NullLogger<TopicAdmin>.Instance);
        await admin.EnsureAsync([new TopicSpec(topic, 1, new Dictionary<string, string> { ["cleanup.policy"] = "compact" })])
            .ConfigureAwait(false);
        return new KafkaSchemaLog(options, topic);
    }

    /// <inheritdoc/>
    /// <exception cref="KafkaException">The broker did not acknowledge within 30 s; the record may be stored all the same.</exception>
    public Task AppendAsync(byte[] key, byte[]? value, CancellationToken cancellationToken) =>
        _producer.ProduceAsync(_partition, new Message<byte[], byte[]> { Key = key, Value = value! }, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="KafkaException">The broker does not answer.</exception>
    public async IAsyncEnumerable<SchemaLogRecord> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The client blocks. So the whole log, a few hundred kilobytes, is read on one thread before the first record is returned.
        List<SchemaLogRecord> records = await Task.Factory.StartNew(
            () => Read(cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .ConfigureAwait(false);
        foreach (SchemaLogRecord record in records)
        {
            yield return record;
        }
    }

    /// <summary>Closes the producer; every append has waited for its acknowledgement already.</summary>
    public void Dispose() => _producer.Dispose();

    private List<SchemaLogRecord> Read(CancellationToken cancellationToken)
    {
        using TopicReader reader = new(_options, new ConsumerOptions(), TimeProvider.System);
        List<SchemaLogRecord> records = new();
        reader.Read([reader.RangeOf(_partition)], batch => Keep(batch, records), cancellationToken);
        return records;
    }

    private static void Keep(RecordBatch batch, List<SchemaLogRecord> records)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            ConsumedRecord record = batch[i];
            records.Add(new SchemaLogRecord(record.Key.ToArray(), record.IsTombstone ? null : record.Value.ToArray()));
        }
    }
}
