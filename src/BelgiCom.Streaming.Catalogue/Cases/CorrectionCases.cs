using System.Collections.Immutable;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>Cases of corrections: usage that is reversed, rated again, or rated at last.</summary>
internal static class CorrectionCases
{
    public static IReadOnlyList<string> Reverse(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        CaseObject expected = one.Object("expected");
        ReversalState before = new()
        {
            MoneyNanos = given.OptionalNano("money") ?? 0,
            Bundles = Bundles(given.OptionalObject("buckets")),
        };
        ChargedPart[] parts = given.Has("parts") ? [.. given.Objects("parts").Select(Part)] : [];
        if (given.Flag("alreadyReversed"))
        {
            before.Reverse(0, parts, out before, out _);
        }

        ReversalResult result = before.Reverse(0, parts, out ReversalState after, out IReadOnlyList<ChargedPart> reversal);
        expected.Expect("outcome", result == ReversalResult.Reversed ? "REVERSED" : "REJECTED");
        expected.Expect("reason", result switch
        {
            ReversalResult.AlreadyReversed => "ALREADY_REVERSED",
            ReversalResult.UnknownBundle => "UNKNOWN_BUCKET",
            _ => null,
        });
        if (!expected.Has("outcome") && result != ReversalResult.Reversed)
        {
            expected.Add($"it is refused ({result})");
        }

        expected.Expect("money", after.MoneyNanos);
        expected.Expect("sum", parts.Concat(reversal).Sum(part => part.AmountNanos));
        if (expected.Has("parts"))
        {
            Compare(expected.Objects("parts"), reversal, expected);
        }

        if (expected.OptionalObject("buckets") is { } buckets)
        {
            long at = given.OptionalText("at") is { } instant ? CaseTariff.Instant(instant).ToUnixTimeMilliseconds() : 0;
            foreach (string name in buckets.Names)
            {
                BundleRest rest = after.Bundles[name];
                if (buckets.IsWhole(name))
                {
                    buckets.ExpectWhole(name, rest.Remaining);
                    continue;
                }

                CaseObject bucket = buckets.Object(name);
                bucket.ExpectWhole("remaining", rest.Remaining);
                bucket.ExpectFlag("usable", rest.IsUsableAt(at));
            }
        }
    });

    public static IReadOnlyList<string> Rerate(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        CaseObject expected = one.Object("expected");
        IReadOnlyList<CaseObject> events = one.Objects("events");
        UsageRecord[] usage = [.. events.Select(RateCase.Usage)];
        CaseRating first = CaseRating.Of(given.Object("before"), events);
        CaseRating second = CaseRating.Of(given.Object("after"), events);
        first.Problems.Concat(second.Problems).ToList().ForEach(given.Add);
        IReadOnlyList<ChargedUsage> before = Rerating.RateByArrival(first.Session, first.Tariffs, usage);
        IReadOnlyList<ChargedUsage> after = given.OptionalText("order") switch
        {
            null or "eventTime" => Rerating.RateByEventTime(second.Session, second.Tariffs, usage),
            "arrival" => Rerating.RateByArrival(second.Session, second.Tariffs, usage),
            string other => throw new FormatException($"'given.order' is {other}, and must be eventTime or arrival"),
        };
        IReadOnlyList<Correction> corrections = Rerating.Differences(before, after);
        expected.Expect("before", before.Select(one => (Int128)one.AmountNanos));
        expected.Expect("after", after.Select(one => (Int128)one.AmountNanos));
        expected.Expect("difference", corrections.Sum(correction => correction.DifferenceNanos));
        if (expected.Has("lines"))
        {
            Compare(expected.Objects("lines"), corrections, [.. events.Select(IdOf)], expected);
        }

        CaseDraw[] draws = [
            .. usage.Zip(after).SelectMany(pair => pair.Second.Parts.Select(
                part => new CaseDraw(part.Bundle, pair.First.EventTimeMilliseconds, part.Units)))];
        foreach (CaseObject bucket in expected.Has("buckets") ? expected.Objects("buckets") : [])
        {
            bucket.ExpectWhole("remaining", second.RestOf(bucket.Text("id"), draws));
        }
    });

    public static IReadOnlyList<string> Recycle(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        CaseObject expected = one.Object("expected");
        string used = given.Text("used");
        string kind = Quantity.TryParse(used, out Quantity quantity)
            ? quantity.Unit switch
            {
                PriceUnit.Octet => "data",
                PriceUnit.Second => "voice",
                PriceUnit.Message => "sms",
                _ => "event",
            }
            : throw new FormatException($"'given.used' is no quantity: a whole number and one of {Quantity.Known}");
        CaseObject written = CaseObject.Of($$"""
            {
              "before": {"prices": []},
              "after": {"prices": [{"kind": "{{kind}}", "price": "{{given.Text("price")}}", "per": "{{given.Text("per")}}"}]},
              "events": [{"kind": "{{kind}}", "start": "2026-02-03T10:00:00+01:00", "used": "{{used}}"}]
            }
            """);
        IReadOnlyList<CaseObject> events = written.Objects("events");
        UsageRecord[] usage = [.. events.Select(RateCase.Usage)];
        CaseRating first = CaseRating.Of(written.Object("before"), events);
        CaseRating second = CaseRating.Of(written.Object("after"), events);
        IReadOnlyList<ChargedUsage> before = Rerating.RateByArrival(first.Session, first.Tariffs, usage);
        given.Expect("before", RateCase.NameOf(before[0].Outcome));
        IReadOnlyList<ChargedUsage> after = Rerating.RateByEventTime(second.Session, second.Tariffs, usage);
        Correction correction = Rerating.Differences(before, after).Single();
        expected.Expect("amount", correction.NewNanos);
        expected.Expect("money", (given.OptionalNano("money") ?? 0) - correction.DifferenceNanos);
        expected.ExpectIfAny("reversal", correction.Reversal is null ? null : correction.ReversalNanos);
    });

    private static void Compare(IReadOnlyList<CaseObject> wanted, IReadOnlyList<ChargedPart> actual, CaseObject expected)
    {
        if (wanted.Count != actual.Count)
        {
            expected.Add($"{wanted.Count} parts expected, there are {actual.Count}");
            return;
        }

        foreach ((CaseObject part, ChargedPart other) in wanted.Zip(actual))
        {
            part.Expect("component", NameOf(other.Component));
            part.Expect("amount", other.AmountNanos);
            part.Expect("bucket", other.Bundle.Length == 0 ? null : other.Bundle);
            part.ExpectWhole("units", other.Units);
        }
    }

    private static void Compare(
        IReadOnlyList<CaseObject> wanted, IReadOnlyList<Correction> corrections, string[] ids, CaseObject expected)
    {
        // Usage of a case is numbered from 1 in its order.
        Dictionary<string, Correction> byId = corrections.ToDictionary(
            correction => ids[(int)correction.UsageId - 1], StringComparer.Ordinal);
        foreach (CaseObject line in wanted)
        {
            if (!byId.Remove(line.Text("id"), out Correction? correction))
            {
                line.Add("there is no such line");
                continue;
            }

            line.ExpectIfAny("reversal", correction.Reversal is null ? null : correction.ReversalNanos);
            line.ExpectIfAny("new", correction.New is null ? null : correction.NewNanos);
            line.Expect("difference", correction.DifferenceNanos);
        }

        byId.Keys.ToList().ForEach(id => expected.Add($"a line for {id} is there, and not expected"));
    }

    private static ChargedPart Part(CaseObject part) => new(
        part.OptionalText("component") is { } name ? Enum.GetValues<PartComponent>().Single(component => NameOf(component) == name)
            : PartComponent.Usage,
        part.OptionalText("bucket") ?? "",
        part.OptionalWhole("units") ?? 0,
        part.Nano("amount"));

    private static ImmutableDictionary<string, BundleRest> Bundles(CaseObject? buckets) => buckets is null
        ? ImmutableDictionary<string, BundleRest>.Empty
        : buckets.Names.ToImmutableDictionary(name => name, name => buckets.IsText(name)
            ? new BundleRest(buckets.Units(name))
            : Rest(buckets.Object(name)));

    private static BundleRest Rest(CaseObject bucket) => new(
        bucket.Whole("remaining"),
        bucket.OptionalText("to") is { } to ? CaseTariff.Instant(to).ToUnixTimeMilliseconds() : long.MaxValue);

    private static string IdOf(CaseObject usage) => usage.Text("id");

    private static string NameOf(PartComponent component) => RateCase.NameOf(component);
}
