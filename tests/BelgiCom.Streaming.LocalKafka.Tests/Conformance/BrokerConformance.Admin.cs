using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public abstract partial class BrokerConformance
{
    [Fact]
    public async Task Topic_CreatedTwice_IsRefusedTheSecondTime()
    {
        using IAdminClient admin = Admin();
        string topic = await CreateTopicAsync(partitions: 3);

        CreateTopicsException refused = await Assert.ThrowsAsync<CreateTopicsException>(
            () => admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = 3 }]));

        Assert.Equal(Confluent.Kafka.ErrorCode.TopicAlreadyExists, refused.Results[0].Error.Code);
        Assert.Equal(3, admin.GetMetadata(topic, Patience).Topics[0].Partitions.Count);
    }

    [Theory]
    [InlineData("bad name", 1, 1, "retention.ms", "1000", Confluent.Kafka.ErrorCode.TopicException)]
    [InlineData("", 0, 1, "retention.ms", "1000", Confluent.Kafka.ErrorCode.InvalidPartitions)]
    [InlineData("", 1, 3, "retention.ms", "1000", Confluent.Kafka.ErrorCode.InvalidReplicationFactor)]
    [InlineData("", 1, 1, "no.such.setting", "1", Confluent.Kafka.ErrorCode.InvalidConfig)]
    [InlineData("", 1, 1, "cleanup.policy", "burn", Confluent.Kafka.ErrorCode.InvalidConfig)]
    public async Task Topic_ThatCannotBe_IsRefusedWithTheReason(
        string name, int partitions, short replicas, string setting, string value, Confluent.Kafka.ErrorCode expected)
    {
        using IAdminClient admin = Admin();
        TopicSpecification wanted = new()
        {
            Name = name.Length == 0 ? Unique("topic") : name,
            NumPartitions = partitions,
            ReplicationFactor = replicas,
            Configs = new Dictionary<string, string> { [setting] = value },
        };

        CreateTopicsException refused = await Assert.ThrowsAsync<CreateTopicsException>(() => admin.CreateTopicsAsync([wanted]));

        Assert.Equal(expected, refused.Results[0].Error.Code);
    }

    [Fact]
    public async Task Topic_Deleted_IsGoneAndStartsAnewUnderItsName()
    {
        using IAdminClient admin = Admin();
        string topic = await CreateTopicAsync();
        await FillAsync(topic, partitions: 1, perPartition: 10);

        await admin.DeleteTopicsAsync([topic]);
        DeleteTopicsException unknown = await Assert.ThrowsAsync<DeleteTopicsException>(() => admin.DeleteTopicsAsync([topic]));
        Assert.Equal(Confluent.Kafka.ErrorCode.UnknownTopicOrPart, unknown.Results[0].Error.Code);

        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = 1, ReplicationFactor = 1 }]);
        Assert.Empty(ReadAll(topic));
    }

    [Fact]
    public async Task Partitions_Added_TakeRecords()
    {
        using IAdminClient admin = Admin();
        string topic = await CreateTopicAsync(partitions: 1);
        await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = 3 }]);
        await FillAsync(topic, partitions: 3, perPartition: 2);

        Assert.Equal(2, ReadAll(topic, partition: 2).Count);
        CreatePartitionsException refused = await Assert.ThrowsAsync<CreatePartitionsException>(
            () => admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = 2 }]));
        Assert.Equal(Confluent.Kafka.ErrorCode.InvalidPartitions, refused.Results[0].Error.Code);
    }

    [Fact]
    public async Task TopicSettings_AreShownAndChanged()
    {
        using IAdminClient admin = Admin();
        string topic = await CreateTopicAsync(1, ("retention.ms", "3600000"));
        ConfigResource resource = new() { Type = ResourceType.Topic, Name = topic };
        async Task<Dictionary<string, ConfigEntryResult>> DescribeAsync() => (await admin.DescribeConfigsAsync([resource]))[0].Entries;

        Dictionary<string, ConfigEntryResult> before = await DescribeAsync();
        Assert.Equal(("3600000", false), (before["retention.ms"].Value, before["retention.ms"].IsDefault));
        Assert.Equal(("delete", true), (before["cleanup.policy"].Value, before["cleanup.policy"].IsDefault));

        await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [resource] =
            [
                new ConfigEntry { Name = "retention.ms", IncrementalOperation = AlterConfigOpType.Delete },
                new ConfigEntry { Name = "cleanup.policy", Value = "compact", IncrementalOperation = AlterConfigOpType.Append },
                new ConfigEntry { Name = "max.message.bytes", Value = "2000", IncrementalOperation = AlterConfigOpType.Set },
            ],
        });

        Dictionary<string, ConfigEntryResult> after = await DescribeAsync();
        Assert.Equal("604800000", after["retention.ms"].Value);
        Assert.Equal("delete,compact", after["cleanup.policy"].Value);
        Assert.Equal("2000", after["max.message.bytes"].Value);
    }

    [Fact]
    public async Task TopicSetting_ThatIsUnknown_IsNotSet()
    {
        using IAdminClient admin = Admin();
        ConfigResource resource = new() { Type = ResourceType.Topic, Name = await CreateTopicAsync() };
        IncrementalAlterConfigsException refused = await Assert.ThrowsAsync<IncrementalAlterConfigsException>(
            () => admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
            {
                [resource] = [new ConfigEntry { Name = "no.such.setting", Value = "1", IncrementalOperation = AlterConfigOpType.Set }],
            }));
        Assert.Equal(Confluent.Kafka.ErrorCode.InvalidConfig, refused.Results[0].Error.Code);
    }

    [Fact]
    public async Task Records_Deleted_AreNotReadAndCannotBeSoughtTo()
    {
        using IAdminClient admin = Admin();
        string topic = await CreateTopicAsync();
        await FillAsync(topic, partitions: 1, perPartition: 10);

        List<DeleteRecordsResult> deleted = await admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, 0, 4)]);

        Assert.Equal(4, deleted[0].Offset.Value);
        using IConsumer<string?, string?> consumer = Consumer();
        Assert.Equal(4, consumer.QueryWatermarkOffsets(new TopicPartition(topic, 0), Patience).Low.Value);
        consumer.Assign(new TopicPartitionOffset(topic, 0, 0));
        Assert.Equal(4, ConsumeRecord(consumer).Offset.Value);
        DeleteRecordsException beyond = await Assert.ThrowsAsync<DeleteRecordsException>(
            () => admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, 0, 11)]));
        Assert.Equal(Confluent.Kafka.ErrorCode.OffsetOutOfRange, beyond.Results[0].Error.Code);
    }

    [Fact]
    public async Task Retention_BySize_DeletesTheOldestRecords()
    {
        string topic = await CreateTopicAsync(1, ("segment.bytes", "1048576"), ("retention.bytes", "2097152"));
        await FillSegmentsAsync(topic, records: 100, valueSize: 100_000);

        using IConsumer<string?, string?> consumer = Consumer();
        WatermarkOffsets Offsets() => consumer.QueryWatermarkOffsets(new TopicPartition(topic, 0), Patience);
        await Wait.UntilAsync(() => Offsets().Low.Value >= 70, "the oldest segments are deleted");
        Assert.Equal(100, Offsets().High.Value);
        Assert.InRange(ReadAll(topic, from: 99).Count, 1, 1);
    }

    [Fact]
    public async Task Retention_ByTime_DeletesRecordsOfThePast()
    {
        string topic = await CreateTopicAsync(1, ("retention.ms", "86400000"));
        using (IProducer<string?, string?> producer = Producer())
        {
            Timestamp twoDaysAgo = new(DateTime.UtcNow.AddDays(-2), TimestampType.CreateTime);
            await producer.ProduceAsync(topic, new Message<string?, string?> { Value = "old", Timestamp = twoDaysAgo }, Cancelled);
        }

        using IConsumer<string?, string?> consumer = Consumer();
        await Wait.UntilAsync(
            () => consumer.QueryWatermarkOffsets(new TopicPartition(topic, 0), Patience).Low.Value == 1, "the old record is deleted");
        await FillAsync(topic, partitions: 1, perPartition: 1);
        Assert.Equal([1L], ReadAll(topic, from: 1).Select(record => record.Offset.Value));
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task Compaction_KeepsTheLatestRecordOfEachKey_AtItsOffset(CompressionType compression)
    {
        const int keys = 5;
        const int rounds = 40;
        string topic = await CreateTopicAsync(
            1,
            ("cleanup.policy", "compact"),
            ("segment.bytes", "1048576"),
            ("min.cleanable.dirty.ratio", "0.01"),
            ("delete.retention.ms", "0"));
        using (IProducer<string?, string?> producer = Producer(config => (config.CompressionType, config.LingerMs) = (compression, 20)))
        {
            for (int i = 0; i < rounds * keys; i++)
            {
                string? value = i % keys == 0 ? null : Incompressible(i, 30_000);
                producer.Produce(topic, new Message<string?, string?> { Key = $"{i % keys}", Value = value });
                if (i % 20 == 19)
                {
                    producer.Flush(Patience);
                }
            }

            // These records close the segment that holds those above. They have a key of their own, so that they supersede none of them.
            for (int i = 0; i < 8; i++)
            {
                await producer.ProduceAsync(
                    topic, new Message<string?, string?> { Key = "filler", Value = Incompressible(i, 300_000) }, Cancelled);
            }
        }

        List<ConsumeResult<string?, string?>> left = [];
        await Wait.UntilAsync(
            () => (left = [.. ReadAll(topic).Where(record => record.Message.Key != "filler")]).Count <= keys,
            "only the latest record of each key is left");

        Dictionary<string, long> latest = left.ToDictionary(record => record.Message.Key!, record => record.Offset.Value);
        for (int key = 1; key < keys; key++)
        {
            Assert.Equal(((rounds - 1) * keys) + key, latest[$"{key}"]);
        }
    }

    [Fact]
    public async Task CompactedTopic_RefusesARecordWithoutKey()
    {
        string topic = await CreateTopicAsync(1, ("cleanup.policy", "compact"));
        using IProducer<string?, string?> producer = Producer();
        ProduceException<string?, string?> refused = await Assert.ThrowsAsync<ProduceException<string?, string?>>(
            () => producer.ProduceAsync(topic, new Message<string?, string?> { Key = null, Value = "x" }, Cancelled));
        Assert.Equal(Confluent.Kafka.ErrorCode.InvalidRecord, refused.Error.Code);
    }

    private static string Incompressible(int seed, int length)
    {
        byte[] bytes = new byte[length / 2];
        new Random(seed).NextBytes(bytes);
        return Convert.ToHexString(bytes);
    }

    private async Task FillSegmentsAsync(string topic, int records, int valueSize)
    {
        using IProducer<string?, string?> producer = Producer(config => config.LingerMs = 0);
        for (int i = 0; i < records; i++)
        {
            await producer.ProduceAsync(
                topic, new Message<string?, string?> { Key = $"{i}", Value = new string('x', valueSize) }, Cancelled);
        }
    }
}
