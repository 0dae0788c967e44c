using System.Formats.Asn1;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Reads BER elements (ITU-T X.690) from a span, one level at a time, without allocating and without throwing: definite and
/// indefinite lengths, short and long tags. When <see cref="Read"/> returns false, <see cref="Fault"/> says whether the end was reached
/// (null) or the octets are not BER.
/// </summary>
/// <remarks>
/// The octets are taken apart by <see cref="AsnDecoder"/>, which compares every length with what is left before anything is sliced, so a
/// length bomb costs nothing. What this adds is a typed fault where its reader throws, and a bound on nesting.
/// </remarks>
public ref struct BerReader
{
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
        if (depth > RecordLimits.MaxDepth)
        {
            Fail(QuarantineReason.NestingTooDeep);
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

    /// <summary>
    /// Why reading stopped; null at a regular end. A length that does not fit its surroundings is BAD_LENGTH, any other form that is not
    /// BER BAD_ENCODING.
    /// </summary>
    public QuarantineReason? Fault { get; private set; }

    /// <summary>Moves to the next element. False at the end and on a fault.</summary>
    public bool Read()
    {
        ReadOnlySpan<byte> rest = _data[_position..];
        if (rest.IsEmpty)
        {
            return false;
        }

        if (!TryDecode(rest, out Asn1Tag tag, out int offset, out int length, out int consumed))
        {
            return Fail(FaultOf(rest));
        }

        if (rest[0] == 0 || tag.TagValue > BerTag.MaxNumber)
        {
            return Fail(QuarantineReason.BadEncoding);
        }

        Tag = BerTag.Of(tag);
        IsConstructed = tag.IsConstructed;
        Content = rest.Slice(offset, length);
        _position += consumed;
        return true;
    }

    /// <summary>A reader over the contents of the current element, one level deeper.</summary>
    public readonly BerReader Enter() => new(Content, _depth + 1);

    /// <summary>The fault that stopped reading, as a sentence; null at a regular end.</summary>
    /// <param name="where">What the octets are, for example <c>listOfServiceData [34]</c>.</param>
    public readonly DecodingFault? FaultIn(string where) => Fault switch
    {
        null => null,
        QuarantineReason.NestingTooDeep =>
            new(QuarantineReason.NestingTooDeep, $"Nested deeper than {RecordLimits.MaxDepth} levels in {where}."),
        QuarantineReason.BadLength =>
            new(QuarantineReason.BadLength, $"A length does not fit its surroundings in {where} (X.690 8.1.3)."),
        _ => new(QuarantineReason.BadEncoding, $"Not BER in {where} (X.690 8.1)."),
    };

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
        for (int i = 1; i < content.Length; i++)
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
        headerLength = contentLength = 0;
        tag = 0;
        if (!Asn1Tag.TryDecode(data, out Asn1Tag decoded, out int tagLength)
            || !AsnDecoder.TryDecodeLength(data[tagLength..], AsnEncodingRules.BER, out int? length, out int lengthLength)
            || decoded.TagValue > BerTag.MaxNumber
            || (length is null && !decoded.IsConstructed))
        {
            return false;
        }

        tag = BerTag.Of(decoded);
        headerLength = tagLength + lengthLength;
        contentLength = length ?? -1;
        return true;
    }

    /// <summary>
    /// <see cref="AsnDecoder"/> throws in one case only: when it looks for the end of an indefinite length and finds something malformed.
    /// </summary>
    private static bool TryDecode(ReadOnlySpan<byte> element, out Asn1Tag tag, out int offset, out int length, out int consumed)
    {
        try
        {
            return AsnDecoder.TryReadEncodedValue(element, AsnEncodingRules.BER, out tag, out offset, out length, out consumed);
        }
        catch (AsnContentException)
        {
            tag = default;
            offset = length = consumed = 0;
            return false;
        }
    }

    /// <summary>
    /// Finds the reason again, because the decoder only says that it failed: a bad tag, a bad end of an indefinite length, or a length that
    /// does not fit.
    /// </summary>
    private static QuarantineReason FaultOf(ReadOnlySpan<byte> element) =>
        !Asn1Tag.TryDecode(element, out _, out _) || (TryReadHeader(element, out _, out _, out int contentLength) && contentLength < 0)
            ? QuarantineReason.BadEncoding
            : QuarantineReason.BadLength;

    private bool Fail(QuarantineReason fault)
    {
        Fault = fault;
        Content = default;
        // Nothing follows a fault.
        _position = _data.Length;
        return false;
    }
}
