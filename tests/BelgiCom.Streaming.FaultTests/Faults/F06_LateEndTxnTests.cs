using System.Buffers.Binary;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F6 (KAFKA-17754): EndTxn is held back for longer than the commit waits, and reaches the broker when the next transaction is open. It
/// must not end that one.
/// </summary>
public sealed class F06_LateEndTxnTests
{
    private const string In = "faults.in";
    private const string Out = "faults.out";
    private const int RecordsPerTransaction = 5;

    [Fact]
    public async Task F06_EndTxnArrivesDuringTheNextTransaction_EveryTransactionIsVisibleAsAWholeOrNotAtAll()
    {
        int transactions = Scale.Of(200, 10_000);
        int late = Scale.Of(9, 299);
        await using RatingPlatform platform = await RatingPlatform.StartAsync(subscribers: 1);
        await platform.CreateTopicAsync(In, 1);
        await platform.CreateTopicAsync(Out, 2);
        Send(platform, transactions);
        await using KafkaProxy proxy = KafkaProxy.Start(platform.Kafka.BootstrapServers);
        TaggingHandler handler = new(proxy, late, period: transactions / (late + 1));
        using CancellationTokenSource stop = new();
        Task running = Lanes(proxy, handler).RunAsync(stop.Token);

        for (int held = 0; held < late; held++)
        {
            await ReleaseInTheNextTransactionAsync(proxy, await handler.NextHoldAsync(running), running);
        }

        using GroupLag lag = new(platform.Kafka);
        await Wait.UntilAsync(async () => running.IsCompleted || await lag.TotalAsync("faults", [In]) == 0, "all transactions", []);
        await stop.CancelAsync();
        await running;

        IReadOnlyList<Finding> findings = TagCheck.Find(Read(platform), transactions, RecordsPerTransaction);
        Assert.True(findings.Count == 0, string.Join('\n', findings.Take(20)));
        Assert.True(proxy.Forwarded(KafkaApi.InitProducerId) > late, "not every unknown outcome was followed by a new producer");
        Notes.Write($"{late} late EndTxn in {transactions} transactions, {proxy.Forwarded(KafkaApi.InitProducerId)} producers");
    }

    private static async Task ReleaseInTheNextTransactionAsync(KafkaProxy proxy, Hold hold, Task running)
    {
        await Wait.UntilAsync(() => hold.Caught.IsCompleted || running.IsCompleted, "EndTxn to be held back");
        int producers = proxy.Forwarded(KafkaApi.InitProducerId);
        await Wait.UntilAsync(() => proxy.Forwarded(KafkaApi.InitProducerId) > producers || running.IsCompleted, "a new producer");
        int begun = proxy.Forwarded(KafkaApi.AddPartitionsToTxn);
        await Wait.UntilAsync(() => proxy.Forwarded(KafkaApi.AddPartitionsToTxn) > begun || running.IsCompleted, "the next transaction");
        hold.Release();
    }

    private static GroupHost Lanes(KafkaProxy proxy, TaggingHandler handler) => GroupHost.OfLanes(
        new KafkaOptions
        {
            BootstrapServers = proxy.BootstrapServers,
            InstanceId = "faults",
            RecoveryTimeout = Wait.Patience,
        },
        new ConsumerOptions { BatchMaxRecords = 1 },
        new LaneOptions { Lanes = 1, CommitTimeout = TimeSpan.FromMilliseconds(300) },
        "faults",
        [In],
        _ => handler,
        TimeProvider.System,
        NullLogger<GroupHost>.Instance);

    private static void Send(RatingPlatform platform, int count)
    {
        using TransactionalSender sender = platform.Sender("numbers");
        sender.Send(output =>
            {
                Span<byte> value = stackalloc byte[sizeof(long)];
                for (long number = 0; number < count; number++)
                {
                    BinaryPrimitives.WriteInt64BigEndian(value, number);
                    output.Produce(In, 0, value, value);
                }
            },
            TestContext.Current.CancellationToken);
    }

    private static List<Tag> Read(RatingPlatform platform)
    {
        using TopicReader reader = new(platform.Kafka, new ConsumerOptions(), TimeProvider.System);
        List<Tag> tags = [];
        reader.Read(
            reader.RangesOf(Out),
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ReadOnlySpan<byte> value = batch[index].Value;
                    int attempt = BinaryPrimitives.ReadInt32BigEndian(value[sizeof(long)..]);
                    tags.Add(new Tag(BinaryPrimitives.ReadInt64BigEndian(value), attempt));
                }
            },
            TestContext.Current.CancellationToken);
        return tags;
    }

    /// <summary>
    /// Answers each input by <see cref="RecordsPerTransaction"/> records that bear its number and the attempt. After every
    /// <paramref name="period"/> committed transactions it has EndTxn held back, <paramref name="late"/> times in all.
    /// </summary>
    private sealed class TaggingHandler(KafkaProxy proxy, int late, int period) : ITransactionalBatchHandler
    {
        private readonly System.Threading.Channels.Channel<Hold> _holds = System.Threading.Channels.Channel.CreateUnbounded<Hold>();
        private int _attempt;
        private int _committed;
        private int _held;

        public async Task<Hold> NextHoldAsync(Task running)
        {
            Task<Hold> next = _holds.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();
            await Task.WhenAny(next, running);
            Assert.False(running.IsCompleted, $"the lane ended: {running.Exception?.GetBaseException().Message}");
            return await next;
        }

        public void Assigned(IReadOnlyList<TopicPartition> partitions)
        {
        }

        public void Revoked(IReadOnlyList<TopicPartition> partitions)
        {
        }

        public void Handle(RecordBatch batch, TransactionalOutput output)
        {
            byte[] value = new byte[sizeof(long) + sizeof(int)];
            batch[0].Value.CopyTo(value);
            BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(sizeof(long)), ++_attempt);
            for (int record = 0; record < RecordsPerTransaction; record++)
            {
                output.Produce(Out, record % 2, batch[0].Value, value);
            }

            if (_held < late && _committed >= (_held + 1) * period)
            {
                _held++;
                _holds.Writer.TryWrite(proxy.HoldRequests(KafkaApi.EndTxn));
            }
        }

        public void Committed() => _committed++;

        public void Aborted()
        {
        }
    }
}
