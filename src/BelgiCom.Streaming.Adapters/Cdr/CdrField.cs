using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Reads a primitive of TS 32.298 into a field; the field keeps its value when the octets are bad.</summary>
internal static class CdrField
{
    /// <summary>An INTEGER from 0 to <paramref name="maximum"/>.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> content, ref long field, long maximum = long.MaxValue)
    {
        if (!BerReader.TryReadInteger(content, out long value) || value < 0 || value > maximum)
        {
            return false;
        }

        field = value;
        return true;
    }

    /// <summary>
    /// True when a field that may stand once stands a second time. Which of the two is right is not known, and taking one would lose or
    /// double usage.
    /// </summary>
    /// <param name="tag">Tag of the field.</param>
    /// <param name="once">Bit set of the context tags that may stand once.</param>
    /// <param name="seen">Bit set of those seen in this element.</param>
    public static bool IsRepeated(uint tag, ulong once, ref ulong seen)
    {
        if ((tag & ~63u) != BerTag.Context || (once >> (int)(tag & 63) & 1) == 0)
        {
            return false;
        }

        ulong bit = 1UL << (int)(tag & 63);
        bool isRepeated = (seen & bit) != 0;
        seen |= bit;
        return isRepeated;
    }

    /// <summary>The fault of a field that stands twice.</summary>
    public static DecodingFault Repeated(uint tag, string where) =>
        new(QuarantineReason.BadValue, $"Field [{BerTag.Number(tag)}] of {where} stands twice; which one holds is not known.");

    /// <summary>A TimeStamp.</summary>
    public static bool TryTime(ReadOnlySpan<byte> content, ref CdrTime field)
    {
        if (!CdrTime.TryReadBcd(content, out CdrTime time))
        {
            return false;
        }

        field = time;
        return true;
    }

    /// <summary>
    /// What is wrong with a record whose fields were read to the end: its octets, or a type that its outer tag does not mean.
    /// </summary>
    public static DecodingFault? FaultIn(in BerReader fields, long recordType, int expected) =>
        fields.FaultIn("the record") is { } fault ? fault
        : recordType == expected ? null
        : new(QuarantineReason.BadValue, $"recordType [0] is {recordType} in a record whose outer tag means {expected}.");
}
