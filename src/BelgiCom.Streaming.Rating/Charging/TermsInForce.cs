using System.Numerics;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What is in force at the instant of the event that was reached (version, price, zone, destination, band), and until when.
/// </summary>
/// <param name="hand">The event.</param>
/// <param name="members">Who is with which account.</param>
internal sealed class TermsInForce(UsageInHand hand, AccountMembers members)
{
    private TariffSnapshot _tariffs = null!;
    private long _from;

    // Where add-ons stand beside the main offering: the version of all of them together, and the zone and destination under each.
    private int _together;
    private (int Zone, int Destination)[] _places = [];

    // When the call began of which the event is a record: who was called then decides for all of it.
    private long _callStart;

    // What was found last for each version, which nearly always holds again.
    private BandsInForce[] _bands = [];

    /// <summary>Index of the version in the snapshot.</summary>
    public int VersionIndex { get; private set; }

    /// <summary>The version.</summary>
    public TariffVersion Version { get; private set; } = null!;

    /// <summary>Its price list.</summary>
    public PriceList List { get; private set; } = null!;

    /// <summary>The price list whose bundles are drawn: where add-ons stand beside a main offering, that of all of them together.</summary>
    public PriceList Together { get; private set; } = null!;

    /// <summary>The price.</summary>
    public PriceList.Row Row { get; private set; } = null!;

    /// <summary>Index of the zone.</summary>
    public int Zone { get; private set; }

    /// <summary>Index of the destination; -1 for none.</summary>
    public int Destination { get; private set; }

    /// <summary>Index of the band by which the price was chosen; -1 where it holds at all times.</summary>
    public int Band { get; private set; }

    /// <summary>First instant at which other terms may be in force.</summary>
    public long Until { get; private set; }

    /// <summary>Why there is no price, where there is none.</summary>
    public ChargingFault Missing { get; private set; }

    /// <summary>The versions of the offering, or of what the subscriber has together.</summary>
    public ReadOnlySpan<int> Versions => _tariffs.VersionsBeside(_together);

    /// <summary>Number of the offering of a bundle of <see cref="Together"/>.</summary>
    public int OfferingOf(PriceList.BundleTerms bundle) => _tariffs.OfferingOf(VersionOf(bundle));

    /// <summary>The version in force at any instant of the offering of a bundle of <see cref="Together"/>; -1 for none.</summary>
    public int VersionAt(long milliseconds, PriceList.BundleTerms bundle) => _tariffs.FindVersion(VersionOf(bundle), milliseconds, out _);

    /// <summary>Whether a bundle of <see cref="Together"/> is one of an add-on beside the main offering.</summary>
    public bool IsOfAddOn(PriceList.BundleTerms bundle) =>
        bundle.VersionIndex != PriceList.BundleTerms.OfPrice && bundle.Layer < _tariffs.Version(_together).Layers!.Length - 1;

    /// <summary>Whether a bundle of <see cref="Together"/> covers the usage.</summary>
    public bool Fits(PriceList.BundleTerms bundle)
    {
        (int zone, int destination) = PlaceFor(bundle);
        return bundle.Fits(hand.Usage.Kind, zone, destination);
    }

    /// <summary>Whether the usage counts against the fair use volume of a bundle of <see cref="Together"/>.</summary>
    public bool IsFairUse(PriceList.BundleTerms bundle) => bundle.HasFairUse(PlaceFor(bundle).Zone);

    private int VersionOf(PriceList.BundleTerms bundle) =>
        bundle.VersionIndex == PriceList.BundleTerms.OfPrice ? _together : bundle.VersionIndex;

    private (int Zone, int Destination) PlaceFor(PriceList.BundleTerms bundle) =>
        bundle.VersionIndex == PriceList.BundleTerms.OfPrice ? (Zone, Destination) : _places[bundle.Layer];

    /// <summary>The price list of a version.</summary>
    public PriceList ListOf(int version) => _tariffs.Version(version).PriceList;

    /// <summary>Takes the tariffs for the next event.</summary>
    /// <param name="tariffs">The tariffs.</param>
    /// <param name="versionIndex">Any version of the offering.</param>
    public void Begin(TariffSnapshot tariffs, int versionIndex)
    {
        if (!ReferenceEquals(tariffs, _tariffs) || _bands.Length < tariffs.Count)
        {
            (_tariffs, _bands) = (tariffs, new BandsInForce[tariffs.Count]);
        }

        (_together, VersionIndex, Until) = (versionIndex, versionIndex, long.MinValue);
        Together = tariffs.Version(versionIndex).PriceList;
        _callStart = hand.Usage.EventTimeMilliseconds;
    }

    /// <summary>Says when the call began that is charged from now on.</summary>
    public void BeginCall(long milliseconds)
    {
        if (milliseconds != _callStart)
        {
            _callStart = milliseconds;
            Until = Together.AsksForGroup(hand.Usage.Kind) ? long.MinValue : Until;
        }
    }

    /// <summary>Finds what is in force at an instant; false when there is no price.</summary>
    public bool TryEnter(long milliseconds)
    {
        if (milliseconds < Until && milliseconds >= _from)
        {
            return true;
        }

        (Until, Missing) = (long.MinValue, ChargingFault.NoPrice);
        int version = _tariffs.FindVersion(_together, milliseconds, out long versionUntil);
        if (version < 0)
        {
            return false;
        }

        _together = version;
        TariffVersion together = _tariffs.Version(version);
        Together = together.PriceList;
        if (together.Layers is { } layers)
        {
            return TryEnterAny(layers, together.ValidFromMilliseconds, milliseconds, versionUntil);
        }

        if (!TryEnter(version, milliseconds))
        {
            return false;
        }

        ref BandsInForce inForce = ref _bands[version];
        (_from, Until) = (Math.Max(Version.ValidFromMilliseconds, inForce.From), NeverForEver(Math.Min(versionUntil, inForce.Until)));
        return true;
    }

    /// <summary>What is free within a group is not free to whoever is called next, so it is never free for ever.</summary>
    private long NeverForEver(long until) =>
        Together.AsksForGroup(hand.Usage.Kind) ? Math.Min(until, long.MaxValue - 1) : until;

    /// <summary>
    /// Asks the prices of the add-ons and then those of the main offering: the first that has a price for the usage has it. What comes
    /// before it may have one when its bands change.
    /// </summary>
    private bool TryEnterAny(int[] layers, long from, long milliseconds, long until)
    {
        if (_places.Length < layers.Length)
        {
            _places = new (int Zone, int Destination)[layers.Length];
        }

        // All bundles must know where the usage is, also those of what comes after the price.
        int found = -1;
        for (int layer = layers.Length - 1; layer >= 0; layer--)
        {
            bool isPriced = TryEnter(layers[layer], milliseconds);
            found = isPriced || Missing == ChargingFault.CalledUnknown ? layer : found;
            _places[layer] = (Zone, Destination);
            Missing = ChargingFault.NoPrice;
        }

        // What comes first and may be the price decides, also when nobody knows whether it is.
        if (found < 0 || !TryEnter(layers[found], milliseconds))
        {
            return false;
        }

        (_from, Until) = (from, NeverForEver(until));
        for (int layer = 0; layer <= found; layer++)
        {
            ref BandsInForce inForce = ref _bands[layers[layer]];
            (_from, Until) = (Math.Max(_from, inForce.From), Math.Min(Until, inForce.Until));
        }

        return true;
    }

    /// <summary>Finds zone, destination and price under a version; false when it has no price.</summary>
    private bool TryEnter(int version, long milliseconds)
    {
        VersionIndex = version;
        ref readonly UsageRecord usage = ref hand.Usage;
        Version = _tariffs.Version(VersionIndex);
        List = Version.PriceList;
        Zone = Version.FindZone(usage.ServingPlmn);
        Destination = List.Destinations.Find(usage.CalledNumber);
        ref BandsInForce inForce = ref _bands[version];
        ulong bands = List.Bands.At(milliseconds, ref inForce);
        bool asksForGroup = List.AsksForGroup(usage.Kind);
        CalledGroup group = asksForGroup ? GroupOf(in usage) : CalledGroup.Outside;
        if (Zone < 0 || List.FindRow(in usage, Zone, Destination, bands, group) is not { } row)
        {
            return false;
        }

        if (row.IsForGroup && group == CalledGroup.Unknown)
        {
            Missing = ChargingFault.CalledUnknown;
            return false;
        }

        Row = row;
        Band = (Row.BandBits & bands) == 0 ? -1 : BitOperations.TrailingZeroCount(Row.BandBits & bands);
        return true;
    }

    /// <summary>
    /// What must be kept of the session of the event: its records, too, when prices change in or after the month. An offering whose records
    /// are charged each by itself charges them so beside add-ons, too.
    /// </summary>
    public SessionForm SessionForm =>
        !Version.KeepsSessions && _together != VersionIndex ? SessionForm.Nothing
        : IsSteady && !HasGranted() ? Together.SessionFormOf(hand.Usage.Kind)
        : SessionForm.Records;

    /// <summary>
    /// Whether a record of the session may draw from what a top-up brought, which has an end: also where it is over for the event, because
    /// an earlier record may come later. What no usage may draw from any more is not kept.
    /// </summary>
    private bool HasGranted()
    {
        foreach (GrantedBundle granted in hand.Granted)
        {
            if (granted.TermsIn(Together) is { } bundle && bundle.Kind == hand.Usage.Kind)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the version is in force through the event's month; for what lasts, as long as anything may last.</summary>
    private bool IsSteady
    {
        get
        {
            TariffVersion version = _tariffs.Version(_together);
            return version.ValidFromMilliseconds <= hand.MonthStartMilliseconds
                && version.ChangesAtMilliseconds - hand.MonthEndMilliseconds
                    >= (Row.Unit == PriceUnit.Second ? PriceListCharging.MostMilliseconds : 0);
        }
    }

    /// <summary>
    /// Whether the number that was called is that of another subscriber of the account that pays, at the start of the call. Nobody is
    /// another subscriber than itself.
    /// </summary>
    private CalledGroup GroupOf(in UsageRecord usage) =>
        usage.Called == UsageRecord.UnknownCalled ? CalledGroup.Unknown
        : usage.Called != UInt128.Zero && usage.Called != usage.Subscriber
            && members.IsWith(usage.Called, hand.AccountHash, _callStart)
                ? CalledGroup.Inside
                : CalledGroup.Outside;

    /// <summary>First instant after this one at which another band or version may be in force.</summary>
    public long BoundAfter(long at)
    {
        _tariffs.FindVersion(_together, at, out long until);
        ReadOnlySpan<int> layers = _tariffs.Version(_together).Layers ?? new ReadOnlySpan<int>(ref _together);
        foreach (int layer in layers)
        {
            ListOf(layer).Bands.At(at, ref _bands[layer]);
            until = Math.Min(until, _bands[layer].Until);
        }

        return until;
    }
}
