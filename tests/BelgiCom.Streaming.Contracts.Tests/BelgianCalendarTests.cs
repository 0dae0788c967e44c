using CsCheck;

namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>The calendar of the law against the time-zone database.</summary>
public sealed class BelgianCalendarTests
{
    [Fact]
    public void EveryMonth_AgreesWithTheTimeZoneDatabase()
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Brussels", out TimeZoneInfo? brussels))
        {
            Assert.Skip("This machine has no time-zone data.");
        }

        for (int month = 0; month < 1200; month++)
        {
            DateTime local = new DateTime(2000, 1, 1).AddMonths(month);
            DateTimeOffset start = new(local, brussels.GetUtcOffset(local));
            Assert.Equal(start.ToUnixTimeMilliseconds(), BelgianCalendar.StartMilliseconds(month));
            Assert.Equal(month, BelgianCalendar.MonthOf(start.ToUnixTimeMilliseconds()));
            Assert.Equal(month, BelgianCalendar.MonthStartingOn(BelgianCalendar.StartDays(month)));
        }
    }

    [Fact]
    public void EveryDay_StartsWhenTheTimeZoneDatabaseSays()
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Brussels", out TimeZoneInfo? brussels))
        {
            Assert.Skip("This machine has no time-zone data.");
        }

        for (DateTime day = new(2000, 1, 1); day.Year < 2038; day = day.AddDays(1))
        {
            DateTimeOffset start = new(day, brussels.GetUtcOffset(day));
            Assert.Equal(start.ToUnixTimeMilliseconds(), BelgianCalendar.StartOfDayMilliseconds(DateOnly.FromDateTime(day)));
        }
    }

    [Theory]
    [InlineData("2026-06-30T21:59:59Z", "2026-06-30")]
    [InlineData("2026-06-30T22:00:00Z", "2026-07-01")]
    [InlineData("2026-12-31T22:59:59Z", "2026-12-31")]
    [InlineData("2026-12-31T23:00:00Z", "2027-01-01")]
    [InlineData("1969-12-31T23:30:00Z", "1970-01-01")]
    [InlineData("1969-12-31T22:30:00Z", "1969-12-31")]
    public void DayOf_IsTheDayInBrussels(string instant, string day) => Assert.Equal(
        DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture),
        BelgianCalendar.DayOf(DateTimeOffset.Parse(instant, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds()));

    [Fact]
    public void DayOf_AnyInstantSinceTheCommonSummerTime_IsTheDayOfTheTimeZoneDatabase()
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Brussels", out TimeZoneInfo? brussels))
        {
            Assert.Skip("This machine has no time-zone data.");
        }

        // Both have a rule for these years: before 1996 summer time ended in September, and after 2037 the database may have no rule.
        long first = new DateTimeOffset(1996, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        long end = new DateTimeOffset(2038, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        const long Hour = 3_600_000;
        Gen<long> aboutAnHour = Gen.Select(
            Gen.Long[(first / Hour) + 1, (end / Hour) - 1], Gen.Long[-1, 1], (hour, about) => (hour * Hour) + about);
        Gen.OneOf(Gen.Long[first, end - 1], aboutAnHour).Sample(
            milliseconds => Assert.Equal(
                DateOnly.FromDateTime(
                    TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), brussels).DateTime),
                BelgianCalendar.DayOf(milliseconds)),
            iter: 200_000);
    }

    [Theory]
    [InlineData(long.MinValue, "0001-01-01")]
    [InlineData(long.MaxValue, "9999-12-31")]
    public void DayOf_BeyondTheCalendar_IsItsFirstOrLastDay(long milliseconds, string day) => Assert.Equal(
        DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture), BelgianCalendar.DayOf(milliseconds));
}
