using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// A part of a rated event: the longest run with one price, band, version, tier and bundle. Its amount is computed exactly and rounded
/// once, half away from zero, at the 9th decimal; the event's amount is the sum of its parts (rounding contract 2, docs/money.md). A plain
/// value.
/// </summary>
public struct RatedPart
{
    /// <summary>The index that stands for none.</summary>
    internal const int None = -1;

    /// <summary>What the part is.</summary>
    public PartComponent Component { get; internal set; }

    /// <summary>Index of the version in the snapshot of tariffs.</summary>
    public int VersionIndex { get; internal set; }

    /// <summary>Index of the price in the version; -1 for none.</summary>
    public int PriceIndex { get; internal set; }

    /// <summary>Index of the band in the version by which the price was chosen; -1 where the price holds at all times.</summary>
    public int BandIndex { get; internal set; }

    /// <summary>Index of the bundle in the version that covered it; -1 for none.</summary>
    public int BundleIndex { get; internal set; }

    /// <summary>Index of the version of the bundle, where it is not surely that of the price; -1 where it is.</summary>
    internal int BundleVersionIndex { get; set; }

    /// <summary>Number of the tier, from 1; 0 where the price has none.</summary>
    public int Tier { get; internal set; }

    /// <summary>Packages that were opened, where the price counts them.</summary>
    public long Packages { get; internal set; }

    /// <summary>Units: octets, seconds, messages or units. Less than 0 in a reversal.</summary>
    public long Units { get; internal set; }

    /// <summary>Price of <see cref="UnitSize"/> units in nano-units of the currency; 0 where units have no price of their own.</summary>
    public long UnitPriceNanos { get; internal set; }

    /// <summary>How many units the price is for; 0 where units have no price of their own.</summary>
    public long UnitSize { get; internal set; }

    /// <summary>Amount in nano-units of the currency, on the price list's basis; less than 0 where something is taken back.</summary>
    public long AmountNanos { get; internal set; }

    /// <summary>Whether further units of another run belong to this part.</summary>
    internal readonly bool IsSameAs(in RatedPart other) =>
        Component == other.Component && VersionIndex == other.VersionIndex && PriceIndex == other.PriceIndex && BandIndex == other.BandIndex
        && BundleIndex == other.BundleIndex && BundleVersionIndex == other.BundleVersionIndex && Tier == other.Tier
        && UnitPriceNanos == other.UnitPriceNanos && UnitSize == other.UnitSize;
}
