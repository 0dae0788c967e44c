using System.Text.Json;
using System.Text.Json.Nodes;

namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>
/// The golden pack: cases whose numbers come from published prices, law and the tests of other rating engines, computed again with exact
/// fractions (Golden/README.md); and cases of our own beside it (OwnCases/README.md). They run through the code that rates in production.
/// </summary>
public sealed class GoldenCaseTests
{
    private static readonly IReadOnlyDictionary<string, TariffCase[]> Files = new[] { "Golden", "OwnCases" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, folder), "*.json"))
        .ToDictionary(
            file => Path.Combine(Path.GetFileName(Path.GetDirectoryName(file)!), Path.GetFileNameWithoutExtension(file)),
            file => TariffCase.Read(file).ToArray(), StringComparer.Ordinal);

    private static readonly IReadOnlyDictionary<string, TariffCase> Cases =
        Files.Values.SelectMany(cases => cases).ToDictionary(one => one.Id, StringComparer.Ordinal);

    public static TheoryData<string> Rated => [.. Ids("rate")];

    public static TheoryData<string> Money => [.. Ids("roundBillLine", "vatOfAmount", "bill", "convertBill")];

    public static TheoryData<string> Periods => [.. Ids("commitment", "prorate", "discount", "rollover", "fairUse")];

    public static TheoryData<string> Limits => [.. Ids("limits")];

    public static TheoryData<string> Sessions => [.. Ids("reservation")];

    public static TheoryData<string> Corrections => [.. Ids("reverse", "rerate", "recycle")];

    [Theory]
    [MemberData(nameof(Rated))]
    public void Usage_OfTheGoldenPack_IsRatedAsStated(string id) => Assert.Empty(TariffCases.Run(Cases[id], []).Differences);

    [Theory]
    [MemberData(nameof(Money))]
    public void Bill_OfTheGoldenPack_IsAsStated(string id) => Assert.Empty(TariffCases.Run(Cases[id], []).Differences);

    [Theory]
    [MemberData(nameof(Periods))]
    public void Period_OfTheGoldenPack_IsAsStated(string id) => Assert.Empty(TariffCases.Run(Cases[id], []).Differences);

    [Theory]
    [MemberData(nameof(Limits))]
    public void Spend_OfTheGoldenPack_IsNotifiedAsStated(string id) => Assert.Empty(TariffCases.Run(Cases[id], []).Differences);

    [Theory]
    [MemberData(nameof(Sessions))]
    public void Quota_OfTheGoldenPack_IsReservedAsStated(string id) => Assert.Empty(TariffCases.Run(Cases[id], []).Differences);

    [Theory]
    [MemberData(nameof(Corrections))]
    public void Correction_OfTheGoldenPack_IsAsStated(string id) => Assert.Empty(TariffCases.Run(Cases[id], []).Differences);

    /// <summary>Nothing that a case says is passed over: each value is falsified once, and each object gets one more.</summary>
    public static TheoryData<string> Refused => [.. Ids("validate")];

    [Theory]
    [MemberData(nameof(Refused))]
    public void Tariff_OfTheGoldenPack_IsRefusedForTheStatedFault(string id) => Assert.Empty(TariffCases.Run(Cases[id]).Differences);

    [Fact]
    public void Case_WithAnythingElseInIt_Fails()
    {
        List<string> passed = [];
        foreach (TariffCase one in Cases.Values.Where(one => one.Kind != "validate"))
        {
            foreach ((string where, JsonNode falsified) in CaseFalsifier.Of(one.Content))
            {
                TariffCase other = one with { Content = JsonSerializer.SerializeToElement(falsified) };
                if (TariffCases.Run(other, []).HasPassed)
                {
                    passed.Add($"{one.Id} {where}");
                }
            }
        }

        Assert.True(passed.Count == 0, string.Join('\n', passed));
    }

    [Fact]
    public void Pack_HasAllItsCases() => Assert.Equal(
        243, Files.Where(file => file.Key.StartsWith("Golden", StringComparison.Ordinal)).Sum(file => file.Value.Length));

    [Fact]
    public void OwnCases_AreAtLeastThreeForEachFileOfThePack() => Assert.All(
        Files.Keys.Where(file => file.StartsWith("Golden", StringComparison.Ordinal)),
        file => Assert.True(Files[file.Replace("Golden", "OwnCases", StringComparison.Ordinal)].Length >= 3, file));

    private static IEnumerable<string> Ids(params string[] kinds) =>
        Cases.Values.Where(one => kinds.Contains(one.Kind)).Select(one => one.Id).Order(StringComparer.Ordinal);
}
