using System.Text.Json;
using System.Text.Json.Nodes;

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
        ExternalProgram.Result result = await ExternalProgram.RunAsync(
            "node", ["client.mjs", verb, options.ToJsonString()], folder: Folder(),
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(result.ExitCode == 0, result.Error);
        return JsonNode.Parse(result.Output) ?? throw new JsonException("client.mjs wrote nothing");
    }

    private static async Task<string?> InstallAsync()
    {
        if (!ExternalProgram.Exists("node") || !ExternalProgram.Exists("npm"))
        {
            return "node and npm are not installed: no kafkajs to test with";
        }

        if (Directory.Exists(Path.Combine(Folder(), "node_modules", "kafkajs")))
        {
            return null;
        }

        ExternalProgram.Result install = await ExternalProgram.RunAsync(
            "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder: Folder());
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
