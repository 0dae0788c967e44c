using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Catalogue.Tests;

public sealed class SubscriptionsFileTests : IDisposable
{
    private const string Header = "msisdn,imsi,account,offering,validFrom,validTo\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("subscriptions").FullName;
    private readonly SubscriberPseudonymizer _pseudonymizer;

    public SubscriptionsFileTests() => _pseudonymizer = new SubscriberPseudonymizer(new FileKeyStore(Path.Combine(_folder, "keys")));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Csv_WithPeriodsOfOneSubscriber_GivesOneSubscription()
    {
        SubscriptionsFile file = Write(
            "# a comment\n\n" + Header
            + "999000000001,001010100000001,\"BE \"\"1\"\", A\",go,2026-01-01T00:00:00+01:00,\n"
            + "999000000001,001010100000001,BE-0,start,,2026-01-01T00:00:00+01:00\n"
            + ",001010300000001,BE-2,go,,\r\n");

        Assert.Empty(file.Check(new HashSet<string> { "go", "start" }));
        Subscription[] read = [.. file.Read().Where(one => one.Periods.All(period => period.AliasOf is null))];
        Assert.Equal(
            [_pseudonymizer.FromMsisdn("999000000001"), _pseudonymizer.FromImsi("001010300000001")], read.Select(one => one.SubscriberRef));
        Assert.Equal([("BE-0", "start"), ("BE \"1\", A", "go")], read[0].Periods.Select(period => (period.Account, period.Offering)));
        Assert.Equal(new DateTimeOffset(2025, 12, 31, 23, 0, 0, TimeSpan.Zero), read[0].Periods[1].ValidFrom);
        Assert.Null(read[0].Periods[0].ValidFrom);
        Assert.Null(read[1].Periods[0].ValidTo);
    }

    /// <summary>
    /// Two add-ons beside one main offering, the second as long as that is there: a period for each stretch with the same add-ons. The line
    /// of an add-on may stand above that of its main offering, and names no IMSI again.
    /// </summary>
    [Theory]
    [InlineData(
        "msisdn,imsi,account,offering,validFrom,validTo,addOnTo\n"
        + "999000000001,,A,week,2026-03-01T00:00:00Z,2026-03-08T00:00:00Z,go\n"
        + "999000000001,001010100000001,A,go,2026-01-01T00:00:00Z,2026-06-01T00:00:00Z,\n"
        + "999000000001,001010100000001,A,extra,,,go\n"
        + "999000000001,001010100000001,A,start,2026-06-01T00:00:00Z,,\n")]
    [InlineData(
        "{\"msisdn\":\"999000000001\",\"account\":\"A\",\"offering\":\"week\",\"validFrom\":\"2026-03-01T00:00:00Z\","
        + "\"validTo\":\"2026-03-08T00:00:00Z\",\"addOnTo\":\"go\"}\n"
        + "{\"msisdn\":\"999000000001\",\"imsi\":\"001010100000001\",\"account\":\"A\",\"offering\":\"go\","
        + "\"validFrom\":\"2026-01-01T00:00:00Z\",\"validTo\":\"2026-06-01T00:00:00Z\"}\n"
        + "{\"msisdn\":\"999000000001\",\"account\":\"A\",\"offering\":\"extra\",\"addOnTo\":\"go\"}\n"
        + "{\"msisdn\":\"999000000001\",\"imsi\":\"001010100000001\",\"account\":\"A\",\"offering\":\"start\","
        + "\"validFrom\":\"2026-06-01T00:00:00Z\"}\n")]
    public void AddOns_DivideThePeriodsOfTheirMainOffering(string content)
    {
        SubscriptionsFile file = Write(content);

        Assert.Empty(file.Check(new HashSet<string> { "go", "start", "week", "extra" }));
        Subscription read = Assert.Single(file.Read(), one => one.Periods.All(period => period.AliasOf is null));
        Assert.Equal(
            ["01-01 go extra", "03-01 go extra,week", "03-08 go extra", "06-01 start "],
            read.Periods.Select(period => $"{period.ValidFrom:MM-dd} {period.Offering} {string.Join(',', period.AddOns)}"));
        Assert.All(read.Periods.Zip(read.Periods.Skip(1)), pair => Assert.Equal(pair.First.ValidTo, pair.Second.ValidFrom));
    }

    [Theory]
    [InlineData("999000000001,,A,week,2025-12-31T00:00:00Z,2026-03-08T00:00:00Z,go", "not on the same account")]
    [InlineData("999000000001,,A,week,2026-03-01T00:00:00Z,2026-07-01T00:00:00Z,go", "not on the same account")]
    [InlineData("999000000001,,B,week,2026-03-01T00:00:00Z,2026-03-08T00:00:00Z,go", "not on the same account")]
    [InlineData("999000000001,,A,week,,,other", "not on the same account")]
    [InlineData("999000000001,,A,go,,,go", "the add-on itself")]
    [InlineData("999000000001,,A,a+b,,,go", "'+'")]
    [InlineData("999000000001,,A,week,,,go\n999000000001,,A,week,2026-03-01T00:00:00Z,,go", "twice at a time")]
    [InlineData("999000000001,,A,gone,,,go", "not in the catalogue")]
    public void AddOn_WithoutItsMainOffering_IsAFault(string line, string fault)
    {
        IReadOnlyList<InputFault> faults = Write(
            "msisdn,imsi,account,offering,validFrom,validTo,addOnTo\n"
            + "999000000001,,A,go,2026-01-01T00:00:00Z,2026-06-01T00:00:00Z,\n" + line + "\n")
            .Check(new HashSet<string> { "go", "week" });

        Assert.Contains(faults, one => one.Message.Contains(fault, StringComparison.Ordinal));
    }

    /// <summary>
    /// The IMSI of a line with an MSISDN is another name of that subscriber, for as long as the line says; it may go to another subscriber
    /// in time, and have a line of its own before.
    /// </summary>
    [Fact]
    public void ImsiOfALineWithAnMsisdn_NamesItsSubscriber_InTheTimeOfTheLine()
    {
        SubscriptionsFile file = Write(
            Header
            + ",001010100000001,BE-0,go,,2026-01-01T00:00:00Z\n"
            + "999000000001,001010100000001,BE-1,go,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z\n"
            + "999000000001,001010100000002,BE-1,go,2026-02-01T00:00:00Z,\n"
            + "999000000002,001010100000001,BE-2,go,2026-02-01T00:00:00Z,\n");

        Assert.Empty(file.Check(new HashSet<string> { "go" }));
        Dictionary<SubscriberRef, Subscription> read = file.Read().ToDictionary(one => one.SubscriberRef);
        Assert.Equal(4, read.Count);
        SubscriberRef first = _pseudonymizer.FromMsisdn("999000000001");
        SubscriberRef second = _pseudonymizer.FromMsisdn("999000000002");
        Assert.Equal(
            [(null, 2026), (first, 2026), (second, 9999)],
            read[_pseudonymizer.FromImsi("001010100000001")].Periods.Select(period => (period.AliasOf, period.ValidTo?.Year ?? 9999)));
        Assert.Equal(first, Assert.Single(read[_pseudonymizer.FromImsi("001010100000002")].Periods).AliasOf);
        Assert.All(read[first].Periods.Concat(read[second].Periods), period => Assert.Null(period.AliasOf));
    }

    [Fact]
    public void JsonLine_WithChoicesForLimits_GivesThemInTheirOrder()
    {
        SubscriptionsFile file = Write(
            """
            {"msisdn":"999000000001","account":"BE-1","offering":"go","limits":[
            {"limit":"eu-roaming","from":"2026-03-01T00:00:00+01:00","amount":"75.50"},
            {"limit":"be-domestic","from":"2026-01-01T00:00:00Z","optOut":true},
            {"limit":"eu-roaming-2","from":"2026-02-01T00:00:00Z","agree":true}]}
            """.ReplaceLineEndings("") + "\n");

        Assert.Empty(file.Check());
        Assert.Equal(
            [
                ("be-domestic", "2026-01-01 00:00", false, null), ("eu-roaming-2", "2026-02-01 00:00", true, null),
                ("eu-roaming", "2026-02-28 23:00", true, 75.50m),
            ],
            file.Read().Single().Periods.Single().Limits.Select(choice => (
                choice.Limit, choice.From.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), choice.InForce,
                choice.Amount)));
    }

    [Fact]
    public void JsonLines_GiveTheSameAsCsv()
    {
        SubscriptionsFile csv = Write(Header + "999000000001,,BE-1,go,2026-01-01T00:00:00Z,\n");
        Subscription expected = csv.Read().Single();
        SubscriptionsFile json = Write(
            """{"msisdn":"999000000001","account":"BE-1","offering":"go","validFrom":"2026-01-01T00:00:00Z","validTo":null}""" + "\n");

        Subscription read = json.Read().Single();
        Assert.Equal(expected.SubscriberRef, read.SubscriberRef);
        Assert.Equal(
            (expected.Periods[0].Account, expected.Periods[0].ValidFrom, expected.Periods[0].ValidTo),
            (read.Periods[0].Account, read.Periods[0].ValidFrom, read.Periods[0].ValidTo));
    }

    [Theory]
    [InlineData("123,,A,go,,", "msisdn must be 5 to 15 digits")]
    [InlineData("+99900000001,,A,go,,", "msisdn must be 5 to 15 digits")]
    [InlineData(",12345,A,go,,", "imsi must be 14 or 15 digits")]
    [InlineData(",,A,go,,", "both empty")]
    [InlineData("999000000001,,,go,,", "account must have")]
    [InlineData("999000000001,,A\0,go,,", "control characters")]
    [InlineData("999000000001,,A\uFFFD,go,,", "no UTF-8")]
    [InlineData("999000000001,,A,,,", "offering is empty")]
    [InlineData("999000000001,001010100000001,A,go,,\n999000000002,001010100000001,B,go,,", "One imsi is on lines of several")]
    [InlineData("999000000001,001010100000001,A,go,,\n,001010100000001,A,go,,", "One imsi is on lines of several")]
    [InlineData("999000000001,,A,nowhere,,", "not in the catalogue")]
    [InlineData("999000000001,,A,go,2026-01-01T00:00:00,", "with its offset")]
    [InlineData("999000000001,,A,go,2026-01-01T00:00:00Z,2025-01-01T00:00:00Z", "validTo must be after")]
    [InlineData("999000000001,,A,go,", "5 fields, not 6")]
    [InlineData("999000000001,,A,go,,,", "more than 6 fields")]
    [InlineData("999000000001,,\"A,go,,", "does not end")]
    [InlineData("999000000001,,A,go,,\n999000000001,,A,go,,", "overlap")]
    [InlineData("999000000001,,A,go,,\n999000000002,,A,go,,\n999000000001,,A,go,,", "below each other")]
    public void Fault_IsReportedWithItsLine_AndWithoutTheNumber(string lines, string message)
    {
        IReadOnlyList<InputFault> faults = Write(Header + lines + "\n").Check(new HashSet<string> { "go" });

        InputFault fault = Assert.Single(faults);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.InRange(fault.Line, 2, 4);
        Assert.DoesNotContain("99900000000", fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("imsi,msisdn\n1,2\n", "must be the header")]
    [InlineData("# nothing\n", "no subscriptions")]
    [InlineData("{\"limits\":5}\n", "list of at most 100")]
    [InlineData("{\"limits\":[{\"limit\":\"x\",\"from\":\"2026-01-01T00:00:00Z\"}]}\n", "one of 'amount'")]
    [InlineData("{\"limits\":[{\"limit\":\"x\",\"from\":\"2026-01-01\",\"agree\":true}]}\n", "one of 'amount'")]
    [InlineData("{\"limits\":[{\"limit\":\"x\",\"from\":\"2026-01-01T00:00:00Z\",\"agree\":true,\"optOut\":true}]}\n", "one of 'amount'")]
    [InlineData("{\"limits\":[{\"limit\":\"x\",\"from\":\"2026-01-01T00:00:00Z\",\"amount\":\"-1\"}]}\n", "one of 'amount'")]
    [InlineData("{\"msisdn\":5}\n", "nothing else")]
    [InlineData("{\"msisdn\":\n", "no JSON object")]
    public void FileThatIsNoSubscriptions_IsAFault(string content, string message) =>
        Assert.Contains(message, Assert.Single(Write(content).Check()).Message, StringComparison.Ordinal);

    [Fact]
    public void ManyFaults_AreCutOff()
    {
        IReadOnlyList<InputFault> faults = Write(
            Header + string.Concat(Enumerable.Repeat("x,,A,go,,\n999000000001,,A,none,,\n", 1000))).Check(new HashSet<string>());

        Assert.Equal(101, faults.Count);
        Assert.Contains("the rest was not read", faults[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SampleSubscriptions_AreOfSampleOfferings()
    {
        HashSet<string> offerings = [
            .. CatalogueFolder.Load(Repository.PathOf("src/BelgiCom.Streaming.Tool/Samples/catalogue"))
                .Select(version => version.Offering)];
        SubscriptionsFile file = new(Repository.PathOf("src/BelgiCom.Streaming.Tool/Samples/subscriptions.csv"), _pseudonymizer);

        Assert.Empty(file.Check(offerings));
        // servedMSISDN 91 99 09 00 00 00 10 of pgw_3records_ts32297.cdr: TBCD digits 999000000001.
        Assert.Contains(file.Read(), subscription => subscription.SubscriberRef == _pseudonymizer.FromMsisdn("999000000001"));
    }

    private SubscriptionsFile Write(string content)
    {
        string path = Path.Combine(_folder, "subscriptions.csv");
        File.WriteAllText(path, content);
        return new SubscriptionsFile(path, _pseudonymizer);
    }
}
