using System.Globalization;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>Reads spending limits, of an offering version or of a table, and publishes those that rating counts.</summary>
internal static class LimitReader
{
    private const int PermillePerPercent = 10;

    /// <summary>Reads a limit; faults go to the section's list.</summary>
    /// <param name="section">Where it stands.</param>
    /// <param name="basis">Whether its amounts are with VAT where it does not say.</param>
    public static SpendingLimit Read(YamlSection section, PriceBasis basis)
    {
        List<LimitStepTerms> steps = [];
        string id = section.RequiredText("id");
        string? after = section.Text("after");
        SpendScope scope = section.Choice(
            "scope", SpendScope.Other, ("roamingData", SpendScope.RoamingData), ("domestic", SpendScope.Domestic), ("all", SpendScope.All));
        IReadOnlyList<UsageKind> kinds = PriceReader.ReadKinds(section, required: false);
        IReadOnlyList<string> zones = section.OneOrMany("zone", "zones");
        bool isAboveBundle = section.Flag("aboveBundle");
        bool countsPasses = section.Choice("counts", false, ("usage", false), ("passes", true));
        if (scope != SpendScope.Other && (kinds.Count > 0 || zones.Count > 0 || isAboveBundle || countsPasses))
        {
            section.Fault("scope", "'scope' says what counts; leave out 'kinds', 'zones', 'aboveBundle' and 'counts'.");
        }

        decimal? amount = section.Amount("amount");
        List<decimal> choices = [.. Choices(section)];
        PriceBasis own = section.Choice("basis", basis, ("net", PriceBasis.Net), ("gross", PriceBasis.Gross));
        foreach (YamlSection step in section.Sections("steps"))
        {
            LimitStepTerms read = ReadStep(step);
            if (read.Percent is < 1 or > 100 || (steps.Count > 0 && read.Percent <= steps[^1].Percent))
            {
                step.Fault("at", "steps rise, from 1 % on, and the last is at most at 100 %.", FaultCodes.StepsNotRising);
            }

            steps.Add(read);
        }

        string? legalBasis = section.Text("legalBasis");
        section.Finish();
        if (!section.Has("amount") || steps.Count == 0)
        {
            section.Fault(null, "a limit has an 'amount' and at least one of 'steps'.");
        }

        return new SpendingLimit(
            id, after, scope, kinds, zones, isAboveBundle, countsPasses, amount ?? 0, choices, own, steps, legalBasis);
    }

    /// <summary>
    /// Gives a version the limits that rating counts: its own, or else those of its table. In each scope of which neither says anything,
    /// rating takes those of the law.
    /// </summary>
    public static OfferingVersion Publish(
        OfferingVersion version, IReadOnlyList<SpendingLimit> own, IReadOnlyList<SpendingLimit> ofTable, YamlSection section)
    {
        if (own.Count > 0 && version.RoamingDataLimit is not null)
        {
            section.Fault("limits", "'limits' and 'roamingDataLimit' are both there; keep one of them.");
        }

        // A version that repeats another one (sameAs) has no lines of its own, and the other one was warned of already.
        IReadOnlyList<YamlSection> lines = section.Sections("limits");
        List<OfferingLimit> published = [];
        foreach ((int index, SpendingLimit limit) in own.Index())
        {
            OfferingLimit read = Of(limit, ScopeOf(limit, version));
            if (read.Scope != SpendScope.Other && (read.After.Length == 0 || published.Exists(other => other.Id == read.After)))
            {
                published.Add(read);
            }
            else if (index < lines.Count)
            {
                PriceReader.NotApplied(
                    lines[index], "id", "rating counts data in all zones abroad, all usage at home, or everything (scope)", "limits");
            }
        }

        bool takesTable = own.Count == 0 && version.RoamingDataLimit is null;
        return version with { Limits = takesTable ? [.. ofTable.Select(limit => Of(limit, limit.Scope))] : published };
    }

    private static SpendScope ScopeOf(SpendingLimit limit, OfferingVersion version)
    {
        string[] abroad = [.. version.Zones.Select(zone => zone.Name).Where(zone => zone != RoamingZone.Home)];
        bool isAbroad = abroad.Length > 0 && abroad.All(limit.Zones.Contains) && limit.Zones.All(abroad.Contains);
        return limit switch
        {
            { CountsPasses: true } => SpendScope.Other,
            { Scope: not SpendScope.Other } => limit.Scope,
            { Kinds: [UsageKind.Data], IsAboveBundle: false } when isAbroad => SpendScope.RoamingData,
            { Kinds: [], Zones: [RoamingZone.Home] } => SpendScope.Domestic,
            { Kinds: [], Zones: [] } => SpendScope.All,
            _ => SpendScope.Other,
        };
    }

    private static OfferingLimit Of(SpendingLimit limit, SpendScope scope) => new()
    {
        Id = limit.Id,
        Scope = scope,
        Amount = limit.Amount,
        Basis = limit.Basis,
        Steps = [
            .. limit.Steps.Select(step => new OfferingLimitStep
            {
                Permille = (int)Math.Clamp(step.Percent, 0, 100) * PermillePerPercent,
                Notification = step.Notification,
                Action = step.Action,
            })],
        After = limit.After ?? "",
        LegalBasis = limit.LegalBasis ?? "",
    };

    private static LimitStepTerms ReadStep(YamlSection step)
    {
        long percent = step.Counted("at", "%") ?? 100;
        LimitAction action = step.Choice(
            "action", LimitAction.Warn, ("message", LimitAction.Message), ("warn", LimitAction.Warn), ("cutOff", LimitAction.CutOff));
        string? notification = step.Text("notification");
        step.Finish();
        if (!step.Has("at") || !step.Has("action"))
        {
            step.Fault(null, "a step has 'at', percent of the amount, and an 'action': message, warn or cutOff.");
        }

        string word = action switch
        {
            LimitAction.CutOff => "STOP",
            LimitAction.Warn => "WARN",
            _ => "MESSAGE",
        };
        return new LimitStepTerms(percent, notification ?? string.Create(CultureInfo.InvariantCulture, $"{word}_{percent}"), action);
    }

    private static IEnumerable<decimal> Choices(YamlSection section)
    {
        foreach (string text in section.Texts("choices"))
        {
            if (YamlSection.TryParseAmount(text, out decimal choice))
            {
                yield return choice;
            }
            else
            {
                section.Fault("choices", $"'{text}' in 'choices' is no amount.", FaultCodes.BadNumber);
            }
        }
    }
}
