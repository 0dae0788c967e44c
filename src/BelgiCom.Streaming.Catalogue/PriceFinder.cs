using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Finds the price of usage that has only a kind, zone, destination, direction and time, and what such usage costs: what a price list says
/// to a person, before bundles and without counts of a period.
/// </summary>
internal sealed class PriceFinder
{
    private readonly OfferingVersion _version;

    public PriceFinder(OfferingVersion version) => (_version, Places) = (version, new TariffPlaces(version));

    /// <summary>Where usage is, and when, as rating finds it.</summary>
    public TariffPlaces Places { get; }

    /// <summary>Index of the price for each time at which usage may be; -1 where none fits.</summary>
    public IEnumerable<int> Find(UsageKind kind, string zone, string? destination, Direction direction) =>
        Places.Times.Select(time => Find(kind, zone, destination, direction, time)).Distinct();

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

    /// <summary>
    /// Whether a price is for usage of every rating group, service, data network, slice and radio access, and to whomever it is.
    /// </summary>
    public static bool IsForAll(OfferingPrice price) =>
        price.RatingGroups.Count + price.ServiceIdentifiers.Count == 0
        && price.DataNetworks.Count + price.Slices.Count + price.RatTypes.Count == 0
        && !price.CalledInGroup;

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
        RoundingPolicy.TryRoundUp(units, Math.Max(1, increment), out long rounded) ? rounded : units;
}
