namespace BelgiCom.Streaming.Rating;

/// <summary>
/// A bundle that a top-up brought a subscriber. Its terms are those of the version that was in force at the top-up, which never change;
/// they hold as long as the subscriber has the offering, under later versions, too.
/// </summary>
/// <param name="offering">Offering that granted it.</param>
/// <param name="version">Its version.</param>
/// <param name="place">Place in the top-ups of that version, from 0.</param>
/// <param name="number">Tells it from the others of the subscriber.</param>
/// <param name="fromMilliseconds">First instant at which usage draws from it, milliseconds since 1970-01-01 UTC.</param>
/// <param name="toMilliseconds">First instant at which it no longer does.</param>
public sealed class GrantedBundle(
    string offering, int version, int place, long number, long fromMilliseconds, long toMilliseconds)
{
    // Spreads numbers that follow each other: 2^64 divided by the golden ratio.
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;

    // Its terms under the price list that asked last, which nearly always asks again.
    private PriceList? _list;
    private PriceList.BundleTerms? _terms;

    /// <summary>Offering that granted it.</summary>
    public string Offering => offering;

    /// <summary>Version of the offering that granted it.</summary>
    public int Version => version;

    /// <summary>Place in the top-ups of that version, from 0.</summary>
    public int Place => place;

    /// <summary>Tells it from the others of the subscriber; the beginning under which its meter is kept.</summary>
    public long Number => number;

    /// <summary>First instant at which usage draws from it, milliseconds since 1970-01-01 UTC.</summary>
    public long FromMilliseconds => fromMilliseconds;

    /// <summary>First instant at which it no longer does.</summary>
    public long ToMilliseconds => toMilliseconds;

    /// <summary>Its terms under a price list; null when that is of another offering.</summary>
    internal PriceList.BundleTerms? TermsIn(PriceList list)
    {
        if (!ReferenceEquals(list, _list))
        {
            (_list, _terms) = (list, list.TermsOf(this));
        }

        return _terms;
    }

    /// <summary>Number of the meter of a granted bundle: each has its own, so that a session may draw from several.</summary>
    /// <param name="bundle">Number of the meter of the bundle.</param>
    /// <param name="number">Number of the grant.</param>
    internal static ulong MeterOf(ulong bundle, long number) => bundle ^ ((ulong)number * Spread);
}
