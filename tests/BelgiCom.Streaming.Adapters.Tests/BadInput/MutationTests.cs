using System.IO.Compression;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Generation;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// Whatever the octets are, a reader gives records and typed faults: it throws nothing else, it comes to an end, and its memory is bounded
/// (fault test F25). Each octet of a file is in a record, in a fault, or in what the format writes between records. A file that once failed
/// here is kept in Corpus, and every build reads it.
/// </summary>
[Trait(Fuzz.Trait, Fuzz.Category)]
public class MutationTests
{
    // A window and a line buffer are made for each file, and grow to the largest record. A fault becomes an entry of the quarantine, some
    // 2.5 KB that nobody keeps, and a faulty line may have two octets.
    private static readonly FuzzLimits Limits = new(Runs: 2_000, Octets: 8 << 20, OctetsPerOctet: 1_500);

    // A mutation may expand two hundred times. What is bounded is the work for each octet that comes out.
    private const int MostExpanded = 4 << 20;

    private readonly UsageNormaliser _normaliser = new(new Mediated.OneKey(), TimeProvider.System, new ShortNumbers());
    private readonly RecordChunk _chunk = Mediated.NewChunk();

    [Theory]
    [InlineData("pgw")]
    [InlineData("chf")]
    [InlineData("unframed")]
    [InlineData("nodes")]
    [InlineData("huawei")]
    [InlineData("voice")]
    [InlineData("sms")]
    [InlineData("data")]
    [InlineData("other-node")]
    [InlineData("nchf")]
    public void File_MutatedAtRandom_GivesOnlyRecordsAndTypedFaults(string parser)
    {
        (byte[][] originals, IUsageFormat format) = Original(parser);
        Fuzz.Run(parser, originals, file => ReadToEnd(file, format), Limits);
    }

    [Theory]
    [InlineData("pgw")]
    [InlineData("unframed")]
    [InlineData("voice")]
    [InlineData("sms")]
    [InlineData("data")]
    [InlineData("nchf")]
    public void CompressedFile_MutatedAtRandom_GivesOnlyRecordsAndTypedFaults(string parser)
    {
        (byte[][] originals, IUsageFormat format) = Original(parser);
        // Two members behind each other, as nodes write that append.
        IEnumerable<byte[]> compressed = originals.SelectMany(original => (byte[][])
        [
            Compressed(original), [.. Compressed(original[..(original.Length / 2)]), .. Compressed(original[(original.Length / 2)..])],
        ]);
        Fuzz.Run($"{parser}-gzip", compressed, file => ReadToEnd(file, format), Limits);
    }

    [Fact]
    public void ColumnMap_DraftedFromAnyOctets_IsAMapWithOrWithoutFaults()
    {
        byte[][] originals = [.. ((string[])["voice", "sms", "data", "other-node"]).SelectMany(parser => Original(parser).Files)];
        Fuzz.Run("csv-draft", originals, head => Assert.NotNull(CsvMapDraft.Of(head).Map.Faults()), Limits);
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

    private static (byte[][] Files, IUsageFormat Format) Original(string parser) => parser switch
    {
        "pgw" => ([Samples.Read(Samples.Pgw)], CdrFileFormat.Framed),
        "chf" => ([Samples.Read(Samples.Chf)], CdrFileFormat.Framed),
        "unframed" => ([Samples.Read(Samples.PgwRaw)], CdrFileFormat.Unframed),
        "nodes" => ([Samples.Read(Samples.OtherNodes)], CdrFileFormat.Unframed),
        "huawei" => ([Generated(GeneratedKind.HuaweiSgw)], CdrFileFormat.Unframed),
        "voice" => ([Generated(GeneratedKind.VoiceCsv)], CsvLayouts.Voice),
        "sms" => ([Generated(GeneratedKind.SmsCsv)], CsvLayouts.Sms),
        "data" => ([Sessions()], CsvLayouts.Data),
        "other-node" => ([OtherNode()], new CsvUsageFormat("other-node", OtherNodesMap())),
        "nchf" => ([Generated(GeneratedKind.Nchf), NchfArray()], NchfUsageFormat.Instance),
        _ => throw new ArgumentException(parser),
    };

    /// <summary>
    /// What the standard layouts do not use: another delimiter, local times with their ambiguous hour, units, lines that join.
    /// </summary>
    private static CsvColumnMap OtherNodesMap()
    {
        CsvColumnMap map = new()
        {
            Kind = UsageKind.Data,
            Delimiter = ";",
            TimeFormat = "dd.MM.yyyy HH:mm:ss",
            TimeZone = "Europe/Brussels",
            AmbiguousTime = AmbiguousTime.Standard,
            VolumeUnit = VolumeUnit.KiB,
        };
        map.JoinBy.Add("Id");
        map.Columns.Add("RecordId", "Id");
        map.Columns.Add("StartTime", "Start");
        map.Columns.Add("DurationSeconds", "Seconds");
        map.Columns.Add("Msisdn", "Caller");
        map.Columns.Add("Uplink", "Up");
        map.Columns.Add("Downlink", "Down");
        map.Columns.Add("RatingGroup", "Group");
        Assert.Empty(map.Faults());
        return map;
    }

    private static byte[] OtherNode() => Encoding.UTF8.GetBytes(
        "sep=;\r\nId;Start;Seconds;Caller;Up;Down;Group\r\n1;25.10.2026 02:30:00;61;999100000001;12,5;1024;10\r\n"
        + "1;25.10.2026 02:30:00;61;999100000001;1;2;20\r\n2;29.03.2026 02:30:00;0;+999100000002;\"0\";9007199254740993;10\r\n");

    private static byte[] NchfArray() => [.. "["u8, .. Generated(GeneratedKind.Nchf), .. ", null, \"text\"]\n"u8];

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

    private void ReadToEnd(byte[] file, IUsageFormat format)
    {
        CountedStream content = new(CompressedContent.Open(new MemoryStream(file), new ContentLimits(MostExpanded)));
        UsageFile origin = new("source", ChargedView.Pgw, FileId.FromBytes(new byte[16]), "file", 0);
        _ = format.Recognises(file.AsSpan(0, Math.Min(file.Length, IncomingFile.HeadOctets)));
        _normaliser.BeginChunk();
        _chunk.Clear();
        using UsageFileReader reader = format.Open(content);
        FileCoverage coverage = new();
        long octets = 0, results = 0;
        while (reader.Read())
        {
            octets += reader.Octets.Length;
            Assert.True(++results <= content.Octets + 2, "More results than octets: reading does not advance.");
            coverage.Add(reader);
            _normaliser.Add(reader, origin, _chunk);
            if (reader.Fault is null && reader.Cdr.Format.RecordType > 0)
            {
                ShowInFull(reader);
            }

            ControlTotals totals = _chunk.Totals;
            Assert.True(totals is { UplinkOctets: >= 0, DownlinkOctets: >= 0, Seconds: >= 0 }, "A total is negative.");
            if (_chunk.IsFull)
            {
                _chunk.Clear();
            }
        }

        coverage.AssertNothingIsLost(content.ToArray(), format);
        Assert.InRange(octets, 0, content.Octets * 2);
        Assert.True(content.Reads <= content.Octets + 16, $"{content.Reads} reads for {content.Octets} octets.");
    }

    /// <summary>Keeps and counts what is read, so that work is bounded in steps and not in seconds.</summary>
    private sealed class CountedStream(Stream content) : ReadOnlyStream
    {
        private readonly MemoryStream _octets = new();

        public long Octets => _octets.Length;

        public long Reads { get; private set; }

        public byte[] ToArray() => _octets.ToArray();

        public override int Read(Span<byte> buffer)
        {
            Reads++;
            int read = content.Read(buffer);
            _octets.Write(buffer[..read]);
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
