using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Testing;
using Microsoft.Data.Sqlite;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>
/// <c>run</c> with the offerings that ship as examples, and with one whose members share a bundle: what the ledger bills is what
/// docs/catalogue.md says by arithmetic.
/// </summary>
public sealed partial class OfferingsRunTests : IDisposable
{
    private const string DefaultStart = "2026-02-03T10:00:00+01:00";

    private static readonly string Samples = Repository.PathOf("src/BelgiCom.Streaming.Tool/Samples/offerings");

    private static readonly Dictionary<string, string> Settings = new()
    {
        // The page's usage is of half a year in one file. What is counted for an account comes over a second hop, behind later usage.
        ["Rating__DedupDays"] = "365",
        ["Rating__LateDays"] = "365",
        ["Adapters__Sources__0__Name"] = "usage",
        ["Adapters__Sources__0__Csv__Columns__RecordId"] = "id",
        ["Adapters__Sources__0__Csv__Columns__Kind"] = "kind",
        ["Adapters__Sources__0__Csv__Columns__StartTime"] = "start",
        ["Adapters__Sources__0__Csv__Columns__DurationSeconds"] = "seconds",
        ["Adapters__Sources__0__Csv__Columns__Total"] = "octets",
        ["Adapters__Sources__0__Csv__Columns__Messages"] = "messages",
        ["Adapters__Sources__0__Csv__Columns__Msisdn"] = "msisdn",
        ["Adapters__Sources__0__Csv__Columns__OtherParty"] = "other",
        ["Adapters__Sources__0__Csv__Columns__Direction"] = "direction",
        ["Adapters__Sources__0__Csv__Columns__ServingPlmn"] = "network",
        ["Adapters__Sources__0__Csv__Originating__0"] = "MO",
        ["Adapters__Sources__0__Csv__Terminating__0"] = "MT",
        ["Adapters__Sources__0__Csv__Voice__0"] = "voice",
        ["Adapters__Sources__0__Csv__Data__0"] = "data",
        ["Adapters__Sources__0__Csv__Sms__0"] = "sms",
    };

    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.Under("data");

    private string Subscriptions => _folder.Under("subscriptions.csv");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_WithAllSampleOfferings_BillsWhatThePageSays()
    {
        string page = await File.ReadAllTextAsync(Repository.PathOf("docs/catalogue.md"), TestContext.Current.CancellationToken);

        // Usage comes in the order of its time, as from a network: what is much later would make the rest late.
        List<(string Offering, Usage Usage, decimal Amount)> lines =
        [
            .. SectionPattern().Matches(page)
                .SelectMany(section => LinePattern().Matches(section.Groups["text"].Value)
                    .Select(line => (
                        Offering: section.Groups["offering"].Value, Usage: Usage.Of(line), Amount: Decimal(line.Groups["amount"].Value))))
                .OrderBy(line => line.Usage.Start),
        ];
        string[] offerings = [.. lines.Select(line => line.Offering).Distinct()];
        Assert.Equal(6, offerings.Length);

        JsonElement report = await RunAsync(
            Samples,
            [.. offerings.Select((offering, index) => (NumberOf(index), $"O-{offering}", offering))],
            [.. lines.Select(line => (NumberOf(Array.IndexOf(offerings, line.Offering)), line.Usage))]);

        Assert.Equal(lines.Count, report.GetProperty("records").GetProperty("received").GetInt64());
        IReadOnlyList<(string Account, decimal Amount, string Basis)> billed = Billed();
        foreach (string offering in offerings)
        {
            Assert.Equal(
                [.. lines.Where(line => line.Offering == offering && line.Amount != 0).Select(line => line.Amount)],
                billed.Where(line => line.Account == $"O-{offering}" && line.Amount != 0).Select(line => line.Amount));
        }

        // Sums with and without VAT stand apart, and neither under the name that means all without VAT.
        Assert.Equal(
            ["O-be-plan-60", "O-be-prepaid", "O-roaming-pass"],
            billed.Where(line => line.Basis == "GROSS").Select(line => line.Account).Distinct());
        Assert.Equal(JsonValueKind.Null, report.GetProperty("billed").GetProperty("amount").ValueKind);
        Assert.Equal(
            new[] { "NET", "GROSS" }.Select(basis => (basis, billed.Where(line => line.Basis == basis).Sum(line => line.Amount))),
            report.GetProperty("billed").GetProperty("byBasis").EnumerateArray().Select(sum => (
                sum.GetProperty("priceBasis").GetString()!, Decimal(sum.GetProperty("amount").GetString()!))));
    }

    /// <summary>
    /// Eight members use 300 MB each of a shared bundle of 1 GB: 1,400 MB are priced, at 0.01 a MB. The usage is on the topic twice and
    /// counted once. A simulation of the file, or of the topic, has one bundle, too.
    /// </summary>
    [Fact]
    public async Task Run_WithMembersWhoShare_DrawsFromOneBundle()
    {
        const int Members = 8;
        string catalogue = await FamilyAsync();
        JsonElement report = await RunAsync(
            catalogue,
            [.. Enumerable.Range(0, Members).Select(member => (NumberOf(member), "F-1", "family"))],
            [.. Enumerable.Range(0, Members).Select(member => (NumberOf(member), Usage.OfData(300_000_000)))]);

        Assert.Equal((Members, Members), (Count(report, "received"), Count(report, "rated")));
        Assert.Equal("14.000000000", report.GetProperty("billed").GetProperty("amount").GetString());
        Assert.True(report.GetProperty("conserved").GetBoolean());
        string recording = _folder.Under("usage.avro");
        _ = await VerbAsync(["topics", "record", "--out", recording, "--data", Data]);
        foreach (string[] usage in new[] { new[] { _folder.Under("usage.csv"), "--source", "usage" }, [recording] })
        {
            JsonElement simulated = await VerbAsync(
                ["simulate", "--data", Data, "--catalogue", catalogue, "--subscriptions", Subscriptions, "--usage", .. usage]);
            JsonElement offering = Assert.Single(simulated.GetProperty("offerings").EnumerateArray());
            Assert.Equal((Members, Members), (offering.GetProperty("events").GetInt64(), offering.GetProperty("rated").GetInt64()));
            Assert.Equal("14.000000000", offering.GetProperty("revenue").GetString());
        }
    }

    /// <summary>
    /// Three devices of the pool that ships as an example bring 5 MB each: 12 MB of the first are covered, and 3 of the second's 4 MB; its
    /// last MB costs 0.40, as that of the third. A simulation says the same.
    /// </summary>
    [Fact]
    public async Task Run_WithDevicesOfAPool_DrawsFromWhatTheyBring()
    {
        const long MB = 1_000_000;
        long[] used = [12 * MB, 4 * MB, MB];
        await RunAsync(
            Samples,
            [.. used.Select((_, device) => (NumberOf(device), "I-1", "iot-pool"))],
            [.. used.Select((octets, device) => (NumberOf(device), Usage.OfData(octets, device)))]);

        Assert.Equal(0.8m, Billed().Sum(line => line.Amount));
        Assert.Equal("0.800000000", await SimulatedRevenueAsync());
    }

    /// <summary>
    /// The frame contract that ships as an example counts the data of its account: 300 GB of the first subscriber cost 300 × 1.20 = 360,
    /// 250 GB of the second make 550 × 0.90 = 495, and 1,500 GB of the third 2,050 × 0.60 = 1,230. A simulation says the same.
    /// </summary>
    [Fact]
    public async Task Run_WithSubscribersOfAFrameContract_CountsTheTiersOfTheAccount()
    {
        const long GB = 1_000_000_000;
        long[] used = [300 * GB, 250 * GB, 1500 * GB];
        await RunAsync(
            Samples,
            [.. used.Select((_, member) => (NumberOf(member), "E-1", "enterprise-commit"))],
            [.. used.Select((octets, member) => (NumberOf(member), Usage.OfData(octets, member)))]);

        Assert.Equal(1230m, Billed().Sum(line => line.Amount));
        Assert.Equal("1230.000000000", await SimulatedRevenueAsync());
    }

    /// <summary>
    /// Within the frame contract calls are free, also to a number of another network's range that was ported in; whoever is not of the
    /// account costs 0.06 a minute, with the same range as a member. A simulation says the same.
    /// </summary>
    [Fact]
    public async Task Run_WithCallsWithinAnAccount_ChargesThoseThatLeaveIt()
    {
        const string Ported = "32485000000";
        Usage call = Usage.OfData(1) with { Kind = "voice", Octets = null, Seconds = 60, Direction = "MO" };
        await RunAsync(
            Samples,
            [
                (NumberOf(0), "E-1", "enterprise-commit"), (NumberOf(1), "E-1", "be-plan-60"), (Ported, "E-1", "enterprise-commit"),
                (NumberOf(2), "E-2", "enterprise-commit"),
            ],
            [
                (NumberOf(0), call with { Called = NumberOf(1) }), (NumberOf(0), call with { Called = Ported, Seconds = 61 }),
                (NumberOf(0), call with { Called = NumberOf(2), Seconds = 62 }), (Ported, call with { Called = NumberOf(0) }),
                (NumberOf(2), call with { Called = NumberOf(0) }),
            ]);

        Assert.Equal(
            [("E-1", 0.066m), ("E-2", 0.06m)],
            Billed().Where(line => line.Amount != 0).Select(line => (line.Account, line.Amount)));
        Assert.Equal("0.126000000", await SimulatedRevenueAsync());
    }

    /// <summary>
    /// Seven passes of 7.49 are 52.43 with VAT: 80 % of 50.00 without VAT are 48.40, which the seventh reaches and six (44.94) do not. They
    /// count for the limit of passes and for data abroad, whose notice is one of its own.
    /// </summary>
    [Fact]
    public async Task Run_WithPassesUpToTheirLimit_WarnsOnce()
    {
        const int Passes = 7;
        await RunAsync(
            Samples,
            [(NumberOf(1), "P-1", "roaming-pass")],
            [
                .. Enumerable.Range(0, Passes + 1).Select(day => (NumberOf(1), Usage.OfData(1) with
                {
                    Start = Usage.OfData(1).Start.AddDays(Math.Min(day, Passes - 1)).AddMinutes(day), Network = "310260",
                })),
            ]);

        JsonElement listed = await VerbAsync(["notifications", "list", "--account", "P-1", "--data", Data]);
        Assert.Equal(
            [("roaming-data", "OTHER", "WARN_80", 52.43m), ("eu-roaming", "ROAMINGDATA", "WARN_80", 52.43m)],
            listed.GetProperty("notifications").EnumerateArray().Select(sent => (
                sent.GetProperty("limit").GetString()!, sent.GetProperty("scope").GetString()!.ToUpperInvariant(),
                sent.GetProperty("notification").GetString()!, sent.GetProperty("spend").GetDecimal()))
                .OrderByDescending(sent => sent.Item1));
    }

    /// <summary>
    /// The pass that ships as an example is an add-on to the plan, for a week. Abroad the first use opens a pass of 7.49, which covers a
    /// call at its last second, and use an hour later opens the next; at home the plan covers data and messages. When the add-on has ended,
    /// data abroad is the plan's: 100 kB × 5.00 / 1 MB. Another subscriber never had it. Ledger, explanation and simulation say the same.
    /// </summary>
    [Fact]
    public async Task Run_WithAnAddOn_BillsByItWhatItPrices_AndByThePlanTheRest()
    {
        static Usage At(Usage usage, string start, string network = "") =>
            usage with { Start = DateTimeOffset.Parse(start, CultureInfo.InvariantCulture), Network = network };

        Usage message = new("sms", default, null, null, 1, "32475000000", "MO", "");
        Usage call = new("voice", default, 60, null, null, "32475000000", "MO", "");
        (string Number, Usage Usage)[] usage =
        [
            (NumberOf(0), Usage.OfData(1_000_000)),
            (NumberOf(0), At(Usage.OfData(1), "2026-02-03T11:00:00+01:00", "310260")),
            (NumberOf(1), At(Usage.OfData(1), "2026-02-03T11:00:00+01:00", "310260")),
            (NumberOf(0), At(call, "2026-02-04T10:59:59+01:00", "310260")),
            (NumberOf(0), At(message, "2026-02-04T11:30:00+01:00")),
            (NumberOf(0), At(Usage.OfData(1), "2026-02-04T12:00:00+01:00", "310260")),
            (NumberOf(0), At(Usage.OfData(100_000), "2026-02-12T12:00:00+01:00", "310260")),
        ];
        await RunAsync(
            Samples, [(NumberOf(0), "R-1", "be-plan-60"), (NumberOf(1), "R-2", "be-plan-60")], usage,
            addOns: [$"{NumberOf(0)},,R-1,roaming-pass,2026-02-02T00:00:00+01:00,2026-02-09T00:00:00+01:00,be-plan-60"]);

        Assert.Equal(
            [
                ("be-plan-60", 0m), ("roaming-pass", 7.49m), ("roaming-pass", 0m), ("be-plan-60", 0m), ("roaming-pass", 7.49m),
                ("be-plan-60", 0.5m),
            ],
            Query("SELECT offering, amount FROM billed_usage WHERE account = 'R-1' ORDER BY record_index")
                .Select(row => (row[0], Decimal(row[1]))));
        Assert.Equal(0.5m, Assert.Single(Billed(), line => line.Account == "R-2").Amount);

        JsonElement simulated = await VerbAsync(
            [
                "simulate", "--data", Data, "--catalogue", Samples, "--subscriptions", Subscriptions, "--usage",
                _folder.Under("usage.csv"), "--source", "usage",
            ]);
        Assert.Equal(
            [("be-plan-60", 4L, "1.000000000"), ("roaming-pass", 3L, "14.980000000")],
            simulated.GetProperty("offerings").EnumerateArray().Where(one => one.GetProperty("events").GetInt64() > 0)
                .Select(one => (
                    one.GetProperty("offering").GetString()!, one.GetProperty("events").GetInt64(),
                    one.GetProperty("revenue").GetString()!))
                .Order());

        string id = Query("SELECT lower(hex(usage_id)) FROM billed_line WHERE account = 'R-1' AND amount_nanos > 7000000000 LIMIT 1")[0][0];
        JsonElement explained = (await VerbAsync(["explain", id, "--data", Data])).GetProperty("rated");
        Assert.Equal("roaming-pass", explained.GetProperty("offering").GetString());
        Assert.True(explained.GetProperty("agrees").GetBoolean());
    }

    /// <summary>
    /// Usage of 1,400 MB waited because nobody had a subscription. Once it is a member's, recycling would draw the shared bundle of 1 GB
    /// and charge 400 MB, at 0.01 a MB.
    /// </summary>
    [Fact]
    public async Task Show_OfUsageThatBecameAMembers_ChargesWhatTheSharedBundleLeaves()
    {
        string catalogue = await FamilyAsync();
        await RunAsync(
            catalogue, [(NumberOf(1), "F-1", "family")], [(NumberOf(0), Usage.OfData(1_400_000_000))], WorkerHost.ExitMoneyWaits);
        JsonElement simulated = await VerbAsync(
            [
                "simulate", "--data", Data, "--catalogue", catalogue, "--subscriptions", Subscriptions, "--usage",
                _folder.Under("usage.csv"), "--source", "usage",
            ],
            WorkerHost.ExitMoneyWaits);
        string id = Assert.Single(simulated.GetProperty("notPriced").EnumerateArray()).GetProperty("example").GetString()!;
        await RunAsync(catalogue, [(NumberOf(0), "F-1", "family")], usage: [], WorkerHost.ExitMoneyWaits);

        JsonElement shown = await VerbAsync(["suspense", "show", id, "--data", Data], WorkerHost.ExitMoneyWaits);
        string now = Assert.Single(shown.GetProperty("notRated").EnumerateArray()).GetProperty("now").GetString()!;
        Assert.StartsWith("it would be charged 4.000000000 EUR under family, version 1", now, StringComparison.Ordinal);
    }

    private async Task<string> FamilyAsync()
    {
        string catalogue = Directory.CreateDirectory(_folder.Under("catalogue")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(catalogue, "family.yaml"),
            """
            offering: family
            currency: EUR
            vatPermille: 210
            zones: { home: ["*"] }
            versions:
              - version: 1
                validFrom: 2026-01-01
                bundles:
                  - { id: gb, kind: data, units: 1 GB, shared: account }
                prices:
                  - { id: data, kind: data, price: "0.01", per: 1 MB, bundle: true }
            """,
            TestContext.Current.CancellationToken);
        return catalogue;
    }

    private static long Count(JsonElement report, string name) => report.GetProperty("records").GetProperty(name).GetInt64();

    private static string NumberOf(int index) => $"3247000000{index}";

    private static decimal Decimal(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private async Task<JsonElement> RunAsync(
        string catalogue, IReadOnlyList<(string Number, string Account, string Offering)> subscribers,
        IReadOnlyList<(string Number, Usage Usage)> usage, int exitCode = WorkerHost.ExitDone, params string[] addOns)
    {
        StringBuilder file = new("id,kind,start,seconds,octets,messages,msisdn,other,direction,network\n");
        foreach ((int index, (string number, Usage used)) in usage.Index())
        {
            file.Append(CultureInfo.InvariantCulture, $"r{index},{used.Kind},{used.Start:yyyy-MM-ddTHH:mm:sszzz},{used.Seconds},");
            file.Append(CultureInfo.InvariantCulture, $"{used.Octets},{used.Messages},{number},{used.Called},");
            file.Append(CultureInfo.InvariantCulture, $"{used.Direction},{used.Network}\n");
        }

        string input = _folder.Under("usage.csv");
        await File.WriteAllTextAsync(input, file.ToString(), TestContext.Current.CancellationToken);
        await File.WriteAllLinesAsync(
            Subscriptions,

            // From the month of the usage on, so that no bundle brings a rest along.
            [
                "msisdn,imsi,account,offering,validFrom,validTo,addOnTo",
                .. subscribers.SelectMany(one => addOns.Where(addOn => addOn.StartsWith(one.Number, StringComparison.Ordinal))
                    .Prepend($"{one.Number},,{one.Account},{one.Offering},2026-02-01T00:00:00+01:00,,")),
            ],
            TestContext.Current.CancellationToken);
        return await VerbAsync(
            ["run", "--data", Data, "--input", input, "--source", "usage", "--catalogue", catalogue, "--subscriptions", Subscriptions],
            exitCode);
    }

    /// <summary>What a simulation of the file says that the one offering earns of which there is usage, by the sample offerings.</summary>
    private async Task<string?> SimulatedRevenueAsync()
    {
        JsonElement simulated = await VerbAsync(
            [
                "simulate", "--data", Data, "--catalogue", Samples, "--subscriptions", Subscriptions, "--usage",
                _folder.Under("usage.csv"), "--source", "usage",
            ]);
        return Assert.Single(simulated.GetProperty("offerings").EnumerateArray(), one => one.GetProperty("rated").GetInt64() > 0)
            .GetProperty("revenue").GetString();
    }

    private static async Task<JsonElement> VerbAsync(string[] arguments, int exitCode = WorkerHost.ExitDone)
    {
        Finished verb = await ChildProcess.RunAsync(
            OurProgram.Start("belgicom", Settings, [.. arguments, "--json"]), patience: TimeSpan.FromMinutes(2));
        return verb.WithExitCode(exitCode).Json;
    }

    /// <summary>The lines of the ledger in the order of the input.</summary>
    private IReadOnlyList<(string Account, decimal Amount, string Basis)> Billed() =>
        [
            .. Query("SELECT account, amount, price_basis FROM billed_usage ORDER BY account, record_index")
                .Select(row => (row[0], Decimal(row[1]), row[2])),
        ];

    private List<string[]> Query(string sql)
    {
        using SqliteConnection ledger = new($"Data Source={Path.Combine(Data, "ledger.db")};Mode=ReadOnly;Pooling=False");
        ledger.Open();
        using SqliteCommand command = ledger.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader rows = command.ExecuteReader();
        List<string[]> lines = [];
        while (rows.Read())
        {
            lines.Add([.. Enumerable.Range(0, rows.FieldCount).Select(rows.GetString)]);
        }

        return lines;
    }

    [GeneratedRegex(@"^### [^`\n]*`(?<offering>[a-z0-9-]+)\.yaml`\n(?<text>.*?)(?=^##)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex SectionPattern();

    [GeneratedRegex(
        @"^\| (?<kind>voice|data|sms) (?<used>\d+) (?<unit>\w+)(?<received> received)?( to (?<called>\d+))?( in (?<network>\d+))?"
        + @"( at (?<start>\S+))? \| (?<amount>-?[0-9.]+) \|",
        RegexOptions.Multiline)]
    private static partial Regex LinePattern();

    private sealed record Usage(
        string Kind, DateTimeOffset Start, long? Seconds, long? Octets, long? Messages, string Called, string Direction, string Network)
    {
        public static Usage OfData(long octets, int minute = 0) => new(
            "data", DateTimeOffset.Parse(DefaultStart, CultureInfo.InvariantCulture).AddMinutes(minute), null, octets, null, "", "", "");

        public static Usage Of(Match line)
        {
            string kind = line.Groups["kind"].Value;
            long used = long.Parse(line.Groups["used"].Value, CultureInfo.InvariantCulture) * line.Groups["unit"].Value switch
            {
                "GB" => 1_000_000_000L,
                "MB" => 1_000_000L,
                _ => 1L,
            };
            string start = line.Groups["start"] is { Success: true, Value: { } at } ? at : DefaultStart;
            return new Usage(
                kind,
                DateTimeOffset.Parse(start, CultureInfo.InvariantCulture),
                kind == "voice" ? used : null,
                kind == "data" ? used : null,
                kind == "sms" ? used : null,
                line.Groups["called"].Value,
                kind == "data" ? "" : line.Groups["received"].Success ? "MT" : "MO",
                line.Groups["network"].Value);
        }
    }
}
