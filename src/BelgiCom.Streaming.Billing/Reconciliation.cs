using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>A rated usage event as it lies on the topic.</summary>
/// <param name="Offset">Offset in the partition.</param>
/// <param name="UsageId">Identity of the usage event.</param>
/// <param name="AmountNanos">Price in 10⁻⁹ of the currency's unit.</param>
/// <param name="Terms">Currency, basis and rate of VAT of the price.</param>
public readonly record struct RatedPosition(long Offset, UsageId UsageId, long AmountNanos, AmountTerms Terms)
{
    /// <summary>Account that pays; null where it is not to be compared.</summary>
    public string? Account { get; init; }

    /// <summary>Start of the usage, milliseconds since 1970-01-01 UTC; null where it is not to be compared.</summary>
    public long? EventTimeMilliseconds { get; init; }

    internal bool IsSameUsageAs(RatedPosition billed) =>
        (Account is null || Account == billed.Account)
        && (EventTimeMilliseconds is null || EventTimeMilliseconds == billed.EventTimeMilliseconds);

    // A line of a release that kept no rate of VAT has the same terms at any.
    internal bool HasTermsOf(RatedPosition billed) =>
        Terms == billed.Terms
        || (billed.Terms.VatPermille == AmountTerms.UnknownVat && Terms with { VatPermille = AmountTerms.UnknownVat } == billed.Terms);
}

/// <summary>
/// How far the ledger was in a partition at one moment, and what it had billed until there. Lines before that offset never change, so a
/// comparison holds on to the mark while the ledger goes on.
/// </summary>
/// <param name="Topic">Topic.</param>
/// <param name="Partition">Partition.</param>
/// <param name="NextOffset">Offset at which reading went on; 0 when the ledger had never seen the partition.</param>
/// <param name="Written">The control totals of what was billed until there, as they were written with the lines.</param>
public sealed record LedgerMark(string Topic, int Partition, long NextOffset, AmountTotals Written)
{
    /// <summary>Number of the partition in the ledger.</summary>
    internal long Stream { get; init; } = -1;

    /// <summary>How many records of the partition are charged by a decision.</summary>
    internal long Charged { get; init; }
}

/// <summary>In what way a record on the topic and the ledger differ.</summary>
public enum LedgerDifferenceKind
{
    /// <summary>Rated on the topic, before the ledger's position, but not billed.</summary>
    NotBilled,

    /// <summary>Billed, but not (any more) on the topic at that position.</summary>
    NotOnTopic,

    /// <summary>Billed with another amount than rated, or in another currency, on another basis or at another rate of VAT.</summary>
    OtherAmount,

    /// <summary>The ledger holds another usage event under that position, or one of another account or time.</summary>
    OtherUsage,

    /// <summary>The ledger billed other content under the same usage id, and keeps this one aside: two usages, one of them not billed, or
    /// one usage that was rated in two ways.</summary>
    Conflict,

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
public sealed record LedgerDifference(LedgerDifferenceKind Kind, long Offset, Int128 RatedNanos, Int128 BilledNanos);

/// <summary>The comparison of one partition of usage.rated.v1 with the ledger, up to a <see cref="LedgerMark"/>.</summary>
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
    AmountTotals Rated,
    AmountTotals Billed,
    long LedgerDuplicates,
    long DifferenceCount,
    IReadOnlyList<LedgerDifference> Differences)
{
    /// <summary>Most differences that are listed one by one.</summary>
    public const int MaxDifferences = 1000;

    /// <summary>How many of the differences are <see cref="LedgerDifferenceKind.Conflict"/>.</summary>
    public long ConflictCount { get; init; }

    /// <summary>How many rated records were in conflict with a line and were given up by somebody; they are no differences.</summary>
    public long Discarded { get; init; }

    /// <summary>
    /// Totals of the lines whose records lie before the first offset that the topic still has: retention took the records, the lines stay.
    /// </summary>
    public required AmountTotals BeforeLog { get; init; }

    /// <summary>Whether rated = billed: no line is missing, none is too much, no amount differs.</summary>
    public bool IsBalanced => DifferenceCount == 0;
}
