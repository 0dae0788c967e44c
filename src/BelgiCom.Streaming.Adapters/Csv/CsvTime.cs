using System.Globalization;
using System.Text;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Times as a source writes them.</summary>
internal sealed class CsvTime(CsvColumnMap map)
{
    private const int MaxCharacters = 64;

    // 2000-01-01. An earlier time is one in another unit, or the 0 of a call that was never answered.
    private const long FirstUnixSecond = 946_684_800;

    // 9999-12-31T23:59:59.999Z.
    private const long LastUnixMillisecond = 253_402_300_799_999;

    private readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById(map.TimeZone);
    private readonly bool _hasComma = map.DecimalSeparator == ",";
    private readonly bool _hasOffset = map.TimeFormat.Contains('z', StringComparison.Ordinal);

    /// <summary>Reads a time; true in <paramref name="isAmbiguous"/> when the setting decided which of two instants is meant.</summary>
    /// <param name="text">Time, or its date.</param>
    /// <param name="timeOfDay">Time of day, where it has a column of its own; else empty.</param>
    /// <param name="time">The time.</param>
    /// <param name="isAmbiguous">Set when it occurs twice, else left as it is.</param>
    public bool TryRead(ReadOnlySpan<byte> text, ReadOnlySpan<byte> timeOfDay, ref CdrTime time, ref bool isAmbiguous)
    {
        Span<char> characters = stackalloc char[MaxCharacters];
        int length = text.Length + (timeOfDay.IsEmpty ? 0 : 1 + timeOfDay.Length);
        if (length > MaxCharacters || !Ascii.IsValid(text) || !Ascii.IsValid(timeOfDay))
        {
            return false;
        }

        Encoding.ASCII.GetChars(text, characters);
        if (!timeOfDay.IsEmpty)
        {
            characters[text.Length] = ' ';
            Encoding.ASCII.GetChars(timeOfDay, characters[(text.Length + 1)..]);
        }

        ReadOnlySpan<char> whole = characters[..length];
        return map.TimeFormat switch
        {
            CsvColumnMap.Iso => CdrTime.TryParseIso(whole, out time),
            CsvColumnMap.Unix => TryUnix(text, 1000, ref time),
            CsvColumnMap.UnixMilliseconds => TryUnix(text, 1, ref time),
            _ when _hasOffset => DateTimeOffset.TryParseExact(
                whole, map.TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset instant)
                && TryInstant(instant.ToUnixTimeMilliseconds(), instant.Offset, ref time),
            _ => DateTime.TryParseExact(whole, map.TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local)
                && TryLocal(local, ref time, ref isAmbiguous),
        };
    }

    private bool TryUnix(ReadOnlySpan<byte> text, int unit, ref CdrTime time)
    {
        if (!CsvQuantity.TryNumber(text, _hasComma, out decimal value)
            || value < (decimal)FirstUnixSecond * 1000 / unit || value > (decimal)LastUnixMillisecond / unit)
        {
            return false;
        }

        DateTimeOffset instant = DateTimeOffset.FromUnixTimeMilliseconds((long)(value * unit));
        return TryInstant(instant.ToUnixTimeMilliseconds(), _zone.GetUtcOffset(instant), ref time);
    }

    private static bool TryInstant(long milliseconds, TimeSpan offset, ref CdrTime time)
    {
        time = new CdrTime(milliseconds, (short)offset.TotalMinutes, true);
        return true;
    }

    private bool TryLocal(DateTime local, ref CdrTime time, ref bool isAmbiguous)
    {
        if (_zone.IsInvalidTime(local))
        {
            return false;
        }

        TimeSpan offset = _zone.GetUtcOffset(local);
        if (_zone.IsAmbiguousTime(local))
        {
            if (map.AmbiguousTime == AmbiguousTime.Quarantine)
            {
                return false;
            }

            TimeSpan[] offsets = _zone.GetAmbiguousTimeOffsets(local);
            offset = map.AmbiguousTime == AmbiguousTime.Daylight ? offsets.Max() : offsets.Min();
            isAmbiguous = true;
        }

        if (!CdrTime.TryMake(
            local.Year, local.Month, local.Day, local.Hour, local.Minute, local.Second, (int)offset.TotalMinutes, out time))
        {
            return false;
        }

        time = time with { UtcMilliseconds = time.UtcMilliseconds + local.Millisecond };
        return true;
    }
}
