using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Makes a <see cref="UsageId"/> from the parts of a duplicate key, without allocating: the first 16 octets of SHA-256 over the parts.
/// Each part carries its type and length, so that no two keys have the same octets: ("12", "3") is not ("1", "23").
/// </summary>
/// <remarks>A change of this encoding would make every resent record look new, so it is as fixed as the topics are.</remarks>
internal ref struct UsageIdBuilder
{
    private const byte OctetsPart = 1;
    private const byte NumberPart = 2;

    private Span<byte> _buffer;
    private byte[]? _rented;
    private int _length;

    /// <summary>
    /// Starts a key in the caller's scratch memory; 256 octets hold every key of 3GPP records. A longer key rents its memory.
    /// </summary>
    public UsageIdBuilder(Span<byte> scratch)
    {
        _buffer = scratch;
    }

    /// <summary>Adds octets: type, length (32 bits, big-endian), octets.</summary>
    public void Append(scoped ReadOnlySpan<byte> part)
    {
        Span<byte> destination = Reserve(5 + part.Length);
        destination[0] = OctetsPart;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], part.Length);
        part.CopyTo(destination[5..]);
    }

    /// <summary>Adds a pseudonym as its octets.</summary>
    public void Append(SubscriberRef reference)
    {
        Span<byte> octets = stackalloc byte[SubscriberRef.Size];
        reference.CopyTo(octets);
        Append(octets);
    }

    /// <summary>Adds a number: type, 64 bits, big-endian.</summary>
    public void Append(long part)
    {
        Span<byte> destination = Reserve(9);
        destination[0] = NumberPart;
        BinaryPrimitives.WriteInt64BigEndian(destination[1..], part);
    }

    /// <summary>Makes the id. The builder cannot be used after it.</summary>
    public UsageId Finish()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_buffer[.._length], hash);
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented, clearArray: true);
        }

        this = default;
        return UsageId.FromBytes(hash[..UsageId.Size]);
    }

    private Span<byte> Reserve(int size)
    {
        if (_buffer.Length - _length < size)
        {
            Grow(size);
        }

        Span<byte> reserved = _buffer.Slice(_length, size);
        _length += size;
        return reserved;
    }

    private void Grow(int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _buffer.Length, _length + size));
        _buffer[.._length].CopyTo(larger);
        if (_rented is not null)
        {
            // A key column of a CSV record may hold a dialled number.
            ArrayPool<byte>.Shared.Return(_rented, clearArray: true);
        }

        _rented = larger;
        _buffer = larger;
    }
}
