using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Reads CSV records by a column map. A line that cannot be read is one fault, and the next line is tried; a stray quote costs one physical
/// line, not the rest of the file. A last line whose end is missing is not read, because nobody knows what its last field was to be.
/// </summary>
/// <param name="text">The file as UTF-8.</param>
/// <param name="map">Column map without faults.</param>
internal sealed class CsvUsageReader(Stream text, CsvColumnMap map) : UsageFileReader
{
    // Enough records to see that a file without a header is one of the map's.
    private const int RecordsToRecognise = 10;

    private static readonly DecodingFault CutLastLine = new(
        QuarantineReason.Truncated,
        "The last line has no line end, so it may be cut short. When the whole file comes, it is read; where files never end with one, set "
        + "LastLineNeedsEnd to false and ask for the file again.");

    private readonly StreamWindow _window = new(text);
    private readonly CsvRecordDecoder _decoder = new(map);
    private readonly CsvLine _line = new();
    private readonly MemoryStream _kept = new();
    private readonly CsvJoin? _join = map.JoinBy.Count > 0 ? new CsvJoin(map) : null;
    private CsvDialect _dialect;
    private CsvColumns? _columns;
    private readonly bool _isHeaderNamed =
        map.ExpectsHeader && map.MappedColumns().Any(column => !CsvColumnMap.IsPosition(column.Column));

    private byte[] _header = [];
    private int _octetsLength;
    private bool _isKept;
    private bool _isBegun;
    private bool _hasLineEnd;
    private bool _isEnded;

    public override ReadOnlySpan<byte> Octets =>
        _isKept ? _kept.GetBuffer().AsSpan(0, (int)_kept.Length) : _window.Peek(0)[.._octetsLength];

    /// <summary>Whether the beginning of a file fits the map.</summary>
    public bool FitsMap()
    {
        if (map.ExpectsHeader)
        {
            return Begin() && !_header.Contains((byte)0);
        }

        for (int i = 0; i < RecordsToRecognise && Read(); i++)
        {
            if (Fault is null && !(Cdr.Msisdn.IsEmpty && Cdr.Imsi.IsEmpty))
            {
                return true;
            }
        }

        return false;
    }

    protected override bool ReadNext()
    {
        _isKept = false;
        if (!_isBegun && !Begin())
        {
            return true;
        }

        while (true)
        {
            _window.Advance(_octetsLength);
            _octetsLength = 0;
            ReadOnlySpan<byte> octets = _isEnded ? [] : _window.Peek(RecordLimits.MaxLineOctets + 1);
            if (octets.IsEmpty)
            {
                return ReadEnd();
            }

            int length = _dialect.Measure(octets, _columns?.Count ?? 0);
            if (length > RecordLimits.MaxLineOctets)
            {
                return FailLongLine();
            }

            _octetsLength = length;
            ReadOnlySpan<byte> record = octets[..length];
            bool isWhole = record[^1] == _dialect.LineEnd;
            if (IsNoRecord(record))
            {
                _hasLineEnd |= isWhole;
                continue;
            }

            if (!isWhole && FindCut(record) is { } cut)
            {
                _isEnded = true;
                return FoundInFile(cut, _window.Offset, length);
            }

            _hasLineEnd |= isWhole;
            DecodingFault? fault = ReadRecord(record);
            if (fault is not null && IsAnotherHeader(record))
            {
                continue;
            }

            return Found(fault, _window.Offset, _octetsLength);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _window.Dispose();
        _kept.Dispose();
    }

    /// <summary>
    /// Steps over what stands before the records, and finds the mapped columns. False when the header lacks one: then the file is not of
    /// this source, and that is its one fault.
    /// </summary>
    private bool Begin()
    {
        _isBegun = true;
        _window.SkipByteOrderMark();
        ReadOnlySpan<byte> head = _window.Peek(RecordLimits.MaxLineOctets + 1);
        _dialect = new CsvDialect(map.DelimiterOctet, CsvDialect.LineEndOf(head));
        if (DelimiterBySeparatorLine(head) is { } delimiter)
        {
            _dialect = _dialect with { Delimiter = delimiter };
            StepOverLine();
        }

        for (int i = 0; i < map.SkipLines; i++)
        {
            StepOverLine();
        }

        return !map.ExpectsHeader || ReadHeader();
    }

    /// <summary>What a spreadsheet's first line says, <c>sep=;</c>; delimiters may follow it, where it was saved by another one.</summary>
    private byte? DelimiterBySeparatorLine(ReadOnlySpan<byte> head)
    {
        int end = head.IndexOf(_dialect.LineEnd);
        ReadOnlySpan<byte> line = end < 0 ? [] : head[..end].TrimEnd((byte)'\r');
        return line.Length > 4 && Ascii.EqualsIgnoreCase(line[..4], "sep="u8) && !line[5..].ContainsAnyExcept(line[4]) ? line[4] : null;
    }

    /// <summary>
    /// Takes a line that is no record, but holds the name of every mapped column, for the header of another file behind the first: its
    /// columns count from here on. Read by the columns of the first header, a volume could become its neighbour.
    /// </summary>
    private bool IsAnotherHeader(ReadOnlySpan<byte> record)
    {
        if (!_isHeaderNamed || _line.Split(record, _dialect.Delimiter) is not null
            || CsvColumns.Find(_line, map).Columns is not { } columns)
        {
            return false;
        }

        _columns = columns;
        _header = record.TrimEnd("\r\n"u8).ToArray();
        return true;
    }

    private bool ReadHeader()
    {
        StepOverEmptyLines();
        ReadOnlySpan<byte> head = _window.Peek(RecordLimits.MaxLineOctets + 1);
        int length = _dialect.Measure(head, 0);
        string? fault = length is 0 or > RecordLimits.MaxLineOctets
            ? "it has no header line"
            : _line.Split(head[..length], _dialect.Delimiter)?.Detail;
        if (fault is null)
        {
            (_columns, fault) = CsvColumns.Find(_line, map);
        }

        if (fault is null)
        {
            _header = head[..length].TrimEnd("\r\n"u8).ToArray();
            _hasLineEnd = head[length - 1] == _dialect.LineEnd;
            _window.Advance(length);
            return true;
        }

        _isEnded = true;
        string detail = $"The file does not fit the column map of its source: {fault.TrimEnd('.')}.";
        DecodingFault ofFile = _window.Fault ?? new(QuarantineReason.NotACdrFile, detail);
        StepOver(toLineEnd: false);
        FoundInFile(ofFile, 0, _window.Offset);
        return false;
    }

    private void StepOverEmptyLines()
    {
        while (true)
        {
            ReadOnlySpan<byte> octets = _window.Peek(RecordLimits.MaxLineOctets + 1);
            int end = octets.IndexOf(_dialect.LineEnd);
            if (end < 0 || !IsEmpty(octets[..end]))
            {
                return;
            }

            _window.Advance(end + 1);
        }
    }

    private void StepOverLine()
    {
        ReadOnlySpan<byte> octets = _window.Peek(RecordLimits.MaxLineOctets + 1);
        int end = octets.IndexOf(_dialect.LineEnd);
        _window.Advance(end < 0 ? octets.Length : end + 1);
    }

    /// <summary>
    /// True for an empty line, the mark of the end of a file that DOS writes, and the header of a file that was put together from several.
    /// The first octet tells most records from these.
    /// </summary>
    private bool IsNoRecord(ReadOnlySpan<byte> line) =>
        IsEmpty(line) || (_header.Length > 0 && (line[0] == _header[0] || line[0] == ByteOrderMark.Utf8[0])
        && ByteOrderMark.Skip(line).TrimEnd("\r\n"u8).SequenceEqual(_header));

    /// <summary>Whether a line holds nothing: spreadsheets write lines of delimiters for rows without values.</summary>
    private bool IsEmpty(ReadOnlySpan<byte> line)
    {
        while (line is [byte first, ..] && (first == _dialect.Delimiter || " \t\r\n\u001A"u8.Contains(first)))
        {
            line = line[1..];
        }

        return line.IsEmpty;
    }

    /// <summary>What to say of a last line that has no line end; null when it is whole beyond doubt, or the map says that it is.</summary>
    private DecodingFault? FindCut(ReadOnlySpan<byte> record)
    {
        if (_window.Fault is { } damaged)
        {
            return damaged;
        }

        bool isQuoted = record[^1] == '"' && _line.Split(record, _dialect.Delimiter) is null
            && _columns is not null && _line.Count == _columns.Count;
        return map.LastLineNeedsEnd && !isQuoted ? CutLastLine : null;
    }

    private bool ReadEnd()
    {
        // A file that ends inside its header has no records yet.
        DecodingFault? end = _window.Fault ?? (_header.Length > 0 && !_hasLineEnd && map.LastLineNeedsEnd ? CutLastLine : null);
        if (_isEnded || end is null)
        {
            return false;
        }

        _isEnded = true;
        return FoundInFile(end, _window.Offset, 0);
    }

    /// <summary>Steps over a line that is too long, to its end: the rest of it is no record.</summary>
    private bool FailLongLine()
    {
        long offset = _window.Offset;
        _hasLineEnd |= StepOver(toLineEnd: true);
        return Found(
            new(QuarantineReason.TooLarge, $"The line is longer than {RecordLimits.MaxLineOctets} octets."),
            offset,
            _window.Offset - offset);
    }

    /// <summary>
    /// Steps over what is no record, to the end of the line or of the file, and keeps its beginning for quarantine; true when a line ended
    /// it.
    /// </summary>
    private bool StepOver(bool toLineEnd)
    {
        _kept.SetLength(0);
        _isKept = true;
        bool isEnded = false;
        while (!isEnded && _window.Peek(1) is { IsEmpty: false } octets)
        {
            int end = toLineEnd ? octets.IndexOf(_dialect.LineEnd) : -1;
            isEnded = end >= 0;
            octets = isEnded ? octets[..(end + 1)] : octets;
            _kept.Write(octets[..(int)Math.Min(octets.Length, RecordLimits.MaxQuarantinedOctets - _kept.Length)]);
            _window.Advance(octets.Length);
        }

        return isEnded;
    }

    private DecodingFault? ReadRecord(ReadOnlySpan<byte> record)
    {
        if (record.Contains((byte)0))
        {
            return new(QuarantineReason.BadEncoding, "The line holds a NUL octet.");
        }

        if (_line.Split(record, _dialect.Delimiter) is { } fault)
        {
            return fault;
        }

        if (_columns is null)
        {
            (_columns, string? missing) = CsvColumns.Find(_line, map);
            if (_columns is null)
            {
                return new(QuarantineReason.BadFraming, $"The line does not fit the column map: {missing}.");
            }
        }

        if (!_columns.Fits(_line, _dialect.Delimiter))
        {
            return new(QuarantineReason.BadFraming, $"The line has {_line.Count} columns, the file {_columns.Count}.");
        }

        if (_decoder.IsContinuation(_line, _columns))
        {
            return new(QuarantineReason.MissingField, "The line continues a record that does not stand right before it.");
        }

        fault = _decoder.Decode(_line, _columns, Cdr);
        if (fault is null && _join is not null)
        {
            _join.Begin(_line, _columns);
            Cdr.KeyOctets = _octetsLength;
            while (_octetsLength < RecordLimits.MaxOctets && JoinNext())
            {
            }
        }

        return fault;
    }

    /// <summary>Adds the next line to the record in hand when it is another part of it.</summary>
    private bool JoinNext()
    {
        ReadOnlySpan<byte> octets = _window.Peek(_octetsLength + RecordLimits.MaxLineOctets + 1)[_octetsLength..];
        if (octets.IsEmpty)
        {
            return false;
        }

        int length = _dialect.Measure(octets, _columns!.Count);
        if (length > RecordLimits.MaxLineOctets || (octets[length - 1] != _dialect.LineEnd && FindCut(octets[..length]) is not null)
            || !_join!.TryAdd(octets[..length], _dialect.Delimiter, _columns, Cdr))
        {
            return false;
        }

        _octetsLength += length;
        return true;
    }
}
