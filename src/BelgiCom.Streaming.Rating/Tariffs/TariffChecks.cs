using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Checks what must hold before a version may price anything. Each failure is a sentence that says what to change.</summary>
internal sealed class TariffChecks
{
    private const long MostQuota = 1_000_000_000_000;

    // Ten years: nobody tops up for longer.
    private const long MostValiditySeconds = 3660L * 86_400;

    private readonly List<TariffFault> _faults = [];

    // What is looked at: where a fault belongs.
    private int? _price;
    private int? _bundle;

    private TariffChecks()
    {
    }

    /// <summary>All that is wrong with a version; empty when it can be used.</summary>
    public static IReadOnlyList<TariffFault> FaultsOf(OfferingVersion offering)
    {
        TariffChecks checks = new();
        checks.Check(offering);
        return checks._faults;
    }

    /// <summary>The unit in which a bundle of the kind is counted.</summary>
    public static PriceUnit NaturalUnit(UsageKind kind) => kind switch
    {
        UsageKind.Data => PriceUnit.Octet,
        UsageKind.Voice => PriceUnit.Second,
        UsageKind.Sms => PriceUnit.Message,
        _ => PriceUnit.Unit,
    };

    private void Check(OfferingVersion offering)
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
        Require(AreNamedOnce(offering.Destinations.Select(destination => destination.Name)), "two destinations have the same name.");
        Require(AreNamedOnce(offering.Bands.Select(band => band.Name)), "two bands have the same name.");
        for (int index = 0; index < offering.Prices.Count; index++)
        {
            OfferingPrice price = offering.Prices[index];
            string where = price.Id.Length > 0 ? $"price '{price.Id}'" : $"price {index + 1} of {offering.Prices.Count}";
            _price = index;
            Check(price, where, zones);
            Require(
                !price.CountsAccount || offering.PaymentMethod == PaymentMethod.PostPaid,
                $"{where} counts the account, which prePaid money cannot be: each subscriber has its own.");
            Require(
                !price.CalledInGroup || (price.Kind is UsageKind.Voice or UsageKind.Sms && price.Direction != Direction.Terminating),
                $"{where} is for calls and messages to the group of who calls: it must be for voice or sms that is not received.");
            CheckNames(price.Zones, zones, $"{where} names zone");
            CheckNames(price.Destinations, offering.Destinations.Select(destination => destination.Name), $"{where} names destination");
            CheckNames(price.Bands, offering.Bands.Select(band => band.Name), $"{where} names band");
            CheckModel(price, where);
        }

        _price = null;
        CheckLimits(offering.Limits, zones);
        Require(
            offering.PaymentMethod == PaymentMethod.PostPaid || offering.Limits.All(limit => limit.Scope != SpendScope.Account),
            "a limit counts the account, which prePaid money cannot be: each subscriber has its own.");
        Require(
            offering.Limits.All(limit => limit.Scope != SpendScope.Account || limit.After.Length == 0),
            "a limit that counts the account comes after no other one, because no subscriber can agree to it for the account.");
        CheckBundles(offering, zones);
        _bundle = null;
        CheckTopUps(offering, zones);
        Require(
            offering is
            {
                QuotaOctets: >= 0 and <= MostQuota, QuotaSeconds: >= 0 and <= MostQuota, QuotaValiditySeconds: >= 0 and <= MostQuota
            },
            "'reservation' must have sizes and a validity of at least 0 units, and below a million times a million.");
    }

    private void CheckTopUps(OfferingVersion offering, HashSet<string> zones)
    {
        Require(
            offering.TopUps.Count == 0 || offering.PaymentMethod == PaymentMethod.PrePaid,
            "'onTopUp' needs 'paymentMethod: prePaid': nobody else tops up.");
        Require(
            offering.TopUps.DistinctBy(topUp => (topUp.Bundle.Id, topUp.AtLeast)).Count() == offering.TopUps.Count,
            "two top-ups from the same amount bring a bundle with the same id.");
        foreach (TopUpGrant topUp in offering.TopUps)
        {
            Bundle bundle = topUp.Bundle;
            string where = $"the bundle '{bundle.Id}' of a top-up";
            Require(IsAmount(topUp.AtLeast), $"{where} must be for an amount from 0 to 999999999.999999999.");
            Require(
                topUp.ValiditySeconds is >= 1 and <= MostValiditySeconds, $"{where} must be valid for 1 second to 3660 days.");
            Require(bundle.Id.Length > 0 && IsPriced(bundle.Kind), $"{where} must have an id, and be for data, voice, sms or event.");
            Require(bundle.Units >= 1 || bundle.Unlimited, $"{where} must have at least 1 unit.");
            Require(
                bundle is
                {
                    Shared: false, ValidFrom: null, ValidTo: null, RolloverMaximum: 0, ProRataStep: 0, FairUseZone: "", FairUse.Count: 0
                },
                $"{where} has terms of a monthly bundle.");
            Require(!offering.Bundles.Any(other => other.Id == bundle.Id), $"{where} has the id of a bundle of the version.");
            Require(
                offering.TopUps.All(other => other.Bundle.Id != bundle.Id || other.Bundle.Kind == bundle.Kind),
                $"{where} has the id of one of another kind.");
            CheckNames(bundle.Zones, zones, $"{where} names zone");
            CheckNames(bundle.Destinations, offering.Destinations.Select(destination => destination.Name), $"{where} names destination");
        }
    }

    private void CheckLimits(IReadOnlyList<OfferingLimit> limits, HashSet<string> zones)
    {
        Require(AreNamedOnce(limits.Select(limit => limit.Id)), "two limits have the same id.");
        foreach (OfferingLimit limit in limits)
        {
            Require(limit.Id.Length > 0, "a limit has no id.");
            Require(
                !SpendLimit.OfLaw.Any(law => law.Id == limit.Id && law.Scope != limit.Scope),
                $"limit '{limit.Id}' has the id of a limit of the law in another scope.");
            Require(IsAmount(limit.Amount), $"limit '{limit.Id}' must be an amount from 0 to 999999999.999999999.");
            Require(limit.Steps.Count > 0, $"limit '{limit.Id}' has no steps.");
            Require(
                limit.Steps.All(step => step.Permille is >= 1 and <= 1000),
                $"limit '{limit.Id}' has a step outside 1 to 1000 thousandths.");
            Require(
                limit.After.Length == 0 || limits.Any(other => other.Id == limit.After && CountTheSame(other, limit)),
                $"limit '{limit.Id}' comes after '{limit.After}', which is no limit of what it counts.");
            CheckNames(limit.Zones, zones, $"limit '{limit.Id}' names zone");
            Require(
                limit.Scope is SpendScope.Other or SpendScope.Account || !(limit.PassesOnly || limit.Kinds.Count + limit.Zones.Count > 0),
                $"limit '{limit.Id}' has a scope beside kinds, zones or passes.");
            Require(limit.Kinds.All(IsPriced), $"limit '{limit.Id}' must be for data, voice, sms or event.");
        }
    }

    private static bool CountTheSame(OfferingLimit one, OfferingLimit other) =>
        one.Scope == other.Scope && new SpendMeasure(one, "").Key == new SpendMeasure(other, "").Key;

    private void Check(OfferingPrice price, string where, HashSet<string> zones)
    {
        Require(IsPriced(price.Kind), $"{where} must be for data, voice, sms or event.");
        Require(
            price.Zone.Length == 0 || zones.Contains(price.Zone), $"{where} names zone '{price.Zone}', which the version does not define.");
        Require(
            price.Unit == NaturalUnit(price.Kind) || (price is { Kind: UsageKind.Data, Unit: PriceUnit.Second }),
            $"{where} must count what {price.Kind} usage has: data octets or seconds, voice seconds, sms messages, event units.");
        Require(price.UnitSize >= 1, $"{where} must be for at least 1 unit.");
        Require(IsAmount(price.UnitPrice), $"{where} must have a unit price from 0 to 999999999.999999999.");
        Require(IsAmount(price.ConnectFee), $"{where} must have a connect fee from 0 to 999999999.999999999.");
        Require(
            !price.CountsAccount || price.Model is PriceModel.Graduated or PriceModel.Volume or PriceModel.Package,
            $"{where} counts the account, and has neither tiers nor packages that could count it.");
        Require(price.Increment >= 1, $"{where} must have an increment of at least 1.");
        Require(price.Minimum >= 0, $"{where} must have a minimum of at least 0.");
        Require(!price.Bundle || !price.ZeroRated, $"{where} cannot be zero-rated and covered by a bundle.");
        Require(!price.Bundle || price.Unit == NaturalUnit(price.Kind), $"{where} counts another unit than the bundle of its kind.");
    }

    private void CheckBundles(OfferingVersion offering, HashSet<string> zones)
    {
        Require(
            offering.Bundles.DistinctBy(bundle => (bundle.Kind, bundle.Id)).Count() == offering.Bundles.Count,
            "two bundles are of the same kind; keep one, or give each an id.");
        foreach ((int index, Bundle bundle) in offering.Bundles.Index())
        {
            _bundle = index;
            Require(
                !bundle.Shared || offering.PaymentMethod == PaymentMethod.PostPaid,
                $"bundle '{bundle.Id}' is shared by the account, which prePaid money cannot be: each subscriber has its own.");
            string where = bundle.Id.Length > 0 ? $"the bundle '{bundle.Id}'" : $"the bundle of {bundle.Kind}";
            Require(IsPriced(bundle.Kind), "a bundle must be for data, voice, sms or event.");
            Require(bundle.Units >= 1 || bundle.Unlimited, $"{where} must have at least 1 unit.");
            Require(
                bundle.ProRataStep <= long.MaxValue - Math.Max(0, bundle.Units), $"{where} rounds up beyond any number of units.");
            Require(
                bundle.RolloverMaximum >= 0 && bundle.ProRataStep >= 0 && bundle.RolloverPeriods is >= 1 and <= Rollover.MostPeriods
                    && ((bundle.RolloverMaximum == 0 && bundle.ProRataStep == 0) || bundle.Id.Length > 0),
                $"{where} must have an id, and at least 0 units, for rollover and parts of a month.");
            Require(!(bundle.ValidFrom >= bundle.ValidTo), $"{where} ends before it begins.");
            CheckFairUse(bundle, where, zones);
            CheckNames(bundle.Zones, zones, $"{where} names zone");
            CheckNames(bundle.Destinations, offering.Destinations.Select(destination => destination.Name), $"{where} names destination");
        }
    }

    private void CheckFairUse(Bundle bundle, string where, HashSet<string> zones)
    {
        Require(
            bundle.FairUseZone.Length > 0 == bundle.FairUse.Count > 0 && (bundle.FairUse.Count == 0 || bundle.Id.Length > 0),
            $"{where} must have an id, a zone and a volume for fair use.");
        CheckNames(bundle.FairUseZone.Length == 0 ? [] : [bundle.FairUseZone], zones, $"{where} names zone");
        Require(
            bundle.FairUse.All(volume => volume.Units >= 0 && volume.Units <= long.MaxValue - bundle.ProRataStep)
                && bundle.FairUse.Zip(bundle.FairUse.Skip(1)).All(pair => pair.First.From < pair.Second.From),
            $"{where} must have fair use volumes of at least 0 units, in the order of time.");
    }

    private void CheckModel(OfferingPrice price, string where)
    {
        Require(
            price.AboveFairUse.All(surcharge => surcharge.UnitSize >= 1 && IsAmount(surcharge.UnitPrice))
                && price.AboveFairUse.Zip(price.AboveFairUse.Skip(1)).All(pair => pair.First.From < pair.Second.From)
                && (price.Bundle || price.AboveFairUse.Count == 0),
            $"{where} must have surcharges of at least 0 for at least 1 unit, in the order of time, and draw bundles.");
        Require(
            IsAmount(price.Percent ?? 0) && IsAmount(price.Fixed ?? 0),
            $"{where} must have a percentage and fixed part of at least 0.");
        Require(
            IsAmount(price.MinimumCharge ?? 0) && IsAmount(price.MaximumCharge ?? 0)
                && (price.MaximumCharge is null || (price.MinimumCharge ?? 0) <= price.MaximumCharge),
            $"{where} must have a least and a highest amount of at least 0, the least not above the highest.");
        CheckSteps(price.Steps, where);
        CheckTiers(price.Tiers, where);
        Require(
            price.Tiers.Count > 0 == price.Model is PriceModel.Graduated or PriceModel.Volume,
            $"{where} must have tiers when its model is graduated or volume, and only then.");
        Require(
            price.Model != PriceModel.Package || (price.Package >= 1 && price.FreeUnits >= 0),
            $"{where} must have a package of at least 1 unit.");
        Require(price.Model != PriceModel.Percentage || price.Percent is not null, $"{where} must have a percentage.");
        Require(
            (price.Pass is not null) == (price.Model == PriceModel.Pass),
            $"{where} must name a pass when its model is pass, and only then.");
        Require(
            price.Pass is not { } pass || (pass.ValiditySeconds > 0) != (pass.ValidityDays > 0),
            $"{where} must have a pass that lasts for elapsed time or for calendar days.");
    }

    private void CheckSteps(IReadOnlyList<PriceStep> steps, string where)
    {
        for (int index = 0; index < steps.Count; index++)
        {
            PriceStep step = steps[index];
            Require(
                step.Increment >= 1 && step.UnitSize >= 1 && IsAmount(step.UnitPrice),
                $"{where} must have steps with an increment and a size of at least 1 and a price of at least 0.");
            Require(index > 0 || step.From == 0, $"{where} must have a first step that begins at 0.");
            Require(index == 0 || step.From > steps[index - 1].From, $"{where} must have steps that rise.");
            Require(
                index == 0 || (step.From - steps[index - 1].From) % steps[index - 1].Increment == 0,
                $"{where} has a step that begins inside an increment of the step before.");
        }
    }

    private void CheckTiers(IReadOnlyList<PriceTier> tiers, string where)
    {
        for (int index = 0; index < tiers.Count; index++)
        {
            PriceTier tier = tiers[index];
            Require(
                tier.UnitSize >= 1 && tier.Package >= 0 && IsAmount(tier.UnitPrice) && IsAmount(tier.Flat),
                $"{where} must have tiers with amounts of at least 0.");
            Require(
                tier.UpTo > (index == 0 ? 0 : tiers[index - 1].UpTo) || (tier.UpTo < 0 && index == tiers.Count - 1),
                $"{where} must have tiers that rise, the last one without an end.");
        }
    }

    private void CheckNames(IEnumerable<string> names, IEnumerable<string> known, string sentence)
    {
        string? unknown = names.Except(known).FirstOrDefault();
        Require(unknown is null, $"{sentence} '{unknown}', which the version does not define.");
    }

    private static bool AreNamedOnce(IEnumerable<string> names) => names.GroupBy(name => name).All(same => same.Count() == 1);

    private static bool IsPriced(UsageKind kind) => kind is UsageKind.Data or UsageKind.Voice or UsageKind.Sms or UsageKind.Event;

    private static bool IsAmount(decimal amount) => amount >= 0 && Nanos.TryFromDecimal(amount, out _);

    private void Require(bool condition, string sentence)
    {
        if (!condition)
        {
            _faults.Add(new TariffFault(sentence) { Price = _price, Bundle = _bundle });
        }
    }
}
