using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Retention.Tests;

public sealed class CdrArchiveTests : IDisposable
{
    private readonly ArchiveFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Find_ReturnsThePersonsRecordsAsTheyCame()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Voice, Direction.Originating, 1, 2, 1);

        ArchiveLookup found = _fixture.FindAll(archive, 1);

        Assert.True(found.IsComplete);
        Assert.Equal([0L, 2L], found.Records.Select(record => record.Offset));
        ArchivedRecord record = found.Records[0];
        Assert.Equal(
            ("FRAUD_4M", "finding fraud and malicious use", (string?)null), (record.RetentionClass, record.Purpose, record.LegalHoldId));
        Assert.Equal((Topics.UsageReceived, 0, _fixture.Clock.GetUtcNow()), (record.Topic, record.Partition, record.StartOfPeriod));
        Assert.Equal(ArchiveFixture.Value(1, 0), record.Value);
    }

    /// <summary>
    /// The index is one as an earlier release wrote it, before topic ids (2) or before class periods, too (1); its records and positions go
    /// on.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Open_IndexOfAnEarlierRelease_KeepsRecordsAndPositions(int version)
    {
        using (CdrArchive archive = _fixture.Open())
        {
            _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1, 2, 3);
        }

        using (SqliteConnection index = new($"Data Source={Path.Combine(_fixture.Folder, "index.db")};Pooling=False"))
        {
            index.Open();
            using SqliteCommand command = index.CreateCommand();
            command.CommandText =
                $"""
                CREATE TABLE earlier (
                    topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition))
                    WITHOUT ROWID;
                INSERT INTO earlier SELECT topic, partition, next_offset FROM position;
                DROP TABLE position;
                ALTER TABLE earlier RENAME TO position;
                DROP TABLE hold_person;
                DROP TABLE clock;
                DROP TABLE day_key;
                DROP TABLE commit_log;
                ALTER TABLE segment DROP COLUMN seal;
                ALTER TABLE legal_hold DROP COLUMN seal;
                DELETE FROM schema_version WHERE version > {version};
                {(version == 1 ? "DROP TABLE class_period;" : "")}
                """;
            command.ExecuteNonQuery();
        }

        using CdrArchive opened = _fixture.Open();

        Assert.Single(_fixture.FindAll(opened, 2).Records);
        Assert.Equal(3, opened.NextOffset(Topics.UsageReceived, 0, "id", end: 3));
        _fixture.Receive(opened, UsageKind.Sms, Direction.Originating, 2);
        Assert.Equal(2, _fixture.FindAll(opened, 2).Records.Count);
        Assert.Equal(4, opened.NextOffset(Topics.UsageReceived, 0, "id", end: 4));
    }

    [Fact]
    public void Append_TerminatingCall_IsKeptUnderBothOfItsClasses()
    {
        using CdrArchive archive = _fixture.Open();

        _fixture.Receive(archive, UsageKind.Voice, Direction.Terminating, 1);

        Assert.Equal(["FRAUD_4M", "INCOMING_12M"], _fixture.FindAll(archive, 1).Records.Select(record => record.RetentionClass).Order());
        Assert.Equal(["FRAUD_4M", "INCOMING_12M"], archive.Totals().Segments.Select(segment => segment.Class));
    }

    [Fact]
    public void Append_DataSession_CountsFromItsEnd()
    {
        using CdrArchive archive = _fixture.Open();

        _fixture.Receive(archive, UsageKind.Data, Direction.NotApplicable, 1);

        ArchivedRecord record = Assert.Single(_fixture.FindAll(archive, 1).Records);
        Assert.Equal("SESSION_ID_12M", record.RetentionClass);
        Assert.Equal(_fixture.Clock.GetUtcNow().AddMinutes(1), record.StartOfPeriod);
    }

    [Fact]
    public void Append_AfterReopening_SkipsWhatItHas()
    {
        using (CdrArchive archive = _fixture.Open())
        {
            _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1, 1);
            Assert.Equal(2, archive.NextOffset(Topics.UsageReceived, 0));
        }

        using CdrArchive again = _fixture.Open();
        using (ArchiveAppender appender = again.BeginAppend())
        {
            foreach (long offset in new long[] { 0, 1, 2 })
            {
                ArchiveFixture.Add(appender, offset, 1, UsageKind.Sms, Direction.Originating, _fixture.Clock.GetUtcNow());
            }

            appender.Commit();
            Assert.Equal(2, appender.Counts.Redelivered);
        }

        Assert.Equal(3, _fixture.FindAll(again, 1).Records.Count);
    }

    [Fact]
    public void Append_WithoutCommit_LeavesNothing()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        _fixture.Options.BlockOctets = 4096;
        using (ArchiveAppender appender = archive.BeginAppend())
        {
            for (int offset = 1; offset < 500; offset++)
            {
                ArchiveFixture.Add(appender, offset, 1, UsageKind.Sms, Direction.Originating, _fixture.Clock.GetUtcNow());
            }
        }

        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);

        Assert.Equal([0L, 1L], _fixture.FindAll(archive, 1).Records.Select(record => record.Offset));
        Assert.Empty(archive.Verify());
    }

    /// <summary>
    /// kill -9 between the blocks and the index's commit leaves a tail that nobody has acknowledged: whole blocks, or a part of one.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(5000)]
    public void Open_AfterCrashBehindTheBlocks_CutsTheTail(int octets)
    {
        using (CdrArchive archive = _fixture.Open())
        {
            _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        }

        string file = Assert.Single(Directory.GetFiles(Path.Combine(_fixture.Folder, "FRAUD_4M")));
        long committed = new FileInfo(file).Length;
        using (FileStream tail = new(file, FileMode.Append))
        {
            tail.Write(new byte[octets]);
        }

        using CdrArchive again = _fixture.Open();

        Assert.Equal(committed, new FileInfo(file).Length);
        _fixture.Receive(again, UsageKind.Sms, Direction.Originating, 1);
        Assert.Equal(2, _fixture.FindAll(again, 1).Records.Count);
        Assert.Empty(again.Verify());
    }

    [Fact]
    public void Open_FileShorterThanCommitted_IsRefusedWithItsName()
    {
        using (CdrArchive archive = _fixture.Open())
        {
            _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        }

        string file = Assert.Single(Directory.GetFiles(Path.Combine(_fixture.Folder, "FRAUD_4M")));
        using (FileStream cut = new(file, FileMode.Open))
        {
            cut.SetLength(cut.Length - 1);
        }

        ArchiveException fault = Assert.Throws<ArchiveException>(_fixture.Open);
        Assert.Equal(ArchiveFault.Damaged, fault.Fault);
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhileAnotherHasIt_IsRefused()
    {
        using CdrArchive archive = _fixture.Open();

        Assert.Equal(StorageFault.InUse, Assert.Throws<StorageException>(_fixture.Open).Fault);
    }

    /// <summary>
    /// Wherever one octet of the file is changed, the tag, the numbers of the header or the magic say so: to a look-up, or, in a mark, to
    /// the check.
    /// </summary>
    [Fact]
    public void Find_TamperedBlock_IsDamagedWhereverItWasChanged()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        string file = Assert.Single(Directory.GetFiles(Path.Combine(_fixture.Folder, "FRAUD_4M")));
        byte[] intact = File.ReadAllBytes(file);
        (int start, int end) = Assert.Single(ArchiveFixture.BlocksOf(intact));
        for (int i = 0; i < intact.Length; i++)
        {
            byte[] tampered = (byte[])intact.Clone();
            tampered[i] ^= 1;
            File.WriteAllBytes(file, tampered);
            if (i >= start && i < end)
            {
                Assert.Equal(ArchiveFault.Damaged, Assert.Throws<ArchiveException>(() => _fixture.FindAll(archive, 1)).Fault);
            }

            Assert.Single(archive.Verify());
        }

        File.WriteAllBytes(file, intact);
        Assert.Single(_fixture.FindAll(archive, 1).Records);
    }

    /// <summary>
    /// A record larger than a block may be is refused, and nothing of its batch is committed. One that fits alone is in a block of its own,
    /// also in the copy of a hold.
    /// </summary>
    [Fact]
    public void Append_LargeRecords_AreInBlocksThatCanBeReadOrRefused()
    {
        const int MiB = 1024 * 1024;
        _fixture.Options.BlockOctets = 16 * MiB;
        using CdrArchive archive = _fixture.Open();
        DateTimeOffset at = _fixture.Clock.GetUtcNow();
        ArchiveException refused = Assert.Throws<ArchiveException>(() => Append(65 * MiB));
        Assert.Contains("could not be read again", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, archive.Totals().Records);

        Append(2 * MiB, 63 * MiB);

        Assert.Equal([2 * MiB, 63 * MiB], Found());
        archive.PlaceHold("case-7", [ArchiveFixture.Subscriber(1)], at.AddDays(-1), at.AddDays(1), ArchiveFixture.Officer);
        _fixture.Clock.Advance(TimeSpan.FromDays(150));
        Assert.True(_fixture.Expire(archive).IsComplete);
        Assert.Equal([2 * MiB, 63 * MiB], Found());
        Assert.Empty(archive.Verify());

        IEnumerable<int> Found() => _fixture.FindAll(archive, 1).Records.Select(record => record.Value.Length).Order();

        void Append(params int[] octets)
        {
            using ArchiveAppender appender = archive.BeginAppend();
            for (int i = 0; i < octets.Length; i++)
            {
                appender.Add(new CdrToArchive
                {
                    Topic = Topics.UsageReceived,
                    Partition = 0,
                    Offset = i,
                    Subscriber = ArchiveFixture.Subscriber(1),
                    Kind = UsageKind.Sms,
                    Direction = Direction.Originating,
                    EventTimeMilliseconds = at.ToUnixTimeMilliseconds(),
                    EndTimeMilliseconds = at.ToUnixTimeMilliseconds(),
                    ReceivedMilliseconds = at.ToUnixTimeMilliseconds(),
                    Value = new byte[octets[i]],
                });
            }

            appender.Commit();
        }
    }

    [Fact]
    public void Find_BlocksSwapped_AreDamaged()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 2);
        string file = Assert.Single(Directory.GetFiles(Path.Combine(_fixture.Folder, "FRAUD_4M")));
        byte[] blocks = File.ReadAllBytes(file);
        (int start, int end) = ArchiveFixture.BlocksOf(blocks)[0];
        (int second, int last) = ArchiveFixture.BlocksOf(blocks)[1];
        File.WriteAllBytes(
            file, [.. blocks[..start], .. blocks[second..last], .. blocks[end..second], .. blocks[start..end], .. blocks[last..]]);

        Assert.Equal(ArchiveFault.Damaged, Assert.Throws<ArchiveException>(() => _fixture.FindAll(archive, 1)).Fault);
    }

    [Fact]
    public void Read_WithAnotherKey_IsDamaged()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        Segment segment = Assert.Single(archive.Index.Segments(SegmentState.Kept));
        using SafeFileHandle file = CdrArchive.OpenFile(archive.PathOf(segment.Name), FileMode.Open);

        ArchiveException fault = Assert.Throws<ArchiveException>(
            () => SegmentFile.Read(file, segment.Name, 0, segment.Length, new DataKey(segment.KeyId, new byte[DataKey.Size]), out _));

        Assert.Equal(ArchiveFault.Damaged, fault.Fault);
    }

    [Fact]
    public void Find_KeyDeleted_SaysWhichKeyIsMissing()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        Segment segment = Assert.Single(archive.Index.Segments(SegmentState.Kept));
        _fixture.Keys.Delete(segment.KeyId);

        ArchiveException fault = Assert.Throws<ArchiveException>(() => _fixture.FindAll(archive, 1));

        Assert.Equal(ArchiveFault.KeyMissing, fault.Fault);
        Assert.Contains(segment.KeyId, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_HoldNoReferenceAndNoContentInClear()
    {
        using (CdrArchive archive = _fixture.Open())
        {
            _fixture.Receive(archive, UsageKind.Voice, Direction.Terminating, 1, 2, 3);
            _fixture.FindAll(archive, 1);
        }

        byte[] subscriber = new byte[16];
        ArchiveFixture.Subscriber(1).CopyTo(subscriber);
        foreach (string file in Directory.GetFiles(_fixture.Folder, "*", SearchOption.AllDirectories))
        {
            byte[] octets = File.ReadAllBytes(file);
            Assert.Equal(-1, octets.AsSpan().IndexOf(subscriber));
            Assert.Equal(-1, octets.AsSpan().IndexOf("plain-text-marker"u8));
            Assert.Equal(-1, octets.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(ArchiveFixture.Subscriber(1).ToString())));
        }
    }

    [Fact]
    public void Find_IsJournalledBeforeItReads()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1);
        _fixture.Keys.Delete(Assert.Single(archive.Index.Segments(SegmentState.Kept)).KeyId);

        Assert.Throws<ArchiveException>(() => _fixture.FindAll(archive, 1));

        AuditEntry entry = Assert.Single(AuditJournal.Read(CdrArchive.JournalDirectory(_fixture.Options)));
        Assert.Equal(("retention.find", ArchiveFixture.Officer.Actor, "request-17"), (entry.Action, entry.Actor, entry.CorrelationId));
        Assert.DoesNotContain(ArchiveFixture.Subscriber(1).ToString(), entry.Object, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_MoreThanAskedFor_SaysSo()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(archive, UsageKind.Sms, Direction.Originating, 1, 1, 1);

        ArchiveLookup found = archive.Find(
            [ArchiveFixture.Subscriber(1)], _fixture.Clock.GetUtcNow().AddDays(-1), _fixture.Clock.GetUtcNow().AddDays(1),
            ArchiveFixture.Officer, maxRecords: 2);

        Assert.False(found.IsComplete);
        Assert.Equal(2, found.Records.Count);
    }

    [Fact]
    public void Append_PastItsPeriod_IsCountedAndNotStored()
    {
        using CdrArchive archive = _fixture.Open();
        using (ArchiveAppender appender = archive.BeginAppend())
        {
            ArchiveFixture.Add(appender, 0, 1, UsageKind.Voice, Direction.Terminating, _fixture.Clock.GetUtcNow().AddMonths(-5));
            appender.Commit();
            Assert.Equal((0, 1), appender.Counts.Classes["FRAUD_4M"]);
            Assert.Equal((1, 0), appender.Counts.Classes["INCOMING_12M"]);
        }

        Assert.Equal(["INCOMING_12M"], archive.Totals().Segments.Select(segment => segment.Class));
        Assert.Equal(1, archive.NextOffset(Topics.UsageReceived, 0));
    }

    [Theory]
    [InlineData(2099)]
    [InlineData(1970)]
    public void Append_TimeThatCannotBe_CountsFromTheArrival(int year)
    {
        using CdrArchive archive = _fixture.Open();
        DateTimeOffset arrival = _fixture.Clock.GetUtcNow();
        using (ArchiveAppender appender = archive.BeginAppend())
        {
            ArchiveFixture.Add(
                appender, 0, 1, UsageKind.Sms, Direction.Originating, new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero), arrival);
            appender.Commit();
        }

        Assert.Equal(arrival, Assert.Single(_fixture.FindAll(archive, 1).Records).StartOfPeriod);
    }
}
