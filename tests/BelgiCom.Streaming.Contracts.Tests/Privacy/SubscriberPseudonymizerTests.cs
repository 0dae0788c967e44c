using System.Text;

namespace BelgiCom.Streaming.Contracts.Tests;

public sealed class SubscriberPseudonymizerTests
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
    public void Mac_OfRfc4231_IsTheSame(string key, string message, string expected)
    {
        var mac = new byte[32];
        SubscriberPseudonymizer.Mac(new DataKey("golden", Convert.FromHexString(key.PadRight(64, '0'))), Convert.FromHexString(message), mac);
        Assert.Equal(expected, Convert.ToHexStringLower(mac));
    }

    /// <summary>Computed with Python's hmac and hashlib: first 16 octets over "msisdn:" or "imsi:" and the digits, key 00 01 … 1f.</summary>
    [Fact]
    public void Reference_OfANumber_IsTheKeyedHashOfItsKindAndDigits()
    {
        var pseudonymizer = new SubscriberPseudonymizer(new OneKey());
        Assert.Equal("4ff5fda05240f029e0ff36530d180a95", pseudonymizer.FromMsisdn("32470000001").ToString());
        Assert.Equal("b5742de07b3c722ca51861271bcc1bdd", pseudonymizer.FromImsi("206010000000001").ToString());
        Assert.NotEqual(pseudonymizer.FromMsisdn("206010000000001"), pseudonymizer.FromImsi("206010000000001"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("+3247000000")]
    [InlineData("1234567890123456")]
    [InlineData("3247000000٣")]
    public void Reference_OfWhatIsNoNumber_IsRefusedWithoutRepeatingIt(string digits)
    {
        var pseudonymizer = new SubscriberPseudonymizer(new OneKey());
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => pseudonymizer.FromMsisdn(digits));
        Assert.True(digits.Length == 0 || !refusal.Message.Contains(digits, StringComparison.Ordinal));
    }

    [Fact]
    public void Reference_OfANumber_AllocatesNothing()
    {
        var pseudonymizer = new SubscriberPseudonymizer(new OneKey());
        pseudonymizer.FromMsisdn("32470000001");
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            pseudonymizer.FromMsisdn("32470000001");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private sealed class OneKey : IKeyStore
    {
        public DataKey GetOrCreate(string purpose, string scope)
        {
            Assert.Equal((KeyPurposes.Rating, ""), (purpose, scope));
            return new DataKey("one", [.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        }

        public DataKey? Find(string keyId) => null;

        public bool Delete(string keyId) => false;
    }
}
