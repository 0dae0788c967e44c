using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Retention.Tests;

/// <summary>The index can be made anew from the files of the archive, its journal and its keys.</summary>
public sealed class ArchiveReindexTests(LivedArchive lived) : IClassFixture<LivedArchive>, IDisposable
{
    private ArchiveFixture _fixture = NewFixture();

    private string Index => Path.Combine(_fixture.Folder, "index.db");

    public void Dispose() => _fixture.Dispose();

    /// <summary>
    /// Several thousand records of three classes, days of which have expired, a hold in force that has copies, one that was released, and a
    /// person all of whose records are destroyed.
    /// </summary>
    [Fact]
    public void Reindex_IndexLost_EverythingIsAsBefore()
    {
        Live();
        string[] before = Seen();
        Assert.True(before.Length > 4_000);
        DeleteIndex();
        Assert.Contains("belgicom retention reindex", Assert.Throws<ArchiveException>(_fixture.Open).Message, StringComparison.Ordinal);

        ArchiveReindexed made = Reindex();

        Assert.Empty(made.Faults);
        Assert.Equal(before, Seen());
        using CdrArchive archive = _fixture.Open();
        Assert.Empty(archive.Verify());
        Assert.Equal(made.Records, archive.Totals().Records);
        Assert.Throws<ArchiveException>(() => archive.PlaceHold(
            "case-2", [ArchiveFixture.Subscriber(1)], default, _fixture.Clock.GetUtcNow(), ArchiveFixture.Officer));
        Assert.Contains(archive.Journal.ReadFrom(0), entry => entry is { Action: "retention.reindex", Actor: "officer-1" });
    }

    /// <summary>
    /// The rest of the archive's life goes as it would have gone: the same days end on the same day, the same records come.
    /// </summary>
    [Fact]
    public void Reindex_IndexLost_TheSameDaysEndAndWhatComesIsKeptOnce()
    {
        Live();
        string[] without = GoOn();

        Live();
        DeleteIndex();
        Assert.Empty(Reindex().Faults);

        Assert.Equal(without, GoOn());
    }

    /// <summary>The process died when one file of the last batch was on disk and another was not.</summary>
    [Fact]
    public void Reindex_BatchOfWhichAPartIsMissing_ComesAgainOnce()
    {
        using (CdrArchive archive = _fixture.Open())
        {
            _fixture.Receive(archive, UsageKind.Voice, Direction.Terminating, 1, 2, 3);
        }

        string fraud = FileOf("FRAUD_4M");
        byte[] before = File.ReadAllBytes(fraud);
        using (CdrArchive archive = _fixture.Open())
        {
            _fixture.Receive(archive, UsageKind.Voice, Direction.Terminating, 1, 2, 3);
        }

        File.WriteAllBytes(fraud, before);
        DeleteIndex();

        Assert.Empty(Reindex().Faults);

        using CdrArchive again = _fixture.Open();
        Assert.Equal(3, again.NextOffset(Topics.UsageReceived, 0));
        Append(again, from: 0, count: 6);
        Assert.Equal(12, again.Totals().Records);
        Assert.Empty(again.Verify());
    }

    /// <summary>All files of the last batch are on disk; only the index does not know it.</summary>
    [Fact]
    public void Reindex_BatchThatIsWholeInTheFiles_IsKeptOnce()
    {
        Live();
        byte[] index = File.ReadAllBytes(Index);
        long records;
        using (CdrArchive archive = _fixture.Open())
        {
            Append(archive, archive.NextOffset(Topics.UsageReceived, 0)!.Value, 10);
            Append(archive, archive.NextOffset(Topics.UsageReceived, 0)!.Value, 10);
            records = archive.Totals().Records;
        }

        File.WriteAllBytes(Index, index);
        Assert.Contains("older", Assert.Throws<ArchiveException>(_fixture.Open).Message, StringComparison.Ordinal);

        Assert.Empty(Reindex().Faults);

        using CdrArchive again = _fixture.Open();
        Assert.Equal(records, again.Totals().Records);
    }

    [Fact]
    public void Reindex_CutShortAtAnyStep_IsMadeAgain()
    {
        Live();
        string[] before = Seen();
        DeleteIndex();
        int cut = 0;
        for (int calls = 1; ; calls += 40)
        {
            try
            {
                using CdrArchive archive = CdrArchive.Open(_fixture.Options, _fixture.Keys, _fixture.Clock);
                break;
            }
            catch (ArchiveException)
            {
                // There is no index yet.
            }

            try
            {
                _ = CdrArchive.Reindex(_fixture.Options, new KeysThatEnd(_fixture.Keys, calls), _fixture.Clock, "officer");
            }
            catch (OperationCanceledException)
            {
                cut++;
            }
        }

        Assert.True(cut > 3);
        Assert.Equal(before, Seen());
    }

    /// <summary>The old index was moved away, and its log was not, when the process died.</summary>
    [Fact]
    public void Reindex_WithWhatAnEarlierRunLeft_TakesNothingOfIt()
    {
        Live();
        string[] before = Seen();
        File.Move(Index, Index + ".replaced");
        File.WriteAllBytes(Index + "-wal", new byte[4096]);
        File.WriteAllText(Index + ".new", "half an index");

        Assert.Empty(Reindex().Faults);

        Assert.Equal(before, Seen());
        Assert.Equal([Index], Directory.GetFiles(_fixture.Folder, "index.db*"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reindex_HalfASegmentMissing_SaysWhatIsLostAndKeepsTheRest(bool indexIsLost)
    {
        using (CdrArchive archive = _fixture.Open())
        {
            for (int batch = 0; batch < 10; batch++)
            {
                _fixture.Receive(archive, UsageKind.Voice, Direction.Terminating, [.. Enumerable.Range(0, 50)]);
            }

            _fixture.Receive(archive, UsageKind.Data, Direction.NotApplicable, 1);
        }

        string fraud = FileOf("FRAUD_4M");
        using (FileStream file = File.OpenWrite(fraud))
        {
            file.SetLength(file.Length / 2);
        }

        if (indexIsLost)
        {
            DeleteIndex();
        }

        Assert.Contains("belgicom retention reindex", Assert.Throws<ArchiveException>(_fixture.Open).Message, StringComparison.Ordinal);

        string fault = Reindex().Faults[0];

        using CdrArchive again = _fixture.Open();
        long kept = again.Totals().Segments.Single(segment => segment.Class == "FRAUD_4M").Records;
        Assert.InRange(kept, 100, 450);
        Assert.StartsWith("Archive segment FRAUD_4M/2026-01-15-1: its file ends at octet", fault, StringComparison.Ordinal);
        Assert.Contains($" {500 - kept} of 500 records are not there", fault, StringComparison.Ordinal);
        Assert.Equal(501, again.NextOffset(Topics.UsageReceived, 0));
        Assert.Equal(500, again.Totals().Segments.Single(segment => segment.Class == "INCOMING_12M").Records);
        Assert.Empty(again.Verify());
    }

    [Fact]
    public void Reindex_FileOfASegmentMissing_SaysSo()
    {
        Live();
        DeleteIndex();
        File.Delete(FileOf("INCOMING_12M"));

        string fault = Assert.Single(Reindex().Faults);

        Assert.StartsWith("Archive segment INCOMING_12M/", fault, StringComparison.Ordinal);
        Assert.Contains("its file is missing", fault, StringComparison.Ordinal);
    }

    /// <summary>A flipped bit costs its block, wherever it is, and is said.</summary>
    [Fact]
    public void Reindex_BitFlipped_CostsOneBlockAtMostAndIsSaid()
    {
        using (CdrArchive archive = _fixture.Open())
        {
            for (int batch = 0; batch < 5; batch++)
            {
                _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, [.. Enumerable.Range(0, 20)]);
            }
        }

        string file = FileOf("FRAUD_4M");
        byte[] intact = File.ReadAllBytes(file);
        // Each bit of the lengths in the blocks' headers, because those say where the next block is, and octets all over the file.
        int[] blocks = [.. Enumerable.Range(0, intact.Length - 200).Where(at => intact.AsSpan(at).StartsWith("BCB1"u8))];
        Assert.Equal(5, blocks.Length);
        IEnumerable<int> bits = Enumerable.Range(0, (intact.Length - 200) / 37).Select(step => (step * 37 * 8) + 4)
            .Concat(blocks.SelectMany(at => Enumerable.Range((at + 4) * 8, 32)));
        foreach (int bit in bits)
        {
            int at = bit / 8;
            byte[] damaged = [.. intact];
            damaged[at] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(file, damaged);
            DeleteIndex();
            try
            {
                ArchiveReindexed made = Reindex();
                Assert.True(made.Faults.Count > 0, $"octet {at}, bit {bit % 8}");
                Assert.InRange(made.Records, 80, 100);
            }
            catch (ArchiveException refused)
            {
                Assert.Equal(ArchiveFault.Refused, refused.Fault);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reindex_FileOfAnotherArchive_IsRefusedAndChangesNothing(bool withTheSameKeys)
    {
        Live();
        using ArchiveFixture other = new();
        IKeyStore keys = withTheSameKeys ? _fixture.Keys : other.Keys;
        using (CdrArchive archive = CdrArchive.Open(other.Options, keys, other.Clock))
        {
            other.Receive(archive, UsageKind.Sms, Direction.Originating, 5);
        }

        string foreign = Directory.GetFiles(other.Folder, "*.cdra", SearchOption.AllDirectories).Single();
        string beside = Path.Combine(_fixture.Folder, "FRAUD_4M", "2026-01-15-90000.cdra");
        Directory.CreateDirectory(Path.GetDirectoryName(beside)!);
        File.Copy(foreign, beside);
        Assert.Contains("does not know", Assert.Throws<ArchiveException>(_fixture.Open).Message, StringComparison.Ordinal);
        DeleteIndex();

        ArchiveException refusal = Assert.Throws<ArchiveException>(Reindex);

        Assert.Equal(ArchiveFault.Refused, refusal.Fault);
        Assert.Contains("2026-01-15-90000", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Index));
        File.Delete(beside);
        Assert.Empty(Reindex().Faults);
    }

    /// <summary>The journal knows the holds. Without all of it, what they keep would be destroyed with the rest.</summary>
    [Fact]
    public void Reindex_JournalLostToo_IsRefused()
    {
        Live();
        DeleteIndex();
        Directory.Delete(CdrArchive.JournalDirectory(_fixture.Options), recursive: true);

        Assert.Contains("journal", Assert.Throws<ArchiveException>(Reindex).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Index));
    }

    [Fact]
    public void Reindex_ArchiveOfAnEarlierReleaseThatWasOpenedOnce_FindsEverything()
    {
        WriteAsAnEarlierRelease();
        using (CdrArchive archive = _fixture.Open())
        {
            Assert.Equal(20, _fixture.FindAll(archive, 1).Records.Count);
            Assert.Empty(archive.Verify());
        }

        DeleteIndex();

        Assert.Empty(Reindex().Faults);

        using CdrArchive again = _fixture.Open();
        Assert.Equal(20, _fixture.FindAll(again, 1).Records.Count);
        Assert.Equal(20, again.NextOffset(Topics.UsageReceived, 0));
        Assert.Empty(again.Verify());
    }

    /// <summary>
    /// A file that does not say its key is named, kept, and not destroyed, because nobody can say what a hold keeps of it.
    /// </summary>
    [Fact]
    public void Reindex_ArchiveOfAnEarlierReleaseWithoutItsIndex_IsNamedAndKept()
    {
        WriteAsAnEarlierRelease();
        DeleteIndex();

        string fault = Assert.Single(Reindex().Faults);

        Assert.Contains("FRAUD_4M/2026-01-15-1", fault, StringComparison.Ordinal);
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        Assert.Single(_fixture.FindAll(archive, 1).Records);
        Assert.NotEmpty(archive.Verify());
        _fixture.Clock.Advance(TimeSpan.FromDays(200));
        RetentionReport report = _fixture.Expire(archive);
        Assert.Equal([RetentionAction.Failed, RetentionAction.Expired], report.Items.Select(item => item.Action));
        Assert.True(File.Exists(report.Items[0].File));
    }

    private static ArchiveFixture NewFixture()
    {
        ArchiveFixture fixture = new();
        fixture.Options.BlockOctets = 4 * 1024;
        return fixture;
    }

    private ArchiveReindexed Reindex() => CdrArchive.Reindex(_fixture.Options, _fixture.Keys, _fixture.Clock, "officer-1");

    private string FileOf(string retentionClass) =>
        Directory.GetFiles(Path.Combine(_fixture.Folder, retentionClass), "*.cdra").Order(StringComparer.Ordinal).First();

    private void DeleteIndex()
    {
        foreach (string file in Directory.GetFiles(_fixture.Folder, "index.db*"))
        {
            File.Delete(file);
        }
    }

    /// <summary>Goes on with a copy of an archive that has lived for months.</summary>
    private void Live()
    {
        _fixture.Dispose();
        _fixture = new ArchiveFixture(lived.Archive);
    }

    /// <summary>Days more, with what each destroys and what is kept at the end.</summary>
    private string[] GoOn()
    {
        List<string> seen = [];
        using (CdrArchive archive = _fixture.Open())
        {
            for (int day = 0; day < 25; day++)
            {
                // The last records come once more.
                long next = archive.NextOffset(Topics.UsageReceived, 0)!.Value;
                seen.Add(next.ToString(CultureInfo.InvariantCulture));
                Append(archive, next - 20, 40);
                _fixture.Clock.Advance(TimeSpan.FromDays(1));
                seen.AddRange(_fixture.Expire(archive).Items.Select(
                    item => $"{day} {item.Action} {item.Class} {item.Day} {item.Records} {item.HeldRecords} {item.KeyId}"));
            }
        }

        return [.. seen, .. Seen()];
    }

    private void Append(CdrArchive archive, long from, int count)
    {
        using ArchiveAppender appender = archive.BeginAppend();
        for (long offset = from; offset < from + count; offset++)
        {
            ArchiveFixture.Add(
                appender, offset, (int)(offset % LivedArchive.Persons), UsageKind.Voice, Direction.Terminating,
                _fixture.Clock.GetUtcNow());
        }

        appender.Commit();
    }

    /// <summary>What can be seen from outside: every person's records, what is kept, positions, holds, what is due on later days.</summary>
    private string[] Seen()
    {
        using CdrArchive archive = _fixture.Open();
        Assert.Empty(_fixture.FindAll(archive, LivedArchive.ErasedPerson).Records);
        List<string> seen =
        [
            .. Enumerable.Range(0, LivedArchive.Persons).SelectMany(person => _fixture.FindAll(archive, person).Records.Select(
                record => $"{person} {record.RetentionClass} {record.LegalHoldId} {record.StartOfPeriod:O} {record.Offset}")).Order(),
            .. archive.Totals().Segments.Select(segment => segment.ToString()),
            .. archive.Index.Positions().Select(position => position.ToString()),
            .. archive.Index.Periods().Select(period => period.ToString()).Order(),
            .. archive.Index.Holds().Select(hold =>
                $"{hold.Id} {hold.From:O} {hold.To:O} {hold.KeyId} "
                + string.Join(' ', hold.Persons.Select(person => person.ToString()).Order())),
            .. archive.Index.HeldSegments().Select(held => held.ToString()),
            .. archive.Index.Segments(SegmentState.Expired).Select(segment => segment.ToString()),
        ];
        foreach (int days in (int[])[1, 30, 100, 400])
        {
            seen.AddRange(new RetentionExpiry(archive, _fixture.Clock).Run(_fixture.Clock.GetUtcNow().AddDays(days), dryRun: true).Items
                .Select(item => $"{days}: {item with { File = Path.GetFileName(item.File), KeyId = "" }}"));
        }

        return [.. seen];
    }

    /// <summary>Writes twenty records of person 1 in two blocks, as a release before marks did.</summary>
    private void WriteAsAnEarlierRelease()
    {
        using CdrArchive archive = _fixture.Open();
        RetentionClass fraud = archive.Policy.Find("FRAUD_4M")!;
        DateOnly day = BelgianCalendar.DayOf(_fixture.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        (Segment segment, DataKey key) = archive.SegmentFor(fraud, day, isPastPeriod: false);
        using SafeFileHandle file = CdrArchive.OpenFile(archive.PathOf(segment.Name), FileMode.OpenOrCreate);
        PersonRef person = PersonRef.Of(ArchiveFixture.Subscriber(1), archive.PersonKey);
        BlockBuilder block = new(fraud.Name, fraud.Purpose);
        for (int offset = 0; offset < 20; offset++)
        {
            block.Add(
                person, _fixture.Clock.GetUtcNow().ToUnixTimeMilliseconds(), null, Topics.UsageReceived, 0, offset,
                ArchiveFixture.Value(1, offset));
            if (offset % 10 == 9)
            {
                archive.Index.AddPersonBlocks(segment.Id, segment.Length, block.Persons);
                segment = segment with
                {
                    Length = segment.Length + SegmentFile.Write(file, segment.Name, segment.Length, block, key),
                    Records = segment.Records + block.Records,
                };
                block.Clear();
            }
        }

        archive.Index.SetLength(segment);
        archive.Index.SetPosition(new LogPosition(Topics.UsageReceived, 0, 20, ""));
        archive.Dispose();
        using SqliteConnection index = new($"Data Source={Index};Pooling=False");
        index.Open();
        using SqliteCommand command = index.CreateCommand();
        command.CommandText = "DROP TABLE commit_log; DELETE FROM schema_version WHERE version > 7";
        Assert.NotEqual(0, command.ExecuteNonQuery());
    }

    /// <summary>A key store that stops answering, which ends whatever uses it there.</summary>
    private sealed class KeysThatEnd(IKeyStore keys, int calls) : IKeyStore
    {
        private int _left = calls;

        public DataKey GetOrCreate(string purpose, string scope) => Call(() => keys.GetOrCreate(purpose, scope));

        public DataKey? Find(string keyId) => Call(() => keys.Find(keyId));

        public DataKey? Find(string purpose, string scope) => Call(() => keys.Find(purpose, scope));

        public bool Delete(string keyId) => Call(() => keys.Delete(keyId));

        private T Call<T>(Func<T> call) => _left-- > 0 ? call() : throw new OperationCanceledException("The process ends here.");
    }
}
