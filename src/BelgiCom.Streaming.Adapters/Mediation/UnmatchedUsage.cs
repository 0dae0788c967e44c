using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Usage that is charged from two formats under keys of their own. If both report the same sessions, it is charged twice: a person must say
/// which view is charged.
/// </summary>
/// <param name="OfChf">Kinds from CHF records: a bit for each <see cref="UsageKind"/>.</param>
/// <param name="OfNchf">Kinds from Nchf requests.</param>
/// <param name="IsOfGateway">Whether a gateway and converged charging both reported a minute of one connection.</param>
public readonly record struct UnmatchedUsage(int OfChf, int OfNchf, bool IsOfGateway = false)
{
    /// <summary>Whether one kind came from CHF records and from Nchf requests.</summary>
    public bool IsOfBoth => (OfChf & OfNchf) != 0;

    /// <summary>What is true of either.</summary>
    public static UnmatchedUsage operator |(UnmatchedUsage left, UnmatchedUsage right) =>
        new(left.OfChf | right.OfChf, left.OfNchf | right.OfNchf, left.IsOfGateway || right.IsOfGateway);
}
