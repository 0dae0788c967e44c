using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Rates the usage of a case with the code that rates in production, and compares each event, the total and what bundles have left.
/// </summary>
internal sealed class RateCase
{
    private const int Days = 3660;
    private const string DefaultSubscriber = "A";

    private readonly JsonElement _case;
    private readonly List<string> _differences = [];
    private readonly RatingSession _session = new(Days, Days);
    private readonly CompiledCatalogue _catalogue = new(takesPriceLists: true);
    private readonly Dictionary<string, IReadOnlyList<OfferingVersion>> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _drawn = new(StringComparer.Ordinal);
    private readonly bool _hasVersions;
    private decimal _total;

    private RateCase(JsonElement content, IReadOnlyList<OfferingVersion> catalogue)
    {
        _case = content;
        OfferingVersion[] named = content.TryGetProperty("offering", out JsonElement name) ? Named(name.GetString(), catalogue) : [];
        _hasVersions = named.Length > 1
            || (content.TryGetProperty("tariff", out JsonElement tariff) && tariff.TryGetProperty("versions", out _));
        foreach (string subscriber in Subscribers(content))
        {
            _versions[subscriber] = named.Length > 0
                ? [.. named.Select(version => version with { Offering = $"case-{subscriber}" })]
                : CaseTariff.Versions(content.GetProperty("tariff"), $"case-{subscriber}", subscriber);
            foreach (OfferingVersion version in _versions[subscriber])
            {
                _catalogue.Put(version);
            }
        }

        _catalogue.Compile();
        _differences.AddRange(_catalogue.Problems);
        foreach (string subscriber in _versions.Keys)
        {
            bool isMember = _versions[subscriber].Any(version => version.Bundles.Any(bundle => bundle.Shared));
            _session.SetSubscription(
                Number(subscriber),
                [new SubscriptionPeriod { Account = isMember ? "shared" : subscriber, Offering = $"case-{subscriber}" }],
                _catalogue.Offerings);
        }
    }

    /// <summary>What is other than expected.</summary>
    public static IReadOnlyList<string> Run(JsonElement content, IReadOnlyList<OfferingVersion> catalogue)
    {
        if (!content.TryGetProperty("tariff", out _) && !content.TryGetProperty("offering", out _))
        {
            return RunCurrency(content);
        }

        RateCase run = new(content, catalogue);
        run.RateAll();
        return run._differences;
    }

    private static OfferingVersion[] Named(string? offering, IReadOnlyList<OfferingVersion> catalogue)
    {
        OfferingVersion[] versions = [.. catalogue.Where(version => version.Offering == offering)];
        return versions.Length > 0
            ? versions
            : throw new InvalidOperationException($"it names offering '{offering}', which the catalogue does not have (--catalogue).");
    }

    /// <summary>A value in one currency under a tariff in another.</summary>
    private static IReadOnlyList<string> RunCurrency(JsonElement content)
    {
        JsonElement given = content.GetProperty("given");
        JsonElement expected = content.GetProperty("expected");
        string written = $$"""
            {
              "tariff": {
                "currency": {{given.GetProperty("tariffCurrency").GetRawText()}},
                "prices": [{"kind": "event", "model": "percentage", "percent": "100"}]
              },
              "events": [{
                "id": "e1", "kind": "event", "start": "2026-02-03T10:00:00+01:00",
                "value": {{given.GetProperty("value").GetRawText()}}, "currency": {{given.GetProperty("eventCurrency").GetRawText()}}
              }],
              "expected": {
                "events": [{
                  "id": "e1",
                  "outcome": {{expected.GetProperty("outcome").GetRawText()}}, "reason": {{expected.GetProperty("reason").GetRawText()}}
                }],
                "total": "0"
              }
            }
            """;
        using JsonDocument whole = JsonDocument.Parse(written);
        return Run(whole.RootElement, []);
    }

    private static IEnumerable<string> Subscribers(JsonElement content) =>
        content.GetProperty("events").EnumerateArray().Select(SubscriberOf).Distinct(StringComparer.Ordinal);

    private static string SubscriberOf(JsonElement usage) =>
        usage.TryGetProperty("subscriber", out JsonElement name) ? name.GetString()! : DefaultSubscriber;

    private void RateAll()
    {
        JsonElement expected = _case.GetProperty("expected");
        JsonElement[] events = [.. _case.GetProperty("events").EnumerateArray()];
        JsonElement[] outcomes = [.. expected.GetProperty("events").EnumerateArray()];
        for (int index = 0; index < events.Length; index++)
        {
            UsageRecord usage = Usage(events[index], index);
            _session.Rate(in usage, _catalogue.Tariffs, out RatingResult result);
            Compare(in result, SubscriberOf(events[index]), outcomes[index]);
        }

        _session.Commit();
        Expect("total", expected.GetProperty("total").GetString()!, _total);
        if (expected.TryGetProperty("buckets", out JsonElement buckets))
        {
            foreach (JsonElement bucket in buckets.EnumerateArray())
            {
                string id = bucket.GetProperty("id").GetString()!;
                long units = _versions.Values.SelectMany(versions => versions[^1].Bundles).First(bundle => bundle.Id == id).Units;
                Expect($"bucket {id}", bucket.GetProperty("remaining").GetInt64(), units - _drawn.GetValueOrDefault(id));
            }
        }
    }

    private static UsageRecord Usage(JsonElement usage, int index)
    {
        string start = usage.GetProperty("start").GetString()!;
        long milliseconds = CaseTariff.Instant(start).ToUnixTimeMilliseconds();
        UsageKind kind = Text(usage, "kind") switch
        {
            "data" => UsageKind.Data,
            "voice" => UsageKind.Voice,
            "sms" => UsageKind.Sms,
            _ => UsageKind.Event,
        };
        long units = Units(Text(usage, "used"));
        string currency = Text(usage, "currency") ?? "EUR";
        return new UsageRecord
        {
            UsageId = (UInt128)(index + 1),
            Subscriber = Number(SubscriberOf(usage)),
            Kind = kind,
            EventTimeMilliseconds = milliseconds,
            EndTimeMilliseconds = Text(usage, "end") is { } end ? CaseTariff.Instant(end).ToUnixTimeMilliseconds() : 0,
            DurationSeconds = kind == UsageKind.Voice ? units : -1,
            TotalOctets = kind == UsageKind.Data ? units : -1,
            Messages = kind == UsageKind.Sms ? units : -1,
            ServiceUnits = kind == UsageKind.Event ? units : -1,
            ValueNanos = Text(usage, "value") is { } value ? Nanos.FromDecimal(CaseTariff.Amount(value)) : -1,
            ValueCurrency = Currency.Of(Encoding.ASCII.GetBytes(currency)),
            RatingGroup = -1,
            ServiceIdentifier = -1,
            Direction = Text(usage, "direction") switch
            {
                "terminating" => Direction.Terminating,
                _ when kind is UsageKind.Voice or UsageKind.Sms => Direction.Originating,
                _ => Direction.NotApplicable,
            },
            ServingPlmn = Plmn.FromUsage(Encoding.ASCII.GetBytes(Text(usage, "servingNetwork") ?? "")),
            CalledNumber = CalledNumber.Of(Encoding.ASCII.GetBytes(Text(usage, "calledNumber") ?? "")),
            Session = Text(usage, "session") is { } session ? Number("session " + session) : default,
        };
    }

    private void Compare(in RatingResult result, string subscriber, JsonElement expected)
    {
        string id = expected.GetProperty("id").GetString()!;
        string outcome = result.Outcome switch
        {
            RatingOutcome.Rated => "RATED",
            RatingOutcome.ZeroRated => "ZERO_RATED",
            RatingOutcome.Suspended => "SUSPENDED",
            _ => "REJECTED",
        };
        Expect($"{id} outcome", expected.GetProperty("outcome").GetString()!, outcome);
        if (Text(expected, "reason") is { } reason && outcome is "SUSPENDED" or "REJECTED")
        {
            Expect($"{id} reason", reason, Reason(result.RejectedReason));
        }

        decimal amount = Nanos.ToDecimal(result.AmountNanos);
        _total += amount;
        if (Text(expected, "amount") is { } wanted)
        {
            Expect($"{id} amount", wanted, amount);
        }

        if (result.Outcome == RatingOutcome.Rated)
        {
            List<CasePart> parts = Parts(in result, subscriber);
            if (expected.TryGetProperty("parts", out JsonElement wantedParts))
            {
                CompareParts(id, parts, [.. wantedParts.EnumerateArray()]);
            }
        }
    }

    private List<CasePart> Parts(in RatingResult result, string subscriber)
    {
        List<CasePart> parts = [];
        foreach (ref readonly RatedPart part in _session.Parts(in result, _catalogue.Tariffs))
        {
            int number = _catalogue.Tariffs.Version(part.VersionIndex).Version;
            OfferingVersion version = _versions[subscriber].Single(candidate => candidate.Version == number);
            string? bucket = part.BundleIndex < 0 ? null : version.Bundles[part.BundleIndex].Id;
            if (bucket is not null)
            {
                _drawn[bucket] = _drawn.GetValueOrDefault(bucket) + part.Units;
            }

            bool isUsage = part is { Component: PartComponent.Usage or PartComponent.Bundle, Tier: 0 };
            bool hasPrice = part is { Component: PartComponent.Usage, Tier: 0, UnitSize: > 0 };
            parts.Add(new CasePart(
                char.ToLowerInvariant(part.Component.ToString()[0]) + part.Component.ToString()[1..],
                hasPrice ? Nanos.ToDecimal(part.UnitPriceNanos) : null,
                part.BandIndex < 0 ? null : version.Bands[part.BandIndex].Name,
                _hasVersions && isUsage ? number : null,
                part.Tier == 0 ? null : part.Tier,
                bucket,
                part.Units,
                part.Packages,
                Nanos.ToDecimal(part.AmountNanos)));
        }

        return parts;
    }

    /// <summary>Compares the sums of the parts that are alike in everything that the case says of them.</summary>
    private void CompareParts(string id, List<CasePart> actual, JsonElement[] wanted)
    {
        ILookup<string, CasePart> actualByKey = actual.ToLookup(part => part.Key);
        ILookup<string, JsonElement> wantedByKey = wanted.ToLookup(KeyOf);
        foreach (string key in actualByKey.Select(group => group.Key).Union(wantedByKey.Select(group => group.Key)))
        {
            string where = $"{id} part {key}";
            Expect(
                $"{where} amount",
                wantedByKey[key].Sum(part => decimal.Parse(part.GetProperty("amount").GetString()!, CultureInfo.InvariantCulture)),
                actualByKey[key].Sum(part => part.Amount));
            if (wantedByKey[key].Any(part => part.TryGetProperty("units", out _)))
            {
                Expect(
                    $"{where} units", wantedByKey[key].Sum(part => part.GetProperty("units").GetInt64()),
                    actualByKey[key].Sum(part => part.Units));
            }

            if (wantedByKey[key].Any(part => part.TryGetProperty("packagesOpened", out _)))
            {
                Expect(
                    $"{where} packages", wantedByKey[key].Sum(part => part.GetProperty("packagesOpened").GetInt64()),
                    actualByKey[key].Sum(part => part.Packages));
            }
        }
    }

    private static string KeyOf(JsonElement part) => CasePart.KeyOf(
        part.GetProperty("component").GetString()!,
        Text(part, "price") is { } price ? CaseTariff.Amount(price) : null,
        Text(part, "band"),
        part.TryGetProperty("version", out JsonElement version) ? version.GetInt32() : null,
        part.TryGetProperty("tier", out JsonElement tier) ? tier.GetInt32() : null,
        Text(part, "bucket"));

    private static string Reason(RejectedReason reason) => reason switch
    {
        RejectedReason.NoPrice or RejectedReason.NoTariff => "NO_PRICE",
        RejectedReason.InvalidUsage => "NEGATIVE_USAGE",
        RejectedReason.Currency => "CURRENCY",
        _ => reason.ToString(),
    };

    private static UInt128 Number(string name) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    /// <summary>Units of a quantity. In usage, -1 says that nobody measured; a quantity below 0 must not look like it.</summary>
    private static long Units(string? used)
    {
        bool isNegative = used?.StartsWith('-') == true;
        return used is null || !Quantity.TryParse(used.TrimStart('-'), out Quantity quantity) ? -1
            : isNegative ? -quantity.Units - 1 : quantity.Units;
    }

    private static string? Text(JsonElement element, string key) =>
        element.TryGetProperty(key, out JsonElement value) ? value.GetString() : null;

    private void Expect(string what, string expected, decimal actual) =>
        Expect(what, decimal.Parse(expected, CultureInfo.InvariantCulture), actual);

    private void Expect<T>(string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            _differences.Add(string.Create(CultureInfo.InvariantCulture, $"{what}: expected {expected}, is {actual}"));
        }
    }

    private sealed record CasePart(
        string Component, decimal? Price, string? Band, int? Version, int? Tier, string? Bucket, long Units, long Packages, decimal Amount)
    {
        public string Key => KeyOf(Component, Price, Band, Version, Tier, Bucket);

        public static string KeyOf(
            string component, decimal? price, string? band, int? version, int? tier, string? bucket) => string.Create(
            CultureInfo.InvariantCulture,
            $"{component}{(price is null ? "" : $" at {price / 1.000000000000m}")}{(band is null ? "" : $" in {band}")}"
            + $"{(version is null ? "" : $" of version {version}")}{(tier is null ? "" : $" tier {tier}")}"
            + $"{(bucket is null ? "" : $" from {bucket}")}");
    }
}
