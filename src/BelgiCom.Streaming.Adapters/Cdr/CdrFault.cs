using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Why a record, or a whole file, could not be decoded, and where. Holds no personal data.</summary>
/// <param name="Reason">Closed list of reasons.</param>
/// <param name="FileOffset">Offset of the first octet concerned in the (uncompressed) file.</param>
/// <param name="Length">Octets concerned.</param>
/// <param name="IsFileLevel">True when the file as a whole is meant, not one record.</param>
/// <param name="Detail">A sentence for a person, with field and clause.</param>
public readonly record struct CdrFault(QuarantineReason Reason, long FileOffset, long Length, bool IsFileLevel, string Detail);

/// <summary>What is wrong inside one record; the reader adds where it is. <c>default</c> means nothing is wrong.</summary>
internal readonly record struct RecordProblem(QuarantineReason Reason, string? Detail)
{
    public bool IsNone => Detail is null;

    public static RecordProblem BadValue(string field) =>
        new(QuarantineReason.BadValue, $"Field {field} does not hold a value of its type.");

    public static RecordProblem Missing(string field) => new(QuarantineReason.MissingField, $"Mandatory field {field} is missing.");

    public static RecordProblem Of(BerFault fault, string where) => fault switch
    {
        BerFault.None => default,
        BerFault.TooDeep => new(QuarantineReason.NestingTooDeep, $"Nested deeper than {BerReader.MaxDepth} levels in {where}."),
        BerFault.BadLength or BerFault.Truncated =>
            new(QuarantineReason.BadLength, $"A length does not fit its surroundings in {where} (X.690 8.1.3)."),
        _ => new(QuarantineReason.BadEncoding, $"Not BER in {where} (X.690 8.1)."),
    };
}
