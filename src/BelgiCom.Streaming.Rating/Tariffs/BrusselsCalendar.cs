namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Calendar months in Europe/Brussels, 2000 to 2099, from the law instead of the machine's time-zone data, so that every machine and every
/// replay agrees: UTC+1, and UTC+2 from the last Sunday of March 01:00 UTC to the last Sunday of October 01:00 UTC (Directive 2000/84/EC
/// arts 2 and 3). Days of 23 and 25 hours are therefore inside March and October; a month starts at local midnight.
/// </summary>
public static class BrusselsCalendar
{
    private const int FirstYear = 2000;
    private const int MonthCount = 100 * 12;
    private const long MillisecondsPerHour = 3_600_000;
    private const long MillisecondsPerDay = 24 * MillisecondsPerHour;

    private static readonly long[] Starts = ComputeStarts();

    /// <summary>First instant covered, milliseconds since 1970-01-01 UTC.</summary>
    public static long FirstMilliseconds => Starts[0];

    /// <summary>First instant no longer covered, milliseconds since 1970-01-01 UTC.</summary>
    public static long EndMilliseconds => Starts[MonthCount];

    /// <summary>Number of the month an instant falls in, 0 = January 2000; -1 outside the calendar.</summary>
    public static int MonthOf(long milliseconds)
    {
        if (milliseconds < FirstMilliseconds || milliseconds >= EndMilliseconds)
        {
            return -1;
        }

        int found = Starts.AsSpan().BinarySearch(milliseconds);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>
    /// First instant of a month, milliseconds since 1970-01-01 UTC; one past the last month gives the end of the calendar.
    /// </summary>
    public static long StartMilliseconds(int month) => Starts[month];

    /// <summary>First day of a month, days since 1970-01-01.</summary>
    public static int StartDays(int month) => FirstDay(month).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    /// <summary>Month that starts on a day (days since 1970-01-01); -1 when none of the calendar's does.</summary>
    public static int MonthStartingOn(int days)
    {
        int month = MonthOf((days * MillisecondsPerDay) + (12 * MillisecondsPerHour));
        return month >= 0 && StartDays(month) == days ? month : -1;
    }

    /// <summary>First instant of a day in Brussels, milliseconds since 1970-01-01 UTC.</summary>
    public static long StartOfDayMilliseconds(DateOnly day)
    {
        // The clock changes at 01:00 UTC, after midnight: the day of the change still begins with the old offset.
        bool isSummer = day > LastSunday(day.Year, 3) && day <= LastSunday(day.Year, 10);
        long days = day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
        return (days * MillisecondsPerDay) - ((isSummer ? 2 : 1) * MillisecondsPerHour);
    }

    private static DateOnly LastSunday(int year, int month)
    {
        DateOnly last = new(year, month, 31);
        return last.AddDays(-(int)last.DayOfWeek);
    }

    private static DateOnly FirstDay(int month) => new(FirstYear + (month / 12), (month % 12) + 1, 1);

    private static long[] ComputeStarts()
    {
        long[] starts = new long[MonthCount + 1];
        for (int month = 0; month <= MonthCount; month++)
        {
            starts[month] = StartOfDayMilliseconds(FirstDay(month));
        }

        return starts;
    }
}
