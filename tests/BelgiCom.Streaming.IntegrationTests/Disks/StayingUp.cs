using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary><c>belgicom up</c> as a process, and what its pages say.</summary>
internal sealed partial class StayingUp : IAsyncDisposable
{
    private readonly HttpClient _client;

    private StayingUp(ChildProcess process, string url)
    {
        Process = process;
        _client = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(20) };
    }

    public ChildProcess Process { get; }

    /// <summary>The arguments of the verb.</summary>
    public static string[] Arguments(string data, string inbox) => ["up", "--data", data, "--inbox", inbox, "--http", "127.0.0.1:0"];

    /// <summary>Waits until a process that was started answers.</summary>
    public static async Task<StayingUp> WaitForAsync(ChildProcess process) =>
        new(process, Url().Match(await process.LineAsync(line => Url().IsMatch(line), "the address of the status page")).Value);

    /// <summary>The process once it answers; null before.</summary>
    public static StayingUp? TryFind(ChildProcess process) =>
        process.Lines.Select(line => Url().Match(line)).FirstOrDefault(url => url.Success) is { } url ? new(process, url.Value) : null;

    /// <summary>Waits until so many messages are billed, and nothing more, and every worker is ready.</summary>
    public Task UntilBilledAsync(int messages) => UntilAsync(
        () => HasBilledAsync(messages), $"{messages} messages to be billed and every worker to be ready");

    /// <summary>Whether so many messages are billed, and nothing more, and every worker is ready.</summary>
    public async Task<bool> HasBilledAsync(int messages)
    {
        JsonElement status = await StatusAsync();
        return status.TryGetProperty("billed", out JsonElement billed)
            && billed.GetProperty("lines").GetInt64() == messages
            && billed.GetProperty("amount").GetString() == Messages.Amount(messages)
            && status.GetProperty("conserved").GetBoolean()
            && (await ReadyAsync()).IsReady;
    }

    /// <summary>Waits until the process says that it is not ready and names all of these in its health and among its problems.</summary>
    public Task UntilNotReadyBecauseOfAsync(params string[] words) => UntilAsync(
        async () =>
        {
            (bool isReady, string health) = await ReadyAsync();
            JsonElement status = await StatusAsync();
            string problems = status.TryGetProperty("problems", out JsonElement list) ? list.GetRawText() : "";
            return !isReady && words.All(word => health.Contains(word, StringComparison.Ordinal))
                && words.All(word => problems.Contains(word, StringComparison.Ordinal));
        },
        $"'not ready' that names {string.Join(" and ", words)}");

    public Task UntilAsync(Func<Task<bool>> condition, string what) => Wait.UntilAsync(condition, what, [Process], Belgicom.EndMax);

    public async Task<JsonElement> StatusAsync()
    {
        try
        {
            return await _client.GetFromJsonAsync<JsonElement>(
                new Uri("/status.json", UriKind.Relative), TestContext.Current.CancellationToken);
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException or JsonException)
        {
            return JsonDocument.Parse("{}").RootElement;
        }
    }

    /// <summary>Ends it as a container platform does.</summary>
    public async Task StopAsync()
    {
        Process.Terminate();
        (await Process.EndAsync()).WithExitCode(0);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Process.DisposeAsync();
    }

    private async Task<(bool IsReady, string Text)> ReadyAsync()
    {
        try
        {
            using HttpResponseMessage ready = await _client.GetAsync(
                new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            return (ready.IsSuccessStatusCode, await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
        catch (Exception slow) when (slow is HttpRequestException or TaskCanceledException)
        {
            return (false, "");
        }
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Url();
}
