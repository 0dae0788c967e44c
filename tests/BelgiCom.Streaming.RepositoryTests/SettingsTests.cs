using System.Text.RegularExpressions;

namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>Every setting is a promise to an operator: docs/configuration.md names each, and nothing that does not exist.</summary>
public sealed partial class SettingsTests
{
    private static readonly (string Path, string Text)[] Sources = [.. Repository.Sources("src")];

    // Section, and the class of its options, as AddValidatedOptions binds them.
    private static readonly IReadOnlyDictionary<string, string> Sections = FindSections();

    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md"));

    [Fact]
    public void Page_OfTheSettings_NamesEachOption() =>
        SourceRuleTests.AssertNone(
            Sections.SelectMany(section => Settings(section.Key, section.Value)).Except(OnThePage()).Order(StringComparer.Ordinal));

    [Fact]
    public void Page_OfTheSettings_NamesNoOther() =>
        SourceRuleTests.AssertNone(
            OnThePage().Except(Sections.SelectMany(section => Settings(section.Key, section.Value))).Order(StringComparer.Ordinal));

    /// <summary>The heading of a section says which workers read it: "## Keys (adapters, cdr-retention)".</summary>
    [Fact]
    public void Page_OfTheSettings_SaysWhoReadsASection()
    {
        Dictionary<string, string> said = Heading().Matches(Page)
            .ToDictionary(match => match.Groups["section"].Value, match => match.Groups["who"].Value);
        Dictionary<string, string> bound = Sections.Keys.Where(section => section is not ("Http" or "Log"))
            .ToDictionary(section => section, section => string.Join(", ", Readers(section)));
        Assert.Equal(
            bound.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {pair.Value}"),
            said.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {pair.Value}"));
    }

    private static Dictionary<string, string> FindSections()
    {
        Dictionary<string, string> sections = [];
        foreach ((string _, string text) in Sources)
        {
            foreach (Match bound in Bound().Matches(text))
            {
                string type = bound.Groups["type"].Value;
                string section = bound.Groups["literal"].Success
                    ? bound.Groups["literal"].Value
                    : Constant(bound.Groups["constant"].Value);
                sections[section] = type;
            }
        }

        return sections;
    }

    /// <summary>The value of <c>XOptions.Section</c>.</summary>
    private static string Constant(string name)
    {
        string[] parts = name.Split('.');
        return Regex.Match(TextOf(parts[0]), $@"const string {parts[1]} = ""(\w+)""").Groups[1].Value;
    }

    private static string TextOf(string type) => Sources.Single(source => Regex.IsMatch(source.Text, $@"\bclass {type}\b")).Text;

    /// <summary>
    /// Names of all settings of an options class: lists as "X:N:Y", dictionaries of objects as "X:&lt;NAME&gt;:Y", other dictionaries as
    /// "X:&lt;name&gt;".
    /// </summary>
    private static IEnumerable<string> Settings(string prefix, string type)
    {
        string text = TextOf(type);
        int start = Regex.Match(text, $@"\bclass {type}\b").Index;
        Match next = Regex.Match(text[(start + 5)..], @"^(public|internal) .*\bclass \w+", RegexOptions.Multiline);
        string body = next.Success ? text[start..(start + 5 + next.Index)] : text[start..];
        foreach (Match property in Property().Matches(body))
        {
            (string valueType, string name) = (property.Groups["type"].Value, property.Groups["name"].Value);
            Match list = Regex.Match(valueType, @"^(?:IList|List|IReadOnlyList)<(?<item>\w+)>$");
            Match map = Regex.Match(valueType, @"^(?:IDictionary|Dictionary)<string, (?<item>\w+)>$");
            IEnumerable<string> found =
                list.Success && list.Groups["item"].Value.EndsWith("Options", StringComparison.Ordinal)
                    ? Settings($"{prefix}:{name}:N", list.Groups["item"].Value)
                    : map.Success && map.Groups["item"].Value.EndsWith("Options", StringComparison.Ordinal)
                        ? Settings($"{prefix}:{name}:<NAME>", map.Groups["item"].Value)
                        : map.Success ? [$"{prefix}:{name}:<name>"]
                        : valueType.EndsWith("Options", StringComparison.Ordinal) ? Settings($"{prefix}:{name}", valueType)
                        : [$"{prefix}:{name}"];
            foreach (string setting in found)
            {
                yield return setting;
            }
        }
    }

    private static IEnumerable<string> OnThePage() => Documented().Matches(Page).Select(match => match.Groups["name"].Value);

    /// <summary>Workers whose wiring binds a section, by the names of their groups.</summary>
    private static IEnumerable<string> Readers(string section)
    {
        string[] all = [
            .. Sources.Where(source => source.Path.EndsWith("WorkerExtensions.cs", StringComparison.Ordinal))
                .Select(source => source.Path)];
        string[] readers =
        [
            .. Sources.Where(source => all.Contains(source.Path) && Bound().Matches(source.Text).Any(match =>
                    (match.Groups["literal"].Success ? match.Groups["literal"].Value : Constant(match.Groups["constant"].Value))
                        == section))
                .Select(source => source.Path.Split('/')[1]["BelgiCom.Streaming.".Length..^".Worker".Length])
                .Select(name => Regex.Replace(name, "(?<=[a-z])(?=[A-Z])", "-").ToLowerInvariant())
                .Order(StringComparer.Ordinal),
        ];
        return readers.Length == all.Length ? ["all workers"] : readers;
    }

    [GeneratedRegex(@"AddValidatedOptions<(?<type>\w+)>\((""(?<literal>\w+)""|(?<constant>\w+\.\w+))\)")]
    private static partial Regex Bound();

    [GeneratedRegex(
        @"^    public (?!static|const|override)(required )?(?<type>[\w<>\[\],\.\? ]+?)\?? (?<name>\w+) \{ get;( (set|init);)? \}",
        RegexOptions.Multiline)]
    private static partial Regex Property();

    [GeneratedRegex(@"^\| `(?<name>[A-Z][A-Za-z]+:[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Documented();

    [GeneratedRegex(@"^## (?<section>\w+) \((?<who>[\w, -]+)\)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
