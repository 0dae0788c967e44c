using System.IO.Compression;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

public class CompressedContentTests
{
    [Fact]
    public void Gzip_OfSeveralMembers_IsExpanded()
    {
        byte[] file = Samples.Read(Samples.PgwRaw);
        byte[] compressed = [.. Compress(file), .. Compress(file)];
        using Stream content = CompressedContent.Open(new MemoryStream(compressed), new ContentLimits());
        using UsageFileReader reader = CdrFileFormat.Unframed.Open(content);

        Assert.True(reader.Read() && reader.Fault is null);
        Assert.True(reader.Read() && reader.Fault is null);
        Assert.False(reader.Read());
    }

    [Theory]
    [InlineData(10_000_000, 1000)]
    [InlineData(long.MaxValue, 100)]
    public void Gzip_ThatExpandsTooFar_IsOneFault(long maxOctets, int maxRatio)
    {
        byte[] record = Samples.Read(Samples.PgwRaw);
        byte[] bomb = Compress([.. record, .. new byte[64 << 20]]);
        using Stream content = CompressedContent.Open(new MemoryStream(bomb), new ContentLimits(maxOctets, maxRatio));
        using UsageFileReader reader = CdrFileFormat.Unframed.Open(content);

        Assert.True(reader.Read() && reader.Fault is null);
        Assert.True(reader.Read());
        Assert.Equal(QuarantineReason.TooLarge, reader.Fault?.Reason);
        Assert.False(reader.Read());
    }

    [Fact]
    public void Gzip_DamagedAnywhere_GivesRecordsAndFaultsOnly()
    {
        byte[] compressed = Compress(Samples.Read(Samples.Pgw));
        for (int i = 2; i < compressed.Length; i++)
        {
            byte[] damaged = (byte[])compressed.Clone();
            damaged[i] ^= 0x55;
            using UsageFileReader reader = CdrFileFormat.Framed.Open(
                CompressedContent.Open(new MemoryStream(damaged), new ContentLimits()));
            int results = 0;
            while (reader.Read())
            {
                Assert.True(++results < 100);
            }
        }
    }

    private static byte[] Compress(byte[] content)
    {
        using MemoryStream output = new();
        using (GZipStream gzip = new(output, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return output.ToArray();
    }
}
