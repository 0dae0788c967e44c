using System.Globalization;
using System.Numerics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// Writes a world as a case of the golden format, so that somebody can run it with "belgicom catalogue test" and act on it. What the format
/// has no word for (rating groups of usage, slices and the like) has the name that the record of the topic has.
/// </summary>
internal static class SlowCase
{
    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The case, with what the slow rater expects.</summary>
    public static string Write(SlowWorld world)
    {
        SlowRater rater = world.NewRater();
        JsonArray events = [];
        JsonArray expected = [];
        BigInteger total = 0;
        foreach (SlowUsage usage in world.Usage)
        {
            SlowResult result = rater.Rate(usage);
            string id = $"e{events.Count + 1}";
            total += result.Nanos;
            events.Add(Usage(usage, id));
            expected.Add(Expected(result, id));
        }

        JsonObject one = new()
        {
            ["id"] = "FOUND-01",
            ["kind"] = "rate",
            ["tariff"] = new JsonObject
            {
                ["currency"] = "EUR",
                ["holidays"] = Texts(world.Versions[0].Holidays.Select(
                    day => day.Month == 0 ? $"easter+{day.Easter}" : $"{day.Year}-{day.Month:00}-{day.Day:00}")),
                ["versions"] = new JsonArray([.. world.Versions.Select(Version)]),
            },
            ["subscriptions"] = new JsonArray([.. world.Accounts.Select(one => new JsonObject
            {
                ["subscriber"] = one.Key,
                ["account"] = one.Value,
            }), .. world.Devices.Select(device => new JsonObject
            {
                ["subscriber"] = device.Name,
                ["account"] = device.Account,
                ["from"] = device.From is { } from ? Instant(DateTimeOffset.FromUnixTimeMilliseconds(from)) : null,
                ["to"] = device.To is { } to ? Instant(DateTimeOffset.FromUnixTimeMilliseconds(to)) : null,
            }.WithoutEmpty())]),
            ["events"] = events,
            ["expected"] = new JsonObject { ["events"] = expected, ["total"] = Amount(total) },
        };
        JsonObject file = new() { ["format"] = "golden/1", ["timeZone"] = "Europe/Brussels", ["cases"] = new JsonArray(one) };
        return file.ToJsonString(Indented);
    }

    private static JsonNode Version(OfferingVersion version) => new JsonObject
    {
        ["version"] = version.Version,
        ["validFrom"] = Instant(version.ValidFrom),
        ["validTo"] = Instant(version.ValidTo),
        ["zones"] = new JsonObject(version.Zones.Select(zone => KeyValuePair.Create(zone.Name, (JsonNode?)Texts(zone.Plmns)))),
        ["destinations"] = new JsonObject(version.Destinations.Select(destination => KeyValuePair.Create(
            destination.Name, (JsonNode?)Texts([.. destination.Prefixes, .. destination.ShortNumbers])))),
        ["bands"] = new JsonArray([.. version.Bands.Select(Band)]),
        ["prices"] = new JsonArray([.. version.Prices.Select(Price)]),
        ["bundles"] = new JsonArray([.. version.Bundles.Select(Bundle)]),
    }.WithoutEmpty();

    private static JsonNode Band(TimeBand band) => new JsonObject
    {
        ["name"] = band.Name,
        ["days"] = Texts(band.Days),
        ["from"] = Clock(band.From),
        ["to"] = Clock(band.To),
    }.WithoutEmpty();

    private static JsonNode Price(OfferingPrice price)
    {
        string unit = UnitOf(price.Kind);
        return new JsonObject
        {
            ["id"] = Text(price.Id),
            ["kind"] = Word(price.Kind),
            ["model"] = price.ZeroRated ? "zero" : Word(price.Model),
            ["zone"] = Text(price.Zone),
            ["destination"] = Text(string.Concat(price.Destinations)),
            ["band"] = Text(string.Concat(price.Bands)),
            ["direction"] = price.Direction == Direction.NotApplicable ? null : Word(price.Direction),
            ["ratingGroups"] = Numbers(price.RatingGroups),
            ["serviceIdentifiers"] = Numbers(price.ServiceIdentifiers),
            ["dataNetworks"] = Texts(price.DataNetworks),
            ["slices"] = Texts(price.Slices),
            ["ratTypes"] = Numbers(price.RatTypes.Select(type => (long)type)),
            ["price"] = Amount(price.UnitPrice),
            ["per"] = $"{price.UnitSize} {unit}",
            ["increment"] = $"{price.Increment} {unit}",
            ["minimumUnits"] = price.Minimum == 0 ? null : $"{price.Minimum} {unit}",
            ["connectFee"] = price.ConnectFee == 0 ? null : Amount(price.ConnectFee),
            ["minimumCharge"] = Amount(price.MinimumCharge),
            ["maximumCharge"] = Amount(price.MaximumCharge),
            ["calledIn"] = price.CalledInGroup ? "group" : null,
            ["counts"] = price.CountsAccount ? "account" : null,
            ["percent"] = Amount(price.Percent),
            ["fixed"] = Amount(price.Fixed),
            ["package"] = price.Package == 0 ? null : $"{price.Package} {unit}",
            ["freeUnits"] = price.FreeUnits == 0 ? null : $"{price.FreeUnits} {unit}",
            ["split"] = price.Split == VolumeSplit.Proportional ? "proportional" : null,
            ["steps"] = new JsonArray([.. price.Steps.Select(step => new JsonObject
            {
                ["from"] = $"{step.From} {unit}",
                ["price"] = Amount(step.UnitPrice),
                ["per"] = $"{step.UnitSize} {unit}",
                ["increment"] = $"{step.Increment} {unit}",
            })]),
            ["tiers"] = new JsonArray([.. price.Tiers.Select(tier => new JsonObject
            {
                ["upTo"] = tier.UpTo < 0 ? null : $"{tier.UpTo} {unit}",
                ["price"] = Amount(tier.UnitPrice),
                ["per"] = $"{tier.UnitSize} {unit}",
                ["package"] = tier.Package == 0 ? null : $"{tier.Package} {unit}",
                ["flat"] = tier.Flat == 0 ? null : Amount(tier.Flat),
            }.WithoutEmpty())]),
            ["passId"] = price.Pass?.Id,
            ["validity"] = price.Pass is null ? null : $"{price.Pass.ValiditySeconds} s",
            ["validityDays"] = price.Pass is { ValidityDays: > 0 and int days } ? days : null,
            ["maxPerPeriod"] = price.Pass?.MaximumPerMonth,
            ["freeMessages"] = price.Pass?.FreeMessages,
        }.WithoutEmpty();
    }

    private static JsonNode Bundle(Bundle bundle) => new JsonObject
    {
        ["id"] = bundle.Id,
        ["kind"] = Word(bundle.Kind),
        ["units"] = bundle.Unlimited ? "unlimited" : $"{bundle.Units} {UnitOf(bundle.Kind)}",
        ["zones"] = Texts(bundle.Zones),
        ["destinations"] = Texts(bundle.Destinations),
        ["priority"] = bundle.Priority,
        ["from"] = Instant(bundle.ValidFrom),
        ["to"] = Instant(bundle.ValidTo),
        ["members"] = bundle.Shared ? Texts(["A", "B", "C"]) : null,
        ["contributedBy"] = bundle.Contributed ? "device" : null,
        ["proRata"] = bundle.ProRataStep == 0
            ? null
            : new JsonObject { ["roundUpTo"] = $"{bundle.ProRataStep} {UnitOf(bundle.Kind)}" },
    }.WithoutEmpty();

    private static JsonNode Usage(SlowUsage usage, string id) => new JsonObject
    {
        ["id"] = id,
        ["kind"] = Word(usage.Kind),
        ["start"] = Instant(DateTimeOffset.FromUnixTimeMilliseconds(usage.Start)),
        ["end"] = usage.End is { } end ? Instant(DateTimeOffset.FromUnixTimeMilliseconds(end)) : null,
        ["used"] = usage.Units is { } units ? $"{units} {UnitOf(usage.Kind)}" : null,
        ["subscriber"] = usage.Subscriber,
        ["session"] = usage.Session,
        ["usageId"] = usage.Id,
        ["calledNumber"] = Text(usage.CalledNumber),
        ["calledSubscriber"] = usage.Called is null ? "unknown" : Text(usage.Called),
        ["servingNetwork"] = Text(usage.Network),
        ["direction"] = usage.Direction == Direction.NotApplicable ? null : Word(usage.Direction),
        ["value"] = usage.ValueNanos is { } value ? Amount(value) : null,
        ["currency"] = usage.ValueNanos is null ? null : usage.Currency,
        ["ratingGroup"] = usage.RatingGroup,
        ["serviceIdentifier"] = usage.ServiceIdentifier,
        ["dataNetwork"] = Text(usage.DataNetwork),
        ["slice"] = Text(usage.Slice),
        ["ratType"] = usage.RatType == 0 ? null : usage.RatType,
        ["isSecondaryView"] = usage.IsSecondaryView ? true : null,
    }.WithoutEmpty();

    private static JsonNode Expected(SlowResult result, string id) => new JsonObject
    {
        ["id"] = id,
        ["outcome"] = result.Outcome == RatingOutcome.ZeroRated ? "ZERO_RATED" : result.Outcome.ToString().ToUpperInvariant(),
        ["reason"] = result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated ? null : ReasonOf(result.Rejected),
        ["amount"] = Amount(result.Nanos),
        ["parts"] = new JsonArray([.. result.Parts.Select(part => new JsonObject
        {
            ["component"] = Word(part.Component),
            ["version"] = part.Version == 0 ? null : part.Version,
            ["band"] = part.Band,
            ["tier"] = part.Tier == 0 ? null : part.Tier,
            ["bucket"] = part.Bundle,
            ["packagesOpened"] = part.Packages.IsZero ? null : (long)part.Packages,
            ["units"] = part.Units.IsZero ? null : (long)part.Units,
            ["amount"] = Amount(part.Nanos),
        }.WithoutEmpty())]),
    }.WithoutEmpty();

    private static string ReasonOf(RejectedReason reason) => reason switch
    {
        RejectedReason.NoPrice or RejectedReason.NoTariff => "NO_PRICE",
        RejectedReason.InvalidUsage => "NEGATIVE_USAGE",
        _ => string.Concat(reason.ToString().Select((letter, index) =>
            index > 0 && char.IsAsciiLetterUpper(letter) ? $"_{letter}" : $"{char.ToUpperInvariant(letter)}")),
    };

    /// <summary>Leaves out what has no value: most keys of most prices.</summary>
    private static JsonObject WithoutEmpty(this JsonObject item)
    {
        foreach (string key in item.Where(pair => pair.Value is null or JsonArray { Count: 0 } or JsonObject { Count: 0 })
            .Select(pair => pair.Key).ToArray())
        {
            item.Remove(key);
        }

        return item;
    }

    private static string UnitOf(UsageKind kind) => kind switch
    {
        UsageKind.Data => "B",
        UsageKind.Voice => "s",
        UsageKind.Sms => "messages",
        _ => "units",
    };

    private static string? Text(string text) => text.Length == 0 ? null : text;

    private static string Word<T>(T value)
        where T : struct, Enum => char.ToLowerInvariant($"{value}"[0]) + $"{value}"[1..];

    private static string? Amount(decimal? amount) => amount?.ToString("0.000000000", CultureInfo.InvariantCulture);

    private static string Amount(BigInteger nanos) =>
        (nanos.Sign < 0 ? "-" : "") + $"{BigInteger.Abs(nanos) / 1_000_000_000}.{(long)(BigInteger.Abs(nanos) % 1_000_000_000):000000000}";

    private static string? Instant(DateTimeOffset? instant) =>
        instant?.ToString("yyyy-MM-ddTHH:mm:ss.fffzzz", CultureInfo.InvariantCulture);

    private static string Clock(int second) => $"{second / 3600:00}:{second / 60 % 60:00}:{second % 60:00}";

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];

    private static JsonArray Numbers(IEnumerable<long> numbers) => [.. numbers.Select(number => JsonValue.Create(number))];
}
