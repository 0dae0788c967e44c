using BelgiCom.Streaming.Testing;
using YamlDotNet.RepresentationModel;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// The compose file gives every worker settings that it starts with: asked of the workers themselves, where no container engine is needed.
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
        // Required variables, and the volumes of the container.
        Dictionary<string, string> settings = Environment(service).ToDictionary(
            setting => setting.Name,
            setting => setting.Value.StartsWith("${BILLING", StringComparison.Ordinal)
                ? "P6M"
                : setting.Value.Replace("/data", folder.Under("data"), StringComparison.Ordinal));
        (await ChildProcess.RunAsync(OurProgram.Start(assembly, settings, "--validate"))).WithExitCode(0);
    }

    private static IEnumerable<(string Name, string Value)> Environment(string service)
    {
        using StreamReader reader = new(Path.Combine(AppContext.BaseDirectory, "docker-compose.yml"));
        YamlStream yaml = new();
        yaml.Load(reader);
        YamlMappingNode settings = (YamlMappingNode)yaml.Documents[0].RootNode["services"][service]["environment"];
        foreach ((YamlNode key, YamlNode value) in settings)
        {
            if ($"{key}" == "<<")
            {
                foreach ((YamlNode sharedKey, YamlNode sharedValue) in (YamlMappingNode)value)
                {
                    yield return ($"{sharedKey}", $"{sharedValue}");
                }
            }
            else
            {
                yield return ($"{key}", $"{value}");
            }
        }
    }
}
