using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What becomes of usage that comes late, by category. Late is told by the usage itself: by the newest day of which usage was rated in the
/// partition, never by a clock, so that a replay decides as the first run did. Of the rules that fit, the first decides; usage that none
/// fits is charged, as long as duplicates of it can be told.
/// </summary>
/// <remarks>
/// Usage that is charged has the price of its own time (D-15). It counts in its own month, with that month's bundle (D-08): the month's
/// bill has it while no close took the month, and the next bill has it as a line of that month afterwards, which corrects it. Where the
/// policy says so it counts in the newest month instead, with all that is counted by month: bundles, tiers, limits and the bill.
/// </remarks>
public sealed class LatePolicy
{
    /// <summary>Most rules of a policy: usage carries a bit for each that its category fits.</summary>
    public const int RulesMax = 32;

    private readonly LateRule[] _rules;

    /// <summary>Takes the rules in their order.</summary>
    /// <param name="version">Name of the policy, which is told wherever it decides.</param>
    /// <param name="rules">Rules, 32 at most.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more.</exception>
    public LatePolicy(string version, params IReadOnlyList<LateRule> rules)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rules.Count, RulesMax, nameof(rules));
        Version = version;
        VersionUtf8 = Encoding.UTF8.GetBytes(version);
        _rules = [.. rules];
    }

    /// <summary>Name of the policy.</summary>
    public string Version { get; }

    /// <summary>The same in UTF-8.</summary>
    internal byte[] VersionUtf8 { get; }

    /// <summary>The rules whose category usage is in, a bit for each.</summary>
    /// <param name="kind">What was used.</param>
    /// <param name="serving">Network that served; one that is not known is no roaming.</param>
    /// <param name="source">Configured name of the source, UTF-8.</param>
    public uint RulesFor(UsageKind kind, Plmn serving, ReadOnlySpan<byte> source)
    {
        uint rules = 0;
        for (int i = 0; i < _rules.Length; i++)
        {
            rules |= _rules[i].IsOfCategory(kind, serving, source) ? 1u << i : 0;
        }

        return rules;
    }

    /// <summary>What becomes of usage: what the first rule says that fits; null when none does, which charges it.</summary>
    /// <param name="rules">The rules whose category it is in.</param>
    /// <param name="age">By how many days it is older than the newest usage rated.</param>
    /// <param name="sinceMonthEnd">How many days after the end of its month the newest usage is; below 0 while the month goes on.</param>
    internal LateAction? Decide(uint rules, int age, int sinceMonthEnd)
    {
        for (; rules != 0; rules &= rules - 1)
        {
            int rule = System.Numerics.BitOperations.TrailingZeroCount(rules);
            if (_rules[rule].IsLate(age, sinceMonthEnd))
            {
                return _rules[rule].Then;
            }
        }

        return null;
    }
}

/// <summary>What a rule of a late policy does with usage.</summary>
public enum LateAction
{
    /// <summary>Charges it in its own month: on that month's bill while it is open, and afterwards as a correction of it.</summary>
    Charge,

    /// <summary>Suspends it until a person recycles it, which charges it, or discards it.</summary>
    Suspend,

    /// <summary>Refuses it: it is counted as late, kept, and billed to nobody.</summary>
    Refuse,

    /// <summary>Charges it in the month of the newest usage: it draws that month's bundles and stands on that month's bill.</summary>
    NextPeriod,
}

/// <summary>A rule of a late policy: a category, a lateness, and what becomes of such usage.</summary>
/// <param name="Then">What becomes of it.</param>
public sealed record LateRule(LateAction Then)
{
    private readonly byte[] _source = [];

    /// <summary>The kind of usage; null for all.</summary>
    public UsageKind? Kind { get; init; }

    /// <summary>True for usage in a network that is none of <see cref="HomeNetworks"/>, false for all other; null for both.</summary>
    public bool? Roaming { get; init; }

    /// <summary>The operator's own networks.</summary>
    public IReadOnlyList<Plmn> HomeNetworks { get; init; } = [];

    /// <summary>Name of the source, or the beginning of it before a star; empty for all.</summary>
    public string Source
    {
        get => Encoding.UTF8.GetString(_source);
        init => _source = Encoding.UTF8.GetBytes(value);
    }

    /// <summary>Usage that is more than this number of days older than the newest usage rated; null for any.</summary>
    public int? OlderThanDays { get; init; }

    /// <summary>
    /// Usage of a month that ended more than this number of days before the newest usage rated, 0 for every month before the newest; null
    /// for any.
    /// </summary>
    public int? AfterMonthEndDays { get; init; }

    internal bool IsOfCategory(UsageKind kind, Plmn serving, ReadOnlySpan<byte> source) =>
        (Kind is null || Kind == kind) && (Roaming is not { } roaming || roaming == IsRoaming(serving)) && IsSource(source);

    internal bool IsLate(int age, int sinceMonthEnd) =>
        (OlderThanDays is null || age > OlderThanDays) && (AfterMonthEndDays is null || sinceMonthEnd >= AfterMonthEndDays);

    private bool IsRoaming(Plmn serving) => !serving.IsUnknown && !HomeNetworks.Any(serving.IsIn);

    private bool IsSource(ReadOnlySpan<byte> source) => _source is [.., (byte)'*']
        ? source.StartsWith(_source.AsSpan(0, _source.Length - 1))
        : _source.Length == 0 || source.SequenceEqual(_source);
}
