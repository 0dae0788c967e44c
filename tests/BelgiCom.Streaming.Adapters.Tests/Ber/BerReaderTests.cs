using System.Formats.Asn1;
using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Adapters.Tests;

public class BerReaderTests
{
    private static readonly AsnReaderOptions NoLimits = new() { SkipSetSortOrderVerification = true };

    [Fact]
    public void Elements_OfRandomBer_AreThoseThatWereWritten()
    {
        Gen.Int.Sample(seed =>
        {
            (byte[] octets, string outline) = RandomBer(new Random(seed));

            Assert.Equal(outline, Outline(new BerReader(octets)));
            Assert.Equal(outline, Outline(new AsnReader(octets, AsnEncodingRules.BER, NoLimits)));
        }, iter: 5_000);
    }

    [Fact]
    public void Elements_OfDamagedBer_AreRefusedOrThoseOfTheBaseLibrary()
    {
        Gen.Int.Sample(seed =>
        {
            Random random = new(seed);
            (byte[] octets, string _) = RandomBer(random);
            for (int i = 0; i < 3 && octets.Length > 0; i++)
            {
                octets[random.Next(octets.Length)] = (byte)random.Next(256);
            }

            string ours = Outline(new BerReader(octets));
            string theirs;
            try
            {
                theirs = Outline(new AsnReader(octets, AsnEncodingRules.BER, NoLimits));
            }
            catch (AsnContentException)
            {
                return;
            }

            // The base library accepts end-of-contents octets as an ordinary element, and our reader does not.
            if (!ours.Contains("fault", StringComparison.Ordinal))
            {
                Assert.Equal(theirs, ours);
            }
        }, iter: 5_000);
    }

    [Theory]
    [InlineData(1338, true)]
    [InlineData(10_000, true)]
    [InlineData(1338, false)]
    [InlineData(10_000, false)]
    public void Indefinite_NestedTooDeep_IsAFault(int depth, bool isIndefinite)
    {
        byte[] octets = isIndefinite
            ? [.. Enumerable.Repeat(new byte[] { 0x30, 0x80 }, depth).SelectMany(header => header), .. new byte[2 * depth]]
            : Nested(depth);

        Assert.Contains("NestingTooDeep", Outline(new BerReader(octets)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x30 }, QuarantineReason.BadLength)]
    [InlineData(new byte[] { 0x1F }, QuarantineReason.BadEncoding)]
    [InlineData(new byte[] { 0x1F, 0x80, 0x01, 0x00 }, QuarantineReason.BadEncoding)]
    [InlineData(new byte[] { 0x1F, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x00 }, QuarantineReason.BadEncoding)]
    [InlineData(new byte[] { 0x04, 0x05, 0x01 }, QuarantineReason.BadLength)]
    [InlineData(new byte[] { 0x5F, 0x84, 0xFF, 0xFF, 0xFF, 0xFF }, QuarantineReason.BadEncoding)]
    [InlineData(new byte[] { 0x5F, 0x04, 0x01, 0x00 }, QuarantineReason.BadEncoding)]
    [InlineData(new byte[] { 0x5F, 0x44, 0x84, 0xFF, 0xFF, 0xFF, 0xFF }, QuarantineReason.BadLength)]
    [InlineData(new byte[] { 0x04, 0x84, 0x7F, 0xFF, 0xFF, 0xFF }, QuarantineReason.BadLength)]
    [InlineData(new byte[] { 0x04, 0x88, 0x80, 0, 0, 0, 0, 0, 0, 0 }, QuarantineReason.BadLength)]
    [InlineData(new byte[] { 0x04, 0xFF, 0x01 }, QuarantineReason.BadLength)]
    [InlineData(new byte[] { 0x04, 0x80, 0x00, 0x00 }, QuarantineReason.BadLength)]
    [InlineData(new byte[] { 0x30, 0x80, 0x00 }, QuarantineReason.BadEncoding)]
    [InlineData(new byte[] { 0x30, 0x80, 0x00, 0x01, 0x00 }, QuarantineReason.BadEncoding)]
    [InlineData(new byte[] { 0x00, 0x00 }, QuarantineReason.BadEncoding)]
    public void Element_ThatIsNotBer_IsAFault(byte[] octets, QuarantineReason fault)
    {
        BerReader reader = new(octets);

        Assert.False(reader.Read());
        Assert.Equal(fault, reader.Fault);
        Assert.False(reader.Read());
    }

    [Theory]
    [InlineData("00", 0)]
    [InlineData("7f", 127)]
    [InlineData("80", -128)]
    [InlineData("00ff", 255)]
    [InlineData("00ffffffff", 4294967295)]
    [InlineData("7fffffffffffffff", long.MaxValue)]
    [InlineData("8000000000000000", long.MinValue)]
    [InlineData("000000000000000000000000000000ff", 255)]
    public void Integer_ThatFits_IsRead(string hex, long expected)
    {
        Assert.True(BerReader.TryReadInteger(Convert.FromHexString(hex), out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00ffffffffffffffff")]
    [InlineData("ff00000000000000ffff")]
    [InlineData("0000000000000000000000000000000000")]
    public void Integer_ThatDoesNotFit_IsRefused(string hex) =>
        Assert.False(BerReader.TryReadInteger(Convert.FromHexString(hex), out _));

    [Fact]
    public void Integer_OfOneMebibyte_IsRefused() => Assert.False(BerReader.TryReadInteger(new byte[1 << 20], out _));

    private static byte[] Nested(int depth)
    {
        byte[] octets = [0x30, 0x00];
        int size = 2;
        byte[] buffer = new byte[depth * 6];
        octets.CopyTo(buffer, buffer.Length - 2);
        for (int i = 0; i < depth; i++)
        {
            int at = buffer.Length - size;
            byte[] header = size < 0x80 ? [0x30, (byte)size] : [0x30, 0x83, (byte)(size >> 16), (byte)(size >> 8), (byte)size];
            header.CopyTo(buffer, at - header.Length);
            size += header.Length;
        }

        return buffer[^size..];
    }

    private static (byte[] Octets, string Outline) RandomBer(Random random)
    {
        using MemoryStream output = new();
        string outline = "";
        for (int i = random.Next(4); i >= 0; i--)
        {
            outline += WriteRandom(random, output, 0);
        }

        return (output.ToArray(), outline);
    }

    /// <summary>
    /// Writes random elements by hand, because the base library's writer makes neither indefinite nor long lengths, and returns the outline
    /// of what it wrote.
    /// </summary>
    private static string WriteRandom(Random random, MemoryStream output, int depth)
    {
        bool isConstructed = depth < 6 && random.Next(2) == 0;
        MemoryStream content = new();
        string outline = "";
        if (isConstructed)
        {
            for (int i = random.Next(4); i > 0; i--)
            {
                outline += WriteRandom(random, content, depth + 1);
            }

            outline = "{" + outline + "}";
        }
        else
        {
            byte[] octets = new byte[random.Next(random.Next(10) == 0 ? 300 : 20)];
            random.NextBytes(octets);
            content.Write(octets);
            outline = "=" + Convert.ToHexString(octets);
        }

        int tagClass = random.Next(4) << 6;
        int number = random.Next(3) == 0 ? random.Next(31, 1 << random.Next(6, 28)) : random.Next(1, 31);
        outline = $"{tagClass >> 6}.{number}{outline};";
        WriteTag(output, (byte)(tagClass | (isConstructed ? 0x20 : 0)), number);
        if (isConstructed && random.Next(3) == 0)
        {
            output.WriteByte(0x80);
            content.WriteTo(output);
            output.Write([0, 0]);
            return outline;
        }

        int length = (int)content.Length;
        switch (length < 0x80 ? random.Next(3) : 1 + random.Next(2))
        {
            case 0:
                output.WriteByte((byte)length);
                break;
            case 1:
                output.Write([0x82, (byte)(length >> 8), (byte)length]);
                break;
            default:
                output.Write([0x84, 0, 0, (byte)(length >> 8), (byte)length]);
                break;
        }

        content.WriteTo(output);
        return outline;
    }

    private static void WriteTag(MemoryStream output, byte leading, int number)
    {
        if (number < 31)
        {
            output.WriteByte((byte)(leading | number));
            return;
        }

        output.WriteByte((byte)(leading | 0x1F));
        for (int shift = 21; shift >= 0; shift -= 7)
        {
            if (number >> shift != 0)
            {
                output.WriteByte((byte)(((number >> shift) & 0x7F) | (shift > 0 ? 0x80 : 0)));
            }
        }
    }

    private static string Outline(BerReader reader)
    {
        string text = "";
        while (reader.Read())
        {
            text += $"{reader.Tag >> 30}.{BerTag.Number(reader.Tag)}"
                + (reader.IsConstructed ? "{" + Outline(reader.Enter()) + "}" : "=" + Convert.ToHexString(reader.Content)) + ";";
        }

        return reader.Fault is null ? text : text + "fault " + reader.Fault;
    }

    private static string Outline(AsnReader reader)
    {
        string text = "";
        while (reader.HasData)
        {
            Asn1Tag tag = reader.PeekTag();
            ReadOnlyMemory<byte> content = reader.PeekContentBytes();
            text += $"{(int)tag.TagClass >> 6}.{tag.TagValue}"
                + (tag.IsConstructed
                    ? "{" + Outline(new AsnReader(content, AsnEncodingRules.BER, NoLimits)) + "}"
                    : "=" + Convert.ToHexString(content.Span)) + ";";
            reader.ReadEncodedValue();
        }

        return text;
    }
}
