namespace BelgiCom.Streaming.Adapters.Huawei.Tests;

public class HuaweiSourceTests
{
    [Theory]
    [InlineData("huawei-pgw-000001.dat", 60)]
    [InlineData("huawei-sgw-000001.dat", 60)]
    [InlineData("pgw_1record_raw.ber", 1)]
    [InlineData("pgw_3records_ts32297.cdr", 3)]
    public void GatewayFile_WithFramesOrFiller_IsReadWithoutFault(string name, int records)
    {
        byte[] content = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "samples", name));
        IUsageFormat format = Assert.Single(new HuaweiSource().UsageFormats, format => format.Recognises(content));
        using UsageFileReader reader = format.Open(new MemoryStream(content));
        while (reader.Read() is var result && result != UsageReadResult.End)
        {
            Assert.Equal(UsageReadResult.Cdr, result);
        }

        Assert.Equal(records, reader.RecordCount);
    }

    [Fact]
    public void Filler_OfBothKinds_IsSteppedOver()
    {
        byte[] record = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "samples", "pgw_1record_raw.ber"));
        byte[] content = [0, 0, .. record, .. new byte[5000], .. record, 0xFF, 0xFF, 0xFF, 0, 0, .. record, 0xFF];
        IUsageFormat format = Assert.Single(new HuaweiSource().UsageFormats, format => format.Recognises(content));
        using UsageFileReader reader = format.Open(new MemoryStream(content));

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(UsageReadResult.Cdr, reader.Read());
        }

        Assert.Equal(UsageReadResult.End, reader.Read());
    }
}
