using System.Globalization;
using System.Numerics;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Reads a golden case of the kind "rate" for the slow rater.</summary>
internal sealed class SlowGolden(JsonElement golden)
{
    private static readonly Dictionary<string, long> Sizes = new()
    {
        ["s"] = 1,
        ["min"] = 60,
        ["h"] = 3600,
        ["B"] = 1,
        ["kB"] = 1000,
        ["MB"] = 1_000_000,
        ["GB"] = 1_000_000_000,
        ["KiB"] = 1024,
        ["MiB"] = 1024 * 1024,
        ["GiB"] = 1024 * 1024 * 1024,
        ["message"] = 1,
        ["messages"] = 1,
        ["unit"] = 1,
        ["units"] = 1,
    };

    private static readonly (int Month, int Day, int Easter)[] Belgian =
        [(1, 1, 0), (0, 0, 1), (5, 1, 0), (0, 0, 39), (0, 0, 50), (7, 21, 0), (8, 15, 0), (11, 1, 0), (11, 11, 0), (12, 25, 0)];

    private readonly JsonElement _tariff = golden.GetProperty("tariff");

    public string Id => Text(golden, "id")!;

    /// <summary>The subscribers whose usage there is.</summary>
    public IReadOnlyList<string> Subscribers => [.. Usage.Select(usage => usage.Subscriber).Distinct()];

    public IReadOnlyList<SlowUsage> Usage => [.. golden.GetProperty("events").EnumerateArray().Select(UsageOf)];

    public IReadOnlyList<JsonElement> Expected => [.. golden.GetProperty("expected").GetProperty("events").EnumerateArray()];

    public BigInteger Total => Nanos(golden.GetProperty("expected"), "total");

    public IReadOnlyList<(string Id, BigInteger Remaining)> Buckets => [
        .. List(golden.GetProperty("expected"), "buckets").Select(bucket => (Text(bucket, "id")!, Whole(bucket, "remaining")))];

    /// <summary>The versions, with the bundles that a subscriber may use.</summary>
    public IReadOnlyList<OfferingVersion> Versions(string subscriber) => _tariff.TryGetProperty("versions", out JsonElement versions)
        ? [.. versions.EnumerateArray().Select(version => Version(version, subscriber))]
        : [Version(_tariff, subscriber)];

    public static BigInteger Nanos(JsonElement element, string key) =>
        SlowTariff.Nanos(decimal.Parse(Text(element, key)!, CultureInfo.InvariantCulture));

    public static BigInteger Whole(JsonElement element, string key) =>
        element.TryGetProperty(key, out JsonElement value) ? BigInteger.Parse(value.ToString(), CultureInfo.InvariantCulture) : 0;

    public static string? Text(JsonElement element, string key) =>
        element.TryGetProperty(key, out JsonElement value) ? value.ToString() : null;

    private OfferingVersion Version(JsonElement version, string subscriber)
    {
        RoamingZone[] zones = [
            .. Named(version, "zones").Select(zone => new RoamingZone { Name = zone.Name, Plmns = zone.Values })];
        return new OfferingVersion
        {
            Offering = $"offering-{subscriber}",
            Version = (int)BigInteger.Max(Whole(version, "version"), 1),
            ValidFrom = Instant(version, "validFrom") ?? DateTimeOffset.UnixEpoch,
            ValidTo = Instant(version, "validTo"),
            Currency = Text(_tariff, "currency") ?? "EUR",
            Zones = Array.Exists(zones, zone => zone.Name == RoamingZone.Home)
                ? zones
                : [.. zones, new RoamingZone { Name = RoamingZone.Home, Plmns = zones.Length == 0 ? ["*"] : [] }],
            Destinations = [
                .. Named(version, "destinations").Select(one => new Destination { Name = one.Name, Prefixes = one.Values })],
            Bands = [.. Shared(version, "bands").Select(band => new TimeBand
            {
                Name = Text(band, "name")!,
                Days = Texts(band, "days"),
                From = Clock(Text(band, "from") ?? "00:00"),
                To = Clock(Text(band, "to") ?? "24:00"),
            })],
            Holidays = Text(_tariff, "holidays") == "BE"
                ? [.. Belgian.Select(day => new Holiday { Name = "", Month = day.Month, Day = day.Day, Easter = day.Easter })]
                : [],
            Prices = [.. Shared(version, "prices").Select(Price)],
            Bundles = [
                .. Shared(version, "bundles")
                    .Where(bundle => Text(bundle, "owner") is not { } owner || owner == subscriber)
                    .Where(bundle => Texts(bundle, "members") is not { Count: > 0 } members || members.Contains(subscriber))
                    .Select(bundle => new Bundle
                    {
                        Id = Text(bundle, "id")!,
                        Kind = Kind(bundle),
                        Units = Units(bundle, "units") ?? 0,
                        Zones = Texts(bundle, "zones"),
                        Destinations = Texts(bundle, "destinations"),
                        Priority = (int)Whole(bundle, "priority"),
                        ValidFrom = Instant(bundle, "from"),
                        ValidTo = Instant(bundle, "to"),
                        Shared = Texts(bundle, "members").Count > 0,
                    })],
        };
    }

    private static OfferingPrice Price(JsonElement price)
    {
        PriceModel model = Enum.Parse<PriceModel>(Text(price, "model") ?? "unit", ignoreCase: true);
        decimal amount = Amount(price, "price") ?? 0;
        long per = Units(price, "per") ?? 1;
        return new OfferingPrice
        {
            Id = Text(price, "id") ?? "",
            Kind = Kind(price),
            Unit = Kind(price) switch
            {
                UsageKind.Data => PriceUnit.Octet,
                UsageKind.Voice => PriceUnit.Second,
                UsageKind.Sms => PriceUnit.Message,
                _ => PriceUnit.Unit,
            },
            Zone = Text(price, "zone") ?? "",
            Destinations = Text(price, "destination") is { } destination ? [destination] : [],
            Bands = Text(price, "band") is { } band ? [band] : [],
            Direction = DirectionOf(price),
            Model = model,
            UnitPrice = amount,
            UnitSize = per,
            Increment = Units(price, "increment") ?? 1,
            Minimum = Units(price, "minimumUnits") ?? 0,
            ConnectFee = Amount(price, "connectFee") ?? 0,
            MinimumCharge = Amount(price, "minimumCharge") ?? Amount(price, "minimum"),
            MaximumCharge = Amount(price, "maximumCharge") ?? Amount(price, "maximum"),
            Percent = Amount(price, "percent"),
            Fixed = Amount(price, "fixed"),
            Package = Units(price, "package") ?? 0,
            FreeUnits = Units(price, "freeUnits") ?? 0,
            Bundle = model is PriceModel.Unit or PriceModel.Graduated or PriceModel.Volume or PriceModel.Package,
            Split = Text(price, "split") == "proportional" ? VolumeSplit.Proportional : VolumeSplit.ByStart,
            Steps = [.. List(price, "steps").Select(step => new PriceStep
            {
                From = Units(step, "from") ?? 0,
                UnitPrice = Amount(step, "price") ?? amount,
                UnitSize = Units(step, "per") ?? per,
                Increment = Units(step, "increment") ?? 1,
            })],
            Tiers = [.. List(price, "tiers").Select(tier => new PriceTier
            {
                UpTo = Units(tier, "upTo") ?? -1,
                UnitPrice = Amount(tier, "price") ?? 0,
                UnitSize = Units(tier, "per") ?? 1,
                Package = Units(tier, "package") ?? 0,
                Flat = Amount(tier, "flat") ?? 0,
            })],
            Pass = model != PriceModel.Pass ? null : new Pass
            {
                Id = Text(price, "passId")!,
                ValiditySeconds = Units(price, "validity") ?? 0,
                MaximumPerMonth = (int)Whole(price, "maxPerPeriod"),
                FreeMessages = (long)Whole(price, "freeMessages"),
            },
        };
    }

    private static SlowUsage UsageOf(JsonElement usage, int index) => new()
    {
        Id = index + 1,
        Subscriber = Text(usage, "subscriber") ?? "A",
        Kind = Kind(usage),
        Start = Instant(usage, "start")!.Value.ToUnixTimeMilliseconds(),
        End = Instant(usage, "end")?.ToUnixTimeMilliseconds(),
        Units = Units(usage, "used"),
        Session = Text(usage, "session"),
        CalledNumber = Text(usage, "calledNumber") ?? "",
        Network = Text(usage, "servingNetwork") ?? "",
        Direction = DirectionOf(usage) is var direction and not Direction.NotApplicable ? direction
            : Kind(usage) is UsageKind.Voice or UsageKind.Sms ? Direction.Originating : Direction.NotApplicable,
        ValueNanos = Amount(usage, "value") is { } value ? SlowTariff.Nanos(value) : null,
    };

    private static Direction DirectionOf(JsonElement element) => Text(element, "direction") switch
    {
        "originating" => Direction.Originating,
        "terminating" => Direction.Terminating,
        _ => Direction.NotApplicable,
    };

    private static UsageKind Kind(JsonElement element) => Enum.Parse<UsageKind>(Text(element, "kind")!, ignoreCase: true);

    private static decimal? Amount(JsonElement element, string key) =>
        Text(element, key) is { } text ? decimal.Parse(text, CultureInfo.InvariantCulture) : null;

    private static long? Units(JsonElement element, string key) => Text(element, key)?.Split(' ') is [string number, string unit]
        ? long.Parse(number, CultureInfo.InvariantCulture) * Sizes[unit]
        : null;

    private static DateTimeOffset? Instant(JsonElement element, string key) =>
        Text(element, key) is { } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture) : null;

    private static int Clock(string text)
    {
        int[] parts = [.. text.Split(':').Select(part => int.Parse(part, CultureInfo.InvariantCulture)), 0];
        return (parts[0] * 3600) + (parts[1] * 60) + parts[2];
    }

    private static IReadOnlyList<JsonElement> List(JsonElement element, string key) =>
        element.TryGetProperty(key, out JsonElement list) ? [.. list.EnumerateArray()] : [];

    private static IReadOnlyList<string> Texts(JsonElement element, string key) =>
        [.. List(element, key).Select(text => text.GetString()!)];

    /// <summary>A list of the version, or of the whole tariff.</summary>
    private IReadOnlyList<JsonElement> Shared(JsonElement version, string key) =>
        version.TryGetProperty(key, out _) ? List(version, key) : List(_tariff, key);

    private IReadOnlyList<(string Name, IReadOnlyList<string> Values)> Named(JsonElement version, string key) =>
        version.TryGetProperty(key, out JsonElement named) || _tariff.TryGetProperty(key, out named)
            ? [.. named.EnumerateObject().Select(one => (one.Name, Texts(named, one.Name)))]
            : [];
}
