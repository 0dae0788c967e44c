using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// Broker, registry and record format as clients see them that are not ours, from processes of their own: kcat (librdkafka) and kafkajs (no
/// librdkafka, no Confluent code). The same cases run on the embedded broker and on Apache Kafka; a difference is a defect of the embedded
/// one.
/// </summary>
public abstract class ExternalClientContract(Cluster cluster)
{
    private const int Count = 25;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kcat_ReadsWhatWeWrite_OctetForOctet()
    {
        string topic = await KcatTopicAsync("kcat-reads");
        IReadOnlyList<CustomerNotification> events = Notifications.Some(Count);
        EventTopic<CustomerNotification> ours = await Notifications.ProduceAsync(cluster, topic, events);

        byte[] output = await KcatReadAsync(topic, "-f", "%k%R%s");

        // Keys are 16 octets; %R is the value's length as four octets, big-endian.
        Assert.Equal(events.SelectMany(e => Notifications.Key(e).Concat(Framed(ours.Write(e).ToArray()))), output);
    }

    [Fact]
    public async Task Kcat_WithAvro_DecodesThroughOurRegistry()
    {
        string topic = await KcatTopicAsync("kcat-avro");
        Assert.SkipUnless(
            (await ChildProcess.RunAsync(new ProcessStartInfo("kcat", ["-V"]))).Text.Contains("Avro", StringComparison.Ordinal),
            "this build of kcat has no Avro support");
        IReadOnlyList<CustomerNotification> events = Notifications.Some(Count);
        await Notifications.ProduceAsync(cluster, topic, events);

        byte[] output = await KcatReadAsync(topic, "-s", "value=avro", "-r", cluster.RegistryUrl.ToString());

        IEnumerable<string> accounts = Encoding.UTF8.GetString(output)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => (string)JsonNode.Parse(line)!["account"]!);
        Assert.Equal(events.Select(e => e.Account), accounts);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task Kcat_Produces_WeReadTheSame(string compression)
    {
        string topic = await KcatTopicAsync("kcat-writes");
        string lines = string.Concat(Enumerable.Range(0, 1000).Select(i => $"k{i}:value number {i} of many that look alike\n"));

        await KcatWriteAsync(topic, lines, "-K", ":", "-z", compression);

        IEnumerable<string> read = TopicReader.ReadCommitted(cluster, topic)
            .Select(r => $"{Encoding.UTF8.GetString(r.Key)}:{Encoding.UTF8.GetString(r.Value)}\n");
        Assert.Equal(lines, string.Concat(read));
    }

    [Fact]
    public async Task Kcat_InATransaction_WeReadItOnceCommitted()
    {
        string topic = await KcatTopicAsync("kcat-transaction");

        await KcatWriteAsync(topic, "a\nb\nc\n", "-X", $"transactional.id={topic}");

        Assert.Equal(["a", "b", "c"], TopicReader.ReadCommitted(cluster, topic).Select(r => Encoding.UTF8.GetString(r.Value)));
    }

    [Fact]
    public async Task KafkaJs_ReadsWhatWeWrite_FieldForField()
    {
        string topic = await cluster.NewTopicAsync("js-reads");
        IReadOnlyList<CustomerNotification> events = Notifications.Some(Count);
        await Notifications.ProduceAsync(cluster, topic, events);

        JsonNode seen = await NodeClient.RunAsync("consume", Options(topic, new() { ["count"] = Count }));

        IEnumerable<JsonObject> expected = events.Select(
            e => new JsonObject { ["key"] = Convert.ToHexStringLower(Notifications.Key(e)), ["value"] = Notifications.AsSeenElsewhere(e) });
        Assert.True(JsonNode.DeepEquals(new JsonArray([.. expected]), seen["events"]), seen.ToJsonString());
    }

    [Fact]
    public async Task KafkaJs_Produces_WeReadTheSameUnderTheSameId()
    {
        string topic = await cluster.NewTopicAsync("js-writes", partitions: 3);
        IReadOnlyList<CustomerNotification> events = Notifications.Some(Count);
        IEnumerable<JsonObject> written = events.Select(
            e => new JsonObject { ["key"] = Convert.ToHexStringLower(Notifications.Key(e)), ["value"] = Notifications.AsSeenElsewhere(e) });

        JsonNode answer = await NodeClient.RunAsync("produce", Options(topic, new()
        {
            ["schema"] = CustomerNotification.SchemaJson,
            ["subject"] = SchemaSubjects.ForValue(topic),
            ["compatibility"] = SchemaSubjects.Compatibility,
            ["octets"] = new JsonArray([.. Notifications.OctetFields]),
            ["events"] = new JsonArray([.. written]),
        }));

        EventTopic<CustomerNotification> ours = await EventTopic.OpenAsync<CustomerNotification>(topic, cluster.Registry, Cancel);
        Assert.Equal(ours.SchemaId, (int)answer["id"]!);
        Dictionary<string, byte[]> read = TopicReader.ReadCommitted(cluster, topic, partitions: 3)
            .ToDictionary(r => Convert.ToHexStringLower(r.Key), r => r.Value);
        Assert.Equal(Count, read.Count);
        Assert.All(events, e => Assert.Equal(ours.Write(e).ToArray(), read[Convert.ToHexStringLower(Notifications.Key(e))]));
    }

    [Fact]
    public async Task KafkaJs_TwoMembersOfAGroup_ShareAllAndContinueWhereTheyCommitted()
    {
        string topic = await cluster.NewTopicAsync("js-group", partitions: 4);

        JsonNode seen = await NodeClient.RunAsync("group", Options(topic, new() { ["count"] = 200, ["partitions"] = 4 }));

        JsonNode? expected = JsonNode.Parse("""{"shares":[2,2],"distinct":200,"total":200,"byMember":[100,100],"later":["new"]}""");
        Assert.True(JsonNode.DeepEquals(expected, seen), seen.ToJsonString());
    }

    [Fact]
    public async Task KafkaJs_Transactions_OnlyCommittedRecordsAndOffsetsCount()
    {
        string topic = await cluster.NewTopicAsync("js-transactions");

        JsonNode seen = await NodeClient.RunAsync("transactions", Options(topic, new() { ["count"] = 3, ["transactionalId"] = topic }));

        JsonNode? expected = JsonNode.Parse(
            """{"values":["committed0","committed1","committed2","final0","final1","final2"],"groupOffset":"3"}""");
        Assert.True(JsonNode.DeepEquals(expected, seen), seen.ToJsonString());
        Assert.Equal(6, TopicReader.ReadCommitted(cluster, topic).Count);
    }

    private JsonObject Options(string topic, JsonObject more)
    {
        more["bootstrap"] = cluster.BootstrapServers;
        more["registry"] = cluster.RegistryUrl.ToString();
        more["topic"] = topic;
        more["group"] = $"{topic}-group";
        return more;
    }

    private async Task<string> KcatTopicAsync(string name)
    {
        Assert.SkipUnless(ChildProcess.IsOnPath("kcat"), "kcat is not installed");
        return await cluster.NewTopicAsync(name);
    }

    /// <summary>What kcat writes when it reads a topic from beginning to end.</summary>
    private async Task<byte[]> KcatReadAsync(string topic, params string[] arguments)
    {
        string[] all = ["-b", cluster.BootstrapServers, "-C", "-t", topic, "-o", "beginning", "-e", "-q", .. arguments];
        return (await ChildProcess.RunAsync(new ProcessStartInfo("kcat", all))).WithExitCode(0).Output;
    }

    private async Task KcatWriteAsync(string topic, string lines, params string[] arguments)
    {
        ProcessStartInfo kcat = new("kcat", ["-b", cluster.BootstrapServers, "-P", "-t", topic, .. arguments]);
        (await ChildProcess.RunAsync(kcat, Encoding.UTF8.GetBytes(lines))).WithExitCode(0);
    }

    private static IEnumerable<byte> Framed(byte[] part)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        return length.Concat(part);
    }
}

public sealed class ExternalClientsOnEmbeddedTests(EmbeddedCluster cluster)
    : ExternalClientContract(cluster), IClassFixture<EmbeddedCluster>;

[Trait(TestBroker.Trait, TestBroker.Real)]
public sealed class ExternalClientsOnApacheKafkaTests(ApacheKafkaCluster cluster)
    : ExternalClientContract(cluster), IClassFixture<ApacheKafkaCluster>;
