using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>What happens when a step of a limit is reached.</summary>
public enum LimitAction
{
    /// <summary>The customer gets a message; the service goes on.</summary>
    Message = 0,

    /// <summary>The customer is warned that the limit is near.</summary>
    Warn = 1,

    /// <summary>The service stops until the customer agrees to go on.</summary>
    CutOff = 2,
}

/// <summary>A step of a limit.</summary>
/// <param name="Permille">Thousandths of the limit; at least 1.</param>
/// <param name="Notification">What to send.</param>
/// <param name="Action">What to do.</param>
public sealed record SpendLimitStep(int Permille, string Notification, LimitAction Action);

/// <summary>
/// A limit to what a subscriber spends in a period (bill shock, D-27). It is configuration: a customer may choose another amount, free of
/// charge, or none, which is a list without the limit.
/// </summary>
public sealed record SpendLimit
{
    private const string Warn80 = "WARN_80";
    private const string Stop100 = "STOP_100";

    /// <summary>The scope of data used while roaming.</summary>
    public const string RoamingDataScope = "roaming-data";

    /// <summary>The scope of what is charged above the bundle at home.</summary>
    public const string DomesticScope = "domestic";

    /// <summary>
    /// Roaming data: EUR 50 a month without VAT (60.50 with it); a warning at 80 %, and the service stops when it is reached, unless the
    /// customer asks to go on (Regulation (EU) 2022/612 art. 14).
    /// </summary>
    public static readonly SpendLimit RoamingData = new()
    {
        Id = "eu-roaming",
        Scope = RoamingDataScope,
        AmountNanos = 50 * Nanos.PerUnit,
        Basis = PriceBasis.Net,
        Steps = [new(800, Warn80, LimitAction.Warn), new(1000, Stop100, LimitAction.CutOff)],
        LegalBasis = "Regulation (EU) 2022/612 art. 14",
    };

    /// <summary>
    /// Roaming data of a customer who asked to go on: EUR 100 a month in all, without VAT (Regulation (EU) 2022/612 art. 14(4)). The
    /// warning at 90 % is the practice of Belgian operators.
    /// </summary>
    public static readonly SpendLimit RoamingDataAfterConsent = new()
    {
        Id = "eu-roaming-2",
        Scope = RoamingDataScope,
        AmountNanos = 100 * Nanos.PerUnit,
        Basis = PriceBasis.Net,
        Steps = [new(900, "WARN_2", LimitAction.Warn), new(1000, "STOP_2", LimitAction.CutOff)],
        LegalBasis = "Regulation (EU) 2022/612 art. 14(4)",
    };

    /// <summary>
    /// What is charged above the bundle at home: EUR 50 a month with VAT; a free message, and the service goes on (royal decree of 9 July
    /// 2013). The customer may choose 0, 50, 75 or 100; 0 is the first amount above the bundle.
    /// </summary>
    public static readonly SpendLimit Domestic = new()
    {
        Id = "be-domestic",
        Scope = DomesticScope,
        AmountNanos = 50 * Nanos.PerUnit,
        Basis = PriceBasis.Gross,
        Steps = [new(1000, "CEILING_REACHED", LimitAction.Message)],
        LegalBasis = "Royal Decree of 9 July 2013",
    };

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Which spend it counts.</summary>
    public required string Scope { get; init; }

    /// <summary>The limit in nano-units; 0 is reached by the first amount.</summary>
    public required long AmountNanos { get; init; }

    /// <summary>Whether the limit is with VAT or without.</summary>
    public required PriceBasis Basis { get; init; }

    /// <summary>Its steps.</summary>
    public required IReadOnlyList<SpendLimitStep> Steps { get; init; }

    /// <summary>The law that demands it; empty for a wish of the customer.</summary>
    public string LegalBasis { get; init; } = "";
}
