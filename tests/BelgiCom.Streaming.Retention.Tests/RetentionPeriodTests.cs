using CsCheck;

namespace BelgiCom.Streaming.Retention.Tests;

public sealed class RetentionPeriodTests
{
    [Theory]
    [InlineData("P4M", 4, 0)]
    [InlineData("P12M", 12, 0)]
    [InlineData("P10Y", 120, 0)]
    [InlineData("P1Y6M", 18, 0)]
    [InlineData("P2W3D", 0, 17)]
    [InlineData("P0D", 0, 0)]
    public void TryParse_Iso8601_IsRead(string text, int months, int days)
    {
        Assert.True(RetentionPeriod.TryParse(text, out RetentionPeriod period));
        Assert.Equal(new RetentionPeriod(months, days), period);
    }

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("4M")]
    [InlineData("PT4H")]
    [InlineData("P-4M")]
    [InlineData("P4.5M")]
    [InlineData("P101Y")]
    [InlineData("p4m")]
    [InlineData("P4M ")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.False(RetentionPeriod.TryParse(text, out _));

    /// <summary>
    /// Regulation 1182/71 art. 3(2)(c): a period ends with the last hour of the day with the same date, or of the month's last day. Offsets
    /// are those of Brussels.
    /// </summary>
    [Theory]
    [InlineData("2026-01-15", "P4M", "2026-05-16T00:00:00+02:00")]
    [InlineData("2025-10-31", "P4M", "2026-03-01T00:00:00+01:00")]
    [InlineData("2024-02-29", "P12M", "2025-03-01T00:00:00+01:00")]
    [InlineData("2026-03-29", "P12M", "2027-03-30T00:00:00+02:00")]
    [InlineData("2025-11-24", "P4M", "2026-03-25T00:00:00+01:00")]
    [InlineData("2026-06-30", "P0D", "2026-06-30T00:00:00+02:00")]
    public void DueAfter_IsMidnightInBrusselsAfterTheLastDay(string day, string text, string due)
    {
        Assert.True(RetentionPeriod.TryParse(text, out RetentionPeriod period));
        Assert.Equal(
            DateTimeOffset.Parse(due, System.Globalization.CultureInfo.InvariantCulture),
            period.DueAfter(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>A record whose time cannot be right is kept, and is no reason to stop.</summary>
    [Fact]
    public void DueAfter_AtTheEndsOfTheCalendar_IsAlwaysAnInstant()
    {
        RetentionPeriod longest = new(1200, 36_525);
        Assert.Equal(DateTimeOffset.MaxValue, longest.DueAfter(DateOnly.MaxValue));
        Assert.True(longest.DueAfter(DateOnly.MinValue) < longest.DueAfter(new DateOnly(9_700, 12, 31)));
        Assert.Equal(DateTimeOffset.MinValue, new RetentionPeriod(0, 0).DueAfter(DateOnly.MinValue));
    }

    /// <summary>
    /// Never a moment early: at the due moment the same date, months later, is over; and the lag after the last instant of the period is
    /// nothing.
    /// </summary>
    [Fact]
    public void DueAfter_AnyDay_IsNeverEarlyAndNeverADayLate() => Gen.Select(Gen.Int[0, 40_000], Gen.Int[1, 120]).Sample((offset, months) =>
    {
        DateOnly day = new DateOnly(1990, 1, 1).AddDays(offset);
        DateTimeOffset due = new RetentionPeriod(months, 0).DueAfter(day);
        DateOnly dueDay = DateOnly.FromDateTime(due.DateTime);
        return due.TimeOfDay == TimeSpan.Zero && dueDay > day.AddMonths(months) && dueDay.AddDays(-1) == day.AddMonths(months);
    });
}
