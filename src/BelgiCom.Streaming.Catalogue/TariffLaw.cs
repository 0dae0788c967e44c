using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Refuses what the law refuses: each fault names its source. The checks look at what usage costs when no bundle covers it. They hold for
/// every offering, though some of the rules protect consumers only: an operator does not ask a catalogue which customer is one.
/// </summary>
internal sealed class TariffLaw
{
    private const string Roaming = "Regulation (EU) 2022/612 art. 4 (roam like at home)";
    private const string IntraUnion = "Regulation (EU) 2015/2120 art. 5a";
    private const string FairUsePolicy = "Regulation (EU) 2022/612 art. 8, Implementing Regulation (EU) 2016/2286 art. 4";
    private const string Emergency = "Directive (EU) 2018/1972 art. 109";
    private const string SpecialNumbers = "the maximum prices of special numbers (royal decree of 27 April 2007; telethicom.be)";
    private const string Vat = "royal decree No 20 of 20 July 1970";
    private const string Belgium = "206";
    private const int MostPermilleOfWarning = 800;
    private const int WholePermille = 1000;
    private const string BelgianMobile = "32470000000";

    /// <summary>Countries of the EU and EEA by their mobile country codes (ITU-T E.212), without Belgium.</summary>
    private static readonly string[] RoamLikeAtHome =
    [
        "202", "204", "208", "214", "216", "219", "222", "226", "230", "231", "232", "238", "240", "242", "244", "246", "247", "248",
        "260", "262", "268", "270", "272", "274", "278", "280", "284", "293", "295",
    ];

    /// <summary>Moldova and Ukraine, since 1 January 2026.</summary>
    private static readonly string[] RoamLikeAtHomeByAgreement = ["255", "259"];

    private static readonly DateTimeOffset ByAgreementFrom = BelgianCalendar.StartOfDay(new DateOnly(2026, 1, 1));

    /// <summary>Country codes of the EU and EEA (ITU-T E.164), without Belgium.</summary>
    private static readonly string[] UnionCodes =
    [
        "30", "31", "33", "34", "351", "352", "353", "354", "356", "357", "358", "359", "36", "370", "371", "372", "385", "386", "39",
        "40", "420", "421", "423", "43", "45", "46", "47", "48", "49",
    ];

    /// <summary>Prefix, highest price with VAT, and whether it is for the whole call; if not, for a minute.</summary>
    private static readonly (string Prefix, decimal Most, bool IsPerCall)[] Special =
    [
        ("3270", 0.30m, false), ("32900", 0.50m, false), ("32901", 0.50m, true), ("32902", 1.00m, false), ("32903", 1.50m, false),
        ("32904", 2.00m, false), ("32905", 2.00m, true), ("32906", 1.00m, false), ("32907", 2.00m, false), ("32909", 31.00m, true),
    ];

    private readonly VersionSource _source;
    private readonly OfferingVersion _version;
    private readonly PriceFinder _finder;

    private TariffLaw(VersionSource source, PriceFinder finder)
    {
        _source = source;
        _version = source.Published;
        _finder = finder;
    }

    /// <summary>Checks a version that can be compiled.</summary>
    /// <param name="source">The version.</param>
    /// <param name="finder">Finds prices in it.</param>
    /// <param name="end">When it ends, or the next one begins; null for open.</param>
    public static void Check(VersionSource source, PriceFinder finder, DateTimeOffset? end)
    {
        TariffLaw law = new(source, finder);
        law.CheckVat();
        law.CheckRoaming(end);
        law.CheckUnionCalls();
        law.CheckNumbers();
        law.CheckFairUse(end);
        law.CheckLimits();
    }

    /// <summary>What a version says of limits itself; where it says nothing, those of the law hold.</summary>
    private void CheckLimits()
    {
        if (_version.Limits.Count == 0 && _version.RoamingDataLimit is null)
        {
            return;
        }

        string key = _version.Limits.Count > 0 ? "limits" : "roamingDataLimit";
        SpendLimit[] limits = [.. SpendLimit.Of(_version).Where(limit => limit.After.Length == 0)];
        if (limits.Length > 0 && !limits.Any(limit => limit.Scope == SpendScope.RoamingData && IsWithin(limit, SpendLimit.RoamingData)
            && HasStep(limit, LimitAction.Warn, MostPermilleOfWarning) && HasStep(limit, LimitAction.CutOff, WholePermille)))
        {
            Report(
                _source.Section, key, isInForce: true,
                "data abroad needs a limit of at most 50.00 without VAT, with a warning at 80 % and a stop (cutOff); "
                + $"{SpendLimit.RoamingData.LegalBasis}.",
                FaultCodes.SpendLimit);
        }

        SpendLimit[] domestic = [.. limits.Where(limit => limit.Scope == SpendScope.Domestic)];
        if (domestic.Length > 0 && !domestic.Any(limit => IsWithin(limit, SpendLimit.Domestic)))
        {
            Report(
                _source.Section, key, isInForce: true,
                "what is charged at home above the bundle needs a message at 50.00 with VAT at the latest; "
                + $"{SpendLimit.Domestic.LegalBasis}.",
                FaultCodes.SpendLimit);
        }

        if (domestic.Any(limit => HasStep(limit, LimitAction.CutOff, WholePermille)))
        {
            _source.Section.Warn(
                key,
                $"the law demands a message at home and no stop ({SpendLimit.Domestic.LegalBasis}): stop only who agreed to it.",
                FaultCodes.SpendLimit);
        }
    }

    /// <summary>Whether a limit is not above that of the law, compared without VAT or with it as the law does.</summary>
    private bool IsWithin(SpendLimit limit, SpendLimit law)
    {
        Int128 gross = 1000 + _version.VatPermille;
        Int128 own = (Int128)limit.AmountNanos * (limit.Basis == PriceBasis.Net ? gross : 1000);
        return own <= law.AmountNanos * (law.Basis == PriceBasis.Net ? gross : 1000);
    }

    private static bool HasStep(SpendLimit limit, LimitAction action, int mostPermille) =>
        limit.Steps.Any(step => step.Action == action && step.Permille <= mostPermille);

    private void CheckVat()
    {
        if (_version.VatPermille is not (0 or 210))
        {
            Report(
                _source.Section, null, isInForce: true,
                $"VAT of {_version.VatPermille / 10m} % is not for telecommunication: it is 21 % (vatPermille: 210), or 0 where VAT is "
                + $"reverse charged; {Vat}.",
                FaultCodes.VatRate);
        }
    }

    private void CheckRoaming(DateTimeOffset? end)
    {
        foreach (IGrouping<string?, string> zone in RoamLikeAtHome.GroupBy(_finder.Places.ZoneOf))
        {
            CheckRoaming(zone.Key, zone.First(), isInForce: true);
        }

        foreach (IGrouping<string?, string> zone in RoamLikeAtHomeByAgreement.GroupBy(_finder.Places.ZoneOf))
        {
            if (end is null || end > ByAgreementFrom)
            {
                CheckRoaming(zone.Key, zone.First(), isInForce: _version.ValidFrom >= ByAgreementFrom);
            }
        }
    }

    private void CheckRoaming(string? zone, string mcc, bool isInForce)
    {
        if (zone is null or RoamingZone.Home)
        {
            return;
        }

        CheckRoaming(UsageKind.Data, Direction.NotApplicable, null, zone, mcc, isInForce, 1_000, 1_000_000, WholesaleCap.OctetsPerGigabyte);
        string? mobile = _finder.Places.DestinationOf(BelgianMobile).Name;
        CheckRoaming(UsageKind.Voice, Direction.Originating, mobile, zone, mcc, isInForce, 1, 30, 60, 61);
        CheckRoaming(UsageKind.Voice, Direction.Terminating, null, zone, mcc, isInForce, 1, 60);
        CheckRoaming(UsageKind.Sms, Direction.Originating, mobile, zone, mcc, isInForce, 1);
        CheckRoaming(UsageKind.Sms, Direction.Terminating, null, zone, mcc, isInForce, 1);
        foreach ((Bundle bundle, YamlSection line) in _version.Bundles.Zip(_source.Bundles))
        {
            bool isDomestic = bundle.Zones.Contains(RoamingZone.Home) && !bundle.Zones.Contains(zone);
            if (isDomestic && _finder.Find(bundle.Kind, zone, mobile, Direction.Originating).Any(index => index >= 0))
            {
                Report(
                    line, "zones", isInForce,
                    $"the bundle is for the home network and not for zone '{zone}', which network {mcc} is in: an allowance at home "
                    + $"holds in the EU too, as far as fair use goes; {Roaming}.",
                    FaultCodes.RoamingSurcharge);
            }
        }
    }

    private void CheckRoaming(
        UsageKind kind, Direction direction, string? destination, string zone, string mcc, bool isInForce, params long[] samples)
    {
        foreach (IReadOnlySet<string> time in _finder.Places.Times)
        {
            int abroad = _finder.Find(kind, zone, destination, direction, time);
            int home = _finder.Find(kind, RoamingZone.Home, destination, direction, time);
            foreach (long units in samples)
            {
                decimal? free = direction == Direction.Terminating ? 0 : null;
                decimal? atHome = home < 0 ? free : PriceFinder.Cost(_version.Prices[home], units);
                decimal? there = abroad < 0 ? null : PriceFinder.Cost(_version.Prices[abroad], units);
                if (there > atHome)
                {
                    Report(
                        _source.Prices[abroad], "price", isInForce,
                        $"{units} {UnitName(kind)} cost {Text(there.Value)} in zone '{zone}', which network {mcc} is in, and "
                        + $"{Text(atHome.Value)} at home: no surcharge for roaming in the EU; {Roaming}.",
                        FaultCodes.RoamingSurcharge);
                    return;
                }
            }
        }
    }

    private void CheckUnionCalls()
    {
        CheckUnionUse(UsageKind.Voice, 60, 0.23m, "a minute of a call to");
        CheckUnionUse(UsageKind.Sms, 1, 0.07m, "an SMS to");
    }

    private void CheckUnionUse(UsageKind kind, long units, decimal most, string what)
    {
        bool hasDestinations = _version.Destinations.Count > 0;
        foreach (string code in hasDestinations ? UnionCodes : UnionCodes[..1])
        {
            string? destination = _finder.Places.DestinationOf(code + "00000000").Name;
            foreach (int index in _finder.Find(kind, RoamingZone.Home, destination, Direction.Originating))
            {
                decimal? cost = index < 0 ? null : WithVat(PriceFinder.Cost(_version.Prices[index], units));
                if (cost <= most || cost is null)
                {
                    continue;
                }

                if (!hasDestinations)
                {
                    _source.Prices[index].Warn(
                        "price",
                        $"this price is for calls or messages to the EU too, since no destination tells them apart, and {Text(cost.Value)} "
                        + $"with VAT is above the {Text(most)} of {IntraUnion}.",
                        FaultCodes.CapWithoutDestination);
                    return;
                }

                Report(
                    _source.Prices[index], "price", isInForce: true,
                    $"{what} +{code}… (destination '{destination}') costs {Text(cost.Value)} with VAT, and at most {Text(most)} is allowed "
                    + $"from Belgium to the EU; {IntraUnion}.",
                    FaultCodes.UnionCallCap);
                return;
            }
        }
    }

    private void CheckNumbers()
    {
        foreach (string number in new[] { "112", "100", "101" })
        {
            string? destination = _finder.Places.DestinationOf(number).Name;
            foreach (RoamingZone zone in destination is null ? [] : _version.Zones)
            {
                int priced = _finder.Find(UsageKind.Voice, zone.Name, destination, Direction.Originating)
                    .FirstOrDefault(index => index >= 0 && PriceFinder.Cost(_version.Prices[index], 60) > 0, -1);
                if (priced >= 0)
                {
                    Report(
                        _source.Prices[priced], null, isInForce: true,
                        $"this price is for calls to {number} too (destination '{destination}'): emergency calls are free of charge; "
                        + $"{Emergency}. Put a zero-rated price for a destination with the short number above it.",
                        FaultCodes.EmergencyCall);
                    return;
                }
            }
        }

        foreach ((string prefix, decimal most, bool isPerCall) in Special)
        {
            CheckSpecial(prefix, most, isPerCall);
        }
    }

    private void CheckSpecial(string prefix, decimal most, bool isPerCall)
    {
        (string? destination, int digits) = _finder.Places.DestinationOf(prefix + "00000");
        if (destination is null || digits < prefix.Length)
        {
            return;
        }

        foreach (int index in _finder.Find(UsageKind.Voice, RoamingZone.Home, destination, Direction.Originating))
        {
            if (index < 0)
            {
                continue;
            }

            // A call of ten hours costs what the whole call may cost at most.
            decimal? cost = WithVat(PriceFinder.Cost(_version.Prices[index], isPerCall ? 36_000 : 60));
            if (cost > most)
            {
                Report(
                    _source.Prices[index], "price", isInForce: true,
                    $"a {(isPerCall ? "call" : "minute of a call")} to +{prefix}… (destination '{destination}') may cost at most "
                    + $"{Text(most)} with VAT{(isPerCall ? ", however long it is (model: flat, or maximumCharge)" : "")}; "
                    + $"{SpecialNumbers}.",
                    FaultCodes.SpecialNumberMaximum);
                return;
            }
        }
    }

    private void CheckFairUse(DateTimeOffset? end)
    {
        for (int index = 0; index < _version.Prices.Count; index++)
        {
            OfferingPrice price = _version.Prices[index];
            Bundle[] bundles = [.. _version.Bundles.Where(bundle => HasFairUse(bundle, price))];
            if (_source.Surcharges[index] is not { } surcharge)
            {
                if (bundles.Length > 0)
                {
                    _source.Prices[index].Warn(
                        null,
                        $"above the fair use volume of bundle '{bundles[0].Id}' nothing more is due, because this price has no "
                        + "'aboveFairUse'.",
                        FaultCodes.FairUseSurcharge);
                }

                continue;
            }

            if (bundles.Length == 0)
            {
                _source.Prices[index].Warn(
                    "aboveFairUse", "no bundle that this price draws has a 'fairUse' in its zone, so nobody pays this surcharge.",
                    FaultCodes.PriceHidden);
            }

            foreach (WholesaleCap cap in WholesaleCap.Between(price.Kind, _version.ValidFrom, end))
            {
                decimal net = WithoutVat(surcharge.Price * cap.Units) / surcharge.Units;
                if (net > cap.Amount)
                {
                    Report(
                        _source.Prices[index], "aboveFairUse", cap.From <= _version.ValidFrom,
                        $"the surcharge is {Text(net)} without VAT, and the wholesale cap from {cap.FromDay:yyyy-MM-dd} on is "
                        + $"{Text(cap.Amount)}, which is charged instead; {FairUsePolicy}.",
                        FaultCodes.FairUseSurcharge);
                    break;
                }
            }
        }

        CheckFairUseVolume(end);
    }

    /// <summary>Whether usage at the price can be in the fair use zone of the bundle and be covered by it.</summary>
    private static bool HasFairUse(Bundle bundle, OfferingPrice price)
    {
        string zone = bundle.FairUseZone;
        IReadOnlyList<string> zones = price.Zone.Length == 0 ? price.Zones : [price.Zone, .. price.Zones];
        return zone.Length > 0 && price.Bundle && bundle.Kind == price.Kind
            && (bundle.Zones.Count == 0 || bundle.Zones.Contains(zone)) && (zones.Count == 0 || zones.Contains(zone));
    }

    private void CheckFairUseVolume(DateTimeOffset? end)
    {
        decimal fee = FairUseTerms.MonthlyFee(_source.Terms);
        foreach ((BundleTerms terms, YamlSection line) in _source.Terms.Bundles.Zip(_source.Bundles))
        {
            if (terms.FairUseUnits is not { } volume || terms.Unit != PriceUnit.Octet)
            {
                continue;
            }

            // Twice the net price in whole gigabytes of the wholesale cap, begun ones too. The cap falls, so the volume grows.
            foreach ((int index, WholesaleCap cap) in WholesaleCap.Between(UsageKind.Data, _version.ValidFrom, end).Index())
            {
                long least = FairUseTerms.VolumeOf(_version, fee, cap);
                if (volume < least)
                {
                    Report(
                        line, "fairUse", isInForce: index == 0,
                        $"the volume must be at least {least / WholesaleCap.OctetsPerGigabyte} GB from {cap.FromDay:yyyy-MM-dd} on: twice "
                        + $"the net price of the month, {Text(WithoutVat(fee))}, by the wholesale cap, {Text(cap.Amount)}; "
                        + $"{FairUsePolicy}.",
                        FaultCodes.FairUseVolume);
                    break;
                }
            }
        }
    }

    /// <summary>
    /// A fault when the rule holds from the version's begin, a warning when it comes later, or where the home network is none of Belgium:
    /// offerings of test networks (MCC 001) are sold to nobody.
    /// </summary>
    private void Report(YamlSection line, string? key, bool isInForce, string sentence, string code)
    {
        bool isBelgian = _version.Zones.Any(
            zone => zone.Name == RoamingZone.Home && zone.Plmns.Any(plmn => plmn.StartsWith(Belgium, StringComparison.Ordinal)));
        if (isInForce && isBelgian)
        {
            line.Fault(key, sentence, code);
        }
        else
        {
            string why = isBelgian
                ? "The rule begins while this version is in force: add a version that begins with it."
                : $"It is not refused, because the home network is none of Belgium (MCC {Belgium}).";
            line.Warn(key, $"{sentence} {why}", code);
        }
    }

    private decimal? WithVat(decimal? amount) =>
        _version.PriceBasis == PriceBasis.Gross ? amount : amount * (1 + (_version.VatPermille / 1000m));

    private decimal WithoutVat(decimal amount) =>
        _version.PriceBasis == PriceBasis.Net ? amount : amount / (1 + (_version.VatPermille / 1000m));

    private static string UnitName(UsageKind kind) => kind switch
    {
        UsageKind.Data => "octets",
        UsageKind.Voice => "seconds",
        _ => "messages",
    };

    private static string Text(decimal amount) => amount.ToString("0.00#######", CultureInfo.InvariantCulture);
}
