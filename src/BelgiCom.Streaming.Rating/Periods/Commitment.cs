namespace BelgiCom.Streaming.Rating;

/// <summary>The least and the most that a customer pays in a period (D-23). The bill shows both as lines of their own.</summary>
public static class Commitment
{
    /// <summary>
    /// What is missing to the minimum when the period ends. Before that nothing is due; the minimum of a part of a period is pro-rated by
    /// its days.
    /// </summary>
    /// <param name="minimumNanos">The minimum of a whole period in nano-units; at least 0.</param>
    /// <param name="share">The part of the period in which it holds.</param>
    /// <param name="chargedNanos">What was charged in it.</param>
    /// <returns>At least 0: what is charged above the minimum is no credit.</returns>
    public static long TrueUp(long minimumNanos, PeriodShare share, long chargedNanos)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimumNanos);
        return Math.Max(0, checked(share.OfAmount(minimumNanos) - chargedNanos));
    }

    /// <summary>The discount on the event that crosses the maximum, and on those that come after it.</summary>
    /// <param name="maximumNanos">The most that is charged in a period in nano-units; at least 0.</param>
    /// <param name="chargedBeforeNanos">What was charged before in it.</param>
    /// <param name="amountNanos">The event. One that is less than 0 has no discount: a reversal takes back the parts that were
    /// charged (D-28).</param>
    /// <returns>From -<paramref name="amountNanos"/> to 0.</returns>
    public static long MaximumDiscount(long maximumNanos, long chargedBeforeNanos, long amountNanos)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maximumNanos);
        Int128 above = (Int128)chargedBeforeNanos + amountNanos - maximumNanos;
        return -(long)Int128.Clamp(above, 0, Math.Max(0, amountNanos));
    }
}
