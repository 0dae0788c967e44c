using System.Diagnostics;
using BelgiCom.Streaming.Generation;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>Whatever the octets: records and typed faults, no other exception, no endless loop, bounded memory (fault test F25).</summary>
public class MutationTests
{
    private const int Mutations = 100_000;

    [Theory]
    [InlineData(1)]
    public void File_MutatedAtRandom_GivesOnlyRecordsAndTypedFaults(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        Random random = new(seed);
        (byte[] File, IUsageFormat Format)[] originals =
        [
            (Samples.Read(Samples.Pgw), CdrFileFormat.Framed),
            (Samples.Read(Samples.Chf), CdrFileFormat.Framed),
            (Samples.Read(Samples.PgwRaw), CdrFileFormat.Unframed),
            (Generated(GeneratedKind.HuaweiSgw), CdrFileFormat.Unframed),
            (Generated(GeneratedKind.VoiceCsv), CsvLayouts.Voice),
            (Generated(GeneratedKind.Nchf), NchfUsageFormat.Instance),
        ];
        long slowest = 0, largest = 0;
        for (int i = 0; i < Mutations; i++)
        {
            (byte[] original, IUsageFormat format) = originals[i % originals.Length];
            byte[] mutated = Mutate(original, random);
            long started = Stopwatch.GetTimestamp();
            long before = GC.GetAllocatedBytesForCurrentThread();
            long octets = ReadToEnd(mutated, format);
            largest = Math.Max(largest, GC.GetAllocatedBytesForCurrentThread() - before);
            slowest = Math.Max(slowest, Stopwatch.GetTimestamp() - started);
            Assert.InRange(octets, 0, mutated.Length * 2L);
        }

        Assert.InRange(largest, 0, 8 << 20);
        // Not a benchmark: a hang would be minutes.
        Assert.InRange(Stopwatch.GetElapsedTime(0, slowest).TotalSeconds, 0, 30);
    }

    [Theory]
    [InlineData(Samples.Pgw)]
    [InlineData(Samples.Chf)]
    [InlineData(Samples.PgwRaw)]
    public void File_WithAnySingleOctetChanged_IsReadToItsEnd(string name)
    {
        byte[] original = Samples.Read(name);
        foreach (byte value in new byte[] { 0x00, 0x80, 0xFF, 0x7F })
        {
            for (int i = 0; i < original.Length; i++)
            {
                byte[] mutated = (byte[])original.Clone();
                mutated[i] = value;
                ReadToEnd(mutated, Samples.FormatOf(name));
            }
        }
    }

    private static byte[] Generated(GeneratedKind kind)
    {
        using MemoryStream output = new();
        new UsageGenerator(new GenerationPlan { Subscribers = 3 }).WriteFile(kind, output, 0, 4, 1);
        return output.ToArray();
    }

    private static long ReadToEnd(byte[] file, IUsageFormat format)
    {
        using UsageFileReader reader = format.Open(new MemoryStream(file));
        long octets = 0;
        int results = 0;
        while (reader.Read())
        {
            octets += reader.Octets.Length;
            Assert.True(++results <= file.Length + 2, "More results than octets: reading does not advance.");
            if (reader.Fault is null && reader.Cdr.Format.RecordType > 0)
            {
                ShowInFull(reader);
            }
        }

        return octets;
    }

    /// <summary>
    /// A field that usage does not need may be damaged inside; showing the record in full then ends with its one typed fault.
    /// </summary>
    private static void ShowInFull(UsageFileReader reader)
    {
        (string json, DecodingFault? fault) = Samples.Show(reader.Octets, isClear: false);
        Assert.True(json.Length > 0 || fault is not null);
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        List<byte> octets = new(original);
        for (int i = random.Next(4); i >= 0; i--)
        {
            int at = random.Next(octets.Count);
            switch (random.Next(6))
            {
                case 0:
                    octets[at] = (byte)random.Next(256);
                    break;
                case 1:
                    octets[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    octets.RemoveRange(at, Math.Min(random.Next(1, 20), octets.Count - at));
                    break;
                case 3:
                    octets.InsertRange(at, octets.GetRange(at, Math.Min(random.Next(1, 50), octets.Count - at)));
                    break;
                case 4:
                    octets[at] = new byte[] { 0, 0x80, 0xFF, 0x7F, 0x84, 0x1F, (byte)'"', (byte)'{', (byte)'\n' }[random.Next(9)];
                    break;
                default:
                    octets.RemoveRange(at, octets.Count - at);
                    break;
            }

            if (octets.Count == 0)
            {
                break;
            }
        }

        return [.. octets];
    }
}
