using System.Collections.Immutable;

namespace BelgiCom.Streaming.Rating;

/// <summary>What is left of a bundle.</summary>
/// <param name="Remaining">Units left.</param>
/// <param name="ToMilliseconds">First instant at which it is over, milliseconds since 1970-01-01 UTC.</param>
public readonly record struct BundleRest(long Remaining, long ToMilliseconds = long.MaxValue)
{
    /// <summary>Whether units of it may be used.</summary>
    public bool IsUsableAt(long milliseconds) => milliseconds < ToMilliseconds && Remaining > 0;
}

/// <summary>What became of a reversal.</summary>
public enum ReversalResult
{
    /// <summary>The usage is reversed.</summary>
    Reversed = 1,

    /// <summary>It was reversed before: one event, one reversal.</summary>
    AlreadyReversed = 2,

    /// <summary>A part came from a bundle that the balance does not know.</summary>
    UnknownBundle = 3,
}

/// <summary>A balance that usage was charged to, and what of it was reversed.</summary>
public sealed record ReversalState
{
    /// <summary>Money in nano-units.</summary>
    public long MoneyNanos { get; init; }

    /// <summary>What is left of each bundle.</summary>
    public ImmutableDictionary<string, BundleRest> Bundles { get; init; } = ImmutableDictionary<string, BundleRest>.Empty;

    /// <summary>Ids of the usage that was reversed.</summary>
    public ImmutableHashSet<UInt128> Reversed { get; init; } = [];

    /// <summary>
    /// Reverses usage (D-28): each part comes back as its exact negative. Money returns to the balance and units to the bundle that they
    /// came from, also when it is over: then the book is right again, and nobody can use them.
    /// </summary>
    /// <param name="usageId">The usage.</param>
    /// <param name="parts">What was charged for it.</param>
    /// <param name="after">The balance after it; the same when nothing is reversed.</param>
    /// <param name="reversal">The parts of the reversal; none when nothing is reversed.</param>
    /// <exception cref="OverflowException">The balance does not fit.</exception>
    public ReversalResult Reverse(
        UInt128 usageId, IReadOnlyList<ChargedPart> parts, out ReversalState after, out IReadOnlyList<ChargedPart> reversal)
    {
        (after, reversal) = (this, []);
        if (Reversed.Contains(usageId))
        {
            return ReversalResult.AlreadyReversed;
        }

        ChargedPart[] drawn = [.. parts.Where(part => part.Bundle.Length > 0)];
        if (drawn.Any(part => !Bundles.ContainsKey(part.Bundle)))
        {
            return ReversalResult.UnknownBundle;
        }

        ImmutableDictionary<string, BundleRest>.Builder bundles = Bundles.ToBuilder();
        foreach (ChargedPart part in drawn)
        {
            BundleRest rest = bundles[part.Bundle];
            bundles[part.Bundle] = rest with { Remaining = checked(rest.Remaining + part.Units) };
        }

        after = this with
        {
            MoneyNanos = checked(MoneyNanos + parts.Sum(part => part.AmountNanos)),
            Bundles = bundles.ToImmutable(),
            Reversed = Reversed.Add(usageId),
        };
        reversal = [.. parts.Select(part => part.Reverse())];
        return ReversalResult.Reversed;
    }
}
