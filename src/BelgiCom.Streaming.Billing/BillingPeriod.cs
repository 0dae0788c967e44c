using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>Days and months of the Belgian calendar as the ledger writes them.</summary>
internal static class BillingPeriod
{
    private static readonly DateOnly Epoch = new(1970, 1, 1);

    /// <summary>
    /// Billing month (year × 100 + month) of a day given in days since 1970-01-01; 197001 for a day outside the years 1 to 9999.
    /// </summary>
    public static int OfDay(int daysSinceEpoch)
    {
        long number = (long)Epoch.DayNumber + daysSinceEpoch;
        DateOnly day = number < 0 || number > DateOnly.MaxValue.DayNumber ? Epoch : DateOnly.FromDayNumber((int)number);
        return day.Year * 100 + day.Month;
    }

    /// <summary>Billing month (year × 100 + month) of a day.</summary>
    public static int Of(DateOnly day) => (day.Year * 100) + day.Month;

    /// <summary>First day of a billing month.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is no month.</exception>
    public static DateOnly FirstDay(int period) => new(period / 100, period % 100, 1);

    /// <summary>Day as year × 10000 + month × 100 + day.</summary>
    public static int DayOf(long unixMilliseconds)
    {
        DateOnly day = BelgianCalendar.DayOf(unixMilliseconds);
        return day.Year * 10_000 + day.Month * 100 + day.Day;
    }
}
