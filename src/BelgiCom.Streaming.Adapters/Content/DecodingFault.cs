using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Why a record, a stretch or a whole file could not be decoded, and where. The decoder says what is wrong; the reader of the file adds the
/// place. Holds no personal data.
/// </summary>
/// <param name="Reason">Closed list of reasons.</param>
/// <param name="Detail">A sentence for a person, with field and clause.</param>
public sealed record DecodingFault(QuarantineReason Reason, string Detail)
{
    /// <summary>Offset of the first faulty octet in the (uncompressed) file.</summary>
    public long FileOffset { get; init; }

    /// <summary>Number of faulty octets.</summary>
    public long Length { get; init; }

    /// <summary>True when the fault is one of the file as a whole and not of one record.</summary>
    public bool IsFileLevel { get; init; }

    /// <summary>
    /// True when the end of the file was not seen: it is cut short, damaged, or larger than a limit allows, or it is not what its header
    /// says. Such a file is not done, because the rest of it may come, or be read after a change of configuration.
    /// </summary>
    public bool EndsReading
    {
        get => field || IsFileLevel || Reason == QuarantineReason.Truncated;
        init;
    }

    /// <summary>The value of a field does not fit the field's type.</summary>
    /// <param name="field">Name and tag, as the specification has them.</param>
    internal static DecodingFault BadValue(string field) =>
        new(QuarantineReason.BadValue, $"Field {field} does not hold a value of its type.");

    /// <summary>A field is missing without which usage cannot be placed in time or session.</summary>
    /// <param name="field">Name and tag, as the specification has them.</param>
    internal static DecodingFault Missing(string field) => new(QuarantineReason.MissingField, $"Mandatory field {field} is missing.");

    /// <summary>A record has more chargeable parts than <see cref="RecordLimits.MaxParts"/>.</summary>
    internal static DecodingFault TooManyParts() =>
        new(QuarantineReason.TooLarge, $"More than {RecordLimits.MaxParts} chargeable parts in one record.");
}
