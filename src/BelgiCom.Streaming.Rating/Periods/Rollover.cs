namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Carries what is left of a bundle into later periods (D-13). What was carried is used first, the oldest of it first; usage above the
/// bundle was priced and takes nothing from the next period (D-12).
/// </summary>
/// <param name="Maximum">The most that is carried, in units; null for no maximum. When there is more, the oldest is given up.</param>
/// <param name="LivesPeriods">For how many further periods units live; 0 when nothing is carried.</param>
public sealed record Rollover(long? Maximum, int LivesPeriods)
{
    /// <summary>Closes a period.</summary>
    /// <param name="carried">Units carried into it by the period that granted them, the oldest first: <see
    /// cref="RolloverPeriod.Carried"/> of the period before; empty for the first.</param>
    /// <param name="granted">Units that it grants; at least 0.</param>
    /// <param name="used">Units used in it; at least 0.</param>
    public RolloverPeriod Close(IReadOnlyList<long> carried, long granted, long used)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(granted);
        ArgumentOutOfRangeException.ThrowIfNegative(used);
        ArgumentOutOfRangeException.ThrowIfNegative(LivesPeriods);
        ArgumentOutOfRangeException.ThrowIfNegative(Maximum ?? 0, nameof(Maximum));
        long[] left = [.. carried, granted];
        long opening = checked(left.Sum());
        TakeOldest(left, Math.Min(used, opening));

        // Every period adds one entry, so those beyond the number of periods are those that have lived long enough.
        left = left[Math.Max(0, left.Length - LivesPeriods)..];
        TakeOldest(left, Math.Max(0, left.Sum() - (Maximum ?? long.MaxValue)));
        return new RolloverPeriod(opening, used, Math.Max(0, used - opening), left);
    }

    private static void TakeOldest(long[] units, long count)
    {
        for (int age = 0; age < units.Length; age++)
        {
            long taken = Math.Min(units[age], count);
            (units[age], count) = (units[age] - taken, count - taken);
        }
    }
}

/// <summary>A period of a bundle that rolls over.</summary>
/// <param name="Opening">Units that it began with.</param>
/// <param name="Used">Units used in it.</param>
/// <param name="AboveBundle">Units of them that the bundle did not cover.</param>
/// <param name="Carried">Units carried into the next period by the period that granted them, the oldest first.</param>
public sealed record RolloverPeriod(long Opening, long Used, long AboveBundle, IReadOnlyList<long> Carried)
{
    /// <summary>Units carried into the next period.</summary>
    public long CarriedOver => Carried.Sum();
}
