using System.Globalization;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Tool;

/// <summary>Instants of tariffs as people in Belgium read them.</summary>
internal static class Local
{
    /// <summary>The day where the instant begins one in Brussels, else the instant in UTC; "open" for null.</summary>
    public static string Text(DateTimeOffset? instant)
    {
        if (instant is not { } given)
        {
            return "open";
        }

        DateOnly day = BelgianCalendar.DayOf(given.ToUnixTimeMilliseconds());
        return BelgianCalendar.StartOfDay(day) == given
            ? day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : given.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture);
    }
}
