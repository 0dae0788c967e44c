using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>Prepaid money over HTTP, as a shop asks for it: what is done, and the typed refusal of everything else.</summary>
public sealed class BalanceDoorTests
{
    private const string Token = "shop-0123456789-0123456789-0123456789";
    private const string ReaderToken = "reader-0123456789-0123456789-01234567";
    private const string Ann = "+32470000001";
    private const string Bob = "32470000002";

    // Pays with the bill.
    private const string Cas = "32470000003";

    [Fact]
    public async Task TopUpAdjustTransfer_AreAnswered_AndTheSameRequestAgainChangesNothing()
    {
        await using Shop shop = await Shop.OpenAsync();
        (HttpStatusCode status, JsonNode topUp) = await shop.PostAsync("topupBalance", "a", Body(Ann, "12.5"));
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal("completed", (string)topUp["status"]!);
        Assert.Equal((0m, 12.5m), (Amount(topUp, "balanceBefore"), Amount(topUp, "balanceAfter")));
        Assert.Equal("EUR", (string)topUp["amount"]!["units"]!);
        Assert.Equal("shop", (string)topUp["requestor"]!["id"]!);
        Assert.DoesNotContain("470000001", topUp.ToJsonString(), StringComparison.Ordinal);

        (status, JsonNode again) = await shop.PostAsync("topupBalance", "\"a\"", Body("msisdn-32470000001", "12.50"));
        Assert.Equal((HttpStatusCode.Created, topUp.ToJsonString()), (status, again.ToJsonString()));

        (_, JsonNode credit) = await shop.PostAsync("adjustBalance", "b", Body(Ann, "0.000000001", reason: "GOODWILL"));
        Assert.Equal(12.500000001m, Amount(credit, "balanceAfter"));
        (_, JsonNode debit) = await shop.PostAsync("adjustBalance", "c", Body(Ann, "-2.5", reason: "WRONG_TOPUP"));
        Assert.Equal((-2.5m, 10.000000001m), (Amount(debit, "amount"), Amount(debit, "balanceAfter")));

        await shop.PostAsync("topupBalance", "d", Body(Bob, "1"));
        (status, JsonNode sent) = await shop.PostAsync("transferBalance", "e", Body(Ann, "4", to: Bob));
        Assert.Equal((HttpStatusCode.Created, 6.000000001m), (status, Amount(sent, "balanceAfter")));
        await shop.UntilAsync(Bob, 5m);
        (_, JsonNode last) = await shop.PostAsync("adjustBalance", "f", Body(Bob, "-5", reason: "CLOSED"));
        Assert.Equal((5m, 0m), (Amount(last, "balanceBefore"), Amount(last, "balanceAfter")));
    }

    public static TheoryData<string, string, string, HttpStatusCode, string> Refused => new()
    {
        { "topupBalance", "", Body(Ann, "1"), HttpStatusCode.BadRequest, "MISSING_ID" },
        { "topupBalance", new string('x', 256), Body(Ann, "1"), HttpStatusCode.BadRequest, "MISSING_ID" },
        { "topupBalance", "a b", Body(Ann, "1"), HttpStatusCode.BadRequest, "MISSING_ID" },
        { "topupBalance", "k", "", HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", "[]", HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", "{\"amount\":", HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", "{\"reason\":\"\\ud800\"}", HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "-1"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "0"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "-0.0"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "1e3"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "\"1\""), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "0.0000000001"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "1000.000000001"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "99999999999999999999999999999999"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "1", "euro"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body("Ann", "1"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body("32470000001234567", "1"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body("00000000000000000000000000000000", "1"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "1", reason: "call 0470 12 34 56"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "1", reason: "T.0470.123.456"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", With(Body(Ann, "1"), "\"validFor\":{}"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", With(Body(Ann, "1"), "\"isAutoTopup\":true"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", With(Body(Ann, "1"), "\"secret\":1"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", With(Body(Ann, "1"), "\"reason\":\"A\",\"reason\":\"B\""), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", With(Body(Ann, "1"), "\"usageType\":\"data\""), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body(Ann, "1", to: Bob), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "topupBalance", "k", Body("32470000009", "1"), HttpStatusCode.NotFound, "USER_UNKNOWN" },
        { "topupBalance", "k", Body("imsi-001010000000001", "1"), HttpStatusCode.NotFound, "USER_UNKNOWN" },
        { "topupBalance", "k", Body(Ann, "1", "USD"), HttpStatusCode.Conflict, "OTHER_CURRENCY" },
        { "adjustBalance", "k", Body(Ann, "1"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "adjustBalance", "k", Body(Ann, "0", reason: "X"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "adjustBalance", "k", With(Body(Ann, "1", reason: "X"), "\"adjustType\":\"recurring\""), HttpStatusCode.BadRequest,
            "INVALID_MSG_FORMAT" },
        { "adjustBalance", "k", Body(Cas, "1", reason: "X"), HttpStatusCode.Conflict, "NO_PREPAID_MONEY" },
        { "adjustBalance", "k", Body(Ann, "-5.000000001", reason: "X"), HttpStatusCode.Conflict, "NOT_ENOUGH_MONEY" },
        { "transferBalance", "k", Body(Ann, "1"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "transferBalance", "k", Body(Ann, "-1", to: Bob), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "transferBalance", "k", Body(Ann, "1", to: "msisdn-32470000001"), HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT" },
        { "transferBalance", "k", Body(Ann, "1", to: "32470000009"), HttpStatusCode.NotFound, "USER_UNKNOWN" },
        { "transferBalance", "k", Body(Cas, "1", to: Ann), HttpStatusCode.Conflict, "NO_PREPAID_MONEY" },
        { "transferBalance", "k", Body(Ann, "1", to: Cas), HttpStatusCode.Conflict, "POST_PAID" },
        { "topupBalance", "k", Body(Cas, "1"), HttpStatusCode.Conflict, "POST_PAID" },
        { "transferBalance", "k", Body("32470000009", "1", to: Ann), HttpStatusCode.NotFound, "USER_UNKNOWN" },
        { "topupBalance", "first", Body(Ann, "4"), HttpStatusCode.Conflict, "ID_CONFLICT" },
        { "topupBalance?subscriber=x", "k", Body(Ann, "1"), HttpStatusCode.BadRequest, "INVALID_QUERY" },
        { "topupBalance?a=" + new string('1', 32), "k", Body(Ann, "1"), HttpStatusCode.BadRequest, "INVALID_QUERY" },
        { "topupBalance?subscriber=" + new string('1', 32), "k", Body(Ann, "1"), HttpStatusCode.NotFound, "USER_UNKNOWN" },
        { "bucketBalance", "k", "{}", HttpStatusCode.NotFound, "RESOURCE_URI_STRUCTURE_NOT_FOUND" },
        { "topupBalance", "k", new string(' ', 1_000_000), HttpStatusCode.RequestEntityTooLarge, "BODY_TOO_LARGE" },
    };

    [Fact]
    public async Task AnythingElse_IsATypedProblem_AndChangesNothing()
    {
        await using Shop shop = await Shop.OpenAsync();
        await shop.PostAsync("topupBalance", "first", Body(Ann, "5"));
        foreach (TheoryDataRow<string, string, string, HttpStatusCode, string> row in Refused)
        {
            (string resource, string key, string body, HttpStatusCode expected, string cause) = row.Data;
            (HttpStatusCode status, JsonNode problem) = await shop.PostAsync(resource, key, body);
            Assert.True(
                (status, (string?)problem["cause"], (int?)problem["status"]) == (expected, cause, (int)expected),
                $"{resource} {body[..Math.Min(body.Length, 200)]}: {status} {problem.ToJsonString()}");
            Assert.DoesNotContain("470", problem.ToJsonString(), StringComparison.Ordinal);
            Assert.DoesNotContain("secret", problem.ToJsonString(), StringComparison.Ordinal);
        }

        (_, JsonNode last) = await shop.PostAsync("adjustBalance", "last", Body(Ann, "-5", reason: "ALL"));
        Assert.Equal((5m, 0m), (Amount(last, "balanceBefore"), Amount(last, "balanceAfter")));
    }

    [Fact]
    public async Task Buckets_SumsAndOperations_AreReadAsTheyAreCommitted()
    {
        await using Shop shop = await Shop.OpenAsync();
        (_, JsonNode topUp) = await shop.PostAsync("topupBalance", "a", Body(Ann, "12.5"));
        await shop.PostAsync("topupBalance", "a", Body(Bob, "1"));
        (_, JsonNode sent) = await shop.PostAsync("transferBalance", "b", Body(Ann, "4", to: Bob));
        await shop.UntilAsync(Bob, 5m);

        JsonArray buckets = (await shop.GetAsync($"bucket?logicalResource.id={Ann[1..]}")).AsArray();
        Assert.Equal(["Prepaid money", "Data", "eu-roaming", "be-domestic"], buckets.Select(bucket => (string)bucket!["name"]!));
        Assert.Equal((8.5m, 0m), (Amount(buckets[0]!, "remainingValue"), Amount(buckets[0]!, "reservedValue")));
        Assert.Equal(
            (1000m, 1000m, 0m),
            (Amount(buckets[1]!, "grantedValue"), Amount(buckets[1]!, "remainingValue"), Amount(buckets[1]!, "usedValue")));
        Assert.Equal("2026-02-28T23:00:00Z", (string)buckets[1]!["validFor"]!["startDateTime"]!);
        Assert.Equal("2026-03-31T22:00:00Z", (string)buckets[1]!["validFor"]!["endDateTime"]!);
        Assert.Equal((1m, 1m), (Amount(buckets[2]!, "limitValue"), Amount(buckets[2]!, "remainingValue")));

        // EUR 50 with 21 % VAT is reached from 41.322314050 without.
        Assert.Equal((50m, 41.322314050m), (Amount(buckets[3]!, "limitValue"), Amount(buckets[3]!, "remainingValue")));
        JsonNode one = await shop.GetAsync($"bucket/{(string)buckets[1]!["id"]!}");
        Assert.Equal(buckets[1]!.ToJsonString(), one.ToJsonString());

        JsonArray sums = (await shop.GetAsync("accumulatedBalance?logicalResource.id=" + Bob)).AsArray();
        Assert.Equal([("monetary", 5m), ("data", 1000m)], sums.Select(sum => ((string)sum!["name"]!, Amount(sum, "totalBalance"))));

        Assert.Equal(topUp.ToJsonString(), (await shop.GetAsync("topupBalance/" + (string)topUp["id"]!)).ToJsonString());
        Assert.Equal("completed", (string)(await shop.GetAsync("transferBalance/" + (string)sent["id"]!))["status"]!);
        JsonNode came = Assert.Single((await shop.GetAsync("transferBalance?logicalResource.id=" + Bob)).AsArray())!;
        Assert.Equal(("TransferIn", 1m, 5m), ((string)came["kind"]!, Amount(came, "balanceBefore"), Amount(came, "balanceAfter")));
        Assert.Equal(came.ToJsonString(), (await shop.GetAsync("transferBalance/" + (string)came["id"]!)).ToJsonString());
        Assert.Empty((await shop.GetAsync("adjustBalance?logicalResource.id=" + Bob)).AsArray());

        foreach ((string path, HttpStatusCode expected) in new[]
        {
            ("bucket", HttpStatusCode.BadRequest),
            ("bucket?logicalResource.id=", HttpStatusCode.BadRequest),
            ($"bucket?logicalResource.id={Bob}&logicalResource.id={Bob}", HttpStatusCode.BadRequest),
            ($"bucket?logicalResource.id={Bob}&limit=1", HttpStatusCode.BadRequest),
            ("bucket?logicalResource.id=32470000009", HttpStatusCode.NotFound),
            ("bucket/" + new string('0', 32), HttpStatusCode.NotFound),
            ("bucket/x", HttpStatusCode.NotFound),
            ("bucket/" + (string)topUp["id"]!, HttpStatusCode.NotFound),
            ("adjustBalance/" + (string)topUp["id"]!, HttpStatusCode.NotFound),
            ("topupBalance/" + (string)topUp["id"]! + "-in", HttpStatusCode.NotFound),
            ("accumulatedBalance/" + (string)sums[0]!["id"]!, HttpStatusCode.NotFound),
        })
        {
            await shop.GetAsync(path, expected);
        }

        await shop.GetAsync("bucket?logicalResource.id=" + Bob, HttpStatusCode.OK, ReaderToken);
        await shop.GetAsync("bucket?logicalResource.id=" + Bob, HttpStatusCode.Unauthorized, "x");
    }

    [Fact]
    public async Task WhoMayNot_IsRefused()
    {
        await using Shop shop = await Shop.OpenAsync();
        foreach (string? token in new[] { null, "", Token[..^1], Token + "x", "x" })
        {
            (HttpStatusCode status, JsonNode problem) = await shop.PostAsync("topupBalance", "k", Body(Ann, "5"), token);
            Assert.Equal((HttpStatusCode.Unauthorized, "UNAUTHORIZED"), (status, (string)problem["cause"]!));
        }

        (HttpStatusCode forbidden, JsonNode why) = await shop.PostAsync("topupBalance", "k", Body(Ann, "5"), ReaderToken);
        Assert.Equal((HttpStatusCode.Forbidden, "FORBIDDEN"), (forbidden, (string)why["cause"]!));
    }

    [Fact]
    public async Task NoLane_OrNoneThatAnswers_IsToldToAskAgain()
    {
        await using Shop shop = await Shop.OpenAsync(hasLane: false);
        (HttpStatusCode status, JsonNode problem) = await shop.PostAsync("topupBalance", "k", Body(Ann, "5"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "SYSTEM_FAILURE"), (status, (string)problem["cause"]!));
    }

    [Theory]
    [InlineData("", "holds no client")]
    [InlineData("short", "a token too short")]
    public void Settings_WithoutAClientThatIsOne_AreRefused(string token, string why)
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.FullPath, "token");
        File.WriteAllText(file, token);
        BalanceOptions options = new() { Url = "http://127.0.0.1:0" };
        if (token.Length > 0)
        {
            options.Clients.Add(new BalanceClientOptions { Name = "shop", TokenFile = file });
        }

        Assert.True(options.Validate(new System.ComponentModel.DataAnnotations.ValidationContext(options)).Any(), why);
        OnlineOptions online = new() { Url = "http://127.0.0.1:0", TokenFile = file };
        Assert.NotEmpty(online.Validate(new System.ComponentModel.DataAnnotations.ValidationContext(online)));
    }

    private static decimal Amount(JsonNode answer, string name) => (decimal)answer[name]!["amount"]!;

    private static string Body(string subscriber, string amount, string units = "EUR", string? reason = null, string? to = null) =>
        $$"""{"logicalResource":[{"id":"{{subscriber}}"}],"amount":{"amount":{{amount}},"units":"{{units}}"}"""
        + (reason is null ? "" : $",\"reason\":\"{reason}\"")
        + (to is null ? "" : $$""","receiverLogicalResource":{"id":"{{to}}"}""") + "}";

    private static string With(string body, string member) => $"{body[..^1]},{member}}}";

    /// <summary>A door before a lane on topics in memory, and three subscribers: Ann and Bob pay before use, Cas with the bill.</summary>
    private sealed class Shop : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly HttpClient _http = new();
        private readonly CancellationTokenSource _stop = new();
        private readonly SemaphoreSlim _wake = new(0);
        private BalanceDoor _door = null!;
        private BalanceReader _reader = null!;
        private DoorOwners _owners = null!;
        private Task _lane = Task.CompletedTask;

        public static async Task<Shop> OpenAsync(bool hasLane = true)
        {
            Shop shop = new();
            FileKeyStore keys = new(Path.Combine(shop._folder.FullPath, "keys"));
            RatingLanes lanes = new();
            lanes.Publish(RatingLanes.Prepaid());
            lanes.Publish(RatingLanes.Offering() with { Offering = "bill" });
            SubscriberPseudonymizer pseudonyms = new(keys);
            foreach (string msisdn in new[] { Ann[1..], Bob, Cas })
            {
                Subscription subscription = new()
                {
                    SubscriberRef = pseudonyms.FromMsisdn(msisdn),
                    Periods = [new Contracts.SubscriptionPeriod { Account = $"BE-{msisdn[^1]}", Offering = msisdn == Cas ? "bill" : "go" }],
                };
                lanes.Log[Topics.CustomerSubscriptions, 0].Add(new FakeRecord(
                    subscription.SubscriberRef.ToByteArray(), RatingLanes.Value(Topics.CustomerSubscriptions, subscription.Write)));
            }

            BalanceOptions options = lanes.Options.Balances;
            options.Url = "http://127.0.0.1:0";
            options.RequestTimeout = TimeSpan.FromSeconds(20);
            options.Clients =
            [
                shop.Client("shop", Token, BalanceRight.Read, BalanceRight.TopUp, BalanceRight.Adjust, BalanceRight.Transfer),
                shop.Client("reader", ReaderToken, BalanceRight.Read),
            ];
            Assert.Empty(options.Validate(new System.ComponentModel.DataAnnotations.ValidationContext(options)));
            OnlineRouter router = new();
            if (hasLane)
            {
                RatingTopics topics = await RatingTopics.OpenAsync(lanes.Registry, TestContext.Current.CancellationToken);
                RatingBatchHandler handler = new(
                    lanes.Log, lanes.Options, topics, lanes.Clock, NullLogger.Instance,
                    new OnlineLane(router, lanes.Options.Online, lanes.Clock));
                handler.Starting(() => shop._wake.Release());
                handler.Assigned([new TopicPartition(Topics.UsageReceived, 0)]);
                shop._lane = Task.Run(() => shop.RunLane(lanes, handler), TestContext.Current.CancellationToken);
            }

            shop._reader = new BalanceReader(
                lanes.Options, _ => lanes.Log, stopping => RatingTopics.OpenAsync(lanes.Registry, stopping), lanes.Clock,
                NullLogger.Instance);
            await shop._reader.StartAsync(TestContext.Current.CancellationToken);
            shop._owners = new DoorOwners(new KafkaOptions { BootstrapServers = "127.0.0.1:1" }, lanes.Options, TimeProvider.System);
            shop._door = new BalanceDoor(
                lanes.Options, router, shop._owners, shop._reader, keys, TimeProvider.System, NullLogger<BalanceDoor>.Instance);
            await shop._door.StartAsync(TestContext.Current.CancellationToken);
            shop._http.BaseAddress = await shop._door.Address;
            return shop;
        }

        public async Task<(HttpStatusCode Status, JsonNode Answer)> PostAsync(
            string resource, string key, string body, string? token = Token)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, $"tmf-api/prepayBalanceManagement/v4/{resource}");
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
            if (token is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
            }

            if (key.Length > 0)
            {
                request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
            }

            using HttpResponseMessage response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(
                response.IsSuccessStatusCode ? "application/json" : "application/problem+json",
                response.Content.Headers.ContentType?.MediaType);
            string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return (response.StatusCode, JsonNode.Parse(text)!);
        }

        public async Task<JsonNode> GetAsync(string path, HttpStatusCode expected = HttpStatusCode.OK, string token = Token)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, $"tmf-api/prepayBalanceManagement/v4/{path}");
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
            using HttpResponseMessage response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(response.StatusCode == expected, $"{path}: {(int)response.StatusCode} {text}");
            Assert.Equal(
                response.IsSuccessStatusCode ? "application/json" : "application/problem+json",
                response.Content.Headers.ContentType?.MediaType);
            return JsonNode.Parse(text)!;
        }

        /// <summary>Waits for money that is on its way.</summary>
        public async Task UntilAsync(string subscriber, decimal money)
        {
            string path = "accumulatedBalance?logicalResource.id=" + subscriber;
            while (Amount((await GetAsync(path)).AsArray()[0]!, "totalBalance") != money)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _reader.StopAsync(CancellationToken.None);
            _reader.Dispose();
            await _stop.CancelAsync();
            _wake.Release();
            await _lane;
            await _door.StopAsync(CancellationToken.None);
            _door.Dispose();
            _owners.Dispose();
            _http.Dispose();
            _stop.Dispose();
            _wake.Dispose();
            _folder.Dispose();
        }

        private BalanceClientOptions Client(string name, string token, params BalanceRight[] may)
        {
            string file = Path.Combine(_folder.FullPath, name);
            File.WriteAllText(file, token + "\n");
            return new BalanceClientOptions { Name = name, TokenFile = file, May = [.. may] };
        }

        private void RunLane(RatingLanes lanes, RatingBatchHandler handler)
        {
            while (!_stop.IsCancellationRequested)
            {
                while (lanes.RunIdle(handler))
                {
                }

                _wake.Wait();
            }
        }
    }
}
