using System.Globalization;
using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>A tariff was wrong, and its usage is charged: a billing department corrects it, and bills the difference once.</summary>
public sealed class RerateTests
{
    private const string Header = "msisdn,imsi,account,offering,validFrom,validTo\n";

    private const string Offering =
        """
        offering: o
        currency: EUR
        vatPermille: 210
        zones:
          home: ["00101"]
        versions:
          - version: 1
            validFrom: 2020-01-01
            bundles: [{ id: texts, kind: sms, units: 2 messages }]
            prices:
              - { id: sms, kind: sms, price: "1.00", per: 1 message, bundle: true }

        """;

    // One message more in the bundle, and a lower price, for the same time.
    private const string Correction =
        """
          - version: 2
            corrects: 1
            bundles: [{ id: texts, kind: sms, units: 3 messages }]
            prices:
              - { id: sms, kind: sms, price: "0.75", per: 1 message, bundle: true }

        """;

    private static readonly Dictionary<string, string> NoSettings = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// Five messages of A, of which two are in the bundle: 3.00. By the correction three are, and two cost 0.75: 1.50. B has one, which
    /// nothing changes. The dry run says so and changes nothing; the verb does it; again, it has nothing to do.
    /// </summary>
    [Fact]
    public async Task Rerate_OfACorrectedTariff_BillsTheDifferenceOnce()
    {
        using TemporaryFolder folder = await PrepareAsync(subscribers: 2, [5, 1]);
        string ledger = folder.Under("data", "ledger.db");
        JsonElement run = (await RunAsync(folder)).WithExitCode(0).Json.AssertConserved();
        Assert.Equal("3.000000000", run.BilledAmount());
        await File.AppendAllTextAsync(folder.Under("catalogue", "o.yaml"), Correction, Cancel);

        JsonElement shown = (await RerateAsync(folder, NoSettings, "--dry-run")).WithExitCode(0).Json;
        Assert.Equal((2L, 3L, 6L, 0L), (
            shown.GetProperty("subscribers").GetInt64(), shown.GetProperty("events").GetInt64(), shown.GetProperty("lines").GetInt64(),
            shown.GetProperty("refusedSubscribers").GetInt64()));
        JsonElement change = Assert.Single(shown.GetProperty("changes").EnumerateArray());
        Assert.Equal(("o", "TARIFF", "3.000000000", "1.500000000", "-1.500000000", 1L), (
            change.GetProperty("offering").GetString(), change.GetProperty("reason").GetString(), change.GetProperty("before").GetString(),
            change.GetProperty("after").GetString(), change.GetProperty("difference").GetString(),
            change.GetProperty("bundleUnits").GetInt64()));
        Assert.Equal(6, LedgerFile.Lines(ledger));

        JsonElement done = (await RerateAsync(folder, NoSettings)).WithExitCode(0).Json;
        Assert.Equal(0, done.GetProperty("left").GetInt64());
        JsonElement after = done.GetProperty("run").AssertConserved();
        Assert.Equal((6L, 6L, 6L), (after.TotalRecords("received"), after.TotalRecords("rated"), after.TotalRecords("corrections")));
        Assert.Equal((12L, 12L, 1_500_000_000L), (
            LedgerFile.Lines(ledger), LedgerFile.UsageIds(ledger), LedgerFile.AmountNanos(ledger)));
        Assert.Equal(0, (await Belgicom.RunAsync(NoSettings, "reconcile", "--data", folder.Under("data"), "--json")).ExitCode);

        JsonElement again = (await RerateAsync(folder, NoSettings)).WithExitCode(0).Json;
        Assert.Equal((0L, 0L), (again.GetProperty("events").GetInt64(), again.GetProperty("left").GetInt64()));
        Assert.Equal(12, LedgerFile.Lines(ledger));

        // What comes now finds the balance of the correction: the bundle is used up.
        await File.WriteAllTextAsync(folder.Under("late.csv"), Messages([(0, 9)]), Cancel);
        JsonElement late = (await RunAsync(folder, "late.csv")).WithExitCode(0).Json.AssertConserved();
        Assert.Equal("0.750000000", late.BilledAmount());
    }

    /// <summary>
    /// The third message of A was 1.00, then 0.75 by version 2, then 0.50 by version 3; the fourth and fifth, too. Whoever asks for it, by
    /// its own id or by that of any line, sees each correction with what it took back and charged, why, who and when. The ledger alone
    /// says it, too, when the topics no longer have the usage.
    /// </summary>
    [Fact]
    public async Task Explain_OfUsageThatWasCorrectedTwice_ShowsTheWholeChain()
    {
        using TemporaryFolder folder = await PrepareAsync(subscribers: 1, [3]);
        string data = folder.Under("data");
        (await RunAsync(folder)).WithExitCode(0);
        await File.AppendAllTextAsync(folder.Under("catalogue", "o.yaml"), Cheaper(version: 2, "0.75"), Cancel);
        (await RerateAsync(folder, NoSettings, "--because", "T-1: wrong price", "--by", "clerk@host")).WithExitCode(0);
        await File.AppendAllTextAsync(folder.Under("catalogue", "o.yaml"), Cheaper(version: 3, "0.50"), Cancel);
        (await RerateAsync(folder, NoSettings, "--because", "T-2", "--by", "head@host")).WithExitCode(0);

        string original = LedgerFile.UsageAmounts(folder.Under("data", "ledger.db"))
            .Single(line => line.EndsWith(" 1000000000", StringComparison.Ordinal)).Split(' ')[0];
        JsonElement chain = (await ExplainAsync(original, data)).GetProperty("corrected");
        Assert.Equal("1.000000000", chain.GetProperty("original").GetProperty("amount").GetString());
        JsonElement[] lines = [.. chain.GetProperty("corrections").EnumerateArray()];
        Assert.Equal(
            ["-1.000000000", "0.750000000", "-0.750000000", "0.500000000"],
            lines.Select(line => line.GetProperty("billed").GetProperty("amount").GetString()));
        Assert.Equal([true, false, true, false], lines.Select(line => line.GetProperty("isReversal").GetBoolean()));
        Assert.Equal(
            [("clerk@host", "T-1: wrong price"), ("clerk@host", "T-1: wrong price"), ("head@host", "T-2"), ("head@host", "T-2")],
            lines.Select(line => (line.GetProperty("decidedBy").GetString(), line.GetProperty("because").GetString())));
        Assert.All(lines, line => Assert.Equal("TARIFF", line.GetProperty("reason").GetString()));
        Assert.True(lines[0].GetProperty("decidedAt").GetDateTimeOffset() < lines[2].GetProperty("decidedAt").GetDateTimeOffset());
        Assert.Contains(
            "× 0.5 per 1 message", lines[3].GetProperty("parts")[0].GetProperty("arithmetic").GetString()!, StringComparison.Ordinal);
        Assert.Equal("0.500000000", Assert.Single(chain.GetProperty("now").EnumerateArray()).GetProperty("amount").GetString());

        // From a line of the chain, and from a ledger alone, it is the same chain.
        string later = folder.Under("later");
        Directory.CreateDirectory(later);
        File.Copy(folder.Under("data", "ledger.db"), Path.Combine(later, "ledger.db"));
        foreach ((string id, string at) in new[] { (lines[2].GetProperty("line").GetString()!, data), (original, later) })
        {
            JsonElement same = (await ExplainAsync(id, at)).GetProperty("corrected");
            Assert.Equal(original.ToLowerInvariant(), same.GetProperty("usageId").GetString());
            Assert.Equal(
                lines.Select(line => line.GetProperty("line").GetString()),
                same.GetProperty("corrections").EnumerateArray().Select(line => line.GetProperty("line").GetString()));
        }

        Finished told = await Belgicom.RunAsync(NoSettings, "explain", original, "--data", data);
        Assert.Contains(
            "by clerk@host: TARIFF, another version holds; T-1: wrong price", told.WithExitCode(0).Text, StringComparison.Ordinal);
        Assert.EndsWith("now       0.500000000 EUR on account BE-0", told.Text.TrimEnd(), StringComparison.Ordinal);
    }

    /// <summary>
    /// Killed again and again while it sends, and while lanes and ledger take it, it ends with the bill of a run that had the corrected
    /// tariff from the beginning.
    /// </summary>
    [Fact]
    public async Task Rerate_Killed_EndsAsIfTheTariffHadBeenRight()
    {
        Random random = new(Seed.Next());
        const int Subscribers = 200;
        const int Each = 10;
        const int Kills = 3;
        using TemporaryFolder folder = await PrepareAsync(Subscribers, [.. Enumerable.Repeat(Each, Subscribers)]);
        (await RunAsync(folder)).WithExitCode(0);
        await File.AppendAllTextAsync(folder.Under("catalogue", "o.yaml"), Correction, Cancel);
        string ledger = folder.Under("data", "ledger.db");
        long before = LedgerFile.Lines(ledger);
        Assert.Equal(Subscribers * Each, before);

        // Many small transactions, so that a kill falls between them.
        Dictionary<string, string> settings = new() { ["Kafka__BatchMaxRecords"] = "50" };
        long corrections = 2L * Subscribers * (Each - 2);
        for (int kill = 1; kill <= Kills; kill++)
        {
            long killAt = before + (long)(corrections * 0.8 * (kill - 1 + random.NextDouble()) / Kills);
            await using ChildProcess run = Belgicom.Start(settings, Arguments(folder));
            await Wait.UntilAsync(
                () => Task.FromResult(LedgerFile.Lines(ledger) > killAt), $"more than {killAt} lines", [run], Belgicom.EndMax);
            await run.KillAsync();
            Notes.Write($"kill {kill} after {LedgerFile.Lines(ledger)} lines");
        }

        JsonElement last = (await RerateAsync(folder, settings)).WithExitCode(0).Json;

        Assert.Equal((0L, 0L), (last.GetProperty("left").GetInt64(), last.GetProperty("refusedSubscribers").GetInt64()));
        last.GetProperty("run").AssertConserved();
        Assert.Equal((before + corrections, before + corrections), (LedgerFile.Lines(ledger), LedgerFile.UsageIds(ledger)));
        Assert.Equal(Subscribers * (Each - 3) * 750_000_000L, LedgerFile.AmountNanos(ledger));
    }

    [Fact]
    public async Task Rerate_OfAWindowThatEndsBeforeItBegins_IsRefused()
    {
        using TemporaryFolder folder = new();
        Finished refused = await Belgicom.RunAsync(
            NoSettings, "rerate", "--from", "2026-02-01", "--to", "2026-01-01", "--data", folder.Under("data"));

        Assert.Contains("--from must be before --to", refused.WithExitCode(1).Error, StringComparison.Ordinal);
    }

    private static async Task<TemporaryFolder> PrepareAsync(int subscribers, int[] messages)
    {
        TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.Under("catalogue"));
        await File.WriteAllTextAsync(folder.Under("catalogue", "o.yaml"), Offering, Cancel);
        await File.WriteAllTextAsync(
            folder.Under("sms.csv"),
            Messages([.. messages.SelectMany((count, subscriber) => Enumerable.Range(0, count).Select(number => (subscriber, number)))]),
            Cancel);
        await File.WriteAllTextAsync(
            folder.Under("subscriptions.csv"),
            Header + string.Concat(Enumerable.Range(0, subscribers).Select(number =>
                string.Create(CultureInfo.InvariantCulture, $"{Msisdn(number)},,BE-{number},o,,\n"))),
            Cancel);
        return folder;
    }

    private static string Messages((int Subscriber, int Number)[] messages) =>
        "record_id,sms_time,msisdn,imsi,direction,other_party,serving_plmn,node\n"
        + string.Concat(messages.Select(message => string.Create(
            CultureInfo.InvariantCulture,
            $"R{message.Subscriber}-{message.Number},2026-01-{10 + message.Number:00}T12:00:00+01:00,{Msisdn(message.Subscriber)},,MO,"
            + $"999000000009,00101,N\n")));

    private static string Msisdn(int subscriber) => string.Create(CultureInfo.InvariantCulture, $"9990001{subscriber:00000}");

    private static Task<Finished> RunAsync(TemporaryFolder folder, string usage = "sms.csv") => Belgicom.RunAsync(
        NoSettings, "run", "--input", folder.Under(usage), "--catalogue", folder.Under("catalogue"), "--subscriptions",
        folder.Under("subscriptions.csv"), "--data", folder.Under("data"), "--json");

    private static Task<Finished> RerateAsync(TemporaryFolder folder, Dictionary<string, string> settings, params string[] more) =>
        Belgicom.RunAsync(settings, [.. Arguments(folder), .. more]);

    private static async Task<JsonElement> ExplainAsync(string id, string data) =>
        (await Belgicom.RunAsync(NoSettings, "explain", id, "--data", data, "--json")).WithExitCode(0).Json;

    private static string Cheaper(int version, string price) =>
        $"""
          - version: {version.ToString(CultureInfo.InvariantCulture)}
            corrects: {(version - 1).ToString(CultureInfo.InvariantCulture)}
            bundles: [{"{"} id: texts, kind: sms, units: 2 messages {"}"}]
            prices:
              - {"{"} id: sms, kind: sms, price: "{price}", per: 1 message, bundle: true {"}"}

        """;

    private static string[] Arguments(TemporaryFolder folder) =>
    [
        "rerate", "--from", "2026-01-01T00:00:00+01:00", "--to", "2026-02-01T00:00:00+01:00", "--catalogue", folder.Under("catalogue"),
        "--data", folder.Under("data"), "--json",
    ];
}
