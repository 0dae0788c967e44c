using System.Text.RegularExpressions;

namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>Every setting is a promise to an operator: docs/configuration.md names each, and nothing that does not exist.</summary>
public sealed partial class SettingsTests
{
    private static readonly (string Path, string Text)[] Sources = [.. Repository.Sources("src")];

    // Each path at which AddValidatedOptions binds a section as a class. A section may be read as several classes, one per role.
    private static readonly IReadOnlyList<(string Path, string Section, string Type)> Bindings = [.. FindBindings()];

    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md"));

    [Fact]
    public void Page_OfTheSettings_NamesEachOption() =>
        SourceRuleTests.AssertNone(AllSettings().Except(OnThePage().Select(setting => setting.Name)).Order(StringComparer.Ordinal));

    [Fact]
    public void Page_OfTheSettings_NamesNoOther() =>
        SourceRuleTests.AssertNone(OnThePage().Select(setting => setting.Name).Except(AllSettings()).Order(StringComparer.Ordinal));

    /// <summary>The heading above a setting says which workers read it: "## Keys (adapters, cdr-retention)".</summary>
    [Fact]
    public void Page_OfTheSettings_SaysWhoReadsEach() => Assert.Equal(
        ReadersOfSettings().Select(setting => $"{setting.Key}: {Named(setting.Value)}").Order(StringComparer.Ordinal),
        OnThePage().Where(setting => setting.Readers.Length > 0)
            .Select(setting => $"{setting.Name}: {setting.Readers}")
            .Order(StringComparer.Ordinal));

    /// <summary>A worker that is given a setting which only others read names those others.</summary>
    [Fact]
    public void Fault_OfASettingThatOthersHave_NamesThem()
    {
        IReadOnlyDictionary<string, string[]> readers = ReadersOfSettings();
        IEnumerable<string> partly = readers.Where(setting => setting.Value.Length < ReadersOfSection(setting.Key.Split(':')[0]).Length)
            .Select(setting => $"{setting.Key}: {Named(setting.Value)}");
        Assert.Equal(
            partly.Order(StringComparer.Ordinal),
            Elsewhere().Matches(TextOf("ValidatedOptionsExtensions"))
                .Select(match => $"{match.Groups["name"].Value}: {match.Groups["who"].Value}")
                .Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> AllSettings() =>
        Bindings.SelectMany(binding => Settings(binding.Section, binding.Type)).Distinct();

    private static IEnumerable<(string Path, string Section, string Type)> FindBindings() =>
        from source in Sources
        from Match bound in Bound().Matches(source.Text)
        let section = bound.Groups["literal"].Success ? bound.Groups["literal"].Value : Constant(bound.Groups["constant"].Value)
        select (source.Path, section, bound.Groups["type"].Value);

    /// <summary>Settings of the workers, and the workers whose wiring reads them, by the names of their groups.</summary>
    private static Dictionary<string, string[]> ReadersOfSettings() =>
        Bindings.Where(binding => WorkerOf(binding.Path) is not null)
            .SelectMany(binding => Settings(binding.Section, binding.Type), (binding, setting) => (setting, WorkerOf(binding.Path)!))
            .GroupBy(pair => pair.setting, pair => pair.Item2)
            .ToDictionary(setting => setting.Key, setting => setting.Distinct().Order(StringComparer.Ordinal).ToArray());

    private static string[] ReadersOfSection(string section) =>
        [.. Bindings.Where(binding => binding.Section == section).Select(binding => WorkerOf(binding.Path)).OfType<string>().Distinct()];

    private static string Named(string[] workers) =>
        workers.Length == ReadersOfSection("Kafka").Length ? "all workers" : string.Join(", ", workers);

    /// <summary>The worker that a file wires: "cdr-retention" for ".../CdrRetentionWorkerExtensions.cs".</summary>
    private static string? WorkerOf(string path)
    {
        Match worker = Regex.Match(path, @"/(?<name>\w+)WorkerExtensions\.cs$");
        return worker.Success
            ? Regex.Replace(worker.Groups["name"].Value, "(?<=[a-z])(?=[A-Z])", "-").ToLowerInvariant()
            : null;
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
        Match parent = Regex.Match(body, $@"\bclass {type} : (?<parent>\w+Options)\b");
        if (parent.Success)
        {
            foreach (string setting in Settings(prefix, parent.Groups["parent"].Value))
            {
                yield return setting;
            }
        }

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

    /// <summary>The settings in the tables, each with what the heading above it has in brackets.</summary>
    private static IEnumerable<(string Name, string Readers)> OnThePage()
    {
        string readers = "";
        foreach (string line in Page.Split('\n'))
        {
            if (line.StartsWith('#'))
            {
                readers = Heading().Match(line).Groups["who"].Value;
            }
            else if (Documented().Match(line) is { Success: true } setting)
            {
                yield return (setting.Groups["name"].Value, readers);
            }
        }
    }

    [GeneratedRegex(@"AddValidatedOptions<(?<type>\w+)>\((""(?<literal>\w+)""|(?<constant>\w+\.\w+))\)")]
    private static partial Regex Bound();

    [GeneratedRegex(
        @"^    public (?!static|const|override)(required )?(?<type>[\w<>\[\],\.\? ]+?)\?? (?<name>\w+) \{ get;( (set|init);)? \}",
        RegexOptions.Multiline)]
    private static partial Regex Property();

    [GeneratedRegex(@"^\| `(?<name>[A-Z][A-Za-z]+:[^`]+)` \|")]
    private static partial Regex Documented();

    [GeneratedRegex(@"^##+ [\w ]+ \((?<who>[\w, -]+)\)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[""(?<name>\w+:\w+)""\] = ""(?<who>[^""]+)""")]
    private static partial Regex Elsewhere();
}
