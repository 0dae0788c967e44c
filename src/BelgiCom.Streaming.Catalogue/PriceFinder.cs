using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Finds the price of usage that has only a kind, zone, destination, direction and time, and what such usage costs: what a price list says
/// to a person, before bundles and without counts of a period.
/// </summary>
internal sealed class PriceFinder
{
    private const int HolidayType = 7;
    private const int DayTypes = 8;
    private const int DayEnd = 86_400;
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat", "holiday"];

    private readonly OfferingVersion _version;

    public PriceFinder(OfferingVersion version)
    {
        _version = version;
        Times = [.. TimesOf(version)];
    }

    /// <summary>The sets of bands that hold together at some time; one empty set where there are no bands.</summary>
    public IReadOnlyList<IReadOnlySet<string>> Times { get; }

    /// <summary>Zone of a country's networks that no longer prefix names; null when they are in none.</summary>
    public string? ZoneOf(string mcc) =>
        _version.Zones.FirstOrDefault(zone => zone.Plmns.Contains(mcc))?.Name
        ?? _version.Zones.FirstOrDefault(zone => zone.Plmns.Contains(RoamingZone.AnyOther))?.Name;

    /// <summary>Destination of a number, and how many of its digits say so; null when there is none.</summary>
    public (string? Name, int Digits) DestinationOf(string number)
    {
        (string? Name, int Digits) found = (
            _version.Destinations.FirstOrDefault(destination => destination.ShortNumbers.Contains(number))?.Name, number.Length);
        if (found.Name is not null)
        {
            return found;
        }

        found = (null, -1);
        foreach (Destination destination in _version.Destinations)
        {
            foreach (string prefix in destination.Prefixes)
            {
                if (prefix.Length > found.Digits && number.StartsWith(prefix, StringComparison.Ordinal))
                {
                    found = (destination.Name, prefix.Length);
                }
            }
        }

        return found;
    }

    /// <summary>Index of the price for each time at which usage may be; -1 where none fits.</summary>
    public IEnumerable<int> Find(UsageKind kind, string zone, string? destination, Direction direction) =>
        Times.Select(time => Find(kind, zone, destination, direction, time)).Distinct();

    /// <summary>Index of the first price that fits, -1 for none. Prices for some rating groups, networks or slices only do not.</summary>
    public int Find(UsageKind kind, string zone, string? destination, Direction direction, IReadOnlySet<string> time)
    {
        for (int index = 0; index < _version.Prices.Count; index++)
        {
            OfferingPrice price = _version.Prices[index];
            if (IsForAll(price) && Fits(price, kind, zone, destination, direction, time))
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>Whether a price is for usage of every rating group, service, data network, slice and radio access.</summary>
    public static bool IsForAll(OfferingPrice price) =>
        price.RatingGroups.Count + price.ServiceIdentifiers.Count == 0
        && price.DataNetworks.Count + price.Slices.Count + price.RatTypes.Count == 0;

    /// <summary>Whether a price is for a kind, place, direction and time.</summary>
    public static bool Fits(
        OfferingPrice price, UsageKind kind, string zone, string? destination, Direction direction, IReadOnlySet<string> time) =>
        price.Kind == kind
        && ((price.Zone.Length == 0 && price.Zones.Count == 0) || price.Zone == zone || price.Zones.Contains(zone))
        && (price.Direction == Direction.NotApplicable || price.Direction == direction)
        && (price.Destinations.Count == 0 || (destination is not null && price.Destinations.Contains(destination)))
        && (price.Bands.Count == 0 || price.Bands.Any(time.Contains));

    /// <summary>
    /// What units of one session cost at a price, on its basis: in the first tier, and of a package the part that is used. Null where units
    /// alone do not say.
    /// </summary>
    public static decimal? Cost(OfferingPrice price, long units)
    {
        if (price.ZeroRated || price.Model is PriceModel.Zero)
        {
            return 0;
        }

        decimal? cost = price.Model switch
        {
            PriceModel.Unit => price.Steps.Count == 0
                ? Exact(RoundUp(Math.Max(units, price.Minimum), price.Increment), price.UnitPrice, price.UnitSize)
                : OfSteps(price, Math.Max(units, price.Minimum)),
            PriceModel.Graduated or PriceModel.Volume when price.Tiers is [PriceTier tier, ..] => tier.Package > 0
                ? Exact(units, tier.UnitPrice, tier.Package) + tier.Flat
                : Exact(RoundUp(units, price.Increment), tier.UnitPrice, tier.UnitSize) + tier.Flat,
            PriceModel.Package when price.Package > 0 => Exact(units, price.UnitPrice, price.Package),
            PriceModel.Flat => price.UnitPrice,
            _ => null,
        };
        if (cost is not { } amount)
        {
            return null;
        }

        amount = Math.Max(amount + price.ConnectFee, price.MinimumCharge ?? 0);
        return price.MaximumCharge is { } most ? Math.Min(amount, most) : amount;
    }

    private static decimal OfSteps(OfferingPrice price, long units)
    {
        decimal amount = 0;
        for (int index = 0; index < price.Steps.Count; index++)
        {
            PriceStep step = price.Steps[index];
            long end = index + 1 < price.Steps.Count ? price.Steps[index + 1].From : long.MaxValue;
            if (units > step.From)
            {
                long used = Math.Min(units, end) - step.From;
                amount += Exact(RoundUp(used, step.Increment), step.UnitPrice, step.UnitSize);
            }
        }

        return amount;
    }

    // No price list goes that far; what comes near it only has to compare as more.
    private static decimal Exact(long units, decimal price, long size) => size < 1 ? 0 : Math.Min((decimal)units / size * price, 1e15m);

    private static long RoundUp(long units, long increment) =>
        increment <= 1 || units % increment == 0 || units > long.MaxValue - increment ? units : units - (units % increment) + increment;

    private static IEnumerable<IReadOnlySet<string>> TimesOf(OfferingVersion version)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        int[] starts = [.. version.Bands.SelectMany(band => new[] { band.From, band.To % DayEnd }).Append(0).Distinct()];
        int dayTypes = version.Holidays.Count > 0 ? DayTypes : HolidayType;
        for (int day = 0; day < dayTypes; day++)
        {
            foreach (int start in starts)
            {
                HashSet<string> time = [.. version.Bands.Where(band => Holds(band, Days[day], start)).Select(band => band.Name)];
                if (seen.Add(string.Join('\n', time.Order(StringComparer.Ordinal))))
                {
                    yield return time;
                }
            }
        }
    }

    private static bool Holds(TimeBand band, string day, int second) =>
        (band.Days.Count == 0 || band.Days.Contains(day))
        && (band.From < band.To ? second >= band.From && second < band.To : second >= band.From || second < band.To);
}
