using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>One record of a CSV file cut into fields (RFC 4180): quotes, doubled quotes, delimiters and line ends inside quotes.</summary>
internal sealed class CsvLine
{
    /// <summary>Most columns.</summary>
    public const int MaxFields = 512;

    private readonly Range[] _fields = new Range[MaxFields];
    private readonly byte[] _text = new byte[RecordLimits.MaxLineOctets];

    /// <summary>Number of fields.</summary>
    public int Count { get; private set; }

    /// <summary>The unquoted text of a field.</summary>
    public ReadOnlySpan<byte> this[int index] => _text.AsSpan(_fields[index]);

    /// <summary>Cuts a record into its fields. Returns what is wrong, null when nothing is.</summary>
    public DecodingFault? Split(ReadOnlySpan<byte> record, byte delimiter)
    {
        record = record.TrimEnd("\r\n"u8);
        Count = 0;
        if (record.Length > _text.Length)
        {
            return new(QuarantineReason.TooLarge, $"The line is longer than {RecordLimits.MaxLineOctets} octets.");
        }

        int written = 0;
        int position = 0;
        while (true)
        {
            if (Count == MaxFields)
            {
                return BadEncoding($"More than {MaxFields} columns.");
            }

            int start = written;
            if (position < record.Length && record[position] == '"')
            {
                if (Unquote(record, ref position, ref written) is { } fault)
                {
                    return fault;
                }

                if (position < record.Length && record[position] != delimiter)
                {
                    return BadEncoding($"Column {Count + 1} goes on after its closing quote (RFC 4180).");
                }
            }
            else
            {
                int length = record[position..].IndexOf(delimiter);
                ReadOnlySpan<byte> field = length < 0 ? record[position..] : record.Slice(position, length);
                if (field.Contains((byte)'"'))
                {
                    return BadEncoding($"Column {Count + 1} has a quote inside an unquoted field (RFC 4180).");
                }

                field.CopyTo(_text.AsSpan(written));
                written += field.Length;
                position += field.Length;
            }

            _fields[Count++] = start..written;
            if (position >= record.Length)
            {
                return null;
            }

            position++;
        }
    }

    private DecodingFault? Unquote(ReadOnlySpan<byte> record, ref int position, ref int written)
    {
        position++;
        while (true)
        {
            int quote = record[position..].IndexOf((byte)'"');
            if (quote < 0)
            {
                return BadEncoding($"The quote of column {Count + 1} is not closed (RFC 4180).");
            }

            record.Slice(position, quote).CopyTo(_text.AsSpan(written));
            written += quote;
            position += quote + 1;
            if (position >= record.Length || record[position] != '"')
            {
                return null;
            }

            _text[written++] = (byte)'"';
            position++;
        }
    }

    private static DecodingFault BadEncoding(string detail) => new(QuarantineReason.BadEncoding, detail);
}
