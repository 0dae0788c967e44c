using System.Security.Cryptography;
using BelgiCom.Streaming.Adapters;

namespace BelgiCom.Streaming.Generation.Tests;

public class UsageGeneratorTests
{
    private static readonly GenerationPlan Plan = new() { Seed = 42, Subscribers = 100, Records = 500, MaxParts = 3 };

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
        while (reader.Read())
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

    private static string Hash(byte[] octets) => Convert.ToHexString(SHA256.HashData(octets));
}
