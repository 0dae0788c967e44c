namespace BelgiCom.Streaming.Adapters.Tests;

public class NetworkVendorTests
{
    [Theory]
    [InlineData("ericsson", "TESTPGW01_-_1.20260314_-_0100+0100.cdr", 60)]
    [InlineData("ericsson", Samples.Pgw, 3)]
    [InlineData("nokia", "TESTCHF01_-_1.20260314_-_0100+0100.cdr", 60)]
    [InlineData("nokia", Samples.Chf, 1)]
    [InlineData("nokia", "nchf-000001.json", 60)]
    [InlineData("huawei", "huawei-pgw-000001.dat", 60)]
    [InlineData("huawei", "huawei-sgw-000001.dat", 60)]
    [InlineData("huawei", Samples.PgwRaw, 1)]
    [InlineData("huawei", Samples.Pgw, 3)]
    public void File_OfAVendor_IsRecognisedByOneOfItsFormatsAndReadWithoutFault(string vendor, string name, int records)
    {
        byte[] content = Samples.ReadShipped(name);
        using UsageFileReader reader = FormatOf(vendor, content).Open(new MemoryStream(content));
        while (reader.Read())
        {
            Assert.Null(reader.Fault);
        }

        Assert.Equal(records, reader.RecordCount);
        Assert.True(reader.Header is null || reader.Header.DeclaredCdrs == records);
    }

    [Fact]
    public void PrivateFields_OfAnEricssonRecord_AreSkippedAndTheRestIsRead()
    {
        byte[] record = Samples.Read(Samples.PgwRaw);
        // A private-class tag, a tag of no module, and recordExtensions [19] with content of its own, behind the last field.
        byte[] extra = [0xDF, 0x81, 0x01, 0x02, 0xAB, 0xCD, 0x9F, 0x83, 0x10, 0x01, 0x01, 0xB3, 0x04, 0x30, 0x02, 0x05, 0x00];
        int length = record.Length - 4 + extra.Length;
        byte[] extended = [0xBF, 0x4F, 0x82, (byte)(length >> 8), (byte)length, .. record[4..], .. extra];
        byte[] frame = [(byte)(extended.Length >> 8), (byte)extended.Length, 7 << 5, (1 << 5) | 7, 7, .. extended];
        byte[] header = new byte[54];
        header.AsSpan(0, 4).Fill(0xFF);
        header[7] = 54;
        header[8] = header[9] = 7 << 5;
        header[21] = 1;
        byte[] content = [.. header, .. frame];
        using UsageFileReader reader = FormatOf("ericsson", content).Open(new MemoryStream(content));

        Assert.True(reader.Read() && reader.Fault is null);
        Assert.False(reader.Read());
    }

    [Fact]
    public void Filler_OfBothKinds_BetweenHuaweiRecordsIsSteppedOver()
    {
        byte[] record = Samples.Read(Samples.PgwRaw);
        byte[] content = [0, 0, .. record, .. new byte[5000], .. record, 0xFF, 0xFF, 0xFF, 0, 0, .. record, 0xFF];
        using UsageFileReader reader = FormatOf("huawei", content).Open(new MemoryStream(content));

        for (int i = 0; i < 3; i++)
        {
            Assert.True(reader.Read() && reader.Fault is null);
        }

        Assert.False(reader.Read());
    }

    [Fact]
    public void Find_GivenAName_ComparesWithoutCase() =>
        Assert.Equal(("huawei", null), (NetworkVendor.Find("Huawei")?.Name, NetworkVendor.Find("acme")?.Name));

    private static IUsageFormat FormatOf(string vendor, byte[] content) => Assert.Single(
        NetworkVendor.Find(vendor)!.UsageFormats,
        format => format.Recognises(content.AsSpan(0, Math.Min(content.Length, IncomingFile.HeadOctets))));
}
