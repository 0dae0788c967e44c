using System.Buffers.Binary;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>Topics of one test, with unique names, and numbers as records: the number is the value, so doubles and losses show.</summary>
internal sealed class TestCluster
{
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];

    public TestCluster(string bootstrapServers) => Options = new TestOptions(
        new KafkaOptions { BootstrapServers = bootstrapServers, InstanceId = "test-" + _run },
        new ConsumerOptions { BatchMaxRecords = 500, SessionTimeout = TimeSpan.FromSeconds(10) },
        new LaneOptions { Lanes = 1, CommitTimeout = TimeSpan.FromSeconds(10) });

    public TestOptions Options { get; }

    public string Group => "group-" + _run;

    public string In => "in." + _run;

    public string Out => "out." + _run;

    public async Task CreateAsync(int partitions)
    {
        using TopicAdmin admin = new(Options.Kafka, NullLogger<TopicAdmin>.Instance);
        Dictionary<string, string> none = [];
        await admin.EnsureAsync([new TopicSpec(In, partitions, none, 1), new TopicSpec(Out, partitions, none, 1)]);
    }

    /// <summary>Writes numbers, spread over the partitions, in transactions of the given size.</summary>
    public void Send(int first, int count, int perTransaction = 1000, int partitions = 1)
    {
        using TransactionalSender sender = Sender("source-" + Guid.NewGuid().ToString("N")[..8]);
        for (int start = first; start < first + count; start += perTransaction)
        {
            int end = Math.Min(start + perTransaction, first + count);
            sender.Send(output =>
                {
                    Span<byte> value = stackalloc byte[8];
                    for (int number = start; number < end; number++)
                    {
                        BinaryPrimitives.WriteInt64BigEndian(value, number);
                        output.Produce(In, number % partitions, value[4..], value);
                    }
                },
                CancellationToken.None);
        }
    }

    /// <summary>All committed numbers of a topic, partition after partition as read.</summary>
    public List<long> Read(string topic)
    {
        using TopicReader reader = Reader();
        List<long> numbers = [];
        reader.Read(
            reader.RangesOf(topic),
            batch =>
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    numbers.Add(BinaryPrimitives.ReadInt64BigEndian(batch[i].Value));
                }
            },
            TestContext.Current.CancellationToken);
        return numbers;
    }

    /// <summary>Runs one lane until it has read everything, then stops it in order.</summary>
    public async Task RunLaneAsync(PassThrough handler, TestOptions? options = null)
    {
        using CancellationTokenSource stop = new();
        Task running = Lanes(_ => handler, options).RunAsync(stop.Token);
        await UntilDoneAsync(running);
        await stop.CancelAsync();
        await running;
    }

    /// <summary>The same options with other brokers (a proxy) or with other settings; the rest is shared.</summary>
    public TestOptions With(Action<TestOptions> change)
    {
        TestOptions options = new(
            new KafkaOptions
            {
                BootstrapServers = Options.Kafka.BootstrapServers,
                InstanceId = Options.Kafka.InstanceId,
                ClientPath = Options.Kafka.ClientPath,
            },
            new ConsumerOptions
            {
                BatchMaxRecords = Options.Consumer.BatchMaxRecords,
                SessionTimeout = Options.Consumer.SessionTimeout,
            },
            new LaneOptions { Lanes = Options.Lanes.Lanes, CommitTimeout = Options.Lanes.CommitTimeout });
        change(options);
        return options;
    }

    /// <summary>The same options through a proxy, asking often which brokers there are.</summary>
    public TestOptions Behind(KafkaProxy proxy) => With(options =>
    {
        options.Kafka.BootstrapServers = proxy.BootstrapServers;
        options.Kafka.Properties["topic.metadata.refresh.interval.ms"] = "500";
    });

    public GroupHost Lanes(
        Func<int, ITransactionalBatchHandler> handlers, TestOptions? options = null, TestLog<GroupHost>? log = null,
        TimeProvider? clock = null) =>
        GroupHost.OfLanes(
            (options ?? Options).Kafka, (options ?? Options).Consumer, (options ?? Options).Lanes, Group, [In], handlers,
            clock ?? TimeProvider.System, log ?? TestLog<GroupHost>.Instance);

    public GroupHost Sink(ISinkBatchHandler handler, TestOptions? options = null, TestLog<GroupHost>? log = null) =>
        GroupHost.OfSink(
            (options ?? Options).Kafka, (options ?? Options).Consumer, Group, [In], handler, TimeProvider.System,
            log ?? TestLog<GroupHost>.Instance);

    public TransactionalSender Sender(string name, TestOptions? options = null) =>
        new((options ?? Options).Kafka, (options ?? Options).Lanes, name, TimeProvider.System, NullLogger<TransactionalSender>.Instance);

    public TopicReader Reader(TestOptions? options = null) =>
        new((options ?? Options).Kafka, (options ?? Options).Consumer, TimeProvider.System);

    /// <summary>Waits until the group has read everything.</summary>
    public async Task UntilDoneAsync(Task running)
    {
        using GroupLag lag = new(Options.Kafka);
        await Wait.WhileAsync(running, async () =>
            {
                try
                {
                    return await lag.TotalAsync(Group, [In]) == 0;
                }
                catch (KafkaException failure) when (!failure.Error.IsFatal)
                {
                    // The coordinator of a new broker's first group is not there yet.
                    return false;
                }
            },
            "everything is read");
    }

    /// <summary>Asserts that every number is there once, and no other.</summary>
    public void AssertExactlyOnce(int first, int count) =>
        Assert.Equal(Enumerable.Range(first, count).Select(number => (long)number), Read(Out).Order());
}
