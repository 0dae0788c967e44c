using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Why a record, a stretch or a whole file could not be decoded, and where. Whoever decodes says what is wrong, whoever reads the file adds
/// the place. Holds no personal data.
/// </summary>
/// <param name="Reason">Closed list of reasons.</param>
/// <param name="Detail">A sentence for a person, with field and clause.</param>
public sealed record DecodingFault(QuarantineReason Reason, string Detail)
{
    /// <summary>Offset of the first octet concerned in the (uncompressed) file.</summary>
    public long FileOffset { get; init; }

    /// <summary>Octets concerned.</summary>
    public long Length { get; init; }

    /// <summary>True when the file as a whole is meant, not one record.</summary>
    public bool IsFileLevel { get; init; }

    /// <summary>A field whose value is not one of its type.</summary>
    /// <param name="field">Name and tag, as the specification has them.</param>
    internal static DecodingFault BadValue(string field) =>
        new(QuarantineReason.BadValue, $"Field {field} does not hold a value of its type.");

    /// <summary>A field without which usage cannot be placed in time or session.</summary>
    /// <param name="field">Name and tag, as the specification has them.</param>
    internal static DecodingFault Missing(string field) => new(QuarantineReason.MissingField, $"Mandatory field {field} is missing.");
}
