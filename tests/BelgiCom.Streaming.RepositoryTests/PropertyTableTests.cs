using System.Globalization;
using System.Text.RegularExpressions;

namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>
/// The page about money names each property that rating has, and the tests that hold it; so do other pages what they promise.
/// </summary>
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

    [Fact]
    public void Tests_ThatAnyPageNames_AreThere()
    {
        string tests = string.Concat(Repository.Sources("tests").Select(source => source.Text));
        string[] missing =
        [
            .. from page in Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md")
               from name in TestOfAPage().Matches(File.ReadAllText(page)).Select(test => test.Groups["name"].Value).Distinct()
               where name != "Subject_Condition_Outcome"
                   && !tests.Contains($"void {name}(", StringComparison.Ordinal)
                   && !tests.Contains($"Task {name}(", StringComparison.Ordinal)
               select $"{Path.GetFileName(page)}: {name}",
        ];
        Assert.Empty(missing);
    }

    [GeneratedRegex(@"^\| P-(?<number>\d+) \|[^|]*\|(?<tests>[^|]*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<name>\\w+)`")]
    private static partial Regex Name();

    /// <summary>Words with one underscore between them; settings have two, and reasons are of upper case.</summary>
    [GeneratedRegex("`(?<name>[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*(_[A-Z][A-Za-z0-9]*)+)`")]
    private static partial Regex TestOfAPage();

    [GeneratedRegex(@"public void (?<name>P\d+_\w+)\(")]
    private static partial Regex Test();
}
