using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Nchf_ConvergedCharging over HTTP/2 (TS 32.291): create, update and release. Reads a request, gives it to the lane of its subscriber, and
/// answers when the lane has committed. It has a listener of its own: who may ask for health need not be who may spend money.
/// </summary>
internal sealed class OnlineDoor(
    RatingOptions rating, OnlineRouter router, DoorOwners owners, IKeyStore keys, ISchemaRegistry registry, TimeProvider clock,
    ILogger<OnlineDoor> logger)
    : Door(rating.Online, MaxBodyOctets)
{
    private const string Root = "/nchf-convergedcharging/v3/chargingdata";
    private const int MaxBodyOctets = 256 * 1024;
    private const string RetrySeconds = "1";

    private readonly OnlineOptions _options = rating.Online;
    private readonly ConcurrentBag<ChargingRequests> _readers = [];
    private byte[] _token = [];
    private byte[] _header = [];

    /// <inheritdoc/>
    protected override HttpProtocols Protocols => HttpProtocols.Http2;

    /// <inheritdoc/>
    protected override async Task OpenAsync(CancellationToken stopping)
    {
        if (_options.TokenFile is not null)
        {
            _token = Encoding.UTF8.GetBytes(DoorOptions.ReadToken(_options.TokenFile));
        }

        PatientRegistry patient = new(registry, rating.RegistryPatience, clock, logger, stopping);
        EventTopic<UsageReceivedView> topic = await EventTopic.OpenAsync<UsageReceivedView>(
            Topics.UsageReceived, patient, stopping).ConfigureAwait(false);
        _header = new byte[WireFormat.HeaderSize];
        WireFormat.WriteHeader(_header, topic.SchemaId);
    }

    /// <inheritdoc/>
    protected override void Opened(Uri address) => RatingLog.OnlineUp(logger, address);

    /// <inheritdoc/>
    protected override async Task AnswerAsync(HttpContext context)
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

        if (!TryReadNamed(http, out SubscriberRef named))
        {
            await RefuseAsync(
                response, StatusCodes.Status400BadRequest, "INVALID_MSG_FORMAT", "The address has a query that it does not take.")
                .ConfigureAwait(false);
            return operation;
        }

        CancellationToken aborted = http.HttpContext.RequestAborted;
        (OnlineReply? reply, SubscriberRef asked) = await AskAsync(request, operation, reference, named, aborted).ConfigureAwait(false);
        if (reply?.Result == OnlineResult.NotOwned
            && await owners.OnlineDoorOfAsync(router.PartitionOf(asked), aborted).ConfigureAwait(false) is { } door)
        {
            SendOn(http, door, reference is null && asked != request.Subscriber ? asked : default);
            return operation;
        }

        await WriteAsync(response, http, operation, request, reply).ConfigureAwait(false);
        return operation;
    }

    private bool MayAsk(HttpRequest http) => _token.Length == 0 || Carries(http, _token);

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

    private ChargingRequest? Read(byte[] body, out string fault)
    {
        if (!_readers.TryTake(out ChargingRequests? reader))
        {
            reader = new ChargingRequests(
                _options.Source, _options.ChargingView, keys, clock, _header, _options.CalledSubscribers);
        }

        ChargingRequest? request = reader.Read(body, out fault);
        _readers.Add(reader);
        return request;
    }

    /// <summary>Asks the lane of the subscriber; null when it does not answer in time, or nobody listens any more.</summary>
    /// <returns>The reply, and the reference under which the subscriber was asked for last.</returns>
    private async Task<(OnlineReply? Reply, SubscriberRef Asked)> AskAsync(
        ChargingRequest request, QuotaOperation operation, ChargingDataRef? reference, SubscriberRef named, CancellationToken aborted)
    {
        SubscriberRef subscriber = reference is { } session ? UsageEvents.ToSubscriberRef(session.Subscriber)
            : named.IsZero ? request.Subscriber
            : named;
        for (bool isOtherName = !named.IsZero; ; isOtherName = true)
        {
            QuotaCall call = new(
                UsageEvents.ToNumber(subscriber), reference?.Session ?? request.Session, operation, request.Sequence,
                reference?.BeganMilliseconds);
            OnlineWork work = new(request, call, router.PartitionOf(subscriber));
            router.Send(work);
            try
            {
                OnlineReply reply = await work.Answer.WaitAsync(_options.RequestTimeout, clock, aborted).ConfigureAwait(false);
                if (reply.Result != OnlineResult.OtherName || isOtherName)
                {
                    return (reply, subscriber);
                }

                subscriber = UsageEvents.ToSubscriberRef(reply.Subscriber);
            }
            catch (Exception over) when (over is TimeoutException or OperationCanceledException)
            {
                work.GiveUp();
                return (null, subscriber);
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
                    "application/json",
                    json => ChargingAnswers.Write(json, request.Sequence, reply.Grants, clock.GetUtcNow(), _options.RedirectUrl))
                    .ConfigureAwait(false);
                return;
            case OnlineResult.UnknownSubscriber or OnlineResult.OtherName:
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
}
