using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Writes the protocol's primitive types into a pooled buffer, for responses and for coordinator state; the counterpart of <see
/// cref="ProtocolReader"/>.
/// </summary>
internal sealed class ProtocolWriter
{
    private const int InitialSize = 4096;

    // A fetch of the largest size that is given out, and one batch of the largest size that comes in. A request can ask for one thing a
    // million times, and only this bounds what it is told.
    private const int MaxSize = 160 * 1024 * 1024;
    private const int MaxMessageLength = 1000;
    private byte[] _buffer = [];
    private int _position;

    public bool Flexible { get; set; }

    /// <summary>Position of the next byte. With <see cref="TruncateTo"/>, an answer that waited is written again from here.</summary>
    public int Position => _position;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _position);

    /// <summary>Begins anew with a pooled buffer, which <see cref="Release"/> gives back.</summary>
    public void Reset()
    {
        Release();
        _buffer = ArrayPool<byte>.Shared.Rent(InitialSize);
        _position = 0;
        Flexible = false;
    }

    public void Release()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    public void TruncateTo(int position) => _position = position;

    public void WriteBoolean(bool value) => Advance(1)[0] = value ? (byte)1 : (byte)0;

    public void WriteInt8(sbyte value) => Advance(1)[0] = (byte)value;

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Advance(2), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Advance(4), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Advance(8), value);

    public void WriteUuid(Guid value) => value.TryWriteBytes(Advance(16), bigEndian: true, out _);

    public void WriteError(ErrorCode value) => WriteInt16((short)value);

    public void WriteString(string value) => WriteNullableString(value);

    public void WriteNullableString(string? value)
    {
        int length = value is null ? -1 : Encoding.UTF8.GetByteCount(value);
        if (Flexible)
        {
            WriteUnsignedVarint(length + 1);
        }
        else
        {
            WriteInt16(checked((short)length));
        }

        if (value is not null)
        {
            Encoding.UTF8.GetBytes(value, Advance(length));
        }
    }

    /// <summary>Writes what a person reads of an error, cut where it repeats a long name: the protocol bounds a string.</summary>
    public void WriteMessage(string? message) =>
        WriteNullableString(message is { Length: > MaxMessageLength } ? message[..MaxMessageLength] : message);

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        if (Flexible)
        {
            WriteUnsignedVarint(value.Length + 1);
        }
        else
        {
            WriteInt32(value.Length);
        }

        value.CopyTo(Advance(value.Length));
    }

    /// <summary>The number of elements that follow; -1 is the null array.</summary>
    public void WriteArrayLength(int count)
    {
        if (Flexible)
        {
            WriteUnsignedVarint(count + 1);
        }
        else
        {
            WriteInt32(count);
        }
    }

    public void EndStruct()
    {
        if (Flexible)
        {
            WriteUnsignedVarint(0);
        }
    }

    /// <summary>Room for <paramref name="size"/> bytes that the caller fills before it calls <see cref="Advance"/>.</summary>
    public Span<byte> Reserve(int size)
    {
        if (_buffer.Length - _position < size)
        {
            if (size > MaxSize - _position)
            {
                throw new MalformedRequestException($"The answer would be longer than {MaxSize} bytes: ask for less at once.");
            }

            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_position + size, _buffer.Length * 2));
            _buffer.AsSpan(0, _position).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer.AsSpan(_position, size);
    }

    public Span<byte> Advance(int size)
    {
        Span<byte> room = Reserve(size);
        _position += size;
        return room;
    }

    /// <summary>
    /// Overwrites a 32-bit number that was written before, such as a length that is known only once its content is written.
    /// </summary>
    public void PatchInt32(int position, int value) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(position, 4), value);

    private void WriteUnsignedVarint(int value)
    {
        uint rest = (uint)value;
        while (rest >= 0x80)
        {
            Advance(1)[0] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        Advance(1)[0] = (byte)rest;
    }
}
