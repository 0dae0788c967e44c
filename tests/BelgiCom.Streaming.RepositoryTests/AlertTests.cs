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

    [GeneratedRegex(@"\bbelgicom_\w+")]
    private static partial Regex Metric();
}
