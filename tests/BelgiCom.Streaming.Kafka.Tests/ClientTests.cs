using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>Sinks, senders, bounded reads, lag and topics.</summary>
public sealed class ClientTests(ChosenBroker kafka)
{
    [Fact]
    public async Task Sink_SinkFailsNowAndThen_GetsEveryRecordAndLagBecomesZero()
    {
        TestCluster cluster = await ClusterAsync(2);
        cluster.Send(0, 3000, partitions: 2);
        Sink sink = new() { FailEvery = 4 };

        await RunSinkAsync(cluster, sink);

        Assert.Equal(Enumerable.Range(0, 3000).Select(number => (long)number), sink.Numbers.Order());
        Assert.True(sink.Failures > 0);
    }

    [Fact]
    public async Task Sink_SinkKnowsItsPositions_StartsThere()
    {
        TestCluster cluster = await ClusterAsync(1);
        cluster.Send(0, 100);
        Sink sink = new() { Start = 40 };

        await RunSinkAsync(cluster, sink);

        Assert.Equal(Enumerable.Range(40, 60).Select(number => (long)number), sink.Numbers);
    }

    [Fact]
    public async Task Sink_StoppedAndStarted_ContinuesWhereItWas()
    {
        TestCluster cluster = await ClusterAsync(1);
        cluster.Send(0, 100);
        Sink sink = new();
        await RunSinkAsync(cluster, sink);
        cluster.Send(100, 50);

        await RunSinkAsync(cluster, sink);

        Assert.Equal(Enumerable.Range(0, 150).Select(number => (long)number), sink.Numbers);
    }

    /// <summary>This is librdkafka#5301 on a sink; P2 tests it on lanes.</summary>
    [Fact]
    public async Task Sink_ToldOfNoBroker_FindsTheBrokersAgain()
    {
        TestCluster cluster = await ClusterAsync(1);
        cluster.Send(0, 100);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        using CancellationTokenSource stop = new();
        Sink sink = new();
        TestLog<GroupHost> log = new();
        GroupHost host = cluster.Sink(sink, cluster.Behind(proxy), log);
        Task running = host.RunAsync(stop.Token);
        await cluster.UntilDoneAsync(running);

        proxy.HideBrokers = true;
        await Wait.WhileAsync(running, () => log.Saw("ClientError"));
        proxy.HideBrokers = false;
        cluster.Send(100, 100);
        await cluster.UntilDoneAsync(running);
        await stop.CancelAsync();
        await running;

        Assert.Equal(Enumerable.Range(0, 200).Select(number => (long)number), sink.Numbers);
    }

    [Fact]
    public async Task Sink_SinkNeverWorks_EndsWithTheRangeAndCommitsNothing()
    {
        TestCluster cluster = await ClusterAsync(1);
        cluster.Options.Kafka.RecoveryTimeout = TimeSpan.FromMilliseconds(300);
        cluster.Send(0, 10);
        GroupHost host = cluster.Sink(new Sink { FailEvery = 1 });

        BatchFailedException failure = await Assert.ThrowsAsync<BatchFailedException>(
            () => host.RunAsync(TestContext.Current.CancellationToken));

        Assert.StartsWith($"{cluster.In}[0]@0..", failure.Range, StringComparison.Ordinal);
        Assert.Equal(ConsumerState.Failed, Assert.Single(host.Health).State);
        using GroupLag lag = new(cluster.Options.Kafka);
        Assert.Null(Assert.Single(await lag.ReadAsync(cluster.Group, [cluster.In])).Committed);
    }

    [Fact]
    public async Task Sink_StartOutsideTheLog_EndsInsteadOfJumping()
    {
        TestCluster cluster = await ClusterAsync(1);
        cluster.Send(0, 10);
        GroupHost host = cluster.Sink(new Sink { Start = 1_000_000 });

        ClientFailedException failure = await Assert.ThrowsAsync<ClientFailedException>(
            () => host.RunAsync(TestContext.Current.CancellationToken));

        Assert.Contains("outside the log", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sender_CallerFails_NothingBecomesVisibleAndTheNextChunkDoes()
    {
        TestCluster cluster = await ClusterAsync(1);
        using TransactionalSender sender = cluster.Sender("sender-" + cluster.Group);

        Assert.Throws<InvalidDataException>(() => sender.Send(output =>
            {
                output.Produce(cluster.Out, 0, [], new byte[8]);
                throw new InvalidDataException("planted");
            },
            CancellationToken.None));
        sender.Send(output => output.Produce(cluster.Out, 0, [], [0, 0, 0, 0, 0, 0, 0, 7]), CancellationToken.None);

        Assert.Equal([7], cluster.Read(cluster.Out));
    }

    [Fact]
    public async Task Sender_CommitNotAnswered_SaysSoAndIsReadyForTheNextChunk()
    {
        TestCluster cluster = await ClusterAsync(1);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        TestOptions impatient = cluster.With(options =>
        {
            options.Kafka.BootstrapServers = proxy.BootstrapServers;
            options.Lanes.CommitTimeout = TimeSpan.FromSeconds(1);
        });
        using TransactionalSender sender = cluster.Sender("sender-" + cluster.Group, impatient);
        sender.Send(output => output.Produce(cluster.Out, 0, [], [0, 0, 0, 0, 0, 0, 0, 1]), CancellationToken.None);
        Hold hold = proxy.HoldRequests(KafkaApi.EndTxn);

        Task<ChunkNotSentException> sending = Task.Run(() => Assert.Throws<ChunkNotSentException>(
            () => sender.SendOnce(output => output.Produce(cluster.Out, 0, [], [0, 0, 0, 0, 0, 0, 0, 2]), CancellationToken.None)));
        await sending;
        hold.Release();
        sender.Send(output => output.Produce(cluster.Out, 0, [], [0, 0, 0, 0, 0, 0, 0, 3]), CancellationToken.None);

        // The held commit came after the new producer's epoch: chunk 2 was aborted, and cannot be committed late.
        Assert.Equal([1, 3], cluster.Read(cluster.Out));
    }

    [Fact]
    public async Task Sender_CommitNotAnswered_SendsTheChunkAgain()
    {
        TestCluster cluster = await ClusterAsync(1);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        TestOptions impatient = cluster.With(options =>
        {
            options.Kafka.BootstrapServers = proxy.BootstrapServers;
            options.Lanes.CommitTimeout = TimeSpan.FromSeconds(1);
        });
        using TransactionalSender sender = cluster.Sender("sender-" + cluster.Group, impatient);
        sender.Send(output => output.Produce(cluster.Out, 0, [], [0, 0, 0, 0, 0, 0, 0, 1]), CancellationToken.None);
        Hold hold = proxy.HoldRequests(KafkaApi.EndTxn);
        int attempts = 0;

        sender.Send(
            output =>
            {
                if (++attempts == 2)
                {
                    hold.Release();
                }

                output.Produce(cluster.Out, 0, [], [0, 0, 0, 0, 0, 0, 0, 2]);
            },
            CancellationToken.None);

        Assert.Equal(2, attempts);
        Assert.Equal([1, 2], cluster.Read(cluster.Out));
    }

    [Fact]
    public async Task Sender_RecordTooLarge_IsRefusedByItsTopicAndSizeOnly()
    {
        TestCluster cluster = await ClusterAsync(1);
        using TransactionalSender sender = cluster.Sender("sender-" + cluster.Group);

        RecordRefusedException refused = Assert.Throws<RecordRefusedException>(
            () => sender.Send(output => output.Produce(cluster.Out, 0, "k"u8, new byte[2_000_000]), CancellationToken.None));

        Assert.Equal(ErrorCode.MsgSizeTooLarge, refused.Code);
        Assert.Empty(cluster.Read(cluster.Out));
    }

    [Fact]
    public async Task Reader_Range_GivesExactlyTheOffsetsAskedFor()
    {
        TestCluster cluster = await ClusterAsync(1);
        cluster.Send(0, 100);
        using TopicReader reader = cluster.Reader();
        List<long> offsets = [];

        long count = reader.Read(
            [new PartitionRange(new TopicPartition(cluster.In, 0), 10, 20)],
            batch =>
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    offsets.Add(batch[i].Offset);
                }
            },
            CancellationToken.None);

        Assert.Equal(10, count);
        Assert.Equal(Enumerable.Range(10, 10).Select(offset => (long)offset), offsets);
    }

    [Fact]
    public async Task Reader_UsedAgain_ReadsTheSame()
    {
        TestCluster cluster = await ClusterAsync(3);
        cluster.Send(0, 300, partitions: 3);
        using TopicReader reader = cluster.Reader();

        long first = reader.Read(reader.RangesOf(cluster.In), _ => { }, CancellationToken.None);
        long second = reader.Read(reader.RangesOf(cluster.In), _ => { }, CancellationToken.None);
        long none = reader.Read(reader.RangesOf(cluster.Out), _ => { }, CancellationToken.None);

        Assert.Equal((300, 300, 0), (first, second, none));
    }

    [Fact]
    public async Task Lag_GroupThatNeverWas_CountsFromTheBeginning()
    {
        TestCluster cluster = await ClusterAsync(2);
        cluster.Send(0, 10, perTransaction: 10, partitions: 2);
        using GroupLag lag = new(cluster.Options.Kafka);

        IReadOnlyList<PartitionLag> partitions = await lag.ReadAsync("nobody-" + cluster.Group, [cluster.In]);

        Assert.All(partitions, partition => Assert.Null(partition.Committed));
        Assert.Equal(12, partitions.Sum(partition => partition.Lag));
    }

    [Fact]
    public async Task Lag_ToldOfNoBroker_IsKnownAtTheNextQuestion()
    {
        TestCluster cluster = await ClusterAsync(1);
        cluster.Send(0, 100);
        await using KafkaProxy proxy = KafkaProxy.Start(kafka.BootstrapServers);
        using GroupLag lag = new(cluster.Behind(proxy).Kafka);
        long before = await lag.TotalAsync(cluster.Group, [cluster.In]);

        proxy.HideBrokers = true;
        await Assert.ThrowsAnyAsync<KafkaException>(() => lag.TotalAsync(cluster.Group, [cluster.In]));
        proxy.HideBrokers = false;

        Assert.Equal(before, await lag.TotalAsync(cluster.Group, [cluster.In]));
    }

    [Fact]
    public async Task Topics_EnsureTwice_CreatesOnce()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        using TopicAdmin admin = new(cluster.Options.Kafka, TestLog<TopicAdmin>.Instance);
        TopicSpec spec = new(cluster.In, 2, new Dictionary<string, string> { ["cleanup.policy"] = "compact" }, 1);

        Assert.Equal([cluster.In], await admin.EnsureAsync([spec]));
        Assert.Equal([cluster.Out], await admin.EnsureAsync([spec, spec with { Name = cluster.Out }]));
    }

    [Fact]
    public async Task Health_WhileRunning_NamesStateAndProgressOfEveryPartition()
    {
        TestCluster cluster = await ClusterAsync(2);
        cluster.Send(0, 20, partitions: 2);
        using CancellationTokenSource stop = new();
        GroupHost host = cluster.Lanes(_ => new PassThrough(cluster.Out));
        Task running = host.RunAsync(stop.Token);
        await cluster.UntilDoneAsync(running);

        await Wait.WhileAsync(
            running,
            () => host.Health[0].Partitions.Count == 2
                && host.Health[0].Partitions.All(partition => partition.Lag <= 0 && partition.Committed >= 11));

        Assert.Equal([0, 0], LagMetric(cluster));
        await stop.CancelAsync();
        await running;
        Assert.Equal(ConsumerState.Stopped, host.Health[0].State);
        Assert.Empty(LagMetric(cluster));
    }

    private static List<long> LagMetric(TestCluster cluster)
    {
        List<long> lags = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "belgicom_kafka_lag_records")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, lag, labels, _) =>
        {
            if (labels.Contains(new KeyValuePair<string, object?>("group", cluster.Group)))
            {
                lags.Add(lag);
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return lags;
    }

    private static async Task RunSinkAsync(TestCluster cluster, Sink sink)
    {
        using CancellationTokenSource stop = new();
        GroupHost host = cluster.Sink(sink);
        Task running = host.RunAsync(stop.Token);
        await cluster.UntilDoneAsync(running);
        await stop.CancelAsync();
        await running;
    }

    private async Task<TestCluster> ClusterAsync(int partitions)
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(partitions);
        return cluster;
    }

    private sealed class Sink : ISinkBatchHandler
    {
        private int _calls;

        public List<long> Numbers { get; } = [];

        public int FailEvery { get; init; } = int.MaxValue;

        public long? Start { get; init; }

        public int Failures { get; private set; }

        public long? StartOffset(AssignedLog log) => Start;

        public void Handle(RecordBatch batch)
        {
            if (++_calls % FailEvery == 0)
            {
                Failures++;
                throw new IOException("planted");
            }

            for (int i = 0; i < batch.Count; i++)
            {
                Numbers.Add(BinaryPrimitives.ReadInt64BigEndian(batch[i].Value));
            }
        }
    }
}
