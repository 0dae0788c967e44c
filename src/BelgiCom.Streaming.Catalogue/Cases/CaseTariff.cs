using System.Globalization;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;

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
    public static IReadOnlyList<OfferingVersion> Versions(JsonElement tariff, string offering, string subscriber) =>
        tariff.TryGetProperty("versions", out JsonElement versions)
            ? [.. versions.EnumerateArray().Select((version, index) => Version(tariff, version, index, offering, subscriber))]
            : [Version(tariff, tariff, 0, offering, subscriber)];

    /// <summary>An instant with its offset.</summary>
    public static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.None);

    /// <summary>An amount in decimal digits.</summary>
    public static decimal Amount(string text) => decimal.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private static OfferingVersion Version(JsonElement tariff, JsonElement version, int index, string offering, string subscriber)
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
            Version = version.TryGetProperty("version", out JsonElement number) ? number.GetInt32() : index + 1,
            ValidFrom = Optional(version, "validFrom") is { } from ? Instant(from) : Always,
            ValidTo = Optional(version, "validTo") is { } to ? Instant(to) : null,
            Currency = Optional(tariff, "currency") ?? "EUR",
            VatPermille = tariff.TryGetProperty("vatPermille", out JsonElement vat) ? vat.GetInt32() : 0,
            PriceBasis = Optional(tariff, "priceBasis") == "gross" ? PriceBasis.Gross : PriceBasis.Net,
            Zones = zones,
            Destinations = [
                .. Named(version, tariff, "destinations").Select(
                    destination => new Destination { Name = destination.Name, Prefixes = destination.Values })],
            Bands = [.. List(version, tariff, "bands").Select(Band)],
            Holidays = Holidays(tariff),
            Prices = [.. List(version, tariff, "prices").Select(Price)],
            Bundles = [
                .. List(version, tariff, "bundles")
                    .Where(bundle => IsOpenTo(bundle, "members", subscriber) && IsOpenTo(bundle, "owner", subscriber))
                    .Select(Bundle)],
        };
    }

    private static OfferingPrice Price(JsonElement price)
    {
        UsageKind kind = Kind(price);
        Quantity per = Units(price, "per") ?? new Quantity(1, NaturalUnit(kind));
        string model = Optional(price, "model") ?? "unit";
        decimal amount = AmountOf(price, "price") ?? 0;
        return new OfferingPrice
        {
            Id = Optional(price, "id") ?? "",
            Kind = kind,
            Zone = Optional(price, "zone") ?? "",
            Destinations = Optional(price, "destination") is { } destination ? [destination] : [],
            Bands = Optional(price, "band") is { } band ? [band] : [],
            Direction = Optional(price, "direction") switch
            {
                "originating" => Direction.Originating,
                "terminating" => Direction.Terminating,
                _ => Direction.NotApplicable,
            },
            RatingGroups = price.TryGetProperty("ratingGroups", out JsonElement groups)
                ? [.. groups.EnumerateArray().Select(group => group.GetInt64())]
                : [],
            Model = model switch
            {
                "graduated" => PriceModel.Graduated,
                "volume" => PriceModel.Volume,
                "package" => PriceModel.Package,
                "percentage" => PriceModel.Percentage,
                "flat" => PriceModel.Flat,
                "pass" => PriceModel.Pass,
                "zero" => PriceModel.Zero,
                _ => PriceModel.Unit,
            },
            Unit = per.Unit,
            UnitSize = per.Units,
            UnitPrice = amount,
            Increment = Units(price, "increment")?.Units ?? 1,
            Minimum = Units(price, "minimumUnits")?.Units ?? 0,
            ConnectFee = AmountOf(price, "connectFee") ?? 0,
            MinimumCharge = AmountOf(price, "minimumCharge") ?? AmountOf(price, "minimum"),
            MaximumCharge = AmountOf(price, "maximumCharge") ?? AmountOf(price, "maximum"),
            Percent = AmountOf(price, "percent"),
            Fixed = AmountOf(price, "fixed"),
            Bundle = model is not ("zero" or "flat" or "percentage" or "pass"),
            Split = Optional(price, "split") == "proportional" ? VolumeSplit.Proportional : VolumeSplit.ByStart,
            Package = Units(price, "package")?.Units ?? 0,
            FreeUnits = Units(price, "freeUnits")?.Units ?? 0,
            Steps = [.. List(price, price, "steps").Select(step => Step(step, amount, per))],
            Tiers = [.. List(price, price, "tiers").Select(tier => Tier(tier, per))],
            Pass = model == "pass"
                ? new Pass
                {
                    Id = Optional(price, "passId") ?? "",
                    ValiditySeconds = Units(price, "validity")?.Units ?? 0,
                    MaximumPerMonth = price.TryGetProperty("maxPerPeriod", out JsonElement most) ? most.GetInt32() : 0,
                    FreeMessages = price.TryGetProperty("freeMessages", out JsonElement free) ? free.GetInt64() : 0,
                }
                : null,
        };
    }

    private static PriceStep Step(JsonElement step, decimal price, Quantity per)
    {
        Quantity size = Units(step, "per") ?? per;
        return new PriceStep
        {
            From = Units(step, "from")?.Units ?? 0,
            UnitPrice = AmountOf(step, "price") ?? price,
            UnitSize = size.Units,
            Increment = Units(step, "increment")?.Units ?? 1,
        };
    }

    private static PriceTier Tier(JsonElement tier, Quantity per) => new()
    {
        UpTo = Units(tier, "upTo")?.Units ?? -1,
        UnitPrice = AmountOf(tier, "price") ?? 0,
        UnitSize = (Units(tier, "per") ?? per).Units,
        Package = Units(tier, "package")?.Units ?? 0,
        Flat = AmountOf(tier, "flat") ?? 0,
    };

    private static Bundle Bundle(JsonElement bundle) => new()
    {
        Id = Optional(bundle, "id") ?? "",
        Kind = Kind(bundle),
        Units = Units(bundle, "units")?.Units ?? 0,
        Zones = Texts(bundle, "zones"),
        Destinations = Texts(bundle, "destinations"),
        Priority = bundle.TryGetProperty("priority", out JsonElement priority) ? priority.GetInt32() : 0,
        ValidFrom = Optional(bundle, "from") is { } from ? Instant(from) : null,
        ValidTo = Optional(bundle, "to") is { } to ? Instant(to) : null,
        Shared = bundle.TryGetProperty("members", out _),
    };

    private static TimeBand Band(JsonElement band) => new()
    {
        Name = Optional(band, "name") ?? "",
        Days = Texts(band, "days"),
        From = SecondOf(Optional(band, "from")) ?? 0,
        To = SecondOf(Optional(band, "to")) ?? DayEnd,
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

    private static Holiday[] Holidays(JsonElement tariff)
    {
        if (!tariff.TryGetProperty("holidays", out JsonElement holidays))
        {
            return [];
        }

        return holidays.ValueKind == JsonValueKind.String
            ? Belgian
            : [
                .. holidays.EnumerateArray()
                    .Select(date => DateOnly.Parse(date.GetString()!, CultureInfo.InvariantCulture))
                    .Select(date => new Holiday { Name = "", Year = date.Year, Month = date.Month, Day = date.Day })];
    }

    /// <summary>Whether a bundle names the subscriber, or nobody.</summary>
    private static bool IsOpenTo(JsonElement bundle, string key, string subscriber) =>
        !bundle.TryGetProperty(key, out JsonElement names)
        || (names.ValueKind == JsonValueKind.String
            ? names.GetString() == subscriber
            : names.EnumerateArray().Any(name => name.GetString() == subscriber));

    private static UsageKind Kind(JsonElement element) => Optional(element, "kind") switch
    {
        "data" => UsageKind.Data,
        "voice" => UsageKind.Voice,
        "sms" => UsageKind.Sms,
        _ => UsageKind.Event,
    };

    private static PriceUnit NaturalUnit(UsageKind kind) => kind switch
    {
        UsageKind.Data => PriceUnit.Octet,
        UsageKind.Voice => PriceUnit.Second,
        UsageKind.Sms => PriceUnit.Message,
        _ => PriceUnit.Unit,
    };

    private static Quantity? Units(JsonElement element, string key) => Optional(element, key) is not { } text
        ? null
        : Quantity.TryParse(text, out Quantity quantity)
            ? quantity
            : throw new InvalidOperationException($"'{text}' is no quantity: a whole number and one of {Quantity.Known}.");

    private static decimal? AmountOf(JsonElement element, string key) => Optional(element, key) is { } text ? Amount(text) : null;

    private static string? Optional(JsonElement element, string key) =>
        element.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IReadOnlyList<string> Texts(JsonElement element, string key) =>
        element.TryGetProperty(key, out JsonElement list) ? [.. list.EnumerateArray().Select(text => text.GetString() ?? "")] : [];

    private static JsonElement[] List(JsonElement nearer, JsonElement farther, string key) =>
        nearer.TryGetProperty(key, out JsonElement list) || farther.TryGetProperty(key, out list) ? [.. list.EnumerateArray()] : [];

    private static IEnumerable<(string Name, IReadOnlyList<string> Values)> Named(JsonElement nearer, JsonElement farther, string key) =>
        nearer.TryGetProperty(key, out JsonElement named) || farther.TryGetProperty(key, out named)
            ? named.EnumerateObject().Select(
                member => (member.Name, (IReadOnlyList<string>)[.. member.Value.EnumerateArray().Select(text => text.GetString() ?? "")]))
            : [];
}
