using System.Buffers.Binary;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// Pseudonym of a person inside the archive: HMAC-SHA-256 over the subscriber reference of the topics, with a key of its own purpose.
/// Without that key, nobody can match the archive with the topics or with another purpose's data.
/// </summary>
internal readonly record struct PersonRef(UInt128 Value)
{
    public const int Size = 16;

    /// <summary>Number in the index. Two persons may share one, so a look-up compares the whole reference of what it finds.</summary>
    public long IndexKey => unchecked((long)(ulong)Value);

    public static PersonRef Of(SubscriberRef subscriber, DataKey key)
    {
        Span<byte> clear = stackalloc byte[16];
        Span<byte> hash = stackalloc byte[32];
        subscriber.CopyTo(clear);
        key.Hmac(clear, hash);
        return FromBytes(hash[..Size]);
    }

    public static PersonRef FromBytes(ReadOnlySpan<byte> octets) => new(BinaryPrimitives.ReadUInt128BigEndian(octets));

    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    public override string ToString() => Value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
