using System.Security.Cryptography;

namespace BelgiCom.Streaming.Adapters.Tests;

public class UsageGeneratorTests
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
        (byte[] file, ControlTotals expected) = Generate(kind);
        IUsageFormat format = FormatOf(kind);
        Assert.True(format.Recognises(file.AsSpan(0, Math.Min(file.Length, IUsageFormat.HeadOctets))));
        using UsageFileReader reader = format.Open(new MemoryStream(file));
        ControlTotals totals = default(ControlTotals);
        UsageReadResult result;
        while ((result = reader.Read()) != UsageReadResult.End)
        {
            Assert.True(result == UsageReadResult.Cdr, result == UsageReadResult.Fault ? reader.Fault.Detail : "");
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

    [Fact]
    public void File_OfSgwRecords_MeasuresTheTrafficOfThePgwFile()
    {
        (byte[] _, ControlTotals pgw) = Generate(GeneratedKind.HuaweiPgw);
        (byte[] _, ControlTotals sgw) = Generate(GeneratedKind.HuaweiSgw);

        Assert.Equal(pgw, sgw);
    }

    [Fact]
    public void File_OfTheSamePlan_HasTheSameOctets()
    {
        foreach (GeneratedKind kind in Enum.GetValues<GeneratedKind>())
        {
            Assert.Equal(Hash(Generate(kind).File), Hash(Generate(kind).File));
        }

        Assert.NotEqual(
            Hash(Generate(GeneratedKind.EricssonPgw).File), Hash(Generate(GeneratedKind.EricssonPgw, Plan with { Seed = 43 }).File));
    }

    [Fact]
    public void UnframedFile_HasRecordsThatCrossNoBlock()
    {
        (byte[] file, ControlTotals _) = Generate(GeneratedKind.HuaweiPgw);
        using UsageFileReader reader = CdrFileFormat.Unframed.Open(new MemoryStream(file));
        Assert.Equal(0, file.Length % 2048);
        while (reader.Read() != UsageReadResult.End)
        {
            Assert.Equal(reader.RecordOffset / 2048, (reader.RecordOffset + reader.Octets.Length - 1) / 2048);
        }
    }

    [Fact]
    public void Record_OfTheGenerator_IsAboutThreeHundredOctets()
    {
        (byte[] file, ControlTotals totals) = Generate(GeneratedKind.EricssonPgw, Plan with { MaxParts = 2 });

        Assert.InRange(file.Length / totals.Cdrs, 280, 340);
    }

    [Fact]
    public void Subscriptions_NameEverySubscriberOnce()
    {
        using StringWriter text = new();
        new UsageGenerator(Plan).WriteSubscriptions(text);

        string[] lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("msisdn,imsi,account,offering,validFrom,validTo", lines[0]);
        Assert.Equal(100, lines.Skip(1).Select(line => line.Split(',')[0]).Distinct().Count());
        Assert.All(lines.Skip(1), line => Assert.StartsWith("999", line, StringComparison.Ordinal));
    }

    private static (byte[] File, ControlTotals Totals) Generate(GeneratedKind kind, GenerationPlan? plan = null)
    {
        plan ??= Plan;
        using MemoryStream output = new();
        ControlTotals totals = new UsageGenerator(plan).WriteFile(kind, output, 0, plan.Records, 1);
        return (output.ToArray(), totals);
    }

    private static IUsageFormat FormatOf(GeneratedKind kind) => kind switch
    {
        GeneratedKind.EricssonPgw or GeneratedKind.NokiaChf => CdrFileFormat.Framed,
        GeneratedKind.HuaweiPgw or GeneratedKind.HuaweiSgw => CdrFileFormat.Unframed,
        GeneratedKind.VoiceCsv => CsvLayouts.Voice,
        GeneratedKind.SmsCsv => CsvLayouts.Sms,
        _ => NchfUsageFormat.Instance,
    };

    private static string Hash(byte[] octets) => Convert.ToHexString(SHA256.HashData(octets));
}
