namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>The golden id was computed with Python's hashlib.</summary>
public sealed class IdsTests
{
    [Fact]
    public void NotificationId_OfAThreshold_IsTheHashOfSubscriberKindAndPeriod()
    {
        SubscriberRef subscriber = SubscriberRef.Parse("000102030405060708090a0b0c0d0e0f");
        Assert.Equal(
            "9cdb748c241827f9decb2cdcd24eaf03",
            NotificationIdentity.OfThreshold(subscriber, NotificationKind.RoamingData80Percent, 20758).ToString());
    }

    [Fact]
    public void Id_AsTextAndOctets_IsTheSameAgain()
    {
        byte[] octets = [.. Enumerable.Range(0xf0, 16).Select(i => (byte)i)];
        UsageId id = UsageId.FromBytes(octets);
        Assert.Equal("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", id.ToString());
        Assert.Equal(id, UsageId.Parse(id.ToString()));
        Assert.Equal(octets, id.ToByteArray());
        Assert.Equal(id, UsageId.FromHalves(id.High, id.Low));
        Assert.False(id.IsZero);
        Assert.True(default(UsageId).IsZero);
        Assert.True(default(UsageId).CompareTo(id) < 0);
        Assert.Throws<ArgumentException>(() => UsageId.FromBytes(octets.AsSpan(1)));
        Assert.Throws<FormatException>(() => UsageId.Parse("f0"));
        Assert.Throws<FormatException>(() => UsageId.Parse(new string('g', 32)));
    }
}
