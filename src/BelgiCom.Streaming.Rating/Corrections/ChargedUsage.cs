using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>A part of a charge, as it stands in the rated event: what a correction takes back or sets in its place.</summary>
/// <param name="Component">What the part is.</param>
/// <param name="Bundle">Id of the bundle that covered it; empty for none.</param>
/// <param name="Units">Its units.</param>
/// <param name="AmountNanos">Its amount in nano-units.</param>
public readonly record struct ChargedPart(PartComponent Component, string Bundle, long Units, long AmountNanos)
{
    /// <summary>The exact negative: nothing is computed again (D-28).</summary>
    public ChargedPart Reverse() => this with { Units = -Units, AmountNanos = -AmountNanos };
}

/// <summary>What became of usage, and what was charged for it.</summary>
/// <param name="UsageId">Its id.</param>
/// <param name="Outcome">Its outcome.</param>
/// <param name="Parts">Its parts; none when it was not rated.</param>
public sealed record ChargedUsage(UInt128 UsageId, RatingOutcome Outcome, IReadOnlyList<ChargedPart> Parts)
{
    /// <summary>Whether it was rated, also at 0: then there is something to reverse.</summary>
    public bool IsRated => Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated;

    /// <summary>Its amount in nano-units: the sum of its parts.</summary>
    public long AmountNanos => Parts.Sum(part => part.AmountNanos);

    /// <summary>Whether another charge puts the same on the bill and draws the same from the same bundles.</summary>
    internal bool HasTheEffectOf(ChargedUsage other) =>
        IsRated == other.IsRated && AmountNanos == other.AmountNanos && Draws().SetEquals(other.Draws());

    private HashSet<(string Bundle, long Units)> Draws() => [
        .. Parts.Where(part => part.Bundle.Length > 0)
            .GroupBy(part => part.Bundle, StringComparer.Ordinal)
            .Select(group => (group.Key, group.Sum(part => part.Units)))];
}
