using System.Buffers;
using System.Text.Json;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.LocalKafka;
using BelgiCom.Streaming.Testing;
using BelgiCom.Streaming.Tool;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Records = BelgiCom.Streaming.Kafka.TopicReader;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// A data folder as the release before ours left it, stopped before anything was billed and in the midst of one partition's usage: every
/// record of every topic under the schema before. All readers of ours must read it: rating and its restore, billing, retention, the
/// publisher of reference data, and what counts the run.
/// </summary>
public sealed class OlderReleaseTests
{
    private const int Halved = 1;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_OnTopicsOfTheReleaseBefore_BillsWhatItRatedAndCountsItAll()
    {
        using TemporaryFolder folder = new();
        Dictionary<string, string> settings = new() { ["Keys__Directory"] = folder.Under("keys") };
        JsonElement ours = (await Belgicom.RunAsync(settings, "run", "--data", folder.Under("ours"), "--json")).WithExitCode(0).Json;
        long left = await RewriteAsync(folder.Under("ours", "broker"), folder.Under("older", "broker"));

        JsonElement run = (await Belgicom.RunAsync(settings, "run", "--data", folder.Under("older"), "--json")).WithExitCode(0).Json
            .AssertConserved();

        // The samples are received once more, and are duplicates of what the older release rated.
        Assert.Equal(2 * ours.Records("received"), run.TotalRecords("received"));
        Assert.Equal((ours.Records("rated"), ours.Records("zeroRated")), (run.TotalRecords("rated"), run.TotalRecords("zeroRated")));
        Assert.Equal((left, ours.BilledLines(), ours.BilledAmount()), (run.Records("carriedOver"), run.BilledLines(), run.BilledAmount()));
        Assert.Equal((left, ours.Records("received")), (run.Records("rated") + run.Records("zeroRated"), run.Records("duplicate")));
        Assert.Equal(
            LedgerFile.UsageAmounts(folder.Under("ours", "ledger.db")), LedgerFile.UsageAmounts(folder.Under("older", "ledger.db")));
    }

    /// <summary>Copies the topics as the release before would have written them, and returns how much usage is left to rate.</summary>
    private static async Task<long> RewriteAsync(string from, string to)
    {
        await using LocalKafkaBroker ours = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = from }, Cancel);
        await using LocalKafkaBroker older = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = to }, Cancel);
        KafkaOptions source = new() { BootstrapServers = ours.BootstrapServers };
        using Records reader = new(source, new ConsumerOptions(), TimeProvider.System);
        using TopicAdmin admin = new(new KafkaOptions { BootstrapServers = older.BootstrapServers }, NullLogger<TopicAdmin>.Instance);
        await admin.EnsureAsync(
            [.. Topics.All.Select(topic => new TopicSpec(topic.Name, reader.RangesOf(topic.Name).Count, topic.Config))]);
        using KafkaSchemaLog log = await KafkaSchemaLog.OpenAsync(older.BootstrapServers);
        await using LocalSchemaRegistry registry = await LocalSchemaRegistry.StartAsync(log, new LocalSchemaRegistryOptions(), Cancel);
        using SchemaRegistryClient client = new(new SchemaRegistryOptions { Url = registry.Url.ToString() });
        IReadOnlyDictionary<string, int> ids = await SchemaSubjects.EnsureAsync(
            client, Topics.All.Select(topic => (topic.Name, OtherRelease.Before(topic.SchemaJson))), Cancel);
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(
            new ProducerConfig { BootstrapServers = older.BootstrapServers, Partitioner = Partitioner.Consistent }).Build();
        PartitionRange halved = reader.RangesOf(Topics.UsageReceived).Single(range => range.Partition.Partition == Halved);
        List<long> received = [];
        reader.Read([halved], batch => received.AddRange(Enumerable.Range(0, batch.Count).Select(i => batch[i].Offset)), Cancel);
        int rated = received.Count / 2;
        Assert.True(rated > 0, "the partition holds no usage");
        foreach (TopicDescription topic in Topics.All)
        {
            SchemaResolver resolver = SchemaResolver.Create(topic.SchemaJson, OtherRelease.Before(topic.SchemaJson));
            Assert.False(resolver.IsIdentity);
            reader.Read(reader.RangesOf(topic.Name), batch => Copy(batch, received[rated], resolver, ids[topic.Name], producer), Cancel);
        }

        producer.Flush(Cancel);
        using IConsumer<byte[], byte[]> rating = new ConsumerBuilder<byte[], byte[]>(
            new ConsumerConfig { BootstrapServers = older.BootstrapServers, GroupId = "rating" }).Build();
        using Records written = new(
            new KafkaOptions { BootstrapServers = older.BootstrapServers }, new ConsumerOptions(), TimeProvider.System);
        rating.Commit(
            written.RangesOf(Topics.UsageReceived).Select(
                range => new TopicPartitionOffset(range.Partition, range.Partition == halved.Partition ? rated : range.To)));
        return received.Count - rated;
    }

    private static void Copy(RecordBatch batch, long firstUnrated, SchemaResolver resolver, int id, IProducer<byte[], byte[]> producer)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            ConsumedRecord record = batch[i];
            if (!IsThere(in record, firstUnrated))
            {
                continue;
            }

            ArrayBufferWriter<byte> older = new();
            resolver.Resolve(record.Value[WireFormat.HeaderSize..], older);
            producer.Produce(
                new TopicPartition(record.Topic, record.Partition),
                new Message<byte[], byte[]>
                {
                    Key = record.Key.ToArray(),
                    Value = EventValue.Of(id, older.WrittenSpan),
                    Timestamp = new Timestamp(record.TimestampMilliseconds, TimestampType.CreateTime),
                });
        }
    }

    /// <summary>
    /// Whether the release before has the record: it lacks what follows from usage that is not rated yet, and meters and marks, which it
    /// did not write.
    /// </summary>
    private static bool IsThere(in ConsumedRecord record, long firstUnrated)
    {
        ReadOnlySpan<byte> body = record.Value[WireFormat.HeaderSize..];
        bool isHalved = record.Partition == Halved;
        return record.Topic switch
        {
            Topics.RatingState => !isHalved && RatingState.Read(body) is { Checkpoint: null, Meter: null },
            Topics.UsageRated => !isHalved || UsageRated.Read(body).ReceivedOffset < firstUnrated,
            Topics.UsageRejected => !isHalved || UsageRejected.Read(body).ReceivedOffset < firstUnrated,
            _ => true,
        };
    }
}
