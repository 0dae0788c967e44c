using System.Text;

namespace BelgiCom.Streaming.Adapters;

/// <summary>A line of a CSV file: a call, a message or a data session.</summary>
internal sealed class CsvRecord : RecordFormat
{
    // E.164; a longer number is no number of a person and goes into no key.
    private const int MaxDigits = 15;

    /// <summary>The only instance.</summary>
    public static CsvRecord Instance { get; } = new();

    private CsvRecord()
    {
    }

    /// <inheritdoc/>
    public override bool IsLocationText => true;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> KeyForm => "csv"u8;

    /// <summary>The key holds everything that the line says, its own id included; the numbers of persons go in as pseudonyms.</summary>
    protected override void AppendRecord(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin)
    {
        key.Append(origin.Source);
        key.Append(origin.Subscriber);
        if (cdr.OtherParty.Span.Length is > 0 and <= MaxDigits)
        {
            Span<char> digits = stackalloc char[MaxDigits];
            key.Append(origin.Pseudonyms.FromMsisdn(digits[..Encoding.ASCII.GetChars(cdr.OtherParty.Span, digits)]));
        }

        key.Append(cdr.Node.Span);
        key.Append(cdr.Session.Span);
        key.Append((long)cdr.Direction);
    }

    /// <summary>A line is a record with one part, so the key of the record holds the quantities as well.</summary>
    protected override void AppendPart(ref UsageIdBuilder key, in UsagePart part, int index)
    {
        key.Append(part.Start.UtcMilliseconds);
        key.Append(part.End.UtcMilliseconds);
        key.Append(part.DurationSeconds);
        key.Append(part.UplinkOctets);
        key.Append(part.DownlinkOctets);
        key.Append(part.TotalOctets);
        key.Append(part.RatingGroup);
    }
}
