namespace BelgiCom.Streaming.Privacy.Tests;

public sealed class DataKeyTests
{
    /// <summary>Test cases 1 to 3 of RFC 4231. HMAC fills a short key up with zeros, so 32 octets hold them.</summary>
    [Theory]
    [InlineData(
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")]
    [InlineData(
        "4a656665",
        "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData(
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")]
    public void Hmac_OfRfc4231_IsTheSame(string key, string message, string expected)
    {
        byte[] mac = new byte[32];
        new DataKey("golden", Convert.FromHexString(key.PadRight(64, '0'))).Hmac(Convert.FromHexString(message), mac);
        Assert.Equal(expected, Convert.ToHexStringLower(mac));
    }

    [Fact]
    public void Hmac_OfTwoKeysInTurn_IsOfEachKey()
    {
        DataKey[] keys = [new("a", new byte[32]), new("b", [.. Enumerable.Repeat((byte)1, 32)])];
        byte[] first = new byte[32];
        byte[] other = new byte[32];
        byte[] again = new byte[32];
        keys[0].Hmac("message"u8, first);
        keys[1].Hmac("message"u8, other);
        keys[0].Hmac("message"u8, again);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.Throws<ArgumentException>(() => keys[0].Hmac("message"u8, new byte[31]));
        keys[0].Hmac("message"u8, again);
        Assert.Equal(first, again);
    }

    [Fact]
    public void AsText_OfAKey_IsItsId()
    {
        Assert.Equal("key-1", new DataKey("key-1", new byte[32]).ToString());
    }

    [Fact]
    public void Key_WithoutAnIdOrOfAnotherSize_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new DataKey("short", new byte[31]));
        Assert.Throws<ArgumentException>(() => new DataKey("", new byte[32]));
    }
}
