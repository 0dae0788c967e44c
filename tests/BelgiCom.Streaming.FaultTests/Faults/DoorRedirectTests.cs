using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>The doors of two workers that share the partitions: each sends what is not its own to the other.</summary>
public sealed class DoorRedirectTests
{
    // So many that each way of two names to two workers is taken.
    private const int Customers = 40;
    private const int Attempts = 300;
    private const string Online = "/nchf-convergedcharging/v3/chargingdata";
    private const string Balances = "/tmf-api/prepayBalanceManagement/v4/";
    private const string Token = "shop-0123456789-0123456789-0123456789";

    private static readonly HttpClient Smf = NewClient(HttpVersion.Version20);
    private static readonly HttpClient Shop = NewClient(HttpVersion.Version11);

    [Fact]
    public async Task Request_ForASubscriberOfAnotherInstance_IsRedirectedToItsOwner()
    {
        using TemporaryFolder keys = new();
        await using RatingPlatform platform = await RatingPlatform.StartAsync(subscribers: 1);
        OnlineKillTests.OnlineCustomer[] customers =
        [
            .. Enumerable.Range(1, Customers).Select(number => new OnlineKillTests.OnlineCustomer(number, keys.FullPath)),
        ];
        OnlineKillTests.Publish(platform, customers);
        PublishNames(platform, customers, keys.FullPath);
        Doors first = await StartAsync(platform, "first", keys.FullPath);
        Doors second = await StartAsync(platform, "second", keys.FullPath);

        await UntilBothOwnAsync(first, customers);
        List<string> ways = [];
        for (int place = 0; place < Customers; place++)
        {
            OnlineKillTests.OnlineCustomer customer = customers[place];
            Uri online = new(first.Online, Online);
            (Answer created, string way) = await FollowAsync(Smf, online, Create(customer, isNamed: true), customer);
            ways.Add("own " + way);
            Assert.Equal(HttpStatusCode.Created, created.Status);
            await AssertGoesOnAsync(first, created.Location!, customer);

            // Another session under the other name of the subscriber, which may belong to either worker as the first one may.
            (Answer named, way) = await FollowAsync(Smf, online, Create(customer, isNamed: false), customer);
            ways.Add("other " + way);
            Assert.Equal(HttpStatusCode.Created, named.Status);
            Assert.Equal(created.Location!.Port, named.Location!.Port);

            string body = $$"""{"logicalResource":[{"id":"imsi-{{customer.Imsi}}"}],"amount":{"amount":2,"units":"EUR"} }""";
            (Answer paid, way) = await FollowAsync(Shop, new Uri(first.Balances, Balances + "topupBalance"), body, customer);
            ways.Add("money " + way);
            Assert.Equal(HttpStatusCode.Created, paid.Status);
            (Answer again, _) = await FollowAsync(Shop, new Uri(second.Balances, Balances + "topupBalance"), body, customer);
            Assert.Equal(paid, again);

            string transfer = $$"""
                {"logicalResource":[{"id":"imsi-{{customer.Imsi}}"}],"amount":{"amount":1,"units":"EUR"},
                "receiverLogicalResource":{"id":"imsi-{{customers[(place + 1) % Customers].Imsi}}"} }
                """;
            (Answer sent, _) = await FollowAsync(Shop, new Uri(second.Balances, Balances + "transferBalance"), transfer, customer);
            Assert.Equal(HttpStatusCode.Created, sent.Status);
        }

        Assert.Superset(
            new HashSet<string>(
                [
                    "own 0", "own 1", "other 0", "other 1", "other 1 named", "other 2 named", "money 0", "money 1", "money 1 named",
                    "money 2 named",
                ]),
            new HashSet<string>(ways));

        // Each got a euro and sent one, so the two that were paid in are left.
        foreach (OnlineKillTests.OnlineCustomer customer in customers)
        {
            await AssertHasAsync(second, customer, 2 + (decimal)OnlineKillTests.MoneyNanos / Nanos.PerUnit);
        }
    }

    private static HttpClient NewClient(Version version) => new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        DefaultRequestVersion = version,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(10),
    };

    /// <summary>Makes each customer's IMSI another name of its number.</summary>
    private static void PublishNames(RatingPlatform platform, OnlineKillTests.OnlineCustomer[] customers, string keys)
    {
        SubscriberPseudonymizer pseudonyms = new(new FileKeyStore(keys));
        using TransactionalSender sender = platform.Sender("names");
        sender.Send(
            output =>
            {
                foreach (OnlineKillTests.OnlineCustomer customer in customers)
                {
                    Subscription subscription = new()
                    {
                        SubscriberRef = pseudonyms.FromImsi(customer.Imsi),
                        Periods = [new Contracts.SubscriptionPeriod { AliasOf = customer.Reference }],
                    };
                    byte[] key = subscription.SubscriberRef.ToByteArray();
                    output.Produce(
                        Topics.CustomerSubscriptions, KeyPartition.Of(key, RatingPlatform.Partitions), key,
                        EventValue.Of(platform.SchemaId(Topics.CustomerSubscriptions), subscription.Write));
                }
            },
            TestContext.Current.CancellationToken);
    }

    private static async Task<Doors> StartAsync(RatingPlatform platform, string name, string keys)
    {
        (string online, string balances) = (FreeAddress(), FreeAddress());
        string token = Path.Combine(keys, name + ".token");
        await File.WriteAllTextAsync(token, Token, TestContext.Current.CancellationToken);
        RatingProcess worker = platform.StartWorker(name, settings: new Dictionary<string, string>
        {
            ["Rating__Online__Url"] = online,
            ["Rating__Online__PublicUrl"] = online,
            ["Rating__Balances__Url"] = balances,
            ["Rating__Balances__PublicUrl"] = balances,
            ["Rating__Balances__Clients__0__Name"] = "shop",
            ["Rating__Balances__Clients__0__TokenFile"] = token,
            ["Rating__Balances__Clients__0__May__0"] = "TopUp",
            ["Rating__Balances__Clients__0__May__1"] = "Transfer",
            ["Rating__Balances__Clients__0__May__2"] = "Read",
            ["Keys__Directory"] = keys,
        });
        await worker.LineAsync(
            text => text.Contains("Online charging answers at", StringComparison.Ordinal), "the address of online charging");
        return new Doors(new Uri(online), new Uri(balances));
    }

    private static string FreeAddress()
    {
        using TcpListener free = new(IPAddress.Loopback, 0);
        free.Start();
        return $"http://{free.LocalEndpoint}";
    }

    /// <summary>Waits until the workers share the partitions, so that none moves any more.</summary>
    private static async Task UntilBothOwnAsync(Doors first, OnlineKillTests.OnlineCustomer[] customers)
    {
        for (int attempt = 0; attempt < 10 * Attempts; attempt++)
        {
            OnlineKillTests.OnlineCustomer customer = customers[attempt % Customers];
            Answer answer = await PostAsync(Smf, new Uri(first.Online, Online), Create(customer, isNamed: true), customer);
            if (answer.Status == HttpStatusCode.TemporaryRedirect)
            {
                return;
            }

            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException("The second worker owns nothing.");
    }

    /// <summary>
    /// Asks where it is sent, until there is an answer. While partitions move, a worker may say that it does not know, or still name the
    /// other one.
    /// </summary>
    /// <returns>The answer, and how it was found: how often the request was sent on, and whether as that of another name.</returns>
    private static async Task<(Answer Answer, string Way)> FollowAsync(
        HttpClient client, Uri start, string body, OnlineKillTests.OnlineCustomer customer)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Uri at = start;
            for (int hops = 0; hops < 4; hops++)
            {
                Answer answer = await PostAsync(client, at, body, customer);
                if (answer.Status == HttpStatusCode.TemporaryRedirect)
                {
                    Assert.NotEqual(at.Port, answer.Location!.Port);
                    Assert.Equal(start.AbsolutePath, answer.Location.AbsolutePath);
                    at = answer.Location;
                    continue;
                }

                if (answer.Status != HttpStatusCode.ServiceUnavailable)
                {
                    return (answer, $"{hops}{(at.Query.Length > 0 ? " named" : "")}");
                }

                break;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException("Neither worker owns the partition.");
    }

    /// <summary>An update that comes to the wrong worker goes on at the session's own.</summary>
    private static async Task AssertGoesOnAsync(Doors wrong, Uri session, OnlineKillTests.OnlineCustomer customer)
    {
        Uri update = new(wrong.Online, session.AbsolutePath + "/update");
        (Answer updated, _) = await FollowAsync(Smf, update, Create(customer, isNamed: true, sequence: 1), customer);
        Assert.Equal(HttpStatusCode.OK, updated.Status);
    }

    private static async Task AssertHasAsync(Doors doors, OnlineKillTests.OnlineCustomer customer, decimal money)
    {
        decimal has = -1;
        for (int attempt = 0; attempt < Attempts && has != money; attempt++)
        {
            using HttpRequestMessage request = new(
                HttpMethod.Get, new Uri(doors.Balances, $"{Balances}bucket?logicalResource.id={customer.Msisdn}"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
            using HttpResponseMessage response = await Shop.SendAsync(request, TestContext.Current.CancellationToken);
            if (response.IsSuccessStatusCode)
            {
                string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                has = (decimal)JsonNode.Parse(text)![0]!["remainingValue"]!["amount"]!;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Equal(money, has);
    }

    private static async Task<Answer> PostAsync(HttpClient client, Uri uri, string body, OnlineKillTests.OnlineCustomer customer)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, uri)
        {
            Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        if (client == Shop)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
            bool isTransfer = body.Contains("receiver", StringComparison.Ordinal);
            request.Headers.Add("Idempotency-Key", $"{(isTransfer ? "sent" : "paid")}-{customer.Number}");
        }

        (request.Version, request.VersionPolicy) = (client.DefaultRequestVersion, client.DefaultVersionPolicy);
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Answer(
            response.StatusCode, response.Headers.Location,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static string Create(OnlineKillTests.OnlineCustomer customer, bool isNamed, int sequence = 0)
    {
        string number = isNamed ? $"\"userInformation\":{{\"servedGPSI\":\"msisdn-{customer.Msisdn}\"}}," : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"subscriberIdentifier":"imsi-{{customer.Imsi}}","nfConsumerIdentification":{"nFName":"smf-1","nodeFunctionality":"SMF"},
            "invocationTimeStamp":"{{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss'Z'}}","invocationSequenceNumber":{{sequence}},
            "multipleUnitUsage":[{"ratingGroup":10,"requestedUnit":{"totalVolume":1000} }],
            "pDUSessionChargingInformation":{"chargingId":{{customer.Number + (isNamed ? 0 : 1000)}},{{number}}
            "pduSessionInformation":{"pduSessionID":1,"dnnId":"internet","servingCNPlmnId":{"mcc":"001","mnc":"01"} } } }
            """);
    }

    /// <summary>Where a worker answers.</summary>
    private sealed record Doors(Uri Online, Uri Balances);

    private sealed record Answer(HttpStatusCode Status, Uri? Location, string Body);
}
