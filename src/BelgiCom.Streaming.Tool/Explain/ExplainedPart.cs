using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>A part of an amount as arithmetic that a billing clerk follows.</summary>
/// <param name="Component">What the part is.</param>
/// <param name="Arithmetic">How its amount comes about.</param>
/// <param name="StoredNanos">Its amount, as it is stored.</param>
internal sealed record ExplainedPart(string Component, string Arithmetic, long StoredNanos)
{
    private const decimal NanosPerUnit = 1_000_000_000m;

    /// <summary>Its amount, as the arithmetic gives it; the stored one where it could not be computed again.</summary>
    public long AmountNanos { get; init; } = StoredNanos;

    /// <summary>Whether the amount was computed again. Where it was not, the arithmetic says what is missing.</summary>
    public bool IsComputed { get; init; }

    /// <summary>Whether nothing is known that differs from what is stored.</summary>
    public bool Agrees => AmountNanos == StoredNanos;

    /// <summary>Its amount for a person.</summary>
    public string Amount => Money(AmountNanos);

    /// <summary>The parts of an event that rating did not divide: what a bundle covered, what was priced, and the fee.</summary>
    /// <param name="usage">The event.</param>
    /// <param name="price">Its price in the version in force; null when the version is not known.</param>
    public static IEnumerable<ExplainedPart> OfWhole(RatedUsage usage, OfferingPrice? price)
    {
        if (usage.ChargedUnits == 0)
        {
            yield return new ExplainedPart("session", "increments that earlier records of the session have paid for cover it", 0)
            {
                IsComputed = true,
            };
        }

        if (usage.BundleUnits > 0)
        {
            yield return new ExplainedPart("bundle", $"{Units(usage.BundleUnits, price)} covered by a bundle", 0) { IsComputed = true };
        }

        long priced = usage.ChargedUnits - usage.BundleUnits;
        if (priced <= 0)
        {
            yield break;
        }

        if (price is null)
        {
            yield return new ExplainedPart(
                "usage", Words($"{priced:N0} units at price {usage.PriceIndex}, which is not published any more: as stored"),
                usage.AmountNanos);
            yield break;
        }

        // The fee is stored with the rest; what is stored of each is what is left of the amount.
        long fee = Nanos.FromDecimal(price.ConnectFee);
        yield return Priced("usage", priced, price, price.UnitPrice, price.UnitSize) with { StoredNanos = usage.AmountNanos - fee };
        if (fee > 0)
        {
            yield return new ExplainedPart("connect fee", "once for the call", fee) { IsComputed = true };
        }
    }

    /// <summary>An amount with nine decimals.</summary>
    public static string Money(long nanos) => Nanos.ToDecimal(nanos).ToString("#,##0.000000000", CultureInfo.InvariantCulture);

    /// <summary>Units with the word of the price.</summary>
    public static string Units(long units, OfferingPrice? price) => Words($"{units:N0} {WordOf(price?.Unit)}");

    /// <summary>Units at a price.</summary>
    /// <param name="component">What the part is.</param>
    /// <param name="units">How many.</param>
    /// <param name="price">The price, which knows the word of the units.</param>
    /// <param name="unitPrice">Price of <paramref name="unitSize"/> units.</param>
    /// <param name="unitSize">How many units the price is for.</param>
    /// <param name="where">Band and step, with a space before.</param>
    public static ExplainedPart Priced(
        string component, long units, OfferingPrice? price, decimal unitPrice, long unitSize, string where = "")
    {
        bool fits = RoundingPolicy.TryPrice(units, Nanos.FromDecimal(unitPrice), unitSize, out long nanos);
        decimal exact = units * unitPrice / unitSize;
        string rounding = fits && exact * NanosPerUnit != nanos ? ", rounded half away from zero at the 9th decimal" : "";
        string per = unitSize == 1 ? $"1 {WordOf(price?.Unit)}" : Units(unitSize, price);
        return new ExplainedPart(
            component, Words($"{Units(units, price)} × {unitPrice:0.#########} per {per}{where}{rounding}"), nanos)
        {
            IsComputed = true,
        };
    }

    private static string WordOf(PriceUnit? unit) => unit switch
    {
        PriceUnit.Octet => "octets",
        PriceUnit.Second => "seconds",
        PriceUnit.Message => "messages",
        _ => "units",
    };

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
