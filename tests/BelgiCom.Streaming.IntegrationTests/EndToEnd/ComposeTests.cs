using System.Diagnostics;
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
        ProcessStartInfo start = new("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        start.ArgumentList.Add("--validate");
        foreach ((string name, string value) in Environment(service))
        {
            // Required variables, and the volumes of the container.
            start.Environment[name] = value.StartsWith("${BILLING", StringComparison.Ordinal)
                ? "P6M"
                : value.Replace("/data", folder.Under("data"), StringComparison.Ordinal);
        }

        using Process worker = Process.Start(start)!;
        string error = await worker.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(worker.ExitCode == 0, error);
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
