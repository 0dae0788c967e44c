using System.Globalization;
using System.Text.RegularExpressions;

namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>
/// A number that code or a test cites can be looked up: rules P1… in docs/kafka-client.md, faults F1… in docs/fault-tests.md.
/// </summary>
public sealed partial class RuleListTests
{
    // Property tests have a list of their own, and periods of retention are written like rules.
    private static readonly string[] Others = ["tests/BelgiCom.Streaming.Rating.Tests/", "tests/BelgiCom.Streaming.Retention.Tests/"];

    [Theory]
    [InlineData('P', "kafka-client.md", 19)]
    [InlineData('F', "fault-tests.md", 27)]
    public void Page_OfTheList_HasEachNumberOnce(char list, string page, int last) =>
        Assert.Equal(Enumerable.Range(1, last), NumbersOn(page, list).Order());

    [Theory]
    [InlineData('P', "kafka-client.md")]
    [InlineData('F', "fault-tests.md")]
    public void Number_CitedInTheCode_IsOnThePage(char list, string page)
    {
        HashSet<int> known = [.. NumbersOn(page, list)];
        SourceRuleTests.AssertNone(
            from folder in new[] { "src", "tests" }
            from source in Repository.Sources(folder)
            where !Others.Any(other => source.Path.StartsWith(other, StringComparison.Ordinal))
            from Match cited in Cited().Matches(source.Text)
            where cited.Groups["list"].Value[0] == list && !known.Contains(NumberOf(cited))
            select $"{source.Path}: {cited.Value}");
    }

    private static IEnumerable<int> NumbersOn(string page, char list) =>
        Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", page)))
            .Where(row => row.Groups["list"].Value[0] == list)
            .Select(NumberOf);

    private static int NumberOf(Match match) => int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\| (?<list>[PF])(?<number>\d+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"(?<![\w""])(?<list>[PF])(?<number>\d{1,2})(?![A-Za-z0-9""])")]
    private static partial Regex Cited();
}
