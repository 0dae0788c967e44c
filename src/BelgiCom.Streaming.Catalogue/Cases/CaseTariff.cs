using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>Makes offering versions of the tariff that a case carries.</summary>
internal static class CaseTariff
{
    private const int DayEnd = 86_400;

    /// <summary>The Belgian public holidays (act of 4 January 1974, royal decree of 18 April 1974).</summary>
    private static readonly Holiday[] Belgian =
    [
        new() { Name = "new-year", Month = 1, Day = 1 },
        new() { Name = "easter-monday", Easter = 1 },
        new() { Name = "labour-day", Month = 5, Day = 1 },
        new() { Name = "ascension", Easter = 39 },
        new() { Name = "whit-monday", Easter = 50 },
        new() { Name = "national-day", Month = 7, Day = 21 },
        new() { Name = "assumption", Month = 8, Day = 15 },
        new() { Name = "all-saints", Month = 11, Day = 1 },
        new() { Name = "armistice", Month = 11, Day = 11 },
        new() { Name = "christmas", Month = 12, Day = 25 },
    ];

    private static readonly DateTimeOffset Always = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The versions, with the bundles that a subscriber may use.</summary>
    /// <param name="tariff">The tariff.</param>
    /// <param name="offering">Id to give to the offering.</param>
    /// <param name="subscriber">The subscriber.</param>
    public static IReadOnlyList<OfferingVersion> Versions(CaseObject tariff, string offering, string subscriber) =>
        tariff.Has("versions")
            ? [.. tariff.Objects("versions").Select((version, index) => Version(tariff, version, index, offering, subscriber))]
            : [Version(tariff, tariff, 0, offering, subscriber)];

    /// <summary>
    /// The versions of the offering that a subscriber has. It is one for all where something counts for the account under an offering; else
    /// each has its own, because bundles may name who has them.
    /// </summary>
    /// <param name="tariff">The tariff.</param>
    /// <param name="subscriber">The subscriber.</param>
    public static IReadOnlyList<OfferingVersion> Versions(CaseObject tariff, string subscriber)
    {
        IReadOnlyList<OfferingVersion> versions = Versions(tariff, $"case-{subscriber}", subscriber);
        return versions.Any(version => version.Prices.Any(price => price.CountsAccount)
            || version.Limits.Any(limit => limit.Scope == SpendScope.Account) || AccountTerms.DependOnMembers(version))
            ? [.. versions.Select(version => version with { Offering = "case" })]
            : versions;
    }

    /// <summary>An instant with its offset.</summary>
    public static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.None);

    /// <summary>An amount in decimal digits.</summary>
    public static decimal Amount(string text) => decimal.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private static OfferingVersion Version(CaseObject tariff, CaseObject version, int index, string offering, string subscriber)
    {
        List<RoamingZone> zones = [
            .. Named(version, tariff, "zones").Select(zone => new RoamingZone { Name = zone.Name, Plmns = zone.Values })];
        if (zones.All(zone => zone.Name != RoamingZone.Home))
        {
            zones.Add(new RoamingZone { Name = RoamingZone.Home, Plmns = zones.Count == 0 ? [RoamingZone.AnyOther] : [] });
        }

        return new OfferingVersion
        {
            Offering = offering,
            Name = offering,
            Version = (int)(version.OptionalWhole("version") ?? index + 1),
            ValidFrom = version.OptionalText("validFrom") is { } from ? Instant(from) : Always,
            ValidTo = version.OptionalText("validTo") is { } to ? Instant(to) : null,
            Currency = tariff.OptionalText("currency") ?? "EUR",
            VatPermille = (int)(tariff.OptionalWhole("vatPermille") ?? 0),
            PriceBasis = Choice(tariff, "priceBasis", PriceBasis.Net, ("net", PriceBasis.Net), ("gross", PriceBasis.Gross)),
            PaymentMethod = Choice(
                tariff, "paymentMethod", PaymentMethod.PostPaid, ("postPaid", PaymentMethod.PostPaid), ("prePaid", PaymentMethod.PrePaid)),
            TopUps = [.. List(version, tariff, "onTopUp").Select(TopUp)],
            Zones = zones,
            Destinations = [
                .. Named(version, tariff, "destinations").Select(
                    destination => new Destination { Name = destination.Name, Prefixes = destination.Values })],
            Bands = [.. List(version, tariff, "bands").Select(Band)],
            Holidays = Holidays(tariff),
            Prices = [.. List(version, tariff, "prices").Select(Price)],
            Bundles = [
                .. List(version, tariff, "bundles")
                    .Select(bundle => (
                        Bundle: WithFairUse(Bundle(bundle), bundle.OptionalObject("fairUse")),
                        IsOpen: IsOpenTo(bundle, "members", subscriber) & IsOpenTo(bundle, "owner", subscriber)))
                    .Where(bundle => bundle.IsOpen)
                    .Select(bundle => bundle.Bundle)],
            Limits = [.. List(version, tariff, "limits").Select(Limit)],
        };
    }

    private static OfferingLimit Limit(CaseObject limit) => new()
    {
        Id = limit.Text("id"),
        Scope = Choice(limit, "shared", false, ("account", true)) ? SpendScope.Account : Choice(
            limit, "scope", SpendScope.Other, ("roaming-data", SpendScope.RoamingData), ("domestic", SpendScope.Domestic),
            ("all", SpendScope.All)),
        Kinds = [.. Texts(limit, "kinds").Select(word => PriceReader.Kinds.First(kind => kind.Symbol == word).Value)],
        Zones = Texts(limit, "zones"),
        PassesOnly = Choice(limit, "counts", false, ("usage", false), ("passes", true)),
        Amount = limit.OptionalDecimal("amount") ?? 0,
        Basis = limit.Basis("basis"),
        Steps = [
            .. limit.Objects("steps").Select(step => new OfferingLimitStep
            {
                Permille = (int)step.Whole("permille"),
                Notification = step.Text("type"),
            })],
    };

    private static OfferingPrice Price(CaseObject price)
    {
        UsageKind kind = Kind(price);
        Quantity per = Units(price, "per") ?? new Quantity(1, NaturalUnit(kind));
        string model = price.OptionalText("model") ?? "unit";
        decimal amount = price.OptionalDecimal("price") ?? 0;
        return new OfferingPrice
        {
            Id = price.OptionalText("id") ?? "",
            Kind = kind,
            Zone = price.OptionalText("zone") ?? "",
            Zones = Texts(price, "zones"),
            Destinations = price.OptionalText("destination") is { } destination ? [destination] : Texts(price, "destinations"),
            Bands = price.OptionalText("band") is { } band ? [band] : Texts(price, "bands"),
            Direction = DirectionOf(price),
            RatingGroups = price.Has("ratingGroups") ? [.. price.Wholes("ratingGroups")] : [],
            ServiceIdentifiers = price.Has("serviceIdentifiers") ? [.. price.Wholes("serviceIdentifiers")] : [],
            Model = model switch
            {
                "graduated" => PriceModel.Graduated,
                "volume" => PriceModel.Volume,
                "package" => PriceModel.Package,
                "percentage" => PriceModel.Percentage,
                "flat" => PriceModel.Flat,
                "pass" => PriceModel.Pass,
                "zero" => PriceModel.Zero,
                "unit" => PriceModel.Unit,
                _ => throw new FormatException($"'{model}' is no model of a price"),
            },
            Unit = per.Unit,
            UnitSize = per.Units,
            UnitPrice = amount,
            Increment = Units(price, "increment")?.Units ?? 1,
            Minimum = Units(price, "minimumUnits")?.Units ?? 0,
            ConnectFee = price.OptionalDecimal("connectFee") ?? 0,
            MinimumCharge = price.OptionalDecimal("minimumCharge") ?? price.OptionalDecimal("minimum"),
            MaximumCharge = price.OptionalDecimal("maximumCharge") ?? price.OptionalDecimal("maximum"),
            CountsAccount = CountsAccount(price),
            CalledInGroup = Choice(price, "calledIn", false, ("group", true)),
            Percent = price.OptionalDecimal("percent"),
            Fixed = price.OptionalDecimal("fixed"),
            Bundle = model is not ("zero" or "flat" or "percentage" or "pass"),
            Split = Choice(
                price, "split", VolumeSplit.ByStart, ("byStart", VolumeSplit.ByStart), ("proportional", VolumeSplit.Proportional)),
            Package = Units(price, "package")?.Units ?? 0,
            FreeUnits = Units(price, "freeUnits")?.Units ?? 0,
            Steps = [.. List(price, price, "steps").Select(step => Step(step, amount, per))],
            Tiers = [.. List(price, price, "tiers").Select(tier => Tier(tier, per))],
            AboveFairUse = price.OptionalObject("aboveFairUse") is { } above
                ?
                [
                    new FairUseSurcharge
                    {
                        From = Always,
                        UnitPrice = above.OptionalDecimal("price") ?? 0,
                        UnitSize = (Units(above, "per") ?? per).Units,
                    },
                ]
                : [],
            Pass = model == "pass"
                ? new Pass
                {
                    Id = price.OptionalText("passId") ?? "",
                    ValiditySeconds = DaysOf(price) > 0 ? 0 : Units(price, "validity")?.Units ?? 0,
                    ValidityDays = DaysOf(price),
                    MaximumPerMonth = (int)(price.OptionalWhole("maxPerPeriod") ?? 0),
                    FreeMessages = price.OptionalWhole("freeMessages") ?? 0,
                }
                : null,
        };
    }

    private static bool CountsAccount(CaseObject price) =>
        Choice(price, "counts", false, ("subscriber", false), ("account", true));

    private static PriceStep Step(CaseObject step, decimal price, Quantity per)
    {
        Quantity size = Units(step, "per") ?? per;
        return new PriceStep
        {
            From = Units(step, "from")?.Units ?? 0,
            UnitPrice = step.OptionalDecimal("price") ?? price,
            UnitSize = size.Units,
            Increment = Units(step, "increment")?.Units ?? 1,
        };
    }

    private static PriceTier Tier(CaseObject tier, Quantity per) => new()
    {
        UpTo = Units(tier, "upTo")?.Units ?? -1,
        UnitPrice = tier.OptionalDecimal("price") ?? 0,
        UnitSize = (Units(tier, "per") ?? per).Units,
        Package = Units(tier, "package")?.Units ?? 0,
        Flat = tier.OptionalDecimal("flat") ?? 0,
    };

    private static Bundle Bundle(CaseObject bundle)
    {
        CaseObject? rollover = bundle.OptionalObject("rollover");
        return new Bundle
        {
            Id = bundle.OptionalText("id") ?? "",
            Kind = Kind(bundle),
            Units = Units(bundle, "units")?.Units ?? 0,
            Zones = Texts(bundle, "zones"),
            Destinations = Texts(bundle, "destinations"),
            Priority = (int)(bundle.OptionalWhole("priority") ?? 0),
            ValidFrom = bundle.OptionalText("from") is { } from ? Instant(from) : null,
            ValidTo = bundle.OptionalText("to") is { } to ? Instant(to) : null,
            Shared = bundle.Has("members"),
            RolloverMaximum = rollover is null ? 0 : Units(rollover, "maximum")?.Units ?? 0,
            RolloverPeriods = (int)Math.Clamp(rollover?.OptionalWhole("periods") ?? 1, 0, int.MaxValue),
            ProRataStep = bundle.OptionalObject("proRata") is { } proRata ? Units(proRata, "roundUpTo")?.Units ?? 1 : 0,
            Contributed = Choice(bundle, "contributedBy", false, ("device", true)),
        };
    }

    private static TopUpGrant TopUp(CaseObject topUp)
    {
        CaseObject bundle = topUp.Object("bundle");
        return new TopUpGrant
        {
            AtLeast = topUp.OptionalDecimal("atLeast") ?? 0,
            Bundle = Bundle(bundle),
            ValiditySeconds = DaysOf(bundle) > 0 ? DaysOf(bundle) * 86_400L : Units(bundle, "validity")?.Units ?? 0,
        };
    }

    private static Bundle WithFairUse(Bundle bundle, CaseObject? fairUse) => fairUse is null
        ? bundle
        : bundle with
        {
            FairUseZone = fairUse.Text("zone"),
            FairUse = [new FairUseVolume { From = Always, Units = Units(fairUse, "volume")?.Units ?? 0 }],
        };

    private static TimeBand Band(CaseObject band) => new()
    {
        Name = band.OptionalText("name") ?? "",
        Days = Texts(band, "days"),
        From = SecondOf(band.OptionalText("from")) ?? 0,
        To = SecondOf(band.OptionalText("to")) ?? DayEnd,
    };

    private static int? SecondOf(string? clock)
    {
        if (clock is null)
        {
            return null;
        }

        int[] parts = [.. clock.Split(':').Select(part => int.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture))];
        return (parts[0] * 3600) + (parts[1] * 60) + (parts.Length > 2 ? parts[2] : 0);
    }

    private static Holiday[] Holidays(CaseObject tariff)
    {
        if (!tariff.Has("holidays") || tariff.IsText("holidays"))
        {
            return tariff.OptionalText("holidays") switch
            {
                null => [],
                "BE" => Belgian,
                string other => throw new FormatException($"'holidays' is {other}, and must be BE or dates"),
            };
        }

        return [
            .. tariff.Texts("holidays")
                .Select(date => DateOnly.Parse(date, CultureInfo.InvariantCulture))
                .Select(date => new Holiday { Name = "", Year = date.Year, Month = date.Month, Day = date.Day })];
    }

    /// <summary>Whether a bundle names the subscriber, or nobody.</summary>
    private static bool IsOpenTo(CaseObject bundle, string key, string subscriber) =>
        !bundle.Has(key) || (bundle.IsText(key) ? bundle.Text(key) == subscriber : bundle.Texts(key).Contains(subscriber));

    /// <summary>The kind of usage of an event, a price or a bundle.</summary>
    public static UsageKind Kind(CaseObject element) => Choice(element, "kind", UsageKind.Event, PriceReader.Kinds);

    /// <summary>The direction of an event or a price; not applicable where it names none.</summary>
    public static Direction DirectionOf(CaseObject element) => Choice(
        element, "direction", Direction.NotApplicable, ("originating", Direction.Originating), ("terminating", Direction.Terminating));

    /// <summary>One of the words that a case may write; another one is no case that can be run.</summary>
    private static T Choice<T>(CaseObject element, string key, T otherwise, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (element.OptionalText(key) is not { } text)
        {
            return otherwise;
        }

        foreach ((string word, T value) in choices)
        {
            if (word == text)
            {
                return value;
            }
        }

        throw new FormatException($"'{key}' is {text}, which no case writes there");
    }

    /// <summary>Calendar days that a pass lasts, such as 1 day; 0 for elapsed time.</summary>
    private static int DaysOf(CaseObject price) =>
        price.OptionalText("validity") is { } text && text.Split(' ') is [string number, "day" or "days"]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int days)
            ? days
            : 0;

    private static PriceUnit NaturalUnit(UsageKind kind) => kind switch
    {
        UsageKind.Data => PriceUnit.Octet,
        UsageKind.Voice => PriceUnit.Second,
        UsageKind.Sms => PriceUnit.Message,
        _ => PriceUnit.Unit,
    };

    private static Quantity? Units(CaseObject element, string key) => element.OptionalText(key) is not { } text
        ? null
        : Quantity.TryParse(text, out Quantity quantity)
            ? quantity
            : throw new FormatException($"'{text}' is no quantity: a whole number and one of {Quantity.Known}.");

    private static IReadOnlyList<string> Texts(CaseObject element, string key) => element.Has(key) ? element.Texts(key) : [];

    private static IReadOnlyList<CaseObject> List(CaseObject nearer, CaseObject farther, string key) =>
        nearer.Has(key) ? nearer.Objects(key) : farther.Has(key) ? farther.Objects(key) : [];

    private static IReadOnlyList<(string Name, IReadOnlyList<string> Values)> Named(CaseObject nearer, CaseObject farther, string key) =>
        (nearer.OptionalObject(key) ?? farther.OptionalObject(key)) is { } named
            ? [.. named.Names.Select(name => (name, named.Texts(name)))]
            : [];
}
