using System.Text;

namespace BelgiCom.Streaming.Testing;

/// <summary>Changes good inputs into ones that parsers do not expect.</summary>
public static class Mutation
{
    private const int MostChanges = 6;

    /// <summary>
    /// What parsers care about: forged lengths, ends without a beginning, numbers that do not fit, text that is no UTF-8.
    /// </summary>
    private static readonly byte[][] Stretches =
    [
        // Lengths and tags of BER, and values at the ends of integers.
        [0x80], [0x00, 0x00], [0x84, 0x7F, 0xFF, 0xFF, 0xFF], [0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x83, 0x0F, 0xFF, 0xFF],
        [0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x1F, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0x30, 0x80], [0xBF, 0x4F, 0x80],
        [0x7F, 0xFF], [0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0x00, 0x00, 0x00], [0, 0, 0, 0, 0, 0, 0, 0],
        // Varints: 2^31-1, -2^63, and one that never ends.
        [0xFE, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        // UTF-8: overlong, a surrogate, cut short, a byte order mark; the first octets of gzip.
        [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98], [0xEF, 0xBB, 0xBF], [0x1F, 0x8B, 0x08],
        .. new[]
        {
            "\"", "\n", "\r\n", "\0", ",", ";", "{", "}", "[", "]", "\\", ":", " ", "\t", "\\u0000", "\\ud800", "null", "true", "{}", "[]",
            "-1", "0", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e308", "1e999", "0.5", "NaN", "0x10", "1_0",
            "9999-12-31T23:59:59-15:00", "0001-01-01T00:00:00+14:00", "0000-00-00T00:00:00Z", "../..", "*", "&a", "- ", "? ", "| ", "#",
            "%s", "<<",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>One of the originals, changed one to six times; one in fifty as it is.</summary>
    public static byte[] Of(IReadOnlyList<byte[]> originals, Random random)
    {
        List<byte> octets = new(originals[random.Next(originals.Count)]);
        for (int changes = random.Next(50) == 0 ? 0 : random.Next(1, MostChanges + 1); changes > 0; changes--)
        {
            Change(octets, random.Next(octets.Count + 1), originals, random);
        }

        return [.. octets];
    }

    private static void Change(List<byte> octets, int at, IReadOnlyList<byte[]> originals, Random random)
    {
        int left = octets.Count - at;
        ReadOnlySpan<byte> stretch = Stretches[random.Next(Stretches.Length)];
        switch (random.Next(12))
        {
            case 0 when left > 0:
                octets[at] = (byte)random.Next(256);
                break;
            case 1 when left > 0:
                octets[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2 when left > 0:
                octets[at] = (byte)(octets[at] + (2 * random.Next(2)) - 1);
                break;
            case 3 when left > 0:
                octets[at] = (byte)random.Next('!', '~');
                break;
            case 4:
                octets.RemoveRange(at, Math.Min(random.Next(1, 60), left));
                break;
            case 5 when random.Next(3) == 0:
                octets.RemoveRange(at, left);
                break;
            case 6:
                octets.InsertRange(random.Next(octets.Count + 1), octets.GetRange(at, Math.Min(random.Next(1, 400), left)));
                break;
            case 7:
                Replace(octets, at, stretch);
                break;
            case 8:
                Splice(octets, at, originals[random.Next(originals.Count)], random);
                break;
            case 9 when random.Next(4) == 0:
                octets.InsertRange(at, [.. Enumerable.Repeat(stretch.ToArray(), random.Next(2, 100)).SelectMany(again => again)]);
                break;
            case 10 when random.Next(100) == 0:
                octets.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), random.Next(1, 300_000)));
                break;
            default:
                octets.InsertRange(at, stretch);
                break;
        }
    }

    private static void Replace(List<byte> octets, int at, ReadOnlySpan<byte> stretch)
    {
        octets.RemoveRange(at, Math.Min(stretch.Length, octets.Count - at));
        octets.InsertRange(at, stretch);
    }

    /// <summary>Puts in a stretch of another original.</summary>
    private static void Splice(List<byte> octets, int at, byte[] other, Random random)
    {
        int from = random.Next(other.Length + 1);
        octets.InsertRange(at, other.AsSpan(from, Math.Min(random.Next(1, 600), other.Length - from)));
    }
}
