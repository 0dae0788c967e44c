namespace BelgiCom.Streaming.Billing;

/// <summary>Control totals of usage events, apart for each <see cref="AmountTerms"/>, so that no sum has amounts of two kinds.</summary>
public sealed class AmountTotals : IEquatable<AmountTotals>
{
    private readonly Dictionary<AmountTerms, ControlTotal> _totals = [];

    /// <summary>What the totals are of; terms without usage events are not named.</summary>
    public IReadOnlyCollection<AmountTerms> Terms => _totals.Keys;

    /// <summary>Usage events on all terms.</summary>
    public long Records => _totals.Values.Sum(total => total.Records);

    /// <summary>The totals on these terms.</summary>
    public ControlTotal this[AmountTerms terms] => _totals.GetValueOrDefault(terms);

    internal void Add(AmountTerms terms, ControlTotal total) => Set(terms, this[terms] + total);

    internal void Add(AmountTotals totals)
    {
        foreach ((AmountTerms terms, ControlTotal total) in totals._totals)
        {
            Add(terms, total);
        }
    }

    internal void Subtract(AmountTerms terms, ControlTotal total) => Set(terms, this[terms].Since(total));

    /// <inheritdoc/>
    public bool Equals(AmountTotals? other) =>
        other is not null && _totals.Count == other._totals.Count && _totals.All(entry => other[entry.Key] == entry.Value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AmountTotals);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_totals.Count, Records);

    private void Set(AmountTerms terms, ControlTotal total)
    {
        if (total == default)
        {
            _totals.Remove(terms);
        }
        else
        {
            _totals[terms] = total;
        }
    }
}
