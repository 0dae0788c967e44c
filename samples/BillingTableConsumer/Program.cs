using Avro.Generic;
using BillingTableConsumer;
using Confluent.Kafka;
using Confluent.Kafka.SyncOverAsync;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;

const string Topic = "usage.rated.v1";
const int MostPerTransaction = 10_000;

if (args is not [{ } bootstrapServers, { } registryUrl, { } databasePath, .. { } rest] || rest is not ([] or ["--once"]))
{
    Console.Error.WriteLine("usage: BillingTableConsumer BOOTSTRAP-SERVERS REGISTRY-URL DATABASE [--once]");
    return 1;
}

bool isOnce = rest.Length > 0;
using CancellationTokenSource stopping = new();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    stopping.Cancel();
};

using BillingTable table = new(databasePath);
using CachedSchemaRegistryClient registry = new(new SchemaRegistryConfig { Url = registryUrl });
ConsumerConfig config = new()
{
    BootstrapServers = bootstrapServers,
    GroupId = "billing-table",

    // Rating writes in transactions: what was aborted never happened.
    IsolationLevel = IsolationLevel.ReadCommitted,

    // The positions are the table's own. The group only shares the partitions out.
    EnableAutoCommit = false,
    AutoOffsetReset = AutoOffsetReset.Error,
    EnablePartitionEof = isOnce,
};
HashSet<TopicPartition> unread = [];
using IConsumer<byte[], GenericRecord> consumer = new ConsumerBuilder<byte[], GenericRecord>(config)
    .SetValueDeserializer(new AvroDeserializer<GenericRecord>(registry).AsSyncOverAsync())
    .SetPartitionsAssignedHandler((_, partitions) =>
    {
        unread.UnionWith(partitions);
        return partitions.Select(partition => new TopicPartitionOffset(partition, table.PositionOf(partition.Partition)));
    })
    .SetPartitionsRevokedHandler((_, partitions) => unread.ExceptWith(partitions.Select(partition => partition.TopicPartition)))
    .Build();
consumer.Subscribe(Topic);
List<ConsumeResult<byte[], GenericRecord>> batch = [];
bool isDone = false;
while (!isDone && !stopping.IsCancellationRequested)
{
    // What is there at once goes into one transaction.
    ConsumeResult<byte[], GenericRecord>? result = consumer.Consume(batch.Count > 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(200));
    if (result is { IsPartitionEOF: true })
    {
        unread.Remove(result.TopicPartition);
        isDone = unread.Count == 0;
    }
    else if (result is not null)
    {
        batch.Add(result);
    }

    if (batch.Count > 0 && (isDone || result is null || batch.Count == MostPerTransaction))
    {
        Console.WriteLine($"{batch.Count} records, {table.Apply(batch)} new rows");
        batch.Clear();
    }
}

consumer.Close();
return 0;
