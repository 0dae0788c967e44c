using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>From the catalogue's and subscriptions' event types to what the rating core takes.</summary>
public static class TariffMapping
{
    /// <summary>A published offering version as the core compiles it.</summary>
    public static OfferingDefinition ToDefinition(OfferingVersion published) => new()
    {
        Offering = published.Offering,
        Version = published.Version,
        ValidFromMilliseconds = published.ValidFrom.ToUnixTimeMilliseconds(),
        ValidToMilliseconds = published.ValidTo?.ToUnixTimeMilliseconds() ?? long.MaxValue,
        Currency = published.Currency,
        Zones = [.. published.Zones.Select(zone => new ZoneDefinition(zone.Name, zone.Plmns))],
        Prices = [.. published.Prices.Select(ToDefinition)],
        Bundles = [.. published.Bundles.Select(bundle => new BundleDefinition((UsageKind)bundle.Kind, bundle.Units, bundle.Zones))],
        RoamingDataLimitNanos = published.RoamingDataLimit is { } limit ? Nanos.FromDecimal(limit) : 0,
    };

    /// <summary>A subscriber's periods as the core takes them.</summary>
    public static SubscriptionPeriod[] ToPeriods(Subscription published, OfferingIndex offerings) =>
    [
        .. published.Periods.Select(period => new SubscriptionPeriod
        {
            AccountUtf8 = System.Text.Encoding.UTF8.GetBytes(period.Account),
            Offering = offerings.GetOrAdd(period.Offering),
            ValidFromMilliseconds = period.ValidFrom?.ToUnixTimeMilliseconds() ?? long.MinValue,
            ValidToMilliseconds = period.ValidTo?.ToUnixTimeMilliseconds() ?? long.MaxValue,
        }),
    ];

    private static PriceDefinition ToDefinition(OfferingPrice price) => new()
    {
        Kind = (UsageKind)price.Kind,
        Zone = price.Zone,
        RatingGroups = price.RatingGroups,
        Direction = (UsageDirection)price.Direction,
        Unit = (PriceUnit)price.Unit,
        UnitSize = price.UnitSize,
        UnitPriceNanos = Nanos.FromDecimal(price.UnitPrice),
        Increment = price.Increment,
        Minimum = price.Minimum,
        ConnectFeeNanos = Nanos.FromDecimal(price.ConnectFee),
        Bundle = price.Bundle,
        ZeroRated = price.ZeroRated,
    };
}
