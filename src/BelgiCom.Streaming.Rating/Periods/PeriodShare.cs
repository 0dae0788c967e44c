namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The part of a billing period in which a subscription is active: days of the days of that period (D-21), 28 to 31 of a month, 90 to 92 of
/// a quarter. A day of 23 or 25 hours is one day.
/// </summary>
public readonly record struct PeriodShare
{
    /// <summary>A whole period.</summary>
    public static readonly PeriodShare Whole = new(1, 1);

    /// <summary>Makes a share.</summary>
    /// <param name="days">Active days, 0 to <paramref name="ofDays"/>.</param>
    /// <param name="ofDays">Days of the period, at least 1.</param>
    public PeriodShare(int days, int ofDays)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ofDays);
        ArgumentOutOfRangeException.ThrowIfNegative(days);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(days, ofDays);
        (Days, OfDays) = (days, ofDays);
    }

    /// <summary>Active days.</summary>
    public int Days { get; }

    /// <summary>Days of the period.</summary>
    public int OfDays { get; }

    /// <summary>The share of a period that a subscription is active in. Days outside the period do not count.</summary>
    /// <param name="activeFrom">First active day.</param>
    /// <param name="activeTo">First day after them; not before <paramref name="activeFrom"/>.</param>
    /// <param name="periodFrom">First day of the period.</param>
    /// <param name="periodTo">First day of the next period; after <paramref name="periodFrom"/>.</param>
    public static PeriodShare Of(DateOnly activeFrom, DateOnly activeTo, DateOnly periodFrom, DateOnly periodTo)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(activeTo, activeFrom);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(periodTo, periodFrom);
        int first = Math.Max(activeFrom.DayNumber, periodFrom.DayNumber);
        int end = Math.Min(activeTo.DayNumber, periodTo.DayNumber);
        return new PeriodShare(Math.Max(0, end - first), periodTo.DayNumber - periodFrom.DayNumber);
    }

    /// <summary>The share of a fee, rounded once, half away from zero, at the ninth decimal; a whole period is exactly the fee.</summary>
    /// <param name="nanos">The fee of a whole period in nano-units.</param>
    public long OfAmount(long nanos) => (long)RoundingPolicy.Divide((Int128)nanos * Days, OfDays);

    /// <summary>The share of an allowance, rounded up to its step: in the customer's favour.</summary>
    /// <param name="units">The allowance of a whole period; at least 0.</param>
    /// <param name="step">The step in which it is given, at least 1: 1 for octets.</param>
    /// <exception cref="OverflowException">A whole number of steps does not fit.</exception>
    public long OfAllowance(long units, long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step);
        Int128 inSteps = (Int128)OfDays * step;
        return checked((long)((((Int128)units * Days) + inSteps - 1) / inSteps * step));
    }
}
