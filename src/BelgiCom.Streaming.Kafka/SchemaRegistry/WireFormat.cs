using System.Buffers.Binary;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Header of a record value in Confluent's wire format: the octet 0x00, then the schema id as 4 octets big-endian, then the Avro body.
/// </summary>
public static class WireFormat
{
    /// <summary>Octets before the body.</summary>
    public const int HeaderSize = 5;

    private const byte Magic = 0;

    /// <summary>Writes the header into the first <see cref="HeaderSize"/> octets.</summary>
    /// <param name="destination">At least <see cref="HeaderSize"/> octets.</param>
    /// <param name="schemaId">Id from the registry.</param>
    /// <exception cref="ArgumentOutOfRangeException">The destination is too short.</exception>
    public static void WriteHeader(Span<byte> destination, int schemaId)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], schemaId);
        destination[0] = Magic;
    }

    /// <summary>
    /// Reads the header. False when the value is too short or begins with another octet, so that it is not in this format.
    /// </summary>
    /// <param name="value">Value of a record.</param>
    /// <param name="schemaId">Id, or 0.</param>
    public static bool TryReadHeader(ReadOnlySpan<byte> value, out int schemaId)
    {
        bool valid = value.Length >= HeaderSize && value[0] == Magic;
        schemaId = valid ? BinaryPrimitives.ReadInt32BigEndian(value[1..]) : 0;
        return valid;
    }
}
