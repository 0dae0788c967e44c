using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>A fee.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Price">Amount on the file's basis; null when it has tiers.</param>
/// <param name="IsMonthly">Whether it is due every month; if not, once.</param>
/// <param name="IsInAdvance">Whether it is due at the begin of the month.</param>
/// <param name="IsByDays">Whether a part of a month pays for its days.</param>
/// <param name="Counts">What is counted, such as devices; null for one.</param>
/// <param name="Tiers">Last number of each tier, null for no end, and the price of each counted thing when the count is in it.</param>
public sealed record FeeTerms(
    string Id, decimal? Price, bool IsMonthly, bool IsInAdvance, bool IsByDays, string? Counts,
    IReadOnlyList<FeeTier> Tiers);

/// <summary>A tier of a fee.</summary>
/// <param name="UpTo">Last number that is in it; null for no end.</param>
/// <param name="Price">The price of each counted thing when the count is in it.</param>
public readonly record struct FeeTier(long? UpTo, decimal Price);

/// <summary>A minimum or maximum of a month.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Minimum">At least this is due; null for none.</param>
/// <param name="Maximum">At most this is due; null for none.</param>
/// <param name="Of">Ids of the prices that count; empty for all charges of the offering.</param>
/// <param name="IsByDays">Whether a part of a month has its part of it.</param>
public sealed record CommitmentTerms(string Id, decimal? Minimum, decimal? Maximum, IReadOnlyList<string> Of, bool IsByDays);

/// <summary>A discount. One of the four is given.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Of">Ids of the prices that it lowers; empty for all charges of the offering.</param>
/// <param name="FreeUnits">Units that cost nothing.</param>
/// <param name="Price">Another price for the units of the price.</param>
/// <param name="Percent">Percent off.</param>
/// <param name="Fixed">An amount off every month.</param>
public sealed record DiscountTerms(string Id, IReadOnlyList<string> Of, long? FreeUnits, decimal? Price, decimal? Percent, decimal? Fixed);

/// <summary>A price of a version, as far as a month's charges depend on it.</summary>
/// <param name="Id">Its id; empty when it has none.</param>
/// <param name="IsOfUnits">Whether every unit has the same price, and nothing else is due.</param>
/// <param name="UnitPrice">Price of <paramref name="UnitSize"/> units.</param>
/// <param name="UnitSize">How many units the price is for; at least 1.</param>
public sealed record PriceOfPeriod(string Id, bool IsOfUnits, decimal UnitPrice, long UnitSize);

/// <summary>What a version of an offering charges at the end of a month, beside usage. The bill keeps it with the close.</summary>
public sealed record PeriodTerms
{
    /// <summary>Product offering id.</summary>
    public required string Offering { get; init; }

    /// <summary>Version, from 1.</summary>
    public required int Version { get; init; }

    /// <summary>First instant at which it is in force.</summary>
    public required DateTimeOffset ValidFrom { get; init; }

    /// <summary>First instant at which it no longer is; null while open.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>ISO 4217 code.</summary>
    public required string Currency { get; init; }

    /// <summary>Whether its amounts are without VAT or with it.</summary>
    public PriceBasis Basis { get; init; }

    /// <summary>Rate of VAT in permille, 0 to 1,000.</summary>
    public required int VatPermille { get; init; }

    /// <summary>Whether usage is paid before it happens, from money that is there (<c>paymentMethod: prePaid</c>).</summary>
    public bool IsPrepaid { get; init; }

    /// <summary>Its fees.</summary>
    public IReadOnlyList<FeeTerms> Fees { get; init; } = [];

    /// <summary>Its minima and maxima.</summary>
    public IReadOnlyList<CommitmentTerms> Commitments { get; init; } = [];

    /// <summary>Its discounts.</summary>
    public IReadOnlyList<DiscountTerms> Discounts { get; init; } = [];

    /// <summary>Its prices, in the order of the published version, whose index rated usage names.</summary>
    public IReadOnlyList<PriceOfPeriod> Prices { get; init; } = [];
}
