using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>
/// Top-ups over HTTP that bring bundles, from the request to the ledger's line, and a simulation of the recorded usage and top-ups that has
/// the ledger's amounts. A top-up of 10.00 brings 100 octets for three days; an octet costs 0.01, a session 0.05 more, once.
/// </summary>
public sealed class TopUpAgreementTests : IDisposable
{
    private const string Token = "shop-0123456789-0123456789-0123456789";
    private const string Ann = "32470000001";
    private const string Bob = "32470000002";

    private const string Card =
        """
        offering: card
        currency: EUR
        vatPermille: 210
        paymentMethod: prePaid
        zones: { home: ["*"] }
        versions:
          - version: 1
            validFrom: 2020-01-01
            onTopUp:
              - { atLeast: "10.00", bundle: { id: gb, kind: data, units: 100 B, validity: 3 days } }
            prices:
              - { id: data, kind: data, price: "0.01", per: 1 B, increment: 1 B, connectFee: "0.05", bundle: true }

        """;

    private static readonly HttpClient Http = new();

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Ann uses 30 octets in a session, tops up, and the session goes on: 80 more are covered. Then she uses 40, of which 20 are. A top-up
    /// of 9.99 brings nothing. Bob tops up nothing, and pays for all.
    /// </summary>
    [Fact]
    public async Task TopUp_OverHttp_CoversTheUsageAfterIt_InLedgerAndSimulation()
    {
        Directory.CreateDirectory(_folder.Under("catalogue"));
        await File.WriteAllTextAsync(_folder.Under("catalogue", "card.yaml"), Card, Cancel);
        await File.WriteAllTextAsync(
            _folder.Under("subscriptions.csv"),
            $"msisdn,imsi,account,offering,validFrom,validTo\n{Ann},,BE-A,card,,\n{Bob},,BE-B,card,,\n", Cancel);
        await File.WriteAllTextAsync(_folder.Under("shop.token"), Token, Cancel);
        string data = _folder.Under("data");
        (string recording, string topUps) = (_folder.Under("usage.avro"), _folder.Under("top-ups.csv"));
        await RunAsync(data, recording, topUps);

        Dictionary<ulong, long> ledger = Ledger(data);
        Assert.Equal(
            new Dictionary<ulong, long>
            {
                // 30 × 0.01 + 0.05; 80 covered; 20 of 40 covered, and a fee of its own; 10 × 0.01 + 0.05.
                [1] = 350_000_000,
                [2] = 0,
                [3] = 250_000_000,
                [4] = 150_000_000,
            },
            ledger);

        Assert.Equal(2, File.ReadLines(topUps).Count(line => line.Contains(",EUR", StringComparison.Ordinal)));
        Assert.DoesNotContain(Ann, await File.ReadAllTextAsync(topUps, Cancel), StringComparison.Ordinal);
        Assert.Equal(ledger, Simulate(data, recording, topUps));

        // A file of a shop says the same by number, and without a currency; the same usage without top-ups costs all of it.
        string written = _folder.Under("shop.csv");
        await File.WriteAllLinesAsync(
            written,
            [
                "at,subscriber,amount",
                .. File.ReadLines(topUps).Skip(1).Select(line => line.Split(',')).Select(line => $"{line[0]},+{Ann},{line[2]}"),
            ],
            Cancel);
        Assert.Equal(ledger, Simulate(data, recording, written));
        Assert.Equal(
            new Dictionary<ulong, long> { [1] = 350_000_000, [2] = 800_000_000, [3] = 450_000_000, [4] = 150_000_000 },
            Simulate(data, recording, topUps: null));
    }

    [Theory]
    [InlineData("at,subscriber,amount\n2026-01-01,32470000001,0", "top-ups.csv:2: amount must be above 0")]
    [InlineData("at,subscriber,amount\nyesterday,32470000001,1", "top-ups.csv:2: at must be an instant")]
    [InlineData("at,subscriber,amount\n2026-01-01,somebody,1", "top-ups.csv:2: subscriber must be an MSISDN")]
    [InlineData("at,subscriber,amount,currency\n2026-01-01,32470000001,1,euro", "top-ups.csv:2: currency must be")]
    [InlineData("when,who,what\n", "top-ups.csv:1: The first line must be the header")]
    [InlineData("at,subscriber,amount\n2026-01-01,32470000001", "top-ups.csv:2: The line has 2 fields")]
    public void TopUps_ThatAreNone_AreNamedByTheirLine(string content, string expected)
    {
        string file = _folder.Under("top-ups.csv");
        File.WriteAllText(file, content);
        Catalogue.InputFaultException faults = Assert.Throws<Catalogue.InputFaultException>(
            () => TopUpsFile.Read(file, new SubscriberPseudonymizer(new KeysOfOneRun())));
        Assert.StartsWith(expected, faults.Faults[0].ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Ann, faults.Message, StringComparison.Ordinal);
    }

    private async Task RunAsync(string data, string recording, string topUps)
    {
        int port = FreePort();
        Dictionary<string, string?> settings = new()
        {
            ["Http:Url"] = "http://127.0.0.1:0",
            ["Rating:Balances:Url"] = $"http://127.0.0.1:{port}",
            ["Rating:Balances:Clients:0:Name"] = "shop",
            ["Rating:Balances:Clients:0:TokenFile"] = _folder.Under("shop.token"),
            ["Rating:Balances:Clients:0:May:0"] = "TopUp",
        };
        using DataFolder folder = DataFolder.Open(data);
        await using Pipeline pipeline = await Pipeline.StartAsync(
            folder, ReferenceData.Read(_folder.Under("catalogue"), _folder.Under("subscriptions.csv")), settings, _ => { }, _ => { },
            Cancel);
        IServiceProvider services = pipeline.App.Services;
        KafkaOptions kafka = services.GetRequiredService<KafkaOptions>();
        ISchemaRegistry registry = services.GetRequiredService<ISchemaRegistry>();
        EventTopic<UsageReceivedView> received = await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, registry, Cancel);
        SubscriberPseudonymizer pseudonyms = new(new FileKeyStore(DataFolder.KeysOf(data)));
        (SubscriberRef ann, SubscriberRef bob) = (pseudonyms.FromMsisdn(Ann), pseudonyms.FromMsisdn(Bob));
        DateTimeOffset now = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        LedgerAgreementTests.Send(kafka, received, [Usage(1, ann, now.AddMinutes(-10), 30, session: 7)]);
        await pipeline.DrainAsync(Cancel);

        JsonNode done = await TopUpAsync(port, "one", 10m);
        Assert.Equal("gb", (string?)done["broughtBucket"]![0]!["name"]);
        Assert.Equal(done.ToJsonString(), (await TopUpAsync(port, "one", 10m)).ToJsonString());
        Assert.Null((await TopUpAsync(port, "two", 9.99m))["broughtBucket"]?[0]);

        // Usage may begin up to a day after now; this is after the top-up, whatever the clock's resolution.
        LedgerAgreementTests.Send(
            kafka, received,
            [
                Usage(2, ann, now.AddMinutes(10), 80, session: 7), Usage(3, ann, now.AddMinutes(20), 40, session: -1),
                Usage(4, bob, now.AddMinutes(20), 10, session: -1),
            ]);
        await pipeline.DrainAsync(Cancel);
        MainJob run = new(pipeline, services.GetRequiredService<FileIntake>(), services.GetRequiredService<FileLedger>(), [], null);
        await run.ToTheEndAsync(Cancel);
        Assert.True(run.Report(folder).TotalRecords.IsConserved, run.Report(folder).TotalRecords.Equation());
        using TopicReader reader = new(kafka, services.GetRequiredService<ConsumerOptions>(), TimeProvider.System);
        UsageRecording.Write(recording, reader, received, from: null, until: null, Cancel);
        EventTopic<BalanceOperation> journal = await EventTopic.OpenAsync<BalanceOperation>(Topics.BalanceJournal, registry, Cancel);
        Assert.Equal(2, TopUpsFile.Write(topUps, reader, journal, from: null, until: null, Cancel));
    }

    private static async Task<JsonNode> TopUpAsync(int port, string id, decimal amount)
    {
        using HttpRequestMessage request = new(
            HttpMethod.Post, new Uri($"http://127.0.0.1:{port}/tmf-api/prepayBalanceManagement/v4/topupBalance"));
        JsonObject body = new()
        {
            ["logicalResource"] = new JsonArray(new JsonObject { ["id"] = Ann }),
            ["amount"] = new JsonObject { ["amount"] = amount, ["units"] = "EUR" },
        };
        request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", id);
        using HttpResponseMessage response = await Http.SendAsync(request, Cancel);
        string text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    private Dictionary<ulong, long> Simulate(string data, string recording, string? topUps)
    {
        ConcurrentDictionary<ulong, long> amounts = new();
        SimulateCommand.Simulate(
            new SimulationInputs(
                [recording], null, _folder.Under("catalogue"), null, _folder.Under("subscriptions.csv"), data, Cores: 1, topUps),
            (_, in usage, in result, _) => amounts[(ulong)usage.UsageId] = result.AmountNanos,
            Cancel);
        return amounts.ToDictionary();
    }

    private static UsageReceived Usage(ulong id, SubscriberRef subscriber, DateTimeOffset start, long octets, long session) => new()
    {
        UsageId = UsageId.FromHalves(9, id),
        SubscriberRef = subscriber,
        Kind = UsageKind.Data,
        EventTime = start,
        EndTime = start,
        DurationSeconds = -1,
        UplinkOctets = -1,
        DownlinkOctets = -1,
        TotalOctets = octets,
        Messages = -1,
        ServingPlmn = "20610",
        Source = "test",
        Node = "node",
        FileName = "test",
        ChargingId = session,
    };

    private static Dictionary<ulong, long> Ledger(string data)
    {
        using SqliteConnection ledger = new($"Data Source={Path.Combine(data, "ledger.db")};Mode=ReadOnly;Pooling=False");
        ledger.Open();
        using SqliteCommand command = ledger.CreateCommand();
        command.CommandText = "SELECT usage_id, amount_nanos FROM billed_line";
        using SqliteDataReader rows = command.ExecuteReader();
        Dictionary<ulong, long> lines = [];
        while (rows.Read())
        {
            lines.Add(UsageId.FromBytes((byte[])rows.GetValue(0)).Low, rows.GetInt64(1));
        }

        return lines;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
