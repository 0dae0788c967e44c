using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Section <c>Rating:Late</c>: what becomes of usage that comes late, by category. The first rule that fits decides; without one, usage is
/// charged.
/// </summary>
public sealed class LateOptions
{
    /// <summary>Name of the policy, which rejected usage names. Required with rules.</summary>
    public string Version { get; set; } = "";

    /// <summary>The operator's own networks, MCC and MNC, or MCC alone. Required where a rule asks for roaming.</summary>
    public IList<string> HomeNetworks { get; set; } = [];

    /// <summary>The rules, 32 at most, in their order.</summary>
    public IList<LateRuleOptions> Rules { get; set; } = [];

    /// <summary>What is wrong with the settings, a sentence for each fault.</summary>
    internal IEnumerable<string> Faults(int lateDays)
    {
        if (Rules.Count > LatePolicy.RulesMax)
        {
            yield return $"has {Rules.Count} rules; {LatePolicy.RulesMax} at most";
        }

        if (Rules.Count > 0 && Version.Length == 0)
        {
            yield return "needs a Version, which usage that it holds back names";
        }

        foreach (string network in HomeNetworks.Where(network => !Plmn.TryParsePrefix(network, out _)))
        {
            yield return $"has a home network '{network}', which is no MCC and MNC of 5 or 6 digits, and no MCC";
        }

        foreach ((int index, LateRuleOptions rule) in Rules.Index())
        {
            if (rule.Faults(lateDays, HomeNetworks.Count > 0) is { } fault)
            {
                yield return $"rule {index + 1} {fault}";
            }
        }
    }

    /// <summary>The policy; null without rules.</summary>
    public LatePolicy? ToPolicy() =>
        Rules.Count == 0 ? null : new LatePolicy(Version, [.. Rules.Select(rule => rule.ToRule(Networks()))]);

    private List<Plmn> Networks() =>
        [.. HomeNetworks.Select(network => Plmn.TryParsePrefix(network, out Plmn parsed) ? parsed : Plmn.Invalid)];
}

/// <summary>A rule of <see cref="LateOptions"/>: a category, a lateness, and what becomes of such usage.</summary>
public sealed class LateRuleOptions
{
    /// <summary>Data, Voice or Sms; absent for all.</summary>
    public UsageKind? Kind { get; set; }

    /// <summary>True for usage in other networks than the home networks, false for usage at home; absent for both.</summary>
    public bool? Roaming { get; set; }

    /// <summary>Name of a source, or the beginning of one and a star; absent for all.</summary>
    public string Source { get; set; } = "";

    /// <summary>Usage that is more than this number of days older than the newest usage rated; 0 to LateDays.</summary>
    public int? OlderThanDays { get; set; }

    /// <summary>Usage of a month whose end is at least this number of days before the newest usage rated; 0 to LateDays.</summary>
    public int? AfterMonthEndDays { get; set; }

    /// <summary>Charge, NextPeriod, Suspend or Refuse.</summary>
    public LateAction Then { get; set; }

    internal string? Faults(int lateDays, bool knowsHome) => this switch
    {
        { OlderThanDays: null, AfterMonthEndDays: null } =>
            "says neither OlderThanDays nor AfterMonthEndDays, so it would decide on usage that is not late",
        { OlderThanDays: < 0 } or { AfterMonthEndDays: < 0 } => "has a number of days below 0",
        _ when OlderThanDays > lateDays || AfterMonthEndDays > lateDays =>
            $"has more days than LateDays ({lateDays}), and what is older is late in any case: a duplicate of it could not be told",
        { Roaming: not null } when !knowsHome => "asks for roaming, and HomeNetworks is empty",
        { Kind: UsageKind.Unknown } => "has the kind Unknown, which no usage that is rated has",
        _ => null,
    };

    internal LateRule ToRule(IReadOnlyList<Plmn> homeNetworks) => new(Then)
    {
        Kind = Kind,
        Roaming = Roaming,
        HomeNetworks = homeNetworks,
        Source = Source,
        OlderThanDays = OlderThanDays,
        AfterMonthEndDays = AfterMonthEndDays,
    };
}
