using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>Apicurio Registry from the folder that SCHEMA_REGISTRY_HOME names; absent when the variable is not set.</summary>
public sealed class ApicurioFixture : IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);
    private Process? _process;

    public Uri? Url { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("SCHEMA_REGISTRY_HOME") is not { Length: > 0 } home)
        {
            return;
        }

        int port = FreePort();
        ProcessStartInfo start = new(Path.Combine(home, "bin", "start.sh"), port.ToString(CultureInfo.InvariantCulture))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Url = new Uri($"http://127.0.0.1:{port}/apis/ccompat/v7");
        await AnsweringAsync(Url);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }

    private async Task AnsweringAsync(Uri url)
    {
        using HttpClient http = new();
        using CancellationTokenSource limit = new(StartLimit);
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(250));
        while (await tick.WaitForNextTickAsync(limit.Token))
        {
            Assert.False(_process!.HasExited, "Apicurio Registry ended while starting");
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(new Uri(url + "/subjects"), limit.Token);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
