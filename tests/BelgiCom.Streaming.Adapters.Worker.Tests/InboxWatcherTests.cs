using System.Diagnostics.Metrics;
using BelgiCom.Streaming.Storage;
using BelgiCom.Streaming.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Adapters.Worker.Tests;

public sealed class InboxWatcherTests : IDisposable
{
    private const string Pgw = "pgw_3records_ts32297.cdr";

    private readonly MediationFixture _fixture = new();
    private readonly SourceOptions _source;
    private InboxBacklog? _backlog;

    public InboxWatcherTests()
    {
        _source = new SourceOptions { Name = "ericsson-pgw", Vendor = "ericsson", Inbox = Path.Combine(_fixture.Folder, "inbox") };
        foreach (string folder in new[] { "", "done", "failed" })
        {
            Directory.CreateDirectory(Path.Combine(_source.Inbox, folder));
        }

        _fixture.Options.Sources.Add(_source);
        _fixture.Restart();
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Files_InTheInbox_MoveByTheirOutcome()
    {
        File.Copy(MediationFixture.Sample(Pgw), Path.Combine(_source.Inbox, "a.cdr"));
        await File.WriteAllTextAsync(Path.Combine(_source.Inbox, "b.cdr"), "not a CDR file", TestContext.Current.CancellationToken);

        await NewWatcher().TakeAllAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["done/a.cdr", "failed/b.cdr"], Files());
        Assert.All(_fixture.Sender.Usage, usage => Assert.Equal("ericsson-pgw", usage.Source));
        Assert.Equal(4, _fixture.Sender.Usage.Count);
    }

    [Fact]
    public async Task File_BegunUnderASourceThatWasRenamed_StaysAndStopsNoOther()
    {
        string stuck = Path.Combine(_source.Inbox, "a.cdr");
        File.Copy(MediationFixture.Sample(Pgw), stuck);
        await NewWatcher().TakeAllAsync(TestContext.Current.CancellationToken);
        FileEntry begun = Assert.Single(_fixture.Ledger.List());
        _fixture.Ledger.Put(begun with { State = FileState.Receiving, Source = "ericsson-before", CommittedCdrs = 1 });
        File.Move(Path.Combine(_source.Inbox, "done", "a.cdr"), stuck);
        File.Copy(MediationFixture.Sample("chf_1record_ts32297.cdr"), Path.Combine(_source.Inbox, "b.cdr"));

        await NewWatcher().TakeAllAsync(TestContext.Current.CancellationToken);
        await NewWatcher().TakeAllAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["a.cdr", "done/b.cdr"], Files());
        Assert.Contains("ericsson-before", _fixture.Ledger.Find(begun.Hash)!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_ThatAreStillWritten_StayUntouched()
    {
        _source.Pattern = "*.cdr";
        foreach (string name in new[] { "a.cdr.tmp", ".b.cdr", "c.txt" })
        {
            File.Copy(MediationFixture.Sample(Pgw), Path.Combine(_source.Inbox, name));
        }

        await NewWatcher().TakeAllAsync(TestContext.Current.CancellationToken);

        Assert.Equal([".b.cdr", "a.cdr.tmp", "c.txt"], Files());
        Assert.Empty(_fixture.Sender.Usage);
    }

    [Fact]
    public async Task File_SentTwiceUnderOneName_KeepsOneAndCountsOnce()
    {
        for (int i = 0; i < 2; i++)
        {
            File.Copy(MediationFixture.Sample(Pgw), Path.Combine(_source.Inbox, "a.cdr"));
            await NewWatcher().TakeAllAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(["done/a.cdr"], Files());
        Assert.Equal(4, _fixture.Sender.Usage.Count);
    }

    [Fact]
    public async Task DoneFiles_OlderThanTheSetting_AreDeleted()
    {
        File.Copy(MediationFixture.Sample(Pgw), Path.Combine(_source.Inbox, "a.cdr"));
        InboxWatcher watcher = NewWatcher();
        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);

        _fixture.Clock.Advance(_fixture.Options.KeepDone - TimeSpan.FromSeconds(1));
        watcher.Tidy();
        Assert.Equal(["done/a.cdr"], Files());
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        watcher.Tidy();
        Assert.Empty(Files());
    }

    [Fact]
    public async Task Watcher_ThatRuns_TakesAFileThatIsRenamedIntoPlace()
    {
        _fixture.Options.PollInterval = TimeSpan.FromMilliseconds(200);
        WatchedLogger logger = new();
        using InboxWatcher watcher = NewWatcher(logger);
        await watcher.StartAsync(TestContext.Current.CancellationToken);
        await logger.Watched.WaitAsync(TestContext.Current.CancellationToken);
        // By the clock, which stands still, the file was written this moment: only the rename says that it is whole.
        File.Copy(MediationFixture.Sample(Pgw), Path.Combine(_source.Inbox, "a.cdr.tmp"));
        File.SetLastWriteTimeUtc(Path.Combine(_source.Inbox, "a.cdr.tmp"), MediationFixture.Now.UtcDateTime);
        File.Move(Path.Combine(_source.Inbox, "a.cdr.tmp"), Path.Combine(_source.Inbox, "a.cdr"));

        await Wait.UntilAsync(() => File.Exists(Path.Combine(_source.Inbox, "done", "a.cdr")), "a.cdr to be mediated");

        await watcher.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(4, _fixture.Sender.Usage.Count);
    }

    [Fact]
    public async Task EmptyFile_IsStillWritten_SoItWaits()
    {
        await File.WriteAllBytesAsync(InInbox("a.cdr"), [], TestContext.Current.CancellationToken);

        await NewWatcher().TakeAllAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["a.cdr"], Files());
        Assert.Empty(_fixture.Ledger.List());
        Assert.Equal((1, 0), (_backlog!.Waiting, _backlog.Stuck));
    }

    [Fact]
    public async Task File_WrittenWithinTheLastLook_WaitsForTheNext()
    {
        InboxWatcher watcher = NewWatcher();
        File.Copy(MediationFixture.Sample(Pgw), InInbox("a.cdr"));
        File.SetLastWriteTimeUtc(InInbox("a.cdr"), _fixture.Clock.GetUtcNow().UtcDateTime);

        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["a.cdr"], Files());

        _fixture.Clock.Advance(_fixture.Options.PollInterval);
        Assert.Equal(_fixture.Options.PollInterval, _backlog!.OldestAge);
        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["done/a.cdr"], Files());
        Assert.Equal((0, TimeSpan.Zero), (_backlog.Waiting, _backlog.OldestAge));
    }

    [Fact]
    public async Task File_ThatGrowsWhileItIsRead_StaysAndIsTakenAsAWhole()
    {
        (byte[] whole, InboxWatcher watcher) = (await WriteHalfAsync(InInbox("a.cdr")), NewWatcher());
        _fixture.Sender.WhileSending = () => File.WriteAllBytes(InInbox("a.cdr"), whole);

        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["a.cdr"], Files());
        Assert.Equal(FileState.Changed, Assert.Single(_fixture.Ledger.List()).State);

        _fixture.Clock.Advance(_fixture.Options.PollInterval);
        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["done/a.cdr"], Files());
        Assert.Contains(_fixture.Ledger.List(), entry => entry is { State: FileState.Done, Totals.Events: 4, Quarantined: 0 });
        // What was read of the first half has the same ids, so rating counts it once.
        Assert.Equal(4, _fixture.Sender.Usage.Select(usage => usage.UsageId).Distinct().Count());
    }

    [Theory]
    [InlineData(0.6)]
    [InlineData(0.01)]
    public async Task File_ThatGrowsAfterItWasProcessed_ComesBackAndIsTakenAsAWhole(double part)
    {
        (byte[] whole, InboxWatcher watcher) = (await WriteHalfAsync(InInbox("a.cdr"), part), NewWatcher());
        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);
        string processed = Assert.Single(Files());
        Assert.NotEqual("a.cdr", processed);

        await File.WriteAllBytesAsync(InInbox(processed), whole, TestContext.Current.CancellationToken);
        watcher.Tidy();
        Assert.Equal(["a.cdr"], Files());

        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);
        watcher.Tidy();
        Assert.Equal(["done/a.cdr"], Files());
        Assert.Equal(4, _fixture.Sender.Usage.Select(usage => usage.UsageId).Distinct().Count());
    }

    [Fact]
    public async Task File_ThatCannotBeMoved_IsTakenInOnce_TriedEverLater_AndSeenFromOutside()
    {
        Directory.Delete(InInbox("done"));
        File.Copy(MediationFixture.Sample(Pgw), InInbox("a.cdr"));
        InboxWatcher watcher = NewWatcher();
        using InboxBacklogs backlogs = new([_backlog!]);

        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, Gauge("belgicom_adapters_stuck_files"));
        HealthCheckResult health = await backlogs.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Degraded, health.Status);

        Directory.CreateDirectory(InInbox("done"));
        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["a.cdr"], Files());

        _fixture.Clock.Advance(_fixture.Options.PollInterval);
        Assert.Equal(_fixture.Options.PollInterval.TotalSeconds, Gauge("belgicom_adapters_oldest_waiting_file_seconds"));
        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["done/a.cdr"], Files());
        Assert.Equal(0, Assert.Single(_fixture.Ledger.List()).Resent);
        Assert.Equal(1, _fixture.Sender.Chunks);
        health = await backlogs.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        Assert.Equal((HealthStatus.Healthy, 0), (health.Status, Gauge("belgicom_adapters_waiting_files")));
    }

    [Fact]
    public void Backlog_LeavesAFileAlone_TwiceAsLongEachTime_UpToTenMinutes()
    {
        _ = NewWatcher();
        _backlog!.See(["a"]);

        Assert.Equal(
            [5, 10, 20, 40, 80, 160, 320, 600, 600],
            Enumerable.Range(0, 9).Select(_ => _backlog.Leave("a", stuckBecause: "why").TotalSeconds));
        Assert.False(_backlog.IsDue("a"));
        _fixture.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.True(_backlog.IsDue("a"));
    }

    [Fact]
    public async Task ProcessedFile_KeepsItsTime_AndCountsFromItsProcessing()
    {
        // The time of a file of another owner cannot be set, though the file can be moved; so mediation leaves the time of every file.
        DateTime written = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.Copy(MediationFixture.Sample(Pgw), InInbox("a.cdr"));
        File.SetLastWriteTimeUtc(InInbox("a.cdr"), written);
        InboxWatcher watcher = NewWatcher();

        await watcher.TakeAllAsync(TestContext.Current.CancellationToken);
        watcher.Tidy();

        Assert.Equal(written, File.GetLastWriteTimeUtc(InInbox("done/a.cdr")));
    }

    [Fact]
    public async Task Folder_CalledLikeASource_GivesItsFilesThatSource_AndOthersAreLeftAlone()
    {
        _source.Detect = true;
        foreach (string folder in new[] { "huawei", "elsewhere" })
        {
            Directory.CreateDirectory(InInbox(folder));
            File.Copy(MediationFixture.Sample("pgw_1record_raw.ber"), InInbox($"{folder}/{folder}.ber"));
        }

        await NewWatcher().TakeAllAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["done/huawei.ber", "elsewhere/elsewhere.ber"], Files());
        Assert.Equal("huawei", Assert.Single(_fixture.Sender.Usage).Source);
    }

    /// <summary>
    /// A ledger on a full disk is no fault of the files: they wait together, the chunk that was sent and could not be noted is not sent
    /// again before the ledger can be written, and health says since when and where. The full disk is a trigger that says what SQLite says.
    /// </summary>
    [Fact]
    public async Task Ledger_ThatCannotBeWritten_HoldsTheInboxAndSendsNothingTwice()
    {
        File.Copy(MediationFixture.Sample(Pgw), InInbox("a.cdr"));
        File.Copy(MediationFixture.Sample("chf_1record_ts32297.cdr"), InInbox("b.cdr"));
        InboxWatcher watcher = NewWatcher();
        using InboxBacklogs backlogs = new([_backlog!]);
        Ledger("CREATE TRIGGER full_files BEFORE INSERT ON files BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
        Ledger("CREATE TRIGGER full_keys BEFORE UPDATE ON key_forms BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");

        for (int look = 0; look < 3; look++)
        {
            await watcher.LookAsync(TestContext.Current.CancellationToken);
            _fixture.Clock.Advance(_fixture.Options.PollInterval);
        }

        Assert.Equal(1, _fixture.Sender.Chunks);
        Assert.Equal(["a.cdr", "b.cdr"], Files());
        HealthCheckResult health = await backlogs.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains($"since {MediationFixture.Now:u}", health.Description, StringComparison.Ordinal);
        Assert.Contains(_fixture.Options.DataDirectory, health.Description, StringComparison.Ordinal);
        Assert.Contains("disk is full", health.Description, StringComparison.Ordinal);

        Ledger("DROP TRIGGER full_files");
        Ledger("DROP TRIGGER full_keys");
        await watcher.LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["done/a.cdr", "done/b.cdr"], Files());
        Assert.Equal(3, _fixture.Sender.Chunks);
        health = await backlogs.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Healthy, health.Status);
    }

    /// <summary>Another file system as done/: a move between the two is a copy, of which no part may stay when the disk is full.</summary>
    [Fact]
    public async Task File_ThatMovesToAnotherFileSystem_IsThereWholeOrNotAtAll()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "needs another file system");
        string elsewhere = Path.Combine("/dev/shm", "belgicom-test-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(elsewhere);
        try
        {
            Directory.Delete(InInbox("done"));
            File.CreateSymbolicLink(InInbox("done"), elsewhere);
            await File.WriteAllTextAsync(Path.Combine(elsewhere, ".moving.tmp"), "a part", TestContext.Current.CancellationToken);
            File.Copy(MediationFixture.Sample(Pgw), InInbox("a.cdr"));

            await NewWatcher().LookAsync(TestContext.Current.CancellationToken);

            Assert.Equal(["done/a.cdr"], Files());
            Assert.Equal(
                await File.ReadAllBytesAsync(MediationFixture.Sample(Pgw), TestContext.Current.CancellationToken),
                await File.ReadAllBytesAsync(InInbox("done/a.cdr"), TestContext.Current.CancellationToken));
        }
        finally
        {
            Directory.Delete(elsewhere, true);
        }
    }

    /// <summary>F11: a clock that was a day, or 12 years, ahead for a while leaves no file in done/ for as long.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(12 * 366)]
    public async Task ProcessedFile_NotedByAClockThatWasAhead_CountsFromTheTimeThatIsRight(int daysAhead)
    {
        _fixture.Ledger.PutRetired(new RetiredFile(
            InInbox("done/a.cdr"), InInbox("a.cdr"), 1, _fixture.Clock.GetUtcNow().AddDays(daysAhead)));
        await File.WriteAllTextAsync(InInbox("done/a.cdr"), "a", TestContext.Current.CancellationToken);
        InboxWatcher watcher = NewWatcher();

        watcher.Tidy();
        _fixture.Clock.Advance(_fixture.Options.KeepDone - TimeSpan.FromSeconds(1));
        watcher.Tidy();
        Assert.Equal(["done/a.cdr"], Files());

        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        watcher.Tidy();
        Assert.Empty(Files());
    }

    /// <summary>F11: a clock ten days ahead at a start, or from one moment to the next, deletes nothing early, and it is said.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ProcessedFile_WhenTheClockJumps_IsKeptForAsLongAsWithoutTheJump(bool isOff)
    {
        SteppedClock clock = new();
        using FileLedger first = FileLedger.Open(Path.Combine(_fixture.Folder, "stepped"), _fixture.FileKey, clock);
        FileLedger ledger = first;
        first.PutRetired(new RetiredFile(InInbox("done/a.cdr"), InInbox("a.cdr"), 1, clock.GetUtcNow()));
        await File.WriteAllTextAsync(InInbox("done/a.cdr"), "a", TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromDays(1));
        NewWatcher(ledger, clock).Tidy();
        if (isOff)
        {
            first.Dispose();
        }

        clock.Step = TimeSpan.FromDays(10);
        using FileLedger? second = isOff ? FileLedger.Open(Path.Combine(_fixture.Folder, "stepped"), _fixture.FileKey, clock) : null;
        ledger = second ?? first;
        InboxWatcher watcher = NewWatcher(ledger, clock);
        watcher.Tidy();
        Assert.Equal(["done/a.cdr"], Files());
        Assert.Contains(_backlog!.Problems(), problem => problem.Contains("10.00:00:00", StringComparison.Ordinal));

        clock.Advance(_fixture.Options.KeepDone - TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1));
        watcher.Tidy();
        Assert.Equal(["done/a.cdr"], Files());
        Assert.Empty(_backlog!.Problems());

        clock.Advance(TimeSpan.FromSeconds(1));
        watcher.Tidy();
        Assert.Empty(Files());
    }

    /// <summary>A worker that was off for less than a day ages what it keeps, as by the clock.</summary>
    [Fact]
    public async Task ProcessedFile_WhileTheWorkerWasOffForHours_GrewOlder()
    {
        File.Copy(MediationFixture.Sample(Pgw), InInbox("a.cdr"));
        await NewWatcher().LookAsync(TestContext.Current.CancellationToken);
        for (TimeSpan kept = TimeSpan.Zero; kept < _fixture.Options.KeepDone; kept += TimeSpan.FromHours(12))
        {
            NewWatcher().Tidy();
            Assert.Equal(["done/a.cdr"], Files());
            _fixture.Stop();
            _fixture.Clock.Advance(TimeSpan.FromHours(12));
            _fixture.Restart();
        }

        NewWatcher().Tidy();
        Assert.Empty(Files());
    }

    /// <summary>A process that was killed after it had copied a file to another file system, and a file that comes again.</summary>
    [Fact]
    public async Task ProcessedFile_ThatIsStillInTheInbox_IsInDoneOnce()
    {
        File.Copy(MediationFixture.Sample(Pgw), InInbox("a.cdr"));
        await NewWatcher().LookAsync(TestContext.Current.CancellationToken);
        File.Copy(InInbox("done/a.cdr"), InInbox("a.cdr"));
        _fixture.Restart();

        await NewWatcher().LookAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["done/a.cdr"], Files());
        Assert.Equal(1, _fixture.Sender.Chunks);
    }

    [Fact]
    public async Task Registry_ThatIsAway_HoldsTheInboxAndIsSaidInTheHealth()
    {
        File.Copy(MediationFixture.Sample(Pgw), InInbox("a.cdr"));
        _fixture.Registry.IsAway = true;
        InboxWatcher watcher = NewWatcher();
        using InboxBacklogs backlogs = new([_backlog!]);

        await watcher.LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["a.cdr"], Files());
        HealthCheckResult health = await backlogs.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        Assert.Equal((HealthStatus.Degraded, true), (health.Status, _backlog!.Away?.Contains("away", StringComparison.Ordinal)));

        _fixture.Registry.IsAway = false;
        await watcher.LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["done/a.cdr"], Files());
        health = await backlogs.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Healthy, health.Status);
    }

    [Fact]
    public void Backlog_WhoseFolderIsNotListedForLong_SaysSoUntilItIs()
    {
        SteppedClock clock = new();
        InboxBacklog backlog = new("a", "/inbox/a", TimeSpan.FromSeconds(5), clock) { IsListing = true };
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(backlog.Problems());

        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Contains("/inbox/a", Assert.Single(backlog.Problems()), StringComparison.Ordinal);

        backlog.IsListing = false;
        Assert.Empty(backlog.Problems());
    }

    /// <summary>F11: the clock is set back after a file was left for later; the file waits for its pause and not for the clock.</summary>
    [Fact]
    public void Backlog_WhoseClockIsSetBack_TriesAFileAgainAfterThePause()
    {
        SteppedClock clock = new();
        InboxBacklog backlog = new("a", "inbox", TimeSpan.FromSeconds(5), clock);
        backlog.See(["a"]);
        backlog.Leave("a", stuckBecause: "why");
        clock.Step = TimeSpan.FromDays(-365);

        Assert.False(backlog.IsDue("a"));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(backlog.IsDue("a"));
        Assert.Equal(TimeSpan.FromSeconds(5), backlog.OldestAge);
    }

    [Fact]
    public void Ledger_ThatAWorkerHas_IsRefusedToAnotherAndCanBeRead()
    {
        StorageException fault = Assert.Throws<StorageException>(
            () => FileLedger.Open(_fixture.Options.DataDirectory, _fixture.FileKey, _fixture.Clock));
        Assert.Equal(StorageFault.InUse, fault.Fault);
        Assert.Contains(_fixture.Options.DataDirectory, fault.Message, StringComparison.Ordinal);

        using FileLedger reader = FileLedger.OpenToRead(_fixture.Options.DataDirectory);
        Assert.Empty(reader.List());
        Assert.Throws<StorageException>(() => reader.RemoveRetired("a"));
    }

    private InboxWatcher NewWatcher(ILogger<InboxWatcher>? logger = null) => NewWatcher(_fixture.Ledger, _fixture.Clock, logger);

    private InboxWatcher NewWatcher(FileLedger ledger, TimeProvider clock, ILogger<InboxWatcher>? logger = null)
    {
        _backlog = new InboxBacklog(_source.Name, _source.Inbox, _fixture.Options.PollInterval, clock);
        return new(
            _source, _fixture.Options, _fixture.Intake, ledger, _backlog, clock, logger ?? NullLogger<InboxWatcher>.Instance);
    }

    /// <summary>Changes the ledger past the worker.</summary>
    private void Ledger(string sql)
    {
        using SqliteConnection ledger = new($"Data Source={Path.Combine(_fixture.Options.DataDirectory, "files.db")};Pooling=False");
        ledger.Open();
        using SqliteCommand command = ledger.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private string InInbox(string name) => Path.Combine(_source.Inbox, name);

    /// <summary>Writes the beginning of a file, as a writer leaves it that makes a pause, and returns all of the file.</summary>
    private static async Task<byte[]> WriteHalfAsync(string path, double part = 0.6)
    {
        byte[] whole = await File.ReadAllBytesAsync(MediationFixture.Sample(Pgw), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(path, whole[..(int)(whole.Length * part)], TestContext.Current.CancellationToken);
        return whole;
    }

    private double Gauge(string name)
    {
        double? value = null;
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (instrument.Name == name)
            {
                to.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, measured, tags, _) =>
        {
            if (Equals(tags[0].Value, _source.Name))
            {
                value = measured;
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return value ?? throw new InvalidOperationException($"There is no instrument {name}.");
    }

    private List<string> Files() =>
    [
        .. Directory.EnumerateFiles(_source.Inbox, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_source.Inbox, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Tells when the inbox is watched: a rename before that is not signalled.</summary>
    private sealed class WatchedLogger : ILogger<InboxWatcher>
    {
        private const int InboxWatched = 3010;
        private readonly TaskCompletionSource _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Watched => _watched.Task;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == InboxWatched)
            {
                _watched.TrySetResult();
            }
        }
    }

    /// <summary>A clock that somebody sets: the time of day jumps, and what it measures goes on.</summary>
    private sealed class SteppedClock : TimeProvider
    {
        private TimeSpan _elapsed;

        public TimeSpan Step { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan time) => _elapsed += time;

        public override DateTimeOffset GetUtcNow() => MediationFixture.Now + _elapsed + Step;

        public override long GetTimestamp() => _elapsed.Ticks;
    }
}
