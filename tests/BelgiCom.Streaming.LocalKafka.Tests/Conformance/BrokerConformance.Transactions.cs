using BelgiCom.Streaming.Testing;
using Confluent.Kafka;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public abstract partial class BrokerConformance
{
    [Fact]
    public async Task Transaction_Committed_BecomesVisibleAsAWhole()
    {
        string topic = await CreateTopicAsync(partitions: 2);
        using IProducer<string?, string?> producer = TransactionalProducer(Unique("tx"));
        producer.BeginTransaction();
        await ProduceAsync(producer, topic, 0, "a", "b");
        await ProduceAsync(producer, topic, 1, "c");

        Assert.Empty(ReadAll(topic, 0));
        Assert.Equal(["a", "b"], Values(ReadAll(topic, 0, isolation: IsolationLevel.ReadUncommitted)));

        producer.CommitTransaction(Patience);
        Assert.Equal(["a", "b"], Values(ReadAll(topic, 0)));
        Assert.Equal(["c"], Values(ReadAll(topic, 1)));
    }

    [Fact]
    public async Task Transactions_AbortedBetweenCommittedOnes_AreLeftOut()
    {
        string topic = await CreateTopicAsync();
        using IProducer<string?, string?> producer = TransactionalProducer(Unique("tx"));
        using IProducer<string?, string?> other = TransactionalProducer(Unique("tx"));
        other.BeginTransaction();
        await ProduceAsync(other, topic, 0, "other");
        for (int i = 0; i < 20; i++)
        {
            producer.BeginTransaction();
            await ProduceAsync(producer, topic, 0, $"{i}");
            if (i % 2 == 0)
            {
                producer.CommitTransaction(Patience);
            }
            else
            {
                producer.AbortTransaction(Patience);
            }
        }

        other.AbortTransaction(Patience);

        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i * 2}"), Values(ReadAll(topic)));
        Assert.Equal(21, ReadAll(topic, isolation: IsolationLevel.ReadUncommitted).Count);
    }

    [Fact]
    public async Task WaitingReader_OfCommittedRecords_IsWokenByTheCommit()
    {
        const int maxWaitMs = 20_000;
        string topic = await CreateTopicAsync();
        using IProducer<string?, string?> producer = TransactionalProducer(Unique("tx"));
        using IConsumer<string?, string?> consumer = Consumer(config => config.FetchWaitMaxMs = maxWaitMs);
        consumer.Assign(new TopicPartitionOffset(topic, 0, 0));
        producer.BeginTransaction();
        await ProduceAsync(producer, topic, 0, "a");
        while (consumer.Consume(Patience) is { IsPartitionEOF: false })
        {
        }

        producer.CommitTransaction(Patience);

        // Half of the wait is the bound: a broker that does not wake the fetch lets it run out.
        ConsumeResult<string?, string?>? read = consumer.Consume(TimeSpan.FromMilliseconds(maxWaitMs / 2.0));
        Assert.Equal("a", read?.Message?.Value);
    }

    [Fact]
    public async Task Zombie_AfterASuccessor_IsFenced()
    {
        string topic = await CreateTopicAsync();
        string transactionalId = Unique("tx");
        using IProducer<string?, string?> zombie = TransactionalProducer(transactionalId);
        zombie.BeginTransaction();
        await ProduceAsync(zombie, topic, 0, "zombie");

        using IProducer<string?, string?> successor = TransactionalProducer(transactionalId);
        successor.BeginTransaction();
        await ProduceAsync(successor, topic, 0, "successor");
        successor.CommitTransaction(Patience);

        KafkaException fenced = Assert.ThrowsAny<KafkaException>(() => zombie.CommitTransaction(Patience));
        Assert.True(fenced.Error.IsFatal, fenced.Error.ToString());
        Assert.Equal(["successor"], Values(ReadAll(topic)));
    }

    [Fact]
    public async Task Zombie_ProducingAfterASuccessor_IsFenced()
    {
        string topic = await CreateTopicAsync();
        string transactionalId = Unique("tx");
        using IProducer<string?, string?> zombie = TransactionalProducer(transactionalId);
        zombie.BeginTransaction();
        await ProduceAsync(zombie, topic, 0, "zombie");
        using IProducer<string?, string?> successor = TransactionalProducer(transactionalId);

        await Assert.ThrowsAnyAsync<KafkaException>(() => ProduceAsync(zombie, topic, 0, "late"));
        Assert.Empty(ReadAll(topic));
    }

    [Fact]
    public async Task OffsetsOfATransaction_CountWhenItCommits()
    {
        string input = await CreateTopicAsync();
        string output = await CreateTopicAsync();
        string group = Unique("group");
        using IProducer<string?, string?> source = Producer();
        for (int i = 0; i < 5; i++)
        {
            await source.ProduceAsync(input, new Message<string?, string?> { Value = $"{i}" }, Cancelled);
        }

        using IConsumer<string?, string?> consumer = Consumer(config => config.GroupId = group);
        consumer.Subscribe(input);
        ConsumeResult<string?, string?> first = ConsumeRecord(consumer);
        using IProducer<string?, string?> producer = TransactionalProducer(Unique("tx"));

        producer.BeginTransaction();
        await ProduceAsync(producer, output, 0, "aborted");
        producer.SendOffsetsToTransaction([new TopicPartitionOffset(input, 0, 4)], consumer.ConsumerGroupMetadata, Patience);
        producer.AbortTransaction(Patience);
        Assert.Equal(Offset.Unset, consumer.Committed([first.TopicPartition], Patience)[0].Offset);

        producer.BeginTransaction();
        await ProduceAsync(producer, output, 0, "committed");
        producer.SendOffsetsToTransaction([new TopicPartitionOffset(input, 0, 3)], consumer.ConsumerGroupMetadata, Patience);
        producer.CommitTransaction(Patience);
        Assert.Equal(3, consumer.Committed([first.TopicPartition], Patience)[0].Offset.Value);
        Assert.Equal(["committed"], Values(ReadAll(output)));
    }

    [Fact]
    public async Task OffsetsOfAnOpenTransaction_HoldBackTheNextReader()
    {
        string input = await CreateTopicAsync();
        string group = Unique("group");
        using IProducer<string?, string?> source = Producer();
        for (int i = 0; i < 5; i++)
        {
            await source.ProduceAsync(input, new Message<string?, string?> { Value = $"{i}" }, Cancelled);
        }

        using IProducer<string?, string?> producer = TransactionalProducer(Unique("tx"));
        using (IConsumer<string?, string?> consumer = Consumer(config => config.GroupId = group))
        {
            consumer.Subscribe(input);
            ConsumeRecord(consumer);
            producer.BeginTransaction();
            producer.SendOffsetsToTransaction([new TopicPartitionOffset(input, 0, 3)], consumer.ConsumerGroupMetadata, Patience);
            consumer.Close();
        }

        using IConsumer<string?, string?> next = Consumer(config => config.GroupId = group);
        next.Subscribe(input);
        // The offset is unstable: a reader that got it now, before the commit, would start at 0 and read twice.
        Assert.Null(next.Consume(TimeSpan.FromSeconds(2)));
        producer.CommitTransaction(Patience);
        Assert.Equal(3, ConsumeRecord(next).Offset.Value);
    }

    [Fact]
    public async Task Transaction_OpenForLongerThanItsTimeout_IsAbortedByTheBroker()
    {
        string topic = await CreateTopicAsync();
        using IProducer<string?, string?> producer = TransactionalProducer(Unique("tx"), TimeSpan.FromSeconds(2));
        producer.BeginTransaction();
        await ProduceAsync(producer, topic, 0, "late");
        using IProducer<string?, string?> plain = Producer();
        await plain.ProduceAsync(topic, new Message<string?, string?> { Value = "behind" }, Cancelled);

        await Wait.UntilAsync(() => Values(ReadAll(topic)) is ["behind"], "the abort of the overdue transaction");

        Assert.ThrowsAny<KafkaException>(() => producer.CommitTransaction(Patience));
    }

    private static ConsumeResult<string?, string?> ConsumeRecord(IConsumer<string?, string?> consumer)
    {
        while (true)
        {
            ConsumeResult<string?, string?> result = consumer.Consume(Patience) ?? throw new TimeoutException("No record came.");
            if (!result.IsPartitionEOF)
            {
                return result;
            }
        }
    }

    private static async Task ProduceAsync(IProducer<string?, string?> producer, string topic, int partition, params string[] values)
    {
        foreach (string value in values)
        {
            await producer.ProduceAsync(
                new TopicPartition(topic, partition), new Message<string?, string?> { Key = value, Value = value }, Cancelled);
        }
    }
}
