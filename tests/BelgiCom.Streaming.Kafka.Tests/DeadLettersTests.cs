using System.Text;
using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class DeadLettersTests(ChosenBroker kafka)
{
    private static readonly TestRecord Record = new("usage.rated.v1", 3, 42, [1, 2], [3], 1_700_000_000_000);

    [Fact]
    public void Send_Record_KeepsOctetsAndSaysWhereFromAndWhy()
    {
        CapturedOutput output = new();

        Sender(output).Send(new TestBatch([Record with { Offset = 41 }, Record]), [new DeadLetter(1, DeadLetterReason.Undecodable, 2)]);

        ProducedRecord letter = Assert.Single(output.Records);
        Assert.Equal("sink.usage.rated.v1.dead-letter", letter.Topic);
        Assert.Equal(3, letter.Partition);
        Assert.Equal([1, 2], letter.Key);
        Assert.Equal([3], letter.Value);
        Assert.Equal(
            [
                "x-original-topic=usage.rated.v1",
                "x-original-topic-id=id of usage.rated.v1",
                "x-original-partition=3",
                "x-original-offset=42",
                "x-original-timestamp=1700000000000",
                "x-failure-reason=undecodable",
                "x-failed-attempts=2",
            ],
            Text(letter.Headers));
    }

    /// <summary>A record that somebody redrove comes with its count, and with what its earlier dead letter said.</summary>
    [Fact]
    public void Send_RecordWithHeaders_KeepsThemButThoseThatItSaysAnew()
    {
        CapturedOutput output = new();
        TestRecord redriven = Record with
        {
            Headers = [new("x-redrive-attempt", [(byte)'1']), new(DeadLetters.OriginalOffset, [(byte)'7']), new("trace", [9])],
        };

        Sender(output).Send(new TestBatch([redriven]), [new DeadLetter(0, DeadLetterReason.UnknownSchema)]);

        IReadOnlyList<string> headers = Text(Assert.Single(output.Records).Headers);
        Assert.Equal(["x-redrive-attempt=1", "trace=\t", "x-original-topic=usage.rated.v1"], headers.Take(3));
        Assert.Single(headers, header => header.StartsWith(DeadLetters.OriginalOffset, StringComparison.Ordinal));
        Assert.Contains("x-original-offset=42", headers);
    }

    [Fact]
    public void Send_Tombstone_StaysOne()
    {
        CapturedOutput output = new();

        Sender(output).Send(new TestBatch([Record with { Value = null }]), [new DeadLetter(0, DeadLetterReason.Undecodable)]);

        Assert.Null(Assert.Single(output.Records).Value);
    }

    [Fact]
    public void Send_Nothing_ConnectsToNobody()
    {
        using DeadLetters nowhere = new(
            new KafkaOptions { BootstrapServers = "127.0.0.1:1", RecoveryTimeout = TimeSpan.Zero }, "sink", NameOf, TimeProvider.System,
            NullLoggerFactory.Instance, CancellationToken.None);

        nowhere.Send(new TestBatch([Record]), []);
    }

    [Fact]
    public async Task Send_ToABroker_ReturnsWhenACommittedReaderSeesIt()
    {
        TestCluster cluster = new(kafka.BootstrapServers);
        await cluster.CreateAsync(2);
        cluster.Send(0, 4, partitions: 2);
        using DeadLetters letters = new(
            cluster.Options.Kafka, cluster.Group, _ => cluster.Out, TimeProvider.System, NullLoggerFactory.Instance,
            TestContext.Current.CancellationToken);
        using TopicReader reader = cluster.Reader();

        reader.Read(
            reader.RangesOf(cluster.In),
            batch => letters.Send(
                batch, [.. Enumerable.Range(0, batch.Count).Select(i => new DeadLetter(i, DeadLetterReason.Undecodable))]),
            TestContext.Current.CancellationToken);

        Assert.Equal([0, 1, 2, 3], cluster.Read(cluster.Out).Order());
        List<string> origins = [];
        reader.Read(
            reader.RangesOf(cluster.Out),
            batch =>
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    IReadOnlyList<string> headers = Text(batch.HeadersOf(i));
                    Assert.Contains($"x-original-topic={cluster.In}", headers);
                    Assert.Contains($"x-original-partition={batch[i].Partition}", headers);
                    origins.AddRange(headers.Where(header => header.StartsWith(DeadLetters.OriginalTopicId, StringComparison.Ordinal)));
                }
            },
            TestContext.Current.CancellationToken);

        // The embedded broker has no topic ids; Apache Kafka's are 22 characters of base64url.
        Assert.True(origins.Count is 0 or 4);
        Assert.All(origins, origin => Assert.Equal("x-original-topic-id=".Length + 22, origin.Length));
    }

    private static DeadLetters Sender(CapturedOutput output) => new(
        "sink", NameOf, topics => topics.ToDictionary(topic => topic, topic => "id of " + topic), produce => produce(output),
        NullLogger.Instance);

    private static string NameOf(string topic) => $"sink.{topic}.dead-letter";

    private static IReadOnlyList<string> Text(IReadOnlyList<KeyValuePair<string, byte[]>> headers) =>
        [.. headers.Select(header => $"{header.Key}={Encoding.UTF8.GetString(header.Value)}")];
}
