using BelgiCom.Streaming.Testing;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>Rules P1 to P15 of docs/kafka-client.md, by number.</summary>
public sealed class TransactionRuleTests(ChosenBroker kafka)
{
    [Fact]
    public async Task P01_RestartAfterEveryRecord_OffsetsAreTheNextToRead()
    {
        TestCluster cluster = await ClusterAsync(partitions: 1);
        cluster.Options.Consumer.BatchMaxRecords = 1;
        cluster.Send(0, 8, perTransaction: 3);

        for (int run = 0; run < 8; run++)
        {
            using CancellationTokenSource stop = new();
            PassThrough handler = new(cluster.Out) { AfterCommit = _ => stop.Cancel() };
            await cluster.Lanes(_ => handler).RunAsync(stop.Token);
            Assert.Equal(1, handler.CommittedRecords);
        }

        await cluster.RunLaneAsync(new PassThrough(cluster.Out));
        cluster.AssertExactlyOnce(0, 8);
    }

    [Fact]
    public async Task P02_Revoked_CommitsBeforeGivingBack()
    {
        TestCluster cluster = await ClusterAsync(partitions: 4);
        cluster.Options.Consumer.BatchMaxRecords = 50;
        cluster.Send(0, 4000, partitions: 4);
        using CancellationTokenSource stop = new();
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        PassThrough first = new(cluster.Out) { AfterCommit = records => began.TrySetResult() };
        Task firstRun = cluster.Lanes(_ => first).RunAsync(stop.Token);
        await began.Task;

        PassThrough second = new(cluster.Out);
        Task secondRun = cluster.Lanes(_ => second, cluster.With(options => options.Kafka.InstanceId += "-second")).RunAsync(stop.Token);
        await Until(() => second.Owned.Count == 2 && first.Owned.Count == 2, firstRun, secondRun);
        cluster.Send(4000, 2000, partitions: 4);
        await cluster.UntilDoneAsync(Task.WhenAny(firstRun, secondRun).Unwrap());
        await stop.CancelAsync();
        await Task.WhenAll(firstRun, secondRun);

        IReadOnlyList<string> calls = first.Calls;
        Assert.All(Enumerable.Range(0, calls.Count).Where(i => calls[i] == "revoked"), i => Assert.NotEqual("handle", calls[i - 1]));
        cluster.AssertExactlyOnce(0, 6000);
    }

    [Fact]
    public async Task P02_Lost_AbortsWhatSomebodyElseNowOwns()
    {
        TestCluster cluster = await ClusterAsync(partitions: 1);
        cluster.Send(0, 100);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        using CancellationTokenSource stop = new();
        using ManualResetEventSlim successorDone = new();
        PassThrough loser = new(cluster.Out)
        {
            AfterHandle = call =>
            {
                if (call == 1)
                {
                    proxy.BlackHole();
                    successorDone.Wait();
                    proxy.Heal();
                }
            },
        };
        TestOptions shortSession = cluster.With(options =>
        {
            options.Kafka.BootstrapServers = proxy.BootstrapServers;
            options.Consumer.SessionTimeout = TimeSpan.FromSeconds(1);
        });
        Task losing = cluster.Lanes(_ => loser, shortSession).RunAsync(stop.Token);
        await Until(() => loser.Count("handle") == 1, losing);

        await cluster.RunLaneAsync(new PassThrough(cluster.Out), cluster.With(options => options.Kafka.InstanceId += "-successor"));
        successorDone.Set();
        await Until(() => loser.Count("aborted") == 1, losing);
        await stop.CancelAsync();
        await losing;

        Assert.Equal(0, loser.Count("committed"));
        cluster.AssertExactlyOnce(0, 100);
    }

    /// <summary>librdkafka#5301: a client that a broker tells of no broker drops the one it has, and asks nobody any more.</summary>
    [Fact]
    public async Task P02_ToldOfNoBroker_FindsTheBrokersAgain()
    {
        TestCluster cluster = await ClusterAsync(partitions: 1);
        cluster.Send(0, 100);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        using CancellationTokenSource stop = new();
        PassThrough handler = new(cluster.Out);
        TestLog<GroupHost> log = new();
        Task running = cluster.Lanes(_ => handler, cluster.Behind(proxy), log).RunAsync(stop.Token);
        await cluster.UntilDoneAsync(running);

        proxy.HideBrokers = true;
        await Until(() => log.Saw("ClientError"), running);
        proxy.HideBrokers = false;
        cluster.Send(100, 100);
        await cluster.UntilDoneAsync(running);
        await stop.CancelAsync();
        await running;

        cluster.AssertExactlyOnce(0, 200);
    }

    [Fact]
    public async Task P03_FatalError_EndsTheHostWithATypedException()
    {
        TestCluster cluster = await ClusterAsync(partitions: 1);
        cluster.Send(0, 10);
        TaskCompletionSource fenced = new(TaskCreationOptions.RunContinuationsAsynchronously);
        PassThrough zombie = new(cluster.Out) { AfterHandle = call => fenced.Task.Wait() };
        using CancellationTokenSource stop = new();
        Task running = cluster.Lanes(_ => zombie).RunAsync(stop.Token);
        await Until(() => zombie.Count("handle") == 1, running);

        // The successor has the same transactional id, as the restarted instance would have.
        using (IProducer<byte[], byte[]> successor = new ProducerBuilder<byte[], byte[]>(
            KafkaClients.TransactionalProducerConfig(
                cluster.Options.Kafka, cluster.Options.Lanes,
                KafkaClients.TransactionalId(cluster.Options.Kafka, cluster.Group, 0))).Build())
        {
            successor.InitTransactions(TimeSpan.FromSeconds(10));
        }

        fenced.SetResult();
        await Assert.ThrowsAsync<ProducerFencedException>(() => running);
        Assert.Empty(cluster.Read(cluster.Out));

        await cluster.RunLaneAsync(new PassThrough(cluster.Out));
        cluster.AssertExactlyOnce(0, 10);
    }

    [Theory]
    [InlineData(ClientPath.Native)]
    [InlineData(ClientPath.Managed)]
    public async Task P04_AfterAbort_PartitionsAreReadAgainFromTheCommittedOffset(ClientPath path)
    {
        TestCluster cluster = await ClusterAsync(partitions: 3);
        cluster.Options.Kafka.ClientPath = path;
        cluster.Options.Consumer.BatchMaxRecords = 100;
        cluster.Send(0, 3000, partitions: 3);
        PassThrough handler = new(cluster.Out)
        {
            AfterHandle = call =>
            {
                if (call % 5 == 0)
                {
                    throw new InvalidOperationException("planted");
                }
            },
        };

        await cluster.RunLaneAsync(handler);

        Assert.True(handler.Count("aborted") >= 5);
        cluster.AssertExactlyOnce(0, 3000);
        Assert.All(cluster.Read(cluster.Out).GroupBy(number => number % 3), partition => Assert.Equal(partition.Order(), partition));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task P06_CommitNotAnswered_NewProducerFindsOutAndNothingIsLostOrDoubled(bool requestArrives)
    {
        TestCluster cluster = await ClusterAsync(partitions: 2);
        cluster.Send(0, 2000, partitions: 2);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        TestOptions impatient = cluster.With(options =>
        {
            options.Kafka.BootstrapServers = proxy.BootstrapServers;
            options.Lanes.CommitTimeout = TimeSpan.FromSeconds(1);
            options.Consumer.BatchMaxRecords = 100;
        });
        Hold? hold = null;
        PassThrough handler = new(cluster.Out)
        {
            AfterHandle = call =>
            {
                if (call == 3)
                {
                    hold = requestArrives ? proxy.HoldResponses(KafkaApi.EndTxn) : proxy.HoldRequests(KafkaApi.EndTxn);
                }
            },
        };
        using CancellationTokenSource stop = new();
        Task running = cluster.Lanes(_ => handler, impatient).RunAsync(stop.Token);
        await Until(() => hold is not null, running);
        await Task.WhenAny(hold!.Caught, running);
        int initialised = proxy.Forwarded(KafkaApi.InitProducerId);
        await Until(() => proxy.Forwarded(KafkaApi.InitProducerId) > initialised, running);

        // The old producer's EndTxn reaches the broker when the new producer is at work (KAFKA-17754).
        hold.Release();
        await cluster.UntilDoneAsync(running);
        await stop.CancelAsync();
        await running;

        cluster.AssertExactlyOnce(0, 2000);
        Assert.Equal(requestArrives ? 0 : 1, handler.Count("aborted"));
    }

    [Fact]
    public async Task P07_RecordThatCannotBeDelivered_FailsTheTransactionAndIsNotDropped()
    {
        TestCluster cluster = await ClusterAsync(partitions: 1);
        cluster.Send(0, 10);
        PassThrough handler = new("no.such.topic");
        TestOptions brief = cluster.With(options =>
        {
            options.Kafka.RecoveryTimeout = TimeSpan.FromSeconds(1);
            options.Lanes.CommitTimeout = TimeSpan.FromSeconds(1);
        });

        await Assert.ThrowsAnyAsync<ClientFailedException>(
            () => cluster.Lanes(_ => handler, brief).RunAsync(TestContext.Current.CancellationToken));

        using GroupLag lag = new(cluster.Options.Kafka);
        Assert.Equal(0, handler.CommittedRecords);
        Assert.True(await lag.TotalAsync(cluster.Group, [cluster.In]) >= 10);
    }

    [Theory]
    [InlineData(ClientPath.Native)]
    [InlineData(ClientPath.Managed)]
    public async Task P08_QueueFull_WaitsAndDropsNothing(ClientPath path)
    {
        TestCluster cluster = await ClusterAsync(partitions: 2);
        cluster.Send(0, 3000, partitions: 2);
        TestOptions narrow = cluster.With(options =>
        {
            options.Kafka.ClientPath = path;
            options.Kafka.Properties["queue.buffering.max.messages"] = "20";
        });

        await cluster.RunLaneAsync(new PassThrough(cluster.Out), narrow);

        cluster.AssertExactlyOnce(0, 3000);
    }

    [Fact]
    public async Task P09_ConnectionsReset_ProducerIsReplacedAndEveryNumberIsThereOnce()
    {
        TestCluster cluster = await ClusterAsync(partitions: 2);
        cluster.Send(0, 4000, partitions: 2);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        PassThrough handler = new(cluster.Out)
        {
            AfterHandle = call =>
            {
                if (call % 4 == 0)
                {
                    proxy.ResetConnections();
                }
            },
        };

        await cluster.RunLaneAsync(handler, cluster.With(options =>
        {
            options.Kafka.BootstrapServers = proxy.BootstrapServers;
            options.Consumer.BatchMaxRecords = 200;
        }));

        // A request of a broken connection may still be under way: only a new epoch makes it harmless.
        Assert.True(proxy.Forwarded(KafkaApi.InitProducerId) > 2);
        cluster.AssertExactlyOnce(0, 4000);
    }

    [Fact]
    public async Task P09_SlowAndNarrowConnection_EveryNumberIsThereOnce()
    {
        TestCluster cluster = await ClusterAsync(partitions: 2);
        cluster.Send(0, 2000, partitions: 2);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        proxy.Latency = TimeSpan.FromMilliseconds(20);
        proxy.BytesPerSecond = 375_000;

        await cluster.RunLaneAsync(
            new PassThrough(cluster.Out), cluster.With(options => options.Kafka.BootstrapServers = proxy.BootstrapServers));

        cluster.AssertExactlyOnce(0, 2000);
    }

    [Fact]
    public async Task P11_HandlerCannotDecode_TheOffsetNeverPassesTheRecord()
    {
        TestCluster cluster = await ClusterAsync(partitions: 1);
        cluster.Send(0, 50);
        PassThrough broken = new(cluster.Out) { AfterHandle = _ => throw new InvalidDataException("registry away") };

        BatchFailedException failure = await Assert.ThrowsAsync<BatchFailedException>(
            () => cluster.Lanes(_ => broken).RunAsync(TestContext.Current.CancellationToken));

        Assert.StartsWith($"{cluster.In}[0]@0..", failure.Range, StringComparison.Ordinal);
        Assert.IsType<InvalidDataException>(failure.InnerException);
        Assert.Equal(3, broken.Count("aborted"));
        Assert.Empty(cluster.Read(cluster.Out));
        await cluster.RunLaneAsync(new PassThrough(cluster.Out));
        cluster.AssertExactlyOnce(0, 50);
    }

    [Fact]
    public async Task P13_EndOfPartition_CommitsBehindMarkersAndNeverBack()
    {
        TestCluster cluster = await ClusterAsync(partitions: 1);
        cluster.Send(0, 5, perTransaction: 1);
        await cluster.RunLaneAsync(new PassThrough(cluster.Out));

        using GroupLag lag = new(cluster.Options.Kafka);
        PartitionLag before = Assert.Single(await lag.ReadAsync(cluster.Group, [cluster.In]));
        await cluster.RunLaneAsync(new PassThrough(cluster.Out));
        PartitionLag after = Assert.Single(await lag.ReadAsync(cluster.Group, [cluster.In]));

        // The topic has 5 records and 5 transaction markers.
        Assert.Equal(10, before.Committed);
        Assert.Equal(10, before.End);
        Assert.Equal(before, after);
    }

    [Fact]
    public async Task P14_MaxPollIntervalExceeded_BatchIsAbortedAndDoneOnce()
    {
        TestCluster cluster = await ClusterAsync(partitions: 1);
        cluster.Send(0, 100);
        TestOptions strict = cluster.With(options =>
        {
            options.Consumer.SessionTimeout = TimeSpan.FromSeconds(1);
            options.Consumer.MaxPollInterval = TimeSpan.FromSeconds(1);
        });
        using GroupLag lag = new(cluster.Options.Kafka);
        using ManualResetEventSlim overdue = new();
        PassThrough slow = new(cluster.Out)
        {
            AfterHandle = call =>
            {
                if (call == 1)
                {
                    overdue.Wait();
                }
            },
        };
        using CancellationTokenSource stop = new();
        Task running = cluster.Lanes(_ => slow, strict).RunAsync(stop.Token);
        await Until(() => slow.Count("handle") == 1, running);

        // Another member takes over, which shows that the group has given up on the slow one.
        using CancellationTokenSource stopOther = new();
        PassThrough other = new(cluster.Out);
        Task otherRun = cluster.Lanes(_ => other, cluster.With(options => options.Kafka.InstanceId += "-other")).RunAsync(stopOther.Token);
        await Until(() => other.Owned.Count == 1, running, otherRun);
        overdue.Set();
        await Until(() => slow.Count("aborted") >= 1, running, otherRun);
        await cluster.UntilDoneAsync(running);
        await stop.CancelAsync();
        await stopOther.CancelAsync();
        await Task.WhenAll(running, otherRun);

        cluster.AssertExactlyOnce(0, 100);
    }

    [Fact]
    public async Task P15_TransactionTimedOutByTheCoordinator_LaneIsFencedAndTheNextOneDoesTheBatchOnce()
    {
        TestCluster cluster = await ClusterAsync(partitions: 1);
        cluster.Send(0, 100);
        TestOptions hasty = cluster.With(options =>
        {
            options.Lanes.TransactionTimeout = TimeSpan.FromSeconds(2);
            options.Lanes.CommitTimeout = TimeSpan.FromSeconds(1);
        });
        using TopicReader reader = cluster.Reader();
        PassThrough slow = new(cluster.Out)
        {
            AfterHandle = call =>
            {
                // The coordinator writes an abort marker when it gives up: only then is there more in the log than was produced.
                while (call == 1 && reader.RangeOf(new TopicPartition(cluster.Out, 0)).To <= 100)
                {
                    Thread.Sleep(20);
                }
            },
        };
        await Assert.ThrowsAsync<ProducerFencedException>(
            () => cluster.Lanes(_ => slow, hasty).RunAsync(TestContext.Current.CancellationToken));

        Assert.Empty(cluster.Read(cluster.Out));
        await cluster.RunLaneAsync(new PassThrough(cluster.Out));
        cluster.AssertExactlyOnce(0, 100);
    }

    private async Task<TestCluster> ClusterAsync(int partitions)
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(partitions);
        return cluster;
    }

    private static Task Until(Func<bool> condition, params Task[] running) =>
        Wait.WhileAsync(Task.WhenAny(running).Unwrap(), condition);
}
