using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BelgiCom.Streaming.Testing;

/// <summary>Apicurio Registry from the folder that SCHEMA_REGISTRY_HOME names; absent when the variable is not set.</summary>
public sealed class ApicurioServer : IAsyncLifetime
{
    private static readonly TimeSpan StartMax = TimeSpan.FromMinutes(3);
    private ChildProcess? _process;

    /// <summary>Where its Confluent-compatible API answers; null when there is none.</summary>
    public Uri? Url { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("SCHEMA_REGISTRY_HOME") is not { Length: > 0 } home)
        {
            return;
        }

        int port = FreePort();
        _process = new ChildProcess(
            "Apicurio Registry",
            new ProcessStartInfo(Path.Combine(home, "bin", "start.sh"), [port.ToString(CultureInfo.InvariantCulture)]));
        Url = new Uri($"http://127.0.0.1:{port}/apis/ccompat/v7");
        using HttpClient http = new();
        await Wait.UntilAsync(() => AnswersAsync(http, new Uri(Url + "/subjects")), "an answer of the registry", [_process], StartMax);
    }

    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async Task<bool> AnswersAsync(HttpClient http, Uri url)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(url, TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // Not listening yet.
            return false;
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
