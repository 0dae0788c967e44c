using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// What a version says beside the prices and bundles that rating reads: it is checked and kept; the bill applies fees, commitments and
/// discounts (<see cref="OfferingEdition.PeriodTerms"/>), and a later release of rating the rest (docs/catalogue.md says which key is
/// applied where).
/// </summary>
public sealed record OfferingTerms
{
    /// <summary>Recurring and single fees (TMF620 ProductOfferingPrice of type recurring or oneTime).</summary>
    public IReadOnlyList<FeeTerms> Fees { get; init; } = [];

    /// <summary>Minimum and maximum amounts of a period.</summary>
    public IReadOnlyList<CommitmentTerms> Commitments { get; init; } = [];

    /// <summary>Discounts, in the order of the file.</summary>
    public IReadOnlyList<DiscountTerms> Discounts { get; init; } = [];

    /// <summary>Spending limits.</summary>
    public IReadOnlyList<SpendingLimit> Limits { get; init; } = [];

    /// <summary>What bundles have beside units and place.</summary>
    public IReadOnlyList<BundleTerms> Bundles { get; init; } = [];

    /// <summary>What prices have beside the price.</summary>
    public IReadOnlyList<PriceTerms> Prices { get; init; } = [];
}

/// <summary>A spending limit of a month.</summary>
/// <param name="Id">Its id.</param>
/// <param name="After">Limit after whose consent it holds; null for none.</param>
/// <param name="Scope">What counts; other where kinds and zones say it.</param>
/// <param name="Kinds">Kinds of usage that count; empty for all.</param>
/// <param name="Zones">Zones that count; empty for all.</param>
/// <param name="IsAboveBundle">Whether only what no bundle covers counts.</param>
/// <param name="CountsPasses">Whether the price of passes counts, too.</param>
/// <param name="IsShared">Whether it counts all subscribers of the account together.</param>
/// <param name="Amount">Its amount.</param>
/// <param name="Choices">Amounts that the customer may choose instead.</param>
/// <param name="Basis">Whether its amounts are without VAT or with it.</param>
/// <param name="Steps">Its steps, rising.</param>
/// <param name="LegalBasis">The law that asks for it, or null.</param>
public sealed record SpendingLimit(
    string Id, string? After, SpendScope Scope, IReadOnlyList<UsageKind> Kinds, IReadOnlyList<string> Zones, bool IsAboveBundle,
    bool CountsPasses, bool IsShared, decimal Amount, IReadOnlyList<decimal> Choices, PriceBasis Basis, IReadOnlyList<LimitStepTerms> Steps,
    string? LegalBasis);

/// <summary>A step of a spending limit.</summary>
/// <param name="Percent">Percent of the amount.</param>
/// <param name="Notification">Name of the message.</param>
/// <param name="Action">What is done there.</param>
public sealed record LimitStepTerms(long Percent, string Notification, LimitAction Action);

/// <summary>What a bundle has beside units and place.</summary>
/// <param name="Id">The bundle's id.</param>
/// <param name="Unit">What its units count.</param>
/// <param name="RolloverMaximum">Most units that are carried into the next month; 0 for none.</param>
/// <param name="RolloverPeriods">Months for which they are carried.</param>
/// <param name="ProRataStep">A part of a month has its days' part of the units, rounded up to this; 0 for all units.</param>
/// <param name="FairUseZone">Zone in which only a part is free of a surcharge; null for none.</param>
/// <param name="FairUseUnits">That part; null for what the regulation says.</param>
/// <param name="ContributedBy">What adds its units to a pool, such as device; null for no pool.</param>
public sealed record BundleTerms(
    string Id, PriceUnit Unit, long RolloverMaximum, long RolloverPeriods, long ProRataStep, string? FairUseZone, long? FairUseUnits,
    string? ContributedBy);

/// <summary>What a price has beside the price.</summary>
/// <param name="Id">The price's id.</param>
/// <param name="Unit">What its units count.</param>
/// <param name="AboveFairUsePrice">Surcharge for what a bundle covers above its fair use volume; null for none.</param>
/// <param name="AboveFairUseUnits">Units that it is for.</param>
/// <param name="CountsAccount">Whether its tiers count the usage of the whole account.</param>
/// <param name="CalledIn">Group that the called subscriber is a member of; null for everybody.</param>
/// <param name="LegalBasis">The law that bounds it, or null.</param>
public sealed record PriceTerms(
    string Id, PriceUnit Unit, decimal? AboveFairUsePrice, long AboveFairUseUnits, bool CountsAccount, string? CalledIn,
    string? LegalBasis);

/// <summary>A version of an offering as its file has it.</summary>
/// <param name="File">Its file.</param>
/// <param name="Published">What is published to catalogue.tariffs.v1.</param>
/// <param name="Terms">What the file says beside it.</param>
public sealed record OfferingEdition(string File, OfferingVersion Published, OfferingTerms Terms)
{
    /// <summary>What the version charges at the end of a month, beside usage.</summary>
    public PeriodTerms PeriodTerms() => new()
    {
        Offering = Published.Offering,
        Version = Published.Version,
        ValidFrom = Published.ValidFrom,
        ValidTo = Published.ValidTo,
        Currency = Published.Currency,
        Basis = Published.PriceBasis,
        VatPermille = Published.VatPermille,
        IsPrepaid = Published.PaymentMethod == PaymentMethod.PrePaid,
        Fees = Terms.Fees,
        Commitments = Terms.Commitments,
        Discounts = Terms.Discounts,
        Prices = [.. Published.Prices.Select(PriceOfPeriod)],
    };

    /// <summary>What a month's charges depend on of a price.</summary>
    internal static PriceOfPeriod PriceOfPeriod(OfferingPrice price) => new(
        price.Id,
        price.Model == PriceModel.Unit && price.Steps.Count == 0 && price.ConnectFee == 0
            && price.MinimumCharge is null && price.MaximumCharge is null,
        price.UnitPrice,
        price.UnitSize);
}

/// <summary>A catalogue that can be used.</summary>
/// <param name="Editions">All versions, by file and in their order.</param>
/// <param name="Warnings">What should be looked at.</param>
public sealed record CatalogueContent(IReadOnlyList<OfferingEdition> Editions, IReadOnlyList<InputFault> Warnings)
{
    /// <summary>What is published to catalogue.tariffs.v1.</summary>
    public IReadOnlyList<OfferingVersion> Versions { get; } = [.. Editions.Select(edition => edition.Published)];

    /// <summary>The warnings about what is kept and not applied: who charges by this catalogue has to charge that elsewhere.</summary>
    public IEnumerable<InputFault> NotApplied => Warnings.Where(warning => warning.Code == FaultCodes.NotApplied);
}
