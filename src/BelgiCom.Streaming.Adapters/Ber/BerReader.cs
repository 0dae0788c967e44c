using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Reads BER elements (ITU-T X.690) from a span, one level at a time, without allocating and without throwing: definite and
/// indefinite lengths, short and long tags. When <see cref="Read"/> returns false, <see cref="Fault"/> says whether the end was
/// reached (<see cref="BerFault.None"/>) or the octets are not BER.
/// </summary>
/// <remarks>
/// A length is compared with what is left before anything is sliced, so a length bomb costs nothing. Nesting is bounded by
/// <see cref="MaxDepth"/> both when entering elements and when looking for the end of an indefinite length.
/// Why not <c>System.Formats.Asn1</c>: docs/decisions.md, "BER reader".
/// </remarks>
public ref struct BerReader
{
    /// <summary>Deepest nesting accepted. TS 32.298 records nest less than 12 levels.</summary>
    public const int MaxDepth = 32;

    private readonly ReadOnlySpan<byte> _data;
    private readonly int _depth;
    private int _position;

    /// <summary>Reads the elements of <paramref name="data"/>, which is not copied.</summary>
    public BerReader(ReadOnlySpan<byte> data) : this(data, 0)
    {
    }

    private BerReader(ReadOnlySpan<byte> data, int depth)
    {
        _data = data;
        _depth = depth;
        if (depth > MaxDepth)
        {
            Fault = BerFault.TooDeep;
            _position = data.Length;
        }
    }

    /// <summary>Class and number of the current element, made with <see cref="BerTag"/>.</summary>
    public uint Tag { get; private set; }

    /// <summary>True when the current element holds other elements.</summary>
    public bool IsConstructed { get; private set; }

    /// <summary>Contents octets of the current element, without an end-of-contents marker.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Offset after the current element.</summary>
    public readonly int Position => _position;

    /// <summary>Why reading stopped; <see cref="BerFault.None"/> at a regular end.</summary>
    public BerFault Fault { get; private set; }

    /// <summary>Moves to the next element. False at the end and on a fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Read()
    {
        var data = _data;
        var position = _position;
        // Two octets of header are by far the commonest: short tag, short length. Everything else takes the slow path.
        if ((uint)(position + 1) < (uint)data.Length)
        {
            uint first = data[position];
            int length = data[position + 1];
            if ((first & 0x1F) != 0x1F && first != 0 && length < 0x80 && length <= data.Length - position - 2)
            {
                Tag = ((first >> 6) << 30) | (first & 0x1F);
                IsConstructed = (first & 0x20) != 0;
                Content = data.Slice(position + 2, length);
                _position = position + 2 + length;
                return true;
            }
        }
        return (uint)position < (uint)data.Length && ReadAnyForm(position);
    }

    /// <summary>A reader over the contents of the current element, one level deeper.</summary>
    public readonly BerReader Enter() => new(Content, _depth + 1);

    /// <summary>
    /// Reads an INTEGER or ENUMERATED (X.690 8.3) of at most 64 bits, with any number of redundant sign octets up to 16. False when
    /// it is empty or does not fit.
    /// </summary>
    public static bool TryReadInteger(ReadOnlySpan<byte> content, out long value)
    {
        if (content.Length is 0 or > 16)
        {
            value = 0;
            return false;
        }
        value = (sbyte)content[0];
        for (var i = 1; i < content.Length; i++)
        {
            if (value is < -(1L << 55) or >= 1L << 55)
            {
                return false;
            }
            value = (value << 8) | content[i];
        }
        return true;
    }

    /// <summary>
    /// Reads only the identifier and length octets at the start of <paramref name="data"/>, whether or not the contents follow.
    /// </summary>
    /// <param name="data">Octets that begin with an element.</param>
    /// <param name="tag">Class and number.</param>
    /// <param name="headerLength">Identifier and length octets.</param>
    /// <param name="contentLength">Contents octets; -1 for the indefinite form.</param>
    public static bool TryReadHeader(ReadOnlySpan<byte> data, out uint tag, out int headerLength, out int contentLength)
    {
        tag = 0;
        headerLength = contentLength = 0;
        if (data.Length < 2)
        {
            return false;
        }
        uint first = data[0];
        var position = 1;
        var number = first & 0x1F;
        if (number == 0x1F && !TryReadLongTag(data, ref position, out number) || position >= data.Length)
        {
            return false;
        }
        tag = ((first >> 6) << 30) | number;
        contentLength = data[position++];
        if (contentLength == 0x80)
        {
            contentLength = -1;
            headerLength = position;
            return (first & 0x20) != 0;
        }
        if (contentLength > 0x80 && !TryReadLongLength(data, contentLength & 0x7F, ref position, out contentLength))
        {
            return false;
        }
        headerLength = position;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool ReadAnyForm(int position)
    {
        var data = _data;
        if (data.Length - position < 2)
        {
            return Fail((data[position] & 0x1F) == 0x1F ? BerFault.BadTag : BerFault.Truncated);
        }
        uint first = data[position++];
        var number = first & 0x1F;
        if (number == 0x1F)
        {
            // Tags from 31 to 127 take one octet more; those beyond are rare.
            number = data[position];
            if (number is > 0x00 and < 0x80)
            {
                position++;
            }
            else if (!TryReadLongTag(data, ref position, out number))
            {
                return Fail(BerFault.BadTag);
            }
        }
        Tag = ((first >> 6) << 30) | number;
        IsConstructed = (first & 0x20) != 0;
        if ((uint)position >= (uint)data.Length)
        {
            return Fail(BerFault.Truncated);
        }
        int length = data[position++];
        if (length == 0x80)
        {
            return ReadIndefinite(position);
        }
        if (length > 0x80 && !TryReadLongLength(data, length & 0x7F, ref position, out length))
        {
            return Fail(BerFault.BadLength);
        }
        if (length > data.Length - position)
        {
            return Fail(BerFault.BadLength);
        }
        if (first == 0)
        {
            return Fail(BerFault.BadEndOfContents);
        }
        Content = data.Slice(position, length);
        _position = position + length;
        return true;
    }

    private bool ReadIndefinite(int position)
    {
        if (!IsConstructed)
        {
            return Fail(BerFault.BadLength);
        }
        var fault = FindEndOfContents(_data, position, MaxDepth - _depth, out var end);
        if (fault != BerFault.None)
        {
            return Fail(fault);
        }
        Content = _data[position..end];
        _position = end + 2;
        return true;
    }

    // Definite elements are stepped over whole, so only open indefinite lengths count as depth and no stack is needed.
    private static BerFault FindEndOfContents(ReadOnlySpan<byte> data, int position, int depthLeft, out int end)
    {
        var open = 1;
        end = 0;
        while (true)
        {
            if (position + 2 > data.Length)
            {
                return BerFault.Truncated;
            }
            uint first = data[position];
            if (first == 0)
            {
                if (data[position + 1] != 0)
                {
                    return BerFault.BadEndOfContents;
                }
                if (--open == 0)
                {
                    end = position;
                    return BerFault.None;
                }
                position += 2;
                continue;
            }
            position++;
            if ((first & 0x1F) == 0x1F && !TryReadLongTag(data, ref position, out _))
            {
                return BerFault.BadTag;
            }
            if (position >= data.Length)
            {
                return BerFault.Truncated;
            }
            int length = data[position++];
            if (length == 0x80)
            {
                if ((first & 0x20) == 0)
                {
                    return BerFault.BadLength;
                }
                if (++open > depthLeft)
                {
                    return BerFault.TooDeep;
                }
                continue;
            }
            if (length > 0x80 && !TryReadLongLength(data, length & 0x7F, ref position, out length))
            {
                return BerFault.BadLength;
            }
            if (length > data.Length - position)
            {
                return BerFault.BadLength;
            }
            position += length;
        }
    }

    // X.690 8.1.2.4: seven bits per octet, most significant first, no leading zero octet. 28 bits are more than any module uses.
    private static bool TryReadLongTag(ReadOnlySpan<byte> data, ref int position, out uint number)
    {
        number = 0;
        for (var i = 0; i < 4 && (uint)position < (uint)data.Length; i++)
        {
            uint octet = data[position++];
            if (i == 0 && octet == 0x80)
            {
                return false;
            }
            number = (number << 7) | (octet & 0x7F);
            if (octet < 0x80)
            {
                return true;
            }
        }
        return false;
    }

    private static bool TryReadLongLength(ReadOnlySpan<byte> data, int octets, ref int position, out int length)
    {
        length = 0;
        if (octets > data.Length - position || octets == 0x7F)
        {
            return false;
        }
        long value = 0;
        foreach (var octet in data.Slice(position, octets))
        {
            value = (value << 8) | octet;
            if (value > int.MaxValue)
            {
                return false;
            }
        }
        length = (int)value;
        position += octets;
        return true;
    }

    private bool Fail(BerFault fault)
    {
        Fault = fault;
        Content = default;
        // Nothing follows a fault.
        _position = _data.Length;
        return false;
    }
}
