using System.Text;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>What both ways of taking batches must do alike.</summary>
public abstract class BatchConsumerContract(ChosenBroker kafka, ClientPath path)
{
    protected string BootstrapServers => kafka.BootstrapServers;

    private static readonly BatchLimits Wide = new(1000, 1 << 20, TimeSpan.FromMilliseconds(50));

    [Fact]
    public async Task Poll_Records_GivesKeysValuesTombstonesAndTimesAsWritten()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        long before = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        using (TransactionalSender sender = cluster.Sender("contract-" + cluster.Group))
        {
            sender.Send(output =>
                {
                    output.Produce(cluster.In, 0, "key"u8, "value"u8);
                    output.Produce(cluster.In, 0, "empty"u8, []);
                    output.Produce(cluster.In, 0, [], "keyless"u8);
                    output.ProduceTombstone(cluster.In, 0, "gone"u8);
                    output.Copy(
                        cluster.In, 0, new ConsumedRecord("", 0, 0, 0, "headed"u8, "h"u8, isTombstone: false),
                        [new("x-reason", [1]), new("x-reason", [2]), new("x-none", [])]);
                    output.Copy(cluster.In, 0, new ConsumedRecord("", 0, 0, 0, "gone"u8, [], isTombstone: true), [new("x-reason", [3])]);
                },
                CancellationToken.None);
        }

        List<string> seen = [];
        using Reader reader = new(cluster, path);
        await reader.UntilEndAsync(batch =>
        {
            for (int i = 0; i < batch.Count; i++)
            {
                ConsumedRecord record = batch[i];
                seen.Add(
                    $"{record.Partition}@{record.Offset} "
                    + $"{Encoding.UTF8.GetString(record.Key)}={(record.IsTombstone ? "null" : Encoding.UTF8.GetString(record.Value))}");
                Assert.Equal(cluster.In, record.Topic);
                Assert.Equal(
                    record.Offset switch { 4 => ["x-reason 01", "x-reason 02", "x-none "], 5 => ["x-reason 03"], _ => [] },
                    batch.HeadersOf(i).Select(header => $"{header.Key} {Convert.ToHexString(header.Value)}"));
                Assert.InRange(record.TimestampMilliseconds, before - 1000, before + 600_000);
            }
        });

        Assert.Equal(["0@0 key=value", "0@1 empty=", "0@2 =keyless", "0@3 gone=null", "0@4 headed=h", "0@5 gone=null"], seen);
    }

    [Fact]
    public async Task Poll_MoreThanMaxRecords_ClosesTheBatchAtTheLimit()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(2);
        cluster.Send(0, 3000, partitions: 2);
        List<int> counts = [];
        using Reader reader = new(cluster, path) { Limits = Wide with { MaxRecords = 700 } };

        await reader.UntilEndAsync(batch => counts.Add(batch.Count));

        Assert.Equal(3000, counts.Sum());
        Assert.True(counts.Max() == 700, $"largest batch {counts.Max()}");
    }

    [Fact]
    public async Task Poll_MoreThanMaxBytes_ClosesTheBatchSoonAfter()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        cluster.Send(0, 5000);
        List<long> bytes = [];
        using Reader reader = new(cluster, path) { Limits = Wide with { MaxRecords = 100_000, MaxBytes = 1200 } };

        await reader.UntilEndAsync(batch => bytes.Add(batch.Bytes));

        // A record has 12 octets (4 of key, 8 of value). A piece of the queue, up to 1,024 records, is looked at as a whole.
        Assert.Equal(60_000, bytes.Sum());
        Assert.InRange(bytes.Max(), 1200, 1200 + (1024 * 12));
    }

    [Fact]
    public async Task Poll_EndOfPartition_ReportsTheOffsetBehindTheMarkers()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        cluster.Send(0, 6, perTransaction: 2);
        List<(long Next, bool AtEnd)> progress = [];
        using Reader reader = new(cluster, path);

        await reader.UntilEndAsync(batch => progress.AddRange(batch.Progress.Select(part => (part.Next, part.AtEnd))));

        Assert.Equal((9, true), progress[^1]);
    }

    [Fact]
    public async Task Release_AfterUse_LeavesNoRecordReachable()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        cluster.Send(0, 10);
        using Reader reader = new(cluster, path);
        PolledBatch? kept = null;
        await reader.UntilEndAsync(batch => kept = batch);

        kept!.Release();

        Assert.Equal(0, kept.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => kept[0].Offset);
    }

    [Fact]
    public async Task RemoveWhere_SomeRecords_KeepsTheOthersInOrder()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        cluster.Send(0, 10);
        List<long> offsets = [];
        using Reader reader = new(cluster, path);

        await reader.UntilEndAsync(batch =>
        {
            batch.RemoveWhere((_, _, offset) => offset % 3 == 0);
            for (int i = 0; i < batch.Count; i++)
            {
                offsets.Add(batch[i].Offset);
            }
        });

        Assert.Equal([1, 2, 4, 5, 7, 8], offsets);
    }

    [Fact]
    public async Task Poll_OffsetOutsideTheLog_ReportsAnErrorAndNoRecord()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(1);
        cluster.Send(0, 5);
        using Reader reader = new(cluster, path, from: 1_000_000);
        List<ErrorCode> errors = [];

        while (errors.Count == 0)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            PolledBatch batch = reader.Poll();
            Assert.Equal(0, batch.Count);
            errors.AddRange(batch.Errors.Select(error => error.Code));
        }

        Assert.Contains(ErrorCode.Local_AutoOffsetReset, errors);
    }

    private sealed class Reader : IDisposable
    {
        private readonly IConsumer<byte[], byte[]> _consumer;
        private readonly IBatchConsumer _batches;
        private readonly int _partitions;

        public Reader(TestCluster cluster, ClientPath path, long from = 0)
        {
            _consumer = new ConsumerBuilder<byte[], byte[]>(KafkaClients.ReaderConfig(cluster.Options.Kafka, cluster.Options.Consumer))
                .SetErrorHandler((_, _) => { })
                .SetLogHandler((_, _) => { })
                .Build();
            _batches = BatchConsumer.Over(_consumer, path, TimeProvider.System);
            Assert.IsType(path == ClientPath.Native ? typeof(NativeBatchConsumer) : typeof(ManagedBatchConsumer), _batches);
            using TopicReader ranges = cluster.Reader();
            TopicPartitionOffset[] positions = [
                .. ranges.RangesOf(cluster.In).Select(range => new TopicPartitionOffset(range.Partition, from))];
            _partitions = positions.Length;
            _consumer.Assign(positions);
        }

        public BatchLimits Limits { get; init; } = Wide;

        public PolledBatch Poll() => _batches.Poll(Limits, TimeSpan.FromMilliseconds(100));

        public Task UntilEndAsync(Action<PolledBatch> see) => DedicatedThread.Run("reader", () =>
        {
            HashSet<TopicPartition> ended = [];
            while (ended.Count < _partitions)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                PolledBatch batch = Poll();
                if (batch.Progress.Count > 0)
                {
                    ended.UnionWith(batch.Progress.Where(part => part.AtEnd).Select(part => part.TopicPartition));
                    see(batch);
                }
            }
        });

        public void Dispose()
        {
            _batches.Dispose();
            _consumer.Dispose();
        }
    }
}

public sealed class NativeBatchConsumerTests(ChosenBroker kafka) : BatchConsumerContract(kafka, ClientPath.Native)
{
    [Fact]
    public void Binding_WithTheClientOfThisBuild_Works() => Assert.Null(Librdkafka.UnavailableBecauseOf);

    [Fact]
    public async Task Lane_NativePath_AllocatesNothingPerRecord()
    {
        const int Records = 40_000;
        TestCluster cluster = new(BootstrapServers);
        cluster.Options.Consumer.BatchMaxRecords = 10_000;
        await cluster.CreateAsync(1);
        cluster.Send(0, Records, perTransaction: 10_000);
        long first = 0;
        long last = 0;
        int committedAtFirst = 0;
        PassThrough handler = null!;
        handler = new PassThrough(cluster.Out)
        {
            AfterHandle = call =>
            {
                last = GC.GetAllocatedBytesForCurrentThread();
                if (call == 2)
                {
                    first = last;
                    committedAtFirst = handler.CommittedRecords;
                }
            },
        };

        await cluster.RunLaneAsync(handler);

        double perRecord = (last - first) / (double)(Records - committedAtFirst - 10_000);
        Assert.True(perRecord < 2, $"{perRecord} octets per record");
    }
}

public sealed class ManagedBatchConsumerTests(ChosenBroker kafka) : BatchConsumerContract(kafka, ClientPath.Managed);
