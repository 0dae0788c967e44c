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

        bool isShared = section.Choice("shared", false, ("account", true));
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

        if (isShared && (after is not null || choices.Count > 0))
        {
            section.Fault("shared", "a limit of the account has no 'after' and no 'choices': no subscriber chooses for the account.");
        }

        string? legalBasis = section.Text("legalBasis");
        section.Finish();
        if (!section.Has("amount") || steps.Count == 0)
        {
            section.Fault(null, "a limit has an 'amount' and at least one of 'steps'.");
        }

        return new SpendingLimit(
            id, after, scope, kinds, zones, isAboveBundle, countsPasses, isShared, amount ?? 0, choices, own, steps, legalBasis);
    }

    /// <summary>
    /// Gives a version its limits: its own, or else those of its table. In each scope of which neither says anything,
    /// rating takes those of the law.
    /// </summary>
    public static OfferingVersion Publish(
        OfferingVersion version, IReadOnlyList<SpendingLimit> own, IReadOnlyList<SpendingLimit> ofTable, YamlSection section)
    {
        if (own.Count > 0 && version.RoamingDataLimit is not null)
        {
            section.Fault("limits", "'limits' and 'roamingDataLimit' are both there; keep one of them.");
        }

        bool takesTable = own.Count == 0 && version.RoamingDataLimit is null;
        return version with { Limits = [.. (takesTable ? ofTable : own).Select(limit => Of(limit, version))] };
    }

    /// <summary>
    /// The limit as rating counts it. What a bundle covers costs nothing, so that 'aboveBundle' changes nothing of what is counted; a list
    /// of all kinds, or of all zones, is none. What one of the scopes says is that scope, which the law knows.
    /// </summary>
    private static OfferingLimit Of(SpendingLimit limit, OfferingVersion version)
    {
        string[] all = [.. version.Zones.Select(zone => zone.Name)];
        UsageKind[] kinds = [.. limit.Kinds.Distinct().Order()];
        string[] zones = [.. limit.Zones.Distinct().Order(StringComparer.Ordinal)];
        kinds = kinds.Length == PriceReader.Kinds.Length ? [] : kinds;
        bool isAbroad = zones.Length > 0 && zones.SequenceEqual(
            all.Where(zone => zone != RoamingZone.Home).Order(StringComparer.Ordinal));
        zones = Array.TrueForAll(all, zones.Contains) && zones.Length == all.Length ? [] : zones;
        if (limit.IsShared)
        {
            string[] places = limit.Scope switch
            {
                SpendScope.RoamingData => [.. all.Where(zone => zone != RoamingZone.Home)],
                SpendScope.Domestic => [RoamingZone.Home],
                _ => zones,
            };
            return Of(limit) with
            {
                Scope = SpendScope.Account,
                Kinds = limit.Scope == SpendScope.RoamingData ? [UsageKind.Data] : kinds,
                Zones = places,
                PassesOnly = limit.CountsPasses,
            };
        }

        SpendScope scope = limit.CountsPasses ? SpendScope.Other : (limit.Scope, kinds, zones) switch
        {
            (not SpendScope.Other, _, _) => limit.Scope,
            (_, [UsageKind.Data], _) when isAbroad => SpendScope.RoamingData,
            (_, [], [RoamingZone.Home]) => SpendScope.Domestic,
            (_, [], []) => SpendScope.All,
            _ => SpendScope.Other,
        };
        OfferingLimit published = Of(limit) with { Scope = scope };
        return scope != SpendScope.Other
            ? published
            : published with { Kinds = kinds, Zones = zones, PassesOnly = limit.CountsPasses };
    }

    private static OfferingLimit Of(SpendingLimit limit) => new()
    {
        Id = limit.Id,
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
