using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Adapters.Worker.Tests;

public sealed class FileIntakeTests : IDisposable
{
    private const string Pgw = "pgw_3records_ts32297.cdr";
    private const string PgwRaw = "pgw_1record_raw.ber";
    private const string Chf = "chf_1record_ts32297.cdr";

    private readonly MediationFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task PgwFile_WithoutSource_BecomesUsageEventsWithItsTotals()
    {
        FileReport report = await _fixture.MediateAsync(MediationFixture.Sample(Pgw));

        // The totals are sums over the containers of pgw_3records_ts32297.cdr.expected.json.
        Assert.Equal(
            new ControlTotals(3, 4, 1001 + 2001 + 1002 + 1003, 50001 + 100001 + 50002 + 50003, 300 + 301 + 300 + 300), report.Totals);
        Assert.Equal(
            (FileState.Done, 17L, 3L, 0L),
            (report.Entry.State, report.Entry.SequenceNumber, report.Entry.DeclaredCdrs, report.Quarantined));
        Assert.Equal(("cdr", "cdr-framed", Pgw), (report.Entry.Source, report.Entry.Format, report.Entry.Name));

        List<UsageReceived> usage = _fixture.Sender.Usage;
        Assert.Equal(4, usage.Count);
        UsageReceived second = usage[1];
        Assert.Equal(DateTimeOffset.Parse("2026-03-14T08:06:01Z", System.Globalization.CultureInfo.InvariantCulture), second.EventTime);
        Assert.Equal(DateTimeOffset.Parse("2026-03-14T08:12:01Z", System.Globalization.CultureInfo.InvariantCulture), second.EndTime);
        Assert.Equal(
            (60, 301L, 2001L, 100001L, 102002L, 20L, 70001L, 85, 0, 1, 17L),
            (
                second.UtcOffsetMinutes, second.DurationSeconds, second.UplinkOctets, second.DownlinkOctets, second.TotalOctets,
                second.RatingGroup,
                second.ChargingId, second.RecordType, second.RecordIndex, second.ContainerIndex, second.FileSequenceNumber));
        Assert.Equal(
            ("00101", 6, "internet.test", "TESTPGW01", "cdr", UsageKind.Data, ChargingView.Primary),
            (second.ServingPlmn, second.RatType, second.DataNetwork, second.Node, second.Source, second.Kind, second.ChargingView));
        Assert.Equal(4, usage.Select(one => one.UsageId).Distinct().Count());
        Assert.Equal(new SubscriberPseudonymizer(_fixture.Keys).FromMsisdn("999000000001"), second.SubscriberRef);
        Assert.Equal(second.SubscriberRef, SubscriberRef.FromBytes(_fixture.Sender.UsageKeys[1]));
    }

    [Fact]
    public async Task PersonalData_OfARecord_IsEncryptedWithTheKeyOfTheDay()
    {
        await _fixture.MediateAsync(MediationFixture.Sample(Pgw));

        UsageReceived usage = _fixture.Sender.Usage[0];
        DataKey key = _fixture.Keys.GetOrCreate(KeyPurposes.PersonalData, "2026-03-15");
        Assert.Equal(key.Id, usage.PersonalDataKeyId);
        byte[] clear = EnvelopeCipher.Decrypt(key, usage.PersonalData, EnvelopeContext.UsagePersonalData);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse(
                """
                {"msisdn":"999000000001","imsi":"001010100000001","imei":"0000000000000001","servedAddress":"10.0.0.2",
                 "location":"1800f110000100f11000000101"}
                """),
            JsonNode.Parse(clear)));
    }

    [Fact]
    public async Task Event_OfAnyFile_ShowsNoPersonalDataInClear()
    {
        await _fixture.MediateAsync(MediationFixture.Sample(Pgw));
        await _fixture.MediateAsync(MediationFixture.Sample(Chf));

        string[] personal = ["99900", "999002", "0010101", "0010103", "10.0.0.2", "10.9.0.2"];
        foreach (UsageReceived usage in _fixture.Sender.Usage)
        {
            using MemoryStream buffer = new();
            System.Buffers.ArrayBufferWriter<byte> writer = new();
            usage.Write(writer);
            string text = Encoding.Latin1.GetString(writer.WrittenSpan);
            Assert.DoesNotContain(personal, part => text.Contains(part, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task ChfFile_WithoutSource_BecomesUsageEvents()
    {
        FileReport report = await _fixture.MediateAsync(MediationFixture.Sample(Chf));

        Assert.Equal(new ControlTotals(1, 2, 2000, 4001, 241), report.Totals);
        Assert.Equal([100L, 200L], _fixture.Sender.Usage.Select(usage => usage.RatingGroup));
        Assert.All(_fixture.Sender.Usage, usage => Assert.Equal((200, 51, 120), (usage.RecordType, usage.RatType, usage.UtcOffsetMinutes)));
    }

    /// <summary>
    /// One container has 1,000 octets without a direction, the other 300 of 500 uplink and so 200 without one. The RAT type is a number
    /// where a text is due, so it is a field that cannot be read.
    /// </summary>
    [Fact]
    public async Task Usage_OfATotalAlone_IsInTheControlTotals()
    {
        FileReport report = await _fixture.MediateAsync(
            """
            {"subscriberIdentifier":"imsi-001011000000001","invocationTimeStamp":"2026-03-14T09:00:00Z","invocationSequenceNumber":1,
             "pDUSessionChargingInformation":{"chargingId":1,"pduSessionInformation":{"pduSessionID":1,"ratType":51}},
             "multipleUnitUsage":[{"ratingGroup":1,"usedUnitContainer":[
              {"localSequenceNumber":1,"totalVolume":1000},{"localSequenceNumber":2,"totalVolume":500,"uplinkVolume":300}]}]}

            """u8.ToArray());

        Assert.Equal(new ControlTotals(1, 2, 300, 0, 0) { UndirectedOctets = 1200 }, report.Totals);
        Assert.Equal((1200, 1), (report.Entry.Totals.UndirectedOctets, report.Entry.UnreadableFields));
        _fixture.Restart();
        Assert.Equal(report.Entry, _fixture.Ledger.Find(report.Entry.Hash));
    }

    [Fact]
    public async Task SameContent_UnderAnotherName_IsNotSentAgain()
    {
        await _fixture.MediateAsync(MediationFixture.Sample(Pgw));
        FileReport again = await _fixture.MediateAsync(
            await File.ReadAllBytesAsync(MediationFixture.Sample(Pgw), TestContext.Current.CancellationToken), "other-name.cdr");

        Assert.True(again.IsKnownAlready);
        Assert.Equal(default, again.Totals);
        Assert.Equal(4, _fixture.Sender.Usage.Count);
        Assert.Equal(1, Assert.Single(_fixture.Ledger.List()).Resent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task File_InterruptedAtAnyCommit_GoesOnAfterTheLastCommittedChunk(bool afterCommit)
    {
        byte[] record = await File.ReadAllBytesAsync(MediationFixture.Sample(PgwRaw), TestContext.Current.CancellationToken);
        byte[] content = Enumerable.Range(0, 10).SelectMany(_ => record).ToArray();
        for (int chunk = 1; chunk <= 4; chunk++)
        {
            using MediationFixture fixture = new(options => options.ChunkEvents = 3);
            fixture.Sender.DieAtChunk = chunk;
            fixture.Sender.DieAfterCommit = afterCommit;

            await Assert.ThrowsAsync<CrashException>(() => fixture.MediateAsync(content));
            fixture.Restart();
            FileReport report = await fixture.MediateAsync(content);

            Assert.Equal((FileState.Done, 10L, 10L), (report.Entry.State, report.Entry.Totals.Cdrs, report.Entry.CommittedCdrs));
            Assert.Equal(Enumerable.Range(0, 10), fixture.Sender.Usage.Select(usage => usage.RecordIndex).Distinct().Order());
            // A chunk that was committed just before the crash comes twice, with the same ids: rating drops the second.
            int chunkSize = chunk == 4 ? 1 : 3;
            Assert.Equal(10 + (afterCommit ? chunkSize : 0), fixture.Sender.Usage.Count);
            Assert.Equal(new ControlTotals(10, 10, 10_090, 500_090, 3000), report.Entry.Totals);
        }
    }

    [Fact]
    public async Task BadRecord_AmongGoodOnes_GoesToQuarantineEncrypted()
    {
        byte[] file = await File.ReadAllBytesAsync(MediationFixture.Sample(Pgw), TestContext.Current.CancellationToken);
        // The month stands in the second record's opening time: the record's contents begin at 383, and field 13 is searched from there.
        int opening = file.AsSpan(383).IndexOf(new byte[] { 0x8D, 0x09 }) + 383 + 3;
        file[opening] = 0x1A;

        FileReport report = await _fixture.MediateAsync(file, "bad.cdr");

        Assert.Equal((2L, 1L, FileState.Done), (report.Totals.Cdrs, report.Quarantined, report.Entry.State));
        QuarantinedRecord quarantined = Assert.Single(_fixture.Sender.Quarantined);
        Assert.Equal(
            (QuarantineReason.BadValue, 1, 383L, 259L, "bad.cdr"),
            (quarantined.Reason, quarantined.RecordIndex, quarantined.FileOffset, quarantined.Length, quarantined.FileName));
        Assert.Contains("recordOpeningTime [13]", quarantined.Detail, StringComparison.Ordinal);
        byte[] original = EnvelopeCipher.Decrypt(
            _fixture.Keys.Find(quarantined.KeyId)!, quarantined.Original, EnvelopeContext.QuarantinedOriginal);
        Assert.Equal(file[383..642], original);
        Assert.Equal([0, 2], _fixture.Sender.Usage.Select(usage => usage.RecordIndex).Distinct());
    }

    [Fact]
    public async Task UnknownContent_WithoutSource_FailsAndMayBeSentAgain()
    {
        byte[] content = Encoding.ASCII.GetBytes("name,value\nx,1\n");

        FileReport report = await _fixture.MediateAsync(content, "what.csv");
        FileReport again = await _fixture.MediateAsync(content, "what.csv");

        Assert.Equal(FileState.Failed, report.Entry.State);
        Assert.Equal(QuarantineReason.NotACdrFile, _fixture.Sender.Quarantined[0].Reason);
        Assert.False(again.IsKnownAlready);
    }

    [Fact]
    public async Task UnknownContent_InterruptedBeforeItsEnd_GoesOnAsUnknown()
    {
        byte[] content = Encoding.ASCII.GetBytes("name,value\nx,1\n");
        byte[] hash = new byte[SHA256.HashSizeInBytes];
        _fixture.FileKey.Hmac(SHA256.HashData(content), hash);
        _fixture.Ledger.Put(new FileEntry
        {
            Hash = Convert.ToHexStringLower(hash),
            Name = "what.csv",
            Source = IFileMediation.UnknownSource,
            Format = "cdr-framed",
            State = FileState.Receiving,
        });

        FileReport report = await _fixture.MediateAsync(content, "what.csv");

        Assert.Equal((FileState.Failed, IFileMediation.UnknownSource), (report.Entry.State, report.Entry.Source));
    }

    [Fact]
    public async Task File_OfAnotherKindThanUsage_IsTakenInLikeAnyOther()
    {
        using MediationFixture fixture = new(options => options.ChunkEvents = 2, new LineMediation());
        byte[] content = Encoding.ASCII.GetBytes("LINES\na\nb\nc\n");
        fixture.Sender.DieAtChunk = 2;

        await Assert.ThrowsAsync<CrashException>(() => fixture.MediateAsync(content));
        fixture.Restart();
        FileReport report = await fixture.MediateAsync(content);
        FileReport again = await fixture.MediateAsync(content);

        Assert.Equal(("lines", "lines", FileState.Done, 3L), (
            report.Entry.Source, report.Entry.Format, report.Entry.State, report.Entry.CommittedCdrs));
        Assert.True(again.IsKnownAlready);
        Assert.Equal(["a", "b", "c"], fixture.Sender.Others.Select(other => Encoding.ASCII.GetString(other.Body)));
        Assert.All(fixture.Sender.Others, other => Assert.Equal(Topics.AuditJournal, other.Topic));
        Assert.Contains("lines", fixture.Intake.SourceNames);
    }

    [Fact]
    public async Task SequenceNumbers_WithAHole_AreReported()
    {
        byte[] file = await File.ReadAllBytesAsync(MediationFixture.Sample(Pgw), TestContext.Current.CancellationToken);
        await _fixture.MediateAsync(file, "17.cdr");
        file[25] = 21;
        FileReport report = await _fixture.MediateAsync(file, "21.cdr");

        SequenceGap gap = new("cdr", "ffffffff00000000000000000000ffffc000020a", 18, 20)
        {
            Since = report.Entry.ReceivedAt,
            After = "17.cdr",
            Before = "21.cdr",
        };
        Assert.Equal(gap, report.Gap);
        Assert.Equal([gap], _fixture.Ledger.Gaps());
        file[25] = 19;
        Assert.Null((await _fixture.MediateAsync(file, "19.cdr")).Gap);
        Assert.Equal(
            [gap with { Last = 18, Before = "19.cdr" }, gap with { First = 20, After = "19.cdr" }], _fixture.Ledger.Gaps());
        // 37240840 in the header is 14 March, 09:00, one hour ahead of UTC.
        Assert.All(
            _fixture.Ledger.List(), entry => Assert.Equal(new DateTimeOffset(2026, 3, 14, 8, 0, 0, TimeSpan.Zero), entry.OpenedAt));

        // With another closure reason, the file has other content.
        file[26] = 4;
        await _fixture.MediateAsync(file, "19-again.cdr");
        Assert.Equal([new RepeatedNumber("cdr", gap.Node, 19, 2)], _fixture.Ledger.RepeatedNumbers());
        Assert.Contains(3024, _fixture.Log.EventIds);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    public async Task File_WithAWrongCdrCount_IsHeldOrBilledAsItsSourceSays(byte declared, bool isCompressed)
    {
        byte[] file = await File.ReadAllBytesAsync(MediationFixture.Sample(Pgw), TestContext.Current.CancellationToken);
        file[21] = declared;
        using MemoryStream compressed = new();
        await using (GZipStream gzip = new(compressed, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
        {
            await gzip.WriteAsync(file, TestContext.Current.CancellationToken);
        }

        byte[] content = isCompressed ? compressed.ToArray() : file;
        SourceOptions source = new() { Name = "pgw" };
        using MediationFixture fixture = new(options => options.Sources.Add(source));
        FileReport held = await fixture.MediateAsync(content);

        Assert.Equal((FileState.Failed, 0L, 1L), (held.Entry.State, held.Totals.Cdrs, held.Quarantined));
        Assert.Empty(fixture.Sender.Usage);
        Assert.Equal(QuarantineReason.BadFraming, Assert.Single(fixture.Sender.Quarantined).Reason);
        Assert.Contains($"says {declared} CDRs", held.Entry.Detail, StringComparison.Ordinal);

        source.WrongCdrCount = WrongCdrCount.Bill;
        fixture.Restart();
        FileReport billed = await fixture.MediateAsync(content);
        Assert.Equal((FileState.Incomplete, 3L, 1L), (billed.Entry.State, billed.Totals.Cdrs, billed.Quarantined));
    }

    [Fact]
    public async Task Stream_ThatCannotSeek_IsMediatedLikeAFile()
    {
        using MemoryStream compressed = new();
        await using (GZipStream gzip = new(compressed, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
        {
            await gzip.WriteAsync(
                await File.ReadAllBytesAsync(MediationFixture.Sample(Pgw), TestContext.Current.CancellationToken),
                TestContext.Current.CancellationToken);
        }

        compressed.Position = 0;
        await using GZipStream oneWay = new(compressed, System.IO.Compression.CompressionMode.Decompress);

        FileReport report = await _fixture.Intake.TakeAsync(oneWay, "stdin", null, TestContext.Current.CancellationToken);

        Assert.Equal(3, report.Totals.Cdrs);
        Assert.Empty(Directory.GetFiles(_fixture.Options.DataDirectory, "spool-*"));
    }

    [Fact]
    public async Task GzipFile_WhateverItsName_IsExpanded()
    {
        using MemoryStream compressed = new();
        await using (GZipStream gzip = new(compressed, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
        {
            await gzip.WriteAsync(
                await File.ReadAllBytesAsync(MediationFixture.Sample(Pgw), TestContext.Current.CancellationToken),
                TestContext.Current.CancellationToken);
        }

        FileReport whole = await _fixture.MediateAsync(compressed.ToArray(), "plain.cdr");
        FileReport cut = await _fixture.MediateAsync(compressed.ToArray()[..^40], "cut.cdr");

        Assert.Equal(3, whole.Totals.Cdrs);
        Assert.Equal(QuarantineReason.Truncated, Assert.Single(_fixture.Sender.Quarantined).Reason);
        Assert.InRange(cut.Totals.Cdrs, 0, 2);
    }
}

/// <summary>Mediates another kind of content: a line saying LINES, then records of a line each.</summary>
internal sealed class LineMediation : IFileMediation
{
    public IEnumerable<string> SourceNames => ["lines"];

    public IReadOnlyList<string> Topics => [Contracts.Topics.AuditJournal];

    public IMediatedFile? Open(IncomingFile file, string? source, long committed) =>
        source == "lines" || (source is null && file.Head.StartsWith("LINES"u8)) ? new Lines(file.Open(), committed) : null;

    private sealed class Lines : IMediatedFile
    {
        private readonly StreamReader _content;

        public Lines(Stream content, long committed)
        {
            _content = new StreamReader(content);
            for (long i = 0; i <= committed; i++)
            {
                _content.ReadLine();
            }
        }

        public string Source => "lines";

        public string Format => "lines";

        public FileHeader? Header => null;

        public bool Read(RecordChunk chunk)
        {
            while (!chunk.IsFull)
            {
                if (_content.ReadLine() is not { } line)
                {
                    return false;
                }

                byte[] body = Encoding.ASCII.GetBytes(line);
                body.CopyTo(chunk.Begin(Contracts.Topics.AuditJournal, "lines"u8, body.Length));
                chunk.Commit(body.Length);
                chunk.Cdrs++;
            }

            return true;
        }

        public void Dispose() => _content.Dispose();
    }
}
