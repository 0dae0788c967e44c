using System.Text.RegularExpressions;

namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>House rules that a compiler does not check. Each failure names the places.</summary>
public sealed partial class SourceRuleTests
{
    [Fact]
    public void TypeNames_OfTheSource_SayWhatTheTypeDoes() => AssertNone(Repository.Find("src", EmptyName()));

    [Fact]
    public void TypeNames_OfTheTests_SayWhatTheTypeDoes() => AssertNone(Repository.Find("tests", EmptyName()));

    [Fact]
    public void WallClock_InTheSource_IsReadThroughTimeProvider() => AssertNone(Repository.Find(
        "src", WallClock(), path => !path.EndsWith("/Program.cs", StringComparison.Ordinal)));

    /// <summary>A zone or culture of the machine would change what is billed.</summary>
    [Fact]
    public void MachineZoneAndCulture_InTheSource_AreNotUsed() => AssertNone(Repository.Find("src", MachineSettings()));

    [Fact]
    public void Rating_OfMoney_HasNoFloatingPoint() => AssertNone(Repository.Find(
        "src", FloatingPoint(), path => path.StartsWith("src/BelgiCom.Streaming.Rating/", StringComparison.Ordinal)));

    /// <summary>Math.Round without a mode is banker's rounding.</summary>
    [Fact]
    public void Rounding_InTheSource_NamesItsMode()
    {
        IEnumerable<string> unnamed =
            from source in Repository.Sources("src")
            from Match call in Round().Matches(source.Text)
            where !call.Value.Contains("MidpointRounding.", StringComparison.Ordinal)
            select $"{source.Path}: {call.Value}";
        AssertNone(unnamed);
    }

    /// <summary>A client made elsewhere has librdkafka's own defaults, and prints its log lines past ours (docs/kafka-client.md).</summary>
    [Fact]
    public void KafkaClients_OfTheSource_AreMadeInOnePlace() => AssertNone(Repository.Find(
        "src", ClientBuilder(), path => !path.EndsWith("/KafkaClients.cs", StringComparison.Ordinal)));

    /// <summary>
    /// Workers write in transactions (rule P10). Only the embedded registry's log and the benchmark's other clients write without.
    /// </summary>
    [Fact]
    public void ProducersWithoutTransactions_OfTheSource_AreTheToolsAndTheBenchmarksOnly() => AssertNone(Repository.Find(
        "src", ProducerSettings(),
        path => !path.EndsWith("/KafkaClients.cs", StringComparison.Ordinal)
            && !path.StartsWith("src/BelgiCom.Streaming.Tool/", StringComparison.Ordinal)
            && !path.StartsWith("src/BelgiCom.Streaming.Bench/", StringComparison.Ordinal)));

    /// <summary>
    /// A test awaits a condition. What is at most 100 ms is the interval of such a wait on another process, an endless delay is a peer
    /// that never answers, and the proxy's latency is the fault it injects; anything else hopes that a time is long enough.
    /// </summary>
    [Fact]
    public void Tests_OfTheRepository_DoNotSleep() => AssertNone(Repository.Find(
        "tests", Sleep(),
        path =>
            !path.EndsWith("/KafkaProxy.cs", StringComparison.Ordinal) && !path.EndsWith("/SourceRuleTests.cs", StringComparison.Ordinal)));

    /// <summary>A test of a server that is not ours, without the trait by which .ci/run finds it, would never run anywhere.</summary>
    [Fact]
    public void Tests_ThatNeedARealServer_HaveTheTrait() => AssertNone(
        from source in Repository.Sources("tests")
        where source.Path.Contains(".IntegrationTests/", StringComparison.Ordinal)
            || source.Path.Contains(".LocalKafka.Tests/", StringComparison.Ordinal)
        where RealServer().IsMatch(source.Text)
            && !source.Text.Contains("[Trait(TestBroker.Trait, TestBroker.Real)]", StringComparison.Ordinal)
        select source.Path);

    [Fact]
    public void EventIds_OfLogMessages_AreUnique()
    {
        List<(string Id, string Place)> events = new();
        foreach ((string path, string text) in Repository.Sources("src"))
        {
            foreach (Match attribute in LogMessage().Matches(text))
            {
                Assert.True(attribute.Groups["id"].Success, $"{path}: a LoggerMessage without an event id");
                events.Add((attribute.Groups["id"].Value, path));
            }
        }

        Assert.NotEmpty(events);
        IEnumerable<string> twice = events.GroupBy(e => e.Id).Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(e => e.Place))}");
        AssertNone(twice);
    }

    /// <summary>Nobody reads what does not fit beside a diff.</summary>
    [Theory, InlineData("src"), InlineData("tests")]
    public void Lines_OfTheCode_HaveAtMost140Columns(string folder) => AssertNone(
        from source in Repository.Sources(folder)
        from line in source.Text.Split('\n').Select((text, index) => (Text: text, Number: index + 1))
        where line.Text.Length > 140
        select $"{source.Path}:{line.Number}");

    /// <summary>
    /// The build checks the other rules of style (IDE0055 and its like), but not this one; dotnet format style would, in more than a
    /// minute.
    /// </summary>
    [Theory, InlineData("src"), InlineData("tests")]
    public void Usings_OfTheCode_AreInOrder(string folder) => AssertNone(
        from source in Repository.Sources(folder)
        let names = Using().Matches(source.Text).Select(match => match.Groups["name"].Value).ToArray()
        where !names.SequenceEqual(
            names.OrderBy(name => !name.StartsWith("System", StringComparison.Ordinal))
                .ThenBy(name => name, StringComparer.OrdinalIgnoreCase))
        select source.Path);

    [Fact]
    public void Files_OfTheRepository_HoldNoSecrets()
    {
        string[] folders = ["src", "tests", "deploy", "docs", "schemas", "samples"];
        IEnumerable<string> files = folders.Select(folder => Path.Combine(Repository.Root, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            .Where(path => !Built().IsMatch(path.Replace('\\', '/')) && new FileInfo(path).Length < 1 << 20);
        AssertNone(
            files.Where(path => Secret().IsMatch(File.ReadAllText(path))).Select(path => Path.GetRelativePath(Repository.Root, path)));
    }

    /// <summary>Every place, one a line: the messages of Assert.Empty are cut off.</summary>
    internal static void AssertNone(IEnumerable<string> places)
    {
        string all = string.Join('\n', places);
        Assert.True(all.Length == 0, all);
    }

    [GeneratedRegex(@"^using (?<name>[\w.]+);\r?$", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"new (Producer|Consumer|AdminClient|DependentProducer|DependentAdminClient)Builder\b")]
    private static partial Regex ClientBuilder();

    [GeneratedRegex(@"\bnew ProducerConfig\b|\bProducerConfig \w+ = new|\bProducerConfig \w+\(.*=> new\(")]
    private static partial Regex ProducerSettings();

    [GeneratedRegex(@"\b(class|struct|record|interface|enum)\s+\w*(Manager|Helpers?|Utils?|Utilit(y|ies)|Rig)\b")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b")]
    private static partial Regex WallClock();

    [GeneratedRegex(@"\bTimeZoneInfo\.Local\b|\bCultureInfo\.Current(UI)?Culture\b|\.ToLocalTime\(")]
    private static partial Regex MachineSettings();

    [GeneratedRegex(@"\b(double|float|Half)\b|\bSystem\.Double\b|\bSystem\.Single\b")]
    private static partial Regex FloatingPoint();

    [GeneratedRegex(@"\b(Math|decimal)\.Round\([^;]*")]
    private static partial Regex Round();

    [GeneratedRegex(@"\b(Thread\.Sleep|Task\.Delay)\((?!(TimeSpan\.FromMilliseconds\()?(\d{1,2}|100)\b(?!\.)|Timeout\.Infinite)")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\[LoggerMessage\((\s*(EventId\s*=\s*)?(?<id>\d+))?")]
    private static partial Regex LogMessage();

    [GeneratedRegex(
        @"= TestBroker\.KafkaHome\(|IClassFixture<(ApacheKafkaCluster|ApicurioServer)>"
        + @"|(SharedBroker|StartAsync)\(BrokerKind\.(KafkaHome|Container)\)")]
    private static partial Regex RealServer();

    [GeneratedRegex(@"/(bin|obj|node_modules|TestResults)/")]
    private static partial Regex Built();

    /// <summary>
    /// Private keys, cloud and forge tokens, JSON Web Tokens, and passwords in connection strings that are not placeholders.
    /// </summary>
    [GeneratedRegex(
        @"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
        + @"|\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}|(?i)password=(?![\s;""'<$\{%]|test|secret)\w{8,}")]
    private static partial Regex Secret();
}
