using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace BelgiCom.Streaming.Avro;

/// <summary>
/// Writes the Avro 1.12 binary encoding into a span, without allocating. Each value has exactly one encoding, so equal records are equal
/// octets. The destination must hold the record's maximum size; a shorter one throws <see cref="IndexOutOfRangeException"/> or
/// <see cref="ArgumentException"/>.
/// </summary>
public ref struct AvroWriter
{
    private readonly Span<byte> _destination;
    private int _position;

    /// <summary>Starts at the first octet of the destination.</summary>
    public AvroWriter(Span<byte> destination)
    {
        _destination = destination;
    }

    /// <summary>Starts at the first octet of a destination that must hold <paramref name="size"/> octets.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public static AvroWriter WithRoom(Span<byte> destination, int size) => destination.Length >= size
        ? new AvroWriter(destination)
        : throw new ArgumentException(
            $"The destination holds {destination.Length} octets; the record may take {size}.", nameof(destination));

    /// <summary>Octets written so far.</summary>
    public readonly int Written => _position;

    /// <summary>Writes a long: zigzag, base 128, 1 to 10 octets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteLong(long value)
    {
        ulong bits = (ulong)((value << 1) ^ (value >> 63));
        if (bits < 0x80)
        {
            _destination[_position++] = (byte)bits;
            return;
        }

        _position = WriteLongOfManyOctets(_destination, _position, bits);
    }

    /// <summary>Writes an int.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteInt(int value) => WriteLong(value);

    /// <summary>Writes a boolean.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteBoolean(bool value) => _destination[_position++] = value ? (byte)1 : (byte)0;

    /// <summary>Writes the index of an enum's symbol.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The schema has no such symbol.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteEnum(int index, int symbols)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)symbols, nameof(index));
        WriteLong(index);
    }

    /// <summary>
    /// Writes the index of a union of null and another type. When <paramref name="present"/> is true, the value must follow.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteIsPresent(bool present) => WriteLong(present ? 1 : 0);

    /// <summary>Writes a time stamp in whole milliseconds; smaller parts are cut off, towards the past.</summary>
    public void WriteTimestamp(DateTimeOffset value) => WriteLong(value.ToUnixTimeMilliseconds());

    /// <summary>Writes a date.</summary>
    public void WriteDate(DateOnly value) => WriteLong(value.DayNumber - new DateOnly(1970, 1, 1).DayNumber);

    /// <summary>Writes a decimal, given as its unscaled value.</summary>
    /// <exception cref="OverflowException">More than 18 digits.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteUnscaled(long unscaled) => _position = WriteUnscaled(_destination, _position, unscaled);

    /// <summary>Writes octets after their length. A string must be UTF-8 already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteLong(value.Length);
        WriteFixed(value);
    }

    /// <summary>Writes a string.</summary>
    public void WriteString(string value)
    {
        WriteLong(Encoding.UTF8.GetByteCount(value));
        _position += Encoding.UTF8.GetBytes(value, _destination[_position..]);
    }

    /// <summary>Writes octets without a length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteFixed(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_destination[_position..]);
        _position += value.Length;
    }

    /// <summary>Returns the next octets, which the caller fills.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Reserve(int size)
    {
        Span<byte> reserved = _destination.Slice(_position, size);
        _position += size;
        return reserved;
    }

    /// <summary>Writes an array in one block.</summary>
    public void WriteArray<T>(IReadOnlyList<T> items, AvroItemWriter<T> writeItem)
    {
        if (items.Count > 0)
        {
            WriteLong(items.Count);
            for (int i = 0; i < items.Count; i++)
            {
                writeItem(ref this, items[i]);
            }
        }

        WriteLong(0);
    }

    /// <summary>Writes an array whose octets <see cref="AvroItemsWriter{T}"/> made or a view gave; no octets stand for no items.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteArrayOctets(ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty)
        {
            WriteLong(0);
            return;
        }

        WriteFixed(octets);
    }

    /// <summary>Returns the next position.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int WriteLongOfManyOctets(Span<byte> destination, int position, ulong bits)
    {
        Span<byte> rest = destination[position..];
        if (rest.Length >= sizeof(ulong) && bits < 1UL << 56)
        {
            // All octets but the last get their high bit. What is written after the last one is overwritten by the next value.
            int count = ((70 - BitOperations.LeadingZeroCount(bits)) * 37) >> 8;
            BinaryPrimitives.WriteUInt64LittleEndian(rest, SpreadGroups(bits) | (0x8080_8080_8080_8080 & ((1UL << (8 * (count - 1))) - 1)));
            return position + count;
        }

        int i = 0;
        if (rest.Length > sizeof(ulong) && bits >= 1UL << 56)
        {
            // A hash or another number of all bits: eight octets, each with its high bit, and one or two more.
            BinaryPrimitives.WriteUInt64LittleEndian(rest, SpreadGroups(bits & ((1UL << 56) - 1)) | 0x8080_8080_8080_8080);
            (i, bits) = (sizeof(ulong), bits >> 56);
        }

        for (; bits >= 0x80; bits >>= 7)
        {
            rest[i++] = (byte)(bits | 0x80);
        }

        rest[i++] = (byte)bits;
        return position + i;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int WriteUnscaled(Span<byte> destination, int position, long unscaled)
    {
        int length = UnscaledDecimal.OctetCount(unscaled);
        Span<byte> rest = destination[position..];
        if (rest.Length > sizeof(long))
        {
            // The octets that count come first; what is written after them is overwritten by the next value.
            BinaryPrimitives.WriteInt64BigEndian(rest[1..], unscaled << (64 - (8 * length)));
        }
        else
        {
            for (int i = 1; i <= length; i++)
            {
                rest[i] = (byte)(unscaled >> ((length - i) * 8));
            }
        }

        rest[0] = (byte)(length << 1);
        return position + 1 + length;
    }

    /// <summary>Spreads 56 bits over the low 7 bits of 8 octets.</summary>
    private static ulong SpreadGroups(ulong bits)
    {
        if (Bmi2.X64.IsSupported)
        {
            return Bmi2.X64.ParallelBitDeposit(bits, 0x7F7F_7F7F_7F7F_7F7F);
        }

        // Groups of 28, 14 and 7 bits move apart together.
        ulong octets = (bits & 0x0FFF_FFFF) | ((bits << 4) & 0x0FFF_FFFF_0000_0000);
        octets += (octets & 0x0FFF_C000_0FFF_C000) * 3;
        return octets + (octets & 0x3F80_3F80_3F80_3F80);
    }
}

/// <summary>Writes one item of an array.</summary>
public delegate void AvroItemWriter<T>(ref AvroWriter writer, T item);
