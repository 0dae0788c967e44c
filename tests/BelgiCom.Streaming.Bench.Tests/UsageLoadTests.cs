using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Bench.Tests;

public sealed class UsageLoadTests
{
    private readonly EventTopic<UsageReceived> _topic = new FakeRegistry().Open<UsageReceived>(Topics.UsageReceived);

    [Fact]
    public void Value_OfMoreNumbersThanTemplates_GivesDifferentEventsThatKeepTheirNumber()
    {
        UsageLoad load = new(_topic, stream: 3, subscribers: 1000, DateTimeOffset.UnixEpoch);
        HashSet<UsageId> ids = [];
        for (long number = 0; number < 3 * UsageLoad.Templates; number++)
        {
            byte[] value = load.Value(number);
            UsageReceived usage = UsageReceived.Read(value.AsSpan(WireFormat.HeaderSize));
            Assert.True(ids.Add(usage.UsageId));
            Assert.Equal(number, UsageLoad.NumberOf(usage.UsageId));
            Assert.Equal(usage.SubscriberRef.ToByteArray(), UsageLoad.KeyOf(value).ToArray());
        }
    }

    [Fact]
    public void Value_OfTwoStreams_HasDifferentIds()
    {
        UsageId[] ids = [.. new[] { 1, 2 }
            .Select(stream => new UsageLoad(_topic, stream, subscribers: 1, DateTimeOffset.UnixEpoch).Value(42))
            .Select(value => UsageReceived.Read(value.AsSpan(WireFormat.HeaderSize)).UsageId)];
        Assert.NotEqual(ids[0], ids[1]);
    }
}
