namespace BelgiCom.Streaming.Billing;

/// <summary>The totals of the ledger at one moment. <see cref="Since"/> gives the difference between two of them.</summary>
public sealed class LedgerTotals
{
    private readonly Dictionary<(LedgerOutcome Outcome, string Currency), ControlTotal> _totals;

    internal LedgerTotals(Dictionary<(LedgerOutcome Outcome, string Currency), ControlTotal> totals) => _totals = totals;

    /// <summary>Lines in the ledger: usage events with outcome rated, each exactly once.</summary>
    public long Lines => Count(LedgerOutcome.Rated);

    /// <summary>Currencies of the billed lines, ISO 4217, in alphabetical order.</summary>
    public IReadOnlyList<string> Currencies =>
        [.. _totals.Keys.Where(key => key.Outcome == LedgerOutcome.Rated).Select(key => key.Currency).Order(StringComparer.Ordinal)];

    /// <summary>Usage events with this outcome, in all currencies.</summary>
    public long Count(LedgerOutcome outcome) =>
        _totals.Where(entry => entry.Key.Outcome == outcome).Sum(entry => entry.Value.Records);

    /// <summary>Counts and sums of the billed lines in one currency.</summary>
    public ControlTotal Billed(string currency) => _totals.GetValueOrDefault((LedgerOutcome.Rated, currency));

    /// <summary>What was added after <paramref name="earlier"/>, a snapshot of the same ledger.</summary>
    public LedgerTotals Since(LedgerTotals earlier)
    {
        Dictionary<(LedgerOutcome, string), ControlTotal> difference = new();
        foreach (((LedgerOutcome Outcome, string Currency) key, ControlTotal total) in _totals)
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
