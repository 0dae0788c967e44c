using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

public class CdrFileReaderTests
{
    // Where the records of the golden file end: 54 octets of header, then 5 + length of each record.
    private static readonly int[] RecordEnds = [54 + 5 + 319, 54 + 5 + 319 + 5 + 259, 906];

    [Fact]
    public void Header_OfGoldenFile_ReadsItsFields()
    {
        var header = CdrFileHeader.TryRead(Samples.Read(Samples.Pgw));

        Assert.NotNull(header);
        Assert.Equal((906L, 54, 3L, 17L), (header.FileLength, header.HeaderLength, header.DeclaredCdrs, header.SequenceNumber));
        Assert.Equal((0, 0, 17, 17), (header.ClosureReason, header.LostCdrIndicator, header.HighRelease, header.LowRelease));
        Assert.Equal("ffffffff00000000000000000000ffffc000020a", header.NodeAddress);
    }

    [Theory]
    [InlineData(Samples.Pgw)]
    [InlineData(Samples.Chf)]
    [InlineData(Samples.PgwRaw)]
    public void Format_OfGoldenFile_IsRecognised(string name)
    {
        var head = Samples.Read(name);

        Assert.Equal(Samples.FormatOf(name) == CdrFileFormat.Framed, CdrFileFormat.Framed.Recognises(head));
        Assert.Equal(Samples.FormatOf(name) == CdrFileFormat.Unframed, CdrFileFormat.Unframed.Recognises(head));
    }

    [Fact]
    public void FramedFile_CutAtEveryOctet_GivesTheRecordsBeforeTheCutAndOneFault()
    {
        var file = Samples.Read(Samples.Pgw);
        for (var cut = 54; cut < file.Length; cut++)
        {
            var (records, faults) = Samples.ReadAll(file[..cut], CdrFileFormat.Framed);

            Assert.Equal(RecordEnds.Count(end => end <= cut), records.Count);
            Assert.Equal(QuarantineReason.Truncated, Assert.Single(faults).Reason);
        }
        for (var cut = 0; cut < 54; cut++)
        {
            var (records, faults) = Samples.ReadAll(file[..cut], CdrFileFormat.Framed);

            Assert.Empty(records);
            Assert.Equal(QuarantineReason.NotACdrFile, Assert.Single(faults).Reason);
        }
    }

    [Fact]
    public void UnframedFile_CutAtEveryOctet_GivesTheRecordsBeforeTheCutAndOneFault()
    {
        var record = Samples.Read(Samples.PgwRaw);
        byte[] file = [.. record, 0xFF, 0, .. record];
        for (var cut = 1; cut < file.Length; cut++)
        {
            var (records, faults) = Samples.ReadAll(file[..cut], CdrFileFormat.Unframed);

            Assert.Equal(cut >= record.Length ? 1 : 0, records.Count);
            var isWhole = cut >= record.Length && cut <= record.Length + 2;
            Assert.Equal(isWhole ? 0 : 1, faults.Count);
        }
    }

    [Fact]
    public void FramedFile_WithUnknownLengths_IsReadToItsEnd()
    {
        var file = Samples.Read(Samples.Pgw);
        file.AsSpan(0, 4).Fill(0xFF);
        file.AsSpan(18, 4).Fill(0xFF);

        var (records, faults) = Samples.ReadAll(file, CdrFileFormat.Framed);

        Assert.Equal(3, records.Count);
        Assert.Empty(faults);
    }

    [Fact]
    public void FramedFile_WithWrongCount_GivesAllRecordsAndOneFaultOfTheFile()
    {
        var file = Samples.Read(Samples.Pgw);
        file[21] = 4;

        var (records, faults) = Samples.ReadAll(file, CdrFileFormat.Framed);

        Assert.Equal(3, records.Count);
        var fault = Assert.Single(faults);
        Assert.True(fault.IsFileLevel);
        Assert.Equal(QuarantineReason.BadFraming, fault.Reason);
        Assert.Contains("says 4 CDRs, the file holds 3", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void FramedFile_WithWrongLengthOfARecord_GoesOnAtTheNextRecord()
    {
        foreach (byte wrong in new byte[] { 0x00, 0x02, 0x41 })
        {
            var file = Samples.Read(Samples.Pgw);
            file[RecordEnds[0]] = wrong;

            var (records, faults) = Samples.ReadAll(file, CdrFileFormat.Framed);

            Assert.Equal(2, records.Count);
            Assert.Equal(RecordEnds[0], faults[0].FileOffset);
            Assert.Contains(faults[0].Reason, new[] { QuarantineReason.BadFraming, QuarantineReason.BadLength });
        }
    }

    [Fact]
    public void FramedFile_WithARecordOfAnotherEncoding_SkipsThatRecord()
    {
        var file = Samples.Read(Samples.Pgw);
        file[RecordEnds[0] + 3] = (2 << 5) | 7;

        var (records, faults) = Samples.ReadAll(file, CdrFileFormat.Framed);

        Assert.Equal(2, records.Count);
        Assert.Equal(QuarantineReason.UnsupportedEncoding, Assert.Single(faults).Reason);
    }

    [Fact]
    public void UnframedFile_WithGarbageBetweenRecords_GoesOnAtTheNextRecord()
    {
        var record = Samples.Read(Samples.PgwRaw);
        byte[] garbage = [0x13, 0x37, 0xBF, 0x4F, 0x01, 0x02];
        byte[] file = [.. record, .. garbage, .. record, .. record];

        var (records, faults) = Samples.ReadAll(file, CdrFileFormat.Unframed);

        Assert.Equal(3, records.Count);
        var fault = Assert.Single(faults);
        Assert.Equal((QuarantineReason.BadEncoding, 256L, 6L), (fault.Reason, fault.FileOffset, fault.Length));
    }

    [Theory]
    [InlineData(new byte[] { 0xBF, 0x4F, 0x84, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xBF, 0x4F, 0x84, 0x7F, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xBF, 0x4F, 0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xBF, 0x4F, 0xFF })]
    public void UnframedFile_WithLengthBomb_KeepsTheOtherRecordsAndAllocatesLittle(byte[] bomb)
    {
        var record = Samples.Read(Samples.PgwRaw);
        byte[] file = [.. record, .. bomb, .. record];
        Samples.ReadAll(file, CdrFileFormat.Unframed);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var (records, faults) = Samples.ReadAll(file, CdrFileFormat.Unframed);

        Assert.Equal(2, records.Count);
        Assert.Single(faults);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Fact]
    public void UnframedFile_OfIndefiniteLength_IsRead()
    {
        var record = Samples.Read(Samples.PgwRaw);
        byte[] indefinite = [0xBF, 0x4F, 0x80, .. record[4..], 0, 0];

        var (records, faults) = Samples.ReadAll([.. indefinite, 0xFF, .. indefinite], CdrFileFormat.Unframed);

        Assert.Empty(faults);
        Assert.Equal([indefinite, indefinite], records);
    }

    [Fact]
    public void File_ThatIsNoCdrFile_IsOneFaultOfTheFileOrStretch()
    {
        foreach (var format in new[] { CdrFileFormat.Framed, CdrFileFormat.Unframed })
        {
            var (records, faults) = Samples.ReadAll("nothing of this is a charging record"u8.ToArray(), format);

            Assert.Empty(records);
            Assert.Equal(QuarantineReason.NotACdrFile, Assert.Single(faults).Reason);
        }
    }

    [Fact]
    public void File_ThatIsAZipArchive_IsNamedAsSuch()
    {
        var (_, faults) = Samples.ReadAll("PK\u0003\u0004 and so on"u8.ToArray(), CdrFileFormat.Framed);

        var fault = Assert.Single(faults);
        Assert.Equal(QuarantineReason.UnsupportedEncoding, fault.Reason);
        Assert.Contains("zip", fault.Detail, StringComparison.Ordinal);
    }
}
