using System.Text;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Privacy;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace BelgiCom.Streaming.Adapters.Worker.Tests;

/// <summary>The examples of docs/csv.md, as an operator would configure them.</summary>
public sealed partial class CsvExampleTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "csv.md"));

    public static TheoryData<string> Titles => [.. ExamplePattern().Matches(Page).Select(match => match.Groups["title"].Value)];

    [Fact]
    public void Page_OfExamples_HasTen() => Assert.Equal(10, Titles.Count);

    [Theory]
    [MemberData(nameof(Titles))]
    public async Task Example_OfThePage_BecomesWhatThePageSays(string title)
    {
        Match example = ExamplePattern().Matches(Page).Single(match => match.Groups["title"].Value == title);

        Assert.Equal(
            example.Groups["result"].Value.Trim().Split('\n').Order(),
            (await ReadAsync(example.Groups["map"].Value, example.Groups["file"].Value)).Order());
    }

    [Fact]
    public async Task Numbers_OfOnePersonInAnySpelling_AreOneSubscriber()
    {
        Match example = ExamplePattern().Matches(Page).Last();
        using MediationFixture fixture = Configured(example.Groups["map"].Value);
        await fixture.MediateAsync(Encoding.UTF8.GetBytes(example.Groups["file"].Value), "file.csv");

        SubscriberRef subscriber = new SubscriberPseudonymizer(fixture.Keys).FromMsisdn("999100000001");
        Assert.All(fixture.Sender.Usage, usage => Assert.Equal((subscriber, ""), (usage.SubscriberRef, usage.OtherPartyPrefix)));
    }

    [Fact]
    public async Task Quantity_BeyondItsBound_IsQuarantinedAndReachesNoTotal()
    {
        const string map = """{ "Kind": "Data", "Columns": { "StartTime": "t", "Msisdn": "n", "Total": "v" } }""";

        // The lines have 2^63-1 octets, the bound, and one more than the bound; only the second one becomes usage.
        Assert.Equal(
            ["2026-11-20T07:00:00.000Z Data 1000000000000000 octets", "quarantined BadValue", "quarantined BadValue"],
            (await ReadAsync(
                map,
                """
                t,n,v
                2026-11-20T07:00:00Z,999100000001,9223372036854775807
                2026-11-20T07:00:00Z,999100000001,1000000000000000
                2026-11-20T07:00:00Z,999100000001,1000000000000001

                """)).Order());
    }

    [Fact]
    public void Bounds_ByConfiguration_AreRead()
    {
        AdaptersOptions options = Read("""{ "DataDirectory": "x", "Bounds": { "VoiceSeconds": 7 } }""");

        Assert.Equal((7, 10_000), (options.Bounds.VoiceSeconds, options.Bounds.Messages));
    }

    private static async Task<List<string>> ReadAsync(string map, string file)
    {
        using MediationFixture fixture = Configured(map);
        await fixture.MediateAsync(Encoding.UTF8.GetBytes(file), "file.csv");
        return
        [
            .. fixture.Sender.Usage.Select(usage =>
                $"{usage.EventTime.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fff}Z {usage.Kind} {QuantityOf(usage)}"),
            .. fixture.Sender.Quarantined.Select(entry => $"quarantined {entry.Reason}"),
        ];
    }

    private static AdaptersOptions Read(string section)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes($$"""{ "Adapters": {{section}} }""")));
        AdaptersOptions options = builder.AddValidatedOptions<AdaptersOptions>(AdaptersOptions.Section);
        builder.ThrowOnFaults();
        return options;
    }

    private static string QuantityOf(UsageReceived usage) => usage.Kind switch
    {
        UsageKind.Voice => $"{usage.DurationSeconds} s",
        UsageKind.Data => $"{usage.TotalOctets} octets",
        _ => $"{usage.Messages} messages",
    };

    private static MediationFixture Configured(string map)
    {
        AdaptersOptions configured = Read($$"""{ "DataDirectory": "x", "Sources": [ { "Name": "example", "Csv": {{map}} } ] }""");
        return new MediationFixture(options => options.Sources.AddRange(configured.Sources));
    }

    [GeneratedRegex(
        """^## (?<title>\d+\. [^\n]+)\n.*?```json\n(?<map>.*?)```\n\n```csv\n(?<file>.*?)```\n\n```text\n(?<result>.*?)```""",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ExamplePattern();
}
