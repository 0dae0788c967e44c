using System.IO.Compression;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>The end of a gzip is seen by its trailer (RFC 1952 2.3.1), never by silence.</summary>
public class GzipContentTests
{
    [Fact]
    public void Gzip_CutAnywhere_IsNeverTakenForWhole()
    {
        byte[] whole = Compress("a record that is long enough to have a few blocks of its own, 0123456789\n"u8.ToArray());
        for (int length = 2; length < whole.Length; length++)
        {
            Assert.True(IsDamaged(whole[..length]), $"cut after {length} of {whole.Length} octets");
        }

        Assert.False(IsDamaged(whole));
    }

    [Fact]
    public void Gzip_SecondMemberCutAnywhere_IsNeverTakenForWhole()
    {
        byte[] member = Compress("0123456789\n"u8.ToArray());
        // A file that ends with the first member is whole: nothing says that there is another one.
        for (int length = member.Length + 1; length < 2 * member.Length; length++)
        {
            Assert.True(IsDamaged([.. member, .. member[..(length - member.Length)]]), $"cut after {length} octets");
        }
    }

    [Fact]
    public void Gzip_WithOneBitOfTheSecondMemberFlipped_GivesTheFirstAndAFault()
    {
        byte[] member = Compress("0123456789\n"u8.ToArray());
        // Time, extra flags and system stand in the header and say nothing about the content (RFC 1952 2.3).
        int[] sayNothing = [4, 5, 6, 7, 8, 9];
        for (int octet = 0; octet < member.Length; octet++)
        {
            for (int bit = 0; bit < 8 && !sayNothing.Contains(octet); bit++)
            {
                // Nor does the flag "text", and the last octet of the content ends with padding (RFC 1951 3.2.3).
                if ((octet == 3 && bit == 0) || octet == member.Length - 9)
                {
                    continue;
                }

                byte[] damaged = (byte[])member.Clone();
                damaged[octet] ^= (byte)(1 << bit);
                Assert.True(IsDamaged([.. member, .. damaged]), $"octet {octet}, bit {bit}");
            }
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(512, false)]
    [InlineData(70_000, false)]
    [InlineData(-1, true)]
    public void Octets_BehindTheLastMember_AreAFaultUnlessTheyArePadding(int zeros, bool isDamaged)
    {
        byte[] member = Compress("0123456789\n"u8.ToArray());
        byte[] behind = zeros < 0 ? "plain text behind it\n"u8.ToArray() : new byte[zeros];

        Assert.Equal(isDamaged, IsDamaged([.. member, .. behind]));
    }

    [Fact]
    public void Members_OfAnySizeAndHeader_AreExpandedOneAfterAnother()
    {
        byte[] large = new byte[300_000];
        new Random(17).NextBytes(large);
        byte[] plain = Compress([1, 2, 3]);
        // The flags announce an extra field, a name, a comment and a CRC of the header, which is not checked (RFC 1952 2.3.1).
        byte[] full = [.. plain[..3], 0x1E, .. plain[4..10], 2, 0, 9, 9, .. "name\0comment\0"u8, 0, 0, .. plain[10..]];

        using Stream content = CompressedContent.Open(
            new MemoryStream([.. Compress([]), .. full, .. Compress(large), .. Compress([])]), new ContentLimits());
        using MemoryStream expanded = new();
        content.CopyTo(expanded);

        Assert.Equal([1, 2, 3, .. large], expanded.ToArray());
    }

    [Fact]
    public void Limit_OfTheExpandedContent_GivesWhatLiesBelowIt()
    {
        using Stream content = CompressedContent.Open(new MemoryStream(Compress(new byte[1000])), new ContentLimits(MaxOctets: 600));
        using StreamWindow window = new(content);

        Assert.Equal(600, window.Peek(1000).Length);
        Assert.True(window.Fault is { Reason: QuarantineReason.TooLarge, EndsReading: true });
    }

    private static bool IsDamaged(byte[] file)
    {
        using Stream content = CompressedContent.Open(new MemoryStream(file), new ContentLimits());
        using StreamWindow window = new(content);
        _ = window.Peek(1 << 20);
        return window.Fault is { Reason: QuarantineReason.Truncated, EndsReading: true };
    }

    private static byte[] Compress(byte[] content)
    {
        using MemoryStream output = new();
        using (GZipStream gzip = new(output, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(content);
        }

        // .NET writes no octets at all for empty content; RFC 1951 has an empty block for it.
        return content.Length > 0 ? output.ToArray() : [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    }
}
