using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Checks what must hold before a version may price anything. Each failure is a sentence that says what to change.</summary>
internal static class TariffChecks
{
    public static void Check(OfferingVersion offering)
    {
        Require(offering.Version >= 1, "the version must be at least 1.");
        Require(offering.ValidTo is null || offering.ValidFrom < offering.ValidTo, "validTo must be after validFrom.");
        Require(
            !Currency.Of(Encoding.UTF8.GetBytes(offering.Currency)).IsUnknown,
            "the currency must be an ISO 4217 code of 3 capital letters.");
        Require(IsAmount(offering.RoamingDataLimit ?? 0), "the roaming data limit must be an amount of at least 0.");
        HashSet<string> zones = [.. offering.Zones.Select(zone => zone.Name)];
        Require(zones.Count == offering.Zones.Count, "two zones have the same name.");
        Require(zones.Contains(RoamingZone.Home), "no zone is named 'home'; without it all usage would be roaming.");
        for (int index = 0; index < offering.Prices.Count; index++)
        {
            Check(offering.Prices[index], $"price {index}", zones);
        }

        CheckBundles(offering, zones);
    }

    /// <summary>The unit in which a bundle of the kind is counted.</summary>
    public static PriceUnit NaturalUnit(UsageKind kind) => kind switch
    {
        UsageKind.Data => PriceUnit.Octet,
        UsageKind.Voice => PriceUnit.Second,
        _ => PriceUnit.Message,
    };

    private static void Check(OfferingPrice price, string where, HashSet<string> zones)
    {
        Require(price.Kind is UsageKind.Data or UsageKind.Voice or UsageKind.Sms, $"{where} must be for data, voice or sms.");
        Require(
            price.Zone.Length == 0 || zones.Contains(price.Zone), $"{where} names zone '{price.Zone}', which the version does not define.");
        Require(
            price.Unit == NaturalUnit(price.Kind) || (price is { Kind: UsageKind.Data, Unit: PriceUnit.Second }),
            $"{where} must count what {price.Kind} usage has: data octets or seconds, voice seconds, sms messages.");
        Require(price.UnitSize >= 1, $"{where} must be for at least 1 unit.");
        Require(IsAmount(price.UnitPrice), $"{where} must have a unit price from 0 to 999999999.999999999.");
        Require(IsAmount(price.ConnectFee), $"{where} must have a connect fee from 0 to 999999999.999999999.");
        Require(price.Increment >= 1, $"{where} must have an increment of at least 1.");
        Require(price.Minimum >= 0, $"{where} must have a minimum of at least 0.");
        Require(!price.Bundle || !price.ZeroRated, $"{where} cannot be zero-rated and covered by a bundle.");
        Require(!price.Bundle || price.Unit == NaturalUnit(price.Kind), $"{where} counts another unit than the bundle of its kind.");
    }

    private static void CheckBundles(OfferingVersion offering, HashSet<string> zones)
    {
        Require(
            offering.Bundles.DistinctBy(bundle => bundle.Kind).Count() == offering.Bundles.Count,
            "two bundles are of the same kind; keep one.");
        foreach (Bundle bundle in offering.Bundles)
        {
            Require(bundle.Kind is UsageKind.Data or UsageKind.Voice or UsageKind.Sms, "a bundle must be for data, voice or sms.");
            Require(bundle.Units >= 1, $"the bundle of {bundle.Kind} must have at least 1 unit.");
            string? unknown = bundle.Zones.FirstOrDefault(zone => !zones.Contains(zone));
            Require(unknown is null, $"the bundle of {bundle.Kind} names zone '{unknown}', which the version does not define.");
        }
    }

    private static bool IsAmount(decimal amount) => amount >= 0 && Nanos.TryFromDecimal(amount, out _);

    private static void Require(bool condition, string sentence)
    {
        if (!condition)
        {
            throw new ArgumentException(sentence);
        }
    }
}
