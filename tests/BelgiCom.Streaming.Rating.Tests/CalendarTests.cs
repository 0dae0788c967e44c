using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>P-8: tariff time is Europe/Brussels.</summary>
public sealed class CalendarTests
{
    [Theory]
    [InlineData("2026-03-31T21:59:59.999Z", "2026-03-01")] // still 31 March 23:59:59 CEST
    [InlineData("2026-03-31T22:00:00Z", "2026-04-01")]
    [InlineData("2026-10-31T22:59:59.999Z", "2026-10-01")] // winter time again since 25 October
    [InlineData("2026-10-31T23:00:00Z", "2026-11-01")]
    [InlineData("2025-12-31T23:00:00Z", "2026-01-01")]
    [InlineData("2024-03-31T01:30:00Z", "2024-03-01")] // the 23-hour day is the last of March 2024
    [InlineData("2024-03-31T22:00:00Z", "2024-04-01")]
    [InlineData("2021-10-31T00:30:00Z", "2021-10-01")] // the 25-hour day is the last of October 2021
    [InlineData("2021-10-31T01:30:00Z", "2021-10-01")]
    [InlineData("2021-10-31T23:00:00Z", "2021-11-01")]
    public void Usage_AtTheTurnOfAMonth_CountsByBrusselsTime(string at, string period)
    {
        RatingResult rated = new Rater(Offering(Sms())).One(Message(1, at));

        Assert.Equal(Days(period), rated.PeriodStartDays);
    }

    [Theory]
    [InlineData(-1, -1)]
    [InlineData(0, 0)]
    [InlineData(86_399_999, 0)]
    [InlineData(-86_400_000, -1)]
    [InlineData(-86_400_001, -2)]
    public void DayOf_RoundsDown(long milliseconds, int day) => Assert.Equal(day, DedupWindow.DayOf(milliseconds));
}
