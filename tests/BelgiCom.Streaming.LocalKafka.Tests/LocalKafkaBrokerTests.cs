using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public sealed class LocalKafkaBrokerTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Port_ThatIsTaken_IsNamedInTheFault()
    {
        using TemporaryFolder directory = new();
        using TemporaryFolder other = new();
        await using LocalKafkaBroker first = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = directory.FullPath }, Cancelled);

        LocalKafkaPortInUseException fault = await Assert.ThrowsAsync<LocalKafkaPortInUseException>(
            () => LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = other.FullPath, Port = first.Port }, Cancelled));

        Assert.Equal(first.Port, fault.Port);
    }

    /// <summary>If an emptied file were made anew, it would give out ids again that records on the topics carry.</summary>
    [Theory]
    [InlineData("producer-ids")]
    [InlineData("cluster-id")]
    public async Task FileOfIds_ThatIsEmptied_IsNamedInTheFault(string file)
    {
        using TemporaryFolder directory = new();
        LocalKafkaOptions options = new() { DataDirectory = directory.FullPath };
        await using (await LocalKafkaBroker.StartAsync(options, Cancelled))
        {
        }

        await File.WriteAllTextAsync(Path.Combine(directory.FullPath, file), "", Cancelled);
        LocalKafkaException fault = await Assert.ThrowsAsync<LocalKafkaException>(async () =>
        {
            await using LocalKafkaBroker broker = await LocalKafkaBroker.StartAsync(options, Cancelled);
        });
        Assert.Contains(Path.Combine(directory.FullPath, file), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DataDirectory_ThatIsInUse_IsRefused_AndFreeAfterTheStop()
    {
        using TemporaryFolder directory = new();
        LocalKafkaOptions options = new() { DataDirectory = directory.FullPath };
        await using (await LocalKafkaBroker.StartAsync(options, Cancelled))
        {
            LocalKafkaException fault = await Assert.ThrowsAsync<LocalKafkaException>(
                () => LocalKafkaBroker.StartAsync(options, Cancelled));
            Assert.Contains(directory.FullPath, fault.Message, StringComparison.Ordinal);
        }

        await using LocalKafkaBroker again = await LocalKafkaBroker.StartAsync(options, Cancelled);
        Assert.Equal($"127.0.0.1:{again.Port}", again.BootstrapServers);
    }

    [Fact]
    public async Task Topic_OfAClientThatBeginsLikeOurOwn_IsWritableAfterARestart()
    {
        using TemporaryFolder directory = new();
        for (int start = 0; start < 2; start++)
        {
            await using LocalKafkaBroker broker = await LocalKafkaBroker.StartAsync(
                new LocalKafkaOptions { DataDirectory = directory.FullPath }, Cancelled);
            if (start == 0)
            {
                using IAdminClient admin = new AdminClientBuilder(
                    new AdminClientConfig { BootstrapServers = broker.BootstrapServers }).Build();
                await admin.CreateTopicsAsync([new TopicSpecification { Name = "__x", NumPartitions = 1, ReplicationFactor = 1 }]);
            }

            using IProducer<Null, string> producer = new ProducerBuilder<Null, string>(
                new ProducerConfig { BootstrapServers = broker.BootstrapServers }).Build();
            DeliveryResult<Null, string> sent = await producer.ProduceAsync("__x", new Message<Null, string> { Value = "v" }, Cancelled);
            Assert.Equal(start, sent.Offset.Value);
        }
    }

    [Fact]
    public async Task Broker_InAProcessWithABlockedThreadPool_StillAnswers()
    {
        using TemporaryFolder directory = new();
        await using LocalKafkaBroker broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = directory.FullPath }, Cancelled);
        using ManualResetEventSlim release = new();
        // This is more blocking work than the pool adds threads for while the test runs.
        for (int i = 0; i < 500; i++)
        {
            ThreadPool.QueueUserWorkItem(_ => release.Wait());
        }

        Metadata? metadata = null;
        Thread client = new(() =>
        {
            using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.BootstrapServers }).Build();
            metadata = admin.GetMetadata(TimeSpan.FromSeconds(30));
            release.Set();
        });
        client.Start();
        client.Join();

        Assert.Equal(broker.Port, metadata!.Brokers.Single().Port);
    }
}
