using System.Numerics;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What is in force at the instant of the event that was reached (version, price, zone, destination, band), and until when.
/// </summary>
/// <param name="hand">The event.</param>
internal sealed class TermsInForce(UsageInHand hand)
{
    private TariffSnapshot _tariffs = null!;
    private long _from;

    // What was found last for each version, which nearly always holds again.
    private BandsInForce[] _bands = [];

    /// <summary>Index of the version in the snapshot.</summary>
    public int VersionIndex { get; private set; }

    /// <summary>The version.</summary>
    public TariffVersion Version { get; private set; } = null!;

    /// <summary>Its price list.</summary>
    public PriceList List { get; private set; } = null!;

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

    /// <summary>The versions of the offering.</summary>
    public ReadOnlySpan<int> Versions => _tariffs.VersionsBeside(VersionIndex);

    /// <summary>Number of the offering.</summary>
    public int Offering => _tariffs.OfferingOf(VersionIndex);

    /// <summary>The version of the offering in force at any instant; -1 for none.</summary>
    public int VersionAt(long milliseconds) => _tariffs.FindVersion(VersionIndex, milliseconds, out _);

    /// <summary>The price list of a version.</summary>
    public PriceList ListOf(int version) => _tariffs.Version(version).PriceList;

    /// <summary>Takes the tariffs for the next event.</summary>
    /// <param name="tariffs">The tariffs.</param>
    /// <param name="versionIndex">Any version of the offering.</param>
    public void Begin(TariffSnapshot tariffs, int versionIndex)
    {
        if (!ReferenceEquals(tariffs, _tariffs))
        {
            (_tariffs, _bands) = (tariffs, new BandsInForce[tariffs.Count]);
        }

        (VersionIndex, Until) = (versionIndex, long.MinValue);
    }

    /// <summary>Finds what is in force at an instant; false when there is no price.</summary>
    public bool TryEnter(long milliseconds)
    {
        if (milliseconds < Until && milliseconds >= _from)
        {
            return true;
        }

        Until = long.MinValue;
        int version = _tariffs.FindVersion(VersionIndex, milliseconds, out long versionUntil);
        if (version < 0)
        {
            return false;
        }

        VersionIndex = version;
        ref readonly UsageRecord usage = ref hand.Usage;
        Version = _tariffs.Version(VersionIndex);
        List = Version.PriceList;
        Zone = Version.FindZone(usage.ServingPlmn);
        Destination = List.Destinations.Find(usage.CalledNumber);
        ref BandsInForce inForce = ref _bands[version];
        ulong bands = List.Bands.At(milliseconds, ref inForce);
        if (Zone < 0 || List.FindRow(in usage, Zone, Destination, bands) is not { } row)
        {
            return false;
        }

        Row = row;
        Band = (Row.BandBits & bands) == 0 ? -1 : BitOperations.TrailingZeroCount(Row.BandBits & bands);
        (_from, Until) = (Math.Max(Version.ValidFromMilliseconds, inForce.From), Math.Min(versionUntil, inForce.Until));
        return true;
    }

    /// <summary>What must be kept of the session of the event: its records, too, when prices change in or after the month.</summary>
    public SessionForm SessionForm => IsSteady && !HasGranted() ? List.SessionFormOf(hand.Usage.Kind) : SessionForm.Records;

    /// <summary>Whether the event may draw from what a top-up brought, which has an end.</summary>
    private bool HasGranted()
    {
        foreach (GrantedBundle granted in hand.Granted)
        {
            if (hand.Usage.EventTimeMilliseconds < granted.ToMilliseconds
                && granted.TermsIn(List) is { } bundle && bundle.Kind == hand.Usage.Kind)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the version is in force through the event's month; for what lasts, as long as anything may last.</summary>
    private bool IsSteady =>
        Version.ValidFromMilliseconds <= hand.MonthStartMilliseconds
        && Version.ChangesAtMilliseconds - hand.MonthEndMilliseconds
            >= (Row.Unit == PriceUnit.Second ? PriceListCharging.MostMilliseconds : 0);

    /// <summary>First instant after this one at which another band or version may be in force.</summary>
    public long BoundAfter(long at)
    {
        List.Bands.At(at, ref _bands[VersionIndex]);
        _tariffs.FindVersion(VersionIndex, at, out long versionUntil);
        return Math.Min(_bands[VersionIndex].Until, versionUntil);
    }
}
