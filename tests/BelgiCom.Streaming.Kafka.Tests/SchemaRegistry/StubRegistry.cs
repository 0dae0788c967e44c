using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>A server on this machine that answers requests as a test says, and remembers them.</summary>
internal sealed class StubRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubRegistry(WebApplication app) => _app = app;

    /// <summary>Method, and path with query as they were sent, and the header with the credentials.</summary>
    public ConcurrentQueue<(string Method, string Path, string? Authorization)> Requests { get; } = new();

    /// <summary>Base address without a slash at its end.</summary>
    public string Url { get; private set; } = "";

    public static Task<StubRegistry> AnsweringAsync(HttpStatusCode status, string body) => StartAsync(_ => Task.FromResult((status, body)));

    public static async Task<StubRegistry> StartAsync(Func<CancellationToken, Task<(HttpStatusCode Status, string Body)>> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        StubRegistry stub = new(builder.Build());
        stub._app.Run(async context =>
        {
            string path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            stub.Requests.Enqueue((context.Request.Method, path, context.Request.Headers.Authorization));
            (HttpStatusCode status, string body) = await answer(context.RequestAborted);
            context.Response.StatusCode = (int)status;
            await context.Response.WriteAsync(body);
        });
        await stub._app.StartAsync(TestContext.Current.CancellationToken);
        IFeatureCollection features = stub._app.Services.GetRequiredService<IServer>().Features;
        stub.Url = features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        return stub;
    }

    public SchemaRegistryClient Client(Action<SchemaRegistryOptions>? more = null)
    {
        SchemaRegistryOptions options = new() { Url = Url };
        more?.Invoke(options);
        return new SchemaRegistryClient(options);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
