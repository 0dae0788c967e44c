using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Kinds of usage that are charged from CHF records and from Nchf requests under keys of their own format. If both report the same
/// sessions, nothing tells so, and they are charged twice: a person must say which view is charged.
/// </summary>
/// <param name="OfChf">Kinds from CHF records: a bit for each <see cref="UsageKind"/>.</param>
/// <param name="OfNchf">Kinds from Nchf requests.</param>
public readonly record struct UnmatchedUsage(int OfChf, int OfNchf)
{
    /// <summary>Whether one kind came from both.</summary>
    public bool IsOfBoth => (OfChf & OfNchf) != 0;

    /// <summary>The kinds of both.</summary>
    public static UnmatchedUsage operator |(UnmatchedUsage left, UnmatchedUsage right) =>
        new(left.OfChf | right.OfChf, left.OfNchf | right.OfNchf);
}
