using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.LocalKafka;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>
/// What is wrong with input gets a type, is counted, is shown by <c>run</c>, waits, and is charged once when it was mended: by the
/// processes that an operator starts. A message costs EUR 1.00, and a minute of a call.
/// </summary>
public sealed class BadInputTests : IDisposable
{
    private const string SubscriptionsHeader = "msisdn,imsi,account,offering,validFrom,validTo\n";
    private const string Subscribed = SubscriptionsHeader + "999000000001,,BE-A,plain,,\n";
    private const string SomebodyElse = SubscriptionsHeader + "999000000002,,BE-B,plain,,\n";
    private const string FromFebruary = SubscriptionsHeader + "999000000001,,BE-A,plain,2026-02-01T00:00:00+01:00,\n";
    private const string Good = "A,2026-01-10T12:00:00+01:00,999000000001,,MO,999000000009,00101,N\n";
    private const string Another = "B,2026-01-10T12:00:00+01:00,999000000001,,MO,999000000009,00101,N\n";
    private const string Abroad = "A,2026-01-10T12:00:00+01:00,999000000001,,MO,999000000009,31001,N\n";
    private const string OfTheFuture = "F,2099-01-10T12:00:00+01:00,999000000001,,MO,999000000009,00101,N\n";

    private readonly TemporaryFolder _folder = new();
    private int _files;

    private string Data => _folder.Under("data");

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// The message; prices as they are and as they are mended; subscriptions as they are; the reason under which it waits meanwhile.
    /// </summary>
    public static TheoryData<string, string, string, string, string, string> Lacking() => new()
    {
        { "network in no zone", Abroad, Prices(), Prices() + Version2("world"), Subscribed, "NO_PRICE" },
        {
            "kind without a price", Good, Prices(kind: "voice", per: "60 s"), Prices(kind: "voice", per: "60 s") + Version2("home"),
            Subscribed, "NO_PRICE"
        },
        {
            "tariff that has ended", Good, Prices(from: "2020-01-01\n    validTo: 2026-01-01"),
            Prices(from: "2020-01-01\n    validTo: 2026-01-01") + Version2("home"), Subscribed, "NO_TARIFF"
        },
        { "offering that nobody published", Good, Prices("other"), Prices(), Subscribed, "NO_TARIFF" },
        { "subscriber without an offering", Good, Prices(), Prices(), SomebodyElse, "UNKNOWN_SUBSCRIBER" },
        { "subscription that begins later", Good, Prices(), Prices(), FromFebruary, "NO_SUBSCRIPTION_AT_EVENT_TIME" },
    };

    [Theory]
    [MemberData(nameof(Lacking))]
    public async Task Usage_ThatLacksReferenceData_WaitsUnderItsReasonAndIsChargedOnceWhenThatIsMended(
        string lacks, string usage, string prices, string mended, string subscriptions, string reason)
    {
        string input = Input(usage);
        JsonElement first = (await RunAsync(input, prices, subscriptions)).WithExitCode(WorkerHost.ExitMoneyWaits).Json;
        Assert.Equal((1, 1, 0), (Count(first, "received"), Count(first, "suspended"), Count(first, "rated")));
        JsonElement list = (await BuiltTool.RunAsync("suspense", "list", "--data", Data, "--json")).Json;
        Assert.Contains($"\"{reason}\"", list.GetRawText(), StringComparison.Ordinal);

        Finished recycled = await BuiltTool.RunAsync(
            "suspense", "recycle", "--data", Data, "--reason", reason, "--catalogue", Catalogue(mended), "--subscriptions",
            Written("subscriptions", Subscribed), "--json");
        Assert.True(recycled.ExitCode == WorkerHost.ExitDone, $"{lacks}: {recycled.Error}\n{recycled.Text}");
        JsonElement last = (await RunAsync(input, mended)).WithExitCode(WorkerHost.ExitDone).Json;
        Assert.Equal((1, 0, 1), (Total(last, "received"), Total(last, "suspended"), Total(last, "rated")));
        Assert.Equal("1.000000000", Billed(last));
    }

    /// <summary>A quantity below 0 and one beyond every network cost themselves; what the source sends instead is charged.</summary>
    [Fact]
    public async Task AbsurdAndNegativeUsage_IsInQuarantine_AndItsCorrectionIsCharged()
    {
        string prices = Prices(kind: "voice", per: "60 s");

        JsonElement bad = (await RunAsync(Calls("-60", "9223372036854775807"), prices)).WithExitCode(WorkerHost.ExitMoneyWaits).Json;
        Assert.Equal((0, 2), (Count(bad, "received"), Count(bad, "quarantined")));
        Assert.Equal(2, bad.GetProperty("waiting").GetProperty("quarantined").GetInt32());
        JsonElement good = (await RunAsync(Calls("60", "120"), prices)).WithExitCode(WorkerHost.ExitMoneyWaits).Json;
        Assert.Equal((2, "3.000000000"), (Count(good, "rated"), Billed(good)));
    }

    /// <summary>A clock that is ahead must not move the window in which usage is in time.</summary>
    [Fact]
    public async Task UsageOfTheFuture_IsRejected_MakesNoOtherLate_AndIsDiscarded()
    {
        JsonElement future = (await RunAsync(Input(OfTheFuture), Prices())).WithExitCode(WorkerHost.ExitMoneyWaits).Json;
        Assert.Equal((1, 1), (Count(future, "received"), Count(future, "rejected")));
        JsonElement good = (await RunAsync(Input(Good), Prices())).WithExitCode(WorkerHost.ExitMoneyWaits).Json;
        Assert.Equal((1, 0, "1.000000000"), (Count(good, "rated"), Count(good, "late"), Billed(good)));

        (await BuiltTool.RunAsync(
            "suspense", "discard", "--data", Data, "--reason", "INVALID_USAGE", "--because", "the node's clock was ahead", "--json"))
            .WithExitCode(WorkerHost.ExitDone);
        JsonElement last = (await RunAsync(Input(Another), Prices())).WithExitCode(WorkerHost.ExitDone).Json;
        Assert.Equal((1, 0), (Total(last, "discarded"), Total(last, "rejected")));
    }

    /// <summary>A broken catalogue is refused as a whole, with file and reason; what was published goes on.</summary>
    [Theory]
    [InlineData("validFrom: 2020-01-01", "validFrom: 2020-13-01")]
    [InlineData("per: 1 message", "per: 1 MiB")]
    [InlineData("price: \"1.00\"", "price: \"-1.00\"")]
    [InlineData("  - version: 1\n", "  - version: 1\n    validFrom: 2020-01-01\n    prices: []\n  - version: 1\n")]
    public async Task ContradictingTariffs_AreRefusedWhole_AndTheRunningOnesStay(string right, string wrong)
    {
        (await RunAsync(Input(Good), Prices())).WithExitCode(WorkerHost.ExitDone);
        string broken = Prices().Replace(right, wrong, StringComparison.Ordinal);
        Assert.NotEqual(Prices(), broken);
        Finished refused = (await RunAsync(Input(Another), broken)).WithExitCode(WorkerHost.ExitConfiguration);
        Assert.Contains("plain.yaml", refused.Error + refused.Text, StringComparison.Ordinal);

        JsonElement last = (await RunAsync(Input(Another), Prices())).WithExitCode(WorkerHost.ExitDone).Json;
        Assert.Equal((2, "2.000000000"), (Total(last, "rated"), Billed(last)));
    }

    /// <summary>Somebody writes on a topic of reference data what is none of it.</summary>
    [Theory]
    [InlineData(Topics.CatalogueTariffs)]
    [InlineData(Topics.CustomerSubscriptions)]
    public async Task ForeignRecordsAndDeletionsOfReferenceTopics_StopNothing(string topic)
    {
        (await RunAsync(Input(Good), Prices())).WithExitCode(WorkerHost.ExitDone);
        await WriteForeignAsync(topic);

        JsonElement last = (await RunAsync(Input(Another), Prices())).WithExitCode(WorkerHost.ExitDone).Json;
        Assert.Equal((2, "2.000000000"), (Total(last, "rated"), Billed(last)));
    }

    private static string Prices(
        string offering = "plain", string from = "2020-01-01", string kind = "sms", string per = "1 message") =>
        $$"""
        offering: {{offering}}
        name: One euro
        currency: EUR
        vatPermille: 210
        versions:
          - version: 1
            validFrom: {{from}}
            zones: { home: ["00101"] }
            prices:
              - { kind: {{kind}}, price: "1.00", per: {{per}} }

        """;

    private static string Version2(string zone) =>
        $$"""
          - version: 2
            validFrom: 2026-01-01
            zones: { home: ["00101"], world: ["*"] }
            prices:
              - { kind: sms, zone: {{zone}}, price: "1.00", per: 1 message }

        """;

    private static int Count(JsonElement run, string outcome) => run.GetProperty("records").GetProperty(outcome).GetInt32();

    private static int Total(JsonElement run, string outcome) =>
        run.GetProperty("total").GetProperty("records").GetProperty(outcome).GetInt32();

    private static string? Billed(JsonElement run) => run.GetProperty("total").GetProperty("billed").GetProperty("amount").GetString();

    private async Task WriteForeignAsync(string topic)
    {
        await using LocalKafkaBroker broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = Path.Combine(Data, "broker") }, TestContext.Current.CancellationToken);
        using IProducer<byte[], byte[]?> producer = new ProducerBuilder<byte[], byte[]?>(
            new ProducerConfig { BootstrapServers = broker.BootstrapServers }).Build();
        foreach ((string key, byte[]? value) in new (string, byte[]?)[]
        {
            ("foreign", Encoding.UTF8.GetBytes("no Avro at all")),
            ("foreign", null),
            ("0123456789abcdef", [0, 0, 0, 0, 99, 1, 2, 3]),
            ("", null),
        })
        {
            await producer.ProduceAsync(
                topic, new Message<byte[], byte[]?> { Key = Encoding.UTF8.GetBytes(key), Value = value! },
                TestContext.Current.CancellationToken);
        }
    }

    private Task<Finished> RunAsync(string input, string prices, string subscriptions = Subscribed) => BuiltTool.RunAsync(
        "run", "--data", Data, "--input", input, "--catalogue", Catalogue(prices), "--subscriptions",
        Written("subscriptions", subscriptions), "--json");

    private string Catalogue(string prices)
    {
        string folder = _folder.Under($"catalogue-{++_files}");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "plain.yaml"), prices);
        return folder;
    }

    private string Input(string messages) =>
        Written("usage", "record_id,sms_time,msisdn,imsi,direction,other_party,serving_plmn,node\n" + messages);

    private string Calls(string seconds, string other) => Written(
        "usage",
        "record_id,call_start,call_seconds,msisdn,imsi,direction,other_party,serving_plmn,node\n"
        + $"A,2026-01-10T12:00:00+01:00,{seconds},999000000001,,MO,999000000009,00101,N\n"
        + $"B,2026-01-10T13:00:00+01:00,{other},999000000001,,MO,999000000009,00101,N\n");

    private string Written(string name, string content)
    {
        string file = _folder.Under($"{name}-{++_files}.csv");
        File.WriteAllText(file, content);
        return file;
    }
}
