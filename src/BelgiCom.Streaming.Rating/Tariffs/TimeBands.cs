using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Says which bands of a price list hold at an instant, and until when. Bands follow the wall clock in Europe/Brussels: a bound inside the
/// hour that spring leaves out takes effect when that hour is over, and the hour that autumn repeats is in its band twice. A holiday is a
/// day of its own kind, and a moment belongs to its own day: after a band of Monday 22:00 to 06:00, two o'clock belongs to Tuesday's hours.
/// </summary>
internal sealed class TimeBands
{
    /// <summary>Most bands of a price list.</summary>
    public const int Max = 64;

    private const int HolidayType = 7;
    private const int DayTypes = 8;
    private const int SecondsPerDay = 86_400;
    private const long MillisecondsPerSecond = 1000;
    private const long MillisecondsPerHour = 3_600_000;
    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat", "holiday"];

    // For each type of day the stretches of its wall clock, in seconds, and the bands in each.
    private readonly Stretch[][] _days = new Stretch[DayTypes][];
    private readonly bool _isEmpty;
    private readonly Holiday[] _holidays;

    /// <summary>Compiles the bands; throws <see cref="ArgumentException"/> with a sentence when one of them cannot be.</summary>
    public TimeBands(IReadOnlyList<TimeBand> bands, IReadOnlyList<Holiday> holidays)
    {
        if (bands.Count > Max)
        {
            throw new ArgumentException($"a version may have at most {Max} bands.");
        }

        _isEmpty = bands.Count == 0;
        _holidays = [.. holidays];
        foreach (TimeBand band in bands)
        {
            string? unknown = band.Days.FirstOrDefault(day => !DayNames.Contains(day));
            if (unknown is not null)
            {
                throw new ArgumentException($"'{unknown}' in band '{band.Name}' is no day: {string.Join(", ", DayNames)}.");
            }

            if (band.From is < 0 or >= SecondsPerDay || band.To is < 1 or > SecondsPerDay)
            {
                throw new ArgumentException($"band '{band.Name}' must begin from 00:00:00 to 23:59:59 and end from 00:00:01 to 24:00:00.");
            }
        }

        for (int day = 0; day < DayTypes; day++)
        {
            _days[day] = [.. StretchesOf(day, bands)];
        }
    }

    /// <summary>The bands that hold at an instant, a bit each, and the first instant at which others may.</summary>
    /// <param name="milliseconds">Milliseconds since 1970-01-01 UTC.</param>
    /// <param name="last">What was found last, which nearly always holds again.</param>
    public ulong At(long milliseconds, ref BandsInForce last)
    {
        if (!ReferenceEquals(last.Of, this) || milliseconds < last.From || milliseconds >= last.Until)
        {
            last = Find(milliseconds);
        }

        return last.Bands;
    }

    /// <summary>The bands that hold together at some time, a bit each, apart for each different set.</summary>
    /// <param name="withHolidays">Whether any day is a holiday.</param>
    public IEnumerable<ulong> Together(bool withHolidays) =>
        _days.Take(withHolidays ? DayTypes : HolidayType).SelectMany(day => day).Select(stretch => stretch.Bands).Distinct();

    private static IEnumerable<Stretch> StretchesOf(int day, IReadOnlyList<TimeBand> bands)
    {
        SortedSet<int> bounds = [0];
        foreach (TimeBand band in bands)
        {
            bounds.Add(band.From);
            bounds.Add(band.To % SecondsPerDay);
        }

        int[] starts = [.. bounds];
        for (int index = 0; index < starts.Length; index++)
        {
            ulong mask = 0;
            for (int band = 0; band < bands.Count; band++)
            {
                mask |= Holds(bands[band], day, starts[index]) ? 1UL << band : 0;
            }

            yield return new Stretch(index + 1 < starts.Length ? starts[index + 1] : SecondsPerDay, mask);
        }
    }

    /// <summary>Whether a band holds at a second of a day. The hours past midnight of a band are those of its own days.</summary>
    private static bool Holds(TimeBand band, int day, int second) =>
        (band.Days.Count == 0 || band.Days.Contains(DayNames[day]))
        && (band.From < band.To ? second >= band.From && second < band.To : second >= band.From || second < band.To);

    private BandsInForce Find(long milliseconds)
    {
        if (_isEmpty)
        {
            return new BandsInForce(this, long.MinValue, long.MaxValue, 0);
        }

        DateOnly day = BelgianCalendar.DayOf(milliseconds);
        long dayStart = BelgianCalendar.StartOfDayMilliseconds(day);
        long dayEnd = BelgianCalendar.StartOfDayMilliseconds(day.AddDays(1));

        // The clocks change at 01:00 UTC: two hours after midnight in spring, three in autumn. Until then the wall clock counts from the
        // day's begin, and afterwards back from its end.
        long change = (dayEnd - dayStart) switch
        {
            23 * MillisecondsPerHour => dayStart + (2 * MillisecondsPerHour),
            25 * MillisecondsPerHour => dayStart + (3 * MillisecondsPerHour),
            _ => dayEnd,
        };
        bool isAfter = milliseconds >= change;
        long midnight = isAfter ? dayEnd - (24 * MillisecondsPerHour) : dayStart;
        int second = (int)((milliseconds - midnight) / MillisecondsPerSecond);
        Stretch[] stretches = _days[IsHoliday(day) ? HolidayType : (int)day.DayOfWeek];
        int index = 0;
        while (second >= stretches[index].End)
        {
            index++;
        }

        long begin = midnight + ((index == 0 ? 0 : stretches[index - 1].End) * MillisecondsPerSecond);
        long end = midnight + (stretches[index].End * MillisecondsPerSecond);
        return new BandsInForce(
            this, Math.Max(begin, isAfter ? change : dayStart), Math.Min(end, isAfter ? dayEnd : change), stretches[index].Bands);
    }

    private bool IsHoliday(DateOnly day)
    {
        DateOnly easter = default;
        foreach (Holiday holiday in _holidays)
        {
            if (holiday.Year != 0 && holiday.Year != day.Year)
            {
                continue;
            }

            if (holiday.Month != 0)
            {
                if (holiday.Month == day.Month && holiday.Day == day.Day)
                {
                    return true;
                }

                continue;
            }

            easter = easter.Year == day.Year ? easter : EasterSunday(day.Year);
            if (easter.AddDays(holiday.Easter) == day)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8).</summary>
    private static DateOnly EasterSunday(int year)
    {
        int golden = year % 19;
        int century = year / 100;
        int rest = year % 100;
        int moon = ((19 * golden) + century - (century / 4) - ((century - ((century + 8) / 25) + 1) / 3) + 15) % 30;
        int week = (32 + (2 * (century % 4)) + (2 * (rest / 4)) - moon - (rest % 4)) % 7;
        int shift = (golden + (11 * moon) + (22 * week)) / 451;
        int sum = moon + week - (7 * shift) + 114;
        return new DateOnly(year, sum / 31, (sum % 31) + 1);
    }

    /// <summary>A part of a day in which the same bands hold.</summary>
    /// <param name="End">First second after it, by the wall clock.</param>
    /// <param name="Bands">The bands, a bit each.</param>
    private readonly record struct Stretch(int End, ulong Bands);
}

/// <summary>The bands in force in a stretch of time.</summary>
/// <param name="Of">Whose bands; null for none yet.</param>
/// <param name="From">First instant, milliseconds since 1970-01-01 UTC.</param>
/// <param name="Until">First instant after it.</param>
/// <param name="Bands">The bands, a bit each.</param>
internal readonly record struct BandsInForce(TimeBands? Of, long From, long Until, ulong Bands);
