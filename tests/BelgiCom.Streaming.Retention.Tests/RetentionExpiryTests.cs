using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Contracts;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.Retention.Tests;

public sealed class RetentionExpiryTests : IDisposable
{
    private readonly ArchiveFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    /// <summary>
    /// F20: a day of the clock at a time through all shipped classes. On every day each record is readable exactly while its period,
    /// recomputed here from the calendar, lasts: nothing past it, nothing gone before it.
    /// </summary>
    [Fact]
    public void Run_DailyThroughAllClasses_NothingEarlyNothingLate()
    {
        DateTimeOffset start = _fixture.Clock.GetUtcNow();
        using CdrArchive archive = _fixture.Open();
        for (int day = 0; day < 460; day++)
        {
            if (day < 40)
            {
                _fixture.Receive(archive, UsageKind.Voice, Direction.Terminating, 1);
                _fixture.Receive(archive, UsageKind.Data, Direction.NotApplicable, 1);
            }

            _fixture.Expire(archive);
            Assert.Equal(Expected(start, Math.Min(day + 1, 40)), Kept(archive));
            _fixture.Clock.Advance(TimeSpan.FromDays(1));
        }

        Assert.Empty(archive.Totals().Segments);
        Assert.Empty(Directory.GetFiles(_fixture.Folder, "*.cdra", SearchOption.AllDirectories));
        Assert.True(AuditJournal.Verify(CdrArchive.JournalDirectory(_fixture.Options), CdrArchive.JournalStream, _fixture.Keys).IsIntact);
    }

    [Fact]
    public void Find_PastThePeriodButNotYetExpired_FindsNothing()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);

        _fixture.Clock.SetUtcNow(new DateTimeOffset(2026, 5, 15, 21, 59, 59, TimeSpan.Zero));
        Assert.Single(_fixture.FindAll(archive, 1).Records);

        _fixture.Clock.SetUtcNow(new DateTimeOffset(2026, 5, 15, 22, 0, 0, TimeSpan.Zero));
        Assert.Empty(_fixture.FindAll(archive, 1).Records);
    }

    [Fact]
    public void Run_Dry_SaysWhatAndWhyAndTouchesNothing()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1, 2);
        DateTimeOffset due = new(2026, 5, 16, 0, 0, 0, TimeSpan.FromHours(2));

        Assert.Empty(new RetentionExpiry(archive, _fixture.Clock).Run(due.AddTicks(-1), dryRun: true).Items);
        RetentionReport report = new RetentionExpiry(archive, _fixture.Clock).Run(due, dryRun: true);

        RetentionItem item = Assert.Single(report.Items);
        Assert.Equal(
            (RetentionAction.Due, "FRAUD_4M", new DateOnly(2026, 1, 15), due, 2L),
            (item.Action, item.Class, item.Day, item.DueAt!.Value, item.Records));
        Assert.Contains("art. 122 §4 1°", item.Reason, StringComparison.Ordinal);
        Assert.True(File.Exists(item.File));
        Assert.NotNull(_fixture.Keys.Find(item.KeyId));
        Assert.Equal(0, archive.Journal.Count);
        Assert.Equal(2, report.Records);
    }

    /// <summary>Each segment is looked up by itself: a thousand more cost as much as the thousand before, in octets allocated.</summary>
    [Fact]
    public void Run_OverMoreSegments_CostsTheSameForEach()
    {
        using CdrArchive archive = _fixture.Open();
        long Work(int segments)
        {
            archive.Index.InTransaction(() =>
            {
                for (int i = 0; i < segments; i++)
                {
                    archive.Index.AddSegment("FRAUD_4M", new DateOnly(2026, 1, 15), "key");
                }
            });
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Empty(new RetentionExpiry(archive, _fixture.Clock).Run(_fixture.Clock.GetUtcNow(), dryRun: true).Items);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        _ = Work(10);
        long thousand = Work(990);
        long twoThousand = Work(1_000);
        long threeThousand = Work(1_000);

        Assert.InRange((double)(threeThousand - twoThousand) / (twoThousand - thousand), 0.75, 1.25);
    }

    [Fact]
    public void Run_AsOfTheFuture_IsRefused()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);

        ArchiveException refusal = Assert.Throws<ArchiveException>(
            () => new RetentionExpiry(archive, _fixture.Clock).Run(_fixture.Clock.GetUtcNow().AddYears(1), dryRun: false));

        Assert.Equal(ArchiveFault.Refused, refusal.Fault);
        Assert.Single(_fixture.FindAll(archive, 1).Records);
    }

    [Fact]
    public void Run_Again_FindsNothingToDo()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        _fixture.Clock.Advance(TimeSpan.FromDays(150));

        RetentionReport first = _fixture.Expire(archive);
        RetentionReport second = _fixture.Expire(archive);

        Assert.Equal(RetentionAction.Expired, Assert.Single(first.Items).Action);
        Assert.Empty(second.Items);
        Assert.Equal(1, archive.Journal.Count);
    }

    /// <summary>The verb judges by what is configured where it runs; that may be another place than where the worker is.</summary>
    [Fact]
    public void Run_ByAShorterPeriodThanTheArchiveIsWrittenUnder_IsRefusedUnlessItWasShortened()
    {
        using (CdrArchive written = _fixture.Open())
        {
            written.RememberPeriods();
            _fixture.Receive(written, UsageKind.Sms, Direction.Originating, 1);
        }

        _fixture.Clock.Advance(TimeSpan.FromDays(100));
        _fixture.Options.Classes["FRAUD_4M"].Period = "P3M";
        using CdrArchive archive = _fixture.Open();
        RetentionExpiry expiry = new(archive, _fixture.Clock);

        RetentionReport due = expiry.Run(_fixture.Clock.GetUtcNow(), dryRun: true);
        Assert.Equal("class FRAUD_4M: period P3M is shorter than P4M, under which the archive is written", Assert.Single(due.Shortened));
        Assert.Equal(1, due.Records);
        RetentionItem refused = Assert.Single(
            expiry.Run(_fixture.Clock.GetUtcNow(), dryRun: false, confirmed: RetentionConfirmation.Clock).Items);
        Assert.Equal((RetentionAction.Unconfirmed, 1), (refused.Action, refused.Records));
        Assert.Contains("--period-was-shortened", refused.Reason, StringComparison.Ordinal);
        Assert.Equal(1, archive.Totals().Segments.Sum(segment => segment.Records));

        Assert.Equal(1, expiry.Run(_fixture.Clock.GetUtcNow(), dryRun: false, confirmed: RetentionConfirmation.ShorterPeriods).Records);
        Assert.Empty(archive.Totals().Segments);
    }

    [Theory]
    [InlineData("P4M")]
    [InlineData("P5M")]
    [InlineData("P1Y")]
    public void Run_ByNoShorterPeriod_IsNotRefused(string period)
    {
        using (CdrArchive written = _fixture.Open())
        {
            written.RememberPeriods();
        }

        _fixture.Options.Classes["FRAUD_4M"].Period = period;
        using CdrArchive archive = _fixture.Open();
        Assert.Empty(_fixture.Expire(archive).Shortened);
    }

    /// <summary>The writer's own configuration has the slip of the pen, so its start must not note it as what was decided.</summary>
    [Theory]
    [InlineData("P1D")]
    [InlineData("P0D")]
    public void Worker_WithATypoInAPeriod_DestroysNothingAndTurnsNothingAway(string typo)
    {
        using (CdrArchive written = _fixture.Open())
        {
            written.RememberPeriods();
            _fixture.Receive(written, UsageKind.Sms, Direction.Originating, 1);
        }

        _fixture.Clock.Advance(TimeSpan.FromDays(5));
        _fixture.Options.Classes["FRAUD_4M"].Period = typo;
        for (int start = 0; start < 2; start++)
        {
            using CdrArchive archive = _fixture.Open();
            archive.RememberPeriods();
            RetentionReport report = new RetentionExpiry(archive, _fixture.Clock).Run(_fixture.Clock.GetUtcNow(), dryRun: false);
            Assert.Equal(RetentionAction.Unconfirmed, Assert.Single(report.Items).Action);
            Assert.Single(report.Shortened);
            Assert.Single(_fixture.FindAll(archive, 1).Records);
        }

        using CdrArchive later = _fixture.Open();
        using (ArchiveAppender appender = later.BeginAppend())
        {
            ArchiveFixture.Add(appender, 10, 2, UsageKind.Sms, Direction.Originating, _fixture.Clock.GetUtcNow().AddDays(-3));
            appender.Commit();
        }

        Assert.Single(_fixture.FindAll(later, 2).Records);
    }

    [Fact]
    public void Worker_WithAShorterPeriodThatWasConfirmed_ExpiresByIt()
    {
        using (CdrArchive written = _fixture.Open())
        {
            written.RememberPeriods();
            _fixture.Receive(written, UsageKind.Sms, Direction.Originating, 1);
        }

        _fixture.Options.Classes["FRAUD_4M"].Period = "P1M";
        using (CdrArchive confirming = _fixture.Open())
        {
            new RetentionExpiry(confirming, _fixture.Clock).Run(
                _fixture.Clock.GetUtcNow(), dryRun: false, "officer", RetentionConfirmation.ShorterPeriods);
        }

        _fixture.Clock.Advance(TimeSpan.FromDays(40));
        using CdrArchive archive = _fixture.Open();
        archive.RememberPeriods();
        RetentionReport report = _fixture.Expire(archive);

        Assert.Empty(report.Shortened);
        Assert.Equal(RetentionAction.Expired, Assert.Single(report.Items).Action);
    }

    /// <summary>The machine's clock is wrong for one run, and right again at the next.</summary>
    [Fact]
    public void Run_OnceByAClockOf2038_DestroysNothingAndTurnsNothingAway()
    {
        using (CdrArchive written = _fixture.Open())
        {
            _fixture.Receive(written, UsageKind.Sms, Direction.Originating, 1);
        }

        DateTimeOffset used = _fixture.Clock.GetUtcNow();
        FakeTimeProvider wrong = new(new DateTimeOffset(2038, 1, 19, 3, 14, 7, TimeSpan.Zero));
        using (CdrArchive archive = CdrArchive.Open(_fixture.Options, _fixture.Keys, wrong))
        {
            using (ArchiveAppender appender = archive.BeginAppend())
            {
                ArchiveFixture.Add(appender, 10, 2, UsageKind.Sms, Direction.Originating, used);
                appender.Commit();
            }

            for (int run = 0; run < 2; run++)
            {
                RetentionItem item = Assert.Single(new RetentionExpiry(archive, wrong).Run(wrong.GetUtcNow(), dryRun: false).Items);
                Assert.Equal((RetentionAction.Unconfirmed, 2), (item.Action, item.Records));
                Assert.Contains("--clock-is-right", item.Reason, StringComparison.Ordinal);
            }
        }

        using CdrArchive again = _fixture.Open();
        Assert.Empty(new RetentionExpiry(again, _fixture.Clock).Run(_fixture.Clock.GetUtcNow(), dryRun: false).Items);
        Assert.Single(_fixture.FindAll(again, 1).Records);
        Assert.Single(_fixture.FindAll(again, 2).Records);
    }

    /// <summary>A worker that is at work sees the clock go on, so it asks nobody, also when a period ends between two runs.</summary>
    [Fact]
    public void Run_AfterARestThatIsNoJump_DestroysWhatIsDue()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        List<RetentionItem> items = [];
        for (int rests = 0; rests < 30 && items.Count == 0; rests++)
        {
            _fixture.Clock.Advance(_fixture.Options.ClockStepMax);
            items.AddRange(new RetentionExpiry(archive, _fixture.Clock).Run(_fixture.Clock.GetUtcNow(), dryRun: false).Items);
        }

        Assert.Equal(RetentionAction.Expired, Assert.Single(items).Action);
    }

    [Fact]
    public void DryRun_WhileAWorkerHasTheArchive_SeesWhatIsDueAndTouchesNothing()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1, 2);
        archive.PlaceHold(
            "case-7", [ArchiveFixture.Subscriber(2)], _fixture.Clock.GetUtcNow().AddDays(-1), _fixture.Clock.GetUtcNow().AddDays(1),
            ArchiveFixture.Officer);
        long entries = archive.Journal.Count;
        _fixture.Clock.Advance(TimeSpan.FromDays(150));

        using CdrArchive reader = CdrArchive.OpenToRead(_fixture.Options, _fixture.Keys, _fixture.Clock);
        RetentionReport due = new RetentionExpiry(reader, _fixture.Clock).Run(_fixture.Clock.GetUtcNow(), dryRun: true);

        Assert.Equal((2, 1), (Assert.Single(due.Items).Records, due.Items[0].HeldRecords));
        Assert.Equal(entries, archive.Journal.Count);
        Assert.Equal(2, archive.Totals().Segments.Sum(segment => segment.Records));
    }

    /// <summary>Two archives over one key store: the expiry of one leaves the other's keys alone.</summary>
    [Fact]
    public void Run_OnOneOfTwoArchives_LeavesTheOthersKeys()
    {
        using CdrArchive archive = _fixture.Open();
        using CdrArchive other = CdrArchive.Open(ArchiveFixture.ShippedOptions(_fixture.Folder + "-2"), _fixture.Keys, _fixture.Clock);
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        _fixture.Receive(other, UsageKind.Sms, Direction.Originating, 1);
        _fixture.Clock.Advance(TimeSpan.FromDays(150));

        _fixture.Expire(archive);

        Assert.NotNull(_fixture.Keys.Find(Assert.Single(other.Index.Segments(SegmentState.Kept)).KeyId));
        Assert.Empty(other.Verify());
    }

    /// <summary>
    /// When a run is cut off behind a step, the next one ends what was begun, with one entry in the journal, and nothing is readable in
    /// between.
    /// </summary>
    [Theory]
    [MemberData(nameof(Steps))]
    public void Run_AfterCrashBehindAStep_GoesOnFromThere(int step)
    {
        using (CdrArchive archive = _fixture.Open())
        {
            _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1, 2);
            archive.PlaceHold(
                "case-7", [ArchiveFixture.Subscriber(2)], _fixture.Clock.GetUtcNow().AddDays(-1), _fixture.Clock.GetUtcNow().AddDays(1),
                ArchiveFixture.Officer);
            _fixture.Clock.Advance(TimeSpan.FromDays(150));
            RetentionExpiry crashing = new(archive, _fixture.Clock, after =>
            {
                if ((int)after == step)
                {
                    throw new CrashException();
                }
            });
            Assert.Throws<CrashException>(
                () => crashing.Run(_fixture.Clock.GetUtcNow(), dryRun: false, confirmed: RetentionConfirmation.Clock));
        }

        using CdrArchive again = _fixture.Open();
        Assert.Empty(_fixture.FindAll(again, 1).Records);
        _fixture.Expire(again);

        Assert.Empty(_fixture.FindAll(again, 1).Records);
        Assert.Equal("case-7", Assert.Single(_fixture.FindAll(again, 2).Records).LegalHoldId);
        Assert.Empty(again.Totals().Segments);
        Assert.False(
            Directory.Exists(Path.Combine(_fixture.Folder, "FRAUD_4M"))
                && Directory.GetFiles(Path.Combine(_fixture.Folder, "FRAUD_4M")).Length > 0);
        Segment segment = Assert.Single(again.Index.Segments(SegmentState.Expired));
        Assert.Null(_fixture.Keys.Find(segment.KeyId));
        Assert.Single(AuditJournal.Read(CdrArchive.JournalDirectory(_fixture.Options)), entry => entry.Action == "retention.expire");
    }

    public static TheoryData<int> Steps() => [.. Enum.GetValues<ExpiryStep>().Select(step => (int)step)];

    /// <summary>A copy of file and key that comes back after expiry must not be of use to anybody.</summary>
    [Fact]
    public void Open_ExpiredFileRestoredFromACopy_IsDestroyedAgain()
    {
        string file;
        byte[] copy;
        string keyFile;
        byte[] keyCopy;
        using (CdrArchive archive = _fixture.Open())
        {
            _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
            file = Assert.Single(Directory.GetFiles(Path.Combine(_fixture.Folder, "FRAUD_4M")));
            copy = File.ReadAllBytes(file);
            string keyId = Assert.Single(archive.Index.Segments(SegmentState.Kept)).KeyId;
            keyFile = Assert.Single(
                Directory.GetFiles(_fixture.KeyFolder),
                path => keyId.StartsWith(Path.GetFileNameWithoutExtension(path), StringComparison.Ordinal));
            keyCopy = File.ReadAllBytes(keyFile);
            _fixture.Clock.Advance(TimeSpan.FromDays(150));
            _fixture.Expire(archive);
        }

        Assert.False(File.Exists(keyFile));
        File.WriteAllBytes(file, copy);
        File.WriteAllBytes(keyFile, keyCopy);

        using CdrArchive again = _fixture.Open();

        Assert.False(File.Exists(file));
        Assert.False(File.Exists(keyFile));
    }

    [Fact]
    public void Run_WithLegalHold_KeepsOnlyThatPersonsRecordsUntilReleased()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1, 2, 2);
        archive.PlaceHold(
            "case-7", [ArchiveFixture.Subscriber(2)], _fixture.Clock.GetUtcNow().AddDays(-1), _fixture.Clock.GetUtcNow().AddDays(1),
            ArchiveFixture.Officer);
        _fixture.Clock.Advance(TimeSpan.FromDays(150));

        RetentionReport report = _fixture.Expire(archive);

        Assert.Equal((3, 2), (Assert.Single(report.Items).Records, report.Items[0].HeldRecords));
        Assert.Empty(_fixture.FindAll(archive, 1).Records);
        IReadOnlyList<ArchivedRecord> held = _fixture.FindAll(archive, 2).Records;
        Assert.Equal(2, held.Count);
        Assert.All(held, record => Assert.Equal(("FRAUD_4M", "case-7"), (record.RetentionClass, record.LegalHoldId)));
        Assert.Equal(ArchiveFixture.Value(2, 1), held[0].Value);

        archive.ReleaseHold("case-7", ArchiveFixture.Officer);

        Assert.Empty(_fixture.FindAll(archive, 2).Records);
        Assert.Empty(Directory.GetFiles(_fixture.Folder, "*.cdra", SearchOption.AllDirectories));
        Assert.Throws<ArchiveException>(() => archive.PlaceHold(
            "case-7", [ArchiveFixture.Subscriber(2)], _fixture.Clock.GetUtcNow(), _fixture.Clock.GetUtcNow(), ArchiveFixture.Officer));
    }

    /// <summary>A hold may keep more of one day than fits into a block that could be read again.</summary>
    [Fact]
    public void Run_WithLegalHoldOverMoreThanABlock_KeepsAllOfIt()
    {
        _fixture.Options.BlockOctets = 4 * 1024;
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, [.. Enumerable.Repeat(2, 100)]);
        archive.PlaceHold(
            "case-7", [ArchiveFixture.Subscriber(2)], _fixture.Clock.GetUtcNow().AddDays(-1), _fixture.Clock.GetUtcNow().AddDays(1),
            ArchiveFixture.Officer);
        _fixture.Clock.Advance(TimeSpan.FromDays(150));

        _fixture.Expire(archive);

        Assert.Equal(
            Enumerable.Range(0, 100).Select(offset => (long)offset),
            _fixture.FindAll(archive, 2).Records.Select(record => record.Offset));
        string copy = Assert.Single(Directory.GetFiles(Path.Combine(_fixture.Folder, "holds", "case-7")));
        Assert.True(ArchiveFixture.BlocksOf(File.ReadAllBytes(copy)).Count > 1, "the copy is one block, however large");
    }

    [Fact]
    public void Append_PastItsPeriodUnderALegalHold_IsKeptForTheHoldOnly()
    {
        using CdrArchive archive = _fixture.Open();
        DateTimeOffset used = _fixture.Clock.GetUtcNow();
        archive.PlaceHold(
            "case-7", [ArchiveFixture.Subscriber(2)], used.AddDays(-1), used.AddDays(1), ArchiveFixture.Officer);
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1, 2);
        _fixture.Clock.Advance(TimeSpan.FromDays(150));
        _fixture.Expire(archive);

        using (ArchiveAppender appender = archive.BeginAppend())
        {
            ArchiveFixture.Add(appender, 10, 1, UsageKind.Sms, Direction.Originating, used);
            ArchiveFixture.Add(appender, 11, 2, UsageKind.Sms, Direction.Originating, used);
            ArchiveFixture.Add(appender, 12, 1, UsageKind.Sms, Direction.Originating, used);
            appender.Commit();
            Assert.Equal((1, 2), appender.Counts.Classes["FRAUD_4M"]);
        }

        RetentionReport report = _fixture.Expire(archive);

        Assert.Equal((1, 1), (Assert.Single(report.Items).Records, report.Items[0].HeldRecords));
        Assert.Equal([1L, 11L], _fixture.FindAll(archive, 2).Records.Select(record => record.Offset).Order());
        Assert.Empty(_fixture.FindAll(archive, 1).Records);
    }

    /// <summary>
    /// The destruction of a day waits, with its key, for a file that can be read again. What comes late meanwhile must not share that key.
    /// </summary>
    [Fact]
    public void Append_UnderALegalHoldWhileTheDestructionOfItsDayIsUnderWay_IsKept()
    {
        using CdrArchive archive = _fixture.Open();
        DateTimeOffset used = _fixture.Clock.GetUtcNow();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 2);
        archive.PlaceHold(
            "case-7", [ArchiveFixture.Subscriber(2)], used.AddDays(-1), used.AddDays(1), ArchiveFixture.Officer);
        string file = Assert.Single(Directory.GetFiles(Path.Combine(_fixture.Folder, "FRAUD_4M")));
        byte[] intact = File.ReadAllBytes(file);
        File.WriteAllBytes(file, ArchiveFixture.Damaged(intact));
        _fixture.Clock.Advance(TimeSpan.FromDays(150));
        Assert.False(_fixture.Expire(archive).IsComplete);

        using (ArchiveAppender appender = archive.BeginAppend())
        {
            ArchiveFixture.Add(appender, 11, 2, UsageKind.Sms, Direction.Originating, used);
            appender.Commit();
        }

        File.WriteAllBytes(file, intact);
        Assert.True(_fixture.Expire(archive).IsComplete);
        Assert.Equal([0L, 11L], _fixture.FindAll(archive, 2).Records.Select(record => record.Offset).Order());
    }

    /// <summary>A held record that cannot be read must not be destroyed with the rest; but other days go on.</summary>
    [Fact]
    public void Run_SegmentThatCannotBeCopiedForAHold_FailsAloneAndWaits()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 2);
        string damaged = Assert.Single(Directory.GetFiles(Path.Combine(_fixture.Folder, "FRAUD_4M")));
        _fixture.Clock.Advance(TimeSpan.FromDays(1));
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 2);
        archive.PlaceHold(
            "case-7", [ArchiveFixture.Subscriber(2)], _fixture.Clock.GetUtcNow().AddDays(-2), _fixture.Clock.GetUtcNow().AddDays(1),
            ArchiveFixture.Officer);
        byte[] intact = File.ReadAllBytes(damaged);
        File.WriteAllBytes(damaged, ArchiveFixture.Damaged(intact));
        _fixture.Clock.Advance(TimeSpan.FromDays(150));

        RetentionReport report = _fixture.Expire(archive);

        Assert.Equal([RetentionAction.Failed, RetentionAction.Expired], report.Items.Select(item => item.Action));
        Assert.False(report.IsComplete);
        Assert.NotNull(_fixture.Keys.Find(report.Items[0].KeyId));

        File.WriteAllBytes(damaged, intact);
        Assert.True(_fixture.Expire(archive).IsComplete);
        Assert.Equal(2, _fixture.FindAll(archive, 2).Records.Count);
    }

    [Fact]
    public void Run_ClassNoLongerConfigured_IsReportedAndKept()
    {
        using (CdrArchive archive = _fixture.Open())
        {
            _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        }

        _fixture.Options.Rules.RemoveAll(rule => rule.Classes.Contains("FRAUD_4M"));
        _fixture.Options.Rules.Add(new RetentionRuleOptions { Topic = Topics.UsageReceived, Classes = ["INCOMING_12M"] });
        _fixture.Options.Classes.Remove("FRAUD_4M");
        using CdrArchive again = _fixture.Open();
        _fixture.Clock.Advance(TimeSpan.FromDays(5000));

        RetentionReport report = _fixture.Expire(again);

        Assert.Equal(RetentionAction.UnknownClass, Assert.Single(report.Items).Action);
        Assert.Single(again.Totals().Segments);
    }

    private static List<(string Class, DateOnly Day)> Kept(CdrArchive archive) =>
        [.. archive.Totals().Segments.Select(segment => (segment.Class, segment.Day))];

    /// <summary>
    /// The fixture's day is noon UTC, so the day in Brussels is the day in UTC. The last day of a period is the same date, months later.
    /// </summary>
    private List<(string Class, DateOnly Day)> Expected(DateTimeOffset start, int days)
    {
        DateOnly today = DateOnly.FromDateTime(_fixture.Clock.GetUtcNow().DateTime);
        List<DateOnly> received = Enumerable.Range(0, days).Select(day => DateOnly.FromDateTime(start.AddDays(day).DateTime)).ToList();
        return
        [
            .. received.Where(day => today <= day.AddMonths(4)).Select(day => ("FRAUD_4M", day)),
            .. received.Where(day => today <= day.AddMonths(12)).Select(day => ("INCOMING_12M", day)),
            .. received.Where(day => today <= day.AddMonths(12)).Select(day => ("SESSION_ID_12M", day)),
        ];
    }

    private sealed class CrashException : Exception;
}
