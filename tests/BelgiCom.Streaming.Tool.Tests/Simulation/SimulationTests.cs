using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>A simulation has the amounts that the workers bill: of usage files, and of what the topic had of them.</summary>
public sealed class SimulationTests : IDisposable
{
    private static readonly Dictionary<string, string?> AnyFreePort = new() { ["Http:Url"] = "http://127.0.0.1:0" };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("simulation-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public Task Samples_Simulated_HaveTheLinesOfTheWorkers() => CompareAsync([SampleFiles.Usage], subscriptions: null);

    [Fact, Trait("Category", "Load")]
    public async Task GeneratedUsage_Simulated_HasTheLinesOfTheWorkers()
    {
        string usage = Path.Combine(_folder.FullName, "generated");
        Finished generated = await BuiltTool.RunAsync(
            "generate", "--records", "75000", "--subscribers", "3000", "--seed", "16", "--out", usage);
        Assert.Equal(WorkerHost.ExitDone, generated.ExitCode);
        await CompareAsync([usage], Path.Combine(usage, "subscriptions.csv"));
    }

    /// <summary>
    /// The offerings with destinations, bands, tiers, steps, sessions, passes and prices with VAT. Shared bundles are left out: the worker
    /// does not rate by them.
    /// </summary>
    [Fact, Trait("Category", "Load")]
    public async Task GeneratedUsage_UnderPriceLists_HasTheLinesOfTheWorkers()
    {
        string usage = Path.Combine(_folder.FullName, "generated");
        Finished generated = await BuiltTool.RunAsync(
            "generate", "--records", "75000", "--subscribers", "3000", "--seed", "17", "--out", usage);
        Assert.Equal(WorkerHost.ExitDone, generated.ExitCode);
        string catalogue = Path.Combine(Path.GetDirectoryName(SampleFiles.Catalogue)!, "offerings");
        string[] offerings =
        [
            .. CatalogueFolder.Load(catalogue).Where(version => !AccountTerms.AreIn(version))
                .Select(version => version.Offering).Distinct().Order(StringComparer.Ordinal),
        ];
        string subscriptions = Path.Combine(_folder.FullName, "subscriptions.csv");
        await File.WriteAllLinesAsync(
            subscriptions,
            File.ReadLines(Path.Combine(usage, "subscriptions.csv")).Select((line, index) => index == 0
                ? line
                : string.Join(',', line.Split(',').Select((field, column) => column == 3 ? offerings[index % offerings.Length] : field))),
            TestContext.Current.CancellationToken);
        await CompareAsync([usage], subscriptions, catalogue);
    }

    [Fact]
    public void Simulation_OnAnyNumberOfCores_FindsTheSame()
    {
        // With keys that are kept, references are the same each time.
        Directory.CreateDirectory(DataFolder.KeysOf(_folder.FullName));
        string[] found = [.. new[] { 1, 2, 5 }.Select(cores => JsonSerializer.Serialize(
            SimulationAnswer.ToJson(Simulate(cores: cores, compare: Dearer()) with { ElapsedSeconds = 0 })))];
        Assert.Equal(found[0], found[1]);
        Assert.Equal(found[0], found[2]);
    }

    [Fact]
    public void Comparison_WithDoubledPrices_NamesWhoPaysMore()
    {
        SimulationReport report = Simulate(catalogue: Dearer(), compare: SampleFiles.Catalogue);
        SimulatedTotal total = Assert.Single(report.Totals);
        // The samples' README has the sum; every price of mobile-start is doubled, its amounts with them.
        Assert.Equal(23.131961688m, Nanos.ToDecimal(total.BeforeNanos));
        SimulatedOffering dearer = Assert.Single(report.Offerings, one => one.Sold.Offering == "mobile-start");
        Assert.True(dearer.Before!.RevenueNanos > 0);
        Assert.InRange(dearer.DifferenceNanos - dearer.Before.RevenueNanos, -dearer.Now.Rated, dearer.Now.Rated);
        Assert.Equal(dearer.DifferenceNanos, total.NowNanos - total.BeforeNanos);
        SpendComparison comparison = Assert.Single(report.Comparisons);
        Assert.Equal(0, comparison.Less.Subscribers);
        Assert.InRange(comparison.More.Subscribers, 1, dearer.Now.Subscribers);
        Assert.Equal(comparison.More.Largest, comparison.Largest[0].Difference);
        Assert.Equal(comparison.More.Subscribers, comparison.Largest.Count);
        Assert.Equal(Nanos.ToDecimal(total.NowNanos - total.BeforeNanos), comparison.Largest.Sum(change => change.Difference));
    }

    [Fact]
    public void Usage_WithoutSubscription_IsNamedAndCounted()
    {
        string nobody = Path.Combine(_folder.FullName, "nobody.csv");
        File.WriteAllText(nobody, "msisdn,imsi,account,offering,validFrom,validTo\n32470000001,,BE1,mobile-go,,\n");
        SimulationReport report = Simulate(subscriptions: nobody);
        Assert.Equal(WorkerHost.ExitMoneyWaits, report.ExitCode);
        UnpricedUsage unpriced = Assert.Single(report.Unpriced);
        Assert.Equal(("UNKNOWN_SUBSCRIBER", "SUSPENDED", 582), (unpriced.Reason, unpriced.Outcome, unpriced.Events));
        Assert.Equal(
            "read 582 = rated 0 + zeroRated 0 + duplicate 0 + late 0 + suspended 582 + rejected 0 + conflict 0",
            SimulationAnswer.Lines(report).Last());
    }

    [Fact]
    public void Csv_OfAComparison_HasTheSameColumnsInEachRow()
    {
        string[] rows = SimulationAnswer.Csv(Simulate(catalogue: Dearer(), compare: SampleFiles.Catalogue))
            .Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        int columns = rows[0].Split(',').Length;
        Assert.All(rows, row => Assert.Equal(columns, row.Split(',').Length));
        Assert.Contains(rows, row => row.StartsWith("offering,mobile-start,EUR,without,", StringComparison.Ordinal));
        Assert.Contains(rows, row => row.StartsWith("more,,EUR,without,", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Chart_OfAComparison_StandsAloneAndSaysTheFinding(bool asPage)
    {
        string chart = RevenueChart.Draw(Simulate(catalogue: Dearer(), compare: SampleFiles.Catalogue), asPage);
        int begin = chart.IndexOf("<svg", StringComparison.Ordinal);
        int end = chart.IndexOf("</svg>", StringComparison.Ordinal) + "</svg>".Length;
        XElement title = XElement.Parse(chart[begin..end]).Elements().First(element => element.Name.LocalName == "title");
        Assert.Contains("against 23.13 before", title.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("href", chart, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", chart, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recording_ThatIsDamaged_IsRefusedWithItsName()
    {
        string file = Path.Combine(_folder.FullName, "damaged.avro");
        await File.WriteAllBytesAsync(file, [.. AvroContainer.Magic, 2], TestContext.Current.CancellationToken);
        string data = Path.Combine(_folder.FullName, "data");
        Directory.CreateDirectory(Path.Combine(data, "keys"));
        Finished refused = await BuiltTool.RunAsync("simulate", "--usage", file, "--data", data);
        Assert.Equal(WorkerHost.ExitConfiguration, refused.ExitCode);
        Assert.Contains("damaged.avro", refused.Error, StringComparison.Ordinal);
    }

    /// <summary>The sample catalogue, in which each amount of mobile-start is doubled.</summary>
    private string Dearer()
    {
        string folder = Path.Combine(_folder.FullName, "dearer");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(SampleFiles.Catalogue))
        {
            string text = File.ReadAllText(file);
            if (Path.GetFileName(file) == "mobile-start.yaml")
            {
                text = Regex.Replace(
                    text, "(price|connectFee): \"([0-9.]+)\"",
                    match => string.Create(
                        CultureInfo.InvariantCulture,
                        $"{match.Groups[1].Value}: \"{2 * decimal.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)}\""));
            }

            File.WriteAllText(Path.Combine(folder, Path.GetFileName(file)), text);
        }

        return folder;
    }

    private SimulationReport Simulate(
        string? catalogue = null, string? compare = null, string? subscriptions = null, int cores = 2) => SimulateCommand.Simulate(
        new SimulationInputs([SampleFiles.Usage], null, catalogue, compare, subscriptions, _folder.FullName, cores),
        watch: null,
        TestContext.Current.CancellationToken);

    /// <summary>Compares usage.rated.v1 with the simulation of the same files, and of the recorded topic, line by line.</summary>
    private async Task CompareAsync(string[] usage, string? subscriptions, string? catalogueFolder = null)
    {
        string data = Path.Combine(_folder.FullName, "data");
        string recording = Path.Combine(_folder.FullName, "usage.avro");
        (Dictionary<UInt128, string> rated, decimal billed) = await RunAsync(
            data, usage, subscriptions, catalogueFolder, recording, TestContext.Current.CancellationToken);
        Assert.NotEmpty(rated);
        foreach (string[] input in new[] { usage, [recording] })
        {
            ConcurrentDictionary<UInt128, string> simulated = new();
            SimulationReport report = SimulateCommand.Simulate(
                new SimulationInputs(input, null, catalogueFolder, null, subscriptions, data, Cores: 2),
                (catalogue, in usage, in result, session) =>
                {
                    if (result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
                    {
                        Assert.True(simulated.TryAdd(usage.UsageId, LineOf(catalogue, in result, session)));
                    }
                },
                TestContext.Current.CancellationToken);
            Assert.True(report.IsConserved);
            Assert.Equal(billed, report.Totals.Sum(total => Nanos.ToDecimal(total.NowNanos)));
            Assert.Equal(rated.Count, simulated.Count);
            Assert.All(rated, line => Assert.Equal(line.Value, simulated[line.Key]));
        }
    }

    private static async Task<(Dictionary<UInt128, string> Rated, decimal Billed)> RunAsync(
        string data, string[] usage, string? subscriptions, string? catalogueFolder, string recording, CancellationToken stopping)
    {
        using DataFolder folder = DataFolder.Open(data);
        ReferenceData reference = ReferenceData.Read(catalogueFolder, subscriptions);
        await using Pipeline pipeline = await Pipeline.StartAsync(folder, reference, AnyFreePort, _ => { }, _ => { }, stopping);
        IServiceProvider services = pipeline.App.Services;
        MainJob run = new(
            pipeline, services.GetRequiredService<FileIntake>(), services.GetRequiredService<FileLedger>(), RunInputs.Find(usage), null);
        await run.ToTheEndAsync(stopping);
        ISchemaRegistry registry = services.GetRequiredService<ISchemaRegistry>();
        using TopicReader reader = new(
            services.GetRequiredService<KafkaOptions>(), services.GetRequiredService<ConsumerOptions>(), TimeProvider.System);
        EventTopic<UsageReceivedView> received = await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, registry, stopping);
        UsageRecording.Write(recording, reader, received, from: null, until: null, stopping);
        EventTopic<UsageRatedView> topic = await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, registry, stopping);
        Dictionary<UInt128, string> rated = [];
        Dictionary<(string, int), OfferingVersion> versions = CatalogueFolder.Load(catalogueFolder ?? SampleFiles.Catalogue)
            .ToDictionary(version => (version.Offering, version.Version));
        reader.Read(
            reader.RangesOf(Topics.UsageRated),
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    Assert.True(topic.TryRead(batch[index].Value, out UsageRatedView line));
                    rated.Add(UsageEvents.ToNumber(line.UsageId), LineOf(in line));
                    RatedUsage kept = RatedUsage.Of(in line, batch[index].Partition, batch[index].Offset);
                    RatedExplanation explained = new(kept, (offering, version) => versions.GetValueOrDefault((offering, version ?? 0)));
                    Assert.True(explained.Agrees, string.Join('\n', explained.Lines()));
                }
            },
            stopping);
        decimal billed = run.Report(folder).TotalBilled.Sums
            .Sum(sum => Nanos.ToDecimal(sum.AmountNanos));
        return (rated, billed);
    }

    private static string LineOf(in UsageRatedView line)
    {
        StringBuilder text = new();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{Encoding.UTF8.GetString(line.Offering)}/{line.OfferingVersion} {line.Outcome} {line.PriceIndex} {line.ChargedUnits} ")
            .Append(CultureInfo.InvariantCulture, $"{line.BundleUnits} {line.AmountNanos}");
        foreach (UsagePartView part in new AvroItems<UsagePartView>(line.PartsOctets))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $" | {part.Component} {part.PriceIndex} {part.Tier} {part.Packages} {part.Units} {part.UnitPriceNanos} {part.AmountNanos}");
        }

        return text.ToString();
    }

    private static string LineOf(SimulatedCatalogue catalogue, in RatingResult result, RatingSession session)
    {
        OfferingVersion version = catalogue.Versions[result.VersionIndex];
        StringBuilder text = new();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{version.Offering}/{version.Version} {result.Outcome} {result.PriceIndex} {result.ChargedUnits} ")
            .Append(CultureInfo.InvariantCulture, $"{result.BundleUnits} {result.AmountNanos}");
        if (result.PartCount > 0)
        {
            foreach (RatedPart part in session.Parts(in result, catalogue.Tariffs))
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $" | {part.Component} {part.PriceIndex} {part.Tier} {part.Packages} {part.Units} {part.UnitPriceNanos} ")
                    .Append(part.AmountNanos.ToString(CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }
}
