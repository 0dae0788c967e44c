using System.Buffers.Text;
using System.Globalization;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Reads CSV records by a column map. A line that cannot be read is one fault, and the next line is tried; an open quote costs one
/// physical line, not the rest of the file.
/// </summary>
internal sealed class CsvUsageReader(Stream stream, CsvColumnMap map, TimeZoneInfo zone) : UsageFileReader
{
    private readonly StreamWindow _window = new(stream);
    private readonly CsvLine _line = new();
    private readonly byte[][] _originating = [.. map.Originating.Select(Encoding.UTF8.GetBytes)];
    private readonly byte[][] _terminating = [.. map.Terminating.Select(Encoding.UTF8.GetBytes)];
    private readonly CsvField[] _fields = [.. map.MappedColumns().Select(column => column.Field)];
    private int[]? _columns;
    private int _columnCount;
    private int _octetsLength;
    private bool _isEnded;

    public override ReadOnlySpan<byte> Octets => _window.Peek(0)[.._octetsLength];

    protected override bool ReadNext()
    {
        if (_columns is null && !_isEnded && !ReadHeader())
        {
            return true;
        }

        while (true)
        {
            _window.Advance(_octetsLength);
            _octetsLength = 0;
            if (_isEnded || _window.Peek(RecordLimits.MaxLineOctets) is not { IsEmpty: false } octets)
            {
                return ReadEnd();
            }

            int length = CsvLine.Measure(octets);
            if (length < 0 || length > RecordLimits.MaxLineOctets)
            {
                return FailLine(octets, length < 0);
            }

            _octetsLength = length;
            if (octets[..length].TrimEnd("\r\n"u8).IsEmpty)
            {
                continue;
            }

            return Found(ReadRecord(octets[..length]), _window.Offset, length);
        }
    }

    protected override void Dispose(bool disposing) => _window.Dispose();

    /// <summary>
    /// Finds the mapped columns. False when the header lacks one: then the file is not of this source, and that is its one fault.
    /// </summary>
    private bool ReadHeader()
    {
        _window.SkipByteOrderMark();
        ReadOnlySpan<byte> head = _window.Peek(RecordLimits.MaxLineOctets);
        int length = CsvLine.Measure(head);
        string? fault = length is <= 0 or > RecordLimits.MaxLineOctets
            ? "it has no header line"
            : _line.Split(head[..length], map.DelimiterOctet)?.Detail;
        if (fault is null)
        {
            (int[] columns, string? missing) = CsvUsageFormat.FindColumns(_line, map);
            if (missing is null)
            {
                _columns = columns;
                _columnCount = _line.Count;
                _window.Advance(length);
                return true;
            }

            fault = $"its header has no column {missing}";
        }

        _isEnded = true;
        _octetsLength = Math.Min(head.Length, RecordLimits.MaxLineOctets);
        string detail = $"The file does not fit the column map of its source: {fault.TrimEnd('.')}.";
        FoundInFile(new(QuarantineReason.NotACdrFile, detail), 0, _octetsLength);
        return false;
    }

    private bool ReadEnd()
    {
        if (_isEnded || _window.Fault is not { } damaged)
        {
            return false;
        }

        _isEnded = true;
        return FoundInFile(damaged, _window.Offset, 0);
    }

    private bool FailLine(ReadOnlySpan<byte> octets, bool isQuoteOpen)
    {
        int end = octets.IndexOf((byte)'\n');
        _octetsLength = end < 0 ? octets.Length : end + 1;
        return Found(
            isQuoteOpen
                ? new(QuarantineReason.BadEncoding, $"A quote is not closed within {RecordLimits.MaxLineOctets} octets (RFC 4180).")
                : new(QuarantineReason.TooLarge, $"The line is longer than {RecordLimits.MaxLineOctets} octets."),
            _window.Offset,
            _octetsLength);
    }

    private DecodingFault? ReadRecord(ReadOnlySpan<byte> record)
    {
        if (record.Contains((byte)0))
        {
            return new(QuarantineReason.BadEncoding, "The line holds a NUL octet.");
        }

        if (_line.Split(record, map.DelimiterOctet) is { } fault)
        {
            return fault;
        }

        if (_line.Count != _columnCount)
        {
            return new(QuarantineReason.BadFraming, $"The line has {_line.Count} columns, the header {_columnCount}.");
        }

        Cdr.Clear(CsvRecord.Instance);
        Cdr.Kind = map.Kind;
        _ = Cdr.TryAddPart(out int index);
        ref UsagePart part = ref Cdr.PartAt(index);
        foreach (CsvField field in _fields)
        {
            ReadOnlySpan<byte> text = _line[_columns![(int)field]].Trim(" \t"u8);
            if (!text.IsEmpty && !TrySet(field, text, ref part))
            {
                return DecodingFault.BadValue(field.ToString());
            }
        }

        if (!part.Start.IsSet)
        {
            return DecodingFault.Missing(nameof(CsvField.StartTime));
        }

        Cdr.OpeningTime = part.Start;
        Cdr.DurationSeconds = Math.Max(0, part.DurationSeconds);
        if (map.Kind == UsageKind.Sms && !map.Maps(CsvField.Messages))
        {
            part.Messages = 1;
        }

        return null;
    }

    private bool TrySet(CsvField field, ReadOnlySpan<byte> text, ref UsagePart part) => field switch
    {
        CsvField.StartTime => TryTime(text, ref part.Start),
        CsvField.EndTime => TryTime(text, ref part.End),
        CsvField.DurationSeconds => TryInteger(text, ref part.DurationSeconds),
        CsvField.Msisdn => Cdr.Msisdn.TrySetDigits(text),
        CsvField.Imsi => Cdr.Imsi.TrySetDigits(text),
        CsvField.Imei => Cdr.Imei.TrySetDigits(text),
        CsvField.OtherParty => Cdr.OtherParty.TrySetDigits(text),
        CsvField.Direction => TryDirection(text),
        CsvField.Uplink => TryVolume(text, ref part.UplinkOctets),
        CsvField.Downlink => TryVolume(text, ref part.DownlinkOctets),
        CsvField.Total => TryVolume(text, ref part.TotalOctets),
        CsvField.Messages => TryInteger(text, ref part.Messages),
        CsvField.RatingGroup => TryInteger(text, ref part.RatingGroup, uint.MaxValue),
        CsvField.ServiceIdentifier => TryInteger(text, ref part.ServiceIdentifier, uint.MaxValue),
        CsvField.ServingPlmn => text.Length is 5 or 6 && Cdr.ServingPlmn.TrySetDigits(text),
        CsvField.RatType => TryInteger(text, ref part.RatType, 255),
        CsvField.DataNetwork => Cdr.DataNetwork.TrySetText(text),
        CsvField.Location => Cdr.Location.TrySetText(text),
        CsvField.Node => Cdr.Node.TrySetText(text),
        CsvField.RecordId => Cdr.Session.TrySetText(text),
        _ => false,
    };

    private static bool TryInteger(ReadOnlySpan<byte> text, ref long field, long maximum = long.MaxValue)
    {
        if (!Utf8Parser.TryParse(text, out long value, out int used) || used != text.Length || value < 0 || value > maximum)
        {
            return false;
        }

        field = value;
        return true;
    }

    /// <summary>
    /// A fraction of a KiB or MB is rounded to whole octets, half up, because octets are what was measured and the unit is only how they
    /// were written.
    /// </summary>
    private bool TryVolume(ReadOnlySpan<byte> text, ref long field)
    {
        if (map.VolumeUnit == VolumeUnit.Byte)
        {
            return TryInteger(text, ref field);
        }

        if (!Utf8Parser.TryParse(text, out decimal value, out int used) || used != text.Length || value < 0
            || value > long.MaxValue / 1_000_000)
        {
            return false;
        }

        field = (long)Math.Round(value * (map.VolumeUnit == VolumeUnit.KiB ? 1024 : 1_000_000), MidpointRounding.AwayFromZero);
        return true;
    }

    private bool TryDirection(ReadOnlySpan<byte> text)
    {
        Cdr.Direction = IsOneOf(text, _originating)
            ? Direction.Originating
            : IsOneOf(text, _terminating) ? Direction.Terminating : Direction.NotApplicable;
        return Cdr.Direction != Direction.NotApplicable;
    }

    private static bool IsOneOf(ReadOnlySpan<byte> text, byte[][] values)
    {
        foreach (byte[] value in values)
        {
            if (Ascii.EqualsIgnoreCase(text, value))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryTime(ReadOnlySpan<byte> text, ref CdrTime field)
    {
        Span<char> characters = stackalloc char[64];
        if (text.Length > characters.Length || !Ascii.IsValid(text))
        {
            return false;
        }

        characters = characters[..Encoding.ASCII.GetChars(text, characters)];
        return map.TimeFormat == "iso"
            ? CdrTime.TryParseIso(characters, out field)
            : DateTime.TryParseExact(characters, map.TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local)
                && TryLocal(local, ref field);
    }

    private bool TryLocal(DateTime local, ref CdrTime field)
    {
        // The format reads an offset, so .NET has converted the time to the machine's own zone, which must decide nothing.
        if (local.Kind != DateTimeKind.Unspecified)
        {
            return false;
        }

        if (zone.IsInvalidTime(local))
        {
            return false;
        }

        TimeSpan offset = zone.GetUtcOffset(local);
        if (zone.IsAmbiguousTime(local))
        {
            if (map.AmbiguousTime == AmbiguousTime.Quarantine)
            {
                return false;
            }

            TimeSpan[] offsets = zone.GetAmbiguousTimeOffsets(local);
            offset = map.AmbiguousTime == AmbiguousTime.Daylight ? offsets.Max() : offsets.Min();
            Cdr.HasAmbiguousTime = true;
        }

        return CdrTime.TryMake(
            local.Year, local.Month, local.Day, local.Hour, local.Minute, local.Second, (int)offset.TotalMinutes, out field);
    }
}
