using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// The clock of Brussels by the rule of the law, without a time zone database: CET is one hour before UTC, and two from 01:00 UTC on the
/// last Sunday of March to 01:00 UTC on the last Sunday of October (Directive 2000/84/EC, since 1996).
/// </summary>
internal static class SlowCalendar
{
    private const long Hour = 3_600_000;

    /// <summary>The reading of a clock on a wall in Brussels.</summary>
    public static DateTime Local(long milliseconds)
    {
        DateTime utc = DateTime.UnixEpoch.AddMilliseconds(milliseconds);
        bool isSummer = utc >= LastSunday(utc.Year, 3).AddHours(1) && utc < LastSunday(utc.Year, 10).AddHours(1);
        return utc.AddHours(isSummer ? 2 : 1);
    }

    /// <summary>The instant of a midnight in Brussels; no clock changes at midnight.</summary>
    public static long Midnight(DateTime day)
    {
        long winter = (long)(day - DateTime.UnixEpoch).TotalMilliseconds - Hour;
        return Local(winter) == day ? winter : winter - Hour;
    }

    /// <summary>The first day of the calendar month of an instant (D-08).</summary>
    public static DateTime Month(long milliseconds)
    {
        DateTime local = Local(milliseconds);
        return new DateTime(local.Year, local.Month, 1, 0, 0, 0, DateTimeKind.Utc);
    }

    /// <summary>
    /// Whether a band holds at an instant. A moment belongs to its own day, and a holiday is a day of its own kind (D-20). Bounds are
    /// readings of the clock, from inclusive, to exclusive (D-07).
    /// </summary>
    public static bool Holds(TimeBand band, IReadOnlyList<Holiday> holidays, long milliseconds)
    {
        DateTime local = Local(milliseconds);
        string day = holidays.Any(holiday => Falls(holiday, local))
            ? "holiday"
            : local.DayOfWeek.ToString()[..3].ToLowerInvariant();
        int second = (int)(local - local.Date).TotalSeconds;
        bool isInside = band.From < band.To
            ? second >= band.From && second < band.To
            : second >= band.From || second < band.To;
        return isInside && (band.Days.Count == 0 || band.Days.Contains(day));
    }

    private static bool Falls(Holiday holiday, DateTime day)
    {
        if (holiday.Year != 0 && holiday.Year != day.Year)
        {
            return false;
        }

        return holiday.Month == 0
            ? day.Date == Easter(day.Year).AddDays(holiday.Easter)
            : (holiday.Month, holiday.Day) == (day.Month, day.Day);
    }

    /// <summary>Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).</summary>
    private static DateTime Easter(int year)
    {
        int golden = year % 19;
        int century = year / 100;
        int moon = ((19 * golden) + century - (century / 4) - ((century - ((century + 8) / 25) + 1) / 3) + 15) % 30;
        int weekday = (32 + (2 * (century % 4)) + (2 * (year % 100 / 4)) - moon - (year % 100 % 4)) % 7;
        int late = (golden + (11 * moon) + (22 * weekday)) / 451;
        int days = moon + weekday - (7 * late) + 114;
        return new DateTime(year, days / 31, (days % 31) + 1, 0, 0, 0, DateTimeKind.Utc);
    }

    private static DateTime LastSunday(int year, int month)
    {
        DateTime last = new(year, month, 31, 0, 0, 0, DateTimeKind.Utc);
        return last.AddDays(-(int)last.DayOfWeek);
    }
}
