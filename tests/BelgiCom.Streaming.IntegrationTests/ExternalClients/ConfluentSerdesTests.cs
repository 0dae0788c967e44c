using Avro.Generic;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using Schema = Avro.Schema;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// Confluent's Avro serializer and deserializer, which most .NET consumers use, on the values of every topic: what we write they read, and
/// the other way round, field by field, with the schemas of the embedded registry.
/// </summary>
public sealed class ConfluentSerdesTests(EmbeddedCluster cluster) : IClassFixture<EmbeddedCluster>
{
    private const int Records = 100;

    private static readonly Dictionary<string, Func<ISchemaRegistry, Task<Rewrite>>> Topic = new()
    {
        [Topics.UsageReceived] = RewriterAsync<UsageReceivedView>(Topics.UsageReceived),
        [Topics.UsageRated] = RewriterAsync<UsageRatedView>(Topics.UsageRated),
        [Topics.UsageRejected] = RewriterAsync<UsageRejectedView>(Topics.UsageRejected),
        [Topics.CustomerNotifications] = RewriterAsync<CustomerNotification>(Topics.CustomerNotifications),
        [Topics.RatingState] = RewriterAsync<RatingStateView>(Topics.RatingState),
        [Topics.BalanceJournal] = RewriterAsync<BalanceOperation>(Topics.BalanceJournal),
        [Topics.CatalogueTariffs] = RewriterAsync<OfferingVersion>(Topics.CatalogueTariffs),
        [Topics.CustomerSubscriptions] = RewriterAsync<Subscription>(Topics.CustomerSubscriptions),
        [Topics.Quarantine] = RewriterAsync<QuarantinedRecord>(Topics.Quarantine),
        [Topics.AuditJournal] = RewriterAsync<AuditEntry>(Topics.AuditJournal),
    };

    /// <summary>Reads a value with our code and writes it again; empty when it cannot be read.</summary>
    private delegate byte[] Rewrite(byte[] value);

    public static TheoryData<string> Names => [.. Topics.All.Select(topic => topic.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task Values_OfATopic_AreReadAndWrittenAlike(string name)
    {
        TopicDescription topic = Topics.All.Single(one => one.Name == name);
        await SchemaSubjects.EnsureAsync(cluster.Registry, [(name, topic.SchemaJson)], TestContext.Current.CancellationToken);
        Rewrite rewrite = await Topic[name](cluster.Registry);
        using CachedSchemaRegistryClient registry = new(new SchemaRegistryConfig { Url = cluster.RegistryUrl.ToString() });
        AvroSerializer<GenericRecord> serializer = new(
            registry, new AvroSerializerConfig { AutoRegisterSchemas = false, NormalizeSchemas = true });
        AvroDeserializer<GenericRecord> deserializer = new(registry);
        SerializationContext context = new(MessageComponentType.Value, name);
        Schema schema = Schema.Parse(topic.SchemaJson);
        for (int seed = 0; seed < Records; seed++)
        {
            GenericRecord record = (GenericRecord)ApacheAvro.RandomValue(schema, new Random(seed))!;
            byte[] theirs = await serializer.SerializeAsync(record, context);

            byte[] ours = rewrite(theirs);
            Assert.Equal(theirs, ours);
            GenericRecord read = await deserializer.DeserializeAsync(ours, isNull: false, context);

            Assert.Equal(record, read);
        }
    }

    private static Func<ISchemaRegistry, Task<Rewrite>> RewriterAsync<T>(string name)
        where T : IAvroRecord<T>, allows ref struct => async registry =>
        {
            EventTopic<T> topic = await EventTopic.OpenAsync<T>(name, registry, TestContext.Current.CancellationToken);
            return value => topic.TryRead(value, out T? record) ? topic.Write(in record).ToArray() : [];
        };
}
