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

    /// <summary>A ledger takes an id once and for ever: usage of two seeds must not look like the same session.</summary>
    [Theory]
    [InlineData(1, 2)]
    [InlineData(42, 43)]
    [InlineData(1, 424242)]
    [InlineData(20260314, 1)]
    public void ChargingAndRecordIds_OfTwoSeeds_AreFarApart(ulong one, ulong other)
    {
        const uint Sessions = 10_000_000;
        uint first = (uint)(Plan with { Seed = one }).ChargingId(1_000_000, 0);
        uint second = (uint)(Plan with { Seed = other }).ChargingId(1_000_000, 0);

        Assert.InRange(unchecked(first - second), Sessions, uint.MaxValue - Sessions);
        Assert.True(Math.Abs((Plan with { Seed = one }).RecordId(0) - (Plan with { Seed = other }).RecordId(0)) >= Sessions);
    }

    [Fact]
    public void ChargingIds_OfOneSeed_FollowOneAnotherAndStayWithin32Bits()
    {
        long[] ids = [.. Enumerable.Range(0, 100_000).Select(number => Plan.ChargingId(1_000_000, number * 100_000L))];

        Assert.All(ids, id => Assert.InRange(id, 0, uint.MaxValue));
        Assert.Equal(unchecked((uint)(Plan.ChargingId(1_000_000, 7) + 1)), Plan.ChargingId(1_000_000, 8));
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
