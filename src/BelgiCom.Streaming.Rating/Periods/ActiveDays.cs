using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>The days on which a subscription has an offering. A day on which it changes belongs to what it changes to.</summary>
/// <param name="Subscription">Number of the subscription among those of its account.</param>
/// <param name="From">First day.</param>
/// <param name="To">First day after them.</param>
/// <param name="Begins">Whether the offering begins on the first day; if not, the subscription had it before.</param>
public readonly record struct ActiveDays(int Subscription, DateOnly From, DateOnly To, bool Begins)
{
    /// <summary>
    /// First day after an instant at which something ends: the day on which it ends is the last, unless it ends with its first moment.
    /// </summary>
    /// <param name="end">The first instant after it; null while it is open.</param>
    public static DateOnly EndOf(DateTimeOffset? end) => end is { } instant
        ? BelgianCalendar.DayOf(instant.ToUnixTimeMilliseconds() - 1).AddDays(1)
        : DateOnly.MaxValue;

    /// <summary>The day of an instant at which something begins.</summary>
    /// <param name="begin">The first instant; null for always.</param>
    public static DateOnly BeginOf(DateTimeOffset? begin) => begin is { } instant
        ? BelgianCalendar.DayOf(instant.ToUnixTimeMilliseconds())
        : DateOnly.MinValue;

    /// <summary>The days that are also in others; none when there are none.</summary>
    /// <param name="from">First day of the others.</param>
    /// <param name="to">First day after them.</param>
    internal (DateOnly From, DateOnly To) Within(DateOnly from, DateOnly to)
    {
        DateOnly first = From > from ? From : from;
        DateOnly end = To < to ? To : to;
        return end > first ? (first, end) : (first, first);
    }
}
