using System.Buffers.Binary;
using System.IO.Compression;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// Writes records in any of the ways that are valid: lengths, frames, filler and compression are drawn, what the records say is not.
/// </summary>
internal sealed class CdrWriter(Random random)
{
    private const int BlockOctets = 2048;

    /// <summary>The plainest file: one record after another, shortest lengths.</summary>
    public static byte[] Plain(params IEnumerable<Tlv> records) => [
        .. records.SelectMany(record => new CdrWriter(new Shortest()).Octets(record))];

    public byte[] File(IReadOnlyList<Tlv> records)
    {
        byte[] content = random.Next(3) switch
        {
            0 => Framed(records),
            1 => Blocks(records),
            _ => Unframed(records),
        };
        return Compressed(content);
    }

    /// <summary>Returns the content as it is, as a gzip, or as a gzip of two members (RFC 1952 2.2).</summary>
    public byte[] Compressed(byte[] content)
    {
        int cut = random.Next(content.Length);
        return random.Next(5) switch
        {
            0 => Gzip(content),
            1 => [.. Gzip(content[..cut]), .. Gzip(content[cut..])],
            _ => content,
        };
    }

    public byte[] Octets(Tlv element)
    {
        bool isConstructed = element.Octets is null;
        byte[] content = isConstructed ? [.. element.Children.SelectMany(Octets)] : element.Content;
        byte[] tag = Tag(element, isConstructed);
        return isConstructed && random.Next(4) == 1 ? [.. tag, 0x80, .. content, 0, 0] : [.. tag, .. Length(content.Length), .. content];
    }

    private static byte[] Tag(Tlv element, bool isConstructed)
    {
        int first = (element.TagClass << 6) | (isConstructed ? 0x20 : 0);
        if (element.Number < 31)
        {
            return [(byte)(first | element.Number)];
        }

        List<byte> octets = [(byte)(element.Number & 0x7f)];
        for (int rest = element.Number >> 7; rest > 0; rest >>= 7)
        {
            octets.Insert(0, (byte)(0x80 | (rest & 0x7f)));
        }

        return [(byte)(first | 0x1f), .. octets];
    }

    /// <summary>X.690 8.1.3: a writer may use more octets for a length than it needs.</summary>
    private byte[] Length(int length)
    {
        int needed = length < 0x80 ? 0 : length < 0x100 ? 1 : 2;
        int octets = random.Next(4) == 1 ? random.Next(Math.Max(needed, 1), 5) : needed;
        byte[] all = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(all, length);
        return octets == 0 ? [(byte)length] : [(byte)(0x80 | octets), .. all[(4 - octets)..]];
    }

    private byte[] Unframed(IReadOnlyList<Tlv> records) => [
        .. records.SelectMany(record => (byte[])[.. Octets(record), .. Filler(random.Next(4))])];

    private byte[] Blocks(IReadOnlyList<Tlv> records)
    {
        List<byte> file = [];
        foreach (byte[] record in records.Select(Octets))
        {
            int left = BlockOctets - (file.Count % BlockOctets);
            file.AddRange(record.Length > left && record.Length <= BlockOctets ? Filler(left) : []);
            file.AddRange(record);
        }

        file.AddRange(Filler((BlockOctets - (file.Count % BlockOctets)) % BlockOctets));
        return [.. file];
    }

    private byte[] Filler(int length)
    {
        byte[] filler = new byte[length];
        Array.Fill(filler, (byte)(random.Next(2) == 0 ? 0 : 0xff));
        return filler;
    }

    /// <summary>TS 32.297 6.1: a header, then each record behind a header of its own.</summary>
    private byte[] Framed(IReadOnlyList<Tlv> records)
    {
        bool isLate = random.Next(2) == 1; // Release 10 and later have an octet of their own.
        byte release = (byte)(((isLate ? 7 : random.Next(3, 7)) << 5) | random.Next(1, 20));
        byte extension = (byte)random.Next(8);
        byte[] body = [.. records.SelectMany(record =>
        {
            byte[] octets = Octets(record);
            byte format = (byte)((1 << 5) | (record.Number == 200 ? 20 : 7));
            byte[] late = isLate ? [extension] : [];
            return (byte[])[(byte)(octets.Length >> 8), (byte)octets.Length, release, format, .. late, .. octets];
        })];
        byte[] filter = new byte[random.Next(3) == 0 ? random.Next(1, 9) : 0];
        byte[] extra = new byte[random.Next(3) == 0 ? random.Next(1, 9) : 0];
        int headerLength = 52 + filter.Length + extra.Length + (isLate ? 2 : 0);
        byte[] header = new byte[headerLength];
        BinaryPrimitives.WriteInt32BigEndian(header, random.Next(4) == 1 ? -1 : headerLength + body.Length);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), headerLength);
        header[8] = header[9] = release;
        const uint march14 = (3u << 28) | (14u << 23) | (1u << 11) | (1u << 6); // At midnight, +01:00.
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(10), march14);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(14), march14 | (8u << 18));
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(18), records.Count);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(22), random.Next(100));
        header[26] = (byte)random.Next(6);
        header.AsSpan(27, 20).Fill((byte)(random.Next(2) == 0 ? 0 : 0xff));
        header[49] = (byte)filter.Length;
        header[51 + filter.Length] = (byte)extra.Length;
        if (isLate)
        {
            header[^2] = header[^1] = extension;
        }

        return [.. header, .. body];
    }

    private static byte[] Gzip(byte[] content)
    {
        using MemoryStream file = new();
        using (GZipStream gzip = new(file, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return file.ToArray();
    }

    private sealed class Shortest : Random
    {
        public override int Next(int maxValue) => 0;
    }
}
