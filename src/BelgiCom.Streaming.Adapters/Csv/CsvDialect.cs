namespace BelgiCom.Streaming.Adapters;

/// <summary>What ends fields and lines in one file.</summary>
/// <param name="Delimiter">Octet between fields.</param>
/// <param name="LineEnd">Last octet of a line: LF, or CR in a file that has no LF.</param>
internal readonly record struct CsvDialect(byte Delimiter, byte LineEnd)
{
    /// <summary>
    /// The line ends of a text, by the first one outside quotes: CR only when no LF follows it. An LF inside a quoted field further down
    /// says nothing, and taking it for a line end would make records part of the header.
    /// </summary>
    public static byte LineEndOf(ReadOnlySpan<byte> head)
    {
        bool isQuoted = false;
        for (int at; (at = head.IndexOfAny("\"\r\n"u8)) >= 0; head = head[(at + 1)..])
        {
            if (head[at] == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (!isQuoted)
            {
                ReadOnlySpan<byte> rest = head[at..].TrimStart((byte)'\r');
                return head[at] == '\n' || rest is [(byte)'\n', ..] ? (byte)'\n' : (byte)'\r';
            }
        }

        return (byte)'\n';
    }

    /// <summary>
    /// Octets of the record that <paramref name="octets"/> begins with, its line end included. A quote opens a field only at the field's
    /// start (RFC 4180), and a quoted field goes on over line ends only when nothing says that its quote is a stray one: it is closed,
    /// followed by what may follow it, and none of the lines in between would be a record by itself. Else the record is one physical line.
    /// </summary>
    /// <param name="octets">Octets, longer than the longest line or all that are left.</param>
    /// <param name="columns">Number of columns of a record; 0 when not known.</param>
    public int Measure(ReadOnlySpan<byte> octets, int columns)
    {
        int next = octets.IndexOfAny((byte)'"', LineEnd);
        return next < 0 ? octets.Length : octets[next] == LineEnd ? next + 1 : MeasureQuoted(octets, columns);
    }

    private int MeasureQuoted(ReadOnlySpan<byte> octets, int columns)
    {
        int end = octets.IndexOf(LineEnd);
        int physical = end < 0 ? octets.Length : end + 1;
        int position = 0;
        while (true)
        {
            if (position < octets.Length && octets[position] == '"')
            {
                int close = FindClose(octets, position + 1);
                if (close < 0 || (close >= physical && HasRecordBetween(octets[..close], physical, columns)))
                {
                    return physical;
                }

                position = close + 1;
                if (position < octets.Length && octets[position] == '\r' && LineEnd == '\n')
                {
                    position++;
                }
            }
            else
            {
                int length = octets[position..].IndexOfAny(Delimiter, LineEnd);
                position = length < 0 ? octets.Length : position + length;
            }

            if (position >= octets.Length)
            {
                return octets.Length;
            }

            if (octets[position] == LineEnd)
            {
                return position + 1;
            }

            if (octets[position] != Delimiter)
            {
                return physical;
            }

            position++;
        }
    }

    /// <summary>Place of the quote that closes a field, within the longest line; -1 when there is none.</summary>
    private static int FindClose(ReadOnlySpan<byte> octets, int position)
    {
        octets = octets[..Math.Min(octets.Length, RecordLimits.MaxLineOctets)];
        while (position < octets.Length)
        {
            int quote = octets[position..].IndexOf((byte)'"');
            if (quote < 0)
            {
                return -1;
            }

            position += quote;
            if (position + 1 >= octets.Length || octets[position + 1] != '"')
            {
                return position;
            }

            position += 2;
        }

        return -1;
    }

    /// <summary>Whether a line that begins inside a quoted field would be a record by itself.</summary>
    private bool HasRecordBetween(ReadOnlySpan<byte> octets, int position, int columns)
    {
        while (columns > 1 && position < octets.Length)
        {
            int length = octets[position..].IndexOf(LineEnd);
            ReadOnlySpan<byte> line = length < 0 ? octets[position..] : octets.Slice(position, length);
            if (line.Count(Delimiter) == columns - 1)
            {
                return true;
            }

            position += line.Length + 1;
        }

        return false;
    }
}
