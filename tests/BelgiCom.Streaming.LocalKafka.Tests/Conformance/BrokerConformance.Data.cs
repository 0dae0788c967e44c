using System.Diagnostics;
using System.Text;
using Confluent.Kafka;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public abstract partial class BrokerConformance
{
    // Topics take this for records with timestamps of the past, which retention would delete at once.
    private static readonly (string Name, string Value) KeptForEver = ("retention.ms", "-1");

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task Record_WithKeyHeadersAndCompression_ComesBackUnchanged(CompressionType compression)
    {
        string topic = await CreateTopicAsync(1, KeptForEver);
        using IProducer<string?, string?> producer = Producer(config => config.CompressionType = compression);
        Timestamp timestamp = new(1_700_000_000_123, TimestampType.CreateTime);
        string value = string.Concat(Enumerable.Repeat("usage ", 500));
        Headers headers = new() { { "empty", [] }, { "null", null }, { "text", Encoding.UTF8.GetBytes("é") }, { "text", [1, 2] } };
        DeliveryResult<string?, string?> delivered = await producer.ProduceAsync(
            topic, new Message<string?, string?> { Key = "key", Value = value, Headers = headers, Timestamp = timestamp }, Cancelled);
        await producer.ProduceAsync(topic, new Message<string?, string?> { Key = null, Value = null }, Cancelled);

        List<ConsumeResult<string?, string?>> records = ReadAll(topic);

        Assert.Equal(0, delivered.Offset.Value);
        Assert.Equal([0L, 1L], records.Select(record => record.Offset.Value));
        Message<string?, string?> first = records[0].Message;
        Assert.Equal(("key", value, timestamp), (first.Key, first.Value, first.Timestamp));
        Assert.Equal(["empty:", "null:null", "text:C3A9", "text:0102"], first.Headers.Select(
            header => $"{header.Key}:{(header.GetValueBytes() is { } bytes ? Convert.ToHexString(bytes) : "null")}"));
        Assert.Equal(((string?)null, (string?)null), (records[1].Message.Key, records[1].Message.Value));
    }

    [Fact]
    public async Task Records_OfOneProducer_KeepTheirOrderInEachPartition()
    {
        const int count = 30_000;
        string topic = await CreateTopicAsync(partitions: 3);
        using (IProducer<string?, string?> producer = Producer())
        {
            for (int i = 0; i < count; i++)
            {
                producer.Produce(new TopicPartition(topic, i % 3), new Message<string?, string?> { Value = $"{i}" });
            }

            producer.Flush(Patience);
        }

        for (int partition = 0; partition < 3; partition++)
        {
            List<ConsumeResult<string?, string?>> records = ReadAll(topic, partition);
            Assert.Equal(Enumerable.Range(0, count).Where(i => i % 3 == partition).Select(i => $"{i}"), Values(records));
            Assert.Equal(Enumerable.Range(0, count / 3).Select(i => (long)i), records.Select(record => record.Offset.Value));
        }
    }

    [Fact]
    public async Task Fetch_FromTheMiddleOfABatch_StartsAtTheOffset()
    {
        string topic = await CreateTopicAsync();
        using (IProducer<string?, string?> producer = Producer(config => config.LingerMs = 100))
        {
            for (int i = 0; i < 100; i++)
            {
                producer.Produce(topic, new Message<string?, string?> { Value = $"{i}" });
            }

            producer.Flush(Patience);
        }

        Assert.Equal(Enumerable.Range(57, 43).Select(i => $"{i}"), Values(ReadAll(topic, from: 57)));
    }

    [Fact]
    public async Task Fetch_WaitingForData_IsWokenByAnAppend()
    {
        // A broker that does not wake the fetch answers after fetch.wait.max.ms; half of that is the bound, whatever the machine.
        const int maxWaitMs = 4000;
        string topic = await CreateTopicAsync();
        using IProducer<string?, string?> producer = Producer(config => config.LingerMs = 0);
        using IConsumer<string?, string?> consumer = Consumer(config => config.FetchWaitMaxMs = maxWaitMs);
        consumer.Assign(new TopicPartitionOffset(topic, 0, 0));
        List<double> delays = new();
        for (int i = 0; i < 9; i++)
        {
            while (consumer.Consume(Patience) is { IsPartitionEOF: false })
            {
            }

            long start = Stopwatch.GetTimestamp();
            producer.Produce(topic, new Message<string?, string?> { Value = $"{i}" });
            while (consumer.Consume(Patience) is { IsPartitionEOF: true })
            {
            }

            delays.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        Assert.True(delays.Order().ElementAt(delays.Count / 2) < maxWaitMs / 2, $"Delays in ms: {string.Join(' ', delays)}");
    }

    [Fact]
    public async Task Topic_WithLogAppendTime_ShowsTheBrokersTime()
    {
        string topic = await CreateTopicAsync(1, ("message.timestamp.type", "LogAppendTime"));
        using IProducer<string?, string?> producer = Producer();
        DateTimeOffset before = DateTimeOffset.UtcNow.AddMinutes(-1);
        DeliveryResult<string?, string?> delivered = await producer.ProduceAsync(
            topic, new Message<string?, string?> { Value = "old", Timestamp = new Timestamp(1_000, TimestampType.CreateTime) }, Cancelled);

        Timestamp read = ReadAll(topic)[0].Message.Timestamp;

        Assert.Equal(TimestampType.LogAppendTime, read.Type);
        Assert.InRange(read.UtcDateTime, before.UtcDateTime, before.UtcDateTime.AddMinutes(3));
        Assert.Equal(read, delivered.Timestamp);
    }

    [Fact]
    public async Task Offsets_ByTime_AreThoseOfTheFirstRecordAtOrAfter()
    {
        string topic = await CreateTopicAsync(1, KeptForEver);
        using (IProducer<string?, string?> producer = Producer(config => config.LingerMs = 50))
        {
            for (int i = 0; i < 50; i++)
            {
                Timestamp timestamp = new(1_700_000_000_000 + (i * 1000), TimestampType.CreateTime);
                producer.Produce(topic, new Message<string?, string?> { Value = $"{i}", Timestamp = timestamp });
                if (i % 10 == 9)
                {
                    producer.Flush(Patience);
                }
            }
        }

        using IConsumer<string?, string?> consumer = Consumer();
        long Find(long timestamp) => consumer.OffsetsForTimes(
            [new TopicPartitionTimestamp(topic, 0, new Timestamp(timestamp, TimestampType.CreateTime))], Patience)[0].Offset.Value;

        Assert.Equal(0, Find(1));
        Assert.Equal(17, Find(1_700_000_016_001));
        Assert.Equal(17, Find(1_700_000_017_000));
        Assert.Equal(Offset.End.Value, Find(1_700_000_050_000));
    }

    [Fact]
    public async Task Record_AboveMaxMessageBytes_IsRefused()
    {
        string topic = await CreateTopicAsync(1, ("max.message.bytes", "1000"));
        using IProducer<string?, string?> producer = Producer();
        ProduceException<string?, string?> refused = await Assert.ThrowsAsync<ProduceException<string?, string?>>(
            () => producer.ProduceAsync(topic, new Message<string?, string?> { Value = new string('x', 2000) }, Cancelled));
        Assert.Equal(Confluent.Kafka.ErrorCode.MsgSizeTooLarge, refused.Error.Code);
    }

    [Fact]
    public async Task Record_LargerThanTheFetchLimit_IsStillRead()
    {
        string topic = await CreateTopicAsync();
        using (IProducer<string?, string?> producer = Producer())
        {
            await producer.ProduceAsync(topic, new Message<string?, string?> { Value = new string('x', 500_000) }, Cancelled);
            await producer.ProduceAsync(topic, new Message<string?, string?> { Value = "next" }, Cancelled);
        }

        using IConsumer<string?, string?> consumer = Consumer(config => config.MaxPartitionFetchBytes = 1000);
        consumer.Assign(new TopicPartitionOffset(topic, 0, 0));
        Assert.Equal(500_000, consumer.Consume(Patience).Message.Value!.Length);
        Assert.Equal("next", consumer.Consume(Patience).Message.Value);
    }

    [Fact]
    public async Task Produce_WithoutAcknowledgement_Arrives()
    {
        string topic = await CreateTopicAsync();
        using (IProducer<string?, string?> producer = Producer(config => (config.EnableIdempotence, config.Acks) = (false, Acks.None)))
        {
            producer.Produce(topic, new Message<string?, string?> { Value = "a" });
            producer.Flush(Patience);
        }

        using IConsumer<string?, string?> consumer = Consumer(config => config.EnablePartitionEof = false);
        consumer.Assign(new TopicPartitionOffset(topic, 0, 0));
        Assert.Equal("a", consumer.Consume(Patience).Message.Value);
    }

    [Fact]
    public async Task UnknownTopic_IsNotCreatedByAskingForIt()
    {
        string topic = Unique("missing");
        using IProducer<string?, string?> producer = Producer(config => config.MessageTimeoutMs = 3000);
        await Assert.ThrowsAsync<ProduceException<string?, string?>>(
            () => producer.ProduceAsync(topic, new Message<string?, string?> { Value = "x" }, Cancelled));
        using IAdminClient admin = Admin();
        Assert.DoesNotContain(admin.GetMetadata(Patience).Topics, known => known.Topic == topic);
    }
}
