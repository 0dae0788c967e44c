using System.Buffers.Binary;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Name of a session towards its consumer (ChargingDataRef, TS 32.291): the subscriber's pseudonym, so that the partition is known from it
/// alone; the number of the session; and when it was made, which tells it from one under the same numbers before it.
/// </summary>
/// <param name="Subscriber">Reference of the subscriber.</param>
/// <param name="Session">Number of the session.</param>
/// <param name="BeganMilliseconds">When it was made, milliseconds since 1970-01-01 UTC.</param>
internal readonly record struct ChargingDataRef(UInt128 Subscriber, ulong Session, long BeganMilliseconds)
{
    private const int Octets = SubscriberRef.Size + sizeof(ulong) + sizeof(long);

    /// <summary>Reads a name; false when it is none of ours.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ChargingDataRef reference)
    {
        reference = default;
        Span<byte> octets = stackalloc byte[Octets];
        if (text.Length != 2 * Octets
            || Convert.FromHexString(text, octets, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        reference = new ChargingDataRef(
            BinaryPrimitives.ReadUInt128BigEndian(octets),
            BinaryPrimitives.ReadUInt64BigEndian(octets[SubscriberRef.Size..]),
            BinaryPrimitives.ReadInt64BigEndian(octets[(SubscriberRef.Size + sizeof(ulong))..]));
        return true;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> octets = stackalloc byte[Octets];
        BinaryPrimitives.WriteUInt128BigEndian(octets, Subscriber);
        BinaryPrimitives.WriteUInt64BigEndian(octets[SubscriberRef.Size..], Session);
        BinaryPrimitives.WriteInt64BigEndian(octets[(SubscriberRef.Size + sizeof(ulong))..], BeganMilliseconds);
        return Convert.ToHexStringLower(octets);
    }
}
