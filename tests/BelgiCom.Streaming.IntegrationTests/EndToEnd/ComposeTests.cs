using System.Reflection;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Testing;
using YamlDotNet.RepresentationModel;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// The compose file gives every worker settings that it starts with. The workers themselves are asked, without a container engine; where
/// there is one, tests/compose/check.sh runs all of the file.
/// </summary>
public sealed class ComposeTests
{
    [Theory]
    [InlineData("adapters", "BelgiCom.Streaming.Adapters.Worker")]
    [InlineData("rating", "BelgiCom.Streaming.Rating.Worker")]
    [InlineData("cdr-retention", "BelgiCom.Streaming.CdrRetention.Worker")]
    [InlineData("billing-sync", "BelgiCom.Streaming.BillingSync.Worker")]
    public async Task Settings_OfAWorkerInCompose_PassItsValidation(string service, string assembly)
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.Under("data", "inbox"));
        Directory.CreateDirectory(folder.Under("secrets"));
        await File.WriteAllTextAsync(folder.Under("secrets", "ledger"), "p;q w", TestContext.Current.CancellationToken);
        // The variable that an operator has to set gets a value, and folders of the test stand for the container's volumes.
        Dictionary<string, string> settings = Environment(service).ToDictionary(
            setting => setting.Name,
            setting => setting.Value.StartsWith("${BILLING", StringComparison.Ordinal)
                ? "P6M"
                : setting.Value.Replace("/data", folder.Under("data"), StringComparison.Ordinal)
                    .Replace("/run/secrets", folder.Under("secrets"), StringComparison.Ordinal));
        (await ChildProcess.RunAsync(OurProgram.Start(assembly, settings, "--validate"))).WithExitCode(0);
    }

    /// <summary>
    /// Also the container that only sets up, and those that are not ours: none may write outside its volumes or get a right.
    /// </summary>
    [Fact]
    public void Containers_OfCompose_AreConfined() => Assert.All(Services(), service =>
    {
        Dictionary<string, YamlNode> settings = Flat(service.Value).DistinctBy(setting => $"{setting.Key}").ToDictionary(
            setting => $"{setting.Key}", setting => setting.Value);
        Assert.Equal("true", $"{settings["read_only"]}");
        Assert.Equal("[ ALL ]", $"{settings["cap_drop"]}");
        Assert.Equal("[ no-new-privileges:true ]", $"{settings["security_opt"]}");
        Assert.False(settings.ContainsKey("privileged"));
        // The one that makes up passwords gives each file to its user, and ends.
        Assert.Equal(
            $"{service.Key}" == "secrets" ? "[ CHOWN ]" : "",
            settings.TryGetValue("cap_add", out YamlNode? added) ? $"{added}" : "");
        Assert.DoesNotContain(
            settings.TryGetValue("environment", out YamlNode? environment) ? Flat(environment) : [],
            setting => $"{setting.Key}".Contains("PASSWORD", StringComparison.OrdinalIgnoreCase)
                && !$"{setting.Key}".EndsWith("File", StringComparison.OrdinalIgnoreCase));
    });

    [Fact]
    public void Images_OfThisRepository_AreTaggedWithItsVersion()
    {
        string version = typeof(WorkerHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        foreach ((YamlNode service, YamlNode settings) in Services())
        {
            string image = $"{settings["image"]}";
            if (image.Contains("belgicom", StringComparison.Ordinal))
            {
                string name = $"{service}" == "setup" ? "tool" : $"{service}";
                Assert.EndsWith($"/{name}:{version}", image, StringComparison.Ordinal);
            }

            if (((YamlMappingNode)settings).Children.TryGetValue("build", out YamlNode? build))
            {
                Assert.Equal(version, $"{build["args"]["VERSION"]}");
            }
        }
    }

    private static IEnumerable<(string Name, string Value)> Environment(string service) =>
        Flat(Services()[service]["environment"]).Select(setting => ($"{setting.Key}", $"{setting.Value}"));

    /// <summary>A mapping with what it merges (<c>&lt;&lt;</c>): one other mapping, or a list of them.</summary>
    private static IEnumerable<KeyValuePair<YamlNode, YamlNode>> Flat(YamlNode mapping) =>
        ((YamlMappingNode)mapping).SelectMany(entry => ($"{entry.Key}", entry.Value) switch
        {
            ("<<", YamlSequenceNode several) => several.SelectMany(Flat),
            ("<<", YamlNode one) => Flat(one),
            _ => [entry],
        });

    private static YamlMappingNode Services()
    {
        using StreamReader reader = new(Path.Combine(AppContext.BaseDirectory, "docker-compose.yml"));
        YamlStream yaml = new();
        yaml.Load(reader);
        return (YamlMappingNode)yaml.Documents[0].RootNode["services"];
    }
}
