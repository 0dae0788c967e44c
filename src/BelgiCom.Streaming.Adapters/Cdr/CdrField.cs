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
