namespace BelgiCom.Streaming.Rating;

/// <summary>One effective-dated version of a product offering, as published; <see cref="TariffSnapshot"/> compiles it.</summary>
public sealed record OfferingDefinition
{
    /// <summary>Product offering id (TMF620).</summary>
    public required string Offering { get; init; }

    /// <summary>Version, from 1. Of two versions in force at the same time the higher one is used.</summary>
    public required int Version { get; init; }

    /// <summary>First instant, milliseconds since 1970-01-01 UTC.</summary>
    public required long ValidFromMilliseconds { get; init; }

    /// <summary>First instant after; <see cref="long.MaxValue"/> while open.</summary>
    public long ValidToMilliseconds { get; init; } = long.MaxValue;

    /// <summary>ISO 4217 code.</summary>
    public required string Currency { get; init; }

    /// <summary>Zones by serving network.</summary>
    public required IReadOnlyList<ZoneDefinition> Zones { get; init; }

    /// <summary>Prices, tried in this order.</summary>
    public required IReadOnlyList<PriceDefinition> Prices { get; init; }

    /// <summary>Bundles, at most one of a kind.</summary>
    public required IReadOnlyList<BundleDefinition> Bundles { get; init; }

    /// <summary>Monthly limit for roaming data without VAT in nano-units; 0 for none.</summary>
    public long RoamingDataLimitNanos { get; init; }
}

/// <summary>Serving networks that share a price.</summary>
/// <param name="Name">Zone name; <see cref="Home"/> is the home network.</param>
/// <param name="Plmns">MCC (3 digits) or MCC and MNC (5 or 6 digits), the longest match wins; <c>*</c> matches any other.</param>
public sealed record ZoneDefinition(string Name, IReadOnlyList<string> Plmns)
{
    /// <summary>Name of the zone that is no roaming.</summary>
    public const string Home = "home";

    /// <summary>Pattern for every network that no other zone names.</summary>
    public const string AnyOther = "*";
}

/// <summary>What a price counts. The numbers are those of the event schema.</summary>
public enum PriceUnit
{
    /// <summary>Octets, both directions.</summary>
    Octet = 0,

    /// <summary>Seconds.</summary>
    Second = 1,

    /// <summary>Messages.</summary>
    Message = 2,
}

/// <summary>A price (TMF620 ProductOfferingPrice). The first that matches kind, zone, rating group and direction applies.</summary>
public sealed record PriceDefinition
{
    /// <summary>Usage it prices.</summary>
    public required UsageKind Kind { get; init; }

    /// <summary>Zone it holds in; empty for every zone.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Rating groups it holds for; empty for every one.</summary>
    public IReadOnlyList<long> RatingGroups { get; init; } = [];

    /// <summary>Direction it holds for; <see cref="UsageDirection.NotApplicable"/> for every one.</summary>
    public UsageDirection Direction { get; init; }

    /// <summary>What is counted.</summary>
    public required PriceUnit Unit { get; init; }

    /// <summary>Units the price is for, at least 1.</summary>
    public required long UnitSize { get; init; }

    /// <summary>Price of <see cref="UnitSize"/> units without VAT in nano-units, 0 to 18 digits.</summary>
    public required long UnitPriceNanos { get; init; }

    /// <summary>Units are rounded up to a multiple of this, at least 1.</summary>
    public long Increment { get; init; } = 1;

    /// <summary>At least so many units are charged.</summary>
    public long Minimum { get; init; }

    /// <summary>Charged once per event that a bundle does not cover wholly, nano-units.</summary>
    public long ConnectFeeNanos { get; init; }

    /// <summary>Whether the bundle of the kind may cover it.</summary>
    public bool Bundle { get; init; }

    /// <summary>Accounted, never charged, never taken from a bundle.</summary>
    public bool ZeroRated { get; init; }
}

/// <summary>Allowance per calendar month, Europe/Brussels.</summary>
/// <param name="Kind">Usage it covers.</param>
/// <param name="Units">Octets, seconds or messages, at least 1.</param>
/// <param name="Zones">Zones it can be used in; empty for every zone.</param>
public sealed record BundleDefinition(UsageKind Kind, long Units, IReadOnlyList<string> Zones);
