using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>The operator's verbs against a running Kafka and registry, as somebody types them.</summary>
public sealed class VerbTests(EmbeddedCluster cluster) : IClassFixture<EmbeddedCluster>
{
    private const string Header = "msisdn,imsi,account,offering,validFrom,validTo";

    [Fact]
    public async Task Setup_OfAnEmptyKafka_AddsWhatIsMissing_AndChangesNothingThatIsPublished()
    {
        using TemporaryFolder folder = new();
        Dictionary<string, string> settings = Settings(folder, cluster.RegistryUrl);
        string ours = await WriteAsync(folder, "ours.csv", "999000000001,999990000000001,OURS,mobile-start,,");
        string samples = await WriteAsync(
            folder, "samples.csv", "999000000001,999990000000001,SAMPLE,mobile-start,,",
            "999000000002,999990000000002,SAMPLE,mobile-start,,");
        JsonElement before = await TopicsAsync(settings);
        Assert.False(before.GetProperty("exists").GetBoolean());

        await SetupAsync(settings, ours);
        JsonElement after = await TopicsAsync(settings);
        Assert.Equal((true, 1), (after.GetProperty("exists").GetBoolean(), after.GetProperty("partitions").GetInt32()));
        Assert.Equal("delete", after.GetProperty("config").GetProperty("cleanup.policy").GetString());
        // The topic has fewer partitions than it is created with, and no other difference.
        Assert.Single(after.GetProperty("differences").EnumerateArray());

        // A line gives two references, that of the number and that of the IMSI.
        Assert.Equal((2, 2), Published((await SetupAsync(settings, samples)).GetProperty("subscriptions")));
        Finished load = await Belgicom.RunAsync(settings, "subscriptions", "load", samples, "--json");
        Assert.Equal((1, 3), Published(load.WithExitCode(0).Json));

        // The other registry has none of the schemas of topics that exist.
        await using EmbeddedCluster other = new();
        await other.InitializeAsync();
        Finished lost = await Belgicom.RunAsync(Settings(folder, other.RegistryUrl), "setup", "--partitions-max", "1");
        Assert.Contains("it has lost them", lost.WithExitCode(2).Error, StringComparison.Ordinal);
        Assert.Empty(await other.Registry.GetSubjectsAsync(TestContext.Current.CancellationToken));
        Finished anew = await Belgicom.RunAsync(
            Settings(folder, other.RegistryUrl), "setup", "--partitions-max", "1", "--schemas-anew");
        anew.WithExitCode(0);
    }

    /// <summary>A choice is entered once, and stays when the file of subscriptions, which says nothing of it, is loaded again.</summary>
    [Fact]
    public async Task SubscriptionsChoose_OfALimit_IsKeptByTheNextLoad()
    {
        using TemporaryFolder folder = new();
        await using EmbeddedCluster own = new();
        await own.InitializeAsync();
        Dictionary<string, string> settings = Settings(folder, own.RegistryUrl);
        settings["Kafka__BootstrapServers"] = own.BootstrapServers;
        string file = await WriteAsync(folder, "subscriptions.csv", "999000000077,999990000000077,CHOOSES,mobile-start,,");
        await SetupAsync(settings, file);
        (await Belgicom.RunAsync(settings, "catalogue", "apply", "--catalogue", "Samples/catalogue")).WithExitCode(0);
        string numbers = folder.Under("numbers");
        await File.WriteAllTextAsync(numbers, "+999000000077\n", TestContext.Current.CancellationToken);

        Finished unknown = await Belgicom.RunAsync(
            settings, "subscriptions", "choose", "no-limit", "--opt-out", "--numbers", numbers);
        Assert.Contains("it has eu-roaming, eu-roaming-2, be-domestic", unknown.WithExitCode(1).Error, StringComparison.Ordinal);
        Finished both = await Belgicom.RunAsync(
            settings, "subscriptions", "choose", "eu-roaming", "--opt-out", "--amount", "75", "--numbers", numbers);
        Assert.Contains("give one of --amount", both.WithExitCode(1).Error, StringComparison.Ordinal);
        Finished chosen = await Belgicom.RunAsync(
            settings, "subscriptions", "choose", "eu-roaming", "--amount", "75.50", "--from", "2026-03-01T00:00:00Z", "--numbers", numbers,
            "--json");
        JsonElement choice = chosen.WithExitCode(0).Json;
        Assert.Equal(("eu-roaming", 75.50m), (choice.GetProperty("limit").GetString(), choice.GetProperty("amount").GetDecimal()));

        Finished load = await Belgicom.RunAsync(settings, "subscriptions", "load", file, "--json");
        Assert.Equal((0, 2), Published(load.WithExitCode(0).Json));
    }

    /// <summary>Every verb that asks the brokers says first that none answers, and where their address is set.</summary>
    [Theory]
    [InlineData("topics", "list")]
    [InlineData("suspense", "list")]
    [InlineData("suspense", "discard", "--reason", "CONFLICT", "--because", "T-12")]
    [InlineData("catalogue", "apply", "--catalogue", "Samples/catalogue")]
    public async Task Verb_ThatNeedsAKafkaThatIsNotThere_IsAnError(params string[] verb)
    {
        using TemporaryFolder folder = new();
        Dictionary<string, string> settings = Settings(folder, cluster.RegistryUrl);
        settings["Kafka__BootstrapServers"] = "127.0.0.1:1";
        string[] data = verb[0] is "suspense" ? ["--data", folder.Under("data")] : [];
        Finished refused = (await Belgicom.RunAsync(settings, [.. verb, .. data])).WithExitCode(2);
        Assert.Contains("No broker of 127.0.0.1:1 answers", refused.Error, StringComparison.Ordinal);
        Assert.Contains("check Kafka__BootstrapServers", refused.Error, StringComparison.Ordinal);
    }

    /// <summary>Every verb that asks the registry says where its address is set.</summary>
    [Theory]
    [InlineData("schemas", "list")]
    [InlineData("catalogue", "apply", "--catalogue", "Samples/catalogue")]
    public async Task Verb_ThatNeedsARegistryThatIsNotThere_IsAnError(params string[] verb)
    {
        using TemporaryFolder folder = new();
        Dictionary<string, string> settings = Settings(folder, new Uri("http://127.0.0.1:1"));
        Finished refused = (await Belgicom.RunAsync(settings, [.. verb, "--json"])).WithExitCode(2);
        Assert.Contains("check SchemaRegistry__Url", refused.Error, StringComparison.Ordinal);
        Assert.Equal("belgicom: " + refused.Json.GetProperty("errors").EnumerateArray().Single(), refused.Error.TrimEnd());
    }

    [Fact]
    public async Task Verb_WithAnOptionThatDoesNotExist_IsAUsageError_InJsonToo()
    {
        Finished refused = (await Belgicom.RunAsync(new Dictionary<string, string>(), "run", "--dta", "x", "--json")).WithExitCode(1);
        Assert.Contains("--dta", refused.Json.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("due")]
    [InlineData("expire")]
    public async Task Retention_WithoutAPeriodThatSomebodyDecided_IsRefused(string verb)
    {
        using TemporaryFolder folder = new();
        Finished refused = (await Belgicom.RunAsync(
            new Dictionary<string, string>(), "retention", verb, "--data", folder.Under("data"))).WithExitCode(1);
        Assert.Contains("Retention__Classes__BILLING__Period", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Under("data")));
    }

    /// <summary>The verb and the worker read the file of their environment, which only this test has.</summary>
    [Theory]
    [InlineData("belgicom", "retention", "verify")]
    [InlineData("BelgiCom.Streaming.Rating.Worker", "--validate", "")]
    public async Task Program_WhoseSettingsFileIsNoJson_EndsWithOneAndThePlace(string program, string first, string second)
    {
        string environment = $"T{Guid.NewGuid():N}";
        string file = Path.Combine(AppContext.BaseDirectory, $"appsettings.{environment}.json");
        await File.WriteAllTextAsync(file, "{\"Kafka\":\n {\"Lanes\": 1,,}}", TestContext.Current.CancellationToken);
        try
        {
            Dictionary<string, string> settings = new() { ["ASPNETCORE_ENVIRONMENT"] = environment };
            Finished end = await ChildProcess.RunAsync(
                OurProgram.Start(program, settings, [first, .. second.Length > 0 ? [second] : Array.Empty<string>()]),
                patience: Belgicom.EndMax);

            Assert.Contains($"{file}': it is no JSON at line 2, octet 14", end.WithExitCode(1).Error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", end.Error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A record is shown with its fields, by the schema under which it was written; whom it concerns stays a pseudonym.</summary>
    [Fact]
    public async Task Find_OfAnEmbeddedRun_ShowsTheFieldsOfEachRecord()
    {
        using TemporaryFolder folder = new();
        Dictionary<string, string> period = new() { ["Retention__Classes__BILLING__Period"] = "P6M" };
        string usage = folder.Under("usage.csv");
        Messages.Write(usage, 3);
        (await Belgicom.RunAsync(period, "run", "--data", folder.Under("data"), "--input", usage)).WithExitCode(0);

        Finished found = await ChildProcess.RunAsync(
            OurProgram.Start(
                "belgicom", period,
                "retention", "find", "--data", folder.Under("data"), "--from", "2020-01-01T00:00:00Z", "--to", "2100-01-01T00:00:00Z",
                "--actor", "test", "--reason", "test", "--json"),
            Messages.Number,
            Belgicom.EndMax);

        JsonElement[] records = [.. found.WithExitCode(0).Json.GetProperty("records").EnumerateArray()];
        Assert.Equal(
            [("usage.rated.v1", 3), ("usage.received.v1", 3)],
            records.CountBy(record => record.GetProperty("topic").GetString()!).OrderBy(topic => topic.Key)
                .Select(topic => (topic.Key, topic.Value)));
        Assert.All(records, record => Assert.Equal(JsonValueKind.Null, record.GetProperty("fieldsMissingBecause").ValueKind));
        Assert.All(
            records.Where(record => record.GetProperty("topic").GetString() == "usage.received.v1"),
            record =>
            {
                JsonElement fields = record.GetProperty("fields");
                Assert.Equal(("SMS", 1), (fields.GetProperty("kind").GetString(), fields.GetProperty("messages").GetInt64()));
            });
        Assert.DoesNotContain("999100000024", found.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_UnknownKind_NamesTheKinds()
    {
        using TemporaryFolder folder = new();
        Finished refused = (await GenerateAsync(folder, "voice")).WithExitCode(1);
        Assert.Contains("VoiceCsv", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("GeneratedKind", refused.Error, StringComparison.Ordinal);
        Finished help = await Belgicom.RunAsync(new Dictionary<string, string>(), "generate", "--help");
        Assert.Contains("VoiceCsv", help.Text, StringComparison.Ordinal);
        (await GenerateAsync(folder, "voicecsv")).WithExitCode(0);
    }

    private static Task<Finished> GenerateAsync(TemporaryFolder folder, string kind) => Belgicom.RunAsync(
        new Dictionary<string, string>(), "generate", "--records", "1", "--out", folder.Under("out"), "--kind", kind);

    private Dictionary<string, string> Settings(TemporaryFolder folder, Uri registry) => new()
    {
        ["Kafka__BootstrapServers"] = cluster.BootstrapServers,
        ["SchemaRegistry__Url"] = registry.ToString(),
        ["Keys__Directory"] = folder.Under("keys"),
    };

    private static async Task<JsonElement> SetupAsync(Dictionary<string, string> settings, string subscriptions) =>
        (await Belgicom.RunAsync(
            settings, "setup", "--subscriptions", subscriptions, "--partitions-max", "1", "--json")).WithExitCode(0).Json;

    private static async Task<JsonElement> TopicsAsync(Dictionary<string, string> settings) =>
        (await Belgicom.RunAsync(settings, "topics", "list", "--json")).WithExitCode(0).Json
            .GetProperty("topics")
            .EnumerateArray()
            .Single(topic => topic.GetProperty("name").GetString() == "usage.rated.v1");

    private static (int Written, int Unchanged) Published(JsonElement result) =>
        (result.GetProperty("written").GetInt32(), result.GetProperty("unchanged").GetInt32());

    private static async Task<string> WriteAsync(TemporaryFolder folder, string name, params string[] lines)
    {
        await File.WriteAllLinesAsync(folder.Under(name), [Header, .. lines], TestContext.Current.CancellationToken);
        return folder.Under(name);
    }
}
