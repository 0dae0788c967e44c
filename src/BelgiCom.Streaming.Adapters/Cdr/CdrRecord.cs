using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>One TS 32.298 record: which kind it is by its outer tag, and its extraction.</summary>
internal static class CdrRecord
{
    private const uint SgsnTag = BerTag.Context | 20;
    private const uint SgwTag = BerTag.Context | 78;
    private const uint PgwTag = BerTag.Context | 79;
    private const uint EpdgTag = BerTag.Context | 96;
    private const uint TwagTag = BerTag.Context | 97;
    private const uint ChfTag = BerTag.Context | 200;

    /// <summary>Decodes the one record that <paramref name="octets"/> holds; filler (00 or ff) may follow it.</summary>
    public static DecodingFault? Decode(ReadOnlySpan<byte> octets, UsageCdr cdr)
    {
        BerReader record = new(octets);
        if (!record.Read())
        {
            return record.FaultIn("the outer element") ?? new(QuarantineReason.BadLength, "The record is empty.");
        }

        if (octets[record.Position..].IndexOfAnyExcept((byte)0, (byte)0xFF) >= 0)
        {
            return new(QuarantineReason.BadLength, "Octets follow the record inside its frame (TS 32.297 6.1.2).");
        }

        return FormatOf(record.Tag) switch
        {
            GatewayRecord gateway => gateway.Decode(record, cdr),
            ChargingFunctionRecord charging => charging.Decode(record, cdr),
            _ => Unsupported(record.Tag),
        };
    }

    /// <summary>The kind of record that an outer tag means; null when it is none that is decoded here.</summary>
    public static RecordFormat? FormatOf(uint tag) => tag switch
    {
        PgwTag => GatewayRecord.Pgw,
        SgwTag => GatewayRecord.Sgw,
        ChfTag => ChargingFunctionRecord.Instance,
        EpdgTag => GatewayRecord.Epdg,
        TwagTag => GatewayRecord.Twag,
        SgsnTag => GatewayRecord.Sgsn,
        _ => null,
    };

    /// <summary>The fault of a record that is of another kind.</summary>
    public static DecodingFault Unsupported(uint tag) => new(
        QuarantineReason.UnsupportedRecord,
        $"Outer tag {Describe(tag)} is not a PGW (79), SGW (78), ePDG (96), TWAG (97), SGSN (20) or CHF (200) record (TS 32.298 5.2).");

    /// <summary>True for the outer tags of TS 32.298 records: those decoded here, and those known but not charged by us.</summary>
    public static bool IsKnownOuterTag(uint tag) =>
        (tag & ~0x3FFFFFFFu) == BerTag.Context
            && BerTag.Number(tag) is (>= 20 and <= 27) or (>= 76 and <= 79) or 86 or 92 or (>= 95 and <= 97) or 200;

    private static string Describe(uint tag) =>
        $"{(tag >> 30) switch { 0 => "universal", 1 => "application", 2 => "context", _ => "private" }} {BerTag.Number(tag)}";
}
