using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

public class CdrFileReaderTests
{
    /// <summary>
    /// X.690 8.1.3: the length of a record may take four octets. Read as a header of TS 32.297, they are its length, which here agrees with
    /// the octets behind it.
    /// </summary>
    [Fact]
    public void RecordWhoseLengthLooksLikeAHeader_IsARecord()
    {
        byte[] record = Convert.FromHexString(
            "bf814884000000b9e907800107a3028100a580301a8081010aa114301284032dc6c085030f424086031e84808901010000870202588b01"
            + "0190027331812430663165326433632d313131312d343232322d383333332d343434343535353536363636800200c88609261120080000"
            + "2b0100a316800101810c6669656c642d736d662d3031830300f110a280800101810f3030313031303030303030303030310000890100ad"
            + "1b8083000001018601058d0d696e7465726e65742e746573748c0133");

        Assert.False(CdrFileFormat.Framed.Recognises(record));
        Assert.True(CdrFileFormat.Unframed.Recognises(record));
        Assert.NotNull(CdrFileHeader.TryRead(record));
    }

    // Where the records of the golden file end: behind 54 octets of header, each record takes 5 octets and its length.
    private static readonly int[] RecordEnds = [54 + 5 + 319, 54 + 5 + 319 + 5 + 259, 906];

    [Fact]
    public void Header_OfGoldenFile_ReadsItsFields()
    {
        CdrFileHeader? header = CdrFileHeader.TryRead(Samples.Read(Samples.Pgw));

        Assert.NotNull(header);
        Assert.Equal((906L, 54, 3L, 17L), (header.FileLength, header.HeaderLength, header.DeclaredCdrs, header.SequenceNumber));
        Assert.Equal((0, 0, 17, 17), (header.ClosureReason, header.LostCdrIndicator, header.HighRelease, header.LowRelease));
        Assert.Equal("ffffffff00000000000000000000ffffc000020a", header.Node);
    }

    [Theory]
    [InlineData(Samples.Pgw)]
    [InlineData(Samples.Chf)]
    [InlineData(Samples.PgwRaw)]
    public void Format_OfGoldenFile_IsRecognised(string name)
    {
        byte[] head = Samples.Read(name);

        Assert.Equal(Samples.FormatOf(name) == CdrFileFormat.Framed, CdrFileFormat.Framed.Recognises(head));
        Assert.Equal(Samples.FormatOf(name) == CdrFileFormat.Unframed, CdrFileFormat.Unframed.Recognises(head));
    }

    [Fact]
    public void FramedFile_CutAtEveryOctet_GivesTheRecordsBeforeTheCutAndOneFault()
    {
        byte[] file = Samples.Read(Samples.Pgw);
        for (int cut = 54; cut < file.Length; cut++)
        {
            (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(file[..cut], CdrFileFormat.Framed);

            Assert.Equal(RecordEnds.Count(end => end <= cut), records.Count);
            Assert.Equal(QuarantineReason.Truncated, Assert.Single(faults).Reason);
        }

        for (int cut = 0; cut < 54; cut++)
        {
            (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(file[..cut], CdrFileFormat.Framed);

            Assert.Empty(records);
            Assert.Equal(QuarantineReason.NotACdrFile, Assert.Single(faults).Reason);
        }
    }

    [Theory]
    [InlineData(0x7FFFFFFF)]
    [InlineData(0x7FFFFFFB)]
    [InlineData(0x7FFF0000)]
    public void FramedFile_WithARecordOfAnImpossibleLength_CostsThatRecord(int length)
    {
        byte[] file = Samples.Read(Samples.Pgw);
        // The outer tag bf4f is followed by a length of four octets, which no frame can hold.
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(RecordEnds[0] + 5 + 3), length);
        file[RecordEnds[0] + 5 + 2] = 0x84;

        (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(file, CdrFileFormat.Framed);

        Assert.Equal(2, records.Count);
        Assert.Single(faults);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(65_539)]
    [InlineData(65_540)]
    [InlineData(65_541)]
    [InlineData(300_000)]
    public void FramedFile_WithAHoleOfFiller_GivesTheRecordsBehindIt(int octets)
    {
        byte[] file = Samples.Read(Samples.Pgw);
        // The lengths of the golden file no longer hold, so the header says "not known".
        file.AsSpan(0, 4).Fill(0xFF);
        foreach (byte filler in new byte[] { 0, 0xFF })
        {
            byte[] hole = new byte[octets];
            hole.AsSpan().Fill(filler);

            (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(
                [.. file[..RecordEnds[0]], .. hole, .. file[RecordEnds[0]..RecordEnds[1]], .. hole, .. file[RecordEnds[1]..], .. hole],
                CdrFileFormat.Framed);

            Assert.Empty(faults);
            Assert.Equal(3, records.Count);
        }
    }

    [Fact]
    public void UnframedFile_CutAtEveryOctet_GivesTheRecordsBeforeTheCutAndOneFault()
    {
        byte[] record = Samples.Read(Samples.PgwRaw);
        byte[] file = [.. record, 0xFF, 0, .. record];
        for (int cut = 1; cut < file.Length; cut++)
        {
            (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(file[..cut], CdrFileFormat.Unframed);

            Assert.Equal(cut >= record.Length ? 1 : 0, records.Count);
            bool isWhole = cut >= record.Length && cut <= record.Length + 2;
            Assert.Equal(isWhole ? 0 : 1, faults.Count);
        }
    }

    [Fact]
    public void FramedFile_WithUnknownLengths_IsReadToItsEnd()
    {
        byte[] file = Samples.Read(Samples.Pgw);
        file.AsSpan(0, 4).Fill(0xFF);
        file.AsSpan(18, 4).Fill(0xFF);

        (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(file, CdrFileFormat.Framed);

        Assert.Equal(3, records.Count);
        Assert.Empty(faults);
    }

    [Fact]
    public void FramedFile_WithWrongCount_GivesAllRecordsAndOneFaultOfTheFile()
    {
        byte[] file = Samples.Read(Samples.Pgw);
        file[21] = 4;

        (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(file, CdrFileFormat.Framed);

        Assert.Equal(3, records.Count);
        DecodingFault fault = Assert.Single(faults);
        Assert.True(fault.IsFileLevel);
        Assert.Equal(QuarantineReason.BadFraming, fault.Reason);
        Assert.Contains("says 4 CDRs, the file holds 3", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void FramedFile_WithWrongLengthOfARecord_GoesOnAtTheNextRecord()
    {
        foreach (byte wrong in new byte[] { 0x00, 0x02, 0x41 })
        {
            byte[] file = Samples.Read(Samples.Pgw);
            file[RecordEnds[0]] = wrong;

            (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(file, CdrFileFormat.Framed);

            Assert.Equal(2, records.Count);
            Assert.Equal(RecordEnds[0], faults[0].FileOffset);
            Assert.Contains(faults[0].Reason, new[] { QuarantineReason.BadFraming, QuarantineReason.BadLength });
        }
    }

    [Fact]
    public void FramedFile_WithARecordOfAnotherEncoding_SkipsThatRecord()
    {
        byte[] file = Samples.Read(Samples.Pgw);
        file[RecordEnds[0] + 3] = (2 << 5) | 7;

        (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(file, CdrFileFormat.Framed);

        Assert.Equal(2, records.Count);
        Assert.Equal(QuarantineReason.UnsupportedEncoding, Assert.Single(faults).Reason);
    }

    [Fact]
    public void UnframedFile_WithGarbageBetweenRecords_GoesOnAtTheNextRecord()
    {
        byte[] record = Samples.Read(Samples.PgwRaw);
        byte[] garbage = [0x13, 0x37, 0xBF, 0x4F, 0x01, 0x02];
        byte[] file = [.. record, .. garbage, .. record, .. record];

        (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(file, CdrFileFormat.Unframed);

        Assert.Equal(3, records.Count);
        DecodingFault fault = Assert.Single(faults);
        Assert.Equal((QuarantineReason.BadEncoding, 256L, 6L), (fault.Reason, fault.FileOffset, fault.Length));
    }

    [Theory]
    [InlineData(new byte[] { 0xBF, 0x4F, 0x84, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xBF, 0x4F, 0x84, 0x7F, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xBF, 0x4F, 0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xBF, 0x4F, 0xFF })]
    public void UnframedFile_WithLengthBomb_KeepsTheOtherRecordsAndAllocatesLittle(byte[] bomb)
    {
        byte[] record = Samples.Read(Samples.PgwRaw);
        byte[] file = [.. record, .. bomb, .. record];
        Samples.ReadAll(file, CdrFileFormat.Unframed);
        long before = GC.GetAllocatedBytesForCurrentThread();

        (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(file, CdrFileFormat.Unframed);

        Assert.Equal(2, records.Count);
        Assert.Single(faults);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Fact]
    public void UnframedFile_OfIndefiniteLength_IsRead()
    {
        byte[] record = Samples.Read(Samples.PgwRaw);
        byte[] indefinite = [0xBF, 0x4F, 0x80, .. record[4..], 0, 0];

        (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll([.. indefinite, 0xFF, .. indefinite], CdrFileFormat.Unframed);

        Assert.Empty(faults);
        Assert.Equal([indefinite, indefinite], records);
    }

    [Fact]
    public void File_ThatIsNoCdrFile_IsOneFaultOfTheFileOrStretch()
    {
        foreach (CdrFileFormat format in new[] { CdrFileFormat.Framed, CdrFileFormat.Unframed })
        {
            (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(
                "nothing of this is a charging record"u8.ToArray(), format);

            Assert.Empty(records);
            Assert.Equal(QuarantineReason.NotACdrFile, Assert.Single(faults).Reason);
        }
    }

    [Fact]
    public void File_ThatIsAZipArchive_IsNamedAsSuch()
    {
        (List<byte[]> _, List<DecodingFault> faults) = Samples.ReadAll("PK\u0003\u0004 and so on"u8.ToArray(), CdrFileFormat.Framed);

        DecodingFault fault = Assert.Single(faults);
        Assert.Equal(QuarantineReason.UnsupportedEncoding, fault.Reason);
        Assert.Contains("zip", fault.Detail, StringComparison.Ordinal);
    }
}
