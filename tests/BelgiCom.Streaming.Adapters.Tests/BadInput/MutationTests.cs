using System.IO.Compression;
using System.Text;
using BelgiCom.Streaming.Generation;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// Whatever the octets are, a reader gives records and typed faults: it throws nothing else, it comes to an end, and its memory is bounded
/// (fault test F25). A file that once failed here is kept in samples/cases, and a test of its own reads it.
/// </summary>
public class MutationTests
{
    private const int MostAllocated = 8 << 20;

    [Theory]
    [InlineData("pgw")]
    [InlineData("chf")]
    [InlineData("unframed")]
    [InlineData("nodes")]
    [InlineData("huawei")]
    [InlineData("voice")]
    [InlineData("sms")]
    [InlineData("data")]
    [InlineData("nchf")]
    [InlineData("gzip")]
    public void File_MutatedAtRandom_GivesOnlyRecordsAndTypedFaults(string parser)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Fuzz.Seed}");
        Random random = new(Fuzz.Seed);
        (byte[] original, IUsageFormat format) = Original(parser);
        long largest = 0;
        for (int i = Fuzz.Runs(10_000); i > 0; i--)
        {
            byte[] mutated = Fuzz.Mutate(original, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            ReadToEnd(mutated, format);
            largest = Math.Max(largest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"most allocated in a run: {largest} octets");
        Assert.InRange(largest, 0, MostAllocated);
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

    private static (byte[] File, IUsageFormat Format) Original(string parser) => parser switch
    {
        "pgw" => (Samples.Read(Samples.Pgw), CdrFileFormat.Framed),
        "chf" => (Samples.Read(Samples.Chf), CdrFileFormat.Framed),
        "unframed" => (Samples.Read(Samples.PgwRaw), CdrFileFormat.Unframed),
        "nodes" => (Samples.Read(Samples.OtherNodes), CdrFileFormat.Unframed),
        "huawei" => (Generated(GeneratedKind.HuaweiSgw), CdrFileFormat.Unframed),
        "voice" => (Generated(GeneratedKind.VoiceCsv), CsvLayouts.Voice),
        "sms" => (Generated(GeneratedKind.SmsCsv), CsvLayouts.Sms),
        "data" => (Sessions(), CsvLayouts.Data),
        "nchf" => (Generated(GeneratedKind.Nchf), NchfUsageFormat.Instance),
        "gzip" => (Compressed(Samples.Read(Samples.Pgw)), CdrFileFormat.Framed),
        _ => throw new ArgumentException(parser),
    };

    private static byte[] Generated(GeneratedKind kind)
    {
        using MemoryStream output = new();
        new UsageGenerator(new GenerationPlan { Subscribers = 3 }).WriteFile(kind, output, 0, 4, 1);
        return output.ToArray();
    }

    private static byte[] Sessions() => Encoding.UTF8.GetBytes(
        "record_id,data_start,msisdn,imsi,data_seconds,uplink_bytes,downlink_bytes,rating_group,apn,serving_plmn,node\n"
        + "d-1,2026-03-14T09:00:00+01:00,999100000001,001010000000001,60,1024,4096,10,internet,00101,N\n"
        + "d-2,2026-03-14T09:01:00+01:00,999100000001,,61,0,99999999,20,\"a \"\"b\"\"\",20801,N\n");

    private static byte[] Compressed(byte[] content)
    {
        using MemoryStream output = new();
        using (GZipStream gzip = new(output, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return output.ToArray();
    }

    private static void ReadToEnd(byte[] file, IUsageFormat format)
    {
        CountedStream content = new(CompressedContent.Open(new MemoryStream(file), new ContentLimits()));
        using UsageFileReader reader = format.Open(content);
        long octets = 0;
        int results = 0, end = 0;
        bool isUnframed = format == CdrFileFormat.Unframed;
        while (reader.Read())
        {
            octets += reader.Octets.Length;
            if (isUnframed)
            {
                AssertFiller(file, end, (int)reader.RecordOffset);
                end = (int)(reader.RecordOffset + (reader.Fault?.Length ?? reader.Octets.Length));
            }

            Assert.True(++results <= content.Octets + 2, "More results than octets: reading does not advance.");
            if (reader.Fault is null && reader.Cdr.Format.RecordType > 0)
            {
                ShowInFull(reader);
            }
        }

        AssertFiller(file, isUnframed ? end : file.Length, file.Length);
        Assert.InRange(octets, 0, content.Octets * 2);
        Assert.True(content.Reads <= content.Octets + 16, $"{content.Reads} reads for {content.Octets} octets.");
    }

    /// <summary>Every octet is in a record or in a fault; between them there is only filler.</summary>
    private static void AssertFiller(byte[] file, int from, int to) => Assert.True(
        from >= to || file.AsSpan(from, to - from).IndexOfAnyExcept((byte)0, (byte)0xFF) < 0,
        $"Octets from {from} to {to} are in nothing.");

    /// <summary>Counts what is read, so that work is bounded in steps and not in seconds.</summary>
    private sealed class CountedStream(Stream content) : ReadOnlyStream
    {
        public long Octets { get; private set; }

        public long Reads { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            Reads++;
            int read = content.Read(buffer);
            Octets += read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            content.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>
    /// A field that usage does not need may be damaged inside; showing the record in full then ends with its one typed fault.
    /// </summary>
    private static void ShowInFull(UsageFileReader reader)
    {
        (string json, DecodingFault? fault) = Samples.Show(reader.Octets, isClear: false);
        Assert.True(json.Length > 0 || fault is not null);
    }
}
