using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>A rated usage event as it lies on the topic.</summary>
/// <param name="Offset">Offset in the partition.</param>
/// <param name="UsageId">Identity of the usage event.</param>
/// <param name="AmountNanos">Price without VAT in 10⁻⁹ of the currency's unit.</param>
public readonly record struct RatedPosition(long Offset, UsageId UsageId, long AmountNanos);

/// <summary>In what way a record on the topic and the ledger differ.</summary>
public enum LedgerDifferenceKind
{
    /// <summary>Rated on the topic, before the ledger's position, but not billed.</summary>
    NotBilled,

    /// <summary>Billed, but not (any more) on the topic at that position.</summary>
    NotOnTopic,

    /// <summary>Billed with another amount than rated.</summary>
    OtherAmount,

    /// <summary>The ledger holds another usage event under that position.</summary>
    OtherUsage,

    /// <summary>
    /// The control totals, which were written with the lines, do not agree with them: lines were changed or removed afterwards.
    /// </summary>
    ControlTotal,
}

/// <summary>One difference, with the position to look at.</summary>
/// <param name="Kind">How they differ.</param>
/// <param name="Offset">Offset in the partition; -1 for <see cref="LedgerDifferenceKind.ControlTotal"/>.</param>
/// <param name="RatedNanos">Amount on the topic in 10⁻⁹ units, 0 when absent.</param>
/// <param name="BilledNanos">Amount in the ledger in 10⁻⁹ units, 0 when absent.</param>
public sealed record LedgerDifference(LedgerDifferenceKind Kind, long Offset, long RatedNanos, long BilledNanos);

/// <summary>The comparison of one partition of usage.rated.v1 with the ledger, up to the ledger's position.</summary>
/// <param name="Topic">Topic.</param>
/// <param name="Partition">Partition.</param>
/// <param name="Rated">Totals of the rated records on the topic: count, amount, hash total. Records that the ledger holds under another
/// position are left out.</param>
/// <param name="Billed">The same totals of the ledger's lines.</param>
/// <param name="LedgerDuplicates">Rated records that the ledger holds under another position with the same amount: they are billed once, as
/// they must be.</param>
/// <param name="DifferenceCount">How many differences there are.</param>
/// <param name="Differences">The first <see cref="MaxDifferences"/> of them.</param>
public sealed record Reconciliation(
    string Topic,
    int Partition,
    ControlTotal Rated,
    ControlTotal Billed,
    long LedgerDuplicates,
    long DifferenceCount,
    IReadOnlyList<LedgerDifference> Differences)
{
    /// <summary>Most differences that are listed one by one.</summary>
    public const int MaxDifferences = 1000;

    /// <summary>Whether rated = billed: no line is missing, none is too much, no amount differs.</summary>
    public bool IsBalanced => DifferenceCount == 0;
}
