using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Schema registry inside this process, for development and tests: the part of Confluent Schema Registry's REST API that clients and tools
/// use, for Avro, on loopback, without authentication. It keeps its state in an <see cref="ISchemaLog"/> in Confluent's own form.
/// </summary>
public sealed class LocalSchemaRegistry : IAsyncDisposable
{
    private const long MaxBodyOctets = 2 * 1024 * 1024;
    private readonly WebApplication _app;
    private readonly SchemaCatalogue _catalogue;

    private LocalSchemaRegistry(WebApplication app, SchemaCatalogue catalogue, Uri url)
    {
        _app = app;
        _catalogue = catalogue;
        Url = url;
    }

    /// <summary>Base address, <c>http://127.0.0.1:PORT/</c>.</summary>
    public Uri Url { get; }

    /// <summary>Reads the log and begins to serve. The caller owns the log, which must outlive the registry.</summary>
    /// <param name="log">The log that keeps the state; no other registry may write to it.</param>
    /// <param name="options">Port.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="SchemaLogException">The log holds something this registry cannot take over.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<LocalSchemaRegistry> StartAsync(
        ISchemaLog log, LocalSchemaRegistryOptions options, CancellationToken cancellationToken)
    {
        SchemaCatalogue catalogue = await SchemaCatalogue.LoadAsync(log, cancellationToken).ConfigureAwait(false);

        // The empty builder reads no environment, files or arguments and writes no log, because the settings of the host process are not
        // the registry's.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options.Port));
        builder.Services.AddRoutingCore();
        WebApplication app = builder.Build();
        app.Use(RegistryHttp.GuardAsync);
        app.UseRouting();
        RegistryEndpoints.Map(app, catalogue);
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            catalogue.Dispose();
            throw;
        }

        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new(app, catalogue, new Uri(address + "/"));
    }

    /// <summary>Finishes the requests in hand and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync().ConfigureAwait(false);
        _catalogue.Dispose();
    }

    private static void Configure(KestrelServerOptions kestrel, int port)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MaxBodyOctets;
        kestrel.Limits.MaxConcurrentConnections = 1000;
        kestrel.Listen(IPAddress.Loopback, port);
    }
}
