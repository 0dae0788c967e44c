using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using Xunit;
using Xunit.Sdk;

namespace BelgiCom.Streaming.Testing;

/// <summary>
/// Apicurio Registry, its schemas in memory: from the folder that SCHEMA_REGISTRY_HOME names, else a container. Where neither is to be had,
/// each test that asks for it is skipped.
/// </summary>
public sealed class ApicurioServer : IAsyncLifetime
{
    private const string Variable = "SCHEMA_REGISTRY_HOME";
    private const int PortInContainer = 8080;
    private static readonly TimeSpan StartMax = TimeSpan.FromMinutes(3);
    private SkipException? _absence;
    private ChildProcess? _process;
    private IContainer? _container;
    private Uri? _url;

    /// <summary>Where its Confluent-compatible API answers.</summary>
    public Uri Url
    {
        get
        {
            if (_absence is not null)
            {
                ExceptionDispatchInfo.Throw(_absence);
            }

            return _url!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        int port;
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } home)
        {
            port = FreePort();
            _process = new ChildProcess(
                "Apicurio Registry",
                new ProcessStartInfo(Path.Combine(home, "bin", "start.sh"), [port.ToString(CultureInfo.InvariantCulture)]));
        }
        else
        {
            try
            {
                _container = await ComposeImage.StartAsync(Build, $"; a distribution that {Variable} names would do");
                port = _container.GetMappedPublicPort(PortInContainer);
            }
            catch (SkipException absence)
            {
                _absence = absence;
                return;
            }
        }

        _url = new Uri($"http://{_container?.Hostname ?? "127.0.0.1"}:{port}/apis/ccompat/v7");
        using HttpClient http = new();
        ChildProcess[] needed = _process is null ? [] : [_process];
        await Wait.UntilAsync(() => AnswersAsync(http, new Uri(_url + "/subjects")), "an answer of the registry", needed, StartMax);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        if (_container is not null)
        {
            await _container.DisposeAsync();
        }
    }

    private static IContainer Build() => new ContainerBuilder(ComposeImage.Of("quay.io/apicurio/apicurio-registry"))
        .WithPortBinding(PortInContainer, assignRandomHostPort: true)
        .Build();

    private static async Task<bool> AnswersAsync(HttpClient http, Uri url)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(url, TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // The server does not listen yet.
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
