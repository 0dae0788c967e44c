using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What a limit counts that is none of the three scopes: what usage of some kinds in some zones is charged, or only what is charged for the
/// passes that it opens; of one subscriber, or of all subscribers of the account under an offering. Limits that count the same share one
/// measure, whatever their amounts. Immutable.
/// </summary>
public sealed class SpendMeasure
{
    private readonly bool[] _kinds;

    /// <summary>Takes the words of a published limit.</summary>
    /// <param name="limit">A limit of the scope <see cref="SpendScope.Other"/> or <see cref="SpendScope.Account"/>.</param>
    /// <param name="offering">Its offering.</param>
    public SpendMeasure(OfferingLimit limit, string offering)
    {
        IsOfAccount = limit.Scope == SpendScope.Account;
        IsOfPasses = limit.PassesOnly;
        _kinds = [.. Enum.GetValues<UsageKind>().Select(kind => limit.Kinds.Count == 0 || limit.Kinds.Contains(kind))];
        Zones = [.. limit.Zones.Distinct().Order(StringComparer.Ordinal)];
        IEnumerable<UsageKind> kinds = limit.Kinds.Distinct().Order();
        Key = $"{string.Join(',', kinds)} in {string.Join(',', Zones)}{(IsOfPasses ? ", passes" : "")}"
            + (IsOfAccount ? $", account, {offering}" : "");
        Meter = MeterId.Of(MeterKind.Spend, Key);
    }

    /// <summary>The same for what counts the same.</summary>
    public string Key { get; }

    /// <summary>Whether it counts only what is charged for passes.</summary>
    public bool IsOfPasses { get; }

    /// <summary>Whether it counts all subscribers of the account together.</summary>
    public bool IsOfAccount { get; }

    /// <summary>The zones in which it counts; none for all.</summary>
    internal IReadOnlyList<string> Zones { get; }

    /// <summary>Number of the meter that holds the spend of a month.</summary>
    internal ulong Meter { get; }

    /// <summary>
    /// Whether a limit says what it counts. One of the scope OTHER that does not is of a later release, and nothing counts it.
    /// </summary>
    public static bool IsSaidBy(OfferingLimit limit) =>
        limit.Scope == SpendScope.Account
        || (limit.Scope == SpendScope.Other && (limit.Kinds.Count + limit.Zones.Count > 0 || limit.PassesOnly));

    /// <summary>Whether a meter of a rated event holds its spend of the month.</summary>
    public bool IsCountedBy(UsageMeter meter) => (ulong)meter.Id == Meter;

    /// <summary>Whether it counts usage of a kind.</summary>
    public bool Counts(UsageKind kind) => _kinds[(int)kind];
}

/// <summary>A measure with the zones of an offering version resolved.</summary>
/// <param name="Measure">What is counted.</param>
/// <param name="Zones">For each zone of the version, whether it counts there.</param>
/// <param name="Version">The version.</param>
internal readonly record struct MeasureInForce(SpendMeasure Measure, bool[] Zones, TariffVersion Version)
{
    /// <summary>Whether usage counts.</summary>
    public bool Counts(UsageKind kind, int zone) => zone >= 0 && Measure.Counts(kind) && Zones[zone];
}
