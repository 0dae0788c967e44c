using System.Text;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class KeyPartitionTests
{
    /// <summary>Values that Apache Kafka's own tests hold murmur2 to (UtilsTest), over keys of every length modulo 4.</summary>
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void Hash_OfAKey_IsThatOfKafka(string key, int hash)
    {
        byte[] octets = Encoding.UTF8.GetBytes(key);
        Assert.Equal(hash, KeyPartition.Hash(octets));
        Assert.Equal((hash & int.MaxValue) % 24, KeyPartition.Of(octets, partitions: 24));
    }
}
