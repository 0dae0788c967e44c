using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The offering versions of catalogue.tariffs.v1, compiled. A version takes effect by its own validFrom, whenever it is read.
/// </summary>
/// <param name="takesAllTerms">Whether one session rates all usage on all terms; else usage under a version with a shared bundle is left to
/// the session of its account, and offerings without a price list charge each record by itself (docs/rating-state.md).</param>
/// <param name="chargesByRecord">Whether offerings without a price list charge each record by itself, also where all terms are taken: for
/// those who want to know what the worker would charge.</param>
public sealed class CompiledCatalogue(bool takesAllTerms, bool chargesByRecord = false)
{
    private readonly SortedDictionary<string, OfferingVersion> _versions = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];

    /// <summary>Numbers of the offerings, shared with the subscriptions.</summary>
    public OfferingIndex Offerings { get; } = new();

    /// <summary>The versions compiled; renewed by <see cref="Compile"/>.</summary>
    public TariffSnapshot Tariffs { get; private set; } = new([], new OfferingIndex());

    /// <summary>The faults of the versions that cannot be used.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Number of offerings that have a version.</summary>
    public int OfferingCount => _versions.Values.Select(version => version.Offering).Distinct(StringComparer.Ordinal).Count();

    /// <summary>A version as it was put; null when there is none of that number.</summary>
    public OfferingVersion? Find(string offering, int version) =>
        _versions.Values.FirstOrDefault(one => one.Offering == offering && one.Version == version);

    /// <summary>The version of an offering in force at an instant, as it was put; null when there is none.</summary>
    public OfferingVersion? FindAt(string offering, DateTimeOffset instant) => _versions.Values
        .Where(one => one.Offering == offering && one.ValidFrom <= instant)
        .OrderByDescending(one => one.ValidFrom).ThenByDescending(one => one.Version)
        .FirstOrDefault() is { } version && !(version.ValidTo <= instant) ? version : null;

    /// <summary>Adds or replaces a version.</summary>
    public void Put(OfferingVersion version) => _versions[version.Key] = version;

    /// <summary>Removes a version by its key on the topic; false when there is none.</summary>
    public bool Remove(string key) => _versions.Remove(key);

    /// <summary>
    /// Compiles the versions after changes. A version that cannot be used stays in force without prices: usage under it is suspended, and
    /// never priced by an older version.
    /// </summary>
    public void Compile()
    {
        _problems.Clear();
        Tariffs = new TariffSnapshot(
            _versions.Values.Select(Usable), Offerings, keepsAllSessions: takesAllTerms && !chargesByRecord, leavesShared: !takesAllTerms);
    }

    private OfferingVersion Usable(OfferingVersion version)
    {
        try
        {
            _ = new TariffSnapshot([version], new OfferingIndex());
            return version;
        }
        catch (InvalidTariffException broken)
        {
            _problems.Add(broken.Message);
            return new OfferingVersion
            {
                Offering = version.Offering,
                Version = Math.Max(1, version.Version),
                ValidFrom = version.ValidFrom,
                ValidTo = version.ValidTo > version.ValidFrom ? version.ValidTo : null,
                Currency = "XXX",
                Zones = [new RoamingZone { Name = RoamingZone.Home }],
            };
        }
    }
}
