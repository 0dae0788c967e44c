namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>Golden ids were computed with Python's hashlib from the encoding that <see cref="UsageIdBuilder"/> documents.</summary>
public sealed class UsageIdentityTests
{
    [Fact]
    public void Id_OfEachSource_IsTheHashOfItsDuplicateKey()
    {
        Assert.Equal(
            "d1a57d9290bd38e068d078d08611b34c",
            UsageIdentity.OfGatewayRecord(85, "pgw01"u8, [10, 0, 0, 1], 4711, 3, -1, 2).ToString());
        Assert.Equal("49aa12917e9552a4e20e58d73c05c516", UsageIdentity.OfChfRecord("chf-1"u8, "session-9"u8, 12, 0).ToString());
        Assert.Equal("6d652adcb65653eba41acf4002a56b2b", UsageIdentity.OfNchfRequest("ref-1"u8, 7, 100, 1).ToString());
        Assert.Equal("c34a915eca85fe5d184449c2aabb0bec", UsageIdentity.OfCsvRow("sms-centre", ["2026-11-23T08:00:00Z", "é"]).ToString());
    }

    [Fact]
    public void NotificationId_OfAThreshold_IsTheHashOfSubscriberKindAndPeriod()
    {
        SubscriberRef subscriber = SubscriberRef.Parse("000102030405060708090a0b0c0d0e0f");
        Assert.Equal(
            "9cdb748c241827f9decb2cdcd24eaf03",
            NotificationIdentity.OfThreshold(subscriber, NotificationKind.RoamingData80Percent, 20758).ToString());
    }

    [Fact]
    public void Builder_WithPartsCutElsewhere_MakesAnotherId()
    {
        UsageId[] ids = [Of("12", "3"), Of("1", "23"), Of("123"), Of("123", ""), Of("", "123"), Of()];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.NotEqual(OfNumber(0x31), Of("1"));
    }

    [Fact]
    public void Builder_WithAKeyLongerThanItsScratch_MakesTheSameId()
    {
        string part = new('x', 1000);
        UsageIdBuilder small = new(stackalloc byte[4]);
        small.Append(part.AsSpan());
        small.Append(part.AsSpan());
        small.Append(7);
        UsageIdBuilder large = new(new byte[4096]);
        large.Append(part.AsSpan());
        large.Append(System.Text.Encoding.UTF8.GetBytes(part));
        large.Append(7);
        Assert.Equal(large.Finish(), small.Finish());
    }

    [Fact]
    public void Id_OfAGatewayRecord_AllocatesNothing()
    {
        UsageIdentity.OfGatewayRecord(85, "pgw01"u8, [10, 0, 0, 1], 4711, 3, -1, 2);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            UsageIdentity.OfGatewayRecord(85, "pgw01"u8, [10, 0, 0, 1], 4711, 3, -1, i);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
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

    private static UsageId Of(params string[] parts)
    {
        UsageIdBuilder builder = new(stackalloc byte[256]);
        foreach (string part in parts)
        {
            builder.Append(part.AsSpan());
        }

        return builder.Finish();
    }

    private static UsageId OfNumber(long number)
    {
        UsageIdBuilder builder = new(stackalloc byte[256]);
        builder.Append(number);
        return builder.Finish();
    }
}
