using System.Numerics;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What is in force at the instant of the event that was reached (version, price, zone, destination, band), and until when.
/// </summary>
/// <param name="hand">The event.</param>
internal sealed class TermsInForce(UsageInHand hand)
{
    private TariffSnapshot _tariffs = null!;
    private BandsInForce _bands;

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

    /// <summary>The price list of a version.</summary>
    public PriceList ListOf(int version) => _tariffs.Version(version).PriceList;

    /// <summary>Takes the tariffs for the next event.</summary>
    /// <param name="tariffs">The tariffs.</param>
    /// <param name="versionIndex">Any version of the offering.</param>
    public void Begin(TariffSnapshot tariffs, int versionIndex)
    {
        (_tariffs, VersionIndex) = (tariffs, versionIndex);
        Leave();
    }

    /// <summary>Forgets what is in force, because an instant that comes next may be before it.</summary>
    public void Leave() => Until = long.MinValue;

    /// <summary>Finds what is in force at an instant, not before the last one that was reached; false when there is no price.</summary>
    public bool TryEnter(long milliseconds)
    {
        if (milliseconds < Until)
        {
            return true;
        }

        VersionIndex = _tariffs.FindVersion(VersionIndex, milliseconds, out long versionUntil);
        if (VersionIndex < 0)
        {
            return false;
        }

        ref readonly UsageRecord usage = ref hand.Usage;
        Version = _tariffs.Version(VersionIndex);
        List = Version.PriceList;
        Zone = Version.FindZone(usage.ServingPlmn);
        Destination = List.Destinations.Find(usage.CalledNumber);
        ulong bands = List.Bands.At(milliseconds, ref _bands);
        int row = Zone < 0 ? -1 : List.FindRow(in usage, Zone, Destination, bands);
        if (row < 0)
        {
            return false;
        }

        Row = List.RowAt(row);
        Band = (Row.BandBits & bands) == 0 ? -1 : BitOperations.TrailingZeroCount(Row.BandBits & bands);
        Until = Math.Min(versionUntil, _bands.Until);
        return true;
    }

    /// <summary>First instant after this one at which another band or version may be in force.</summary>
    public long BoundAfter(long at)
    {
        List.Bands.At(at, ref _bands);
        _tariffs.FindVersion(VersionIndex, at, out long versionUntil);
        return Math.Min(_bands.Until, versionUntil);
    }
}
