using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Bench.Tests;

public sealed class GenericRatingTests
{
    /// <summary>The usual worker must do real work: what it writes is a rated event that our own reader takes.</summary>
    [Fact]
    public void Rate_OfAUsageRecord_WritesARatedEventWithItsPrice()
    {
        FakeRegistry registry = new();
        UsageLoad load = new(registry.Open<UsageReceived>(Topics.UsageReceived), stream: 1, subscribers: 10, DateTimeOffset.UnixEpoch);
        byte[] value = load.Value(7);
        UsageReceived received = UsageReceived.Read(value.AsSpan(WireFormat.HeaderSize));

        byte[] output = new GenericRating(FakeRegistry.IdOf(Topics.UsageRated)).Rate(value);

        Assert.True(WireFormat.TryReadHeader(output, out int schemaId));
        Assert.Equal(FakeRegistry.IdOf(Topics.UsageRated), schemaId);
        UsageRated rated = UsageRated.Read(output.AsSpan(WireFormat.HeaderSize));
        Assert.Equal(received.UsageId, rated.UsageId);
        Assert.Equal(received.TotalOctets, rated.TotalOctets);
        // The price is 5 nano-units an octet.
        Assert.Equal(received.TotalOctets * 0.000000005m, rated.Amount);
    }
}
