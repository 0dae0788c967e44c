namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// How large one record may be, whatever its format, so that no input makes memory grow without bound. A larger record is quarantined. <see
/// cref="ContentLimits"/> bounds the file.
/// </summary>
public static class RecordLimits
{
    /// <summary>Most octets of a record that no frame bounds: unframed BER, a JSON request.</summary>
    public const int MaxOctets = 1024 * 1024;

    /// <summary>Most octets of a line of text, its end included.</summary>
    public const int MaxLineOctets = 64 * 1024;

    /// <summary>Deepest nesting of elements, objects and arrays. TS 32.298 records nest less than 12 levels.</summary>
    public const int MaxDepth = 32;

    /// <summary>Most chargeable parts of a record.</summary>
    public const int MaxParts = 4096;

    /// <summary>
    /// Most octets of a faulty stretch that are kept for the quarantine: with its envelope it must fit the largest Kafka record.
    /// </summary>
    public const int MaxQuarantinedOctets = 900 * 1024;
}
