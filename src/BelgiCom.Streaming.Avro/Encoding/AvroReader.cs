using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using System.Text.Unicode;

namespace BelgiCom.Streaming.Avro;

/// <summary>
/// Reads the Avro 1.12 binary encoding from a span, without allocating. The first fault stays: every later read returns zero or empty, and
/// <see cref="TryFinish"/> or <see cref="Finish"/> reports it. So a decoder is straight-line code with one check at its end. A length is
/// compared with what is left of the body before it is used.
/// </summary>
/// <remarks>
/// On the fast paths no code takes the address of the reader, so that the compiler keeps its state in registers while a record is decoded.
/// This is why a fault is a negative position, and why the rare cases are static methods that return values. An octet that is read without
/// a bound check of its own is read through <see cref="OctetAt"/>, after one check for all of them.
/// </remarks>
public ref struct AvroReader
{
    private const long MinMilliseconds = -62_135_596_800_000;
    private const long MaxMilliseconds = 253_402_300_799_999;
    private const int MinDays = -719_162;
    private const int MaxDays = 2_932_896;

    // A negative position holds the sign bit, then the fault, then the octet at which it is. Every bound check fails for it by itself.
    private const int FaultShift = 24;
    private const int OffsetMask = (1 << FaultShift) - 1;

    private const int WordLength = sizeof(ulong);
    private const int HalfWordLength = sizeof(uint);
    private const int MaxLongLength = 10;

    // Up to this many numbers are searched for in 32 octets, more in 64. The smaller comparison has its result some cycles earlier.
    private const int FewNumbers = 5;

    // A window so far away that no number of any body lies in it.
    private const int NoWindow = AvroLimits.MaxBodySize + 64;

    // Longest text whose octets one comparison shows to be ASCII; nearly every name and code is shorter.
    private const int ShortTextLength = 31;

    private readonly ReadOnlySpan<byte> _body;
    private int _position;

    // Bit n is set when octet n, counted from the window's start, ends a number that was not read yet.
    private int _window;
    private ulong _ends;

    /// <summary>
    /// Starts at the first octet of a body (without the wire-format header). A body above <see cref="AvroLimits.MaxBodySize"/> is a fault.
    /// </summary>
    public AvroReader(ReadOnlySpan<byte> body)
    {
        _body = body;
        _position = body.Length <= AvroLimits.MaxBodySize ? 0 : FaultAt(AvroFault.TooLarge, 0);
    }

    /// <summary>Octets read so far; after a fault, the octet at which it is.</summary>
    public readonly int Position => _position & OffsetMask;

    /// <summary>Octets not read yet; 0 after a fault.</summary>
    public readonly int Remaining => _position < 0 ? 0 : _body.Length - _position;

    /// <summary>Octets of the whole body.</summary>
    internal readonly int Length => _body.Length;

    /// <summary>First fault met, or <see cref="AvroFault.None"/>.</summary>
    public readonly AvroFault Fault => _position < 0 ? (AvroFault)((_position & int.MaxValue) >> FaultShift) : AvroFault.None;

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

        (long value, _position) = ReadLongOfManyOctets(_body, position);
        return value;
    }

    /// <summary>
    /// Looks ahead for numbers that follow each other, and finds with one comparison where each of them ends. <see cref="NextLong"/> and
    /// the methods like it then read a number without waiting for the one before, and without a branch on its length: lengths are as good
    /// as random, and each wrong guess of the processor costs some 15 cycles. A usual record takes 0.7 of the time that it takes to read
    /// its numbers one by one. Numbers that the comparison does not find, because they are long or near the end of the body, are read in
    /// that slower way.
    /// </summary>
    /// <param name="numbers">How many, a constant.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void FindNumbers(int numbers)
    {
        int position = _position;
        int window = numbers > FewNumbers ? Vector512<byte>.Count - WordLength : Vector256<byte>.Count;
        _window = NoWindow;

        // A number in the window is loaded as a whole word, so the body must hold one word more than the window.
        if ((uint)(position + window + WordLength) <= (uint)_body.Length)
        {
            ref byte start = ref OctetAt(_body, position);
            _window = position;
            _ends = numbers > FewNumbers
                ? ~Vector512.LoadUnsafe(ref start).ExtractMostSignificantBits() & (ulong.MaxValue >> WordLength)
                : ~Vector256.LoadUnsafe(ref start).ExtractMostSignificantBits();
        }
    }

    /// <summary>Reads a long that <see cref="FindNumbers"/> looked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long NextLong()
    {
        int position = _position;
        int next = NextEnd();
        int length = next - position;
        if ((uint)length <= WordLength)
        {
            _position = next;
            return Number(LittleEndian(Unsafe.ReadUnaligned<ulong>(ref OctetAt(_body, position))), length);
        }

        (long value, _position) = ReadLongOfManyOctets(_body, position);
        _window = _ends == 0 ? NoWindow : _window;
        return value;
    }

    /// <summary>Reads an int that <see cref="FindNumbers"/> looked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int NextInt()
    {
        int position = _position;
        int next = NextEnd();
        int length = next - position;
        if ((uint)length <= HalfWordLength)
        {
            // Four octets always fit in 32 bits.
            _position = next;
            return (int)Number(LittleEndian(Unsafe.ReadUnaligned<ulong>(ref OctetAt(_body, position))), length);
        }

        (long value, _position) = ReadLongOfManyOctets(_body, position);
        _window = _ends == 0 ? NoWindow : _window;
        if (value != (int)value)
        {
            _position = FaultAt(AvroFault.BadInteger, position);
            return 0;
        }

        return (int)value;
    }

    /// <summary>Reads a time stamp that <see cref="FindNumbers"/> looked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long NextTimestampMilliseconds()
    {
        int start = _position;
        long value = NextLong();
        if ((ulong)(value - MinMilliseconds) > (ulong)(MaxMilliseconds - MinMilliseconds))
        {
            _position = FaultAt(AvroFault.TimeOutOfRange, start);
            return 0;
        }

        return value;
    }

    /// <summary>Reads an int: the encoding of a long, whose value must fit in 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadInt()
    {
        int start = _position;
        if ((uint)start < (uint)_body.Length)
        {
            uint first = _body[start];
            if (first < 0x80)
            {
                _position = start + 1;
                return (int)(first >> 1) ^ -(int)(first & 1);
            }
        }

        (long value, _position) = ReadLongOfManyOctets(_body, start);
        if (value != (int)value)
        {
            _position = FaultAt(AvroFault.BadInteger, start);
            return 0;
        }

        return (int)value;
    }

    /// <summary>Reads a boolean, one octet 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ReadBoolean()
    {
        int position = _position;
        if ((uint)position < (uint)_body.Length && _body[position] <= 1)
        {
            _position = position + 1;
            return _body[position] == 1;
        }

        Fail(Remaining < 1 ? AvroFault.EndOfBody : AvroFault.BadBoolean, position);
        return false;
    }

    /// <summary>Reads a time stamp in milliseconds since 1970-01-01T00:00Z, which must lie in the years 1 to 9999.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadTimestampMilliseconds()
    {
        int start = _position;
        long value = ReadLong();
        if ((ulong)(value - MinMilliseconds) > (ulong)(MaxMilliseconds - MinMilliseconds))
        {
            _position = FaultAt(AvroFault.TimeOutOfRange, start);
            return 0;
        }

        return value;
    }

    /// <summary>Reads a time stamp.</summary>
    public DateTimeOffset ReadTimestamp() => DateTimeOffset.FromUnixTimeMilliseconds(ReadTimestampMilliseconds());

    /// <summary>Reads a date in days since 1970-01-01, which must lie in the years 1 to 9999.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadDays()
    {
        int start = _position;
        int value = ReadInt();
        if (value is < MinDays or > MaxDays)
        {
            _position = FaultAt(AvroFault.TimeOutOfRange, start);
            return 0;
        }

        return value;
    }

    /// <summary>Reads a date.</summary>
    public DateOnly ReadDate() => DateOnly.FromDayNumber(ReadDays() - MinDays);

    /// <summary>
    /// Reads a decimal of at most 18 digits as its unscaled value: big-endian two's complement octets after their length.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadUnscaled()
    {
        int start = _position;
        ReadOnlySpan<byte> octets = ReadBytes();
        if (!UnscaledDecimal.TryFromOctets(octets, out long unscaled) && _position >= 0)
        {
            _position = FaultAt(AvroFault.DecimalOverflow, start);
        }

        return unscaled;
    }

    /// <summary>Reads octets after their length. The span is part of the body.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadBytes()
    {
        int position = _position;
        if ((uint)position < (uint)_body.Length)
        {
            // The length takes one octet and is not negative, as for nearly every name and code.
            int first = _body[position];
            int next = position + 1 + (first >> 1);
            if ((first & 0x81) == 0 && next <= _body.Length)
            {
                _position = next;
                return _body.Slice(position + 1, first >> 1);
            }
        }

        (int start, int length, _position) = BoundsOfManyOctets(_body, position);
        return _body.Slice(start, length);
    }

    /// <summary>Reads a string as UTF-8 octets and checks that they are UTF-8. The span is part of the body.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadUtf8()
    {
        int start = _position;
        if ((uint)(start + 1 + Vector256<byte>.Count) <= (uint)_body.Length)
        {
            // A name or a code: its length takes one octet, and one comparison shows that it is ASCII.
            ref byte first = ref OctetAt(_body, start);
            uint length = BitOperations.RotateRight((uint)first, 1);
            if (length <= ShortTextLength)
            {
                uint notAscii = Vector256.LoadUnsafe(ref first, 1).ExtractMostSignificantBits();
                if ((notAscii & ((1U << (int)length) - 1)) == 0)
                {
                    _position = start + 1 + (int)length;
                    return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref first, 1), (int)length);
                }
            }
        }

        if ((uint)start < (uint)_body.Length && _body[start] == 0)
        {
            _position = start + 1;
            return default;
        }

        ReadOnlySpan<byte> text = ReadBytes();
        if (text.Length > 0 && !IsUtf8(text))
        {
            _position = FaultAt(AvroFault.BadText, start);
            return default;
        }

        return text;
    }

    /// <summary>Reads a string.</summary>
    public string ReadString() => Encoding.UTF8.GetString(ReadUtf8());

    /// <summary>Reads <paramref name="size"/> octets; empty after a fault. The span is part of the body.</summary>
    public ReadOnlySpan<byte> ReadFixed(int size)
    {
        // After a fault the position is negative, and a null has no octets whose absence would show it.
        if (_position < 0 || size > _body.Length - _position)
        {
            Fail(AvroFault.EndOfBody, _position);
            return default;
        }

        ReadOnlySpan<byte> octets = _body.Slice(_position, size);
        _position += size;
        return octets;
    }

    /// <summary>Reads a fixed of 16 octets as two big-endian halves; zeros after a fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal (ulong High, ulong Low) ReadHalves()
    {
        int position = _position;
        if ((uint)(position + (2 * WordLength)) > (uint)_body.Length)
        {
            _position = position < 0 ? position : FaultAt(AvroFault.EndOfBody, position);
            return default;
        }

        _position = position + (2 * WordLength);
        ref byte octets = ref OctetAt(_body, position);
        ulong high = Unsafe.ReadUnaligned<ulong>(ref octets);
        ulong low = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref octets, WordLength));
        return BitConverter.IsLittleEndian
            ? (BinaryPrimitives.ReverseEndianness(high), BinaryPrimitives.ReverseEndianness(low))
            : (high, low);
    }

    /// <summary>Reads the index of an enum's symbol.</summary>
    /// <param name="symbols">Number of symbols the schema has.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadEnum(int symbols)
    {
        int start = _position;
        if ((uint)start < (uint)_body.Length)
        {
            // The rotation moves the sign into the highest bit, and the bit that announces one more octet into one that no schema's number
            // of symbols has. So one comparison refuses both.
            uint first = BitOperations.RotateRight((uint)_body[start], 1);
            if (first < (uint)Math.Min(symbols, 0x40))
            {
                _position = start + 1;
                return (int)first;
            }
        }

        (long index, _position) = ReadLongOfManyOctets(_body, start);
        if ((ulong)index >= (ulong)symbols)
        {
            _position = FaultAt(AvroFault.UnknownSymbol, start);
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
            Fail(AvroFault.UnknownBranch, start);
            return false;
        }

        return index == 1;
    }

    /// <summary>Reads the head of an array block; 0 ends the array.</summary>
    /// <param name="minimumItemSize">Least octets that one item takes, 1 or more. It bounds the count by what is left of the body.</param>
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
                Fail(AvroFault.BadLength, start);
                return 0;
            }

            count = -count;
        }

        int most = Remaining / minimumItemSize;
        if (count < 0 || count > most)
        {
            Fail(AvroFault.TooManyItems, start);
            return 0;
        }

        return (int)count;
    }

    /// <summary>Reads an array.</summary>
    /// <param name="minimumItemSize">Least octets that one item takes, 1 or more.</param>
    /// <param name="readItem">Reads one item.</param>
    public IReadOnlyList<T> ReadArray<T>(int minimumItemSize, AvroItemReader<T> readItem)
    {
        int count = ReadBlockCount(minimumItemSize);
        if (count == 0)
        {
            return [];
        }

        List<T> items = new(count);
        for (; count > 0; count = ReadBlockCount(minimumItemSize))
        {
            for (int i = 0; i < count && _position >= 0; i++)
            {
                items.Add(readItem(ref this));
            }
        }

        return items;
    }

    /// <summary>Reads an array as its octets, which <see cref="AvroItems{T}"/> steps through; none for an array without items.</summary>
    /// <param name="minimumItemSize">Least octets that one item takes, 1 or more.</param>
    /// <typeparam name="T">View of an item, by which each item is read once, so that a fault in one is a fault of the body.</typeparam>
    public ReadOnlySpan<byte> ReadArrayOctets<T>(int minimumItemSize)
        where T : IAvroItem<T>, allows ref struct
    {
        int start = Position;
        int count = ReadBlockCount(minimumItemSize);
        if (count == 0)
        {
            return default;
        }

        for (; count > 0; count = ReadBlockCount(minimumItemSize))
        {
            for (int i = 0; i < count && _position >= 0; i++)
            {
                T.ReadFrom(ref this);
            }
        }

        return Since(start);
    }

    /// <summary>True when the body was read to its last octet without a fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryFinish() => _position == _body.Length;

    /// <summary>Throws unless the body was read to its last octet without a fault.</summary>
    /// <exception cref="AvroFormatException">The first fault, with its offset.</exception>
    public readonly void Finish()
    {
        if (TryFinish())
        {
            return;
        }

        AvroFault fault = Fault == AvroFault.None ? AvroFault.TrailingOctets : Fault;
        throw new AvroFormatException(fault, Position, LimitOf(fault, _body.Length - Position));
    }

    /// <summary>Notes a fault, unless there is one already. Nothing more is read after it.</summary>
    internal void Fail(AvroFault fault, int offset)
    {
        if (_position >= 0)
        {
            _position = FaultAt(fault, offset);
        }
    }

    /// <summary>The octets from an earlier position up to this one; none after a fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly ReadOnlySpan<byte> Since(int start) => _position < 0 ? default : _body[start.._position];

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

    /// <summary>Goes back to an earlier octet. After a fault the position does not change.</summary>
    internal void MoveTo(int position)
    {
        if (_position >= 0)
        {
            _position = position;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FaultAt(AvroFault fault, int offset) => int.MinValue | ((int)fault << FaultShift) | offset;

    private static long LimitOf(AvroFault fault, int rest) => fault switch
    {
        AvroFault.BadLength or AvroFault.TooManyItems => rest,
        AvroFault.DecimalOverflow => UnscaledDecimal.Max,
        AvroFault.TooDeep => AvroLimits.MaxDepth,
        AvroFault.TooLarge => AvroLimits.MaxBodySize,
        _ => -1,
    };

    /// <summary>The value and the next position, which is a fault when it is negative.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (long Value, int Next) ReadLongOfManyOctets(ReadOnlySpan<byte> body, int position)
    {
        if (position < 0)
        {
            return (0, position);
        }

        ReadOnlySpan<byte> rest = body[position..];
        if (rest.Length >= sizeof(ulong))
        {
            ulong octets = BinaryPrimitives.ReadUInt64LittleEndian(rest);
            ulong ends = ~octets & 0x8080_8080_8080_8080;
            if (ends != 0)
            {
                int length = (BitOperations.TrailingZeroCount(ends) >> 3) + 1;
                return (Number(octets, length), position + length);
            }

            if (rest.Length >= MaxLongLength)
            {
                // A hash takes 9 or 10 octets with equal chance, so nothing branches on it.
                int more = rest[WordLength] >> 7;
                int tenth = rest[WordLength + 1] & -more;
                if (tenth <= 1)
                {
                    ulong high = (rest[WordLength] & 0x7FU) | ((ulong)tenth << 7);
                    return (Unzigzag(JoinGroups(octets) | (high << 56)), position + WordLength + 1 + more);
                }
            }
        }

        return ReadLongOctetByOctet(rest, position);
    }

    private static (long Value, int Next) ReadLongOctetByOctet(ReadOnlySpan<byte> rest, int position)
    {
        ulong bits = 0;
        int shift = 0;
        for (int i = 0; i < rest.Length; i++)
        {
            ulong octet = rest[i];
            if (shift == 63 && octet > 1)
            {
                return (0, FaultAt(AvroFault.BadInteger, position));
            }

            bits |= (octet & 0x7F) << shift;
            if (octet < 0x80)
            {
                return (Unzigzag(bits), position + i + 1);
            }

            shift += 7;
        }

        return (0, FaultAt(AvroFault.EndOfBody, position));
    }

    /// <summary>
    /// Where octets with a longer length start, how many they are, and the next position, which is a fault when it is negative.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (int Start, int Length, int Next) BoundsOfManyOctets(ReadOnlySpan<byte> body, int position)
    {
        (long length, int start) = ReadLongOfManyOctets(body, position);
        if (start < 0)
        {
            return (0, 0, start);
        }

        return (ulong)length <= (ulong)(body.Length - start)
            ? (start, (int)length, start + (int)length)
            : (0, 0, FaultAt(AvroFault.BadLength, position));
    }

    /// <summary>
    /// Returns the octet after the end of the next number in the window and moves past it; a position far away when there is no such
    /// number.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int NextEnd()
    {
        // After the last number, 64 zeros follow, which leads more than a word away, because the window is a word shorter.
        int next = _window + BitOperations.TrailingZeroCount(_ends) + 1;
        _ends &= _ends - 1;
        return next;
    }

    /// <summary>An octet that the caller has checked to be there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte OctetAt(ReadOnlySpan<byte> body, int position) =>
        ref Unsafe.Add(ref MemoryMarshal.GetReference(body), (nint)(uint)position);

    private static ulong LittleEndian(ulong word) => BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);

    /// <summary>
    /// The number in the first octets of a word: two instructions on x64 processors since 2013 (slow ones before AMD Zen 3), else some ten.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Number(ulong octets, int length) => Bmi2.X64.IsSupported
        ? (long)Bmi2.X64.ParallelBitExtract(Bmi2.X64.ZeroHighBits(octets, (uint)length * 8), 0x7F7F_7F7F_7F7F_7F7E) ^ -(long)(octets & 1)
        : Unzigzag(JoinGroups(octets & (ulong.MaxValue >> (64 - (8 * length)))));

    /// <summary>Joins the low 7 bits of 8 octets: groups of 7, 14 and 28 bits move together.</summary>
    private static ulong JoinGroups(ulong octets)
    {
        octets &= 0x7F7F_7F7F_7F7F_7F7F;
        octets -= (octets & 0x7F00_7F00_7F00_7F00) >> 1;
        octets = (octets & 0x0000_3FFF_0000_3FFF) | ((octets & 0x3FFF_0000_3FFF_0000) >> 2);
        return (octets & 0x0000_0000_0FFF_FFFF) | ((octets & 0x0FFF_FFFF_0000_0000) >> 4);
    }

    private static long Unzigzag(ulong bits) => (long)(bits >> 1) ^ -(long)(bits & 1);

    /// <summary>
    /// Names and codes are short and ASCII, which a few overlapping loads show. Only other texts are checked octet by octet.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsUtf8(ReadOnlySpan<byte> text)
    {
        if (text.Length >= Vector128<byte>.Count)
        {
            Vector128<byte> all = Vector128.Create(text[^Vector128<byte>.Count..]);
            for (int i = 0; i < text.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
            {
                all |= Vector128.Create(text[i..]);
            }

            return all.ExtractMostSignificantBits() == 0 || Utf8.IsValid(text);
        }

        ulong bits = text.Length switch
        {
            >= sizeof(ulong) =>
                BinaryPrimitives.ReadUInt64LittleEndian(text) | BinaryPrimitives.ReadUInt64LittleEndian(text[^sizeof(ulong)..]),
            >= sizeof(uint) =>
                BinaryPrimitives.ReadUInt32LittleEndian(text) | BinaryPrimitives.ReadUInt32LittleEndian(text[^sizeof(uint)..]),
            _ => (ulong)(text[0] | text[text.Length >> 1] | text[^1]),
        };
        return (bits & 0x8080_8080_8080_8080) == 0 || Utf8.IsValid(text);
    }
}

/// <summary>Reads one item of an array.</summary>
public delegate T AvroItemReader<T>(ref AvroReader reader);
