using System.Globalization;
using System.Text.RegularExpressions;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// How long something is kept: an ISO 8601 duration of years, months, weeks and days such as <c>P4M</c>, <c>P12M</c>, <c>P10Y</c>;
/// <c>P0D</c> is "not at all".
/// </summary>
/// <param name="Months">Months; years count as 12.</param>
/// <param name="Days">Days after the months; weeks count as 7.</param>
public readonly partial record struct RetentionPeriod(int Months, int Days)
{
    private static readonly TimeZoneInfo Brussels = TimeZoneInfo.FindSystemTimeZoneById("Europe/Brussels");

    [ThreadStatic]
    private static (long Hour, DateOnly Day) _last;

    /// <summary>Whether nothing is kept.</summary>
    public bool IsZero => Months == 0 && Days == 0;

    /// <summary>Reads an ISO 8601 duration; false for anything else, for times of day and for more than 100 years.</summary>
    public static bool TryParse(string? text, out RetentionPeriod period)
    {
        period = default;
        Match match = Iso8601().Match(text ?? "");
        if (!match.Success || text!.Length < 3)
        {
            return false;
        }

        long months = Number(match.Groups["y"]) * 12 + Number(match.Groups["m"]);
        long days = Number(match.Groups["w"]) * 7 + Number(match.Groups["d"]);
        period = new RetentionPeriod((int)months, (int)days);
        return months <= 1200 && days <= 36_525;
    }

    /// <summary>
    /// The first instant at which what began on <paramref name="day"/> may and must be gone: midnight, Europe/Brussels, after the last day
    /// of the period. A period in months ends with the last hour of the day that bears the same date, or of the last day of a month that
    /// has no such date (Regulation (EEC, Euratom) No 1182/71 art. 3(2)(c)).
    /// </summary>
    /// <param name="day">Day, Europe/Brussels, of the communication.</param>
    public DateTimeOffset DueAfter(DateOnly day)
    {
        DateTime midnight = IsZero
            ? day.ToDateTime(TimeOnly.MinValue)
            : day.AddMonths(Months).AddDays(Days + 1).ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, Brussels.GetUtcOffset(midnight));
    }

    /// <summary>
    /// The day, Europe/Brussels, of an instant in milliseconds since 1970-01-01 UTC; the first or last day of the calendar beyond its ends.
    /// </summary>
    public static DateOnly DayOf(long unixMilliseconds)
    {
        if (unixMilliseconds < EarliestMilliseconds || unixMilliseconds > LatestMilliseconds)
        {
            return unixMilliseconds < 0 ? DateOnly.MinValue : DateOnly.MaxValue;
        }

        // Midnight and the clock changes fall on whole hours UTC, so the day is a function of the hour; neighbours share it.
        long hour = unixMilliseconds / 3_600_000 - (unixMilliseconds < 0 ? 1 : 0);
        if (_last.Hour != hour || _last.Day == default)
        {
            _last = (
                hour,
                DateOnly.FromDateTime(
                    TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(hour * 3_600_000), Brussels).DateTime));
        }

        return _last.Day;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        IsZero ? "P0D" : string.Create(CultureInfo.InvariantCulture, $"P{(Months > 0 ? $"{Months}M" : "")}{(Days > 0 ? $"{Days}D" : "")}");

    // Years 1900 to 2800: far from the ends of the calendar, so that adding a period cannot leave it.
    internal const long EarliestMilliseconds = -2_208_988_800_000;
    internal const long LatestMilliseconds = 26_192_246_400_000;

    private static long Number(Group group) =>
        group.Success ? long.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(
        @"^P(?:(?<y>\d{1,3})Y)?(?:(?<m>\d{1,4})M)?(?:(?<w>\d{1,4})W)?(?:(?<d>\d{1,5})D)?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Iso8601();
}
