using System.Buffers.Binary;
using System.Text;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Reads the protocol's primitive types out of a request frame or a record of coordinator state (kafka.apache.org/protocol, "Protocol
/// Primitive Types"). Every length is checked against the bytes that are really there before anything is allocated for it, so a forged
/// length costs nothing.
/// </summary>
internal sealed class ProtocolReader
{
    // Flexible versions could say more, but Kafka's clients and brokers refuse it, and other versions could not give it back.
    private const int MaxStringLength = short.MaxValue;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[] _buffer = [];
    private int _position;
    private int _end;

    /// <summary>True for the flexible request versions: lengths are varints plus one and every struct ends in tagged fields.</summary>
    public bool Flexible { get; set; }

    public void Reset(ArraySegment<byte> frame)
    {
        _buffer = frame.Array!;
        _position = frame.Offset;
        _end = frame.Offset + frame.Count;
        Flexible = false;
    }

    public bool ReadBoolean() => Take(1)[0] != 0;

    public sbyte ReadInt8() => (sbyte)Take(1)[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public Guid ReadUuid() => new(Take(16), bigEndian: true);

    public string ReadString() => ReadNullableString() ?? throw new MalformedRequestException("A string that must be present is null.");

    public string? ReadNullableString()
    {
        int length = Flexible ? ReadUnsignedVarint() - 1 : ReadInt16();
        if (length > MaxStringLength)
        {
            throw new MalformedRequestException($"A string of {length} bytes is longer than {MaxStringLength}.");
        }

        return length < 0 ? null : Text(Take(length));
    }

    /// <summary>
    /// Bytes inside the frame, without a copy: valid, and writable, until the next request of the connection is read. Null reads as empty.
    /// </summary>
    public ArraySegment<byte> ReadBytes()
    {
        int length = Flexible ? ReadUnsignedVarint() - 1 : ReadInt32();
        if (length <= 0)
        {
            return ArraySegment<byte>.Empty;
        }

        Take(length);
        return new ArraySegment<byte>(_buffer, _position - length, length);
    }

    /// <summary>The number of elements that follow; a null array reads as empty.</summary>
    public int ReadArrayLength() => Math.Max(0, ReadNullableArrayLength());

    /// <summary>The number of elements that follow, or -1 for a null array.</summary>
    public int ReadNullableArrayLength()
    {
        int count = Flexible ? ReadUnsignedVarint() - 1 : ReadInt32();
        if (count > _end - _position)
        {
            throw new MalformedRequestException($"An array of {count} elements does not fit into the {_end - _position} bytes left.");
        }

        return Math.Max(-1, count);
    }

    /// <summary>
    /// Skips the tagged fields that end every struct of a flexible version; none of them carries anything this broker uses.
    /// </summary>
    public void EndStruct()
    {
        if (!Flexible)
        {
            return;
        }

        for (int fields = ReadUnsignedVarint(); fields > 0; fields--)
        {
            ReadUnsignedVarint();
            Take(ReadUnsignedVarint());
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new MalformedRequestException("A string is not UTF-8.");
        }
    }

    private int ReadUnsignedVarint()
    {
        uint value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value <= int.MaxValue ? (int)value : throw new MalformedRequestException("A length is above 2^31.");
            }
        }

        throw new MalformedRequestException("A varint is longer than five bytes.");
    }

    private Span<byte> Take(int count)
    {
        if ((uint)count > (uint)(_end - _position))
        {
            throw new MalformedRequestException($"The request ends {_end - _position} bytes on, but {count} were announced.");
        }

        Span<byte> taken = _buffer.AsSpan(_position, count);
        _position += count;
        return taken;
    }
}
