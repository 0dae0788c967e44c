namespace BelgiCom.Streaming.Billing;

/// <summary>Days and months of the Belgian calendar (Europe/Brussels), in which usage is counted and billed.</summary>
internal static class BillingPeriod
{
    private const long MillisecondsPerHour = 3_600_000;
    private static readonly TimeZoneInfo Brussels = TimeZoneInfo.FindSystemTimeZoneById("Europe/Brussels");
    private static readonly DateOnly Epoch = new(1970, 1, 1);
    private static readonly long FirstHour = DateTimeOffset.MinValue.AddDays(1).ToUnixTimeMilliseconds() / MillisecondsPerHour;
    private static readonly long LastHour = DateTimeOffset.MaxValue.AddDays(-1).ToUnixTimeMilliseconds() / MillisecondsPerHour;

    // Midnight and the clock changes fall on whole hours UTC, so the day is a function of the hour; neighbours share it.
    [ThreadStatic]
    private static (long Hour, int Day) _last;

    /// <summary>
    /// Billing month (year × 100 + month) of a day given in days since 1970-01-01; 197001 for a day outside the years 1 to 9999.
    /// </summary>
    public static int OfDay(int daysSinceEpoch)
    {
        long number = (long)Epoch.DayNumber + daysSinceEpoch;
        DateOnly day = number < 0 || number > DateOnly.MaxValue.DayNumber ? Epoch : DateOnly.FromDayNumber((int)number);
        return day.Year * 100 + day.Month;
    }

    /// <summary>Day in Europe/Brussels as year × 10000 + month × 100 + day; 19700101 for an instant outside the years 1 to 9999.</summary>
    public static int DayOf(long unixMilliseconds)
    {
        long hour = Math.DivRem(unixMilliseconds, MillisecondsPerHour, out long rest);
        hour -= rest < 0 ? 1 : 0;
        if (_last.Hour == hour && _last.Day != 0)
        {
            return _last.Day;
        }

        DateOnly day = Epoch;
        if (hour >= FirstHour && hour <= LastHour)
        {
            DateTimeOffset instant = DateTimeOffset.FromUnixTimeMilliseconds(hour * MillisecondsPerHour);
            day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, Brussels).DateTime);
        }

        _last = (hour, day.Year * 10_000 + day.Month * 100 + day.Day);
        return _last.Day;
    }
}
