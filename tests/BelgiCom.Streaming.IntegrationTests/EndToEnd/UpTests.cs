using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>The tool stays up: it takes files from the inbox, serves status page, metrics and health, and drains on SIGTERM.</summary>
public sealed partial class UpTests
{
    [Fact]
    public async Task Up_FileInInbox_IsBilledAndShownAndSigtermEndsWithDone()
    {
        using TemporaryFolder folder = new();
        long events = (await Belgicom.RunAsync(
            new Dictionary<string, string>(), "generate", "--records", "500", "--seed", "3", "--out", folder.Under("usage"), "--json"))
            .WithExitCode(0).Json.ControlTotal("events");
        await using ChildProcess up = Belgicom.Start(
            new Dictionary<string, string>(),
            "up", "--data", folder.Under("data"), "--inbox", folder.Under("inbox"), "--subscriptions",
            folder.Under("usage", "subscriptions.csv"), "--http", "127.0.0.1:0");
        string url = Url().Match(await up.LineAsync(line => Url().IsMatch(line), "the address of the status page")).Value;
        using HttpClient client = new() { BaseAddress = new Uri(url) };

        foreach (string? file
            in Directory.GetFiles(folder.Under("usage")).Where(file => !file.EndsWith("subscriptions.csv", StringComparison.Ordinal)))
        {
            // A careful sender writes under a name that is ignored, and then renames the file.
            string target = folder.Under("inbox", Path.GetFileName(file));
            File.Copy(file, target + ".tmp");
            File.Move(target + ".tmp", target);
        }

        JsonElement status = await UntilAsync(
            client, up,
            status =>
                status.GetProperty("records").GetProperty("received").GetInt64() == events && status.GetProperty("conserved").GetBoolean()
                && status.GetProperty("billed").GetProperty("lines").GetInt64()
                    == status.GetProperty("records").GetProperty("rated").GetInt64());
        Assert.True(status.GetProperty("billed").GetProperty("lines").GetInt64() > 0);
        Assert.NotEmpty(status.GetProperty("files").EnumerateArray());
        Assert.Equal(3, status.GetProperty("lag").EnumerateObject().Count());

        string page = await client.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("/status.json", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.Contains(
            "belgicom_", await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        Assert.True(
            (await client.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken)).IsSuccessStatusCode);

        up.Terminate();
        (await up.EndAsync()).WithExitCode(0);
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Url();

    private static async Task<JsonElement> UntilAsync(HttpClient client, ChildProcess up, Func<JsonElement, bool> condition)
    {
        JsonElement status = default;
        await Wait.UntilAsync(
            async () =>
            {
                status = await client.GetFromJsonAsync<JsonElement>(
                    new Uri("/status.json", UriKind.Relative), TestContext.Current.CancellationToken);
                return status.TryGetProperty("records", out _) && condition(status);
            },
            "a status that shows everything billed",
            [up],
            Belgicom.EndMax);
        return status;
    }
}
