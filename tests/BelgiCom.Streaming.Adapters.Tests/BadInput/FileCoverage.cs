using System.Buffers;
using System.Text;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// Which stretches of a file were in records and in faults. What is in neither must be what its format writes between records.
/// </summary>
internal sealed class FileCoverage
{
    // Of a byte order mark where files were put behind each other, too.
    private static readonly SearchValues<byte> BetweenRequests = SearchValues.Create(" \t\r\n,[]\uFEFF"u8);

    // A line with so many names of the header is one: every map here has more columns, and no value is called like a column.
    private const int NamesOfAHeader = 4;

    private readonly List<(long From, long To)> _stretches = [];
    private HashSet<string>? _names;
    private long _end;
    private int _headerLength;

    /// <summary>Adds what the reader has just read.</summary>
    public void Add(UsageFileReader reader)
    {
        _headerLength = (reader.Header as CdrFileHeader)?.HeaderLength ?? 0;
        if (reader.Fault is null)
        {
            Add(reader.RecordOffset, reader.Octets.Length);
        }
        else if (!reader.Fault.IsFileLevel)
        {
            Assert.Equal(reader.RecordOffset, reader.Fault.FileOffset);
            Add(reader.Fault.FileOffset, reader.Fault.Length);
        }
        else if (reader.Fault.FileOffset >= _end)
        {
            // A file with a fault of its own is not done, and is read again: what follows is not lost. A fault found at the end, such as a
            // wrong count, says nothing of what was read before.
            Add(_end, long.MaxValue - _end);
        }
    }

    public void AssertNothingIsLost(byte[] content, IUsageFormat format)
    {
        long end = _headerLength;
        foreach ((long from, long to) in _stretches.Append((content.Length, content.Length)))
        {
            ReadOnlySpan<byte> between = content.AsSpan((int)Math.Min(end, from), (int)Math.Max(0, from - end));
            if (!between.IsEmpty && !IsNoRecord(content, between, to - from, format))
            {
                string shown = Convert.ToHexString(between[..Math.Min(between.Length, 80)]);
                Assert.Fail($"Octets from {end} to {from} of {content.Length} are in nothing: {shown}");
            }

            end = to;
        }
    }

    private void Add(long from, long length)
    {
        Assert.True(length >= 0 && from >= _end, $"The stretch of {length} at {from} overlaps the one that ends at {_end}.");
        _end = from + length;
        _stretches.Add((from, _end));
    }

    private bool IsNoRecord(ReadOnlySpan<byte> content, ReadOnlySpan<byte> between, long following, IUsageFormat format) =>
        format == CdrFileFormat.Framed ? IsFiller(between) || EndsInFrameHeader(between, following)
        : format == CdrFileFormat.Unframed ? IsFiller(between)
        : format == NchfUsageFormat.Instance ? between.IndexOfAnyExcept(BetweenRequests) < 0
        : HoldsNoCsvRecord(content, between);

    private static bool IsFiller(ReadOnlySpan<byte> octets) => octets.IndexOfAnyExcept((byte)0, (byte)0xFF) < 0;

    /// <summary>Before a record stands the header of its frame, which says how long the record is (TS 32.297 6.1.2).</summary>
    private static bool EndsInFrameHeader(ReadOnlySpan<byte> between, long following)
    {
        for (int length = CdrRecordHeader.MaxLength - 1; length <= Math.Min(between.Length, CdrRecordHeader.MaxLength); length++)
        {
            if (CdrRecordHeader.TryRead(between[^length..], out CdrRecordHeader header) && header.HeaderLength == length
                && header.CdrLength == following && IsFiller(between[..^length]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Lines that hold no value, a spreadsheet's first line, and headers: of the file, and of others put behind it.</summary>
    private bool HoldsNoCsvRecord(ReadOnlySpan<byte> content, ReadOnlySpan<byte> between)
    {
        foreach (Range range in between.Split(CsvDialect.LineEndOf(content)))
        {
            ReadOnlySpan<byte> line = between[range];
            if (!IsEmpty(line) && !IsSeparatorLine(line) && NamesIn(line).Count((_names ??= NamesOf(content)).Contains) < NamesOfAHeader)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What the columns of a file are called: by its first line that says something, and the one behind a separator's.</summary>
    private static HashSet<string> NamesOf(ReadOnlySpan<byte> content)
    {
        HashSet<string> names = [];
        foreach (Range line in content.Split(CsvDialect.LineEndOf(content)))
        {
            if (IsEmpty(content[line]))
            {
                continue;
            }

            names.UnionWith(NamesIn(content[line]));
            if (!IsSeparatorLine(content[line]))
            {
                break;
            }
        }

        return names;
    }

    private static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> line) => ByteOrderMark.Skip(line).Trim(" \t\r\n\u001A"u8);

    private static HashSet<string> NamesIn(ReadOnlySpan<byte> header) => Encoding.Latin1.GetString(Trimmed(header)).Split(',', ';', '\t')
        .Select(name => name.Trim(' ', '"')).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static bool IsEmpty(ReadOnlySpan<byte> line) => Trimmed(line).Trim(",;\t\r\n \u001A"u8).IsEmpty;

    private static bool IsSeparatorLine(ReadOnlySpan<byte> line) =>
        Trimmed(line) is { Length: > 4 } trimmed && Ascii.EqualsIgnoreCase(trimmed[..4], "sep="u8);
}
