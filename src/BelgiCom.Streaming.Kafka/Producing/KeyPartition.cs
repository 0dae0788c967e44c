using System.Buffers.Binary;

namespace BelgiCom.Streaming.Kafka;

/// <summary>The partition of a key, as Kafka's clients choose it: murmur2, without the sign (Java's default partitioner).</summary>
public static class KeyPartition
{
    private const uint Seed = 0x9747_B28C;
    private const uint Multiplier = 0x5BD1_E995;
    private const int Rotation = 24;

    /// <summary>The partition of a key.</summary>
    /// <param name="key">The key; not empty, because a record without a key goes anywhere.</param>
    /// <param name="partitions">Number of partitions, at least 1.</param>
    public static int Of(ReadOnlySpan<byte> key, int partitions) => (Hash(key) & int.MaxValue) % partitions;

    /// <summary>Kafka's murmur2 of a key.</summary>
    internal static int Hash(ReadOnlySpan<byte> key)
    {
        uint hash = Seed ^ (uint)key.Length;
        for (; key.Length >= sizeof(uint); key = key[sizeof(uint)..])
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(key) * Multiplier;
            word = (word ^ (word >> Rotation)) * Multiplier;
            hash = (hash * Multiplier) ^ word;
        }

        for (int index = key.Length - 1; index >= 0; index--)
        {
            hash ^= (uint)key[index] << (8 * index);
        }

        hash = key.IsEmpty ? hash : hash * Multiplier;
        hash = (hash ^ (hash >> 13)) * Multiplier;
        return (int)(hash ^ (hash >> 15));
    }
}
