using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// Exactly once with the stock client, as its documentation shows it: one consumer, one transactional producer, Consume and Produce for
/// each record. Unlike our lanes it has its partitions from the start, so its time holds nothing of a group's rebalance.
/// </summary>
internal static class StockPassThrough
{
    /// <summary>Records of a transaction, the same for every contender: the default of our lanes.</summary>
    public static readonly int RecordsPerTransaction = new ConsumerOptions().BatchMaxRecords;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The client with its defaults: only the settings that exactly once needs are made, and our compression.</summary>
    public static (ConsumerConfig Consumer, ProducerConfig Producer) Defaults(FilledCluster cluster, string group) => (
        new ConsumerConfig
        {
            BootstrapServers = cluster.Kafka.BootstrapServers,
            GroupId = group,
            EnableAutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
        },
        new ProducerConfig
        {
            BootstrapServers = cluster.Kafka.BootstrapServers,
            TransactionalId = group,
            CompressionType = CompressionType.Lz4,
        });

    /// <summary>The settings of our lanes.</summary>
    public static (ConsumerConfig Consumer, ProducerConfig Producer) Tuned(FilledCluster cluster, string group) =>
        (KafkaClients.ConsumerConfig(cluster.Kafka, new ConsumerOptions(), group),
            KafkaClients.TransactionalProducerConfig(cluster.Kafka, new TransactionOptions(), group));

    /// <summary>Consumes the usage topic from its beginning.</summary>
    /// <param name="configs">Settings of the clients.</param>
    /// <param name="output">Topic to write to.</param>
    /// <param name="records">Records of the usage topic.</param>
    /// <param name="handle">Makes the value to write from the value that was read.</param>
    /// <param name="stopping">Ends it.</param>
    /// <returns>Figures of <see cref="CommitClock"/>.</returns>
    public static double[] Run(
        (ConsumerConfig Consumer, ProducerConfig Producer) configs, string output, long records, Func<byte[], byte[]> handle,
        CancellationToken stopping)
    {
        using IConsumer<byte[], byte[]> consumer = KafkaClients.Consumer(configs.Consumer, "bench", NullLogger.Instance);
        using IProducer<byte[], byte[]> producer = KafkaClients.Producer(configs.Producer, "bench", NullLogger.Instance);
        producer.InitTransactions(CallTimeout);
        consumer.Assign(
            FilledCluster.PartitionsOf(Topics.UsageReceived).Select(partition => new TopicPartitionOffset(partition, Offset.Beginning)));
        CommitClock clock = new();
        for (long done = 0; done < records;)
        {
            producer.BeginTransaction();
            int count = 0;
            while (count < RecordsPerTransaction && done + count < records)
            {
                ConsumeResult<byte[], byte[]> record = consumer.Consume(stopping);
                if (!record.IsPartitionEOF)
                {
                    producer.Produce(
                        new TopicPartition(output, record.Partition),
                        new Message<byte[], byte[]> { Key = record.Message.Key, Value = handle(record.Message.Value) });
                    count++;
                }
            }

            producer.SendOffsetsToTransaction(
                consumer.Assignment.Select(partition => new TopicPartitionOffset(partition, consumer.Position(partition)))
                    .Where(position => position.Offset >= 0),
                consumer.ConsumerGroupMetadata,
                CallTimeout);
            producer.CommitTransaction(CallTimeout);
            clock.Committed(count);
            done += count;
        }

        return clock.Figures();
    }
}
