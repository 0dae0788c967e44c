using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// Stands before the registry and passes requests on, except where a test wants it to be down, to refuse once, or to think for long.
/// </summary>
internal sealed class RegistryFront : IAsyncDisposable
{
    private const string SchemaPath = "/schemas/ids/";

    private readonly HttpClient _behind;
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _held = [];
    private readonly ConcurrentDictionary<int, byte> _refusedOnce = [];
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _asked = [];
    private WebApplication? _app;

    private RegistryFront(Uri registry) => _behind = new HttpClient { BaseAddress = registry };

    public Uri Url { get; private set; } = new("http://127.0.0.1");

    /// <summary>Every connection is cut, as if no process listened.</summary>
    public bool IsDown { get; set; }

    /// <summary>The first request for each of these schemas is answered by 503.</summary>
    public IReadOnlySet<int> RefusedOnce { get; set; } = new HashSet<int>();

    /// <summary>How many schemas were refused so far.</summary>
    public int Refused => _refusedOnce.Count;

    public static async Task<RegistryFront> StartAsync(Uri registry)
    {
        RegistryFront front = new(registry);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        front._app = builder.Build();
        front._app.Run(front.PassAsync);
        await front._app.StartAsync();
        IServer server = front._app.Services.GetRequiredService<IServer>();
        front.Url = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/");
        return front;
    }

    /// <summary>Requests for the schema get no answer until it is let go. Gives a task that completes when the first one asks.</summary>
    public Task Hold(int schemaId)
    {
        _held[schemaId] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Asked(schemaId).Task;
    }

    public void Release(int schemaId)
    {
        if (_held.TryRemove(schemaId, out TaskCompletionSource? held))
        {
            held.SetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (int id in _held.Keys)
        {
            Release(id);
        }

        await _app!.DisposeAsync();
        _behind.Dispose();
    }

    private TaskCompletionSource Asked(int schemaId) =>
        _asked.GetOrAdd(schemaId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task PassAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        int id = path.StartsWith(SchemaPath, StringComparison.Ordinal)
            && int.TryParse(path[SchemaPath.Length..], CultureInfo.InvariantCulture, out int asked) ? asked : -1;
        Asked(id).TrySetResult();
        if (IsDown)
        {
            context.Abort();
            return;
        }

        if (RefusedOnce.Contains(id) && _refusedOnce.TryAdd(id, 0))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        if (_held.TryGetValue(id, out TaskCompletionSource? held))
        {
            await held.Task.WaitAsync(context.RequestAborted);
        }

        using HttpRequestMessage request = new(new HttpMethod(context.Request.Method), path.TrimStart('/') + context.Request.QueryString);
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }

        using HttpResponseMessage response = await _behind.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
