using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>
/// The door of online charging over real connections, in front of a lane on topics in memory that sleeps until it is woken.
/// </summary>
public sealed class OnlineDoorTests
{
    private const string Root = "/nchf-convergedcharging/v3/chargingdata";
    private const string Token = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task Session_OverHttp2_IsAnsweredWithTheStatusesOfTheSpecification()
    {
        await using OpenedDoor door = await OpenedDoor.OpenAsync();
        (HttpStatusCode created, JsonNode? answer, HttpResponseHeaders headers) = await door.PostAsync(Root, Body(sequence: 0));
        Assert.Equal(HttpStatusCode.Created, created);
        Assert.Equal(1000, (long)answer!["multipleUnitInformation"]![0]!["grantedUnit"]!["totalVolume"]!);
        string session = headers.Location!.AbsolutePath;
        Assert.Equal(new Uri(door.Address, session), headers.Location);

        Assert.Equal(HttpStatusCode.OK, (await door.PostAsync(session + "/update", Body(sequence: 1, used: 400))).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await door.PostAsync(session + "/release", Body(sequence: 2, used: 100))).Status);
        (HttpStatusCode gone, answer, _) = await door.PostAsync(session + "/update", Body(sequence: 3));
        Assert.Equal((HttpStatusCode.NotFound, "CONTEXT_NOT_FOUND"), (gone, (string)answer!["cause"]!));
        Assert.Equal(500, door.Lanes.Rated.Sum(rated => rated.TotalOctets));
    }

    [Theory]
    [InlineData("GET", Root, "application/json", 0, HttpStatusCode.MethodNotAllowed, "METHOD_NOT_ALLOWED")]
    [InlineData("POST", "/nchf-convergedcharging/v2/chargingdata", "application/json", 0, HttpStatusCode.NotFound,
        "RESOURCE_URI_STRUCTURE_NOT_FOUND")]
    [InlineData("POST", Root + "/5/upgrade", "application/json", 0, HttpStatusCode.NotFound, "RESOURCE_URI_STRUCTURE_NOT_FOUND")]
    [InlineData("POST", Root + "/5/update", "application/json", 0, HttpStatusCode.NotFound, "CONTEXT_NOT_FOUND")]
    [InlineData("POST", Root, "text/plain", 0, HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")]
    [InlineData("POST", Root, "application/json", -1, HttpStatusCode.BadRequest, "INVALID_MSG_FORMAT")]
    [InlineData("POST", Root, "application/json", 300_000, HttpStatusCode.RequestEntityTooLarge, null)]
    public async Task Request_ThatIsNone_IsRefused(
        string method, string path, string type, int blanks, HttpStatusCode expected, string? cause)
    {
        await using OpenedDoor door = await OpenedDoor.OpenAsync();
        string body = blanks < 0 ? "{\"a\":" : Body(sequence: 0) + new string(' ', blanks);
        (HttpStatusCode status, JsonNode? answer, _) = await door.SendAsync(new HttpMethod(method), path, body, type);
        Assert.Equal((expected, cause), (status, (string?)answer?["cause"]));
        Assert.DoesNotContain(door.Lanes.Log.All(Topics.RatingState), record => record.Key.Length == SubscriberRef.Size);
    }

    [Fact]
    public async Task Subscriber_WithoutSubscription_AndTooManySessions_AreSaidSo()
    {
        await using OpenedDoor door = await OpenedDoor.OpenAsync();
        (HttpStatusCode unknown, JsonNode? answer, _) = await door.PostAsync(Root, Body(sequence: 0, msisdn: "32470000099"));
        Assert.Equal((HttpStatusCode.NotFound, "USER_UNKNOWN"), (unknown, (string)answer!["cause"]!));

        int most = new QuotaPolicy().MostSessions;
        for (int session = 1; session <= most; session++)
        {
            Assert.Equal(HttpStatusCode.Created, (await door.PostAsync(Root, Body(sequence: 0, session: session))).Status);
        }

        (HttpStatusCode refused, answer, _) = await door.PostAsync(Root, Body(sequence: 0, session: most + 1));
        Assert.Equal((HttpStatusCode.Forbidden, "END_USER_REQUEST_REJECTED"), (refused, (string)answer!["cause"]!));
    }

    [Fact]
    public async Task Partition_ThatNobodyHereOwns_IsToBeAskedForAgain()
    {
        await using OpenedDoor door = await OpenedDoor.OpenAsync();
        door.Handler.Revoked([new TopicPartition(Topics.UsageReceived, 0)]);
        (HttpStatusCode status, JsonNode? answer, HttpResponseHeaders headers) = await door.PostAsync(Root, Body(sequence: 0));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "SYSTEM_FAILURE"), (status, (string)answer!["cause"]!));
        Assert.Equal(TimeSpan.FromSeconds(1), headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task Token_MissingOrWrong_OpensNothing()
    {
        using TemporaryFolder folder = new();
        string file = Written(folder, "token", Token + "\n");
        await using OpenedDoor door = await OpenedDoor.OpenAsync(options => options.TokenFile = file);
        foreach (string? token in new[] { null, "", Token[1..], Token + "0", Token.ToUpperInvariant() })
        {
            door.Authorize(token);
            (HttpStatusCode status, JsonNode? answer, HttpResponseHeaders headers) = await door.PostAsync(Root, Body(sequence: 0));
            Assert.Equal((HttpStatusCode.Unauthorized, "UNAUTHORIZED"), (status, (string)answer!["cause"]!));
            Assert.Equal("Bearer", Assert.Single(headers.WwwAuthenticate).Scheme);
        }

        door.Authorize(Token);
        Assert.Equal(HttpStatusCode.Created, (await door.PostAsync(Root, Body(sequence: 0))).Status);
    }

    [Theory]
    [InlineData(31, false)]
    [InlineData(32, true)]
    public void Token_OfFewCharacters_IsRefusedAtTheStart(int characters, bool isTaken)
    {
        using TemporaryFolder folder = new();
        OnlineOptions options = new()
        {
            Url = "http://127.0.0.1:0",
            TokenFile = Written(folder, "token", new string('a', characters) + " \n"),
        };
        Assert.Equal(isTaken, !options.Validate(new ValidationContext(options)).Any());
    }

    [Theory]
    [InlineData("http://127.0.0.1:8000", true)]
    [InlineData("https://127.0.0.1:8000", false)] // of another kind than the address itself
    [InlineData("http://127.0.0.1:8000/x?y", false)]
    [InlineData("http://a:b@127.0.0.1:8000", false)]
    [InlineData("127.0.0.1:8000", false)]
    public void PublicUrl_ThatIsNoAddress_IsRefusedAtTheStart(string url, bool isTaken)
    {
        OnlineOptions options = new() { Url = "http://127.0.0.1:0", PublicUrl = url };
        Assert.Equal(isTaken, !options.Validate(new ValidationContext(options)).Any());
    }

    /// <summary>
    /// The price of data abroad is that of home, 0.01 for a MiB, and the offering's own limit there stops at 1.00: with the 101st MiB at
    /// most, so a million MiB are never granted. TS 32.291, FinalUnitIndication and RedirectServer.
    /// </summary>
    [Theory]
    [InlineData(null, """{"finalUnitAction":"TERMINATE"}""")]
    [InlineData(
        "https://pay.example/top-up?from=net",
        """
        {"finalUnitAction":"REDIRECT","redirectServer":{"redirectAddressType":"URL",
        "redirectServerAddress":"https://pay.example/top-up?from=net"}}
        """)]
    public async Task FinalUnit_OfData_SaysWhereTheCustomerMayGoOn(string? page, string indication)
    {
        await using OpenedDoor door = await OpenedDoor.OpenAsync(options => options.RedirectUrl = page);
        (_, JsonNode? answer, _) = await door.PostAsync(Root, Body(sequence: 0, wanted: 1_000_000L << 20, mcc: "310"));
        JsonNode unit = answer!["multipleUnitInformation"]![0]!;
        Assert.Equal(indication.ReplaceLineEndings(""), unit["finalUnitIndication"]!.ToJsonString());
        Assert.InRange((long)unit["grantedUnit"]!["totalVolume"]!, 100L << 20, 101L << 20);
        Assert.Equal(3600, (long)unit["validityTime"]!);

        (_, answer, _) = await door.PostAsync(Root, Body(sequence: 0, session: 2));
        Assert.Null(answer!["multipleUnitInformation"]![0]!["finalUnitIndication"]);
    }

    /// <summary>Why a session reports (TS 32.291, TriggerType) changes nothing of what it used, and of what it is granted.</summary>
    [Theory]
    [InlineData("QUOTA_EXHAUSTED")]
    [InlineData("QUOTA_THRESHOLD")]
    [InlineData("QHT")]
    [InlineData("VALIDITY_TIME")]
    [InlineData("RAT_CHANGE")]
    [InlineData("FORCED_REAUTHORISATION", "OTHER_QUOTA_TYPE")]
    [InlineData("A_TRIGGER_OF_A_LATER_RELEASE")]
    public async Task Update_WhateverItsTrigger_IsDebitedAndGranted(params string[] triggers)
    {
        await using OpenedDoor door = await OpenedDoor.OpenAsync();
        (_, _, HttpResponseHeaders headers) = await door.PostAsync(Root, Body(sequence: 0));
        string session = headers.Location!.AbsolutePath;
        (HttpStatusCode status, JsonNode? answer, _) = await door.PostAsync(
            session + "/update", Body(sequence: 1, used: 400, triggers: triggers));
        long granted = (long)answer!["multipleUnitInformation"]![0]!["grantedUnit"]!["totalVolume"]!;
        Assert.Equal((HttpStatusCode.OK, 1000L, 400L), (status, granted, door.Lanes.Rated.Sum(one => one.TotalOctets)));
        (status, _, _) = await door.PostAsync(session + "/release", Body(sequence: 2, used: 100, triggers: ["FINAL"]));
        Assert.Equal((HttpStatusCode.NoContent, 500L), (status, door.Lanes.Rated.Sum(one => one.TotalOctets)));
    }

    [Theory]
    [InlineData("https://pay.example", true)]
    [InlineData("pay.example", false)]
    [InlineData("ftp://pay.example", false)]
    [InlineData("https://a:b@pay.example", false)]
    public void RedirectUrl_ThatIsNoPage_IsRefusedAtTheStart(string url, bool isTaken)
    {
        OnlineOptions options = new() { Url = "http://127.0.0.1:0", RedirectUrl = url };
        Assert.Equal(isTaken, !options.Validate(new ValidationContext(options)).Any());
    }

    [Fact]
    public async Task Client_OfHttp11_IsToldThatItIsNotUnderstood()
    {
        await using OpenedDoor door = await OpenedDoor.OpenAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(door.Address, Root))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent(Body(sequence: 0), Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage response = await door.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Tls_WithCertificatesOfClients_OpensToThoseOfTheAuthorityAlone()
    {
        using TemporaryFolder folder = new();
        using X509Certificate2 server = SelfSigned("CN=localhost", "1.3.6.1.5.5.7.3.1");
        using X509Certificate2 own = SelfSigned("CN=smf", "1.3.6.1.5.5.7.3.2");
        using X509Certificate2 other = SelfSigned("CN=smf", "1.3.6.1.5.5.7.3.2");
        await using OpenedDoor door = await OpenedDoor.OpenAsync(options =>
        {
            options.Url = "https://127.0.0.1:0";
            options.CertificateFile = Written(folder, "server.pem", server.ExportCertificatePem());
            options.KeyFile = Written(folder, "server.key", server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            options.ClientCaFile = Written(folder, "clients.pem", own.ExportCertificatePem());
        });
        using HttpClient stranger = door.NewClient(server, other);
        using HttpClient nobody = door.NewClient(server);
        using HttpClient smf = door.NewClient(server, own);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => door.PostAsync(Root, Body(sequence: 0), stranger));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => door.PostAsync(Root, Body(sequence: 0), nobody));
        Assert.Equal(HttpStatusCode.Created, (await door.PostAsync(Root, Body(sequence: 0), smf)).Status);
    }

    private static string Written(TemporaryFolder folder, string name, string content)
    {
        string file = folder.Under(name);
        File.WriteAllText(file, content);
        return file;
    }

    private static X509Certificate2 SelfSigned(string name, string usage)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        using X509Certificate2 made = request.CreateSelfSigned(
            TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return X509CertificateLoader.LoadPkcs12(
            made.Export(X509ContentType.Pkcs12), password: null, X509KeyStorageFlags.Exportable);
    }

    private static string Body(
        int sequence, long? used = null, string msisdn = "32470000001", int session = 1, long wanted = 1000, string mcc = "001",
        string[]? triggers = null) => new JsonObject
        {
            ["subscriberIdentifier"] = "imsi-001010000000001",
            ["nfConsumerIdentification"] = new JsonObject { ["nFName"] = "smf-1", ["nodeFunctionality"] = "SMF" },
            ["invocationTimeStamp"] = "2026-03-20T00:00:00Z",
            ["invocationSequenceNumber"] = sequence,
            ["multipleUnitUsage"] = new JsonArray(new JsonObject
            {
                ["ratingGroup"] = 10,
                ["requestedUnit"] = new JsonObject { ["totalVolume"] = wanted },
                ["usedUnitContainer"] = used is { } octets
                ? new JsonArray(new JsonObject
                {
                    ["localSequenceNumber"] = sequence,
                    ["totalVolume"] = octets,
                    ["triggerTimestamp"] = "2026-03-20T00:00:00Z",
                    ["triggers"] = Triggers(triggers),
                })
                : null,
            }),
            ["triggers"] = Triggers(triggers),
            ["pDUSessionChargingInformation"] = new JsonObject
            {
                ["chargingId"] = session,
                ["userInformation"] = new JsonObject { ["servedGPSI"] = "msisdn-" + msisdn },
                ["pduSessionInformation"] = new JsonObject
                {
                    ["pduSessionID"] = 1,
                    ["servingCNPlmnId"] = new JsonObject { ["mcc"] = mcc, ["mnc"] = "01" },
                },
            },
        }.ToJsonString();

    private static JsonArray? Triggers(string[]? types) => types is null
        ? null
        : new JsonArray(
            [.. types.Select(type => new JsonObject { ["triggerType"] = type, ["triggerCategory"] = "IMMEDIATE_REPORT" })]);

    /// <summary>A door, and the lane behind it.</summary>
    private sealed class OpenedDoor : IAsyncDisposable
    {
        private readonly TemporaryFolder _keys = new();
        private readonly SemaphoreSlim _wakes = new(0);
        private readonly CancellationTokenSource _stop = new();
        private readonly DoorOwners _owners;
        private readonly OnlineDoor _door;
        private readonly Task _lane;

        private OpenedDoor(Action<OnlineOptions> with)
        {
            OnlineOptions options = Lanes.Options.Online;
            options.Url = "http://127.0.0.1:0";
            with(options);
            FileKeyStore keys = new(_keys.FullPath);
            Lanes.Publish(RatingLanes.Offering());
            Subscription subscription = new()
            {
                SubscriberRef = new SubscriberPseudonymizer(keys).FromMsisdn("32470000001"),
                Periods = [new Contracts.SubscriptionPeriod { Account = "BE-1", Offering = "go" }],
            };
            Lanes.Log[Topics.CustomerSubscriptions, 0].Add(
                new FakeRecord(
                    subscription.SubscriberRef.ToByteArray(), RatingLanes.Value(Topics.CustomerSubscriptions, subscription.Write)));
            OnlineRouter router = new();
            RatingTopics topics = RatingTopics.OpenAsync(Lanes.Registry, CancellationToken.None).GetAwaiter().GetResult();
            Handler = new RatingBatchHandler(
                Lanes.Log, Lanes.Options, topics, Lanes.Clock, NullLogger.Instance, new OnlineLane(router, options, Lanes.Clock));
            Handler.Starting(() => _wakes.Release());
            Handler.Assigned([new TopicPartition(Topics.UsageReceived, 0)]);
            _owners = new DoorOwners(new KafkaOptions { BootstrapServers = "127.0.0.1:1" }, Lanes.Options, TimeProvider.System);
            _door = new OnlineDoor(
                Lanes.Options, router, _owners, keys, Lanes.Registry, Lanes.Clock, NullLogger<OnlineDoor>.Instance);
            _lane = Task.Run(RunLaneAsync);
        }

        public RatingLanes Lanes { get; } = new();

        public RatingBatchHandler Handler { get; }

        public Uri Address { get; private set; } = null!;

        public HttpClient Http { get; private set; } = null!;

        public static async Task<OpenedDoor> OpenAsync(Action<OnlineOptions>? with = null)
        {
            OpenedDoor door = new(with ?? (_ => { }));
            await door._door.StartAsync(TestContext.Current.CancellationToken);
            Task first = await Task.WhenAny(door._door.Address, door._door.ExecuteTask!);
            await first;
            door.Address = await door._door.Address;
            door.Http = door.NewClient();
            return door;
        }

        public HttpClient NewClient(X509Certificate2? server = null, params X509Certificate2[] own)
        {
            SocketsHttpHandler handler = new();
            handler.SslOptions.RemoteCertificateValidationCallback =
                (_, shown, _, _) => shown is X509Certificate2 certificate && certificate.Thumbprint == server?.Thumbprint;
            handler.SslOptions.ClientCertificates = [.. own];
            return new HttpClient(handler)
            {
                DefaultRequestVersion = HttpVersion.Version20,
                DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Timeout = TimeSpan.FromSeconds(30),
            };
        }

        public void Authorize(string? token) =>
            Http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);

        public Task<(HttpStatusCode Status, JsonNode? Answer, HttpResponseHeaders Headers)> PostAsync(
            string path, string body, HttpClient? client = null) =>
            SendAsync(HttpMethod.Post, path, body, "application/json", client);

        public async Task<(HttpStatusCode Status, JsonNode? Answer, HttpResponseHeaders Headers)> SendAsync(
            HttpMethod method, string path, string body, string type, HttpClient? client = null)
        {
            using HttpRequestMessage request = new(method, new Uri(Address, path))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new StringContent(body, Encoding.UTF8, type),
            };
            using HttpResponseMessage response = await (client ?? Http).SendAsync(request, TestContext.Current.CancellationToken);
            string answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return (response.StatusCode, answer.Length == 0 ? null : JsonNode.Parse(answer), response.Headers);
        }

        public async ValueTask DisposeAsync()
        {
            Http?.Dispose();
            await _door.StopAsync(CancellationToken.None);
            _door.Dispose();
            _owners.Dispose();
            await _stop.CancelAsync();
            await _lane;
            _stop.Dispose();
            _wakes.Dispose();
            _keys.Dispose();
        }

        private async Task RunLaneAsync()
        {
            try
            {
                while (true)
                {
                    await _wakes.WaitAsync(_stop.Token);
                    while (Lanes.RunIdle(Handler))
                    {
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }
}
