using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>The totals of the ledger at one moment. <see cref="Since"/> gives the difference between two of them.</summary>
public sealed class LedgerTotals
{
    private readonly Dictionary<(LedgerOutcome Outcome, AmountTerms Terms), ControlTotal> _totals;

    internal LedgerTotals(Dictionary<(LedgerOutcome Outcome, AmountTerms Terms), ControlTotal> totals) => _totals = totals;

    /// <summary>Lines in the ledger: usage events with outcome rated, each exactly once.</summary>
    public long Lines => Count(LedgerOutcome.Rated);

    /// <summary>The currencies (ISO 4217) and bases of the billed lines, in alphabetical order, without VAT first.</summary>
    public IReadOnlyList<(string Currency, PriceBasis Basis)> Sums =>
    [
        .. _totals.Keys.Where(key => key.Outcome == LedgerOutcome.Rated).Select(key => (key.Terms.Currency, key.Terms.Basis)).Distinct()
            .OrderBy(sum => sum.Currency, StringComparer.Ordinal).ThenBy(sum => sum.Basis),
    ];

    /// <summary>Usage events with this outcome, in all currencies.</summary>
    public long Count(LedgerOutcome outcome) =>
        _totals.Where(entry => entry.Key.Outcome == outcome).Sum(entry => entry.Value.Records);

    /// <summary>Counts and sums of the billed lines in one currency and on one basis, at all rates of VAT.</summary>
    public ControlTotal Billed(string currency, PriceBasis basis = PriceBasis.Net) => _totals
        .Where(entry => entry.Key.Outcome == LedgerOutcome.Rated
            && entry.Key.Terms.Currency == currency && entry.Key.Terms.Basis == basis)
        .Aggregate(default(ControlTotal), (sum, entry) => sum + entry.Value);

    /// <summary>What was added after <paramref name="earlier"/>, a snapshot of the same ledger.</summary>
    public LedgerTotals Since(LedgerTotals earlier)
    {
        Dictionary<(LedgerOutcome, AmountTerms), ControlTotal> difference = new();
        foreach (((LedgerOutcome Outcome, AmountTerms Terms) key, ControlTotal total) in _totals)
        {
            ControlTotal added = total.Since(earlier._totals.GetValueOrDefault(key));
            if (added != default)
            {
                difference[key] = added;
            }
        }

        return new LedgerTotals(difference);
    }
}
