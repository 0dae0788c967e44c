namespace BelgiCom.Streaming.Contracts.Tests;

public sealed class TopicsTests
{
    [Fact]
    public void All_OfTheTopics_HaveOneSchemaFolderEach() =>
        Assert.Equal(RecordCodec.All.Count, Topics.All.Select(topic => topic.SchemaJson).Distinct().Count());

    [Fact]
    public void TopicsOfRating_AreCoPartitioned()
    {
        string[] together = [Topics.UsageReceived, Topics.UsageRated, Topics.RatingState, Topics.CustomerSubscriptions];
        Assert.Single(Topics.All.Where(topic => together.Contains(topic.Name)).Select(topic => topic.Partitions).Distinct());
    }

    /// <summary>Broker defaults keep compacted values for ever, and count retention from the producer's clock.</summary>
    [Fact]
    public void All_OfTheTopics_BoundHowLongARecordStays() => Assert.All(Topics.All, topic =>
    {
        Assert.Equal("LogAppendTime", topic.Config["message.timestamp.type"]);
        Assert.Contains("segment.ms", topic.Config.Keys);
        string[] bounds = topic.Config["cleanup.policy"] == "compact" ? ["max.compaction.lag.ms", "delete.retention.ms"] : ["retention.ms"];
        Assert.All(bounds, bound => Assert.Contains(bound, topic.Config.Keys));
    });

    [Fact]
    public void DeadLetter_OfAGroup_IsNamedByGroupAndTopic() =>
        Assert.Equal("rating.usage.received.v1.dead-letter", Topics.DeadLetter("rating", Topics.UsageReceived));
}
