using System.Text;
using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.Retention.Tests;

/// <summary>The day keys of personal data: made by mediation, deleted by the archive when nothing that may be kept needs them.</summary>
public sealed class PersonalDataKeysTests : IDisposable
{
    private const string Person = "{\"msisdn\":\"32470123456\"}";

    private readonly ArchiveFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    /// <summary>
    /// A day of the clock at a time. Usage of a day can be read exactly until the end of the period of the longest class, 12 months, and 3
    /// days; the period begins on the day after. The expected end is written down here by the calendar and not asked of the code.
    /// </summary>
    [Fact]
    public void Run_Daily_EachDaysUsageIsReadableExactlyUntilItsEnd()
    {
        using CdrArchive archive = _fixture.Open();
        List<(DateTimeOffset Gone, UsageReceived Usage, RecordDigest Digest)> received = [];
        int erased = 0;
        for (int day = 0; day < 400; day++)
        {
            DateTimeOffset now = _fixture.Clock.GetUtcNow();
            if (day < 20)
            {
                // Received on 15 January 2026, it ends with 19 January 2027: gone at 2027-01-20T00:00+01:00.
                DateTime end = now.DateTime.Date.AddDays(1).AddMonths(12).AddDays(3 + 1);
                UsageReceived usage = Receive(_fixture.Keys, now);
                received.Add((new DateTimeOffset(end, TimeSpan.FromHours(1)), usage, new RecordDigest(KeyOf(usage))));
            }

            _fixture.Expire(archive);
            foreach ((DateTimeOffset gone, UsageReceived usage, RecordDigest digest) in received)
            {
                bool isReadable = TryRead(usage, out string person);
                Assert.Equal((now < gone, now < gone ? Person : ""), (isReadable, person));
                Assert.Equal(isReadable, _fixture.Keys.Find(usage.PersonalDataKeyId) is { } key && IsOf(usage, digest, key));
            }

            erased = received.Count(entry => now >= entry.Gone);
            _fixture.Clock.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(20, erased);
        AuditEntry first = AuditJournal.Read(CdrArchive.JournalDirectory(_fixture.Options))
            .First(entry => entry.Object == "personal-data/2026-01-15");
        Assert.Equal("retention.expire", first.Action);
        Assert.Contains("2027-01-20T00:00:00.0000000+01:00", first.Decision, StringComparison.Ordinal);
        Assert.True(AuditJournal.Verify(CdrArchive.JournalDirectory(_fixture.Options), CdrArchive.JournalStream, _fixture.Keys).IsIntact);
    }

    /// <summary>Keys that nobody ever deleted, as an installation of an earlier release has them, go at the first start.</summary>
    [Fact]
    public void Run_OfAStoreThatNeverDeleted_DeletesWhatIsOldAndLeavesOtherPurposes()
    {
        UsageReceived old = Receive(_fixture.Keys, new DateTimeOffset(2021, 3, 1, 8, 0, 0, TimeSpan.Zero));
        UsageReceived young = Receive(_fixture.Keys, _fixture.Clock.GetUtcNow().AddDays(-300));
        DataKey other = _fixture.Keys.GetOrCreate("another-purpose", "2021-03-01");
        DataKey pseudonyms = _fixture.Keys.GetOrCreate(KeyPurposes.Rating, "");
        using CdrArchive archive = _fixture.Open();

        RetentionItem item = Assert.Single(Run(archive, dryRun: false).Items);

        Assert.Equal(
            (RetentionAction.Expired, KeyPurposes.PersonalData, new DateOnly(2021, 3, 1), old.PersonalDataKeyId),
            (item.Action, item.Class, item.Day, item.KeyId));
        Assert.False(TryRead(old, out _));
        Assert.True(TryRead(young, out _));
        Assert.NotNull(_fixture.Keys.Find(other.Id));
        Assert.NotNull(_fixture.Keys.Find(pseudonyms.Id));
    }

    [Fact]
    public void Run_Dry_ListsTheKeyAndLeavesIt()
    {
        UsageReceived old = Receive(_fixture.Keys, new DateTimeOffset(2024, 3, 1, 8, 0, 0, TimeSpan.Zero));
        using CdrArchive archive = _fixture.Open();

        RetentionItem item = Assert.Single(Run(archive, dryRun: true).Items);

        Assert.Equal((RetentionAction.Due, old.PersonalDataKeyId), (item.Action, item.KeyId));
        Assert.Contains("SESSION_ID_12M", item.Reason, StringComparison.Ordinal);
        Assert.True(TryRead(old, out _));
    }

    /// <summary>What the archive kept can still be found after its key of the day is gone; only who it was is erased.</summary>
    [Fact]
    public void Find_OfUsageWhoseKeyIsGone_GivesTheRecordWithoutThePerson()
    {
        using CdrArchive archive = _fixture.Open();
        UsageReceived usage = Receive(_fixture.Keys, _fixture.Clock.GetUtcNow());
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        Assert.True(_fixture.Keys.Delete(usage.PersonalDataKeyId));

        Assert.Single(_fixture.FindAll(archive, 1).Records);
        Assert.Empty(archive.Verify());
        Assert.False(TryRead(usage, out string person));
        Assert.Empty(person);
    }

    /// <summary>The machine's clock is wrong for one run, and right again at the next.</summary>
    [Fact]
    public void Run_OnceByAClockOf2038_DeletesNoKeyUntilSomebodyConfirmsTheClock()
    {
        UsageReceived used = Receive(_fixture.Keys, _fixture.Clock.GetUtcNow());
        _fixture.Open().Dispose();
        FakeTimeProvider wrong = new(new DateTimeOffset(2038, 1, 19, 3, 14, 7, TimeSpan.Zero));
        using (CdrArchive archive = CdrArchive.Open(_fixture.Options, _fixture.Keys, wrong))
        {
            for (int run = 0; run < 2; run++)
            {
                RetentionItem item = Assert.Single(new RetentionExpiry(archive, wrong).Run(wrong.GetUtcNow(), dryRun: false).Items);
                Assert.Equal((RetentionAction.Unconfirmed, used.PersonalDataKeyId), (item.Action, item.KeyId));
                Assert.Contains("--clock-is-right", item.Reason, StringComparison.Ordinal);
            }
        }

        using (CdrArchive right = _fixture.Open())
        {
            Assert.Empty(Run(right, dryRun: false).Items);
            Assert.True(TryRead(used, out _));
        }

        using CdrArchive confirmed = CdrArchive.Open(_fixture.Options, _fixture.Keys, wrong);
        RetentionReport report = new RetentionExpiry(confirmed, wrong).Run(
            wrong.GetUtcNow(), dryRun: false, confirmed: RetentionConfirmation.Clock);

        Assert.Equal(RetentionAction.Expired, Assert.Single(report.Items).Action);
        Assert.False(TryRead(used, out _));
    }

    /// <summary>
    /// A class that is left out by mistake makes the least period shorter. The longer one, under which the worker wrote, stays in force.
    /// </summary>
    [Fact]
    public void Run_AfterAClassWasLeftOut_LeavesTheKeysUntilThatIsConfirmed()
    {
        UsageReceived used = Receive(_fixture.Keys, _fixture.Clock.GetUtcNow());
        using (CdrArchive worker = _fixture.Open())
        {
            worker.RememberPeriods();
        }

        foreach (RetentionRuleOptions rule in _fixture.Options.Rules.Where(rule => rule.Topic == Topics.UsageReceived))
        {
            rule.Classes.Clear();
            rule.Classes.Add("FRAUD_4M");
        }

        _fixture.Clock.Advance(TimeSpan.FromDays(200));
        using CdrArchive archive = _fixture.Open();
        archive.RememberPeriods();
        RetentionReport report = _fixture.Expire(archive);

        Assert.Equal(
            "class personal-data: period P4M3D is shorter than P12M3D, under which the archive is written",
            Assert.Single(report.Shortened));
        Assert.Equal(RetentionAction.Unconfirmed, Assert.Single(report.Items).Action);
        Assert.True(TryRead(used, out _));

        RetentionReport confirmed = new RetentionExpiry(archive, _fixture.Clock).Run(
            _fixture.Clock.GetUtcNow(), dryRun: false, confirmed: RetentionConfirmation.ShorterPeriods);

        Assert.Equal(RetentionAction.Expired, Assert.Single(confirmed.Items).Action);
        Assert.False(TryRead(used, out _));
    }

    [Fact]
    public void Run_UnderALegalHold_LeavesTheKeysOfItsRangeAndLaterUntilItIsReleased()
    {
        DateTimeOffset heldFrom = _fixture.Clock.GetUtcNow();
        UsageReceived before = Receive(_fixture.Keys, heldFrom.AddDays(-2)), atTheStart = Receive(_fixture.Keys, heldFrom.AddDays(-1));
        UsageReceived late = Receive(_fixture.Keys, heldFrom.AddDays(30));
        using CdrArchive archive = _fixture.Open();
        archive.PlaceHold("case-7", [ArchiveFixture.Subscriber(2)], heldFrom, heldFrom.AddDays(1), ArchiveFixture.Officer);
        _fixture.Clock.Advance(TimeSpan.FromDays(800));

        Assert.Equal(before.PersonalDataKeyId, Assert.Single(_fixture.Expire(archive).Items).KeyId);
        Assert.True(TryRead(atTheStart, out _));
        Assert.True(TryRead(late, out _));

        archive.ReleaseHold("case-7", ArchiveFixture.Officer);

        Assert.Equal(2, _fixture.Expire(archive).Items.Count(item => item.Action == RetentionAction.Expired));
        Assert.False(TryRead(atTheStart, out _));
        Assert.False(TryRead(late, out _));
    }

    /// <summary>A kill between two steps, and between two keys: the next start does the rest, and each key is journalled once.</summary>
    [Theory]
    [MemberData(nameof(Kills))]
    public void Run_KilledBehindAStep_IsFinishedByTheNextStart(int after, int kills)
    {
        UsageReceived[] old = [.. Enumerable.Range(1, 3).Select(day => Receive(
            _fixture.Keys, new DateTimeOffset(2024, 3, day, 8, 0, 0, TimeSpan.Zero)))];
        int left = kills;
        using (CdrArchive archive = _fixture.Open())
        {
            RetentionExpiry expiry = new(archive, _fixture.Clock, step =>
            {
                if ((int)step == after && --left == 0)
                {
                    throw new InvalidOperationException("killed");
                }
            });
            Assert.Throws<InvalidOperationException>(() => expiry.Run(_fixture.Clock.GetUtcNow(), dryRun: false));
        }

        using CdrArchive again = _fixture.Open();
        Assert.True(Run(again, dryRun: false).IsComplete);

        Assert.All(old, usage => Assert.False(TryRead(usage, out _)));
        Assert.Equal(
            ["personal-data/2024-03-01", "personal-data/2024-03-02", "personal-data/2024-03-03"],
            AuditJournal.Read(CdrArchive.JournalDirectory(_fixture.Options)).Select(entry => entry.Object));
        Assert.Empty(again.Index.ExpiringDayKeys());
    }

    public static TheoryData<int, int> Kills()
    {
        TheoryData<int, int> kills = [];
        foreach (ExpiryStep step in new[] { ExpiryStep.Begun, ExpiryStep.KeyDeleted, ExpiryStep.Journalled, ExpiryStep.Ended })
        {
            for (int number = 1; number <= 3; number++)
            {
                kills.Add((int)step, number);
            }
        }

        return kills;
    }

    /// <summary>A key that the store does not delete, and one that it cannot read, are named, and tried again; the others go.</summary>
    [Fact]
    public void Run_WithAKeyThatCannotBeDeleted_NamesItAndTriesAgain()
    {
        DateTimeOffset day = new(2024, 3, 1, 8, 0, 0, TimeSpan.Zero);
        UsageReceived stuck = Receive(_fixture.Keys, day), damaged = Receive(_fixture.Keys, day.AddDays(1));
        UsageReceived free = Receive(_fixture.Keys, day.AddDays(2));
        string damagedFile = Path.Combine(_fixture.KeyFolder, damaged.PersonalDataKeyId.Split('-')[0] + ".key");
        byte[] whole = File.ReadAllBytes(damagedFile);
        File.WriteAllBytes(damagedFile, []);
        StuckKeys keys = new(new FileKeyStore(_fixture.KeyFolder)) { Stuck = stuck.PersonalDataKeyId };
        using CdrArchive archive = CdrArchive.Open(_fixture.Options, keys, _fixture.Clock);

        for (int run = 0; run < 2; run++)
        {
            RetentionReport report = Run(archive, dryRun: false);

            Assert.False(report.IsComplete);
            RetentionItem[] failed = [.. report.Items.Where(item => item.Action == RetentionAction.Failed)];
            Assert.Equal([new DateOnly(2024, 3, 1), new DateOnly(2024, 3, 2)], failed.Select(item => item.Day));
            Assert.Contains("read-only", failed[0].Reason, StringComparison.Ordinal);
            Assert.Contains(Path.GetFileName(damagedFile), failed[1].Reason, StringComparison.Ordinal);
            Assert.Null(keys.Find(free.PersonalDataKeyId));
        }

        keys.Stuck = "";
        File.WriteAllBytes(damagedFile, whole);
        RetentionReport mended = Run(archive, dryRun: false);

        Assert.Equal(2, mended.Items.Count(item => item.Action == RetentionAction.Expired));
        Assert.Null(keys.Find(stuck.PersonalDataKeyId));
        Assert.Null(keys.Find(damaged.PersonalDataKeyId));
    }

    /// <summary>45 days on the topics and 3 days, or the longest class of received usage and 3 days.</summary>
    [Theory]
    [InlineData("FRAUD_4M", "P4M", "P4M3D")]
    [InlineData("FRAUD_4M", "P10D", "P48D")]
    [InlineData("BILLING", "P10Y", "P120M3D")]
    public void Period_LeftOut_IsTheLeast(string retentionClass, string period, string expected)
    {
        RetentionOptions options = OnlyClassOfUsage(retentionClass, period);

        Assert.Equal(expected, RetentionPolicy.From(options).PersonalData.Period.ToString());
        Assert.Equal("P12M3D", RetentionPolicy.From(ArchiveFixture.ShippedOptions("x")).PersonalData.Period.ToString());
    }

    [Theory]
    [InlineData("P4M", "P48D", "PersonalDataPeriod: P48D is shorter than P4M3D, the least: class FRAUD_4M keeps usage.received.v1 for P4M")]
    [InlineData("P10D", "P47D", "PersonalDataPeriod: P47D is shorter than P48D, the least: usage.received.v1 is kept for P45D")]
    [InlineData("P4M", "120 days", "PersonalDataPeriod: '120 days' is no ISO 8601 period")]
    [InlineData("P4M", "P4M3D", null)]
    [InlineData("P4M", "P1Y", null)]
    public void Period_ShorterThanNeeded_IsRefusedAndSaysWhy(string ofClass, string configured, string? fault)
    {
        RetentionOptions options = OnlyClassOfUsage("FRAUD_4M", ofClass);
        options.PersonalDataPeriod = configured;

        string? found = options.Faults().SingleOrDefault();

        Assert.Equal(fault is null, found is null);
        Assert.StartsWith(fault ?? "", found ?? "", StringComparison.Ordinal);
    }

    private static RetentionOptions OnlyClassOfUsage(string name, string period)
    {
        RetentionOptions options = ArchiveFixture.ShippedOptions("x");
        foreach (RetentionRuleOptions rule in options.Rules.Where(rule => rule.Topic == Topics.UsageReceived))
        {
            rule.Classes.Clear();
            rule.Classes.Add(name);
        }

        options.Classes[name].Period = period;
        return options;
    }

    /// <summary>A value of usage.received.v1 as mediation makes it on a day.</summary>
    private static UsageReceived Receive(IKeyStore keys, DateTimeOffset at)
    {
        DataKey key = keys.GetOrCreate(KeyPurposes.PersonalData, KeyPurposes.Day(DateOnly.FromDateTime(at.UtcDateTime)));
        return new UsageReceived
        {
            SubscriberRef = ArchiveFixture.Subscriber(1),
            PersonalDataKeyId = key.Id,
            PersonalData = EnvelopeCipher.Encrypt(key, Encoding.UTF8.GetBytes(Person), EnvelopeContext.UsagePersonalData),
            InputHash = new RecordDigest(key).Short(Encoding.UTF8.GetBytes(Person)),
        };
    }

    private RetentionReport Run(CdrArchive archive, bool dryRun) =>
        new RetentionExpiry(archive, _fixture.Clock).Run(_fixture.Clock.GetUtcNow(), dryRun);

    private bool TryRead(UsageReceived usage, out string person)
    {
        bool isReadable = EnvelopeCipher.TryDecrypt(
            _fixture.Keys, usage.PersonalDataKeyId, usage.PersonalData, EnvelopeContext.UsagePersonalData, out byte[] clear);
        person = Encoding.UTF8.GetString(clear);
        return isReadable;
    }

    private DataKey KeyOf(UsageReceived usage) => _fixture.Keys.Find(usage.PersonalDataKeyId)!;

    /// <summary>Whether the record's digest can be told from that of another number.</summary>
    private static bool IsOf(UsageReceived usage, RecordDigest digest, DataKey key) =>
        usage.InputHash == digest.Short(Encoding.UTF8.GetBytes(Person))
        && usage.InputHash == new RecordDigest(key).Short(Encoding.UTF8.GetBytes(Person));

    /// <summary>A store that does not delete one key.</summary>
    private sealed class StuckKeys(IKeyStore inner) : IKeyStore
    {
        public string Stuck { get; set; } = "";

        public DataKey GetOrCreate(string purpose, string scope) => inner.GetOrCreate(purpose, scope);

        public DataKey? Find(string keyId) => inner.Find(keyId);

        public DataKey? Find(string purpose, string scope) => inner.Find(purpose, scope);

        public bool Delete(string keyId) =>
            keyId == Stuck ? throw new IOException($"key {keyId}: the file system is read-only") : inner.Delete(keyId);
    }
}
