using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Fills a <see cref="UsageCdr"/> from the fields of a CSV record. A field that the charge or the identity depends on must hold a value of
/// its type; any other that does not is left out and counted, so that it does not cost the record.
/// </summary>
internal sealed class CsvRecordDecoder(CsvColumnMap map)
{
    private const long Gigaword = 1L << 32;

    private readonly (CsvField Field, bool HasTimeOfDay)[] _fields = [.. map.MappedColumns()
        .Select(column => column.Field)
        .Where(field => field is not (CsvField.StartTimeOfDay or CsvField.EndTimeOfDay or CsvField.UplinkGigawords
            or CsvField.DownlinkGigawords or CsvField.Part))
        .Order()
        .Select(field => (field, (field == CsvField.StartTime && map.Maps(CsvField.StartTimeOfDay))
            || (field == CsvField.EndTime && map.Maps(CsvField.EndTimeOfDay))))];

    private readonly byte[][] _originating = Utf8(map.Originating);
    private readonly byte[][] _terminating = Utf8(map.Terminating);
    private readonly byte[][] _data = Utf8(map.Data);
    private readonly byte[][] _voice = Utf8(map.Voice);
    private readonly byte[][] _sms = Utf8(map.Sms);
    private readonly byte[][] _continues = Utf8(map.Continues);
    private readonly bool _hasKind = map.Maps(CsvField.Kind);
    private readonly bool _hasDirection = map.Maps(CsvField.Direction);
    private readonly bool _countsMessages = map.Maps(CsvField.Messages);
    private readonly bool _measuresVolume = map.Maps(CsvField.Uplink) || map.Maps(CsvField.Downlink) || map.Maps(CsvField.Total);
    private readonly CsvTime _time = new(map);
    private readonly CsvNumber _number = new(map);
    private readonly CsvQuantity _quantity = new(map);

    /// <summary>Whether a record says that it continues the one before it.</summary>
    public bool IsContinuation(CsvLine line, CsvColumns columns) =>
        columns[CsvField.Part] >= 0 && IsOneOf(Text(line, columns, CsvField.Part), _continues);

    /// <summary>Decodes a record of as many columns as the file has. Returns what is wrong, null when nothing is.</summary>
    public DecodingFault? Decode(CsvLine line, CsvColumns columns, UsageCdr cdr)
    {
        cdr.Clear(CsvRecord.Instance);
        cdr.Kind = map.Kind;
        if (_hasKind && !TryKind(Text(line, columns, CsvField.Kind), cdr))
        {
            return new(QuarantineReason.UnsupportedRecord, "The kind of the record is none of the values that the map lists.");
        }

        _ = cdr.TryAddPart(out int index);
        ref UsagePart part = ref cdr.PartAt(index);
        foreach ((CsvField field, bool hasTimeOfDay) in _fields)
        {
            ReadOnlySpan<byte> text = Text(line, columns, field);
            if (text.IsEmpty && HasOverflowsAlone(field, line, columns))
            {
                return DecodingFault.Missing(field.ToString());
            }

            if (text.IsEmpty || TrySet(field, hasTimeOfDay, text, line, columns, cdr, ref part))
            {
                continue;
            }

            if (IsCharged(field, cdr))
            {
                return DecodingFault.BadValue(field.ToString());
            }

            cdr.UnreadableFields++;
        }

        return Complete(cdr, ref part);
    }

    private DecodingFault? Complete(UsageCdr cdr, ref UsagePart part)
    {
        if (!part.Start.IsSet)
        {
            return DecodingFault.Missing(nameof(CsvField.StartTime));
        }

        // A call lasts from its start to its end; a data session may be idle in between.
        if (cdr.Kind == UsageKind.Voice && part.DurationSeconds < 0 && part.End.IsSet)
        {
            if (part.End.UtcMilliseconds < part.Start.UtcMilliseconds)
            {
                return DecodingFault.BadValue(nameof(CsvField.EndTime));
            }

            // Half up, as a fraction of a second that is written.
            part.DurationSeconds = (part.End.UtcMilliseconds - part.Start.UtcMilliseconds + 500) / 1000;
        }

        // Which way a call or message went decides who pays for it; data goes both ways.
        if (_hasDirection && cdr.Direction == Direction.NotApplicable && cdr.Kind != UsageKind.Data)
        {
            return DecodingFault.Missing(nameof(CsvField.Direction));
        }

        cdr.OpeningTime = part.Start;
        cdr.DurationSeconds = part.DurationSeconds;
        if (cdr.Kind == UsageKind.Sms)
        {
            return SetMessages(ref part);
        }

        if (cdr.Kind == UsageKind.Voice)
        {
            return part.DurationSeconds < 0 ? DecodingFault.Missing(nameof(CsvField.DurationSeconds)) : null;
        }

        bool hasVolume = part.UplinkOctets >= 0 || part.DownlinkOctets >= 0 || part.TotalOctets >= 0;
        return hasVolume || (!_measuresVolume && part.DurationSeconds >= 0)
            ? null
            : DecodingFault.Missing(_measuresVolume ? "Uplink, Downlink or Total" : nameof(CsvField.DurationSeconds));
    }

    private DecodingFault? SetMessages(ref UsagePart part)
    {
        if (!_countsMessages)
        {
            part.Messages = 1;
        }

        return part.Messages < 0 ? DecodingFault.Missing(nameof(CsvField.Messages)) : null;
    }

    /// <summary>Whether a price, the account or the identity depends on a field.</summary>
    private static bool IsCharged(CsvField field, UsageCdr cdr) => field switch
    {
        CsvField.StartTime or CsvField.Msisdn or CsvField.Direction => true,
        CsvField.ServingPlmn or CsvField.RatingGroup or CsvField.RecordId => true,
        CsvField.Imsi => cdr.Msisdn.IsEmpty,
        CsvField.DurationSeconds => cdr.Kind == UsageKind.Voice,
        CsvField.EndTime => cdr.Kind == UsageKind.Voice && cdr.PartAt(0).DurationSeconds < 0,
        CsvField.Uplink or CsvField.Downlink or CsvField.Total => cdr.Kind == UsageKind.Data,
        CsvField.Messages => cdr.Kind == UsageKind.Sms,
        _ => false,
    };

    private bool TrySet(
        CsvField field, bool hasTimeOfDay, ReadOnlySpan<byte> text, CsvLine line, CsvColumns columns, UsageCdr cdr, ref UsagePart part)
    {
        switch (field)
        {
            case CsvField.StartTime:
                return TryTime(text, hasTimeOfDay, Text(line, columns, CsvField.StartTimeOfDay), cdr, ref part.Start);
            case CsvField.EndTime:
                return TryTime(text, hasTimeOfDay, Text(line, columns, CsvField.EndTimeOfDay), cdr, ref part.End);
            case CsvField.DurationSeconds:
                return _quantity.TryDuration(text, ref part.DurationSeconds);
            case CsvField.Msisdn:
                return _number.TrySet(cdr.Msisdn, text);
            case CsvField.Imsi:
                return cdr.Imsi.TrySetDigits(text);
            case CsvField.Imei:
                return cdr.Imei.TrySetDigits(text);
            case CsvField.OtherParty:
                // TS 23.040 9.1.2.5: a name, and short codes have * and #.
                return _number.TrySet(cdr.OtherParty, text) || cdr.OtherParty.TrySetText(text);
            case CsvField.Direction:
                return TryDirection(text, cdr);
            case CsvField.Kind:
                return true;
            case CsvField.Uplink:
                return TryOctets(field, text, Text(line, columns, CsvField.UplinkGigawords), ref part.UplinkOctets);
            case CsvField.Downlink:
                return TryOctets(field, text, Text(line, columns, CsvField.DownlinkGigawords), ref part.DownlinkOctets);
            case CsvField.Total:
                return _quantity.TryVolume(field, text, ref part.TotalOctets);
            case CsvField.Messages:
                return CsvQuantity.TryInteger(text, ref part.Messages);
            case CsvField.RatingGroup:
                return CsvQuantity.TryInteger(text, ref part.RatingGroup, uint.MaxValue);
            case CsvField.ServiceIdentifier:
                return CsvQuantity.TryInteger(text, ref part.ServiceIdentifier, uint.MaxValue);
            case CsvField.ServingPlmn:
                return text.Length is 5 or 6 && cdr.ServingPlmn.TrySetDigits(text);
            case CsvField.RatType:
                return CsvQuantity.TryInteger(text, ref part.RatType, 255);
            case CsvField.DataNetwork:
                return cdr.DataNetwork.TrySetText(text);
            case CsvField.Location:
                return cdr.Location.TrySetText(text);
            case CsvField.Node:
                return cdr.Node.TrySetText(text);
            default:
                return cdr.Session.TrySetText(text);
        }
    }

    private bool TryTime(ReadOnlySpan<byte> date, bool hasTimeOfDay, ReadOnlySpan<byte> timeOfDay, UsageCdr cdr, ref CdrTime time) =>
        hasTimeOfDay == !timeOfDay.IsEmpty
        && _time.TryRead(date, timeOfDay, ref time, ref cdr.HasAmbiguousTime);

    /// <summary>Whether a counter went over, but what it showed then is empty: taking it for "not measured" would lose gigabytes.</summary>
    private static bool HasOverflowsAlone(CsvField field, CsvLine line, CsvColumns columns)
    {
        ReadOnlySpan<byte> overflows = field switch
        {
            CsvField.Uplink => Text(line, columns, CsvField.UplinkGigawords),
            CsvField.Downlink => Text(line, columns, CsvField.DownlinkGigawords),
            _ => [],
        };
        return overflows.ContainsAnyExcept((byte)'0');
    }

    /// <summary>Octets, and how often their counter of 32 bits went over.</summary>
    private bool TryOctets(CsvField field, ReadOnlySpan<byte> text, ReadOnlySpan<byte> gigawords, ref long octets)
    {
        long overflows = 0, rest = 0;
        if ((!gigawords.IsEmpty && !CsvQuantity.TryInteger(gigawords, ref overflows, int.MaxValue))
            || !_quantity.TryVolume(field, text, ref rest) || (overflows > 0 && rest >= Gigaword))
        {
            return false;
        }

        octets = (overflows * Gigaword) + rest;
        return true;
    }

    private bool TryKind(ReadOnlySpan<byte> text, UsageCdr cdr)
    {
        cdr.Kind = IsOneOf(text, _voice)
            ? UsageKind.Voice
            : IsOneOf(text, _sms) ? UsageKind.Sms : IsOneOf(text, _data) ? UsageKind.Data : UsageKind.Unknown;
        return cdr.Kind != UsageKind.Unknown;
    }

    private bool TryDirection(ReadOnlySpan<byte> text, UsageCdr cdr)
    {
        cdr.Direction = IsOneOf(text, _originating)
            ? Direction.Originating
            : IsOneOf(text, _terminating) ? Direction.Terminating : Direction.NotApplicable;
        return cdr.Direction != Direction.NotApplicable;
    }

    private static ReadOnlySpan<byte> Text(CsvLine line, CsvColumns columns, CsvField field) =>
        columns[field] is >= 0 and int index && index < line.Count ? line[index].Trim(" \t"u8) : [];

    private static bool IsOneOf(ReadOnlySpan<byte> text, byte[][] values)
    {
        foreach (byte[] value in values)
        {
            if (text.SequenceEqual(value) || Ascii.EqualsIgnoreCase(text, value))
            {
                return true;
            }
        }

        return false;
    }

    private static byte[][] Utf8(List<string> values) => [.. values.Select(Encoding.UTF8.GetBytes)];
}
