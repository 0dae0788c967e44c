using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Reads what a bundle covers in the Union without a surcharge, and what units above it cost, and publishes both as rating applies them:
/// by the wholesale caps of the time. (D-19; Regulation (EU) 2022/612 art. 8, Implementing Regulation (EU) 2016/2286 art. 4)
/// </summary>
internal static class FairUseTerms
{
    /// <summary>The zone, and the volume; null for that of the regulation.</summary>
    public static (string? Zone, long? Units) ReadVolume(YamlSection section, UsageKind kind, PriceUnit unit)
    {
        if (section.Section("fairUse") is not { } fairUse)
        {
            return (null, null);
        }

        string zone = fairUse.RequiredText("zone");
        bool isRegulation = fairUse.Text("volume") == "regulation";
        long? units = isRegulation ? null : PriceReader.UnitsOf(fairUse, "volume", unit);
        fairUse.Finish();
        if (!fairUse.Has("volume"))
        {
            fairUse.Fault(null, "'volume' is missing: regulation, or units.");
        }

        if (isRegulation && kind != UsageKind.Data)
        {
            fairUse.Fault("volume", "the regulation has a volume of data only; say units.");
        }

        return (zone, units);
    }

    /// <summary>What units above the volume cost, and how many of them; null for nothing.</summary>
    public static (decimal Price, long Units)? ReadSurcharge(YamlSection section, OfferingPrice price)
    {
        if (section.Section("aboveFairUse") is not { } fairUse)
        {
            return null;
        }

        decimal? amount = fairUse.Amount("price");
        long? units = PriceReader.UnitsOf(fairUse, "per", price.Unit);
        fairUse.Finish();
        if (amount is null || units is null)
        {
            fairUse.Fault(null, "'aboveFairUse' has a 'price' and what it is 'per'.");
        }

        if (!price.Bundle)
        {
            section.Fault("aboveFairUse", "'aboveFairUse' is for a price with 'bundle: true': it is due for what a bundle covers.");
        }

        return (amount ?? 0, Math.Max(1, units ?? 1));
    }

    /// <summary>Gives a version its volumes and surcharges.</summary>
    /// <param name="version">The version.</param>
    /// <param name="source">What its file says.</param>
    public static OfferingVersion Publish(OfferingVersion version, VersionSource source)
    {
        decimal fee = MonthlyFee(source.Terms);
        List<Bundle> bundles = [];
        foreach ((Bundle bundle, BundleTerms terms) in version.Bundles.Zip(source.Terms.Bundles))
        {
            if (terms is { FairUseZone: not null, FairUseUnits: null } && fee == 0)
            {
                source.Section.Fault(
                    "bundles",
                    $"the volume of bundle '{bundle.Id}' is twice the net monthly price by the wholesale cap, and there is no monthly fee.",
                    FaultCodes.FairUseVolume);
            }

            bundles.Add(bundle with { FairUseZone = terms.FairUseZone ?? "", FairUse = [.. VolumesOf(version, terms, fee)] });
        }

        return version with
        {
            Bundles = bundles,
            Prices = [
                .. version.Prices.Zip(source.Surcharges).Select(pair => pair.Second is { } surcharge
                    ? pair.First with { AboveFairUse = [.. SurchargesOf(version, pair.First.Kind, surcharge)] }
                    : pair.First with { AboveFairUse = [] })],
        };
    }

    /// <summary>What the version costs each month beside usage.</summary>
    public static decimal MonthlyFee(OfferingTerms terms) => terms.Fees.Where(one => one.IsMonthly).Sum(one => one.Price ?? 0);

    /// <summary>The volume that the regulation demands under a cap.</summary>
    public static long VolumeOf(OfferingVersion version, decimal fee, WholesaleCap cap) => WholesaleCap.OctetsPerGigabyte * FairUse.Of(
        Nanos.FromDecimal(fee), version.PriceBasis, VatRate.OfPermille(version.VatPermille), Nanos.FromDecimal(cap.Amount)).Gigabytes;

    private static IEnumerable<FairUseVolume> VolumesOf(OfferingVersion version, BundleTerms terms, decimal fee)
    {
        if (terms.FairUseZone is null)
        {
            return [];
        }

        return terms.FairUseUnits is { } units
            ? [new FairUseVolume { From = version.ValidFrom, Units = units }]
            : CapsOf(version, UsageKind.Data).Select(
                cap => new FairUseVolume { From = Later(cap.From, version.ValidFrom), Units = VolumeOf(version, fee, cap) });
    }

    /// <summary>The surcharge of the file, or the cap where that is less: it falls while a version is in force.</summary>
    private static IEnumerable<FairUseSurcharge> SurchargesOf(
        OfferingVersion version, UsageKind kind, (decimal Price, long Units) surcharge)
    {
        decimal vat = version.PriceBasis == PriceBasis.Gross ? 1 + (version.VatPermille / 1000m) : 1;
        foreach (WholesaleCap cap in CapsOf(version, kind))
        {
            decimal most = cap.Amount * vat;
            bool isBelow = surcharge.Price * cap.Units <= most * surcharge.Units;
            yield return new FairUseSurcharge
            {
                From = Later(cap.From, version.ValidFrom),
                UnitPrice = isBelow ? surcharge.Price : most,
                UnitSize = isBelow ? surcharge.Units : cap.Units,
            };
            if (isBelow && CapsOf(version, kind).Where(other => other.From > cap.From).All(
                other => surcharge.Price * other.Units <= other.Amount * vat * surcharge.Units))
            {
                yield break;
            }
        }
    }

    private static IEnumerable<WholesaleCap> CapsOf(OfferingVersion version, UsageKind kind) =>
        WholesaleCap.Between(kind, version.ValidFrom, version.ValidTo);

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
