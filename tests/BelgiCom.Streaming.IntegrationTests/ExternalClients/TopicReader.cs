using Confluent.Kafka;

namespace BelgiCom.Streaming.IntegrationTests;

internal static class TopicReader
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Everything committed on a topic, to the end of all partitions.</summary>
    public static IReadOnlyList<(byte[] Key, byte[] Value)> ReadCommitted(Cluster cluster, string topic, int partitions = 1)
    {
        using IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = cluster.BootstrapServers,
            GroupId = "reader",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted,
        }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        List<(byte[], byte[])> records = new();
        for (int atEnd = 0; atEnd < partitions;)
        {
            ConsumeResult<byte[], byte[]> result = consumer.Consume(Limit) ?? throw new TimeoutException($"{topic} is silent");
            if (result.IsPartitionEOF)
            {
                atEnd++;
            }
            else
            {
                records.Add((result.Message.Key, result.Message.Value));
            }
        }

        return records;
    }
}
