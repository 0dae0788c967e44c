using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// All offering versions at one moment, compiled. Immutable: a new catalogue is a new snapshot, and a whole batch is rated with one
/// snapshot. Only what subscribers have together, a main offering and add-ons, is put together when it is first asked for, behind the
/// versions that were published; safe for several threads.
/// </summary>
public sealed class TariffSnapshot
{
    // Most main offerings with add-ons of one snapshot; usage under others is suspended.
    private const int MostCombined = 10_000;

    // The versions of each offering number, the latest first, so that the first one that has begun is the one to use. A version that
    // corrects another one begins no earlier, and has a higher number. Null where nobody asked yet for what a number is.
    private int[]?[] _byOffering;
    private TariffVersion[] _versions;

    // The offering number of each version.
    private int[] _offerings;

    private readonly OfferingIndex _index;
    private readonly IReadOnlyList<OfferingVersion> _published;
    private readonly Lock _lock = new();
    private int _combined;

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
        (_index, _published) = (offerings, all);
        ILookup<string, OfferingVersion> siblings = all.ToLookup(version => version.Offering, StringComparer.Ordinal);
        _versions = [.. all.Select(version => new TariffVersion(version, siblings[version.Offering]))];
        int[] numbers = [.. all.Select(version => offerings.GetOrAdd(version.Offering))];
        _offerings = numbers;
        foreach ((int index, OfferingVersion _) in all.Index().Where(one => AccountTerms.DependOnMembers(one.Item)))
        {
            offerings.NoteDependsOnMembers(numbers[index]);
        }

        // Beside a main offering that is rated for the account, the days of an add-on are not those that come with the usage.
        HashSet<string> ofAccount = [.. all.Where(AccountTerms.AreIn).Select(version => version.Offering)];
        foreach ((int index, OfferingVersion _) in all.Index()
            .Where(one => one.Item.AddOnTo.Any(ofAccount.Contains) && one.Item.Bundles.Any(AccountTerms.CountsDays)))
        {
            offerings.NoteDependsOnMembers(numbers[index]);
        }

        if (Array.Exists(all, AccountTerms.AskForGroups))
        {
            offerings.NoteAskForGroups();
        }

        _byOffering = new int[]?[numbers.DefaultIfEmpty(-1).Max() + 1];
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

        // Whoever has an add-on is rated by lists.
        UsesDetails = Array.Exists(_versions, version => version.UsesDetails) || Array.Exists(all, version => version.AddOnTo.Count > 0);
    }

    /// <summary>
    /// Whether a price depends on more of the usage than kind, direction, rating group and network: the called number, the session, the
    /// data network and more, which <see cref="UsageEvents.ToRecord"/> reads only then.
    /// </summary>
    public bool UsesDetails { get; }

    /// <summary>Number of versions, those included that were put together.</summary>
    public int Count => _versions.Length;

    /// <summary>Number of versions that were published.</summary>
    public int PublishedCount => _published.Count;

    /// <summary>A version by the index that <see cref="RatingResult.VersionIndex"/> holds.</summary>
    public TariffVersion Version(int index) => _versions[index];

    /// <summary>
    /// Index of the version of an offering in force at an instant, -1 for none. Of the versions that have begun, the one that began last
    /// counts, and of several the highest, also when it has ended: a version that was superseded never comes back.
    /// </summary>
    internal int FindVersion(int offering, long milliseconds)
    {
        int[]?[] byOffering = Volatile.Read(ref _byOffering);
        int[]? versions = (uint)offering < (uint)byOffering.Length ? byOffering[offering] : null;
        foreach (int index in versions ?? Combine(offering))
        {
            TariffVersion version = _versions[index];
            if (milliseconds >= version.ValidFromMilliseconds)
            {
                return milliseconds < version.ValidToMilliseconds ? index : -1;
            }
        }

        return -1;
    }

    /// <summary>Name of a bundle, after that of its offering where that is an add-on beside a main offering.</summary>
    internal string NameOf(PriceList.BundleTerms bundle) => bundle.VersionIndex >= 0 && _published[bundle.VersionIndex].AddOnTo.Count > 0
        ? $"{_published[bundle.VersionIndex].Offering}/{bundle.Name}"
        : bundle.Name;

    /// <summary>The price list that a bundle of a part is of.</summary>
    internal PriceList BundlesOf(scoped in RatedPart part) =>
        _versions[part.BundleVersionIndex < 0 ? part.VersionIndex : part.BundleVersionIndex].PriceList;

    /// <summary>Id of the bundle of a part in UTF-8, after that of its offering where the price is of another; empty for none.</summary>
    public ReadOnlySpan<byte> BundleUtf8(scoped in RatedPart part) =>
        part.BundleIndex < 0 || part.BundleVersionIndex < 0 || _offerings[part.BundleVersionIndex] == _offerings[part.VersionIndex]
            ? BundlesOf(in part).BundleUtf8(part.BundleIndex)
            : BundlesOf(in part).BundleOfOfferingUtf8(part.BundleIndex);

    /// <summary>Number of the offering that a version belongs to.</summary>
    internal int OfferingOf(int version) => _offerings[version];

    /// <summary>All versions of the offering that a version belongs to.</summary>
    internal ReadOnlySpan<int> VersionsBeside(int sibling) => _byOffering[_offerings[sibling]]!;

    /// <summary>The version in force at an instant of the offering that another version belongs to, and until when it is.</summary>
    /// <param name="sibling">Index of a version of the offering.</param>
    /// <param name="milliseconds">The instant, milliseconds since 1970-01-01 UTC.</param>
    /// <param name="until">First instant at which it no longer is; the largest number when it has no end yet.</param>
    internal int FindVersion(int sibling, long milliseconds, out long until)
    {
        until = long.MaxValue;
        int[] versions = _byOffering[_offerings[sibling]]!;
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

    /// <summary>
    /// Puts a main offering and add-ons together, for each stretch of time in which all of them are in force. Their prices never stand
    /// alone when one of them is missing: the subscriber was promised all of them.
    /// </summary>
    private int[] Combine(int number)
    {
        if (number < 0)
        {
            return [];
        }

        lock (_lock)
        {
            int[]?[] known = _byOffering;
            if (number < known.Length && known[number] is { } found)
            {
                return found;
            }

            List<TariffVersion> versions = [];
            if (_index.OfferingsOf(number) is { } offerings && _combined < MostCombined)
            {
                _combined++;
                versions = Stretches(number, offerings);
            }

            int first = _versions.Length;
            int[]?[] byOffering = known;
            if (number >= known.Length)
            {
                byOffering = new int[]?[number + 1];
                known.CopyTo(byOffering, 0);
            }

            // The latest first. Whoever finds their places must find the versions there, so these come before.
            (_versions, _offerings) = ([.. _versions, .. versions], [.. _offerings, .. versions.Select(_ => number)]);
            int[] indices = [.. Enumerable.Range(first, versions.Count).Reverse()];
            Volatile.Write(ref byOffering[number], indices);
            Volatile.Write(ref _byOffering, byOffering);
            return indices;
        }
    }

    /// <summary>The versions of a main offering with add-ons, the earliest first.</summary>
    private List<TariffVersion> Stretches(int number, int[] offerings)
    {
        long[] bounds = [
            .. offerings.SelectMany(PublishedOf)
                .SelectMany(index => new[] { _versions[index].ValidFromMilliseconds, _versions[index].ValidToMilliseconds })
                .Distinct().Order()];
        List<TariffVersion> stretches = [];
        for (int place = 0; place + 1 < bounds.Length; place++)
        {
            int[] layers = [.. offerings.Select(offering => InForce(PublishedOf(offering), bounds[place]))];
            if (Array.TrueForAll(layers, layer => layer >= 0)
                && layers.SkipLast(1).All(layer => AddOnTerms.WhyNot(_published[layer], _published[layers[^1]]) is null))
            {
                stretches.Add(new TariffVersion(
                    [.. layers.Select(layer => _versions[layer])], layers, _index.NameOf(number), bounds[place], bounds[place + 1]));
            }
        }

        return stretches;
    }

    /// <summary>The published versions of an offering, the latest first.</summary>
    private int[] PublishedOf(int offering) => offering < _byOffering.Length ? _byOffering[offering] ?? [] : [];

    private int InForce(int[] versions, long milliseconds)
    {
        int place = Array.FindIndex(versions, index => milliseconds >= _versions[index].ValidFromMilliseconds);
        int index = place < 0 ? -1 : versions[place];
        return index >= 0 && milliseconds < _versions[index].ValidToMilliseconds ? index : -1;
    }
}
