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
    private const string DefaultSubscriber = "A";

    private readonly CaseObject _case;
    private readonly CaseRating _rating;
    private readonly Dictionary<string, IReadOnlyList<OfferingVersion>> _versions = new(StringComparer.Ordinal);
    private readonly List<CaseDraw> _drawn = [];
    private readonly bool _hasVersions;
    private readonly IReadOnlyList<CaseObject> _events;
    private readonly IReadOnlyList<CaseObject> _topUps;
    private int _toppedUp;
    private long _total;

    private RateCase(CaseObject content, IReadOnlyList<OfferingVersion> catalogue)
    {
        _case = content;
        _events = content.Objects("events");
        _topUps = content.Has("topUps") ? content.Objects("topUps") : [];
        OfferingVersion[] named = content.OptionalText("offering") is { } name ? Named(name, catalogue) : [];
        CaseObject? tariff = content.OptionalObject("tariff");
        _hasVersions = named.Length > 1 || tariff?.Has("versions") == true;
        Dictionary<string, CaseSubscription> subscriptions = (
            content.Has("subscriptions") ? content.Objects("subscriptions") : []).ToDictionary(
                SubscriberOf,
                one => new CaseSubscription(one.OptionalText("account"), InstantOf(one, "from"), InstantOf(one, "to")),
                StringComparer.Ordinal);
        foreach (string subscriber in _events.Select(SubscriberOf).Concat(subscriptions.Keys).Distinct(StringComparer.Ordinal))
        {
            _versions[subscriber] = tariff is not null && named.Length == 0
                ? CaseTariff.Versions(tariff, subscriber)
                : Array.Exists(named, AccountTerms.AreIn) ? named
                : [.. named.Select(version => version with { Offering = $"case-{subscriber}" })];
        }

        _rating = new CaseRating(_versions, BeginOfMonth(_events), subscriptions);
        foreach (string problem in _rating.Problems)
        {
            content.Add(problem);
        }
    }

    /// <summary>What is other than expected.</summary>
    public static IReadOnlyList<string> Run(JsonElement content, IReadOnlyList<OfferingVersion> catalogue)
    {
        if (!content.TryGetProperty("tariff", out _) && !content.TryGetProperty("offering", out _))
        {
            return RunCurrency(content);
        }

        return CaseObject.Run(content, one => new RateCase(one, catalogue).RateAll());
    }

    private static DateTimeOffset? InstantOf(CaseObject subscription, string key) =>
        subscription.OptionalText(key) is { } text ? CaseTariff.Instant(text) : null;

    /// <summary>The begin of the month of the earliest event; null without any.</summary>
    private static DateTimeOffset? BeginOfMonth(IReadOnlyList<CaseObject> events)
    {
        DateOnly[] days =
        [
            .. events.Select(usage => BelgianCalendar.DayOf(CaseTariff.Instant(usage.Text("start")).ToUnixTimeMilliseconds())),
        ];
        return days.Length == 0 ? null : BelgianCalendar.StartOfDay(new DateOnly(days.Min().Year, days.Min().Month, 1));
    }

    private static OfferingVersion[] Named(string? offering, IReadOnlyList<OfferingVersion> catalogue)
    {
        OfferingVersion[] versions = [.. catalogue.Where(version => version.Offering == offering)];
        return versions.Length > 0
            ? versions
            : throw new InvalidOperationException($"it names offering '{offering}', which the catalogue does not have (--catalogue).");
    }

    /// <summary>A value in one currency under a tariff in another.</summary>
    private static IReadOnlyList<string> RunCurrency(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        CaseObject expected = one.Object("expected");
        using JsonDocument whole = JsonDocument.Parse($$"""
            {
              "tariff": {
                "currency": "{{given.Text("tariffCurrency")}}",
                "prices": [{"kind": "event", "model": "percentage", "percent": "100"}]
              },
              "events": [{
                "kind": "event", "start": "2026-02-03T10:00:00+01:00",
                "value": "{{given.Text("value")}}", "currency": "{{given.Text("eventCurrency")}}"
              }],
              "expected": {
                "events": [{"outcome": "{{expected.Text("outcome")}}", "reason": "{{expected.Text("reason")}}"}], "total": "0"
              }
            }
            """);
        foreach (string difference in Run(whole.RootElement, []))
        {
            expected.Add(difference);
        }
    });

    /// <summary>Whose usage it is.</summary>
    public static string SubscriberOf(CaseObject usage) => usage.OptionalText("subscriber") ?? DefaultSubscriber;

    /// <summary>Usage of a case, numbered from 1 in its order; so a number that it has itself says nothing.</summary>
    public static UsageRecord Usage(CaseObject usage, int index)
    {
        _ = usage.OptionalWhole("seq");
        long milliseconds = CaseTariff.Instant(usage.Text("start")).ToUnixTimeMilliseconds();
        UsageKind kind = CaseTariff.Kind(usage);
        long units = Units(usage.OptionalText("used"));
        string currency = usage.OptionalText("currency") ?? "EUR";
        return new UsageRecord
        {
            UsageId = (UInt128)(index + 1),
            Subscriber = Number(SubscriberOf(usage)),
            Kind = kind,
            EventTimeMilliseconds = milliseconds,
            EndTimeMilliseconds = usage.OptionalText("end") is { } end ? CaseTariff.Instant(end).ToUnixTimeMilliseconds() : 0,
            DurationSeconds = kind == UsageKind.Voice ? units : -1,
            TotalOctets = kind == UsageKind.Data ? units : -1,
            Messages = kind == UsageKind.Sms ? units : -1,
            ServiceUnits = kind == UsageKind.Event ? units : -1,
            ValueNanos = usage.OptionalNano("value") ?? -1,
            ValueCurrency = Currency.Of(Encoding.ASCII.GetBytes(currency)),
            RatingGroup = usage.OptionalWhole("ratingGroup") ?? -1,
            ServiceIdentifier = usage.OptionalWhole("serviceIdentifier") ?? -1,
            Direction = CaseTariff.DirectionOf(usage) switch
            {
                Direction.NotApplicable when kind is UsageKind.Voice or UsageKind.Sms => Direction.Originating,
                Direction direction => direction,
            },
            ServingPlmn = Plmn.FromUsage(Encoding.ASCII.GetBytes(usage.OptionalText("servingNetwork") ?? "")),
            Called = usage.OptionalText("calledSubscriber") switch
            {
                null => default,
                "unknown" => UsageRecord.UnknownCalled,
                string called => Number(called),
            },
            CalledNumber = CalledNumber.Of(Encoding.ASCII.GetBytes(usage.OptionalText("calledNumber") ?? "")),
            Session = usage.OptionalText("session") is { } session ? Number("session " + session) : default,
        };
    }

    /// <summary>An outcome as cases write it.</summary>
    public static string NameOf(RatingOutcome outcome) => outcome switch
    {
        RatingOutcome.Rated => "RATED",
        RatingOutcome.ZeroRated => "ZERO_RATED",
        RatingOutcome.Suspended => "SUSPENDED",
        _ => "REJECTED",
    };

    /// <summary>A component as cases write it.</summary>
    public static string NameOf(PartComponent component) =>
        char.ToLowerInvariant(component.ToString()[0]) + component.ToString()[1..];

    /// <summary>The number that stands for a name.</summary>
    public static UInt128 Number(string name) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    private void RateAll()
    {
        CaseObject expected = _case.Object("expected");
        IReadOnlyList<CaseObject> outcomes = expected.Objects("events");
        if (outcomes.Count != _events.Count)
        {
            expected.Add($"{outcomes.Count} events are expected of {_events.Count}");
            return;
        }

        for (int index = 0; index < _events.Count; index++)
        {
            UsageRecord usage = Usage(_events[index], index);
            TopUpUntil(usage.EventTimeMilliseconds);
            _rating.Session.Rate(in usage, _rating.Tariffs, out RatingResult result);
            outcomes[index].Expect("id", _events[index].OptionalText("id"));
            _drawn.Add(new CaseDraw("", usage.EventTimeMilliseconds, 0));
            Compare(in result, in usage, SubscriberOf(_events[index]), outcomes[index]);
        }

        TopUpUntil(long.MaxValue);
        _rating.Session.Commit();
        expected.Expect("total", _total);
        long latest = _events.Select(usage => CaseTariff.Instant(usage.Text("start")).ToUnixTimeMilliseconds()).DefaultIfEmpty(0).Max();
        foreach (CaseObject money in expected.Has("money") ? expected.Objects("money") : [])
        {
            money.Expect("left", _rating.MoneyOf(Number(SubscriberOf(money)), latest));
        }

        foreach (CaseObject bucket in expected.Has("buckets") ? expected.Objects("buckets") : [])
        {
            string id = bucket.Text("id");
            bucket.ExpectWhole(
                "remaining",
                _rating.IsOfTopUp(id) ? _rating.LeftOf(Number(SubscriberOf(bucket)), id, latest) : _rating.RestOf(id, _drawn));
        }
    }

    /// <summary>Does the top-ups that come before an instant, in the order of the case.</summary>
    private void TopUpUntil(long milliseconds)
    {
        for (; _toppedUp < _topUps.Count; _toppedUp++)
        {
            CaseObject topUp = _topUps[_toppedUp];
            long at = CaseTariff.Instant(topUp.Text("at")).ToUnixTimeMilliseconds();
            if (at > milliseconds)
            {
                return;
            }

            MoneyOrder order = new(
                (UInt128)(_toppedUp + 1), BalanceOperationKind.TopUp, Number(SubscriberOf(topUp)), topUp.Nano("amount"),
                Currency.Of(Encoding.ASCII.GetBytes(topUp.OptionalText("currency") ?? "EUR")), "case", "CASE");
            MoneyOutcome outcome = _rating.Session.Do(in order, _rating.Tariffs, new QuotaPolicy(), at).Outcome;
            topUp.Expect("outcome", topUp.Has("outcome") || outcome != MoneyOutcome.Done ? outcome.ToString() : null);
        }
    }

    private void Compare(in RatingResult result, in UsageRecord usage, string subscriber, CaseObject expected)
    {
        bool isPriced = result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated;
        expected.Expect("outcome", NameOf(result.Outcome));
        expected.Expect("reason", isPriced ? null : Reason(result.RejectedReason));
        expected.Expect("amount", result.AmountNanos);
        _total += result.AmountNanos;
        List<CasePart> parts = result.Outcome switch
        {
            RatingOutcome.Rated => Parts(in result, subscriber, usage.EventTimeMilliseconds),
            RatingOutcome.ZeroRated when result.ZeroRatedReason == ZeroRatedReason.Tariff =>
                [new CasePart(NameOf(PartComponent.ZeroRated), null, null, null, null, null, 0, 0, 0, 0)],
            _ => [],
        };
        if (expected.Has("notifications"))
        {
            expected.Expect(
                "notifications",
                _rating.Session.Notices(in result).ToArray()
                    .Select(sent => $"{sent.Notice.Limit.Id} {sent.Notice.Step.Notification} {Nanos.ToDecimal(sent.SpendNanos)}"));
        }

        if (expected.Has("parts"))
        {
            CompareParts(parts, expected.Objects("parts"), usage.Kind, expected);
        }
    }

    private List<CasePart> Parts(in RatingResult result, string subscriber, long milliseconds)
    {
        List<CasePart> parts = [];
        foreach (ref readonly RatedPart part in _rating.Session.Parts(in result, _rating.Tariffs))
        {
            int number = _rating.Tariffs.Version(part.VersionIndex).Version;
            OfferingVersion version = _versions[subscriber].Single(candidate => candidate.Version == number);
            string? bucket = part.BundleIndex < 0
                ? null
                : Encoding.UTF8.GetString(_rating.Tariffs.BundleUtf8(in part));
            if (bucket is not null)
            {
                _drawn.Add(new CaseDraw(bucket, milliseconds, part.Units));
            }

            bool isUsage = part is { Component: PartComponent.Usage or PartComponent.Bundle, Tier: 0 };
            bool hasPrice = isUsage && part.UnitSize > 0;
            parts.Add(new CasePart(
                NameOf(part.Component),
                hasPrice ? Nanos.ToDecimal(part.UnitPriceNanos) : null,
                part.BandIndex < 0 ? null : version.Bands[part.BandIndex].Name,
                _hasVersions && isUsage ? number : null,
                part.Tier == 0 ? null : part.Tier,
                bucket,
                part.Units,
                part.Packages,
                part.UnitSize,
                part.AmountNanos));
        }

        return parts;
    }

    /// <summary>Compares the sums of the parts that are alike in everything that the case says of them.</summary>
    private static void CompareParts(List<CasePart> actual, IReadOnlyList<CaseObject> wanted, UsageKind kind, CaseObject expected)
    {
        ILookup<string, CasePart> actualByKey = actual.ToLookup(part => part.Key);
        ILookup<string, CaseObject> wantedByKey = wanted.ToLookup(KeyOf);
        foreach (string key in actualByKey.Select(group => group.Key).Union(wantedByKey.Select(group => group.Key)))
        {
            CasePart[] parts = [.. actualByKey[key]];
            CaseObject[] others = [.. wantedByKey[key]];
            if (parts.Length == 0 || others.Length == 0)
            {
                expected.Add($"part {key} is {(parts.Length == 0 ? "expected, and not there" : "there, and not expected")}");
            }

            Sum("amount", others.Sum(part => part.Nano("amount")), parts.Sum(part => part.Nanos));
            if (others.Any(part => part.Has("units")))
            {
                Sum("units", others.Sum(part => part.OptionalWhole("units") ?? 0), parts.Sum(part => part.Units));
            }

            if (others.Any(part => part.Has("packagesOpened")))
            {
                Sum("packages", others.Sum(part => part.OptionalWhole("packagesOpened") ?? 0), parts.Sum(part => part.Packages));
            }

            foreach (CaseObject part in others)
            {
                part.Expect("of", kind switch
                {
                    UsageKind.Data => "B",
                    UsageKind.Voice => "s",
                    UsageKind.Sms => "message",
                    _ => "unit",
                });
                part.ExpectUnits("per", parts.Length == 0 ? 0 : parts[0].UnitSize);
                if (part.Has("charged"))
                {
                    part.ExpectFlag("charged", parts.Any(other => other.Packages > 0));
                }
            }

            void Sum(string what, long one, long other)
            {
                if (one != other)
                {
                    expected.Add($"{what} of part {key}: expected {one}, is {other}");
                }
            }
        }
    }

    private static string KeyOf(CaseObject part) => CasePart.KeyOf(
        part.Text("component"),
        part.OptionalDecimal("price"),
        part.OptionalText("band"),
        (int?)part.OptionalWhole("version"),
        (int?)part.OptionalWhole("tier"),
        part.OptionalText("bucket"));

    private static string Reason(RejectedReason reason) => reason switch
    {
        RejectedReason.NoPrice or RejectedReason.NoTariff => "NO_PRICE",
        RejectedReason.InvalidUsage => "NEGATIVE_USAGE",
        _ => string.Concat(reason.ToString().Select((letter, index) =>
            index > 0 && char.IsAsciiLetterUpper(letter) ? $"_{letter}" : $"{char.ToUpperInvariant(letter)}")),
    };

    /// <summary>Units of a quantity. In usage, -1 says that nobody measured; a quantity below 0 must not look like it.</summary>
    private static long Units(string? used)
    {
        bool isNegative = used?.StartsWith('-') == true;
        return used is null || !Quantity.TryParse(used.TrimStart('-'), out Quantity quantity) ? -1
            : isNegative ? -quantity.Units - 1 : quantity.Units;
    }

    private sealed record CasePart(
        string Component, decimal? Price, string? Band, int? Version, int? Tier, string? Bucket, long Units, long Packages,
        long UnitSize, long Nanos)
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
