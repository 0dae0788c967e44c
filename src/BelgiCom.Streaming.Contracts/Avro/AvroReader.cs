using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace BelgiCom.Streaming.Contracts;

/// <summary>
/// Reads the Avro 1.12 binary encoding from a span, without allocating.
/// The first fault sticks: every later read returns zero or empty, and <see cref="TryFinish"/> or <see cref="Finish"/> reports it.
/// So a decoder is straight-line code with one check at its end, and no length is trusted before it is compared with what is left.
/// </summary>
public ref struct AvroReader
{
    private const long MinMilliseconds = -62_135_596_800_000;
    private const long MaxMilliseconds = 253_402_300_799_999;
    private const int MinDays = -719_162;
    private const int MaxDays = 2_932_896;

    private readonly ReadOnlySpan<byte> _body;
    private int _position;
    private AvroFault _fault;
    private int _faultOffset;
    private long _faultLimit;

    /// <summary>Starts at the first octet of a body (without the wire-format header).</summary>
    public AvroReader(ReadOnlySpan<byte> body)
    {
        _body = body;
    }

    /// <summary>Octets read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Octets not read yet; 0 after a fault.</summary>
    public readonly int Remaining => _body.Length - _position;

    /// <summary>First fault met, or <see cref="AvroFault.None"/>.</summary>
    public readonly AvroFault Fault => _fault;

    /// <summary>Reads a long: zigzag, base 128, 1 to 10 octets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadLong()
    {
        int position = _position;
        if ((uint)position < (uint)_body.Length)
        {
            uint first = _body[position];
            if (first < 0x80)
            {
                _position = position + 1;
                return (int)(first >> 1) ^ -(int)(first & 1);
            }
        }

        return ReadLongOfManyOctets();
    }

    /// <summary>Reads an int; the same encoding, and the value must fit in 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadInt()
    {
        int start = _position;
        long value = ReadLong();
        if (value != (int)value)
        {
            Fail(AvroFault.BadInteger, start);
            return 0;
        }

        return (int)value;
    }

    /// <summary>Reads a boolean, one octet 0 or 1.</summary>
    public bool ReadBoolean()
    {
        if (Remaining < 1)
        {
            Fail(AvroFault.EndOfBody, _position);
            return false;
        }

        byte value = _body[_position];
        if (value > 1)
        {
            Fail(AvroFault.BadBoolean, _position);
            return false;
        }

        _position++;
        return value == 1;
    }

    /// <summary>Reads a time stamp in milliseconds since 1970-01-01T00:00Z, checked to lie in the years 1 to 9999.</summary>
    public long ReadTimestampMilliseconds()
    {
        int start = _position;
        long value = ReadLong();
        if (value is < MinMilliseconds or > MaxMilliseconds)
        {
            Fail(AvroFault.TimeOutOfRange, start);
            return 0;
        }

        return value;
    }

    /// <summary>Reads a time stamp.</summary>
    public DateTimeOffset ReadTimestamp() => DateTimeOffset.FromUnixTimeMilliseconds(ReadTimestampMilliseconds());

    /// <summary>Reads a date in days since 1970-01-01, checked to lie in the years 1 to 9999.</summary>
    public int ReadDays()
    {
        int start = _position;
        int value = ReadInt();
        if (value is < MinDays or > MaxDays)
        {
            Fail(AvroFault.TimeOutOfRange, start);
            return 0;
        }

        return value;
    }

    /// <summary>Reads a date.</summary>
    public DateOnly ReadDate() => DateOnly.FromDayNumber(ReadDays() - MinDays);

    /// <summary>Reads a decimal(18,9) as nano-units: big-endian two's complement octets after their length.</summary>
    public long ReadNanos()
    {
        int start = _position;
        ReadOnlySpan<byte> octets = ReadBytes();
        if (_fault != AvroFault.None)
        {
            return 0;
        }

        if (!Nanos.TryFromOctets(octets, out long nanos))
        {
            Fail(AvroFault.DecimalOverflow, start, Nanos.Max);
        }

        return nanos;
    }

    /// <summary>Reads a decimal(18,9).</summary>
    public decimal ReadDecimal() => Nanos.ToDecimal(ReadNanos());

    /// <summary>Reads octets after their length. The span is part of the body.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadBytes()
    {
        int start = _position;
        long length = ReadLong();
        int position = _position;
        if ((ulong)length > (ulong)(_body.Length - position))
        {
            Fail(AvroFault.BadLength, start, _body.Length - position);
            return default;
        }

        _position = position + (int)length;
        return _body.Slice(position, (int)length);
    }

    /// <summary>Reads a string as UTF-8 octets, checked to be UTF-8. The span is part of the body.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadUtf8()
    {
        int start = _position;
        ReadOnlySpan<byte> text = ReadBytes();
        if (!IsUtf8(text))
        {
            Fail(AvroFault.BadText, start);
            return default;
        }

        return text;
    }

    /// <summary>Reads a string.</summary>
    public string ReadString() => Encoding.UTF8.GetString(ReadUtf8());

    /// <summary>Reads <paramref name="size"/> octets, at most 16. After a fault the octets are zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadFixed(int size)
    {
        int position = _position;
        if (_body.Length - position < size)
        {
            Fail(AvroFault.EndOfBody, position);
            return ZeroOctets[..size];
        }

        _position = position + size;
        return _body.Slice(position, size);
    }

    /// <summary>Reads the index of an enum's symbol.</summary>
    /// <param name="symbols">Number of symbols the schema has.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadEnum(int symbols)
    {
        int start = _position;
        long index = ReadLong();
        if ((ulong)index >= (ulong)symbols)
        {
            Fail(AvroFault.UnknownSymbol, start, symbols - 1);
            return 0;
        }

        return (int)index;
    }

    /// <summary>Reads the index of a union of null and another type: true when the other type follows.</summary>
    public bool ReadIsPresent()
    {
        int start = _position;
        long index = ReadLong();
        if ((ulong)index > 1)
        {
            Fail(AvroFault.UnknownBranch, start, 1);
            return false;
        }

        return index == 1;
    }

    /// <summary>Reads the head of an array block; 0 ends the array.</summary>
    /// <param name="minimumItemSize">Octets that one item takes at least, 1 or more: bounds the count by what is left.</param>
    public int ReadBlockCount(int minimumItemSize)
    {
        int start = _position;
        long count = ReadLong();
        if (count < 0)
        {
            // A negative count is followed by the size of the block in octets, for readers that skip it. We check it and read on.
            long size = ReadLong();
            if ((ulong)size > (ulong)Remaining)
            {
                Fail(AvroFault.BadLength, start, Remaining);
                return 0;
            }

            count = -count;
        }

        int most = Remaining / minimumItemSize;
        if (count < 0 || count > most)
        {
            Fail(AvroFault.TooManyItems, start, most);
            return 0;
        }

        return (int)count;
    }

    /// <summary>Reads an array.</summary>
    /// <param name="minimumItemSize">Octets that one item takes at least, 1 or more.</param>
    /// <param name="readItem">Reads one item.</param>
    public IReadOnlyList<T> ReadArray<T>(int minimumItemSize, AvroItemReader<T> readItem)
    {
        int count = ReadBlockCount(minimumItemSize);
        if (count == 0)
        {
            return [];
        }

        var items = new List<T>(count);
        for (; count > 0; count = ReadBlockCount(minimumItemSize))
        {
            for (int i = 0; i < count && _fault == AvroFault.None; i++)
            {
                items.Add(readItem(ref this));
            }
        }

        return items;
    }

    /// <summary>True when the body was read to its last octet without a fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFinish()
    {
        if (_fault == AvroFault.None && _position == _body.Length)
        {
            return true;
        }

        Fail(AvroFault.TrailingOctets, _position);
        return false;
    }

    /// <summary>Throws unless the body was read to its last octet without a fault.</summary>
    /// <exception cref="AvroFormatException">The first fault, with its offset.</exception>
    public void Finish()
    {
        if (!TryFinish())
        {
            throw new AvroFormatException(_fault, _faultOffset, _faultLimit);
        }
    }

    /// <summary>Notes a fault, unless there is one already, and moves to the end so that nothing more is read.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void Fail(AvroFault fault, int offset, long limit = -1)
    {
        if (_fault == AvroFault.None)
        {
            _fault = fault;
            _faultOffset = offset;
            _faultLimit = limit;
        }

        _position = _body.Length;
    }

    /// <summary>Passes over octets.</summary>
    internal void Skip(int size)
    {
        if (Remaining < size)
        {
            Fail(AvroFault.EndOfBody, _position);
            return;
        }

        _position += size;
    }

    /// <summary>Goes to an octet that was passed before. After a fault it stays at the end.</summary>
    internal void MoveTo(int position)
    {
        if (_fault == AvroFault.None)
        {
            _position = position;
        }
    }

    private static ReadOnlySpan<byte> ZeroOctets => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long ReadLongOfManyOctets()
    {
        ulong bits = 0;
        int shift = 0;
        ReadOnlySpan<byte> rest = _body[_position..];
        for (int i = 0; i < rest.Length; i++)
        {
            ulong octet = rest[i];
            if (shift == 63 && octet > 1)
            {
                Fail(AvroFault.BadInteger, _position);
                return 0;
            }

            bits |= (octet & 0x7F) << shift;
            if (octet < 0x80)
            {
                _position += i + 1;
                return (long)(bits >> 1) ^ -(long)(bits & 1);
            }

            shift += 7;
        }

        Fail(AvroFault.EndOfBody, _position);
        return 0;
    }

    // Names, PLMNs and codes are short and ASCII: eight octets at a time with one overlapping step beat the general check by far.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsUtf8(ReadOnlySpan<byte> text)
    {
        const ulong HighBits = 0x8080_8080_8080_8080;
        if (text.Length < 8)
        {
            uint any = 0;
            foreach (byte octet in text)
            {
                any |= octet;
            }

            return any < 0x80 || Utf8.IsValid(text);
        }

        ulong bits = BinaryPrimitives.ReadUInt64LittleEndian(text[^8..]);
        for (int i = 0; i < text.Length - 8; i += 8)
        {
            bits |= BinaryPrimitives.ReadUInt64LittleEndian(text[i..]);
        }

        return (bits & HighBits) == 0 || Utf8.IsValid(text);
    }
}

/// <summary>Reads one item of an array.</summary>
public delegate T AvroItemReader<T>(ref AvroReader reader);
