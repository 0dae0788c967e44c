using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Nchf_ConvergedCharging over HTTP/2 (TS 32.291): create, update and release. Reads a request, gives it to the lane of its subscriber, and
/// answers when the lane has committed. It has a listener of its own: who may ask for health need not be who may spend money.
/// </summary>
internal sealed class OnlineDoor(
    RatingOptions rating, OnlineRouter router, IKeyStore keys, ISchemaRegistry registry, TimeProvider clock, ILogger<OnlineDoor> logger)
    : BackgroundService
{
    private const string Root = "/nchf-convergedcharging/v3/chargingdata";
    private const int MaxBodyOctets = 256 * 1024;
    private const int MaxConnections = 10_000;
    private const string RetrySeconds = "1";

    private readonly OnlineOptions _options = rating.Online;
    private readonly ConcurrentBag<ChargingRequests> _readers = [];
    private readonly TaskCompletionSource<Uri> _listens = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] _token = [];
    private byte[] _header = [];

    /// <summary>Where it listens, as soon as it does.</summary>
    public Task<Uri> Address => _listens.Task;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_options.TokenFile is not null)
        {
            _token = Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(_options.TokenFile, stoppingToken).ConfigureAwait(false)).Trim());
        }

        PatientRegistry patient = new(registry, rating.RegistryPatience, clock, logger, stoppingToken);
        EventTopic<UsageReceivedView> topic = await EventTopic.OpenAsync<UsageReceivedView>(
            Topics.UsageReceived, patient, stoppingToken).ConfigureAwait(false);
        _header = new byte[WireFormat.HeaderSize];
        WireFormat.WriteHeader(_header, topic.SchemaId);

        // The empty builder reads no environment, files or arguments: only our settings choose who may ask.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(Configure);
        WebApplication app = builder.Build();
        await using (app.ConfigureAwait(false))
        {
            app.Run(AnswerAsync);
            await app.StartAsync(stoppingToken).ConfigureAwait(false);
            Uri address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
            RatingLog.OnlineUp(logger, address);
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

    private void Configure(KestrelServerOptions kestrel)
    {
        Uri url = new(_options.Url!);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MaxBodyOctets;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
        IPAddress address = url.Host == "localhost" ? IPAddress.Loopback
            : IPAddress.TryParse(url.Host.Trim('[', ']'), out IPAddress? parsed) ? parsed
            : IPAddress.Any;
        kestrel.Listen(address, url.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (url.Scheme == "https")
            {
                listen.UseHttps(Secure);
            }
        });
    }

    private void Secure(HttpsConnectionAdapterOptions https)
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPemFile(_options.CertificateFile!);
        https.ServerCertificate = X509Certificate2.CreateFromPemFile(_options.CertificateFile!, _options.KeyFile);
        https.ServerCertificateChain = chain;
        if (_options.ClientCaFile is null)
        {
            return;
        }

        X509Certificate2Collection authorities = [];
        authorities.ImportFromPemFile(_options.ClientCaFile);
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

    private async Task AnswerAsync(HttpContext context)
    {
        long started = clock.GetTimestamp();
        QuotaOperation operation = default;
        try
        {
            operation = await AnswerAsync(context.Request, context.Response).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is BadHttpRequestException or OperationCanceledException or IOException)
        {
            // The client went away, or sent what HTTP does not allow.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode =
                    failure is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status503ServiceUnavailable;
            }
        }

        RatingMetrics.Answered(operation, context.Response.StatusCode, clock.GetElapsedTime(started));
    }

    private async Task<QuotaOperation> AnswerAsync(HttpRequest http, HttpResponse response)
    {
        if (!MayAsk(http))
        {
            response.Headers.WWWAuthenticate = "Bearer";
            await RefuseAsync(response, StatusCodes.Status401Unauthorized, "UNAUTHORIZED", "A bearer token is needed.")
                .ConfigureAwait(false);
            return default;
        }

        if (!TryRoute(http.Path.Value, out QuotaOperation operation, out ChargingDataRef? reference))
        {
            await RefuseAsync(response, StatusCodes.Status404NotFound, "RESOURCE_URI_STRUCTURE_NOT_FOUND", "").ConfigureAwait(false);
            return default;
        }

        if (!HttpMethods.IsPost(http.Method))
        {
            response.Headers.Allow = "POST";
            await RefuseAsync(response, StatusCodes.Status405MethodNotAllowed, "METHOD_NOT_ALLOWED", "").ConfigureAwait(false);
            return operation;
        }

        if (http.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
        {
            await RefuseAsync(
                response, StatusCodes.Status415UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "application/json is needed.")
                .ConfigureAwait(false);
            return operation;
        }

        if (reference is null && operation != QuotaOperation.Create)
        {
            await RefuseAsync(response, StatusCodes.Status404NotFound, "CONTEXT_NOT_FOUND", "").ConfigureAwait(false);
            return operation;
        }

        byte[] body = await BodyAsync(http).ConfigureAwait(false);
        if (Read(body, out string fault) is not { } request)
        {
            await RefuseAsync(response, StatusCodes.Status400BadRequest, "INVALID_MSG_FORMAT", fault).ConfigureAwait(false);
            return operation;
        }

        OnlineReply? reply = await AskAsync(request, operation, reference, http.HttpContext.RequestAborted).ConfigureAwait(false);
        await WriteAsync(response, http, operation, request, reply).ConfigureAwait(false);
        return operation;
    }

    private bool MayAsk(HttpRequest http)
    {
        if (_token.Length == 0)
        {
            return true;
        }

        const string Scheme = "Bearer ";
        string given = http.Headers.Authorization.ToString();
        return given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given[Scheme.Length..].Trim()), _token);
    }

    private static bool TryRoute(string? path, out QuotaOperation operation, out ChargingDataRef? reference)
    {
        operation = QuotaOperation.Create;
        reference = null;
        if (path is null || !path.StartsWith(Root, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> rest = path.AsSpan(Root.Length);
        if (rest.Length == 0)
        {
            return true;
        }

        int end = rest.LastIndexOf('/');
        ReadOnlySpan<char> verb = rest[(end + 1)..];
        operation = verb is "update" ? QuotaOperation.Update : QuotaOperation.Release;
        if (rest[0] != '/' || end < 1 || verb is not ("update" or "release"))
        {
            return false;
        }

        reference = ChargingDataRef.TryParse(rest[1..end], out ChargingDataRef found) ? found : null;
        return true;
    }

    private static async Task<byte[]> BodyAsync(HttpRequest http)
    {
        using MemoryStream body = new((int)Math.Clamp(http.ContentLength ?? 4096, 0, MaxBodyOctets));
        await http.Body.CopyToAsync(body, http.HttpContext.RequestAborted).ConfigureAwait(false);
        return body.ToArray();
    }

    private ChargingRequest? Read(byte[] body, out string fault)
    {
        if (!_readers.TryTake(out ChargingRequests? reader))
        {
            reader = new ChargingRequests(_options.Source, _options.ChargingView, keys, clock, _header);
        }

        ChargingRequest? request = reader.Read(body, out fault);
        _readers.Add(reader);
        return request;
    }

    /// <summary>Asks the lane of the subscriber; null when it does not answer in time, or nobody listens any more.</summary>
    private async Task<OnlineReply?> AskAsync(
        ChargingRequest request, QuotaOperation operation, ChargingDataRef? reference, CancellationToken aborted)
    {
        UInt128 subscriber = reference?.Subscriber ?? UsageEvents.ToNumber(request.Subscriber);
        for (bool isOtherName = false; ; isOtherName = true)
        {
            int partition = router.PartitionOf(UsageEvents.ToSubscriberRef(subscriber));
            QuotaCall call = new(
                subscriber, reference?.Session ?? request.Session, operation, request.Sequence, reference?.BeganMilliseconds);
            OnlineWork work = new(request, call, partition);
            router.Send(work);
            try
            {
                OnlineReply reply = await work.Answer.WaitAsync(_options.RequestTimeout, clock, aborted).ConfigureAwait(false);
                if (reply.Result != OnlineResult.OtherName || isOtherName)
                {
                    return reply;
                }

                subscriber = reply.Subscriber;
            }
            catch (Exception over) when (over is TimeoutException or OperationCanceledException)
            {
                work.GiveUp();
                return null;
            }
        }
    }

    private async Task WriteAsync(
        HttpResponse response, HttpRequest http, QuotaOperation operation, ChargingRequest request, OnlineReply? reply)
    {
        switch (reply?.Result)
        {
            case OnlineResult.Answered when operation == QuotaOperation.Release:
                response.StatusCode = StatusCodes.Status204NoContent;
                return;
            case OnlineResult.Answered:
                if (operation == QuotaOperation.Create)
                {
                    ChargingDataRef made = new(reply.Subscriber, request.Session, reply.BeganMilliseconds);
                    response.Headers.Location = string.Create(
                        CultureInfo.InvariantCulture, $"{http.Scheme}://{http.Host.Value}{Root}/{made}");
                }

                await WriteJsonAsync(
                    response, operation == QuotaOperation.Create ? StatusCodes.Status201Created : StatusCodes.Status200OK,
                    "application/json", json => ChargingAnswers.Write(json, request.Sequence, reply.Grants, clock.GetUtcNow()))
                    .ConfigureAwait(false);
                return;
            case OnlineResult.UnknownSubscriber:
                await RefuseAsync(response, StatusCodes.Status404NotFound, "USER_UNKNOWN", "").ConfigureAwait(false);
                return;
            case OnlineResult.UnknownSession:
                await RefuseAsync(response, StatusCodes.Status404NotFound, "CONTEXT_NOT_FOUND", "").ConfigureAwait(false);
                return;
            case OnlineResult.TooManySessions:
                await RefuseAsync(
                    response, StatusCodes.Status403Forbidden, "END_USER_REQUEST_REJECTED", "The account has too many sessions.")
                    .ConfigureAwait(false);
                return;
            default:
                response.Headers.RetryAfter = RetrySeconds;
                await RefuseAsync(
                    response, StatusCodes.Status503ServiceUnavailable,
                    reply?.Result == OnlineResult.Congested ? "NF_CONGESTION" : "SYSTEM_FAILURE",
                    "Ask again with the same sequence number: what was answered before is answered again.").ConfigureAwait(false);
                return;
        }
    }

    private static Task RefuseAsync(HttpResponse response, int status, string cause, string detail) => WriteJsonAsync(
        response, status, "application/problem+json", json => ChargingAnswers.WriteProblem(json, status, cause, detail));

    private static async Task WriteJsonAsync(HttpResponse response, int status, string type, Action<Utf8JsonWriter> write)
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
}
