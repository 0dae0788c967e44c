namespace BelgiCom.Streaming.Adapters.Nokia.Tests;

public class NokiaSourceTests
{
    [Theory]
    [InlineData("TESTCHF01_-_1.20260314_-_0100+0100.cdr", 60)]
    [InlineData("chf_1record_ts32297.cdr", 1)]
    [InlineData("nchf-000001.json", 60)]
    public void ChargingFunctionFile_OfEachForm_IsReadWithoutFault(string name, int records)
    {
        byte[] content = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "samples", name));
        IUsageFormat format = Assert.Single(
            new NokiaSource().UsageFormats,
            format => format.Recognises(content.AsSpan(0, Math.Min(content.Length, IUsageFormat.HeadOctets))));
        using UsageFileReader reader = format.Open(new MemoryStream(content));
        while (reader.Read() is var result && result != UsageReadResult.End)
        {
            Assert.Equal(UsageReadResult.Cdr, result);
        }

        Assert.Equal(records, reader.RecordCount);
    }
}
