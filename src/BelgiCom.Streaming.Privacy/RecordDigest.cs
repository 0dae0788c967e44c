using System.Buffers.Binary;
using System.Numerics;

namespace BelgiCom.Streaming.Privacy;

/// <summary>
/// Digests of octets in which persons are named, under a key that is made of a data key and is gone with it. Whoever knows all of a record
/// but the number could find the number by trying, had the digest no key.
/// </summary>
/// <remarks>
/// The short one is SipHash-2-4 (Aumasson and Bernstein, 2012), a keyed function made for short inputs: a keyed SHA-256 costs four times as
/// much, which mediation would feel. Safe for many threads; the short digest allocates nothing.
/// </remarks>
public sealed class RecordDigest
{
    private readonly DataKey _key;
    private readonly ulong _key0;
    private readonly ulong _key1;

    /// <summary>Makes the keys of the digests from a data key.</summary>
    public RecordDigest(DataKey key)
    {
        Span<byte> made = stackalloc byte[DataKey.Size];
        key.Hmac("record-digest/siphash"u8, made);
        _key0 = BinaryPrimitives.ReadUInt64LittleEndian(made);
        _key1 = BinaryPrimitives.ReadUInt64LittleEndian(made[sizeof(ulong)..]);
        key.Hmac("record-digest/hmac"u8, made);
        _key = new DataKey(key.Id, made);
    }

    /// <summary>Takes a 128-bit key of SipHash as it is.</summary>
    internal RecordDigest(DataKey key, ulong key0, ulong key1)
    {
        _key = key;
        _key0 = key0;
        _key1 = key1;
    }

    /// <summary>64 bits, for every record.</summary>
    public long Short(ReadOnlySpan<byte> octets)
    {
        ulong v0 = _key0 ^ 0x736f6d6570736575, v1 = _key1 ^ 0x646f72616e646f6d;
        ulong v2 = _key0 ^ 0x6c7967656e657261, v3 = _key1 ^ 0x7465646279746573;
        ulong last = (ulong)octets.Length << 56;
        for (; octets.Length >= sizeof(ulong); octets = octets[sizeof(ulong)..])
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(octets);
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
        }

        for (int i = 0; i < octets.Length; i++)
        {
            last |= (ulong)octets[i] << (8 * i);
        }

        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;
        v2 ^= 0xff;
        for (int i = 0; i < 4; i++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        return (long)(v0 ^ v1 ^ v2 ^ v3);
    }

    /// <summary>HMAC-SHA-256: 32 octets, for records that a person looks at.</summary>
    public byte[] Full(ReadOnlySpan<byte> octets)
    {
        byte[] digest = new byte[DataKey.Size];
        _key.Hmac(octets, digest);
        return digest;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v2 += v3;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
