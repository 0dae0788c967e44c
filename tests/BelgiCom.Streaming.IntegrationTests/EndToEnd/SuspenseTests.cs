using System.Text.Json;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>Suspended usage as an operator meets it: it is shown, and after reference data was mended it is billed once.</summary>
public sealed class SuspenseTests
{
    private const string Header = "msisdn,imsi,account,offering,validFrom,validTo\n";
    private const string LineOfA = "999000000001,001010100000001,BE-A,o,,\n";

    private const string Catalogue =
        """
        offering: o
        currency: EUR
        vatPermille: 210
        zones:
          home: ["00101"]
        versions:
          - version: 1
            validFrom: 2020-01-01
            prices:
              - { kind: sms, price: "1.00", per: 1 message }
        """;

    private const string Messages =
        """
        record_id,sms_time,msisdn,imsi,direction,other_party,serving_plmn,node
        A,2026-01-10T12:00:00+01:00,999000000001,001010100000001,MO,999000000009,00101,N
        C,2026-01-20T12:00:00+01:00,999000000002,001010100000002,MO,999000000009,00101,N

        """;

    private static readonly Dictionary<string, string> NoSettings = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Two messages at EUR 1.00; the second one's subscription comes after it.</summary>
    [Fact]
    public async Task Recycle_AfterTheSubscriptionCame_BillsTheUsageOnce()
    {
        using TemporaryFolder folder = await PrepareAsync();
        JsonElement run = (await Belgicom.RunAsync(
            NoSettings, "run", "--input", folder.Under("sms.csv"), "--catalogue", folder.Under("catalogue"), "--subscriptions",
            folder.Under("first.csv"), "--data", folder.Under("data"), "--json")).WithExitCode(3).Json.AssertConserved();
        Assert.Equal((1L, 1L, "1.000000000"), (run.Records("rated"), run.Records("suspended"), run.BilledAmount()));
        JsonElement waiting = (await SuspenseAsync(folder, "list")).WithExitCode(3).Json.GetProperty("suspended")[0];
        Assert.Equal(
            ("UNKNOWN_SUBSCRIBER", "sms.csv", 1L, "2026-01-20T11:00:00+00:00"),
            (waiting.GetProperty("reason").GetString(), waiting.GetProperty("file").GetString(), waiting.GetProperty("events").GetInt64(),
                waiting.GetProperty("oldestUsage").GetString()));

        // Nothing was mended, so the usage waits again, once.
        JsonElement inVain = (await RecycleAsync(folder, "--all")).WithExitCode(3).Json.GetProperty("run").AssertConserved();
        Assert.Equal((1L, 1L), (inVain.Records("suspended"), inVain.TotalRecords("suspended")));
        Assert.Equal(1, (await SuspenseAsync(folder, "list")).WithExitCode(3).Json.GetProperty("events").GetInt64());

        // The usage has another reason and comes from another file, so neither call means it.
        JsonElement other = (await RecycleAsync(folder, "--reason", "NO_TARIFF")).WithExitCode(3).Json;
        Assert.Equal(0, other.GetProperty("recycled").GetInt64());
        await RecycleAsync(folder, "--file", "other.csv");

        JsonElement mended = (await RecycleAsync(
            folder, "--reason", "unknown_subscriber", "--file", "sms.csv", "--subscriptions", folder.Under("second.csv")))
            .WithExitCode(0).Json;
        Assert.Equal(1, mended.GetProperty("recycled").GetInt64());
        JsonElement billed = mended.GetProperty("run").AssertConserved();
        Assert.Equal((0L, 1L, 1L, "1.000000000"), (
            billed.Records("received"), billed.Records("carriedOver"), billed.Records("rated"), billed.BilledAmount()));
        Assert.Equal((2L, 2L, 0L), (billed.TotalRecords("received"), billed.TotalRecords("rated"), billed.TotalRecords("suspended")));
        Assert.Empty((await SuspenseAsync(folder, "list")).WithExitCode(0).Json.GetProperty("suspended").EnumerateArray());

        JsonElement again = (await RecycleAsync(folder, "--all")).WithExitCode(0).Json;
        Assert.Equal(0, again.GetProperty("recycled").GetInt64());
        string ledger = folder.Under("data", "ledger.db");
        Assert.Equal((2L, 2L), (LedgerFile.Lines(ledger), LedgerFile.UsageIds(ledger)));
    }

    /// <summary>On a Kafka of its own, the verb only sends; whoever rates next carries the usage over and bills it.</summary>
    [Fact]
    public async Task Recycle_OnAKafkaWithItsOwnWorkers_LeavesTheRatingToThem()
    {
        await using EmbeddedCluster cluster = new();
        await cluster.InitializeAsync();
        using TemporaryFolder folder = await PrepareAsync();
        Dictionary<string, string> settings = new()
        {
            ["Kafka__BootstrapServers"] = cluster.BootstrapServers,
            ["SchemaRegistry__Url"] = cluster.RegistryUrl.ToString(),
            ["Keys__Directory"] = folder.Under("keys"),
        };
        (await Belgicom.RunAsync(settings, "setup", "--partitions-max", "2")).WithExitCode(0);
        string[] run =
        [
            "run", "--input", folder.Under("sms.csv"), "--catalogue", folder.Under("catalogue"), "--data", folder.Under("data"), "--json",
            "--subscriptions",
        ];
        (await Belgicom.RunAsync(settings, [.. run, folder.Under("first.csv")])).WithExitCode(3);

        JsonElement sent = (await Belgicom.RunAsync(
            settings, "suspense", "recycle", "--all", "--subscriptions", folder.Under("second.csv"), "--data", folder.Under("operator"),
            "--json")).WithExitCode(0).Json;

        Assert.Equal((1L, 0L), (sent.GetProperty("recycled").GetInt64(), sent.GetProperty("unreadable").GetInt64()));
        JsonElement billed = (await Belgicom.RunAsync(settings, [.. run, folder.Under("second.csv")])).WithExitCode(0).Json
            .AssertConserved();
        Assert.Equal((0L, 1L, 1L), (billed.Records("received"), billed.Records("carriedOver"), billed.Records("rated")));
        Assert.Equal((2L, 2L), (billed.TotalRecords("received"), billed.TotalRecords("rated")));
    }

    [Fact]
    public async Task Recycle_WithoutSayingWhat_OrOfAReasonThatIsNone_IsRefused()
    {
        using TemporaryFolder folder = new();
        (await RecycleAsync(folder)).WithExitCode(1);
        (await RecycleAsync(folder, "--all", "--file", "a.csv")).WithExitCode(1);
        Finished wrong = (await RecycleAsync(folder, "--reason", "NO_SUCH_REASON")).WithExitCode(1);
        Assert.Contains("'NO_SUCH_REASON' is no reason", wrong.Error, StringComparison.Ordinal);
        Assert.Empty((await SuspenseAsync(folder, "list")).WithExitCode(0).Json.GetProperty("suspended").EnumerateArray());
    }

    /// <summary>
    /// The verb is killed again and again, while it sends and while the workers rate; in the end the same is billed as without suspense.
    /// </summary>
    [Fact]
    public async Task Recycle_Killed_BillsEachEventExactlyOnce()
    {
        Random random = new(Seed.Next());
        const int Kills = 3;
        using TemporaryFolder folder = new();
        (await Belgicom.RunAsync(
            NoSettings, "generate", "--records", "20000", "--seed", "13", "--out", folder.Under("usage"))).WithExitCode(0);
        string subscriptions = folder.Under("usage", "subscriptions.csv");
        await File.WriteAllTextAsync(folder.Under("nobody.csv"), Header, Cancel);
        // The same keys give the same ids of usage.
        Dictionary<string, string> settings = new() { ["Keys__Directory"] = folder.Under("keys") };
        JsonElement calm = (await RunAsync(settings, folder, "calm", subscriptions)).WithExitCode(0).Json.AssertConserved();
        (await RunAsync(settings, folder, "data", folder.Under("nobody.csv"))).WithExitCode(3);

        // Many small transactions, so that a kill falls between them.
        settings["Kafka__BatchMaxRecords"] = "200";
        string ledger = folder.Under("data", "ledger.db");
        string[] recycle = ["suspense", "recycle", "--all", "--subscriptions", subscriptions, "--data", folder.Under("data"), "--json"];
        for (int kill = 1; kill <= Kills; kill++)
        {
            long killAt = (long)(calm.BilledLines() * 0.8 * (kill - 1 + random.NextDouble()) / Kills);
            await using ChildProcess run = Belgicom.Start(settings, recycle);
            await Wait.UntilAsync(
                () => Task.FromResult(LedgerFile.Lines(ledger) > killAt), $"more than {killAt} lines", [run], Belgicom.EndMax);
            await run.KillAsync();
            Notes.Write($"kill {kill} after {LedgerFile.Lines(ledger)} lines");
        }

        JsonElement last = (await Belgicom.RunAsync(settings, recycle)).WithExitCode(0).Json.GetProperty("run").AssertConserved();

        Assert.Equal(calm.TotalRecords("received"), last.TotalRecords("recycled"));
        Assert.All(
            ["received", "rated", "zeroRated", "duplicate", "suspended"],
            outcome => Assert.Equal(calm.TotalRecords(outcome), last.TotalRecords(outcome)));
        Assert.Equal(LedgerFile.UsageAmounts(folder.Under("calm", "ledger.db")), LedgerFile.UsageAmounts(ledger));
    }

    /// <summary>
    /// Messages come under the IMSIs of lines that are not known yet. When the lines come, with number and IMSI, rating passes each
    /// recycled message on to the number's reference. The verb is killed again and again meanwhile: 3,000 messages at EUR 1.00 are
    /// 3,000.00, each once.
    /// </summary>
    [Fact]
    public async Task Recycle_KilledWhileRatingPassesUsageOn_BillsEachEventExactlyOnce()
    {
        Random random = new(Seed.Next());
        const int Events = 3000;
        const int Subscribers = 50;
        const int Kills = 3;
        using TemporaryFolder folder = await PrepareAsync();
        string[] messages =
        [
            "record_id,sms_time,msisdn,imsi,direction,other_party,serving_plmn,node",
            .. Enumerable.Range(0, Events).Select(number =>
                $"I{number},2026-01-10T12:00:{number % 60:00}+01:00,,001010200000{number % Subscribers:000},MO,999000000009,00101,N"),
        ];
        string[] lines =
        [
            .. Enumerable.Range(0, Subscribers).Select(number =>
                $"9990003{number:00000},001010200000{number:000},BE-{number},o,,"),
        ];
        await File.WriteAllLinesAsync(folder.Under("sms.csv"), messages, Cancel);
        await File.WriteAllTextAsync(folder.Under("lines.csv"), Header + string.Join('\n', lines) + "\n", Cancel);
        JsonElement first = (await Belgicom.RunAsync(
            NoSettings, "run", "--input", folder.Under("sms.csv"), "--catalogue", folder.Under("catalogue"), "--subscriptions",
            folder.Under("first.csv"), "--data", folder.Under("data"), "--json")).WithExitCode(3).Json.AssertConserved();
        Assert.Equal((long)Events, first.Records("suspended"));

        // Many small transactions, so that a kill falls between them.
        Dictionary<string, string> settings = new() { ["Kafka__BatchMaxRecords"] = "50" };
        string ledger = folder.Under("data", "ledger.db");
        string[] recycle =
            ["suspense", "recycle", "--all", "--subscriptions", folder.Under("lines.csv"), "--data", folder.Under("data"), "--json"];
        for (int kill = 1; kill <= Kills; kill++)
        {
            long killAt = (long)(Events * 0.8 * (kill - 1 + random.NextDouble()) / Kills);
            await using ChildProcess run = Belgicom.Start(settings, recycle);
            await Wait.UntilAsync(
                () => Task.FromResult(LedgerFile.Lines(ledger) > killAt), $"more than {killAt} lines", [run], Belgicom.EndMax);
            await run.KillAsync();
            Notes.Write($"kill {kill} after {LedgerFile.Lines(ledger)} lines");
        }

        JsonElement last = (await Belgicom.RunAsync(settings, recycle)).WithExitCode(0).Json.GetProperty("run").AssertConserved();

        Assert.Equal(
            (Events, Events, Events, 0L),
            (last.TotalRecords("received"), last.TotalRecords("recycled"), last.TotalRecords("rated"), last.TotalRecords("suspended")));
        Assert.Equal((Events, Events), (LedgerFile.Lines(ledger), LedgerFile.UsageIds(ledger)));
        Assert.Equal(Events * 1_000_000_000L, LedgerFile.AmountNanos(ledger));
    }

    /// <summary>
    /// The key of the day is deleted by rule while the usage waits. Nobody needs to read whom it names in order to bill it: the recycled
    /// event is told by its pseudonym and its id.
    /// </summary>
    [Fact]
    public async Task Recycle_AfterTheDaysKeyIsGone_BillsTheUsageOnce()
    {
        using TemporaryFolder folder = await PrepareAsync();
        DateOnly before = DateOnly.FromDateTime(DateTime.UtcNow);
        (await Belgicom.RunAsync(
            NoSettings, "run", "--input", folder.Under("sms.csv"), "--catalogue", folder.Under("catalogue"), "--subscriptions",
            folder.Under("first.csv"), "--data", folder.Under("data"), "--json")).WithExitCode(3);
        FileKeyStore keys = new(folder.Under("data", "keys"));
        DataKey[] ofTheRun = [.. new[] { before, before.AddDays(1) }
            .Select(day => keys.Find(KeyPurposes.PersonalData, KeyPurposes.Day(day)))
            .OfType<DataKey>()];
        Assert.NotEmpty(ofTheRun);
        Assert.All(ofTheRun, key => Assert.True(keys.Delete(key.Id)));

        JsonElement mended = (await RecycleAsync(folder, "--all", "--subscriptions", folder.Under("second.csv"))).WithExitCode(0).Json;

        Assert.Equal(1, mended.GetProperty("recycled").GetInt64());
        JsonElement billed = mended.GetProperty("run").AssertConserved();
        Assert.Equal((1L, "1.000000000"), (billed.Records("rated"), billed.BilledAmount()));
        Assert.Equal(2L, LedgerFile.Lines(folder.Under("data", "ledger.db")));
    }

    private static async Task<TemporaryFolder> PrepareAsync()
    {
        TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.Under("catalogue"));
        await File.WriteAllTextAsync(folder.Under("catalogue", "o.yaml"), Catalogue, Cancel);
        await File.WriteAllTextAsync(folder.Under("sms.csv"), Messages, Cancel);
        await File.WriteAllTextAsync(folder.Under("first.csv"), Header + LineOfA, Cancel);
        await File.WriteAllTextAsync(
            folder.Under("second.csv"), Header + LineOfA + "999000000002,001010100000002,BE-B,o,,\n", Cancel);
        return folder;
    }

    private static Task<Finished> RunAsync(
        Dictionary<string, string> settings, TemporaryFolder folder, string data, string subscriptions) => Belgicom.RunAsync(
        settings, "run", "--input", folder.Under("usage"), "--subscriptions", subscriptions, "--data", folder.Under(data), "--json");

    private static Task<Finished> RecycleAsync(TemporaryFolder folder, params string[] options) =>
        SuspenseAsync(folder, ["recycle", .. options]);

    private static Task<Finished> SuspenseAsync(TemporaryFolder folder, params string[] arguments) =>
        Belgicom.RunAsync(NoSettings, ["suspense", .. arguments, "--data", folder.Under("data"), "--json"]);
}
