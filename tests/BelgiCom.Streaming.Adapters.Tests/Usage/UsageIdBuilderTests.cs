using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>The golden ids were computed with Python's hashlib from the encoding that the builder documents.</summary>
public sealed class UsageIdBuilderTests
{
    [Fact]
    public void Builder_OfAKey_MakesTheHashOfItsEncoding()
    {
        UsageIdBuilder gateway = new(stackalloc byte[256]);
        gateway.Append("gateway"u8);
        gateway.Append(85);
        gateway.Append("pgw01"u8);
        gateway.Append([10, 0, 0, 1]);
        gateway.Append(4711);
        gateway.Append(3);
        gateway.Append(-1);
        gateway.Append(2);
        Assert.Equal("d1a57d9290bd38e068d078d08611b34c", gateway.Finish().ToString());
        Assert.Equal("c34a915eca85fe5d184449c2aabb0bec", Of("csv", "sms-centre", "2026-11-23T08:00:00Z", "é").ToString());
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
        byte[] part = [.. Enumerable.Repeat((byte)'x', 1000)];
        UsageIdBuilder small = new(stackalloc byte[4]);
        small.Append(part);
        small.Append(part);
        small.Append(7);
        UsageIdBuilder large = new(new byte[4096]);
        large.Append(part);
        large.Append(part);
        large.Append(7);
        Assert.Equal(large.Finish(), small.Finish());
    }

    private static UsageId Of(params string[] parts)
    {
        UsageIdBuilder builder = new(stackalloc byte[256]);
        foreach (string part in parts)
        {
            builder.Append(Encoding.UTF8.GetBytes(part));
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
