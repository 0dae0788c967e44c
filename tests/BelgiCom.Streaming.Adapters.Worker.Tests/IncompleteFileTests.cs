using System.IO.Compression;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Storage;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.Adapters.Worker.Tests;

/// <summary>A file is done only when its end was seen; what configuration, or the rest of the file, can mend stays to be read.</summary>
public sealed class IncompleteFileTests : IDisposable
{
    private const string Header = "record_id,sms_time,msisdn,imsi,direction,other_party,serving_plmn,node\n";

    private readonly MediationFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Gzip_CutShort_GivesTheWholeLinesAndIsContinuedByItsWhole()
    {
        byte[] whole = Compress(Messages(3000));

        FileReport cut = await _fixture.MediateAsync(whole[..(whole.Length * 6 / 10)], "cut.csv.gz");
        int before = _fixture.Sender.Usage.Count;
        FileReport all = await _fixture.MediateAsync(whole, "whole.csv.gz");

        Assert.Equal((FileState.Incomplete, 1L), (cut.Entry.State, cut.Quarantined));
        QuarantinedRecord entry = Assert.Single(_fixture.Sender.Quarantined);
        Assert.Equal(QuarantineReason.Truncated, entry.Reason);
        Assert.InRange(before, 1, 2999);
        Assert.Equal((FileState.Done, 3000L, 0L), (all.Entry.State, all.Totals.Events, all.Quarantined));
        // What was read of the part has the ids that the whole gives, so that rating bills it once.
        Assert.Equal(3000, _fixture.Sender.Usage.Select(usage => usage.UsageId).Distinct().Count());
        FileEntry part = _fixture.Ledger.Find(cut.Entry.Hash)!;
        Assert.Equal((FileState.Changed, "The whole of it came as whole.csv.gz."), (part.State, part.Detail));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(200)]
    public async Task Gzip_WithTheSecondMemberDamaged_GivesTheFirstWhateverItsSize(int messages)
    {
        byte[] second = Compress(Messages(messages));
        second[1] ^= 1;

        FileReport report = await _fixture.MediateAsync([.. Compress(Messages(messages)), .. second]);

        Assert.Equal(("sms-csv", FileState.Incomplete), (report.Entry.Source, report.Entry.State));
        Assert.Equal((messages, QuarantineReason.Truncated), (report.Totals.Events, Assert.Single(_fixture.Sender.Quarantined).Reason));
    }

    [Fact]
    public async Task File_WithANulInALine_LosesThatLine()
    {
        FileReport report = await _fixture.MediateAsync([.. Messages(2), .. "M9\0\n"u8, .. Messages(3)[Header.Length..]]);

        Assert.Equal((FileState.Done, 5L, 1L), (report.Entry.State, report.Totals.Events, report.Quarantined));
    }

    [Fact]
    public async Task File_StoppedByALimit_IsReadWhenTheLimitIsRaised()
    {
        byte[] content = Compress(Messages(3000));
        _fixture.Options.MaxExpandedOctets = 131_072;
        FileReport stopped = await _fixture.MediateAsync(content);
        // The whole lines below the limit are read; the header, which is one of them, is no usage.
        int read = Encoding.UTF8.GetString(Messages(3000))[..131_072].Count(octet => octet == '\n') - 1;
        _fixture.Options.MaxExpandedOctets = long.MaxValue;
        FileReport again = await _fixture.MediateAsync(content);

        Assert.Equal((FileState.Incomplete, (long)read), (stopped.Entry.State, stopped.Totals.Events));
        Assert.Equal(QuarantineReason.TooLarge, Assert.Single(_fixture.Sender.Quarantined).Reason);
        Assert.Equal((FileState.Done, 3000L, 1L), (again.Entry.State, again.Totals.Events, again.Entry.Resent));
        Assert.Equal(3000, _fixture.Sender.Usage.Select(usage => usage.UsageId).Distinct().Count());
    }

    [Fact]
    public async Task File_DoneWithQuarantine_IsReadAgainWhenAsked()
    {
        byte[] content = [.. Messages(2), .. "bad line\n"u8];
        Assert.Equal(FileState.Done, (await _fixture.MediateAsync(content, "a.csv")).Entry.State);
        Assert.True((await _fixture.MediateAsync(content, "a.csv")).IsKnownAlready);

        Assert.Empty(FileLedger.Retry(_fixture.Options.DataDirectory, "b.csv", _fixture.Clock));
        (FileEntry file, string? inbox) = Assert.Single(FileLedger.Retry(_fixture.Options.DataDirectory, null, _fixture.Clock));
        FileReport again = await _fixture.MediateAsync(content, "a.csv");

        Assert.Equal(("a.csv", null), (file.Name, inbox));
        Assert.Equal((false, FileState.Done, 2L), (again.IsKnownAlready, again.Entry.State, again.Totals.Events));
        Assert.Equal(2, _fixture.Sender.Usage.Select(usage => usage.UsageId).Distinct().Count());
    }

    [Fact]
    public async Task File_InterruptedUnderASourceThatIsGone_WaitsAndKeepsItsPlace()
    {
        byte[] content = Messages(5);
        await _fixture.MediateAsync(content, "a.csv");
        FileEntry begun = Assert.Single(_fixture.Ledger.List());
        _fixture.Ledger.Put(begun with { State = FileState.Receiving, Source = "renamed", CommittedCdrs = 2 });

        FileReport waiting = await _fixture.MediateAsync(content, "a.csv");
        FileReport other = await _fixture.MediateAsync(Messages(7), "b.csv");

        Assert.True(waiting.IsWaiting);
        Assert.Equal((FileState.Receiving, 2L), (waiting.Entry.State, waiting.Entry.CommittedCdrs));
        Assert.Contains("renamed", waiting.Entry.Detail, StringComparison.Ordinal);
        Assert.Equal((FileState.Done, 7L), (other.Entry.State, other.Totals.Events));
        _fixture.Ledger.Put(waiting.Entry with { Source = "sms-csv" });
        Assert.Equal(FileState.Done, (await _fixture.MediateAsync(content, "a.csv")).Entry.State);
    }

    [Fact]
    public async Task Ledger_OfAnEarlierRelease_SaysUntilWhenKeysHadTheirFormerForms()
    {
        string folder = Path.Combine(_fixture.Folder, "earlier");
        using (SqliteDatabase earlier = SqliteDatabase.Open(Path.Combine(folder, FileLedger.FileName), "File ledger", "x"))
        {
            // These are the tables as release 0.1 made them.
            earlier.Migrate(
                [
                    "CREATE TABLE files (sha256 TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL, format TEXT NOT NULL, "
                    + "state INTEGER NOT NULL, committed_cdrs INTEGER NOT NULL, node TEXT NOT NULL, ts_number INTEGER NOT NULL, "
                    + "sequence_number INTEGER, declared_cdrs INTEGER, lost_cdr_indicator INTEGER NOT NULL, "
                    + "closure_reason INTEGER NOT NULL, cdrs INTEGER NOT NULL, events INTEGER NOT NULL, uplink_octets INTEGER NOT NULL, "
                    + "downlink_octets INTEGER NOT NULL, seconds INTEGER NOT NULL, quarantined INTEGER NOT NULL, "
                    + "ambiguous_times INTEGER NOT NULL, resent INTEGER NOT NULL, received_at INTEGER NOT NULL, finished_at INTEGER, "
                    + "detail TEXT NOT NULL); "
                    + "INSERT INTO files VALUES ('aa', 'a', 's', 'f', 1, 1, '', 0, NULL, NULL, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, '');",
                    "CREATE TABLE retired (path TEXT NOT NULL PRIMARY KEY, origin TEXT NOT NULL, octets INTEGER NOT NULL, "
                    + "retired_at INTEGER NOT NULL) WITHOUT ROWID;",
                ],
                MediationFixture.Now);
        }

        using (FileLedger ledger = FileLedger.Open(folder, _fixture.FileKey, _fixture.Clock))
        {
            Assert.Equal(MediationFixture.Now.ToUnixTimeMilliseconds(), ledger.FormerUntilMilliseconds);
            Assert.Equal((FileState.Done, 0L), (Assert.Single(ledger.List()).State, ledger.List()[0].Octets));
            // Release 0.1 stored hashes without a key; opening the ledger puts them under one.
            byte[] keyed = new byte[32];
            _fixture.FileKey.Hmac([0xaa], keyed);
            Assert.Equal(Convert.ToHexStringLower(keyed), ledger.List()[0].Hash);
        }

        _fixture.Clock.Advance(TimeSpan.FromDays(1));
        using FileLedger again = FileLedger.Open(folder, _fixture.FileKey, _fixture.Clock);
        Assert.Equal(MediationFixture.Now.ToUnixTimeMilliseconds(), again.FormerUntilMilliseconds);
        // An installation that begins with this release has no former ids, whatever it mediates.
        await _fixture.MediateAsync(Messages(1));
        _fixture.Restart();
        Assert.Equal(0, _fixture.Ledger.FormerUntilMilliseconds);
    }

    [Fact]
    public async Task FramedFile_WithAWrongCount_IsIncomplete()
    {
        byte[] file = await File.ReadAllBytesAsync(
            MediationFixture.Sample("pgw_3records_ts32297.cdr"), TestContext.Current.CancellationToken);
        // Octets 19 to 22 of the header are the number of CDRs.
        file[21] = 4;
        using MediationFixture fixture = new(options =>
            options.Sources.Add(new SourceOptions { Name = "pgw", WrongCdrCount = WrongCdrCount.Bill }));

        Assert.Equal(FileState.Incomplete, (await fixture.MediateAsync(file)).Entry.State);
    }

    [Theory]
    [InlineData(long.MaxValue, 1, long.MaxValue)]
    [InlineData(long.MaxValue, long.MaxValue, long.MaxValue)]
    [InlineData(5, -7, -2)]
    public void ControlTotals_ThatDoNotFit_StayAtTheLargestNumber(long left, long right, long sum) =>
        Assert.Equal(new ControlTotals(0, 0, sum, 0, 0), new ControlTotals(0, 0, left, 0, 0) + new ControlTotals(0, 0, right, 0, 0));

    [Fact]
    public void RetiredFile_AskedForAgain_GoesBackToItsInbox()
    {
        string inbox = Directory.CreateDirectory(Path.Combine(_fixture.Folder, "inbox")).FullName;
        string done = Path.Combine(Directory.CreateDirectory(Path.Combine(inbox, "done")).FullName, "a.csv");
        File.WriteAllText(done, "12345");
        string origin = Path.Combine(inbox, "a.csv");
        _fixture.Ledger.PutRetired(new RetiredFile(done, origin, 5, MediationFixture.Now));
        _fixture.Ledger.Put(new FileEntry
        {
            Hash = new string('a', 64),
            Name = "a.csv",
            Source = "s",
            Format = "f",
            State = FileState.Done,
            Quarantined = 1,
            Octets = 5,
        });

        Assert.Equal(origin, Assert.Single(FileLedger.Retry(_fixture.Options.DataDirectory, "aaaaaaaa", new FakeTimeProvider())).Inbox);
        Assert.True(File.Exists(origin) && !File.Exists(done));
    }

    private static byte[] Messages(int count)
    {
        StringBuilder file = new(Header);
        for (int i = 0; i < count; i++)
        {
            file.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"M{i:D5},2026-03-14T12:{i / 60 % 60:D2}:{i % 60:D2}Z,999000000001,001010100000001,MO,999000000009,00101,N{i % 7}\n");
        }

        return Encoding.UTF8.GetBytes(file.ToString());
    }

    private static byte[] Compress(byte[] content)
    {
        using MemoryStream output = new();
        using (GZipStream gzip = new(output, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return output.ToArray();
    }
}
