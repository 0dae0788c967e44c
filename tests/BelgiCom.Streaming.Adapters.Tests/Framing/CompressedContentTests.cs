using System.IO.Compression;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

public class CompressedContentTests
{
    [Fact]
    public void Gzip_OfSeveralMembers_IsExpanded()
    {
        var file = Samples.Read(Samples.PgwRaw);
        byte[] compressed = [.. Compress(file), .. Compress(file)];
        using var content = CompressedContent.Open(new MemoryStream(compressed), new ContentLimits());
        using var reader = CdrFileFormat.Unframed.Open(content);

        Assert.Equal(UsageReadResult.Cdr, reader.Read());
        Assert.Equal(UsageReadResult.Cdr, reader.Read());
        Assert.Equal(UsageReadResult.End, reader.Read());
    }

    [Theory]
    [InlineData(10_000_000, 1000)]
    [InlineData(long.MaxValue, 100)]
    public void Gzip_ThatExpandsTooFar_IsOneFault(long maxOctets, int maxRatio)
    {
        var record = Samples.Read(Samples.PgwRaw);
        var bomb = Compress([.. record, .. new byte[64 << 20]]);
        using var content = CompressedContent.Open(new MemoryStream(bomb), new ContentLimits(maxOctets, maxRatio));
        using var reader = CdrFileFormat.Unframed.Open(content);

        Assert.Equal(UsageReadResult.Cdr, reader.Read());
        Assert.Equal(UsageReadResult.Fault, reader.Read());
        Assert.Equal(QuarantineReason.TooLarge, reader.Fault.Reason);
        Assert.Equal(UsageReadResult.End, reader.Read());
    }

    [Fact]
    public void Gzip_DamagedAnywhere_GivesRecordsAndFaultsOnly()
    {
        var compressed = Compress(Samples.Read(Samples.Pgw));
        for (var i = 2; i < compressed.Length; i++)
        {
            var damaged = (byte[])compressed.Clone();
            damaged[i] ^= 0x55;
            using var reader = CdrFileFormat.Framed.Open(CompressedContent.Open(new MemoryStream(damaged), new ContentLimits()));
            var results = 0;
            while (reader.Read() != UsageReadResult.End)
            {
                Assert.True(++results < 100);
            }
        }
    }

    private static byte[] Compress(byte[] content)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(content);
        }
        return output.ToArray();
    }
}
