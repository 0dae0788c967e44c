namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>
/// The golden pack: cases whose numbers come from published prices, law and the tests of other rating engines, computed again with exact
/// fractions (Golden/README.md). They run through the code that rates in production.
/// </summary>
public sealed class GoldenCaseTests
{
    private static readonly IReadOnlyDictionary<string, TariffCase> Cases = Directory
        .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "*.json")
        .SelectMany(TariffCase.Read)
        .ToDictionary(one => one.Id, StringComparer.Ordinal);

    public static TheoryData<string> Rated => [.. Ids("rate")];

    [Theory]
    [MemberData(nameof(Rated))]
    public void Usage_OfTheGoldenPack_IsRatedAsStated(string id) => Assert.Empty(TariffCases.Run(Cases[id]).Differences);

    [Fact]
    public void Pack_HasAllItsCases() => Assert.Equal(243, Cases.Count);

    private static IEnumerable<string> Ids(string kind) =>
        Cases.Values.Where(one => one.Kind == kind).Select(one => one.Id).Order(StringComparer.Ordinal);
}
