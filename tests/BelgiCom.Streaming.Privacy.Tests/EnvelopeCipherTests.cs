using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Privacy.Tests;

public sealed class EnvelopeCipherTests
{
    private static readonly EnvelopeContext Context = EnvelopeContext.UsagePersonalData;
    private static readonly DataKey Key = new("key-1", RandomNumberGenerator.GetBytes(DataKey.Size));

    /// <summary>AES-256 test cases 13, 14 and 16 of McGrew and Viega, "The Galois/Counter Mode of Operation", as sent to NIST.</summary>
    [Theory]
    [InlineData(
        "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "", "",
        "530f8afbc74536b9a963b4f1c4cb738b")]
    [InlineData(
        "0000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000",
        "",
        "00000000000000000000000000000000",
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919")]
    [InlineData(
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b")]
    public void Envelope_OfTheGcmTestCases_IsDecrypted(string key, string nonce, string associated, string clear, string cipher, string tag)
    {
        DataKey dataKey = new("golden", Convert.FromHexString(key));
        byte[] opened = EnvelopeCipher.Decrypt(
            dataKey, Convert.FromHexString(nonce + cipher + tag), Convert.FromHexString(associated).AsSpan());
        Assert.Equal(clear, Convert.ToHexStringLower(opened));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200)]
    public void Envelope_OfAnyContent_IsDecryptedInItsPlaceOnly(int size)
    {
        byte[] clear = RandomNumberGenerator.GetBytes(size);
        byte[] envelope = EnvelopeCipher.Encrypt(Key, clear, Context);
        Assert.Equal(size + EnvelopeCipher.Overhead, envelope.Length);
        Assert.Equal(clear, EnvelopeCipher.Decrypt(Key, envelope, Context));
        foreach (EnvelopeContext other in new EnvelopeContext[]
        {
            new("usage.received.v2", "UsageReceived", "personalData"),
            new(Topics.UsageReceived, "UsageRated", "personalData"),
            new(Topics.UsageReceived, "UsageReceived", "other"),
            new(Topics.UsageReceived, "UsageReceivedpersonalData", ""),
        })
        {
            Assert.ThrowsAny<CryptographicException>(() => EnvelopeCipher.Decrypt(Key, envelope, other));
        }
    }

    [Fact]
    public void Envelope_UnderAnotherKeyId_IsRefused()
    {
        byte[] material = RandomNumberGenerator.GetBytes(DataKey.Size);
        byte[] envelope = EnvelopeCipher.Encrypt(new DataKey("a", material), "content"u8, Context);
        Assert.ThrowsAny<CryptographicException>(() => EnvelopeCipher.Decrypt(new DataKey("b", material), envelope, Context));
    }

    [Fact]
    public void Envelope_WithAnyOctetChangedOrCut_IsRefused()
    {
        byte[] envelope = EnvelopeCipher.Encrypt(Key, "0123456789"u8, Context);
        for (int i = 0; i < envelope.Length; i++)
        {
            byte[] changed = [.. envelope];
            changed[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => EnvelopeCipher.Decrypt(Key, changed, Context));
            Assert.ThrowsAny<CryptographicException>(() => EnvelopeCipher.Decrypt(Key, envelope.AsSpan(0, i), Context));
        }
    }

    [Fact]
    public void Nonce_OfManyEnvelopes_IsNeverTheSame()
    {
        HashSet<string> nonces = new();
        for (int i = 0; i < 10_000; i++)
        {
            Assert.True(nonces.Add(Convert.ToHexString(EnvelopeCipher.Encrypt(Key, "x"u8, Context).AsSpan(0, 12))));
        }
    }

    [Fact]
    public void AssociatedData_OfAField_IsEachPartAfterItsLengthAndTheKeyId()
    {
        byte[] octets = new byte[64];
        int length = new EnvelopeContext("t", "re", "fie").Write(new DataKey("k1", new byte[DataKey.Size]), octets);
        Assert.Equal("\0\u0001t\0\u0002re\0\u0003fiek1", Encoding.UTF8.GetString(octets, 0, length));
    }

    [Fact]
    public void EncryptIntoASpan_AllocatesNothing()
    {
        byte[] room = new byte[128];
        EnvelopeCipher.Encrypt(Key, "0123456789"u8, Context, room);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            EnvelopeCipher.Encrypt(Key, "0123456789"u8, Context, room);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void EncryptIntoAShortSpan_IsRefused() =>
        Assert.Throws<ArgumentException>(() => EnvelopeCipher.Encrypt(Key, "0123456789"u8, Context, new byte[37]));
}
