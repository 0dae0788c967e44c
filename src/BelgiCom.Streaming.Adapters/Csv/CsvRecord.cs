namespace BelgiCom.Streaming.Adapters;

/// <summary>A record of a CSV file: a call, a message or a data session.</summary>
internal sealed class CsvRecord : RecordFormat
{
    private const long ByRecordId = 1, ByOctets = 2;

    /// <summary>The only instance.</summary>
    public static CsvRecord Instance { get; } = new();

    private CsvRecord()
    {
    }

    /// <inheritdoc/>
    public override bool IsLocationText => true;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> KeyForm => "csv.2"u8;

    /// <summary>
    /// The key is the source and the record's own id, and nothing else, so that a change of the column map or a correction of the record
    /// leaves it as it is. Without an id it is every octet of the record but its line end, as a keyed hash, because they name persons.
    /// </summary>
    protected override void AppendRecord(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin)
    {
        key.Append(origin.Source);
        if (cdr.Session.IsEmpty)
        {
            key.Append(ByOctets);
            key.Append(origin.Pseudonyms.FromOctets(origin.Octets.TrimEnd("\r\n"u8)));
            return;
        }

        key.Append(ByRecordId);
        key.Append(cdr.Session.Span);
    }

    /// <summary>A record has one part.</summary>
    protected override void AppendPart(ref UsageIdBuilder key, in UsagePart part, int index)
    {
    }
}
