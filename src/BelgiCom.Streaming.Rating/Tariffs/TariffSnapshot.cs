using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// All offering versions at one moment, compiled. Immutable: a new catalogue is a new snapshot, and a whole batch is rated with one
/// snapshot.
/// </summary>
public sealed class TariffSnapshot
{
    // The versions of each offering number, the latest first, so that the first one that has begun is the one to use. A version that
    // corrects another one begins no earlier, and has a higher number.
    private readonly int[][] _byOffering;
    private readonly TariffVersion[] _versions;

    // The offering number of each version.
    private readonly int[] _offerings;

    /// <summary>Compiles published versions.</summary>
    /// <param name="published">The versions.</param>
    /// <param name="offerings">Numbers of the offerings, shared with the subscriptions.</param>
    /// <param name="keepsAllSessions">Whether offerings without a price list, too, charge the records of a session together.</param>
    /// <param name="leavesShared">Whether usage under a version that counts for the account is left to whoever rates for it.</param>
    /// <exception cref="InvalidTariffException">A version cannot be used.</exception>
    public TariffSnapshot(
        IEnumerable<OfferingVersion> published, OfferingIndex offerings, bool keepsAllSessions = true, bool leavesShared = false)
    {
        OfferingVersion[] all = [.. published];
        ILookup<string, OfferingVersion> siblings = all.ToLookup(version => version.Offering, StringComparer.Ordinal);
        _versions = [.. all.Select(version => new TariffVersion(version, siblings[version.Offering]))];
        int[] numbers = [.. all.Select(version => offerings.GetOrAdd(version.Offering))];
        _offerings = numbers;
        foreach ((int index, OfferingVersion _) in all.Index().Where(one => AccountTerms.DependOnMembers(one.Item)))
        {
            offerings.NoteDependsOnMembers(numbers[index]);
        }

        _byOffering = new int[numbers.DefaultIfEmpty(-1).Max() + 1][];
        Array.Fill(_byOffering, []);
        foreach (IGrouping<int, int> offering in Enumerable.Range(0, all.Length).GroupBy(index => numbers[index]))
        {
            _byOffering[offering.Key] =
            [
                .. offering.OrderByDescending(index => _versions[index].ValidFromMilliseconds)
                    .ThenByDescending(index => all[index].Version),
            ];
            bool isShort = offering.All(index => _versions[index].IsShort);
            foreach (int index in offering)
            {
                // Bundles and tiers count on from version to version, so all of them are rated on one way.
                _versions[index].IsShort = isShort;
                _versions[index].KeepsSessions = keepsAllSessions || !isShort;
                _versions[index].IsOfAccount = leavesShared && AccountTerms.AreIn(all[index]);
                _ = FindVersion(index, _versions[index].ValidFromMilliseconds, out long until);
                _versions[index].ChangesAtMilliseconds = until;
            }
        }

        UsesDetails = Array.Exists(_versions, version => version.UsesDetails);
    }

    /// <summary>
    /// Whether a price depends on more of the usage than kind, direction, rating group and network: the called number, the session, the
    /// data network and more, which <see cref="UsageEvents.ToRecord"/> reads only then.
    /// </summary>
    public bool UsesDetails { get; }

    /// <summary>Number of versions.</summary>
    public int Count => _versions.Length;

    /// <summary>A version by the index that <see cref="RatingResult.VersionIndex"/> holds.</summary>
    public TariffVersion Version(int index) => _versions[index];

    /// <summary>
    /// Index of the version of an offering in force at an instant, -1 for none. Of the versions that have begun, the one that began last
    /// counts, and of several the highest, also when it has ended: a version that was superseded never comes back.
    /// </summary>
    internal int FindVersion(int offering, long milliseconds)
    {
        if ((uint)offering >= (uint)_byOffering.Length)
        {
            return -1;
        }

        foreach (int index in _byOffering[offering])
        {
            TariffVersion version = _versions[index];
            if (milliseconds >= version.ValidFromMilliseconds)
            {
                return milliseconds < version.ValidToMilliseconds ? index : -1;
            }
        }

        return -1;
    }

    /// <summary>Number of the offering that a version belongs to.</summary>
    internal int OfferingOf(int version) => _offerings[version];

    /// <summary>All versions of the offering that a version belongs to.</summary>
    internal ReadOnlySpan<int> VersionsBeside(int sibling) => _byOffering[_offerings[sibling]];

    /// <summary>The version in force at an instant of the offering that another version belongs to, and until when it is.</summary>
    /// <param name="sibling">Index of a version of the offering.</param>
    /// <param name="milliseconds">The instant, milliseconds since 1970-01-01 UTC.</param>
    /// <param name="until">First instant at which it no longer is; the largest number when it has no end yet.</param>
    internal int FindVersion(int sibling, long milliseconds, out long until)
    {
        until = long.MaxValue;
        int[] versions = _byOffering[_offerings[sibling]];
        foreach (int index in versions)
        {
            TariffVersion version = _versions[index];
            if (milliseconds >= version.ValidToMilliseconds)
            {
                // The end of one that has ended lies behind; only a later one's begin is still to come.
                return -1;
            }

            if (milliseconds >= version.ValidFromMilliseconds)
            {
                until = Math.Min(until, version.ValidToMilliseconds);
                return index;
            }

            until = Math.Min(until, version.ValidFromMilliseconds);
        }

        return -1;
    }
}
