using System.Collections.Concurrent;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public abstract partial class BrokerConformance
{
    [Fact]
    public async Task Group_CommitsOffsets_AndItsNextMemberGoesOnThere()
    {
        string topic = await CreateTopicAsync();
        string group = Unique("group");
        await FillAsync(topic, partitions: 1, perPartition: 10);
        using (IConsumer<string?, string?> consumer = Consumer(config => config.GroupId = group))
        {
            consumer.Subscribe(topic);
            ConsumeRecord(consumer);
            consumer.Commit([new TopicPartitionOffset(topic, 0, 4)]);
            Assert.Equal(4, consumer.Committed([new TopicPartition(topic, 0)], Patience)[0].Offset.Value);
            consumer.Close();
        }

        using IConsumer<string?, string?> next = Consumer(config => config.GroupId = group);
        next.Subscribe(topic);
        Assert.Equal(4, ConsumeRecord(next).Offset.Value);
    }

    [Theory]
    [InlineData(PartitionAssignmentStrategy.CooperativeSticky)]
    [InlineData(PartitionAssignmentStrategy.Range)]
    public async Task Group_MembersComingAndGoing_ShareAllPartitions(PartitionAssignmentStrategy strategy)
    {
        string topic = await CreateTopicAsync(partitions: 6);
        string group = Unique("group");
        await using RunningMember first = new(this, topic, group, strategy);
        await Wait.UntilAsync(() => first.Owned.Count == 6, "the only member owns all");
        await using (RunningMember second = new(this, topic, group, strategy))
        {
            await Wait.UntilAsync(() => first.Owned.Count == 3 && second.Owned.Count == 3, "two members share");
            Assert.Empty(first.Owned.Intersect(second.Owned));
        }

        await Wait.UntilAsync(() => first.Owned.Count == 6, "the remaining member owns all again");
    }

    [Fact]
    public async Task CooperativeMember_KeepsItsPartitionsThroughARebalance()
    {
        string topic = await CreateTopicAsync(partitions: 4);
        string group = Unique("group");
        await using RunningMember first = new(this, topic, group, PartitionAssignmentStrategy.CooperativeSticky);
        await Wait.UntilAsync(() => first.Owned.Count == 4, "the only member owns all");
        await using RunningMember second = new(this, topic, group, PartitionAssignmentStrategy.CooperativeSticky);
        await Wait.UntilAsync(() => first.Owned.Count == 2 && second.Owned.Count == 2, "two members share");

        // Cooperative: only what moves is ever revoked.
        Assert.Equal(2, first.Revoked.Count);
    }

    [Fact]
    public async Task Member_ThatFallsSilent_LosesItsPartitionsWhenItsSessionExpires()
    {
        string topic = await CreateTopicAsync(partitions: 2);
        string group = Unique("group");
        // A static member that is closed does not tell the group that it leaves; the group learns it from the session timeout.
        RunningMember silent = new(
            this, topic, group, PartitionAssignmentStrategy.CooperativeSticky, instanceId: Unique("instance"), sessionTimeoutMs: 1500);
        await Wait.UntilAsync(() => silent.Owned.Count == 2, "the member owns all");
        await silent.DisposeAsync();

        await using RunningMember next = new(this, topic, group, PartitionAssignmentStrategy.CooperativeSticky);
        await Wait.UntilAsync(() => next.Owned.Count == 2, "the silent member's partitions are taken over");
    }

    [Fact]
    public async Task StaticMember_ThatComesBack_GetsItsPartitionsWithoutARebalance()
    {
        string topic = await CreateTopicAsync(partitions: 4);
        string group = Unique("group");
        string instance = Unique("instance");
        // Range is eager: whoever takes part in a rebalance gives up everything first, and so shows it.
        RunningMember Start(string name) => new(this, topic, group, PartitionAssignmentStrategy.Range, name, sessionTimeoutMs: 30_000);
        await using RunningMember stays = Start(Unique("instance"));
        RunningMember restarts = Start(instance);
        await Wait.UntilAsync(() => stays.Owned.Count == 2 && restarts.Owned.Count == 2, "two static members share");
        int assignedBefore = stays.Assignments;
        HashSet<int> ownedBefore = [.. restarts.Owned];
        await restarts.DisposeAsync();

        await using RunningMember back = Start(instance);
        await Wait.UntilAsync(() => back.Owned.Count == 2, "the static member has its partitions back");

        Assert.Equal(ownedBefore.Order(), back.Owned.Order());
        Assert.Equal(assignedBefore, stays.Assignments);
    }

    [Fact]
    public async Task StaticMember_WithATwin_IsFenced()
    {
        string topic = await CreateTopicAsync();
        string group = Unique("group");
        string instance = Unique("instance");
        await using RunningMember original = new(
            this, topic, group, PartitionAssignmentStrategy.CooperativeSticky, instance, sessionTimeoutMs: 30_000);
        await Wait.UntilAsync(() => original.Owned.Count == 1, "the member owns all");
        await using RunningMember twin = new(
            this, topic, group, PartitionAssignmentStrategy.CooperativeSticky, instance, sessionTimeoutMs: 30_000);

        await Wait.UntilAsync(() => original.Fault is not null, "the original is told that it is fenced");
        Assert.Equal(Confluent.Kafka.ErrorCode.FencedInstanceId, original.Fault!.Error.Code);
    }

    [Fact]
    public async Task Groups_AreListedDescribedAndDeleted()
    {
        string topic = await CreateTopicAsync();
        string group = Unique("group");
        using IAdminClient admin = Admin();
        await using (RunningMember member = new(this, topic, group, PartitionAssignmentStrategy.CooperativeSticky))
        {
            await Wait.UntilAsync(() => member.Owned.Count == 1, "the member owns all");
            ConsumerGroupDescription described = (await admin.DescribeConsumerGroupsAsync([group])).ConsumerGroupDescriptions[0];
            Assert.Equal((ConsumerGroupState.Stable, "cooperative-sticky"), (described.State, described.PartitionAssignor));
            Assert.Equal([new TopicPartition(topic, 0)], described.Members.Single().Assignment.TopicPartitions);
            DeleteGroupsException refused = await Assert.ThrowsAsync<DeleteGroupsException>(() => admin.DeleteGroupsAsync([group]));
            Assert.Equal(Confluent.Kafka.ErrorCode.NonEmptyGroup, refused.Results[0].Error.Code);
            member.CommitAll();
        }

        Assert.Contains(admin.ListGroups(Patience), listed => listed.Group == group);
        await admin.DeleteGroupsAsync([group]);
        Assert.DoesNotContain(admin.ListGroups(Patience), listed => listed.Group == group);
        DeleteGroupsException unknown = await Assert.ThrowsAsync<DeleteGroupsException>(() => admin.DeleteGroupsAsync([group]));
        Assert.Equal(Confluent.Kafka.ErrorCode.GroupIdNotFound, unknown.Results[0].Error.Code);
    }

    private async Task FillAsync(string topic, int partitions, int perPartition)
    {
        using IProducer<string?, string?> producer = Producer();
        for (int i = 0; i < partitions * perPartition; i++)
        {
            producer.Produce(new TopicPartition(topic, i % partitions), new Message<string?, string?> { Key = $"{i}", Value = $"{i}" });
        }

        await Task.Run(() => producer.Flush(Patience), Cancelled);
    }

    /// <summary>
    /// A group member on its own thread. When it is disposed of, a dynamic one leaves the group, and a static one stays in it until its
    /// session expires.
    /// </summary>
    private sealed class RunningMember : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<int, bool> _owned = [];
        private readonly CancellationTokenSource _stopping = new();
        private readonly IConsumer<string?, string?> _consumer;
        private readonly Task _running;

        public RunningMember(
            BrokerConformance suite,
            string topic,
            string group,
            PartitionAssignmentStrategy strategy,
            string? instanceId = null,
            int sessionTimeoutMs = 6000)
        {
            _consumer = suite.Consumer(config =>
                {
                    config.GroupId = group;
                    config.GroupInstanceId = instanceId;
                    config.PartitionAssignmentStrategy = strategy;
                    config.SessionTimeoutMs = sessionTimeoutMs;
                },
                new ConsumerHandlers(Assigned, LostOrRevoked));
            _consumer.Subscribe(topic);
            _running = Task.Factory.StartNew(Run, TaskCreationOptions.LongRunning);
        }

        public ICollection<int> Owned => _owned.Keys;

        public ConcurrentBag<int> Revoked { get; } = [];

        public int Assignments { get; private set; }

        public KafkaException? Fault { get; private set; }

        public void CommitAll() => _consumer.Commit(_consumer.Assignment.Select(partition => new TopicPartitionOffset(partition, 0)));

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await _running;
            _stopping.Dispose();
        }

        private void Assigned(List<TopicPartition> partitions)
        {
            Assignments++;
            partitions.ForEach(partition => _owned[partition.Partition] = true);
        }

        private void LostOrRevoked(List<TopicPartitionOffset> partitions)
        {
            foreach (TopicPartitionOffset partition in partitions)
            {
                _owned.TryRemove(partition.Partition, out _);
                Revoked.Add(partition.Partition);
            }
        }

        private void Run()
        {
            try
            {
                while (!_stopping.IsCancellationRequested)
                {
                    _consumer.Consume(TimeSpan.FromMilliseconds(50));
                }
            }
            catch (KafkaException fault)
            {
                Fault = fault;
            }

            if (Fault is null)
            {
                _consumer.Close();
            }

            _consumer.Dispose();
        }
    }
}
