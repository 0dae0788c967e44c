using System.Text.RegularExpressions;

namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>An alert on a metric that nobody writes never fires.</summary>
public sealed partial class AlertTests
{
    [Fact]
    public void Alerts_NameMetricsOfTheCode()
    {
        string code = string.Concat(
            Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
                .Select(File.ReadAllText));
        string[] named = [.. Metric().Matches(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "alerts.yaml")))
            .Select(match => match.Value).Distinct()];
        Assert.True(named.Length > 3, "the rules name no metrics");
        Assert.All(named, name => Assert.Contains($"\"{name}\"", code, StringComparison.Ordinal));
    }

    [Fact]
    public void Runbooks_AreSectionsOfThePages()
    {
        MatchCollection runbooks = Runbook().Matches(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "alerts.yaml")));
        Assert.NotEmpty(runbooks);
        Assert.All(runbooks, runbook => Assert.Contains(
            runbook.Groups["section"].Value,
            File.ReadLines(Path.Combine(Repository.Root, runbook.Groups["page"].Value)).Where(line => line.StartsWith('#'))
                .Select(line => line.TrimStart('#').Trim().ToLowerInvariant().Replace(' ', '-'))));
    }

    [GeneratedRegex(@"runbook: (?<page>[\w./-]+)#(?<section>[\w-]+)")]
    private static partial Regex Runbook();

    [GeneratedRegex(@"\bbelgicom_\w+")]
    private static partial Regex Metric();
}
