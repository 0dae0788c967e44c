using System.Numerics;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// The slow rater against the golden cases, whose values come from published prices, law and other rating engines: so it is known to be
/// good before anything is compared with it.
/// </summary>
public sealed class SlowGoldenTests
{
    [Fact]
    public void SlowRater_GoldenCases_GivesTheirValues()
    {
        int cases = 0;
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "*.json"))
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
            foreach (JsonElement golden in document.RootElement.GetProperty("cases").EnumerateArray())
            {
                if (SlowGolden.Text(golden, "kind") == "rate" && golden.TryGetProperty("tariff", out _))
                {
                    Check(new SlowGolden(golden));
                    cases++;
                }
            }
        }

        // All but CUR-01, which has no tariff.
        Assert.Equal(141, cases);
    }

    private static void Check(SlowGolden golden)
    {
        Dictionary<string, IReadOnlyList<OfferingVersion>> tariffs = golden.Subscribers.ToDictionary(one => one, golden.Versions);
        SlowRater rater = new(
            tariffs,
            tariffs.ToDictionary(
                one => one.Key, one => one.Value.Any(AccountTerms.AreIn) ? "shared" : one.Key),
            3660);
        BigInteger total = 0;
        Dictionary<string, BigInteger> drawn = [];
        foreach ((SlowUsage usage, JsonElement expected) in golden.Usage.Zip(golden.Expected))
        {
            SlowResult result = rater.Rate(usage);
            string where = $"{golden.Id} event {usage.Id}: ";
            Assert.Equal(where + SlowGolden.Text(expected, "outcome"), where + NameOf(result));
            Assert.Equal(where + (SlowGolden.Text(expected, "reason") ?? "none"), where + ReasonOf(result));
            BigInteger amount = expected.TryGetProperty("amount", out _) ? SlowGolden.Nanos(expected, "amount") : 0;
            Assert.Equal($"{where}{amount}", $"{where}{result.Nanos}");
            if (expected.TryGetProperty("parts", out JsonElement parts))
            {
                Assert.Equal(where + Summed(parts), where + Summed(result.Parts));
            }

            total += result.Nanos;
            foreach (SlowPart part in result.Parts.Where(part => part.Bundle is not null))
            {
                drawn[part.Bundle!] = drawn.GetValueOrDefault(part.Bundle!) + part.Units;
            }
        }

        Assert.Equal($"{golden.Id} {golden.Total}", $"{golden.Id} {total}");
        foreach ((string id, BigInteger remaining) in golden.Buckets)
        {
            long units = tariffs.Values.SelectMany(versions => versions[^1].Bundles).First(bundle => bundle.Id == id).Units;
            Assert.Equal($"{golden.Id} {id} {remaining}", $"{golden.Id} {id} {units - drawn.GetValueOrDefault(id)}");
        }
    }

    private static string NameOf(SlowResult result) => result.Outcome switch
    {
        RatingOutcome.Rated => "RATED",
        RatingOutcome.ZeroRated => "ZERO_RATED",
        RatingOutcome.Suspended => "SUSPENDED",
        _ => "REJECTED",
    };

    private static string ReasonOf(SlowResult result) => result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated
        ? "none"
        : result.Rejected switch
        {
            RejectedReason.NoPrice or RejectedReason.NoTariff => "NO_PRICE",
            RejectedReason.InvalidUsage => "NEGATIVE_USAGE",
            RejectedReason other => other.ToString(),
        };

    /// <summary>Sums of amount and units by component, band, tier and bundle; units where a case says them.</summary>
    private static string Summed(JsonElement parts) => Summed(parts.EnumerateArray().Select(part => (
        $"{SlowGolden.Text(part, "component")} {SlowGolden.Text(part, "band")} {SlowGolden.Text(part, "tier")} "
            + SlowGolden.Text(part, "bucket"),
        SlowGolden.Nanos(part, "amount"),
        part.TryGetProperty("units", out _) ? SlowGolden.Whole(part, "units") : 0,
        SlowGolden.Whole(part, "packagesOpened") + (SlowGolden.Text(part, "charged") == "True" ? 1 : 0))));

    private static string Summed(IReadOnlyList<SlowPart> parts) => Summed(parts.Select(part => (
        $"{char.ToLowerInvariant(part.Component.ToString()[0])}{part.Component.ToString()[1..]} {part.Band} "
            + $"{(part.Tier == 0 ? null : part.Tier)} {part.Bundle}",
        part.Nanos,
        part.Component is PartComponent.Usage or PartComponent.Bundle or PartComponent.Reversal ? part.Units : 0,
        part.Packages)));

    private static string Summed(IEnumerable<(string Key, BigInteger Nanos, BigInteger Units, BigInteger Packages)> parts) =>
        string.Join(
            "; ",
            parts.GroupBy(part => part.Key).OrderBy(part => part.Key, StringComparer.Ordinal).Select(group => group.Key
                + $" {Sum(group.Select(part => part.Nanos))} {Sum(group.Select(part => part.Units))}"
                + $" {Sum(group.Select(part => part.Packages))}"));

    private static BigInteger Sum(IEnumerable<BigInteger> numbers) => numbers.Aggregate(BigInteger.Zero, (sum, one) => sum + one);
}
