using System.Text;

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
    public override bool LastsToItsEnd => true;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> KeyForm => "csv.3"u8;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> FormerKeyForm => "csv"u8;

    /// <summary>
    /// The key is the source and the record's own id, and nothing else, so that a change of the column map or a correction of the record
    /// leaves it as it is. Without an id it is every octet of the record (of several lines: of the first) but its line end, as a keyed
    /// hash, because they name persons. Some systems make the id of a number and a time, so it stands behind the secret.
    /// </summary>
    protected override void AppendRecord(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin)
    {
        key.Append(origin.Source);
        if (cdr.Session.IsEmpty)
        {
            key.Append(ByOctets);
            ReadOnlySpan<byte> octets = cdr.KeyOctets > 0 ? origin.Octets[..cdr.KeyOctets] : origin.Octets;
            key.Append(origin.Pseudonyms.FromOctets(octets.TrimEnd("\r\n"u8)));
            return;
        }

        key.Append(ByRecordId);
        key.Append(origin.Secret);
        key.Append(cdr.Session.Span);
    }

    /// <summary>A record has one part.</summary>
    protected override void AppendPart(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part)
    {
    }

    /// <summary>The former key held what the map read of a record, its own id included.</summary>
    protected override void AppendFormer(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part, in RecordOrigin origin)
    {
        key.Append(origin.Source);
        key.Append(origin.Subscriber);
        ReadOnlySpan<byte> otherParty = cdr.OtherParty.Span;
        if (otherParty.Length is > 0 and <= CsvNumber.MaxDigits && !otherParty.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            Span<char> digits = stackalloc char[CsvNumber.MaxDigits];
            key.Append(origin.Pseudonyms.FromMsisdn(digits[..Encoding.ASCII.GetChars(otherParty, digits)]));
        }

        key.Append(cdr.Node.Span);
        key.Append(cdr.Session.Span);
        key.Append((long)cdr.Direction);
        key.Append(part.Start.UtcMilliseconds);
        key.Append(part.End.UtcMilliseconds);
        key.Append(part.DurationSeconds);
        key.Append(part.UplinkOctets);
        key.Append(part.DownlinkOctets);
        key.Append(part.TotalOctets);
        key.Append(part.RatingGroup);
    }
}
