namespace BelgiCom.Streaming.Privacy.Tests;

public sealed class SubscriberPseudonymizerTests
{
    /// <summary>
    /// Computed with Python's hmac and hashlib: first 16 octets over "msisdn:" or "imsi:" and the digits, key 00 01 … 1f.
    /// </summary>
    [Fact]
    public void Reference_OfANumber_IsTheKeyedHashOfItsKindAndDigits()
    {
        SubscriberPseudonymizer pseudonymizer = new(new OneKey());
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
        SubscriberPseudonymizer pseudonymizer = new(new OneKey());
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => pseudonymizer.FromMsisdn(digits));
        Assert.True(digits.Length == 0 || !refusal.Message.Contains(digits, StringComparison.Ordinal));
    }

    [Fact]
    public void Reference_OfANumber_AllocatesNothing()
    {
        SubscriberPseudonymizer pseudonymizer = new(new OneKey());
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

        public DataKey? Find(string purpose, string scope) => null;

        public bool Delete(string keyId) => false;
    }
}
