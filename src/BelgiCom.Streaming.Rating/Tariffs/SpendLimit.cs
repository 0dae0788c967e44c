using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>A step of a limit.</summary>
/// <param name="Permille">Thousandths of the limit; at least 1.</param>
/// <param name="Notification">What to send.</param>
/// <param name="Action">What to do.</param>
public sealed record SpendLimitStep(int Permille, string Notification, LimitAction Action);

/// <summary>
/// A limit to what a subscriber spends in a period (bill shock, D-27). It is configuration: an offering version may have limits of its own,
/// and a customer may choose another amount, free of charge, or none, which is a list without the limit.
/// </summary>
public sealed record SpendLimit
{
    private const string LawsCurrency = "EUR";

    /// <summary>
    /// Roaming data: EUR 50 a month without VAT (60.50 with it); a warning at 80 %, and the service stops when it is reached, unless the
    /// customer asks to go on (Regulation (EU) 2022/612 art. 14).
    /// </summary>
    public static readonly SpendLimit RoamingData = new()
    {
        Id = "eu-roaming",
        Scope = SpendScope.RoamingData,
        AmountNanos = 50 * Nanos.PerUnit,
        Basis = PriceBasis.Net,
        Steps = [new(800, "WARN_80", LimitAction.Warn), new(1000, "STOP_100", LimitAction.CutOff)],
        LegalBasis = "Regulation (EU) 2022/612 art. 14",
    };

    /// <summary>
    /// Roaming data of a customer who asked to go on: EUR 100 a month in all, without VAT (Regulation (EU) 2022/612 art. 14(4)). The
    /// warning at 90 % is the practice of Belgian operators.
    /// </summary>
    public static readonly SpendLimit RoamingDataAfterConsent = new()
    {
        Id = "eu-roaming-2",
        Scope = SpendScope.RoamingData,
        AmountNanos = 100 * Nanos.PerUnit,
        Basis = PriceBasis.Net,
        Steps = [new(900, "WARN_2", LimitAction.Warn), new(1000, "STOP_2", LimitAction.CutOff)],
        After = RoamingData.Id,
        LegalBasis = "Regulation (EU) 2022/612 art. 14(4)",
    };

    /// <summary>
    /// What is charged above the bundle at home: EUR 50 a month with VAT; a free message, and the service goes on (royal decree of 9 July
    /// 2013). The customer may choose 0, 50, 75 or 100; 0 is the first amount above the bundle.
    /// </summary>
    public static readonly SpendLimit Domestic = new()
    {
        Id = "be-domestic",
        Scope = SpendScope.Domestic,
        AmountNanos = 50 * Nanos.PerUnit,
        Basis = PriceBasis.Gross,
        Steps = [new(1000, "CEILING_REACHED", LimitAction.Message)],
        LegalBasis = "Royal Decree of 9 July 2013",
    };

    /// <summary>What holds of itself, in each scope of which an offering says nothing.</summary>
    public static readonly IReadOnlyList<SpendLimit> OfLaw = [RoamingData, RoamingDataAfterConsent, Domestic];

    /// <summary>Its id, which a customer's choice names.</summary>
    public required string Id { get; init; }

    /// <summary>Which spend it counts.</summary>
    public required SpendScope Scope { get; init; }

    /// <summary>What a limit of no scope counts; null for one of a scope.</summary>
    public SpendMeasure? Measure { get; init; }

    /// <summary>The limit in nano-units; 0 is reached by the first amount.</summary>
    public required long AmountNanos { get; init; }

    /// <summary>Whether the limit is with VAT or without.</summary>
    public required PriceBasis Basis { get; init; }

    /// <summary>Its steps.</summary>
    public required IReadOnlyList<SpendLimitStep> Steps { get; init; }

    /// <summary>Id of the limit after which it holds, for a customer who agreed to go on; empty when it always holds.</summary>
    public string After { get; init; } = "";

    /// <summary>The law that demands it; empty for a wish of the customer or the operator.</summary>
    public string LegalBasis { get; init; } = "";

    /// <summary>Whether the customer chose the amount, or agreed to it.</summary>
    public bool IsChosen { get; init; }

    /// <summary>
    /// The limits of an offering version: its own, and those of the law for each scope of which it says nothing. The law's amounts are in
    /// euros, so a version in another currency has none but its own.
    /// </summary>
    public static IReadOnlyList<SpendLimit> Of(OfferingVersion version)
    {
        List<SpendLimit> limits = OwnOf(version);
        HashSet<SpendScope> own = [.. limits.Select(limit => limit.Scope)];
        limits.AddRange(version.Currency == LawsCurrency ? OfLaw.Where(limit => !own.Contains(limit.Scope)) : []);
        return limits;
    }

    /// <summary>
    /// The limits of an add-on beside a main offering, which has those of the law. Each is another one than the main offering's of the same
    /// id, so that no choice for the one lifts the other: its id is that of the add-on and its own.
    /// </summary>
    /// <param name="version">The add-on's version.</param>
    public static IReadOnlyList<SpendLimit> OfAddOn(OfferingVersion version) =>
    [
        .. OwnOf(version).Select(limit => limit with
        {
            Id = $"{version.Offering}/{limit.Id}",
            After = limit.After.Length == 0 ? "" : $"{version.Offering}/{limit.After}",
        }),
    ];

    /// <summary>The limits that an offering version names itself.</summary>
    private static List<SpendLimit> OwnOf(OfferingVersion version)
    {
        List<SpendLimit> limits = [
            .. version.Limits.Where(limit => limit.Scope != SpendScope.Other || SpendMeasure.IsSaidBy(limit)).Select(limit => new SpendLimit
            {
                Id = limit.Id,
                Scope = limit.Scope,
                Measure = SpendMeasure.IsSaidBy(limit) ? new SpendMeasure(limit, version.Offering) : null,
                AmountNanos = Nanos.FromDecimal(limit.Amount),
                Basis = limit.Basis,
                Steps = [.. limit.Steps.Select(step => new SpendLimitStep(step.Permille, step.Notification, step.Action))],
                After = limit.After,
                LegalBasis = limit.LegalBasis,
            })];
        if (version.RoamingDataLimit is { } amount and > 0 && !limits.Exists(limit => limit.Scope == SpendScope.RoamingData))
        {
            limits.Add(RoamingData with { AmountNanos = Nanos.FromDecimal(amount), Basis = version.PriceBasis });
            limits.AddRange(version.Currency == LawsCurrency ? [RoamingDataAfterConsent] : []);
        }

        return limits;
    }
}
