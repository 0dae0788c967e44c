using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>A part of an amount as arithmetic that a billing clerk follows.</summary>
/// <param name="Component">What the part is.</param>
/// <param name="Arithmetic">How its amount comes about.</param>
/// <param name="AmountNanos">Its amount, as the arithmetic gives it.</param>
internal sealed record ExplainedPart(string Component, string Arithmetic, long AmountNanos)
{
    private const decimal NanosPerUnit = 1_000_000_000m;

    /// <summary>Its amount for a person.</summary>
    public string Amount => Money(AmountNanos);

    /// <summary>The parts of an event that rating did not divide: what a bundle covered, what was priced, and the fee.</summary>
    /// <param name="usage">The event.</param>
    /// <param name="price">Its price in the version in force; null when the version is not known.</param>
    public static IEnumerable<ExplainedPart> OfWhole(RatedUsage usage, OfferingPrice? price)
    {
        if (usage.ChargedUnits == 0)
        {
            yield return new ExplainedPart("session", "increments that earlier records of the session have paid for cover it", 0);
        }

        if (usage.BundleUnits > 0)
        {
            yield return new ExplainedPart("bundle", $"{Units(usage.BundleUnits, price)} covered by a bundle", 0);
        }

        long priced = usage.ChargedUnits - usage.BundleUnits;
        if (priced <= 0)
        {
            yield break;
        }

        if (price is null)
        {
            yield return new ExplainedPart("usage", Words($"{priced:N0} units at price {usage.PriceIndex}"), usage.AmountNanos);
            yield break;
        }

        yield return Priced("usage", priced, price, price.UnitPrice, price.UnitSize);
        if (price.ConnectFee > 0)
        {
            yield return new ExplainedPart("connect fee", "once for the call", Nanos.FromDecimal(price.ConnectFee));
        }
    }

    /// <summary>A part that rating told apart.</summary>
    /// <param name="part">The part.</param>
    /// <param name="price">Its price in the version in force; null when the version is not known.</param>
    public static ExplainedPart Of(UsagePart part, OfferingPrice? price)
    {
        long amount = Nanos.FromDecimal(part.Amount);
        string band = part.Band.Length > 0 ? $" in band '{part.Band}'" : "";
        string tier = part.Tier > 0 ? Words($" in tier {part.Tier}") : "";
        return part.Component switch
        {
            PartComponent.Usage when part.UnitSize > 0 && part.Packages == 0 =>
                Session(Priced("usage", part.Units, price, part.UnitPrice, part.UnitSize, band + tier), amount),
            PartComponent.Usage when part.Packages > 0 =>
                new ExplainedPart("packages", Words($"{part.Packages:N0} packages opened for {Units(part.Units, price)}{tier}"), amount),
            PartComponent.Usage => new ExplainedPart("usage", $"{Units(part.Units, price)}{band}{tier}, by the price's own rule", amount),
            PartComponent.Bundle when part.UnitSize > 0 => Priced(
                "bundle", part.Units, price, part.UnitPrice, part.UnitSize,
                $", covered by bundle '{part.Bundle}' above its fair use volume"),
            PartComponent.Bundle when part.Bundle.Length > 0 =>
                new ExplainedPart("bundle", $"{Units(part.Units, price)} covered by bundle '{part.Bundle}'", amount),
            PartComponent.Bundle => new ExplainedPart("bundle", $"{Units(part.Units, price)} covered by a bundle", amount),
            PartComponent.ConnectFee => new ExplainedPart("connect fee", "once for the session", amount),
            PartComponent.MinimumCharge => new ExplainedPart("minimum", "raises the amount to the minimum charge of the price", amount),
            PartComponent.MaximumCharge => new ExplainedPart("maximum", "lowers the amount to the maximum charge of the price", amount),
            PartComponent.Reversal => new ExplainedPart(
                "reversal", "takes back what the session had paid, because its records came in another order", amount),
            PartComponent.PassOpened => new ExplainedPart("pass", "opens a pass", amount),
            PartComponent.Pass => new ExplainedPart("pass", "a pass that is open covers it", amount),
            PartComponent.FreeBeforePass => new ExplainedPart("free", $"{Units(part.Units, price)} free before a pass is opened", amount),
            _ => new ExplainedPart("free", $"{Units(part.Units, price)} cost nothing", amount),
        };
    }

    /// <summary>An amount with nine decimals.</summary>
    public static string Money(long nanos) => Nanos.ToDecimal(nanos).ToString("#,##0.000000000", CultureInfo.InvariantCulture);

    /// <summary>Units with the word of the price.</summary>
    public static string Units(long units, OfferingPrice? price) => Words($"{units:N0} {WordOf(price?.Unit)}");

    private static ExplainedPart Priced(
        string component, long units, OfferingPrice? price, decimal unitPrice, long unitSize, string where = "")
    {
        bool fits = RoundingPolicy.TryPrice(units, Nanos.FromDecimal(unitPrice), unitSize, out long nanos);
        decimal exact = units * unitPrice / unitSize;
        string rounding = fits && exact * NanosPerUnit != nanos ? ", rounded half away from zero at the 9th decimal" : "";
        string per = unitSize == 1 ? $"1 {WordOf(price?.Unit)}" : Units(unitSize, price);
        return new ExplainedPart(component, Words($"{Units(units, price)} × {unitPrice:0.#########} per {per}{where}{rounding}"), nanos);
    }

    /// <summary>
    /// A record of a session is charged what the session costs with it more than without it, so it may be a nano-unit off its own price.
    /// </summary>
    private static ExplainedPart Session(ExplainedPart computed, long stored) => Math.Abs(computed.AmountNanos - stored) == 1
        ? computed with { Arithmetic = computed.Arithmetic + ", with the session's other records", AmountNanos = stored }
        : computed;

    private static string WordOf(PriceUnit? unit) => unit switch
    {
        PriceUnit.Octet => "octets",
        PriceUnit.Second => "seconds",
        PriceUnit.Message => "messages",
        _ => "units",
    };

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
