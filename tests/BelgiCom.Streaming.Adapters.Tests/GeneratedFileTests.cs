using BelgiCom.Streaming.Generation;

namespace BelgiCom.Streaming.Adapters.Tests;

public class GeneratedFileTests
{
    private static readonly GenerationPlan Plan = new() { Seed = 42, Subscribers = 100, Records = 500, MaxParts = 3 };

    [Theory]
    [InlineData(GeneratedKind.EricssonPgw)]
    [InlineData(GeneratedKind.NokiaChf)]
    [InlineData(GeneratedKind.HuaweiPgw)]
    [InlineData(GeneratedKind.HuaweiSgw)]
    [InlineData(GeneratedKind.VoiceCsv)]
    [InlineData(GeneratedKind.SmsCsv)]
    [InlineData(GeneratedKind.Nchf)]
    public void File_OfAnyKind_DecodesToItsTotalsWithoutFault(GeneratedKind kind)
    {
        using MemoryStream output = new();
        ControlTotals expected = new UsageGenerator(Plan).WriteFile(kind, output, 0, Plan.Records, 1);
        byte[] file = output.ToArray();
        IUsageFormat format = FormatOf(kind);
        Assert.True(format.Recognises(file.AsSpan(0, Math.Min(file.Length, IncomingFile.HeadOctets))));
        using UsageFileReader reader = format.Open(new MemoryStream(file));
        ControlTotals totals = default(ControlTotals);
        while (reader.Read())
        {
            Assert.Null(reader.Fault);
            totals += new ControlTotals(1, 0, 0, 0, 0);
            foreach (UsagePart part in reader.Cdr.Parts)
            {
                totals += new ControlTotals(
                    0, 1, Math.Max(0, part.UplinkOctets), Math.Max(0, part.DownlinkOctets), Math.Max(0, part.DurationSeconds));
            }
        }

        Assert.Equal(expected, totals);
        Assert.Equal(Plan.Records, totals.Cdrs);
    }

    [Theory]
    [InlineData(GeneratedKind.EricssonPgw)]
    [InlineData(GeneratedKind.NokiaChf)]
    [InlineData(GeneratedKind.HuaweiSgw)]
    [InlineData(GeneratedKind.VoiceCsv)]
    [InlineData(GeneratedKind.Nchf)]
    public void File_OfAnyKind_IsMediatedWithoutAllocatingForARecord(GeneratedKind kind)
    {
        const int Records = 5_000;
        using MemoryStream output = new();
        new UsageGenerator(Plan).WriteFile(kind, output, 0, Records, 1);
        UsageMediation mediation = Mediated.NewMediation();
        RecordChunk chunk = Mediated.NewChunk();
        long allocated = 0;
        // The first pass fills what is used again: the chunk, the room for parts and personal data.
        for (int pass = 0; pass < 2; pass++)
        {
            using IMediatedFile file = Mediated.Open(mediation, output.ToArray(), null);
            allocated = -GC.GetAllocatedBytesForCurrentThread();
            bool goesOn = true;
            while (goesOn)
            {
                chunk.Clear();
                goesOn = file.Read(chunk);
            }

            allocated += GC.GetAllocatedBytesForCurrentThread();
        }

        // A file allocates once for its header, the columns of a CSV and the search for the key of the day. Every object takes more than 4
        // octets, so the bound leaves no room for one in each record.
        Assert.InRange(allocated, 0, 4 * Records);
    }

    private static IUsageFormat FormatOf(GeneratedKind kind) => kind switch
    {
        GeneratedKind.EricssonPgw or GeneratedKind.NokiaChf => CdrFileFormat.Framed,
        GeneratedKind.HuaweiPgw or GeneratedKind.HuaweiSgw => CdrFileFormat.Unframed,
        GeneratedKind.VoiceCsv => CsvLayouts.Voice,
        GeneratedKind.SmsCsv => CsvLayouts.Sms,
        _ => NchfUsageFormat.Instance,
    };
}
