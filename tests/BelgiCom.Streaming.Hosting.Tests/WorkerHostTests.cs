using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Hosting.Tests;

public sealed class WorkerHostTests
{
    [Fact]
    public async Task Run_ValidateWithGoodConfiguration_EndsWithDone() =>
        Assert.Equal(0, await WorkerHost.RunAsync("sample", ["--validate", "--Http:Url=http://127.0.0.1:0"], _ => { }));

    [Theory]
    [InlineData("--Http:Urll=http://127.0.0.1:0")]
    [InlineData("--Http:Url=ftp://somewhere")]
    [InlineData("--verbose")]
    [InlineData("rating")]
    [InlineData("--Kestrel:Endpoints:X:Url=http://0.0.0.0:18099")]
    public async Task Run_WrongSettingOrArgument_EndsWithConfiguration(string argument) =>
        Assert.Equal(1, await WorkerHost.RunAsync("sample", [argument], _ => { }));

    /// <summary>A collector reads JSON; the person who asks with --validate reads lines.</summary>
    [Fact]
    public async Task Faults_OfAProcessThatWorks_AreJsonLines_AndPlainWithValidate()
    {
        Assert.All(await ErrorLinesAsync("--Http:Url=ftp://a", "--Http:Urll=x"), line =>
        {
            using JsonDocument entry = JsonDocument.Parse(line);
            Assert.Equal(("Fatal", "sample"), (Text(entry, "@l"), Text(entry, "Worker")));
            Assert.StartsWith("Http:Ur", Text(entry, "@m"), StringComparison.Ordinal);
        });
        Assert.All(
            await ErrorLinesAsync("--validate", "--Http:Url=ftp://a"),
            line => Assert.StartsWith("sample: Http:Url", line, StringComparison.Ordinal));

        static string? Text(JsonDocument entry, string name) => entry.RootElement.GetProperty(name).GetString();
    }

    private static async Task<string[]> ErrorLinesAsync(params string[] args)
    {
        TextWriter before = Console.Error;
        using StringWriter error = new();
        Console.SetError(error);
        try
        {
            Assert.Equal(1, await WorkerHost.RunAsync("sample", args, _ => { }));
        }
        finally
        {
            Console.SetError(before);
        }

        string[] lines = error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(lines);
        return lines;
    }

    [Fact]
    public async Task Run_ServiceFails_EndsWithFailed() =>
        Assert.Equal(2, await WorkerHost.RunAsync(
            "sample", ["--Http:Url=http://127.0.0.1:0"], builder => builder.Services.AddHostedService<FailingService>()));

    [Fact]
    public async Task Run_PortAskedForIsTaken_EndsWithConfiguration()
    {
        using TcpListener other = Listen();
        Assert.Equal(1, await WorkerHost.RunAsync("sample", [$"--Http:Url=http://{other.LocalEndpoint}"], _ => { }));
    }

    [Fact]
    public async Task Secret_InFile_IsReadWithoutItsLineEnd()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "http://127.0.0.1:0\n", TestContext.Current.CancellationToken);
        try
        {
            WebApplicationBuilder builder = WorkerHost.CreateBuilder("sample", LogReader.Person, new Dictionary<string, string?>());
            Assert.Null(builder.AddValidatedOptions<HttpOptions>("Http").Url);
            builder.Configuration["Http:Url_FILE"] = file;
            SecretFiles.Load(builder.Configuration);
            Assert.Equal("http://127.0.0.1:0", builder.Configuration["Http:Url"]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Endpoints_StartedHost_AnswerHealthAndMetrics()
    {
        await using WebApplication app = WorkerHost.Build(WorkerHost.CreateBuilder("sample", LogReader.Person, Free));
        await WorkerHost.StartAsync(app, "sample");
        using HttpClient client = new() { BaseAddress = new Uri(app.Urls.First()) };

        foreach (string path in new[] { "/health/live", "/health/ready", "/metrics" })
        {
            using HttpResponseMessage response = await client.GetAsync(
                new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Contains(
            "process_", await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        await app.StopAsync(TestContext.Current.CancellationToken);
        Assert.Null(WorkerHost.FailureOf(app));
    }

    /// <summary>A process that cannot do its work now is given none (503). A restart would not help it, so it is alive (200).</summary>
    [Fact]
    public async Task Ready_OneCheckIsDegraded_Is503AndLiveIs200()
    {
        WebApplicationBuilder builder = WorkerHost.CreateBuilder("sample", LogReader.Person, Free);
        builder.Services.AddHealthChecks().AddCheck("brokers", () => HealthCheckResult.Degraded("away"));
        await using WebApplication app = WorkerHost.Build(builder);
        await WorkerHost.StartAsync(app, "sample");
        using HttpClient client = new() { BaseAddress = new Uri(app.Urls.First()) };

        using HttpResponseMessage ready = await client.GetAsync(
            new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        using HttpResponseMessage live = await client.GetAsync(
            new Uri("/health/live", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("away", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A page elsewhere whose name leads to loopback reads nothing; the names of this machine do.</summary>
    [Theory]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("localhost:8080", HttpStatusCode.OK)]
    [InlineData("[::1]:8080", HttpStatusCode.OK)]
    [InlineData("attacker.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("127.0.0.1.attacker.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost.attacker.example:8080", HttpStatusCode.MisdirectedRequest)]
    [InlineData("10.0.0.1", HttpStatusCode.MisdirectedRequest)]
    public async Task Request_ByAnotherHostName_IsRefusedOnLoopback(string host, HttpStatusCode expected)
    {
        await using WebApplication app = WorkerHost.Build(WorkerHost.CreateBuilder("sample", LogReader.Person, Free));
        await WorkerHost.StartAsync(app, "sample");
        using HttpClient client = new() { BaseAddress = new Uri(app.Urls.First()) };
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri("/metrics", UriKind.Relative)) { Headers = { Host = host } };

        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(expected, response.StatusCode);
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>What a process adds to the log, such as the status page's list of problems, gets what the workers log.</summary>
    [Fact]
    public async Task Log_HasAFurtherProvider_GetsWhatIsLogged()
    {
        using Collected collected = new();
        WebApplicationBuilder builder = WorkerHost.CreateBuilder("sample", LogReader.Person, Free);
        builder.Logging.AddProvider(collected);
        await using WebApplication app = WorkerHost.Build(builder);

        app.Services.GetRequiredService<ILogger<WorkerHostTests>>().LogWarning("the disk is nearly full");

        Assert.Contains("the disk is nearly full", collected.Messages);
    }

    private sealed class Collected : ILoggerProvider, ILogger
    {
        public ConcurrentBag<string> Messages { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }

    private static Dictionary<string, string?> Free => new() { ["Http:Url"] = "http://127.0.0.1:0" };

    private static TcpListener Listen()
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private sealed class FailingService : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidOperationException("cannot go on");
        }
    }
}
