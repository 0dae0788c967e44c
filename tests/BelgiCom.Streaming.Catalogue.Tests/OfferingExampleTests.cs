using System.Text.Json;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>The offerings that ship as examples, and the arithmetic with which docs/catalogue.md explains them.</summary>
public sealed partial class OfferingExampleTests
{
    private const string DefaultStart = "2026-02-03T10:00:00+01:00";

    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs/catalogue.md"));

    internal static readonly string Folder = Repository.PathOf("src/BelgiCom.Streaming.Tool/Samples/offerings");

    private static readonly CatalogueContent Catalogue = CatalogueFolder.Read(Folder);

    public static TheoryData<string> Offerings => [.. SectionPattern().Matches(Page).Select(match => match.Groups["offering"].Value)];

    [Fact]
    public void Page_ExplainsEveryOffering() => Assert.Equal(
        Catalogue.Versions.Select(version => version.Offering).Distinct().Order(), Offerings.Select(row => row.Data).Order());

    /// <summary>Usage of a table is rated in the order of its lines, so that bundles and tiers count on.</summary>
    [Theory]
    [MemberData(nameof(Offerings))]
    public void Example_OfThePage_CostsWhatThePageSays(string offering)
    {
        string section = SectionPattern().Matches(Page).Single(match => match.Groups["offering"].Value == offering).Groups["text"].Value;
        Match[] lines = [.. LinePattern().Matches(section).OfType<Match>()];
        // A line that the pattern does not read would not be tested.
        string table = section[section.IndexOf("| Usage |", StringComparison.Ordinal)..];
        Assert.Equal(table.Split('\n').Count(line => line.StartsWith("| ", StringComparison.Ordinal)) - 2, lines.Length);

        TariffCase example = new("catalogue.md", offering, offering, "rate", CaseOf(offering, lines));

        Assert.Empty(TariffCases.Run(example, Catalogue.Versions).Differences);
    }

    [Fact]
    public void Keys_ThatNothingAppliesYet_AreNamed()
    {
        string[] named =
        [
            .. Catalogue.Warnings.Where(warning => warning.Code == "NOT_APPLIED")
                .Select(warning => $"{warning.File} {warning.Message.Split('\'')[1]}").Distinct(),
        ];

        Assert.Empty(named);
    }

    /// <summary>Each limit keeps its own basis: rating compares EUR 50 without VAT with gross prices as fractions.</summary>
    [Fact]
    public void Limits_OfAGrossPriceList_ArePublishedAsTheyStand() => Assert.Equal(
        [
            ("roaming-data", SpendScope.RoamingData, 50m, PriceBasis.Net, "", "WARN_80 STOP_100"),
            ("roaming-data-2", SpendScope.RoamingData, 100m, PriceBasis.Net, "roaming-data", "WARN_90 STOP_100"),
            ("domestic", SpendScope.Domestic, 50m, PriceBasis.Gross, "", "MESSAGE_100"),
        ],
        Catalogue.Versions.Single(version => version.Offering == "be-plan-60").Limits.Select(limit => (
            limit.Id, limit.Scope, limit.Amount, limit.Basis, limit.After,
            string.Join(' ', limit.Steps.Select(step => step.Notification)))));

    /// <summary>The add-on's limit counts passes alone, and that of the law holds beside it.</summary>
    [Fact]
    public void LimitOfPasses_IsPublishedBesideThoseOfTheLaw()
    {
        OfferingVersion version = Catalogue.Versions.Single(version => version.Offering == "roaming-pass");
        OfferingLimit limit = Assert.Single(version.Limits);

        Assert.Equal((SpendScope.Other, true, 50m), (limit.Scope, limit.PassesOnly, limit.Amount));
        Assert.Equal(["world"], limit.Zones);
        Assert.Equal([UsageKind.Data], limit.Kinds);
        Assert.Equal(["roaming-data", "eu-roaming", "eu-roaming-2", "be-domestic"], SpendLimit.Of(version).Select(one => one.Id));
    }

    /// <summary>The table for copying says what rating takes of itself.</summary>
    [Fact]
    public void TableOfLimits_IsWhatTheLawAsksFor()
    {
        string folder = Directory.CreateTempSubdirectory("limits").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "tables"));
        foreach (string table in Directory.EnumerateFiles(Path.Combine(Folder, "tables"), "*.yaml"))
        {
            File.Copy(table, Path.Combine(folder, "tables", Path.GetFileName(table)));
        }

        File.WriteAllText(Path.Combine(folder, "o.yaml"), """
            offering: o
            currency: EUR
            vatPermille: 210
            tables: [be-zones, be-spend-limits]
            versions: [{ version: 1, validFrom: 2026-01-01, prices: [{ kind: data, price: "0.01", per: 1 MB }] }]
            """);
        OfferingVersion version = CatalogueFolder.Read(folder).Versions.Single();
        Directory.Delete(folder, recursive: true);

        Assert.Equal(3, version.Limits.Count);
        Assert.Equivalent(SpendLimit.OfLaw, SpendLimit.Of(version), strict: true);
    }

    private static JsonElement CaseOf(string offering, IEnumerable<Match> lines)
    {
        object[] events =
        [
            .. lines.Select((line, index) => new
            {
                id = $"line {index + 1}",
                kind = line.Groups["kind"].Value,
                start = line.Groups["start"] is { Success: true, Value: { } start } ? start : DefaultStart,
                used = line.Groups["used"].Value,
                direction = line.Groups["received"].Success ? "terminating" : "originating",
                calledNumber = line.Groups["called"].Value,
                servingNetwork = line.Groups["network"].Value,
            }),
        ];
        object[] expected =
        [
            .. lines.Select((line, index) => new
            {
                id = $"line {index + 1}",
                outcome = "RATED",
                amount = line.Groups["amount"].Value,
            }),
        ];
        decimal total = lines.Sum(line => decimal.Parse(line.Groups["amount"].Value, System.Globalization.CultureInfo.InvariantCulture));
        return JsonSerializer.SerializeToElement(new
        {
            offering,
            events,
            expected = new { events = expected, total = total.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        });
    }

    [GeneratedRegex(@"^### [^`\n]*`(?<offering>[a-z0-9-]+)\.yaml`\n(?<text>.*?)(?=^##)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex SectionPattern();

    [GeneratedRegex(
        @"^\| (?<kind>voice|data|sms) (?<used>\d+ \w+)(?<received> received)?( to (?<called>\d+))?( in (?<network>\d+))?"
        + @"( at (?<start>\S+))? \| (?<amount>-?[0-9.]+) \|",
        RegexOptions.Multiline)]
    private static partial Regex LinePattern();
}
