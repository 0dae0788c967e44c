namespace BelgiCom.Streaming.Adapters;

/// <summary>An instant with the offset the source wrote it in.</summary>
/// <param name="UtcMilliseconds">Milliseconds since 1970-01-01T00:00:00Z.</param>
/// <param name="OffsetMinutes">Offset of the source's own time stamp from UTC in minutes, -900 to 900.</param>
/// <param name="IsSet">False when the record has no such time.</param>
internal readonly record struct CdrTime(long UtcMilliseconds, short OffsetMinutes, bool IsSet)
{
    private const int MaxOffsetMinutes = 900;

    // 9999-12-31T23:59:59Z, in seconds since 1970: no reader of an event takes a later time, and an offset or a leap second may lead there.
    private const long LastSecond = 253_402_300_799;

    /// <summary>The same time without the fraction of its second.</summary>
    public CdrTime InSeconds => this with { UtcMilliseconds = UtcMilliseconds / 1000 * 1000 };

    /// <summary>Days before each month of a year that is not a leap year.</summary>
    private static ReadOnlySpan<short> DaysBefore => [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

    /// <summary>
    /// Reads a TimeStamp (TS 32.298 5.1.2): nine octets, BCD <c>YYMMDDhhmmss</c>, ASCII sign, BCD <c>hhmm</c>; the year is 20YY. A second
    /// of 60 is accepted and counts into the next minute. False when a nibble, a field or the length is out of range.
    /// </summary>
    public static bool TryReadBcd(ReadOnlySpan<byte> stamp, out CdrTime time)
    {
        time = default;
        if (stamp.Length != 9 || stamp[6] is not ((byte)'+' or (byte)'-'))
        {
            return false;
        }

        int year = Bcd(stamp[0]), month = Bcd(stamp[1]), day = Bcd(stamp[2]);
        int hour = Bcd(stamp[3]), minute = Bcd(stamp[4]), second = Bcd(stamp[5]);
        int offsetHour = Bcd(stamp[7]), offsetMinute = Bcd(stamp[8]);
        if ((year | month | day | hour | minute | second | offsetHour | offsetMinute) < 0 || offsetMinute > 59 || second > 60)
        {
            return false;
        }

        int offset = (offsetHour * 60) + offsetMinute;
        if (stamp[6] == '-')
        {
            offset = -offset;
        }

        return TryMake(2000 + year, month, day, hour, minute, second, offset, out time);
    }

    /// <summary>
    /// Parses ISO 8601 / RFC 3339 <c>yyyy-MM-ddTHH:mm:ss[(.|,)f…](Z|±hh[:]mm)</c>; a space may stand for the <c>T</c>. An offset is
    /// needed.
    /// </summary>
    public static bool TryParseIso(ReadOnlySpan<char> text, out CdrTime time)
    {
        time = default;
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[10] is not ('T' or 't' or ' ') || text[13] != ':'
            || text[16] != ':')
        {
            return false;
        }

        ReadOnlySpan<char> rest = text[19..];
        int milliseconds = 0;
        // ISO 8601 allows both, and prefers the comma.
        if (rest[0] is '.' or ',')
        {
            int digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits < 1)
            {
                return false;
            }

            for (int i = 1; i <= 3; i++)
            {
                milliseconds = (milliseconds * 10) + (i <= digits ? rest[i] - '0' : 0);
            }

            rest = rest[(digits + 1)..];
        }

        if (!TryParseOffset(rest, out int offset)
            || !TryMake(
                Number(text[..4]), Number(text[5..7]), Number(text[8..10]), Number(text[11..13]), Number(text[14..16]),
                Number(text[17..19]), offset, out time))
        {
            return false;
        }

        time = time with { UtcMilliseconds = time.UtcMilliseconds + milliseconds };
        return true;
    }

    private static bool TryParseOffset(ReadOnlySpan<char> text, out int minutes)
    {
        minutes = 0;
        if (text is "Z" or "z")
        {
            return true;
        }

        if (text.Length is not (5 or 6) || text[0] is not ('+' or '-') || (text.Length == 6 && text[3] != ':'))
        {
            return false;
        }

        int hour = Number(text[1..3]), minute = Number(text[^2..]);
        minutes = ((hour * 60) + minute) * (text[0] == '-' ? -1 : 1);
        return hour >= 0 && minute is >= 0 and < 60;
    }

    private static int Number(ReadOnlySpan<char> digits)
    {
        int value = 0;
        foreach (char digit in digits)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return int.MinValue / 2;
            }

            value = (value * 10) + digit - '0';
        }

        return value;
    }

    /// <summary>Makes a time of local fields and an offset. False when one is out of range.</summary>
    internal static bool TryMake(int year, int month, int day, int hour, int minute, int second, int offsetMinutes, out CdrTime time)
    {
        time = default;
        if (year is < 1970 or > 9999 || (uint)(month - 1) > 11 || (uint)hour > 23 || (uint)minute > 59 || (uint)second > 60
            || Math.Abs(offsetMinutes) > MaxOffsetMinutes)
        {
            return false;
        }

        bool isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        int daysInMonth = DaysBefore[month] - DaysBefore[month - 1] + (month == 2 && isLeap ? 1 : 0);
        if (day < 1 || day > daysInMonth)
        {
            return false;
        }

        int y = year - 1;
        long days = (y * 365L) + (y / 4) - (y / 100) + (y / 400) + DaysBefore[month - 1] + (isLeap && month > 2 ? 1 : 0) + day - 1
            - 719_162;
        long seconds = (days * 86_400) + (hour * 3600) + (minute * 60) + second - (offsetMinutes * 60L);
        if (seconds > LastSecond)
        {
            return false;
        }

        time = new CdrTime(seconds * 1000, (short)offsetMinutes, true);
        return true;
    }

    private static int Bcd(byte octet)
    {
        int high = octet >> 4, low = octet & 15;
        return high > 9 || low > 9 ? int.MinValue : (high * 10) + low;
    }
}
