using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Warns of prices, bands, prefixes and bundles that no usage can reach, and of usage that no price covers. Usage is looked at by kind,
/// zone, destination, direction and the bands that hold together at some time.
/// </summary>
internal sealed class PriceCoverage
{
    private static readonly UsageKind[] Kinds = [UsageKind.Data, UsageKind.Voice, UsageKind.Sms];

    // Beyond this many places and times a version is too large to look at each of them.
    private const int MaxCells = 2_000_000;

    private readonly VersionSource _source;
    private readonly OfferingVersion _version;
    private readonly PriceFinder _finder;

    private PriceCoverage(VersionSource source, PriceFinder finder)
    {
        _source = source;
        _version = source.Published;
        _finder = finder;
    }

    /// <summary>Checks a version that can be compiled.</summary>
    /// <param name="source">The version.</param>
    /// <param name="finder">Finds prices in it.</param>
    public static void Check(VersionSource source, PriceFinder finder)
    {
        PriceCoverage coverage = new(source, finder);
        coverage.FindBandsThatNeverHold();
        coverage.FindNeedlessPrefixes();
        coverage.FindBundlesThatNothingDraws();
        long cells = (long)source.Published.Zones.Count * (source.Published.Destinations.Count + 1) * coverage._finder.Places.Times.Count;
        if (cells * source.Published.Prices.Count > MaxCells)
        {
            source.Section.Warn(
                "prices",
                $"the version has {cells} places and times for {source.Published.Prices.Count} prices, which is too many to look at each: "
                + "hidden prices and usage without a price are not looked for; try recorded usage with belgicom simulate.",
                FaultCodes.NotLookedAt);
            return;
        }

        foreach (UsageKind kind in Kinds.Append(UsageKind.Event))
        {
            coverage.FindHiddenPrices(kind);
        }

        // What an addition leaves out is the main offering's.
        foreach (UsageKind kind in source.Published.AddOnTo.Count > 0 ? [] : Kinds)
        {
            coverage.FindGaps(kind);
        }
    }

    private void FindBandsThatNeverHold()
    {
        foreach (TimeBand band in _version.Bands)
        {
            bool holds = _finder.Places.Times.Any(time => time.Contains(band.Name));
            if (!holds || _version.Prices.All(price => !price.Bands.Contains(band.Name)))
            {
                _source.Section.Warn(
                    "bands",
                    holds
                        ? $"no price names band '{band.Name}'."
                        : $"band '{band.Name}' never holds: no table of holidays is named under 'tables'.",
                    FaultCodes.BandNeverHolds);
            }
        }
    }

    private void FindNeedlessPrefixes()
    {
        Dictionary<string, string> owners = new(StringComparer.Ordinal);
        foreach (Destination destination in _version.Destinations)
        {
            foreach (string prefix in destination.Prefixes)
            {
                owners.TryAdd(prefix, destination.Name);
            }
        }

        foreach ((string prefix, string owner) in owners)
        {
            string? shorter = Enumerable.Range(1, prefix.Length).Select(cut => prefix[..^cut]).FirstOrDefault(owners.ContainsKey);
            if (shorter is not null && owners[shorter] == owner)
            {
                _source.Section.Warn(
                    null,
                    $"prefix '{prefix}' of destination '{owner}' changes nothing: '{shorter}' of the same destination matches its "
                    + "numbers.",
                    FaultCodes.PrefixHidden);
            }
        }
    }

    private void FindBundlesThatNothingDraws()
    {
        foreach ((Bundle bundle, YamlSection line) in _version.Bundles.Zip(_source.Bundles))
        {
            if (!_version.Prices.Any(price => price.Bundle && Draws(price, bundle)))
            {
                line.Warn(
                    null,
                    $"no price of {Name(bundle.Kind)} with 'bundle: true' is for a zone and destination of this bundle: nothing draws it.",
                    FaultCodes.BundleUnused);
            }
        }

        Bundle[] bundles = [.. _version.Bundles, .. _version.TopUps.Select(topUp => topUp.Bundle)];
        foreach ((OfferingPrice price, YamlSection line) in _version.Prices.Zip(_source.Prices))
        {
            if (price.Bundle && !bundles.Any(bundle => Draws(price, bundle)))
            {
                line.Warn(
                    "bundle", "this price may draw a bundle, and none is for its kind, zone and destination.", FaultCodes.BundleMissing);
            }
        }
    }

    private static bool Draws(OfferingPrice price, Bundle bundle)
    {
        string[] zones = price.Zone.Length > 0 ? [price.Zone] : [.. price.Zones];
        return price.Kind == bundle.Kind && Meet(zones, bundle.Zones) && Meet(price.Destinations, bundle.Destinations);
    }

    private static bool Meet(IReadOnlyCollection<string> some, IReadOnlyCollection<string> others) =>
        some.Count == 0 || others.Count == 0 || some.Any(others.Contains);

    private void FindHiddenPrices(UsageKind kind)
    {
        // The places and times that each price is the first to reach, apart for each set of groups, networks and slices.
        Dictionary<string, HashSet<(string, string?, Direction, int)>> reached = new(StringComparer.Ordinal) { [""] = [] };
        foreach ((OfferingPrice price, YamlSection line) in _version.Prices.Zip(_source.Prices).Where(one => one.First.Kind == kind))
        {
            string filters = FiltersOf(price);
            reached.TryAdd(filters, []);
            (string, string?, Direction, int)[] cells = [.. CellsOf(price)];
            if (cells.All(cell => reached[""].Contains(cell) || reached[filters].Contains(cell)))
            {
                line.Warn(
                    null, $"no usage of {Name(kind)} can reach this price: prices above it are for all that it is for.",
                    FaultCodes.PriceHidden);
            }

            reached[filters].UnionWith(cells);
        }
    }

    private IEnumerable<(string Zone, string? Destination, Direction Direction, int Time)> CellsOf(OfferingPrice price) =>
        from zone in _version.Zones
        from destination in _version.Destinations.Select(destination => (string?)destination.Name).Append(null)
        from direction in price.Kind == UsageKind.Data ? [Direction.NotApplicable]
            : price.CalledInGroup ? [Direction.Originating]
            : new[] { Direction.Originating, Direction.Terminating }
        from time in Enumerable.Range(0, _finder.Places.Times.Count)
        where PriceFinder.Fits(price, price.Kind, zone.Name, destination, direction, _finder.Places.Times[time])
        select (zone.Name, destination, direction, time);

    private static string FiltersOf(OfferingPrice price) => PriceFinder.IsForAll(price)
        ? ""
        : string.Join(
            '|', string.Join(',', price.RatingGroups), string.Join(',', price.ServiceIdentifiers), string.Join(',', price.DataNetworks),
            string.Join(',', price.Slices), string.Join(',', price.RatTypes), price.CalledInGroup ? "group" : "");

    private void FindGaps(UsageKind kind)
    {
        if (_version.Prices.All(price => price.Kind != kind))
        {
            _source.Section.Warn(
                null, $"no price is for {Name(kind)}: such usage is suspended (NO_PRICE).", FaultCodes.Gap);
            return;
        }

        Direction[] directions = kind == UsageKind.Data ? [Direction.NotApplicable] : [Direction.Originating, Direction.Terminating];
        foreach (Direction direction in directions)
        {
            string what = direction switch
            {
                Direction.Originating => kind == UsageKind.Voice ? "calls made" : "messages sent",
                Direction.Terminating => kind == UsageKind.Voice ? "calls received" : "messages received",
                _ => Name(kind),
            };
            foreach (IGrouping<string?, string> same in _version.Zones.Select(zone => zone.Name)
                .GroupBy(zone => GapOf(kind, zone, direction)).Where(same => same.Key is not null))
            {
                _source.Section.Warn(
                    null,
                    $"no price is for {what} in {(same.Count() == 1 ? "zone" : "zones")} {string.Join(", ", same)}{same.Key}: such usage "
                    + "is suspended (NO_PRICE).",
                    FaultCodes.Gap);
            }
        }
    }

    /// <summary>Where and when no price fits in a zone, in words; empty for all of it, null when there is no gap.</summary>
    private string? GapOf(UsageKind kind, string zone, Direction direction)
    {
        // A number that nobody called says nothing: received usage and data are looked at without one.
        bool hasNumbers = direction == Direction.Originating && _version.Destinations.Count > 0;
        List<string?> destinations = hasNumbers ? [.. _version.Destinations.Select(destination => destination.Name)] : [null];
        if (hasNumbers && _version.Destinations.All(destination => !destination.Prefixes.Contains("")))
        {
            destinations.Add(null);
        }

        List<string?> never = [];
        List<string?> sometimes = [];
        foreach (string? destination in destinations)
        {
            int priced = _finder.Places.Times.Count(time => _finder.Find(kind, zone, destination, direction, time) >= 0);
            if (priced < _finder.Places.Times.Count)
            {
                (priced == 0 ? never : sometimes).Add(destination);
            }
        }

        if (never.Count + sometimes.Count == 0)
        {
            return null;
        }

        string to = never.Count == 0 || never.Count == destinations.Count ? "" : $" to {string.Join(", ", never.Select(Named))}";
        string at = sometimes.Count == 0 ? ""
            : $"{(never.Count == 0 ? "" : ", and")} outside the bands of its prices"
            + (hasNumbers ? $" to {string.Join(", ", sometimes.Select(Named))}" : "");
        return to + at;
    }

    private static string Named(string? destination) => destination ?? "numbers of no destination";

    private static string Name(UsageKind kind) => kind switch
    {
        UsageKind.Data => "data",
        UsageKind.Voice => "voice",
        UsageKind.Sms => "SMS",
        _ => "events",
    };
}
