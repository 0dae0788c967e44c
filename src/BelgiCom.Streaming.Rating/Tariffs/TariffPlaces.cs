using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Answers where usage is and when, by the terms of a version, with the maps that rating itself asks: for those who look at a version
/// without usage, for example for what the law refuses.
/// </summary>
public sealed class TariffPlaces
{
    private readonly OfferingVersion _version;
    private readonly ZoneMap _zones;
    private readonly DestinationMap _destinations;

    /// <summary>Compiles the places and times of a version.</summary>
    /// <param name="version">The version.</param>
    /// <exception cref="InvalidTariffException">Its zones, destinations or bands contradict each other.</exception>
    public TariffPlaces(OfferingVersion version)
    {
        _version = version;
        try
        {
            _zones = new ZoneMap(version.Zones);
            _destinations = new DestinationMap(version.Destinations);
            Times =
            [
                .. new TimeBands(version.Bands, version.Holidays).Together(withHolidays: version.Holidays.Count > 0)
                    .Select(bands => version.Bands.Where((_, index) => (bands >> index & 1) != 0).Select(band => band.Name).ToHashSet()),
            ];
        }
        catch (ArgumentException broken)
        {
            throw new InvalidTariffException(version.Offering, version.Version, new TariffFault(broken.Message));
        }
    }

    /// <summary>The sets of bands that hold together at some time, by name; one empty set where there are no bands.</summary>
    public IReadOnlyList<IReadOnlySet<string>> Times { get; }

    /// <summary>Zone of a country's networks that no longer prefix names; null when they are in none.</summary>
    /// <param name="mcc">Mobile country code, three digits.</param>
    public string? ZoneOf(string mcc) =>
        Plmn.TryParsePrefix(mcc, out Plmn country) && _zones.Find(country) is >= 0 and int zone ? _version.Zones[zone].Name : null;

    /// <summary>Destination of a whole number, and how many of its digits say so; null when there is none.</summary>
    /// <param name="number">1 to 15 digits.</param>
    public (string? Name, int Digits) DestinationOf(string number) =>
        CalledNumber.TryParse(number, out CalledNumber called) && _destinations.Find(called, out int digits) is >= 0 and int destination
            ? (_version.Destinations[destination].Name, digits)
            : (null, -1);
}
