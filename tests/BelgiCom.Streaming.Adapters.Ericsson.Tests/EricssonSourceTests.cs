namespace BelgiCom.Streaming.Adapters.Ericsson.Tests;

public class EricssonSourceTests
{
    [Theory]
    [InlineData("TESTPGW01_-_1.20260314_-_0100+0100.cdr", 60)]
    [InlineData("pgw_3records_ts32297.cdr", 3)]
    public void GatewayFile_InFrames_IsReadWithoutFault(string name, int records)
    {
        byte[] content = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "samples", name));
        IUsageFormat format = Assert.Single(new EricssonSource().UsageFormats, format => format.Recognises(content));
        using UsageFileReader reader = format.Open(new MemoryStream(content));
        while (reader.Read() is var result && result != UsageReadResult.End)
        {
            Assert.Equal(UsageReadResult.Cdr, result);
        }

        Assert.Equal(records, reader.RecordCount);
        Assert.Equal(records, reader.Header?.DeclaredCdrs);
    }

    [Fact]
    public void PrivateFields_OfARecord_AreSkippedAndTheRestIsRead()
    {
        byte[] record = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "samples", "pgw_1record_raw.ber"));
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
        using UsageFileReader reader = new EricssonSource().UsageFormats[0].Open(new MemoryStream([.. header, .. frame]));

        Assert.Equal(UsageReadResult.Cdr, reader.Read());
        Assert.Equal(UsageReadResult.End, reader.Read());
    }
}
