namespace BelgiCom.Streaming.Contracts;

/// <summary>
/// Days and months in Belgium (Europe/Brussels): the one source of a legal date. It follows the law and not the machine's time-zone data,
/// so that every machine and every replay agree: UTC+1, and UTC+2 from the last Sunday of March 01:00 UTC to the last Sunday of October
/// 01:00 UTC (Directive 2000/84/EC arts 2 and 3). Every day starts at local midnight, also a day of 23 or 25 hours. Before 1996 summer time
/// had other dates; no usage is that old.
/// </summary>
public static class BelgianCalendar
{
    private const int FirstYear = 2000;
    private const int MonthCount = 100 * 12;
    private const long MillisecondsPerHour = 3_600_000;
    private const long MillisecondsPerDay = 24 * MillisecondsPerHour;
    private static readonly int Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
    private static readonly long FirstMilliseconds = StartOfDayMilliseconds(DateOnly.MinValue);
    private static readonly long LastMilliseconds = StartOfDayMilliseconds(DateOnly.MaxValue);

    /// <summary>The day of an instant. An instant beyond the calendar's ends is in its first or last day (years 1 and 9999).</summary>
    /// <param name="milliseconds">Milliseconds since 1970-01-01 UTC.</param>
    public static DateOnly DayOf(long milliseconds)
    {
        long winterTime = Math.Clamp(milliseconds, FirstMilliseconds, LastMilliseconds) + MillisecondsPerHour;
        DateOnly day = DateOnly.FromDayNumber(Epoch + (int)DaysOf(winterTime, out long rest));

        // In summer, the last hour of a day by winter time belongs to the next day.
        return rest >= MillisecondsPerDay - MillisecondsPerHour && OffsetHours(day.AddDays(1)) == 2 ? day.AddDays(1) : day;
    }

    /// <summary>First instant of a day, with the offset in force then.</summary>
    public static DateTimeOffset StartOfDay(DateOnly day) => day == DateOnly.MinValue
        ? DateTimeOffset.MinValue
        : new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.FromHours(OffsetHours(day)));

    /// <summary>First instant of a day, milliseconds since 1970-01-01 UTC.</summary>
    public static long StartOfDayMilliseconds(DateOnly day) =>
        ((day.DayNumber - Epoch) * MillisecondsPerDay) - (OffsetHours(day) * MillisecondsPerHour);

    /// <summary>
    /// Number of the month an instant (milliseconds since 1970-01-01 UTC) falls in, 0 = January 2000; -1 outside 2000 to 2099.
    /// </summary>
    public static int MonthOf(long milliseconds)
    {
        DateOnly day = DayOf(milliseconds);
        int month = ((day.Year - FirstYear) * 12) + day.Month - 1;
        return (uint)month < MonthCount ? month : -1;
    }

    /// <summary>First instant of a month by its number, milliseconds since 1970-01-01 UTC.</summary>
    public static long StartMilliseconds(int month) => StartOfDayMilliseconds(FirstDay(month));

    /// <summary>First day of a month by the month's number, in days since 1970-01-01.</summary>
    public static int StartDays(int month) => FirstDay(month).DayNumber - Epoch;

    /// <summary>Number of the month that starts on a day (days since 1970-01-01); -1 when none from 2000 to 2099 does.</summary>
    public static int MonthStartingOn(int days)
    {
        int month = MonthOf((days * MillisecondsPerDay) + (12 * MillisecondsPerHour));
        return month >= 0 && StartDays(month) == days ? month : -1;
    }

    private static long DaysOf(long milliseconds, out long rest)
    {
        long days = Math.DivRem(milliseconds, MillisecondsPerDay, out rest);
        (days, rest) = rest < 0 ? (days - 1, rest + MillisecondsPerDay) : (days, rest);
        return days;
    }

    /// <summary>The offset at midnight. The clock changes later in the day, so the day of a change begins with the old offset.</summary>
    private static int OffsetHours(DateOnly day) => day > LastSunday(day.Year, 3) && day <= LastSunday(day.Year, 10) ? 2 : 1;

    private static DateOnly LastSunday(int year, int month)
    {
        DateOnly last = new(year, month, 31);
        return last.AddDays(-(int)last.DayOfWeek);
    }

    private static DateOnly FirstDay(int month) => new(FirstYear + (month / 12), (month % 12) + 1, 1);
}
