using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// Prepaid money over HTTP against the worker as it ships: customers on four partitions top up and send each other money, each request
/// until it is answered, while the worker is killed again and again.
/// </summary>
public sealed class MoneyKillTests
{
    private const int Customers = 6;
    private const decimal Begin = 10m;
    private const string Token = "kill-0123456789-0123456789-0123456789";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    [Fact]
    public async Task Transfers_WorkerKilled_MakeAndLoseNoMoney()
    {
        int seed = Seed.Next();
        using TemporaryFolder folder = new();
        await using RatingPlatform platform = await RatingPlatform.StartAsync(subscribers: 1);
        SubscriberRef[] customers = Subscribe(platform, folder.FullPath, FaultTariff.Prepaid);
        Shop shop = new(platform, folder.FullPath);
        await shop.StartAsync();
        foreach (int customer in Enumerable.Range(0, Customers))
        {
            await shop.PostAsync("topupBalance", $"begin-{customer}", Body(customer, Begin, null));
        }

        Task all = Task.WhenAll(Enumerable.Range(0, Customers).Select(
            customer => SendAsync(shop, customer, Scale.Of(12, 200), new Random(seed + customer))));
        for (int kill = 0; kill < 2 && !all.IsCompleted; kill++)
        {
            await shop.UntilAnsweredAsync(2 * Customers, all);
            await shop.KillAndStartAsync();
        }

        await all;

        // The same requests again, after everything: the answers say what was done then, and nothing is done.
        for (int customer = 0; customer < Customers; customer++)
        {
            JsonNode again = await shop.PostAsync("topupBalance", $"begin-{customer}", Body(customer, Begin, null));
            Assert.Equal(Begin, (decimal)again["balanceAfter"]!["amount"]!);
        }

        await Wait.UntilAsync(() => Task.FromResult(InFlight(Read(platform)) == 0), "transfers on their way", [shop.Worker]);

        // The next worker reads the same balances as this one.
        decimal[] before = await shop.BalancesAsync(customers);
        await shop.KillAndStartAsync();
        Assert.Equal(before, await shop.BalancesAsync(customers));
        await shop.StopAsync();
        IReadOnlyList<BalanceOperation> journal = Read(platform);
        Assert.Equal(journal.Count, journal.Select(one => (one.OperationId, one.Kind)).Distinct().Count());
        decimal sum = 0;
        foreach (SubscriberRef customer in customers)
        {
            decimal balance = 0;
            foreach (BalanceOperation operation in journal.Where(
                one => one.SubscriberRef == customer && one.Kind != BalanceOperationKind.TransferDue))
            {
                Assert.Equal(balance, operation.Before);
                balance += operation.Kind == BalanceOperationKind.TransferOut ? -operation.Amount : operation.Amount;
                Assert.Equal(balance, operation.After);
            }

            Assert.Equal(before[Array.IndexOf(customers, customer)], balance);
            sum += balance;
        }

        Assert.Equal(Customers * Begin, sum);
        Assert.Equal(Customers * Scale.Of(12, 200), journal.Count(one => one.Kind == BalanceOperationKind.TransferOut));
    }

    /// <summary>
    /// Each customer tops up again and again while it uses data, and the worker is killed. Each top-up brings its bundle once; whatever
    /// the order in which they met, a use that is not covered whole found all bundles until then drawn to the last octet, and in the end,
    /// after more use than all of them have, none has one left.
    /// </summary>
    [Fact]
    public async Task TopUps_WorkerKilled_BringTheirBundlesOnceAndAreDrawnExactly()
    {
        int seed = Seed.Next();
        int topUps = Scale.Of(6, 60);
        using TemporaryFolder folder = new();
        await using RatingPlatform platform = await RatingPlatform.StartAsync(subscribers: 1);
        SubscriberRef[] customers = Subscribe(platform, folder.FullPath, FaultTariff.PrepaidWithBundles);
        Shop shop = new(platform, folder.FullPath);
        await shop.StartAsync();
        DataUse use = new(platform, customers, new Random(seed));
        Task all = Task.WhenAll(Enumerable.Range(0, Customers).Select(async customer =>
        {
            for (int time = 0; time < topUps; time++)
            {
                await shop.PostAsync("topupBalance", $"up-{time}", Body(customer, Begin, null));
                use.Send(customer, 8);
            }
        }));
        for (int kill = 0; kill < 2 && !all.IsCompleted; kill++)
        {
            await shop.UntilAnsweredAsync(Customers, all);
            await shop.KillAndStartAsync();
        }

        await all;
        foreach (int customer in Enumerable.Range(0, Customers))
        {
            Assert.Equal(
                FaultTariff.TopUpOctets,
                (long)(await shop.PostAsync("topupBalance", "up-0", Body(customer, Begin, null)))
                    ["broughtBucket"]![0]!["grantedValue"]!["amount"]!);
            use.Send(customer, 14 * topUps);
        }

        await platform.UntilRatedAsync(shop.Worker);
        decimal[] money = await shop.BalancesAsync(customers);
        await shop.KillAndStartAsync();
        Assert.Equal(money, await shop.BalancesAsync(customers));
        await shop.StopAsync();

        BalanceOperation[] journal = [.. Read(platform)];
        Assert.Equal(Customers * topUps, journal.DistinctBy(one => one.OperationId).Count());
        Assert.All(journal, one => Assert.Equal(("gb", FaultTariff.TopUpOctets), Assert.Single(one.Bundles) is var brought
            ? (brought.Id, brought.Units)
            : default));
        TopicContents contents = platform.Read();
        Assert.Equal((use.Sent, use.Sent), (contents.Rated.Count, contents.Rated.DistinctBy(line => line.UsageId).Count()));
        foreach ((SubscriberRef customer, decimal left) in customers.Zip(money))
        {
            long drawn = 0;
            decimal paid = 0;
            foreach (RatedLine line in contents.Rated.Where(line => line.Subscriber == customer))
            {
                drawn += line.BundleUnits;
                paid += line.Amount;
                Assert.Equal((line.ChargedUnits - line.BundleUnits) * FaultTariff.TopUpOctetPrice, line.Amount);
                Assert.True(
                    line.BundleUnits == line.ChargedUnits || drawn % FaultTariff.TopUpOctets == 0,
                    $"{drawn} octets are drawn, and a use was not covered (BELGICOM_SEED={seed})");
            }

            Assert.Equal(topUps * FaultTariff.TopUpOctets, drawn);
            Assert.Equal((topUps * Begin) - paid, left);
        }
    }

    private static async Task SendAsync(Shop shop, int customer, int times, Random random)
    {
        for (int time = 0; time < times; time++)
        {
            int to = (customer + 1 + random.Next(Customers - 1)) % Customers;
            decimal amount = random.Next(1, 40_000_000) / 1_000_000_000m;
            await shop.PostAsync("transferBalance", $"send-{time}", Body(customer, amount, to));
        }
    }

    private static string Msisdn(int customer) => string.Create(CultureInfo.InvariantCulture, $"3247000001{customer}");

    private static string Body(int customer, decimal amount, int? to)
    {
        JsonObject body = new()
        {
            ["logicalResource"] = new JsonArray(new JsonObject { ["id"] = Msisdn(customer) }),
            ["amount"] = new JsonObject { ["amount"] = amount, ["units"] = "EUR" },
        };
        if (to is { } receiver)
        {
            body["receiverLogicalResource"] = new JsonObject { ["id"] = Msisdn(receiver) };
        }

        return body.ToJsonString();
    }

    private static SubscriberRef[] Subscribe(RatingPlatform platform, string keys, OfferingVersion version)
    {
        SubscriberPseudonymizer pseudonyms = new(new FileKeyStore(keys));
        SubscriberRef[] customers = [.. Enumerable.Range(0, Customers).Select(customer => pseudonyms.FromMsisdn(Msisdn(customer)))];
        platform.Publish(version, []);
        using TransactionalSender sender = platform.Sender("customers");
        sender.Send(
            output =>
            {
                foreach (SubscriberRef customer in customers)
                {
                    Subscription subscription = new()
                    {
                        SubscriberRef = customer,
                        Periods = [new Contracts.SubscriptionPeriod { Account = $"BE-{customer}", Offering = version.Offering }],
                    };
                    output.Produce(
                        Topics.CustomerSubscriptions, partition: null, customer.ToByteArray(),
                        EventValue.Of(platform.SchemaId(Topics.CustomerSubscriptions), subscription.Write));
                }
            },
            TestContext.Current.CancellationToken);
        return customers;
    }

    private static int InFlight(IReadOnlyList<BalanceOperation> journal) =>
        journal.Count(one => one.Kind == BalanceOperationKind.TransferDue)
        - journal.Count(one => one.Kind == BalanceOperationKind.TransferIn);

    private static IReadOnlyList<BalanceOperation> Read(RatingPlatform platform)
    {
        List<BalanceOperation> journal = [];
        using TopicReader reader = new(platform.Kafka, new ConsumerOptions(), TimeProvider.System);
        reader.Read(
            reader.RangesOf([.. RatingPlatform.PartitionsOf(Topics.BalanceJournal)]),
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    journal.Add(BalanceOperation.Read(batch[index].Value[WireFormat.HeaderSize..]));
                }
            },
            TestContext.Current.CancellationToken);
        return journal;
    }

    /// <summary>Data that customers use an hour from now, so that all of it is after the top-ups, whenever these are made.</summary>
    private sealed class DataUse(RatingPlatform platform, SubscriberRef[] customers, Random random)
    {
        private readonly DateTimeOffset _at =
            DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds());

        /// <summary>Events that were sent.</summary>
        public int Sent { get; private set; }

        /// <summary>Sends uses of 50 to 150 octets each.</summary>
        public void Send(int customer, int count)
        {
            lock (random)
            {
                byte[] key = customers[customer].ToByteArray();
                platform.Send(
                [
                    .. Enumerable.Range(Sent, count).Select(number => new UsageToSend(
                        KeyPartition.Of(key, RatingPlatform.Partitions),
                        key,
                        EventValue.Of(platform.SchemaId(Topics.UsageReceived), Usage(customer, number).Write))),
                ]);
                Sent += count;
            }
        }

        private UsageReceived Usage(int customer, int number) => new()
        {
            UsageId = UsageId.FromHalves(77, (ulong)number + 1),
            SubscriberRef = customers[customer],
            Kind = UsageKind.Data,
            EventTime = _at.AddSeconds(number % 3600),
            EndTime = _at.AddSeconds(number % 3600),
            DurationSeconds = -1,
            UplinkOctets = -1,
            DownlinkOctets = -1,
            TotalOctets = random.Next(50, 151),
            Messages = -1,
            ServingPlmn = FaultTariff.Home,
            Source = FaultUsage.Source,
            Node = "pgw01",
            FileName = "faults.cdr",
            ChargingId = -1,
        };
    }

    /// <summary>The worker, and its successors, with the shop that asks it.</summary>
    private sealed class Shop(RatingPlatform platform, string folder)
    {
        private volatile RatingProcess? _worker;
        private volatile Uri? _address;
        private int _answered;
        private int _started;

        public RatingProcess Worker => _worker!;

        public async Task StartAsync()
        {
            string token = Path.Combine(folder, "shop.token");
            await File.WriteAllTextAsync(token, Token, TestContext.Current.CancellationToken);
            _worker = platform.StartWorker($"money-{++_started}", settings: new Dictionary<string, string>
            {
                ["Rating__Balances__Url"] = "http://127.0.0.1:0",
                ["Rating__Balances__RequestTimeout"] = "00:00:01",
                ["Rating__Balances__Clients__0__Name"] = "shop",
                ["Rating__Balances__Clients__0__TokenFile"] = token,
                ["Rating__Balances__Clients__0__May__0"] = "TopUp",
                ["Rating__Balances__Clients__0__May__1"] = "Transfer",
                ["Rating__Balances__Clients__0__May__2"] = "Read",
                ["Keys__Directory"] = folder,
            });
            string line = await _worker.LineAsync(
                text => text.Contains("Balances answer at", StringComparison.Ordinal), "the address of balances");
            _address = new Uri(JsonDocument.Parse(line).RootElement.GetProperty("Address").GetString()!);
        }

        public async Task KillAndStartAsync()
        {
            _address = null;
            await _worker!.KillAsync();
            await StartAsync();
        }

        public Task StopAsync() => _worker!.DrainAsync();

        public Task UntilAnsweredAsync(int further, Task orUntil)
        {
            int target = Volatile.Read(ref _answered) + further;
            return Wait.UntilAsync(
                () => Task.FromResult(Volatile.Read(ref _answered) >= target || orUntil.IsCompleted), $"{further} answers", [_worker!]);
        }

        public async Task<decimal[]> BalancesAsync(SubscriberRef[] customers)
        {
            List<decimal> balances = [];
            foreach (SubscriberRef customer in customers)
            {
                JsonNode bucket = await AskAsync(HttpMethod.Get, $"bucket/{customer}-money", key: null, body: null);
                balances.Add((decimal)bucket["remainingValue"]!["amount"]!);
            }

            return [.. balances];
        }

        public Task<JsonNode> PostAsync(string resource, string key, string body) => AskAsync(HttpMethod.Post, resource, key, body);

        private async Task<JsonNode> AskAsync(HttpMethod method, string resource, string? key, string? body)
        {
            for (int attempt = 1; ; attempt++)
            {
                Assert.True(attempt < 500, $"no answer after {attempt} attempts");
                try
                {
                    if (_address is { } address)
                    {
                        using HttpRequestMessage request = new(
                            method, new Uri(address, $"/tmf-api/prepayBalanceManagement/v4/{resource}"));
                        request.Content = body is null
                            ? null
                            : new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
                        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
                        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
                        using HttpResponseMessage response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
                        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

                        // 404 while the worker has not read the subscription yet.
                        if (response.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.NotFound))
                        {
                            Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
                            Interlocked.Increment(ref _answered);
                            return JsonNode.Parse(text)!;
                        }
                    }
                }
                catch (Exception gone) when (gone is HttpRequestException or TaskCanceledException)
                {
                    // The worker is gone, and what it did with the request is not known: the same request again.
                }

                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
    }
}
