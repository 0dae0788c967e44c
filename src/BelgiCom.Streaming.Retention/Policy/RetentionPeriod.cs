using System.Globalization;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Retention;

/// <summary>
/// How long records are kept: an ISO 8601 duration of years, months, weeks and days such as <c>P4M</c>, <c>P12M</c>, <c>P10Y</c>;
/// <c>P0D</c> means "not at all".
/// </summary>
/// <param name="Months">Months; years count as 12.</param>
/// <param name="Days">Days after the months; weeks count as 7.</param>
public readonly partial record struct RetentionPeriod(int Months, int Days)
{
    // The longest period, added to a day after this year, would leave the calendar.
    private const int LastYear = 9_700;

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
    /// The first instant at which records of <paramref name="day"/> may and must be gone: midnight, Europe/Brussels, after the last day of
    /// the period. A period in months ends with the last hour of the day that bears the same date, or of the last day of a month that has
    /// no such date (Regulation (EEC, Euratom) No 1182/71 art. 3(2)(c)).
    /// </summary>
    /// <param name="day">Day, Europe/Brussels, of the communication; of a year that cannot be, the answer is never.</param>
    public DateTimeOffset DueAfter(DateOnly day) =>
        day.Year > LastYear ? DateTimeOffset.MaxValue
            : BelgianCalendar.StartOfDay(IsZero ? day : day.AddMonths(Months).AddDays(Days + 1));

    /// <summary>
    /// Compares lengths of periods by the day on which each ends when it begins before a leap year, so that 12 months never look shorter
    /// than 365 days.
    /// </summary>
    internal DateTimeOffset Length => DueAfter(new DateOnly(2023, 12, 31));

    /// <inheritdoc/>
    public override string ToString() =>
        IsZero ? "P0D" : string.Create(CultureInfo.InvariantCulture, $"P{(Months > 0 ? $"{Months}M" : "")}{(Days > 0 ? $"{Days}D" : "")}");

    private static long Number(Group group) =>
        group.Success ? long.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(
        @"^P(?:(?<y>\d{1,3})Y)?(?:(?<m>\d{1,4})M)?(?:(?<w>\d{1,4})W)?(?:(?<d>\d{1,5})D)?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Iso8601();
}
