using System.Collections.Concurrent;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public abstract partial class BrokerConformance
{
    [Fact]
    public async Task Acknowledged_Records_SurviveKill9()
    {
        const int count = 20_000;
        string topic = await CreateTopicAsync(partitions: 2);
        int acknowledged = 0;
        // Reports come from two threads: the client's own and, while it flushes, the caller's.
        ConcurrentBag<Error> refused = new();
        using (IProducer<string?, string?> producer = Producer())
        {
            for (int i = 0; i < count; i++)
            {
                // The kill falls into the stream: what is in flight is sent again, and must neither be lost nor written twice.
                producer.Produce(new TopicPartition(topic, i % 2), new Message<string?, string?> { Value = $"{i}" }, report =>
                {
                    if (report.Error.IsError)
                    {
                        refused.Add(report.Error);
                    }
                    else
                    {
                        Interlocked.Increment(ref acknowledged);
                    }
                });
                if (i == count / 2)
                {
                    await KillAndRestartAsync();
                }
            }

            await Task.Run(() => producer.Flush(Patience), Cancelled);
        }

        // The last reports may still be on their way from the client's thread when the flush returns.
        await Wait.UntilAsync(() => Volatile.Read(ref acknowledged) + refused.Count == count, "every record has its report");
        Assert.Empty(refused);
        IEnumerable<string?> read = Enumerable.Range(0, 2).SelectMany(partition => Values(ReadAll(topic, partition)));
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}").Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Transaction_OpenAcrossKill9_CommitsWithItsOffsets()
    {
        string input = await CreateTopicAsync();
        string output = await CreateTopicAsync();
        string group = Unique("group");
        await FillAsync(input, partitions: 1, perPartition: 10);
        using IProducer<string?, string?> producer = TransactionalProducer(Unique("tx"));
        producer.BeginTransaction();
        await ProduceAsync(producer, output, 0, "before");
        AnonymousGroup nobody = new(group);
        producer.SendOffsetsToTransaction([new TopicPartitionOffset(input, 0, 7)], nobody.Metadata(this), Patience);

        await KillAndRestartAsync();

        await ProduceAsync(producer, output, 0, "after");
        Assert.Empty(ReadAll(output));
        producer.CommitTransaction(Patience);
        Assert.Equal(["before", "after"], Values(ReadAll(output)));
        using IConsumer<string?, string?> consumer = Consumer(config => config.GroupId = group);
        await EventuallyAsync(() => Assert.Equal(7, consumer.Committed([new TopicPartition(input, 0)], Patience)[0].Offset.Value));
    }

    [Fact]
    public async Task AbortedTransactions_AfterKill9_AreStillLeftOut()
    {
        string topic = await CreateTopicAsync();
        string transactionalId = Unique("tx");
        using (IProducer<string?, string?> producer = TransactionalProducer(transactionalId))
        {
            producer.BeginTransaction();
            await ProduceAsync(producer, topic, 0, "aborted");
            producer.AbortTransaction(Patience);
            producer.BeginTransaction();
            await ProduceAsync(producer, topic, 0, "committed");
            producer.CommitTransaction(Patience);
            producer.BeginTransaction();
            await ProduceAsync(producer, topic, 0, "left open");
            await KillAndRestartAsync();
        }

        Assert.Equal(["committed"], Values(ReadAll(topic)));
        using IProducer<string?, string?> successor = TransactionalProducer(transactionalId);
        successor.BeginTransaction();
        await ProduceAsync(successor, topic, 0, "successor");
        successor.CommitTransaction(Patience);
        Assert.Equal(["committed", "successor"], Values(ReadAll(topic)));
    }

    [Fact]
    public async Task TopicsGroupsAndSettings_SurviveKill9()
    {
        string topic = await CreateTopicAsync(2, ("retention.ms", "12345678"));
        string group = Unique("group");
        await FillAsync(topic, partitions: 2, perPartition: 5);
        using (IConsumer<string?, string?> consumer = Consumer(config => config.GroupId = group))
        {
            consumer.Commit([new TopicPartitionOffset(topic, 1, 3)]);
        }

        await KillAndRestartAsync();

        using IConsumer<string?, string?> next = Consumer(config => config.GroupId = group);
        await EventuallyAsync(() => Assert.Equal(3, next.Committed([new TopicPartition(topic, 1)], Patience)[0].Offset.Value));
        using IAdminClient admin = Admin();
        Assert.Equal(2, admin.GetMetadata(topic, Patience).Topics[0].Partitions.Count);
        List<DescribeConfigsResult> described = await admin.DescribeConfigsAsync(
            [new Confluent.Kafka.Admin.ConfigResource { Type = Confluent.Kafka.Admin.ResourceType.Topic, Name = topic }]);
        Assert.Equal("12345678", described[0].Entries["retention.ms"].Value);
    }

    [Fact]
    public async Task Group_AcrossKill9_GoesOnWithoutARebalance()
    {
        string topic = await CreateTopicAsync(partitions: 2);
        string group = Unique("group");
        await using RunningMember member = new(this, topic, group, PartitionAssignmentStrategy.Range, sessionTimeoutMs: 30_000);
        await Wait.UntilAsync(() => member.Owned.Count == 2, "the member owns all");

        await KillAndRestartAsync();

        // Its old identity is good for a commit, which a forgotten member's would not be.
        await EventuallyAsync(member.CommitAll);
        Assert.Equal((2, 1), (member.Owned.Count, member.Assignments));
    }

    private async Task KillAndRestartAsync()
    {
        ProcessBroker? process = _broker as ProcessBroker;
        Assert.SkipWhen(process is null, ProcessBroker.NoContainer);
        await process.KillAndStartAgainAsync();
    }

    /// <summary>Asks again while the coordinator is not back: the client passes that error on to its caller.</summary>
    private static async Task EventuallyAsync(Action ask) => await Wait.UntilAsync(() =>
        {
            try
            {
                ask();
                return true;
            }
            catch (KafkaException fault) when (
                fault.Error.Code is Confluent.Kafka.ErrorCode.NotCoordinatorForGroup or Confluent.Kafka.ErrorCode.GroupLoadInProgress)
            {
                return false;
            }
        },
        "the coordinator is back");

    /// <summary>Metadata of a group that nobody has joined: its offsets are committed without a member.</summary>
    private sealed record AnonymousGroup(string Name)
    {
        public IConsumerGroupMetadata Metadata(BrokerConformance suite)
        {
            using IConsumer<string?, string?> consumer = suite.Consumer(config => config.GroupId = Name);
            return consumer.ConsumerGroupMetadata;
        }
    }
}
