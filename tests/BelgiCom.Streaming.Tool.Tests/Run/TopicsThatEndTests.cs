using System.Globalization;
using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.LocalKafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Retention;
using BelgiCom.Streaming.Testing;
using Microsoft.AspNetCore.Builder;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>
/// Topics lose their records to retention, and are made anew, while ledger, archive and file ledger stay. Whoever keeps a position of its
/// own must neither refuse to go on nor skip the records that now lie below it. A message costs EUR 1.00.
/// </summary>
public sealed class TopicsThatEndTests : IDisposable
{
    private const string Subscriber = "999000000001";

    private static readonly string[] UsageTopics = [Topics.UsageReceived, Topics.UsageRated, Topics.UsageRejected];

    private readonly TemporaryFolder _folder = new();
    private readonly DateTimeOffset _usedAt = TimeProvider.System.GetUtcNow().AddDays(-2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Data => _folder.Under("data");

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Every partition with a reject, or with usage, is quiet for longer than the retention: the logs then begin behind the last commit
    /// marker, which is behind every position that is one more than the last record.
    /// </summary>
    [Fact]
    public async Task Run_AfterSilenceLongerThanTheRetention_StartsAgainAndAlarmsNobody()
    {
        JsonElement first = (await RunAsync("first", 10, unknownSubscribers: 6)).WithExitCode(WorkerHost.ExitMoneyWaits).Json;
        Assert.Equal((10, 6), (Total(first, "rated"), Total(first, "suspended")));
        await AgeAsync(TimeSpan.FromDays(46));

        JsonElement second = (await RunAsync("second", 5)).WithExitCode(WorkerHost.ExitDone).Json;

        AssertEvident(second);
        Assert.Equal(5, second.GetProperty("records").GetProperty("rated").GetInt64());
        Assert.Equal("15.000000000", second.GetProperty("total").GetProperty("billed").GetProperty("amount").GetString());
        AssertArchived(15);
        JsonElement third = (await RunAsync("third", 5)).WithExitCode(WorkerHost.ExitDone).Json;
        AssertEvident(third);
        Assert.Equal("20.000000000", third.GetProperty("total").GetProperty("billed").GetProperty("amount").GetString());
        Assert.True((await BuiltTool.RunAsync("reconcile", "--data", Data, "--json")).WithExitCode(WorkerHost.ExitDone).Json
            .GetProperty("reconciled").GetBoolean());
    }

    /// <summary>
    /// Kafka is rebuilt from nothing, ledger and archive are kept. The new topics become longer than the old ones were, so that an offset
    /// alone says nothing.
    /// </summary>
    [Theory]
    [InlineData(1, 5)]
    [InlineData(40, 200)]
    public async Task Run_OverTopicsMadeAnew_BillsAndArchivesAllTheirRecordsOnce(int before, int after)
    {
        (await RunAsync("before", before)).WithExitCode(WorkerHost.ExitDone);
        Directory.Delete(Path.Combine(Data, "broker"), recursive: true);
        Directory.Delete(Path.Combine(Data, "files"), recursive: true);

        JsonElement run = (await RunAsync("after", after)).WithExitCode(WorkerHost.ExitDone).Json;

        AssertEvident(run);
        JsonElement billed = run.GetProperty("total").GetProperty("billed");
        Assert.Equal(
            (before + after, string.Create(CultureInfo.InvariantCulture, $"{before + after}.000000000")),
            (billed.GetProperty("lines").GetInt64(), billed.GetProperty("amount").GetString()));
        AssertArchived(before + after);
    }

    private static void AssertEvident(JsonElement run)
    {
        Assert.True(run.GetProperty("conserved").GetBoolean());
        Assert.True(run.GetProperty("reconciled").GetBoolean());
        Assert.Equal(0, run.GetProperty("differences").GetInt64());
    }

    private static int Total(JsonElement run, string outcome) =>
        run.GetProperty("total").GetProperty("records").GetProperty(outcome).GetInt32();

    /// <summary>Messages of one subscriber that has a subscription, and of as many others as are asked for that have none.</summary>
    private Task<Finished> RunAsync(string name, int messages, int unknownSubscribers = 0)
    {
        StringBuilder file = new("record_id,sms_time,msisdn,imsi,direction,other_party,serving_plmn,node\n");
        for (int i = 0; i < messages + unknownSubscribers; i++)
        {
            string from = i < messages ? Subscriber : $"9990000001{i:00}";
            file.Append(
                CultureInfo.InvariantCulture,
                $"{name}-{i},{_usedAt.AddSeconds(i):yyyy-MM-ddTHH:mm:ssZ},{from},,MO,999000000009,00101,N\n");
        }

        string usage = _folder.Under($"{name}.csv");
        File.WriteAllText(usage, file.ToString());
        return BuiltTool.RunAsync(
            "run", "--data", Data, "--input", usage, "--catalogue", UsageCase.Shared("catalogue"), "--subscriptions",
            UsageCase.Shared("subscriptions.csv"), "--json");
    }

    /// <summary>Lets the broker's retention do what it does after a time in which nothing was written.</summary>
    private async Task AgeAsync(TimeSpan silence)
    {
        await using LocalKafkaBroker broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions
            {
                DataDirectory = Path.Combine(Data, "broker"),
                TimeProvider = new LaterClock(silence),
                CleanupInterval = TimeSpan.FromMilliseconds(50),
            },
            Cancel);
        using GroupLag lag = new(new KafkaOptions { BootstrapServers = broker.BootstrapServers });
        await Wait.UntilAsync(
            async () =>
            {
                IReadOnlyList<PartitionLag> partitions = await lag.ReadAsync("billing-sync", UsageTopics);
                Assert.All(UsageTopics, topic => Assert.Contains(
                    partitions, partition => partition.Partition.Topic == topic && partition.End > 0));
                return partitions.All(partition => partition.Begin == partition.End);
            },
            "the end of retention", []);
    }

    /// <summary>Each message is archived as received and as rated, once in each class that takes it.</summary>
    private void AssertArchived(int messages)
    {
        WebApplicationBuilder builder = ToolDefaults.ArchiveBuilder(Data);
        builder.Configuration.AddShippedRetention(development: true);
        RetentionOptions options = builder.AddValidatedOptions<RetentionOptions>(RetentionOptions.Section);
        FileKeyStore keys = new(builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section).Directory);
        using CdrArchive archive = CdrArchive.Open(options, keys, TimeProvider.System);
        ArchiveLookup found = archive.Find(
            [new SubscriberPseudonymizer(keys).FromMsisdn(Subscriber)], _usedAt.AddDays(-1), _usedAt.AddDays(3),
            new ArchiveAccess("test", "what a run archived", "1"));

        Assert.Equal(
            [Topics.UsageRated, Topics.UsageReceived],
            found.Records.Select(record => record.Topic).Distinct().Order(StringComparer.Ordinal));
        Assert.All(found.Records.GroupBy(record => (record.RetentionClass, record.Topic)), records => Assert.Equal(
            (messages, messages), (records.Count(), records.Select(record => Convert.ToHexString(record.Value)).Distinct().Count())));
    }

    private sealed class LaterClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
