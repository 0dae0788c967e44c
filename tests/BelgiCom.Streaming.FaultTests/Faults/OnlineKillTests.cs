using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// Online charging over HTTP/2 against the worker as it ships: parallel sessions of two rating groups, each of whose requests is sent until
/// it is answered, while the worker is killed again and again.
/// </summary>
public sealed class OnlineKillTests
{
    /// <summary>Money of a customer in nano-units: EUR 0.04.</summary>
    internal const long MoneyNanos = 40_000_000;

    private const int Subscribers = 4;
    private const int SessionsOfEach = 3;

    [Fact]
    public async Task OnlineSessions_WorkerKilled_LoseAndDoubleNoUnit()
    {
        int seed = Seed.Next();
        int updates = Scale.Of(6, 60);
        using TemporaryFolder keys = new();
        await using RatingPlatform platform = await RatingPlatform.StartAsync(subscribers: 1);
        OnlineCustomer[] customers = [.. Enumerable.Range(1, Subscribers).Select(number => new OnlineCustomer(number, keys.FullPath))];
        Publish(platform, customers);
        OnlineWorkers workers = new(platform, keys.FullPath);
        await workers.StartAsync();

        Task<long>[] sessions =
        [
            .. from customer in customers
               from session in Enumerable.Range(1, SessionsOfEach)
               select OnlineSession.RunAsync(workers, customer, session, updates, new Random(seed + (customer.Number * 100) + session)),
        ];
        Task<long[]> all = Task.WhenAll(sessions);
        for (int kill = 0; kill < 2 && !all.IsCompleted; kill++)
        {
            // After a few answers more, wherever the worker is then with the next ones.
            await workers.UntilAnsweredAsync(customers.Length * SessionsOfEach, all);
            await workers.KillAndStartAsync();
        }

        long used = (await all).Sum();
        await workers.StopAsync();
        IReadOnlyList<RatedLine> rated = platform.Read().Rated;
        Assert.Equal(rated.Count, rated.Select(line => line.UsageId).Distinct().Count());
        Assert.True(used > 0);
        Assert.Equal(used, rated.Sum(line => line.ChargedUnits));
        foreach (OnlineCustomer customer in customers)
        {
            QuotaAccount account = customer.Read(platform);
            long spent = rated.Where(line => line.Subscriber == customer.Reference).Sum(line => Nanos.FromDecimal(line.Amount));
            Assert.Equal(MoneyNanos, account.Reservation.MoneyNanos + spent);
            Assert.True(account.Reservation.MoneyNanos >= 0, $"{account.Reservation.MoneyNanos}");
            Assert.Empty(account.Reservation.Sessions);
        }
    }

    internal static void Publish(RatingPlatform platform, OnlineCustomer[] customers)
    {
        platform.Publish(FaultTariff.Prepaid, []);
        using TransactionalSender sender = platform.Sender("customers");
        sender.Send(output =>
            {
                foreach (OnlineCustomer customer in customers)
                {
                    Subscription subscription = new()
                    {
                        SubscriberRef = customer.Reference,
                        Periods = [new Contracts.SubscriptionPeriod { Account = customer.Account, Offering = FaultTariff.PrepaidOffering }],
                    };
                    output.Produce(
                        Topics.CustomerSubscriptions, customer.Partition, customer.Reference.ToByteArray(),
                        EventValue.Of(platform.SchemaId(Topics.CustomerSubscriptions), subscription.Write));
                    RatingStateView view = new QuotaAccountCodec().View(customer.Owner, new QuotaAccount
                    {
                        Currency = Currency.Of("EUR"u8),
                        Reservation = new ReservationState { MoneyNanos = MoneyNanos },
                    });
                    byte[] value = new byte[WireFormat.HeaderSize + view.MaxSize];
                    WireFormat.WriteHeader(value, platform.SchemaId(Topics.RatingState));
                    int length = WireFormat.HeaderSize + view.Write(value.AsSpan(WireFormat.HeaderSize));
                    output.Produce(
                        Topics.RatingState, customer.Partition, UsageEvents.ToSubscriberRef(customer.Owner).ToByteArray(),
                        value.AsSpan(0, length));
                }
            },
            TestContext.Current.CancellationToken);
    }

    /// <summary>A prepaid customer.</summary>
    internal sealed class OnlineCustomer
    {
        public OnlineCustomer(int number, string keys)
        {
            Number = number;
            Reference = new SubscriberPseudonymizer(new FileKeyStore(keys)).FromMsisdn(Msisdn);
            byte[] key = Reference.ToByteArray();
            Partition = KeyPartition.Of(key, RatingPlatform.Partitions);
            Owner = BinaryPrimitives.ReadUInt128BigEndian(key)
                ^ BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Account)));
        }

        public int Number { get; }

        public SubscriberRef Reference { get; }

        public int Partition { get; }

        public UInt128 Owner { get; }

        public string Account => $"BE-ONLINE-{Number}";

        public string Msisdn => $"324700{Number:D5}";

        public string Imsi => $"00101{Number:D10}";

        /// <summary>The customer's account as the topic has it.</summary>
        public QuotaAccount Read(RatingPlatform platform)
        {
            QuotaAccount account = QuotaAccount.Empty;
            byte[] key = UsageEvents.ToSubscriberRef(Owner).ToByteArray();
            using TopicReader reader = new(platform.Kafka, new ConsumerOptions(), TimeProvider.System);
            reader.Read(
                reader.RangesOf([new(Topics.RatingState, Partition)]),
                batch =>
                {
                    for (int index = 0; index < batch.Count; index++)
                    {
                        if (batch[index].Key.SequenceEqual(key))
                        {
                            Assert.True(RatingStateView.TryRead(batch[index].Value[WireFormat.HeaderSize..], out RatingStateView view));
                            Assert.True(QuotaAccountCodec.TryRead(view.Charging, AnyUsage, out account));
                        }
                    }
                },
                TestContext.Current.CancellationToken);
            return account;

            static bool AnyUsage(ReadOnlySpan<byte> value, out UsageRecord usage)
            {
                usage = default;
                return true;
            }
        }
    }

    /// <summary>The worker, and its successors on the same partitions.</summary>
    private sealed class OnlineWorkers(RatingPlatform platform, string keys)
    {
        private volatile RatingProcess? _worker;
        private volatile Uri? _address;
        private int _answered;
        private int _started;

        /// <summary>Where to ask now; null while no worker is there.</summary>
        public Uri? Address => _address;

        public void Answered() => Interlocked.Increment(ref _answered);

        public async Task StartAsync()
        {
            _worker = platform.StartWorker($"online-{++_started}", settings: new Dictionary<string, string>
            {
                ["Rating__Online__Url"] = "http://127.0.0.1:0",
                ["Rating__Online__RequestTimeout"] = "00:00:01",
                ["Keys__Directory"] = keys,
            });
            string line = await _worker.LineAsync(
                text => text.Contains("Online charging answers at", StringComparison.Ordinal), "the address of online charging");
            _address = new Uri(JsonDocument.Parse(line).RootElement.GetProperty(nameof(Address)).GetString()!);
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
    }

    /// <summary>A session of an SMF: it uses what it is granted, reports that, and sends each request until it is answered.</summary>
    private sealed class OnlineSession(OnlineWorkers workers, OnlineCustomer customer, int number)
    {
        private static readonly long[] RatingGroups = [10, 20];

        private static readonly HttpClient Http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) })
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(5),
        };

        private int _sequence;
        private int _container;

        /// <returns>Octets reported.</returns>
        public static async Task<long> RunAsync(OnlineWorkers workers, OnlineCustomer customer, int number, int updates, Random random)
        {
            OnlineSession session = new(workers, customer, number);
            (JsonNode? answer, string reference) = await session.AskAsync("", HttpStatusCode.Created, [], random.Next(1000, 9000));
            long total = 0;
            for (int update = 0; update < updates; update++)
            {
                long[] used = Used(answer, random);
                total += used.Sum();
                (answer, _) = await session.AskAsync($"/{reference}/update", HttpStatusCode.OK, used, random.Next(1000, 9000));
            }

            long[] last = Used(answer, random);
            await session.AskAsync($"/{reference}/release", HttpStatusCode.NoContent, last, null);
            return total + last.Sum();
        }

        private static long[] Used(JsonNode? answer, Random random) =>
        [
            .. RatingGroups.Select(group => answer!["multipleUnitInformation"]!.AsArray()
                .Where(one => (long)one!["ratingGroup"]! == group)
                .Select(one => one!["grantedUnit"]?["totalVolume"] is { } granted ? random.NextInt64((long)granted + 1) : 0)
                .Single()),
        ];

        private async Task<(JsonNode? Answer, string Reference)> AskAsync(string path, HttpStatusCode expected, long[] used, int? wanted)
        {
            string body = Body(used, wanted);
            for (int attempt = 1; ; attempt++)
            {
                Assert.True(attempt < 500, $"no answer after {attempt} attempts");
                try
                {
                    if (workers.Address is { } address)
                    {
                        using StringContent content = new(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
                        using HttpResponseMessage response = await Http.PostAsync(
                            new Uri(address, "/nchf-convergedcharging/v3/chargingdata" + path), content,
                            TestContext.Current.CancellationToken);
                        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                        if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
                        {
                            Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode} {text}");
                            workers.Answered();
                            return (text.Length == 0 ? null : JsonNode.Parse(text), response.Headers.Location?.Segments[^1] ?? "");
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

        private string Body(long[] used, int? wanted)
        {
            string now = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            JsonArray units = [];
            foreach ((long group, int place) in RatingGroups.Select((group, place) => (group, place)))
            {
                JsonObject unit = new() { ["ratingGroup"] = group };
                if (wanted is { } octets)
                {
                    unit["requestedUnit"] = new JsonObject { ["totalVolume"] = octets };
                }

                if (used.Length > 0)
                {
                    unit["usedUnitContainer"] = new JsonArray(new JsonObject
                    {
                        ["localSequenceNumber"] = ++_container,
                        ["totalVolume"] = used[place],
                        ["triggerTimestamp"] = now,
                    });
                }

                units.Add(unit);
            }

            return new JsonObject
            {
                ["subscriberIdentifier"] = "imsi-" + customer.Imsi,
                ["nfConsumerIdentification"] = new JsonObject { ["nFName"] = "smf-1", ["nodeFunctionality"] = "SMF" },
                ["invocationTimeStamp"] = now,
                ["invocationSequenceNumber"] = _sequence++,
                ["multipleUnitUsage"] = units,
                ["pDUSessionChargingInformation"] = new JsonObject
                {
                    ["chargingId"] = (customer.Number * 100) + number,
                    ["userInformation"] = new JsonObject { ["servedGPSI"] = "msisdn-" + customer.Msisdn },
                    ["pduSessionInformation"] = new JsonObject
                    {
                        ["pduSessionID"] = number,
                        ["dnnId"] = "internet",
                        ["servingCNPlmnId"] = new JsonObject { ["mcc"] = "001", ["mnc"] = "01" },
                    },
                },
            }.ToJsonString();
        }
    }
}
