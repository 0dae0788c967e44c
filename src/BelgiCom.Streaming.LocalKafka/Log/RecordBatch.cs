using System.Buffers.Binary;
using System.Numerics;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// A record batch, format version 2 (kafka.apache.org/documentation, "Record Batch"), in place: 61 bytes of header, then the records, which
/// may be compressed. The bytes that a producer sends are the bytes on disk and the bytes that a consumer gets. Only the offset is
/// assigned; the checksum leaves it out for that reason.
/// </summary>
internal readonly ref struct RecordBatch(Span<byte> bytes)
{
    /// <summary>Bytes of base offset and length, which the length field does not count.</summary>
    public const int LengthOverhead = 12;
    public const int HeaderSize = 61;
    public const byte Magic2 = 2;
    public const int NoSequence = -1;
    public const long NoProducer = -1;
    private const int ChecksummedFrom = 21;
    private const short CompressionMask = 0x07;
    private const short LogAppendTimeFlag = 0x08;
    private const short TransactionalFlag = 0x10;
    private const short ControlFlag = 0x20;

    private readonly Span<byte> _bytes = bytes;

    public Span<byte> Bytes => _bytes;

    public long BaseOffset => BinaryPrimitives.ReadInt64BigEndian(_bytes);

    public byte Magic => _bytes[16];

    public short Attributes => BinaryPrimitives.ReadInt16BigEndian(_bytes[21..]);

    public int LastOffsetDelta => BinaryPrimitives.ReadInt32BigEndian(_bytes[23..]);

    public long BaseTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[27..]);

    public long MaxTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[35..]);

    public long ProducerId => BinaryPrimitives.ReadInt64BigEndian(_bytes[43..]);

    public short ProducerEpoch => BinaryPrimitives.ReadInt16BigEndian(_bytes[51..]);

    public int BaseSequence => BinaryPrimitives.ReadInt32BigEndian(_bytes[53..]);

    public int RecordCount => BinaryPrimitives.ReadInt32BigEndian(_bytes[57..]);

    public long LastOffset => BaseOffset + LastOffsetDelta;

    public int LastSequence => BaseSequence == NoSequence ? NoSequence : AddToSequence(BaseSequence, LastOffsetDelta);

    public CompressionCodec Codec => (CompressionCodec)(Attributes & CompressionMask);

    public bool HasLogAppendTime => (Attributes & LogAppendTimeFlag) != 0;

    public bool IsTransactional => (Attributes & TransactionalFlag) != 0;

    public bool IsControl => (Attributes & ControlFlag) != 0;

    public bool HasProducer => ProducerId != NoProducer;

    public Span<byte> Records => _bytes[HeaderSize..];

    /// <summary>The size of the whole batch as its length field says; meaningful for at least <see cref="LengthOverhead"/> bytes.</summary>
    public static long SizeOf(ReadOnlySpan<byte> start) => LengthOverhead + (long)BinaryPrimitives.ReadInt32BigEndian(start[8..]);

    /// <summary>Sequence numbers wrap from 2^31-1 to 0.</summary>
    public static int AddToSequence(int sequence, int increment) =>
        sequence > int.MaxValue - increment ? increment - (int.MaxValue - sequence) - 1 : sequence + increment;

    public bool HasValidChecksum() => BinaryPrimitives.ReadUInt32BigEndian(_bytes[17..]) == Checksum(_bytes[ChecksummedFrom..]);

    public void AssignOffset(long baseOffset, int leaderEpoch)
    {
        BinaryPrimitives.WriteInt64BigEndian(_bytes, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(_bytes[12..], leaderEpoch);
    }

    /// <summary>
    /// Replaces the producer's time by the broker's (message.timestamp.type=LogAppendTime); readers then take it for every record.
    /// </summary>
    public void SetLogAppendTime(long timestampMs)
    {
        BinaryPrimitives.WriteInt16BigEndian(_bytes[21..], (short)(Attributes | LogAppendTimeFlag));
        BinaryPrimitives.WriteInt64BigEndian(_bytes[35..], timestampMs);
        Seal();
    }

    /// <summary>Computes the checksum over everything from the attributes on.</summary>
    public void Seal() => BinaryPrimitives.WriteUInt32BigEndian(_bytes[17..], Checksum(_bytes[ChecksummedFrom..]));

    /// <summary>CRC-32C (RFC 3720, appendix B.4); the runtime uses the processor's instruction.</summary>
    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
