using System.Globalization;
using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Retention;
using BelgiCom.Streaming.Storage;
using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Configuration;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>A request by law, as an officer makes it: with the tool, beside an archive that the worker left.</summary>
public sealed class RetentionCommandTests : IDisposable
{
    private const string Msisdn = "999100000024";
    private const string Imsi = "001011000000024";
    private const string Reason = "Code of Criminal Procedure art. 46bis, request 2026-17";

    private static readonly Dictionary<string, string> Decided = new() { ["Retention__Classes__BILLING__Period"] = "P24M" };

    private readonly TemporaryFolder _folder = new();
    private readonly DateTimeOffset _used = TimeProvider.System.GetUtcNow().AddDays(-2);

    private string Data => _folder.Under("data");

    private string[] Days => [
        "--from", _used.AddDays(-1).ToString("O", CultureInfo.InvariantCulture),
        "--to", _used.AddDays(1).ToString("O", CultureInfo.InvariantCulture)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Msisdn)]
    [InlineData("+" + Msisdn + "\n")]
    [InlineData(Imsi)]
    [InlineData(Msisdn + "\n" + Imsi)]
    public async Task Find_ByANumberOnStandardInput_ShowsThePersonsRecordsAndNotesWhoAsked(string numbers)
    {
        Write();

        Finished end = (await RunAsync(numbers, ["find", .. Days, "--reason", Reason, "--actor", "officer-1", "--json"]))
            .WithExitCode(WorkerHost.ExitDone);

        int records = numbers.Contains('\n', StringComparison.Ordinal) && numbers.Contains(Imsi, StringComparison.Ordinal) ? 2 : 1;
        Assert.Equal(records, end.Json.GetProperty("records").GetArrayLength());
        Assert.False(end.Json.GetProperty("masked").GetBoolean());
        JsonElement record = end.Json.GetProperty("records")[0];
        Assert.Equal(JsonValueKind.Null, record.GetProperty("fields").ValueKind);
        Assert.Equal(4, record.GetProperty("value").GetBytesFromBase64().Length);
        Assert.Contains("id of a schema", record.GetProperty("fieldsMissingBecause").GetString(), StringComparison.Ordinal);
        List<AuditEntry> entries = Journal();
        Assert.All(entries, entry => Assert.Equal(("officer-1", "retention.find"), (entry.Actor, entry.Action)));
        Assert.All(entries, entry => Assert.Contains(Reason, entry.Decision, StringComparison.Ordinal));
        Assert.Equal(end.Json.GetProperty("request").GetString(), Assert.Single(entries.Select(entry => entry.CorrelationId).Distinct()));
        Assert.DoesNotContain(entries, entry => entry.Decision.Contains(Msisdn, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Find_OfNobody_EndsWithZeroAndIsJournalledAsTheCaller()
    {
        Write();

        Finished end = (await RunAsync("32470000000", ["find", .. Days, "--reason", Reason])).WithExitCode(WorkerHost.ExitDone);

        Assert.Contains("0 records", Encoding.UTF8.GetString(end.Output), StringComparison.Ordinal);
        Assert.Contains("nothing is masked", Encoding.UTF8.GetString(end.Output), StringComparison.Ordinal);
        Assert.All(Journal(), entry => Assert.Equal($"{Environment.UserName}@{Environment.MachineName}", entry.Actor));
        Assert.Equal(2, Journal().Count);
    }

    [Theory]
    [InlineData("", Reason, "no number")]
    [InlineData("32-470", Reason, "line 1 is no MSISDN")]
    [InlineData(Msisdn + "\n\n1234567890123456", Reason, "line 3 is no MSISDN")]
    [InlineData(Msisdn, " ", "--reason")]
    public async Task Find_WithoutANumberOrAReason_EndsWithOneAndTouchesNothing(string numbers, string reason, string says)
    {
        Write();

        Finished end = (await RunAsync(numbers, ["find", .. Days, "--reason", reason])).WithExitCode(WorkerHost.ExitConfiguration);

        Assert.Contains(says, end.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Msisdn, end.Error, StringComparison.Ordinal);
        Assert.Empty(Journal());
    }

    [Fact]
    public async Task Find_MoreThanAskedFor_EndsWithTwoAndSaysSo()
    {
        Write();

        Finished end = (await RunAsync($"{Msisdn}\n{Imsi}", ["find", .. Days, "--reason", Reason, "--max", "1"]))
            .WithExitCode(WorkerHost.ExitFailed);

        Assert.Contains("there are more", Encoding.UTF8.GetString(end.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hold_ThenRelease_AreJournalledWithTheirGround()
    {
        Write();
        string numbers = _folder.Under("numbers.txt");
        await File.WriteAllTextAsync(numbers, Msisdn, TestContext.Current.CancellationToken);

        (await RunAsync("", ["hold", "--id", "case-7", "--numbers", numbers, .. Days, "--reason", Reason, "--actor", "officer-1"]))
            .WithExitCode(WorkerHost.ExitDone);
        (await RunAsync(Msisdn, ["hold", "--id", "case-7", .. Days, "--reason", Reason])).WithExitCode(WorkerHost.ExitConfiguration);
        (await RunAsync("", ["release", "--id", "case-7", "--reason", "closed", "--actor", "officer-2"])).WithExitCode(WorkerHost.ExitDone);
        (await RunAsync("", ["release", "--id", "case-7", "--reason", "closed"])).WithExitCode(WorkerHost.ExitConfiguration);

        Assert.Equal(
            ["officer-1 retention.hold", "officer-1 retention.hold", "officer-2 retention.release", "officer-2 retention.release"],
            Journal().Select(entry => $"{entry.Actor} {entry.Action}"));
        Assert.All(Journal(), entry => Assert.Contains("hold case-7", entry.Decision, StringComparison.Ordinal));
    }

    /// <summary>The shell of the verb has another period than the worker that wrote the archive, by a slip of the pen.</summary>
    [Fact]
    public async Task Expire_InAShellWithAShorterPeriod_DestroysOnlyAfterAConfirmationAndNotesWhoGaveIt()
    {
        Write();
        Dictionary<string, string> shell = new(Decided) { ["Retention__Classes__FRAUD_4M__Period"] = "P1D" };

        Finished refused = (await RunAsync(shell, "", ["expire", "--json"])).WithExitCode(WorkerHost.ExitConfiguration);
        Assert.Equal(0, refused.Json.GetProperty("records").GetInt64());
        Assert.Contains(
            "--period-was-shortened", refused.Json.GetProperty("items")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        (await RunAsync(shell, "", ["expire", "--json"])).WithExitCode(WorkerHost.ExitConfiguration);
        Assert.Empty(Journal());

        Finished confirmed = (await RunAsync(shell, "", ["expire", "--period-was-shortened", "--actor", "dpo", "--json"]))
            .WithExitCode(WorkerHost.ExitDone);
        Assert.Equal(3, confirmed.Json.GetProperty("records").GetInt64());
        Assert.Equal("dpo", Assert.Single(Journal()).Actor);
    }

    [Fact]
    public async Task Find_WhileAWorkerHasTheArchive_EndsWithTheReason()
    {
        Write();
        using FolderLock worker = FolderLock.Take(DataFolder.ArchiveOf(Data), "Archive", "Retention:ArchiveDirectory");

        Finished end = (await RunAsync(Msisdn, ["find", .. Days, "--reason", Reason])).WithExitCode(WorkerHost.ExitFailed);

        Assert.Contains("another process works in the folder", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reindex_IndexLost_TheRecordsAreFoundAgain()
    {
        Write();
        string index = Path.Combine(DataFolder.ArchiveOf(Data), "index.db");
        File.Delete(index);
        Finished refused = (await RunAsync("", ["verify"])).WithExitCode(WorkerHost.ExitFailed);
        Assert.Contains("belgicom retention reindex", refused.Error, StringComparison.Ordinal);

        Finished made = (await RunAsync("", ["reindex", "--actor", "officer-1", "--json"])).WithExitCode(WorkerHost.ExitDone);

        Assert.Equal(3, made.Json.GetProperty("records").GetInt64());
        Assert.Equal("officer-1 retention.reindex", Journal().Select(entry => $"{entry.Actor} {entry.Action}").Single());
        Finished found = (await RunAsync(Msisdn, ["find", .. Days, "--reason", Reason, "--json"])).WithExitCode(WorkerHost.ExitDone);
        Assert.Equal(1, found.Json.GetProperty("records").GetArrayLength());
        // A check decides nothing by a period, so it needs none.
        (await RunAsync([], "", ["verify"])).WithExitCode(WorkerHost.ExitDone);
    }

    [Fact]
    public async Task Reindex_FileOfASegmentLost_SaysSoAndEndsWithTwo()
    {
        Write();
        File.Delete(Path.Combine(DataFolder.ArchiveOf(Data), "index.db"));
        File.WriteAllBytes(Directory.GetFiles(DataFolder.ArchiveOf(Data), "*.cdra", SearchOption.AllDirectories).Single(), [0, 1, 2, 3]);

        Finished made = (await RunAsync("", ["reindex", "--json"])).WithExitCode(WorkerHost.ExitFailed);

        Assert.Contains("FRAUD_4M", made.Json.GetProperty("faults")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Find_WithoutAnArchive_EndsWithOneAndMakesNothing()
    {
        (await RunAsync(Msisdn, ["find", .. Days, "--reason", Reason])).WithExitCode(WorkerHost.ExitConfiguration);

        Assert.False(Directory.Exists(Data));
    }

    /// <summary>A message of the person under each of two references, and one of somebody else.</summary>
    private void Write()
    {
        ConfigurationBuilder configuration = new();
        configuration.AddShippedRetention(development: true);
        RetentionOptions options = new();
        configuration.Build().GetSection(RetentionOptions.Section).Bind(options);
        options.ArchiveDirectory = DataFolder.ArchiveOf(Data);
        FileKeyStore keys = new(DataFolder.KeysOf(Data));
        SubscriberPseudonymizer pseudonyms = new(keys);
        using CdrArchive archive = CdrArchive.Open(options, keys, TimeProvider.System);
        archive.RememberPeriods();
        using ArchiveAppender appender = archive.BeginAppend();
        SubscriberRef[] subscribers = [pseudonyms.FromMsisdn(Msisdn), pseudonyms.FromImsi(Imsi), pseudonyms.FromMsisdn("999100000025")];
        for (int i = 0; i < subscribers.Length; i++)
        {
            appender.Add(new CdrToArchive
            {
                Topic = Topics.UsageReceived,
                Partition = 0,
                Offset = i,
                Subscriber = subscribers[i],
                Kind = UsageKind.Sms,
                Direction = Direction.Originating,
                EventTimeMilliseconds = _used.ToUnixTimeMilliseconds(),
                EndTimeMilliseconds = _used.ToUnixTimeMilliseconds(),
                ReceivedMilliseconds = _used.ToUnixTimeMilliseconds(),
                Value = [1, 2, 3, (byte)i],
            });
        }

        appender.Commit();
    }

    private List<AuditEntry> Journal() => [.. AuditJournal.Read(Path.Combine(DataFolder.ArchiveOf(Data), "journal"))];

    private Task<Finished> RunAsync(string input, string[] arguments) => RunAsync(Decided, input, arguments);

    private Task<Finished> RunAsync(Dictionary<string, string> settings, string input, string[] arguments) => ChildProcess.RunAsync(
        OurProgram.Start("belgicom", settings, ["retention", .. arguments, "--data", Data]), Encoding.UTF8.GetBytes(input),
        TimeSpan.FromMinutes(2));
}
