namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Carries what is left of a bundle into later periods (D-13). What was carried is used first, the oldest of it first; usage above the
/// bundle was priced and takes nothing from the next period (D-12).
/// </summary>
/// <param name="Maximum">The most that is carried, in units; null for no maximum. When there is more, the oldest is given up.</param>
/// <param name="LivesPeriods">For how many further periods units live; 0 when nothing is carried.</param>
public sealed record Rollover(long? Maximum, int LivesPeriods)
{
    /// <summary>The most periods for which a bundle of an offering may carry units.</summary>
    public const int MostPeriods = 12;

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
        Close(left, used, Maximum ?? long.MaxValue, LivesPeriods);
        return new RolloverPeriod(opening, used, Math.Max(0, used - opening), left[Math.Max(0, left.Length - LivesPeriods)..]);
    }

    /// <summary>Leaves of the units of each period what is carried into the next.</summary>
    /// <param name="left">Units by the period that granted them, the oldest first, those of the closed one last.</param>
    /// <param name="used">Units used.</param>
    /// <param name="maximum">The most that is carried.</param>
    /// <param name="livesPeriods">For how many further periods units live.</param>
    /// <returns>All units that are carried.</returns>
    public static long Close(Span<long> left, long used, long maximum, int livesPeriods)
    {
        TakeOldest(left, used);

        // Every period adds one entry, so those beyond the number of periods are those that have lived long enough.
        left[..Math.Max(0, left.Length - livesPeriods)].Clear();
        Int128 carried = 0;
        foreach (long units in left)
        {
            carried += units;
        }

        TakeOldest(left, carried - maximum);
        return (long)Int128.Min(carried, maximum);
    }

    /// <summary>Takes units, the oldest first, as far as there are so many.</summary>
    public static void TakeOldest(Span<long> units, Int128 count)
    {
        for (int age = 0; age < units.Length && count > 0; age++)
        {
            long taken = (long)Int128.Min(units[age], count);
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
