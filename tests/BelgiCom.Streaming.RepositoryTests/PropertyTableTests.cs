using System.Globalization;
using System.Text.RegularExpressions;

namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>The page about money names each property that rating has, and the tests that hold it.</summary>
public sealed partial class PropertyTableTests
{
    private const int Properties = 10;

    [Fact]
    public void Properties_OfThePage_AreHeldByTestsThatAreThere()
    {
        string tests = string.Concat(Repository.Sources("tests").Select(source => source.Text));
        MatchCollection rows = Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "money.md")));
        Assert.Equal(
            Enumerable.Range(1, Properties), rows.Select(row => int.Parse(row.Groups["number"].ValueSpan, CultureInfo.InvariantCulture)));
        foreach (Match row in rows.OfType<Match>())
        {
            MatchCollection named = Name().Matches(row.Groups["tests"].Value);
            Assert.NotEmpty(named);
            Assert.All(named, name => Assert.Contains($"public void {name.Groups["name"].Value}(", tests, StringComparison.Ordinal));
        }
    }

    /// <summary>A test that says by its name which property it holds stands in the table.</summary>
    [Fact]
    public void Tests_ThatHoldAProperty_AreOnThePage()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "money.md"));
        string[] missing =
        [
            .. Repository.Sources("tests")
                .Where(source => source.Path.Contains("Rating.Tests/", StringComparison.Ordinal))
                .SelectMany(source => Test().Matches(source.Text)).Select(test => test.Groups["name"].Value)
                .Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)),
        ];
        Assert.Empty(missing);
    }

    [GeneratedRegex(@"^\| P-(?<number>\d+) \|[^|]*\|(?<tests>[^|]*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<name>\\w+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"public void (?<name>P\d+_\w+)\(")]
    private static partial Regex Test();
}
