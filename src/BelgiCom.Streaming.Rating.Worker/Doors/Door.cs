using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// A door of this worker: a listener of its own, with certificates and tokens of its own, because who may ask for health need not be who
/// may spend money.
/// </summary>
/// <param name="options">Where it listens.</param>
/// <param name="maxBodyOctets">Most octets of a request's body.</param>
internal abstract class Door(DoorOptions options, int maxBodyOctets) : BackgroundService
{
    /// <summary>
    /// Parameter of an address to which a request was sent on, when another instance found its subscriber under another name: the reference
    /// under which the subscriber is to be found here. Who may ask here may name anybody, so it opens nothing.
    /// </summary>
    private const string NamedParameter = "subscriber";
    private const int MaxConnections = 10_000;

    private readonly TaskCompletionSource<Uri> _listens = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where it listens, as soon as it does.</summary>
    public Task<Uri> Address => _listens.Task;

    /// <summary>Protocols that it speaks.</summary>
    protected abstract HttpProtocols Protocols { get; }

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await OpenAsync(stoppingToken).ConfigureAwait(false);

        // The empty builder reads no environment, files or arguments: only our settings choose who may ask.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(Configure);
        WebApplication app = builder.Build();
        await using (app.ConfigureAwait(false))
        {
            app.Run(AnswerAsync);
            await app.StartAsync(stoppingToken).ConfigureAwait(false);
            Uri address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
            Opened(address);
            _listens.SetResult(address);
            try
            {
                await Task.Delay(Timeout.Infinite, stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The host stops. Requests that are being answered get their answers.
                await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Gets what answers need.</summary>
    protected abstract Task OpenAsync(CancellationToken stopping);

    /// <summary>It listens.</summary>
    protected abstract void Opened(Uri address);

    /// <summary>Answers a request.</summary>
    protected abstract Task AnswerAsync(HttpContext context);

    /// <summary>Whether a request carries a token.</summary>
    protected static bool Carries(HttpRequest http, ReadOnlySpan<byte> token)
    {
        const string Scheme = "Bearer ";
        string given = http.Headers.Authorization.ToString();
        return given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given[Scheme.Length..].Trim()), token);
    }

    /// <summary>The body of a request.</summary>
    protected async Task<byte[]> BodyAsync(HttpRequest http)
    {
        using MemoryStream body = new((int)Math.Clamp(http.ContentLength ?? 4096, 0, maxBodyOctets));
        await http.Body.CopyToAsync(body, http.HttpContext.RequestAborted).ConfigureAwait(false);
        return body.ToArray();
    }

    /// <summary>
    /// Sends a request on to another instance. The owner may change with the next rebalance, so it is not sent there for good (308).
    /// </summary>
    /// <param name="http">The request.</param>
    /// <param name="door">Address of the instance's door.</param>
    /// <param name="named">Reference of the subscriber when the request names it otherwise; zero when it does not.</param>
    protected static void SendOn(HttpRequest http, Uri door, SubscriberRef named)
    {
        UriBuilder to = new(door) { Path = http.Path.Value, Query = named.IsZero ? "" : $"?{NamedParameter}={named}" };
        http.HttpContext.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
        http.HttpContext.Response.Headers.Location = to.Uri.AbsoluteUri;
    }

    /// <summary>Reads the reference under which another instance found the subscriber of a request; zero when none sent it here.</summary>
    /// <returns>False when the address says something else.</returns>
    protected static bool TryReadNamed(HttpRequest http, out SubscriberRef named)
    {
        named = default;
        if (http.Query.Count == 0)
        {
            return true;
        }

        Span<byte> octets = stackalloc byte[SubscriberRef.Size];
        if (http.Query.Count != 1 || http.Query[NamedParameter] is not [{ Length: 2 * SubscriberRef.Size } text]
            || Convert.FromHexString(text, octets, out _, out _) != OperationStatus.Done)
        {
            return false;
        }

        named = SubscriberRef.FromBytes(octets);
        return true;
    }

    /// <summary>Answers with ProblemDetails (RFC 9457; TS 29.571 clause 5.2.4.1).</summary>
    protected static Task RefuseAsync(HttpResponse response, int status, string cause, string detail) => WriteJsonAsync(
        response, status, "application/problem+json", json =>
        {
            json.WriteStartObject();
            json.WriteNumber("status"u8, status);
            json.WriteString("cause"u8, cause);
            if (detail.Length > 0)
            {
                json.WriteString("detail"u8, detail);
            }

            json.WriteEndObject();
        });

    /// <summary>Answers with JSON.</summary>
    protected static async Task WriteJsonAsync(HttpResponse response, int status, string type, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> body = new(512);
        using (Utf8JsonWriter json = new(body))
        {
            write(json);
        }

        response.StatusCode = status;
        response.ContentType = type;
        response.ContentLength = body.WrittenCount;
        await response.Body.WriteAsync(body.WrittenMemory).ConfigureAwait(false);
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        Uri url = new(options.Url!);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = maxBodyOctets;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
        IPAddress address = url.Host == "localhost" ? IPAddress.Loopback
            : IPAddress.TryParse(url.Host.Trim('[', ']'), out IPAddress? parsed) ? parsed
            : IPAddress.Any;
        kestrel.Listen(address, url.Port, listen =>
        {
            listen.Protocols = Protocols;
            if (url.Scheme == "https")
            {
                listen.UseHttps(Secure);
            }
        });
    }

    private void Secure(HttpsConnectionAdapterOptions https)
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPemFile(options.CertificateFile!);
        https.ServerCertificate = X509Certificate2.CreateFromPemFile(options.CertificateFile!, options.KeyFile);
        https.ServerCertificateChain = chain;
        if (options.ClientCaFile is null)
        {
            return;
        }

        X509Certificate2Collection authorities = [];
        authorities.ImportFromPemFile(options.ClientCaFile);
        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        https.ClientCertificateValidation = (certificate, _, _) =>
        {
            using X509Chain client = new();
            client.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            client.ChainPolicy.CustomTrustStore.AddRange(authorities);
            client.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            client.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
            client.ChainPolicy.VerificationTimeIgnored = false;
            return client.Build(certificate);
        };
    }
}
