namespace BelgiCom.Streaming.Adapters;

/// <summary>TS 32.298 records in BER, with the file framing of TS 32.297 or without.</summary>
public sealed class CdrFileFormat : IUsageFormat
{
    private readonly bool _isFramed;

    private CdrFileFormat(string name, bool isFramed)
    {
        Name = name;
        _isFramed = isFramed;
    }

    /// <summary>File and record headers of TS 32.297.</summary>
    public static CdrFileFormat Framed { get; } = new("cdr-framed", true);

    /// <summary>Records one after another, with filler octets 00 or ff between them or at the ends of blocks.</summary>
    public static CdrFileFormat Unframed { get; } = new("cdr-unframed", false);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool Recognises(ReadOnlySpan<byte> head)
    {
        if (_isFramed)
        {
            // A length written in four octets can make a record look like a header. As a header it would be of a file of 3 GB or more.
            return CdrFileHeader.TryRead(head) is not null && !IsRecord(head);
        }

        int first = head.IndexOfAnyExcept((byte)0, (byte)0xFF);
        return first >= 0 && BerReader.TryReadHeader(head[first..], out uint tag, out _, out _) && CdrRecord.IsKnownOuterTag(tag);
    }

    private static bool IsRecord(ReadOnlySpan<byte> head) =>
        BerReader.TryReadHeader(head, out uint tag, out _, out int contentLength)
        && CdrRecord.IsKnownOuterTag(tag)
        && contentLength is > 0 and <= RecordLimits.MaxOctets;

    /// <inheritdoc/>
    public UsageFileReader Open(Stream content) => _isFramed ? new FramedCdrReader(content) : new UnframedCdrReader(content);
}
