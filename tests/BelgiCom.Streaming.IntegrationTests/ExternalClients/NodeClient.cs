using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// kafkajs and its registry client, in <c>tests/external-clients</c>. Installs its packages once per run when they are missing.
/// </summary>
public static class NodeClient
{
    private static readonly Lazy<Task<string?>> Missing = new(InstallAsync);

    /// <summary>
    /// Runs one verb of <c>client.mjs</c> and returns the object it writes. Skips the test when Node.js or the packages cannot be had.
    /// </summary>
    public static async Task<JsonNode> RunAsync(string verb, JsonObject options)
    {
        string? missing = await Missing.Value;
        Assert.SkipWhen(missing is not null, missing ?? "");
        Finished result = (await ChildProcess.RunAsync(
            new ProcessStartInfo("node", ["client.mjs", verb, options.ToJsonString()]) { WorkingDirectory = Folder() })).WithExitCode(0);
        return JsonNode.Parse(result.Output) ?? throw new JsonException("client.mjs wrote nothing");
    }

    private static async Task<string?> InstallAsync()
    {
        if (!ChildProcess.IsOnPath("node") || !ChildProcess.IsOnPath("npm"))
        {
            return "node and npm are not installed: no kafkajs to test with";
        }

        if (Directory.Exists(Path.Combine(Folder(), "node_modules", "kafkajs")))
        {
            return null;
        }

        Finished install = await ChildProcess.RunAsync(
            new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]) { WorkingDirectory = Folder() });
        return install.ExitCode == 0 ? null : $"npm ci failed, no kafkajs to test with: {install.Error}";
    }

    private static string Folder()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "BelgiCom.Streaming.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests do not run inside the repository");
        }

        return Path.Combine(folder.FullName, "tests", "external-clients");
    }
}
