using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Prepaid money over HTTP in the shapes of TMF654 v4. A change is given to the lane of its subscriber and answered when the lane has
/// committed it; the same request again gets the same answer. What is there is read beside the lanes.
/// </summary>
internal sealed class BalanceDoor(
    RatingOptions rating, OnlineRouter router, DoorOwners owners, BalanceReader reader, IKeyStore keys, TimeProvider clock,
    ILogger<BalanceDoor> logger)
    : Door(rating.Balances, MaxBodyOctets)
{
    // Names the request, so that it can be sent again (draft-ietf-httpapi-idempotency-key-header); TMF654 has no member for it.
    private const string KeyHeader = "Idempotency-Key";
    private const int MaxKeyLength = 255;
    private const int MaxBodyOctets = 16 * 1024;
    private const string RetrySeconds = "1";
    private const string SubscriberFilter = "logicalResource.id";

    private static readonly Dictionary<string, BalanceRight> Changes = new()
    {
        ["topupBalance"] = BalanceRight.TopUp,
        ["adjustBalance"] = BalanceRight.Adjust,
        ["transferBalance"] = BalanceRight.Transfer,
    };

    private static readonly string[] Reads = ["bucket", "accumulatedBalance"];

    private readonly BalanceOptions _options = rating.Balances;
    private readonly List<(string Name, byte[] Token, HashSet<BalanceRight> May)> _clients = [];
    private SubscriberPseudonymizer? _pseudonyms;

    /// <inheritdoc/>
    protected override HttpProtocols Protocols =>
        _options.Url!.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;

    /// <inheritdoc/>
    protected override Task OpenAsync(CancellationToken stopping)
    {
        _pseudonyms = new SubscriberPseudonymizer(keys);
        foreach (BalanceClientOptions client in _options.Clients)
        {
            _clients.Add((client.Name, Encoding.UTF8.GetBytes(DoorOptions.ReadToken(client.TokenFile)), [.. client.May]));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override void Opened(Uri address) => RatingLog.BalancesUp(logger, address);

    /// <inheritdoc/>
    protected override async Task AnswerAsync(HttpContext context)
    {
        long started = clock.GetTimestamp();
        HttpResponse response = context.Response;
        string resource = "none";
        try
        {
            resource = await AnswerAsync(context.Request, response).ConfigureAwait(false);
        }
        catch (BadHttpRequestException bad) when (!response.HasStarted)
        {
            await RefuseAsync(
                response, bad.StatusCode,
                bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? "BODY_TOO_LARGE" : "INVALID_MSG_FORMAT",
                $"A body has at most {MaxBodyOctets} octets.").ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is BadHttpRequestException or OperationCanceledException or IOException)
        {
            // The client went away.
            if (!response.HasStarted)
            {
                response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            }
        }

        RatingMetrics.Answered(resource, response.StatusCode, clock.GetElapsedTime(started));
    }

    /// <returns>The resource, for the metrics.</returns>
    private async Task<string> AnswerAsync(HttpRequest http, HttpResponse response)
    {
        int caller = _clients.FindIndex(client => Carries(http, client.Token));
        if (caller < 0)
        {
            response.Headers.WWWAuthenticate = "Bearer";
            await RefuseAsync(response, StatusCodes.Status401Unauthorized, "UNAUTHORIZED", "A bearer token is needed.")
                .ConfigureAwait(false);
            return "none";
        }

        string path = http.Path.Value ?? "";
        string[] parts = path.StartsWith(BalanceAnswers.Root + "/", StringComparison.Ordinal)
            ? path[(BalanceAnswers.Root.Length + 1)..].Split('/')
            : [];
        string resource = parts.Length is 1 or 2 && (Changes.ContainsKey(parts[0]) || Reads.Contains(parts[0])) ? parts[0] : "none";
        if (resource == "none")
        {
            await RefuseAsync(response, StatusCodes.Status404NotFound, "RESOURCE_URI_STRUCTURE_NOT_FOUND", "").ConfigureAwait(false);
            return resource;
        }

        bool isRead = HttpMethods.IsGet(http.Method);
        bool mayChange = parts.Length == 1 && Changes.ContainsKey(resource);
        if (!isRead && !(mayChange && HttpMethods.IsPost(http.Method)))
        {
            response.Headers.Allow = mayChange ? "GET, POST" : "GET";
            await RefuseAsync(response, StatusCodes.Status405MethodNotAllowed, "METHOD_NOT_ALLOWED", "").ConfigureAwait(false);
            return resource;
        }

        BalanceRight right = isRead ? BalanceRight.Read : Changes[resource];
        if (!_clients[caller].May.Contains(right))
        {
            await RefuseAsync(response, StatusCodes.Status403Forbidden, "FORBIDDEN", $"The client may not {right}.").ConfigureAwait(false);
            return resource;
        }

        if (!isRead)
        {
            await ChangeAsync(http, response, resource, _clients[caller].Name).ConfigureAwait(false);
            return resource;
        }

        try
        {
            await ReadAsync(http, response, resource, parts.Length == 2 ? parts[1] : null).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            response.Headers.RetryAfter = RetrySeconds;
            await RefuseAsync(
                response, StatusCodes.Status503ServiceUnavailable, "SYSTEM_FAILURE", "Balances are not read up to now. Ask again.")
                .ConfigureAwait(false);
        }

        return resource;
    }

    /// <summary>Answers a question: of one resource by its id, or of all of a subscriber.</summary>
    private async Task ReadAsync(HttpRequest http, HttpResponse response, string resource, string? id)
    {
        string filter = http.Query[SubscriberFilter] is [{ } only] ? only : "";
        if (id is null
            ? http.Query.Count != 1 || !BalanceRequest.TryReadSubscriber(filter, _pseudonyms!, out SubscriberRef subscriber)
            : http.Query.Count != 0 || !TryReadId(id, out subscriber))
        {
            await RefuseAsync(
                response, id is null ? StatusCodes.Status400BadRequest : StatusCodes.Status404NotFound,
                id is null ? "INVALID_QUERY" : "RESOURCE_NOT_FOUND",
                id is null ? $"{SubscriberFilter} is needed once, with a subscriber, and nothing else." : "").ConfigureAwait(false);
            return;
        }

        byte[]? answer = await reader.AskAsync(
            book => Changes.ContainsKey(resource)
                ? OperationsOf(book, resource, subscriber, id)
                : BucketsOf(book, resource, subscriber, id),
            http.HttpContext.RequestAborted).ConfigureAwait(false);
        if (answer is null)
        {
            await RefuseAsync(
                response, StatusCodes.Status404NotFound, id is null ? "USER_UNKNOWN" : "RESOURCE_NOT_FOUND", "").ConfigureAwait(false);
            return;
        }

        response.ContentType = "application/json";
        response.ContentLength = answer.Length;
        await response.Body.WriteAsync(answer).ConfigureAwait(false);
    }

    /// <summary>Every id begins with the reference of its subscriber.</summary>
    private static bool TryReadId(string id, out SubscriberRef subscriber)
    {
        const int Digits = 2 * SubscriberRef.Size;
        subscriber = default;
        if (id.Length <= Digits || !BalanceAnswers.IsHexadecimal(id.AsSpan(0, Digits)))
        {
            return false;
        }

        subscriber = SubscriberRef.Parse(id[..Digits]);
        return true;
    }

    private static byte[]? OperationsOf(BalanceBook book, string resource, SubscriberRef subscriber, string? id)
    {
        if (id is null)
        {
            return !book.TryFind(subscriber, out UInt128 found) ? null : Json(json =>
            {
                json.WriteStartArray();
                foreach (BalanceOperation one in book.OperationsOf(found).Where(one => BalanceAnswers.ResourceOf(one.Kind) == resource))
                {
                    BalanceAnswers.Write(json, one, book.StatusOf(one));
                }

                json.WriteEndArray();
            });
        }

        return BalanceAnswers.TryReadId(id, out _, out OperationKey key)
            && book.FindOperation(subscriber, key) is { } operation
            && BalanceAnswers.ResourceOf(operation.Kind) == resource
            ? Json(json => BalanceAnswers.Write(json, operation, book.StatusOf(operation)))
            : null;
    }

    private static byte[]? BucketsOf(BalanceBook book, string resource, SubscriberRef subscriber, string? id)
    {
        if (!book.TryFind(subscriber, out UInt128 found))
        {
            return null;
        }

        (MoneyBalance? money, SubscriberBalances? balances) = book.BalancesOf(found);
        BucketAnswers answers = new(UsageEvents.ToSubscriberRef(found), money, balances);
        if (id is null)
        {
            return Json(resource == "bucket" ? answers.WriteAll : answers.WriteSums);
        }

        bool isThere = false;
        byte[] answer = Json(json => isThere = resource == "bucket" && answers.TryWrite(json, id));
        return isThere ? answer : null;
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> body = new();
        using (Utf8JsonWriter json = new(body))
        {
            write(json);
        }

        return body.WrittenSpan.ToArray();
    }

    private async Task ChangeAsync(HttpRequest http, HttpResponse response, string resource, string caller)
    {
        if (http.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
        {
            await RefuseAsync(
                response, StatusCodes.Status415UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "application/json is needed.")
                .ConfigureAwait(false);
            return;
        }

        // A structured field writes a text in quotes, and many clients write it without.
        string key = http.Headers[KeyHeader] is [{ } one] ? one.Trim().Trim('"') : "";
        if (key.Length is 0 or > MaxKeyLength || key.Any(letter => letter is < '!' or > '~'))
        {
            await RefuseAsync(
                response, StatusCodes.Status400BadRequest, "MISSING_ID",
                $"{KeyHeader} is needed once: 1 to {MaxKeyLength} visible ASCII characters that name this request, and no other.")
                .ConfigureAwait(false);
            return;
        }

        byte[] body = await BodyAsync(http).ConfigureAwait(false);
        string? fault = BalanceRequest.Read(resource, body, _pseudonyms!, out BalanceRequest? request);
        if (fault is null && request!.AmountNanos > _options.MaxAmount * Nanos.PerUnit)
        {
            fault = $"amount.amount must be at most {_options.MaxAmount}.";
        }

        if (fault is not null)
        {
            await RefuseAsync(response, StatusCodes.Status400BadRequest, "INVALID_MSG_FORMAT", fault).ConfigureAwait(false);
            return;
        }

        if (!TryReadNamed(http, out SubscriberRef named))
        {
            await RefuseAsync(response, StatusCodes.Status400BadRequest, "INVALID_QUERY", "A change takes no parameters.")
                .ConfigureAwait(false);
            return;
        }

        CancellationToken aborted = http.HttpContext.RequestAborted;
        (MoneyReply? reply, SubscriberRef asked) = await OrderAsync(request!, named, key, caller, aborted).ConfigureAwait(false);
        if (reply?.Result == OnlineResult.NotOwned
            && await owners.BalanceDoorOfAsync(router.PartitionOf(asked), aborted).ConfigureAwait(false) is { } door)
        {
            SendOn(http, door, asked == request!.Subscriber ? default : asked);
            return;
        }

        await WriteAsync(response, reply).ConfigureAwait(false);
    }

    /// <summary>Asks the lanes; null when one does not answer in time, or nobody listens any more.</summary>
    /// <returns>The reply, and the reference under which the subscriber was asked for last.</returns>
    private async Task<(MoneyReply? Reply, SubscriberRef Asked)> OrderAsync(
        BalanceRequest request, SubscriberRef named, string key, string caller, CancellationToken aborted)
    {
        UInt128 subscriber = UsageEvents.ToNumber(named.IsZero ? request.Subscriber : named);
        for (bool isOtherName = !named.IsZero; ; isOtherName = true)
        {
            MoneyOrder order = new(
                OperationKey.IdOf(subscriber, key), request.Kind, subscriber, request.AmountNanos, request.Currency, caller,
                request.Reason, UsageEvents.ToNumber(request.Receiver));

            // Nothing is taken from a sender whose receiver cannot get it, unless it was done before: then its answer is still the same.
            // Where the receiver is another instance's, or changes now, its lane sends the money back.
            bool isTransfer = request.Kind == BalanceOperationKind.TransferOut;
            MoneyReply? reply = isTransfer ? await AskAsync(order, MoneyAsk.Find, aborted).ConfigureAwait(false) : null;
            bool isNew = reply is { Result: OnlineResult.Answered, Answer.Outcome: MoneyOutcome.Done };
            if (isNew)
            {
                MoneyReply? receiver = await AskReceiverAsync(order, aborted).ConfigureAwait(false);
                if (receiver is { Result: OnlineResult.Answered, Answer.Outcome: not MoneyOutcome.Done })
                {
                    return (receiver with { IsOfReceiver = true }, UsageEvents.ToSubscriberRef(subscriber));
                }
            }

            if (isNew || !isTransfer)
            {
                reply = await AskAsync(order, MoneyAsk.Do, aborted).ConfigureAwait(false);
            }

            if (reply is not { Result: OnlineResult.Answered, Answer.Outcome: MoneyOutcome.OtherName } || isOtherName)
            {
                if (reply?.Answer.Operation is { Kind: BalanceOperationKind.TransferOut } sent)
                {
                    router.Expect(router.PartitionOf(sent.Counterpart));
                }

                return (reply, UsageEvents.ToSubscriberRef(subscriber));
            }

            subscriber = reply.Answer.Named;
        }
    }

    private async Task<MoneyReply?> AskReceiverAsync(MoneyOrder order, CancellationToken aborted)
    {
        MoneyOrder asked = order with { Subscriber = order.Counterpart };
        MoneyReply? reply = await AskAsync(asked, MoneyAsk.CanReceive, aborted).ConfigureAwait(false);
        return reply is { Result: OnlineResult.Answered, Answer.Outcome: MoneyOutcome.OtherName }
            ? await AskAsync(asked with { Subscriber = reply.Answer.Named }, MoneyAsk.CanReceive, aborted).ConfigureAwait(false)
            : reply;
    }

    private async Task<MoneyReply?> AskAsync(MoneyOrder order, MoneyAsk ask, CancellationToken aborted)
    {
        MoneyWork work = new(order, router.PartitionOf(UsageEvents.ToSubscriberRef(order.Subscriber)), ask);
        router.Send(work);
        try
        {
            return await work.Answer.WaitAsync(_options.RequestTimeout, clock, aborted).ConfigureAwait(false);
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            work.GiveUp();
            return null;
        }
    }

    private static async Task WriteAsync(HttpResponse response, MoneyReply? reply)
    {
        if (reply is not { Result: OnlineResult.Answered })
        {
            response.Headers.RetryAfter = RetrySeconds;
            await RefuseAsync(
                response, StatusCodes.Status503ServiceUnavailable,
                reply?.Result == OnlineResult.Congested ? "CONGESTION" : "SYSTEM_FAILURE",
                $"Ask again with the same {KeyHeader}: what was done is not done twice.").ConfigureAwait(false);
            return;
        }

        if (reply.Answer is { Outcome: MoneyOutcome.Done or MoneyOutcome.Repeated, Operation: { } operation })
        {
            response.Headers.Location = string.Create(
                CultureInfo.InvariantCulture,
                $"{BalanceAnswers.Root}/{BalanceAnswers.ResourceOf(operation.Kind)}/{BalanceAnswers.IdOf(operation)}");
            string status = operation.Kind == BalanceOperationKind.TransferOut ? "created" : "completed";
            await WriteJsonAsync(
                response, StatusCodes.Status201Created, "application/json", json => BalanceAnswers.Write(json, operation, status))
                .ConfigureAwait(false);
            return;
        }

        string whose = reply.IsOfReceiver ? "receiver" : "subscriber";
        (int code, string cause, string detail) = reply.Answer.Outcome switch
        {
            MoneyOutcome.Contradicts => (
                StatusCodes.Status409Conflict, "ID_CONFLICT", $"Another request was done under this {KeyHeader}."),
            MoneyOutcome.UnknownSubscriber or MoneyOutcome.OtherName => (
                StatusCodes.Status404NotFound, "USER_UNKNOWN", $"Nobody has a subscription of the {whose}."),
            MoneyOutcome.NoOffering => (
                StatusCodes.Status409Conflict, "NO_OFFERING", "No version of the subscriber's offering is in force."),
            MoneyOutcome.PostPaid => (
                StatusCodes.Status409Conflict, "POST_PAID", $"The {whose} pays with the bill, so no money may come to it."),
            MoneyOutcome.OtherCurrency => (
                StatusCodes.Status409Conflict, "OTHER_CURRENCY", $"The {whose} is charged in another currency."),
            MoneyOutcome.NoPrepaidMoney => (
                StatusCodes.Status409Conflict, "NO_PREPAID_MONEY", $"The {whose} pays with the bill, and has no money from before."),
            MoneyOutcome.NotEnough => (
                StatusCodes.Status409Conflict, "NOT_ENOUGH_MONEY", "Less is left, beside what sessions hold."),
            MoneyOutcome.TooManyBundles => (
                StatusCodes.Status409Conflict, "TOO_MANY_BUNDLES", "The subscriber has as many bundles of top-ups as are kept."),
            _ => (StatusCodes.Status409Conflict, "TOO_MUCH_MONEY", $"The {whose} would have too much money."),
        };
        await RefuseAsync(response, code, cause, detail).ConfigureAwait(false);
    }
}
