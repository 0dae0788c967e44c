using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;
using CsCheck;
using Schema = Avro.Schema;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>
/// Every type that reads a topic takes its values of the release before and of the one after, as Apache.Avro writes them.
/// </summary>
public sealed class TopicReleaseTests
{
    private static readonly Dictionary<string, Func<FakeRegistry, Rewrite>> Readers = new()
    {
        [$"{Topics.UsageReceived} class"] = Rewriter<UsageReceived>(Topics.UsageReceived),
        [$"{Topics.UsageReceived} view"] = Rewriter<UsageReceivedView>(Topics.UsageReceived),
        [$"{Topics.UsageRated} class"] = Rewriter<UsageRated>(Topics.UsageRated),
        [$"{Topics.UsageRated} view"] = Rewriter<UsageRatedView>(Topics.UsageRated),
        [$"{Topics.UsageRejected} class"] = Rewriter<UsageRejected>(Topics.UsageRejected),
        [$"{Topics.UsageRejected} view"] = Rewriter<UsageRejectedView>(Topics.UsageRejected),
        [$"{Topics.RatingState} class"] = Rewriter<RatingState>(Topics.RatingState),
        [$"{Topics.RatingState} view"] = Rewriter<RatingStateView>(Topics.RatingState),
        [$"{Topics.CustomerNotifications} class"] = Rewriter<CustomerNotification>(Topics.CustomerNotifications),
        [$"{Topics.BalanceJournal} class"] = Rewriter<BalanceOperation>(Topics.BalanceJournal),
        [$"{Topics.CatalogueTariffs} class"] = Rewriter<OfferingVersion>(Topics.CatalogueTariffs),
        [$"{Topics.CustomerSubscriptions} class"] = Rewriter<Subscription>(Topics.CustomerSubscriptions),
        [$"{Topics.Quarantine} class"] = Rewriter<QuarantinedRecord>(Topics.Quarantine),
        [$"{Topics.AuditJournal} class"] = Rewriter<AuditEntry>(Topics.AuditJournal),
    };

    private delegate byte[] Rewrite(byte[] value);

    public static TheoryData<string, bool> Cases =>
        [.. Readers.Keys.SelectMany(reader => new (string, bool)[] { (reader, true), (reader, false) })];

    [Theory, MemberData(nameof(Cases))]
    public void Value_OfAnotherRelease_IsReadAsApacheAvroDoes(string reader, bool isBefore)
    {
        TopicDescription topic = Topics.All.Single(one => reader.StartsWith(one.Name, StringComparison.Ordinal));
        string other = isBefore ? OtherRelease.Before(topic.SchemaJson) : OtherRelease.After(topic.SchemaJson);
        FakeRegistry registry = new();
        int id = registry.Add(other);
        Rewrite rewrite = Readers[reader](registry);
        (Schema writer, Schema ours) = (Schema.Parse(other), Schema.Parse(topic.SchemaJson));
        Gen.Int.Sample(seed =>
            {
                byte[] body = ApacheAvro.Write(writer, ApacheAvro.RandomValue(writer, new Random(seed))!);
                byte[] expected = ApacheAvro.Write(ours, ApacheAvro.Read(writer, ours, body));
                Assert.Equal(EventValue.Of(FakeRegistry.IdOf(topic.Name), expected), rewrite(EventValue.Of(id, body)));
            },
            iter: 50,
            threads: 1);
    }

    [Fact]
    public void Readers_OfTheTopics_AreAllHere() => Assert.Equal(
        Topics.All.Select(topic => topic.Name).Order(StringComparer.Ordinal),
        Readers.Keys.Select(reader => reader.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal));

    private static Func<FakeRegistry, Rewrite> Rewriter<T>(string name)
        where T : IAvroRecord<T>, allows ref struct => registry =>
        {
            EventTopic<T> topic = registry.Open<T>(name);
            return value => topic.TryRead(value, out T? record) ? topic.Write(in record).ToArray() : [];
        };
}
