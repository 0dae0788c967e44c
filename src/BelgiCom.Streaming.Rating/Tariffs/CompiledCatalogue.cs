using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The offering versions of catalogue.tariffs.v1, compiled. A version takes effect by its own validFrom, not by when it is read.
/// </summary>
public sealed class CompiledCatalogue
{
    private readonly SortedDictionary<(string Offering, int Version), OfferingDefinition> _definitions = [];
    private readonly List<string> _problems = [];

    /// <summary>Numbers of the offerings, shared with the subscriptions.</summary>
    public OfferingIndex Offerings { get; } = new();

    /// <summary>The versions compiled; renewed by <see cref="Compile"/>.</summary>
    public TariffSnapshot Tariffs { get; private set; } = new([], new OfferingIndex());

    /// <summary>What is wrong with versions that cannot be used.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Number of offerings that have a version.</summary>
    public int OfferingCount => _definitions.Keys.Select(key => key.Offering).Distinct(StringComparer.Ordinal).Count();

    /// <summary>Adds or replaces a version.</summary>
    public void Put(OfferingVersion version) => _definitions[(version.Offering, version.Version)] = TariffMapping.ToDefinition(version);

    /// <summary>Takes a version out.</summary>
    public void Remove(string offering, int version) => _definitions.Remove((offering, version));

    /// <summary>
    /// Compiles what was put and removed. A version that cannot be used stays in force without prices: usage under it is suspended, never
    /// priced by an older version.
    /// </summary>
    public void Compile()
    {
        _problems.Clear();
        Tariffs = new TariffSnapshot(_definitions.Values.Select(Usable), Offerings);
    }

    private OfferingDefinition Usable(OfferingDefinition definition)
    {
        try
        {
            _ = new TariffSnapshot([definition], new OfferingIndex());
            return definition;
        }
        catch (InvalidTariffException broken)
        {
            _problems.Add(broken.Message);
            return new OfferingDefinition
            {
                Offering = definition.Offering,
                Version = Math.Max(1, definition.Version),
                ValidFromMilliseconds = definition.ValidFromMilliseconds,
                ValidToMilliseconds = definition.ValidToMilliseconds > definition.ValidFromMilliseconds
                    ? definition.ValidToMilliseconds
                    : long.MaxValue,
                Currency = "XXX",
                Zones = [],
                Prices = [],
                Bundles = [],
            };
        }
    }
}
