namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Rates usage again and says what that changes (D-29). It is rated by the session that rates everything, in the order of event time; only
/// what differs is written, as a reversal and a new line, so that the bill can show why.
/// </summary>
public static class Rerating
{
    /// <summary>Rates usage in the order of event time; usage of one instant keeps its order.</summary>
    /// <param name="session">A session with the subscriptions and balances as they were before the usage. All usage that draws from a
    /// bundle or tier must be there, also what is not in doubt.</param>
    /// <param name="tariffs">Tariffs to rate with.</param>
    /// <param name="usage">The usage.</param>
    /// <returns>What it costs, in the order of <paramref name="usage"/>.</returns>
    public static IReadOnlyList<ChargedUsage> RateByEventTime(
        RatingSession session, TariffSnapshot tariffs, IReadOnlyList<UsageRecord> usage)
    {
        ChargedUsage[] charged = new ChargedUsage[usage.Count];
        foreach (int index in Enumerable.Range(0, usage.Count).OrderBy(index => usage[index].EventTimeMilliseconds))
        {
            charged[index] = RateOne(session, tariffs, usage[index]);
        }

        session.Commit();
        return charged;
    }

    /// <summary>Rates usage in the order in which it came.</summary>
    /// <inheritdoc cref="RateByEventTime"/>
    public static IReadOnlyList<ChargedUsage> RateByArrival(
        RatingSession session, TariffSnapshot tariffs, IReadOnlyList<UsageRecord> usage)
    {
        ChargedUsage[] charged = [.. usage.Select(one => RateOne(session, tariffs, one))];
        session.Commit();
        return charged;
    }

    /// <summary>The corrections that lead from what was charged to what is charged now.</summary>
    /// <param name="before">What was charged.</param>
    /// <param name="after">The same usage, rated again, in the same order.</param>
    /// <returns>A correction for each that differs in amount, in draws from bundles, or in being rated at all.</returns>
    /// <exception cref="ArgumentException">It is not the same usage.</exception>
    public static IReadOnlyList<Correction> Differences(IReadOnlyList<ChargedUsage> before, IReadOnlyList<ChargedUsage> after)
    {
        if (!before.Select(usage => usage.UsageId).SequenceEqual(after.Select(usage => usage.UsageId)))
        {
            throw new ArgumentException("Usage can only be compared with the same usage in the same order.", nameof(after));
        }

        return [
            .. before.Zip(after).Where(pair => !pair.First.HasTheEffectOf(pair.Second)).Select(pair => new Correction(
                pair.First.UsageId,
                pair.First.IsRated ? [.. pair.First.Parts.Select(part => part.Reverse())] : null,
                pair.Second.IsRated ? pair.Second.Parts : null))];
    }

    private static ChargedUsage RateOne(RatingSession session, TariffSnapshot tariffs, UsageRecord usage)
    {
        session.Rate(in usage, tariffs, out RatingResult result);
        List<ChargedPart> parts = [];
        if (result.Outcome == RatingOutcome.Rated)
        {
            foreach (ref readonly RatedPart part in session.Parts(in result, tariffs))
            {
                parts.Add(new ChargedPart(
                    part.Component, tariffs.BundlesOf(in part).BundleName(part.BundleIndex), part.Units,
                    part.AmountNanos));
            }
        }

        return new ChargedUsage(usage.UsageId, result.Outcome, parts);
    }
}

/// <summary>A correction of one usage event.</summary>
/// <param name="UsageId">Its id.</param>
/// <param name="Reversal">The negatives of what was charged; null when nothing was, so that nothing is reversed.</param>
/// <param name="New">What is charged now; null when it cannot be rated any more.</param>
public sealed record Correction(UInt128 UsageId, IReadOnlyList<ChargedPart>? Reversal, IReadOnlyList<ChargedPart>? New)
{
    /// <summary>Amount of the reversal in nano-units.</summary>
    public long ReversalNanos => Reversal?.Sum(part => part.AmountNanos) ?? 0;

    /// <summary>Amount of the new line in nano-units.</summary>
    public long NewNanos => New?.Sum(part => part.AmountNanos) ?? 0;

    /// <summary>What the customer pays more; less than 0 for less.</summary>
    public long DifferenceNanos => ReversalNanos + NewNanos;
}
