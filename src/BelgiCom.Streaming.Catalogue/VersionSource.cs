using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>A version of an offering with the places in the file that it comes from, to which later checks add what they find.</summary>
/// <param name="Section">Where the version stands.</param>
/// <param name="Prices">Where each published price stands; two of them may stand in one place.</param>
/// <param name="Bundles">Where each bundle stands.</param>
internal sealed record VersionSource(YamlSection Section, IReadOnlyList<YamlSection> Prices, IReadOnlyList<YamlSection> Bundles)
{
    /// <summary>What is published.</summary>
    public OfferingVersion Published { get; init; } = new();

    /// <summary>What the file says beside it.</summary>
    public OfferingTerms Terms { get; init; } = new();

    /// <summary>What units above the fair use volume cost, as the file has it, for each published price; null for nothing.</summary>
    public IReadOnlyList<(decimal Price, long Units)?> Surcharges { get; init; } = [];

    /// <summary>Whether the file lists zones itself, instead of naming a table.</summary>
    public bool HasOwnZones { get; init; }

    /// <summary>Where the thing stands that is wrong.</summary>
    public YamlSection PlaceOf(TariffFault fault) =>
        fault.Price is { } price ? Prices[price] : fault.Bundle is { } bundle ? Bundles[bundle] : Section;
}
