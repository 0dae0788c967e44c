using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Account and offering of a subscriber at an instant.</summary>
/// <param name="Account">Billing account (TMF666).</param>
/// <param name="Offering">Number of the offering.</param>
/// <param name="IsOfAccount">Whether the offering shares a bundle: then all that usage counts is on the account's partition.</param>
public readonly record struct GuidedSubscriber(string Account, int Offering, bool IsOfAccount)
{
    /// <summary>Days on which a member of such an account has the offering, which only the session with its subscription knows.</summary>
    internal MemberDays? Days { get; init; }

    /// <summary>What the customer chose for limits; null for nothing.</summary>
    internal SpendChoices? Choices { get; init; }
}

/// <summary>What a subscriber has at an instant: money, bundles, and what was spent of each limit.</summary>
/// <param name="OfferingVersion">The version of the offering in force, as "offering/version".</param>
/// <param name="Currency">Currency of prices.</param>
/// <param name="Basis">Whether spend is with VAT or without.</param>
/// <param name="MonthFrom">When the month began, Europe/Brussels.</param>
/// <param name="MonthTo">When it ends.</param>
/// <param name="SpendNanos">What was charged in the month, in nano-units.</param>
/// <param name="Bundles">Each bundle of the version, in the order of draw, then those that top-ups brought.</param>
/// <param name="Limits">Each limit that holds for the subscriber.</param>
public sealed record SubscriberBalances(
    string OfferingVersion, Currency Currency, PriceBasis Basis, DateTimeOffset MonthFrom, DateTimeOffset MonthTo, long SpendNanos,
    IReadOnlyList<BundleBalance> Bundles, IReadOnlyList<LimitBalance> Limits);

/// <summary>What is in a bundle.</summary>
/// <param name="Name">Its id; the name of its kind where it has none.</param>
/// <param name="Kind">Usage that it covers.</param>
/// <param name="IsShared">Whether the members of the account share it.</param>
/// <param name="Granted">Units that it grants in its period, what was carried in included; null for as many as anybody wants.</param>
/// <param name="Used">Units drawn, what was carried out included.</param>
/// <param name="Held">Units that quotas of open sessions would draw now.</param>
/// <param name="Left">Units that usage may still draw, what is held included; null for as many as anybody wants.</param>
/// <param name="From">When its period began; null when it always held.</param>
/// <param name="To">When it ends; null when it has no end.</param>
/// <param name="FairUse">Units in its fair use zone that have no surcharge, and those used there; null where it has none.</param>
/// <param name="TopUp">Number of the grant of a bundle that a top-up brought; null for those of the version.</param>
public sealed record BundleBalance(
    string Name, UsageKind Kind, bool IsShared, long? Granted, long Used, long Held, long? Left, DateTimeOffset? From,
    DateTimeOffset? To, (long Volume, long Used)? FairUse = null, long? TopUp = null);

/// <summary>What was spent of a limit.</summary>
/// <param name="Id">The limit.</param>
/// <param name="Scope">Which spend it counts.</param>
/// <param name="AmountNanos">The limit, on its own basis.</param>
/// <param name="Basis">Whether it is with VAT or without.</param>
/// <param name="SpentNanos">What was spent, on the basis of the prices.</param>
/// <param name="ReachedFromNanos">The least spend, on the basis of the prices, that reaches it.</param>
/// <param name="IsChosen">Whether the customer chose it.</param>
public sealed record LimitBalance(
    string Id, SpendScope Scope, long AmountNanos, PriceBasis Basis, long SpentNanos, long ReachedFromNanos, bool IsChosen);

/// <summary>Prepaid money.</summary>
/// <param name="Currency">Its currency.</param>
/// <param name="Nanos">Nano-units, what is held included.</param>
/// <param name="HeldNanos">Nano-units that open sessions hold.</param>
public readonly record struct MoneyBalance(Currency Currency, long Nanos, long HeldNanos);
