using System.Security.Cryptography;
using System.Text;

namespace BelgiCom.Streaming.Privacy.Tests;

public sealed class RecordDigestTests
{
    private static readonly DataKey Key = new("day", Enumerable.Range(0, DataKey.Size).Select(i => (byte)i).ToArray());

    /// <summary>The vectors are those of the reference implementation: key 00 01 … 0f, input 00 01 … of so many octets.</summary>
    [Theory]
    [InlineData(0, 0x726fdb47dd0e0e31)]
    [InlineData(1, 0x74f839c593dc67fd)]
    [InlineData(7, 0xab0200f58b01d137)]
    [InlineData(8, 0x93f5f5799a932462)]
    [InlineData(15, 0xa129ca6149be45e5)]
    [InlineData(63, 0x958a324ceb064572)]
    public void Short_OfTheReferenceVectors_IsTheirs(int octets, ulong expected)
    {
        RecordDigest digest = new(Key, 0x0706050403020100, 0x0f0e0d0c0b0a0908);
        Assert.Equal(expected, (ulong)digest.Short([.. Enumerable.Range(0, octets).Select(i => (byte)i)]));
    }

    [Fact]
    public void Digests_OfOneKey_AreTheSameAgainAndOtherwiseDiffer()
    {
        byte[] record = Encoding.ASCII.GetBytes("2026-11-20T10:00:00+01:00;61;32470123456");
        RecordDigest digest = new(Key), again = new(Key), other = new(new DataKey("day", RandomNumberGenerator.GetBytes(DataKey.Size)));
        Assert.Equal(digest.Short(record), again.Short(record));
        Assert.Equal(digest.Full(record), again.Full(record));
        Assert.NotEqual(digest.Short(record), other.Short(record));
        Assert.NotEqual(digest.Full(record), other.Full(record));
        Assert.NotEqual(digest.Full(record), HMACSHA256.HashData(Key.Material, record));
    }

    [Fact]
    public void Short_OfManyRecords_AllocatesNothing()
    {
        RecordDigest digest = new(Key);
        byte[] record = new byte[300];
        long sum = digest.Short(record);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            sum ^= digest.Short(record);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.NotEqual(0, sum);
    }
}
