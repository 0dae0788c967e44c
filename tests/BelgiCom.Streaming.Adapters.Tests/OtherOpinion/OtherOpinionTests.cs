using System.Globalization;
using System.Text;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// Two readers of the same files, written by two people from the same rules, agree on every field that money depends on. A rule that one
/// of them misread shows where they differ; a test written with the decoder would have misread it, too.
/// </summary>
public sealed class OtherOpinionTests(ITestOutputHelper output)
{
    private const int MutationsInEveryBuild = 3_000;
    private const int SeedInEveryBuild = 20260314;

    public static TheoryData<string> KnownDifferences => [.. KnownDifference.All.Select(known => known.Name)];

    /// <summary>The other reader finds the octets and the distinct usage that the cases' own arithmetic has.</summary>
    [Theory]
    [InlineData("charging-id-constant.ber", 5, 15_000_000)]
    [InlineData("gateway-restart-starts-counters-again-*.cdr", 2, 8_000_000)]
    [InlineData("chf-file-with-ts-number-0.cdr", 2, 7_000_000)]
    [InlineData("chf-total-beside-zero-directions.cdr", 1, 5_000_000)]
    [InlineData("subscriber-known-by-imsi-only-*.cdr", 2, 5_000_000)]
    [InlineData("cumulative-partial-records-*.cdr", 3, 7_000_000)]
    [InlineData("odd-value-in-a-field-that-is-not-charged.cdr", 4, 15_000_000)]
    [InlineData("invocation-sequence-always-zero.json", 3, 7_000_000)]
    [InlineData("retransmission-with-groups-in-another-order.json", 2, 3_000_000)]
    [InlineData("two-smfs-one-charging-id.json", 2, 3_000_000)]
    [InlineData("restart-of-numbering-*.ber", 4, 150 << 20)]
    [InlineData("no-charging-id.ber", 10, 100 << 20)]
    [InlineData("nchf-a.json", 4, 150 << 20)]
    [InlineData("nchf-b.json", 2, 30 << 20)]
    [InlineData("nchf-f.json", 1, 10 << 20)]
    public void OtherReader_OfACase_FindsTheUsageOfItsArithmetic(string files, int usage, long octets)
    {
        IEnumerable<OtherPart> parts = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "samples", "cases"), files)
            .SelectMany(path => OtherReader.Read(File.ReadAllBytes(path)))
            .SelectMany(record => record.Parts).DistinctBy(part => part.Identity);
        Assert.Equal((usage, octets), (parts.Count(), parts.Sum(part => part.Octets ?? 0)));
    }

    /// <summary>The other reader finds the values that the foreign encoder was given.</summary>
    [Fact]
    public void OtherReader_OfTheForeignEncoder_ReadsWhatWentIn()
    {
        OtherRecord record = OtherReader.Read(Samples.Read(Samples.Pgw))[0];
        Assert.Equal(
            [((long?)10, (long?)1, (long?)300, (long?)1001, (long?)50001), (20, 2, 301, 2001, 100001)],
            record.Parts.Select(part => (part.RatingGroup, part.LocalSequence, part.Seconds, part.Uplink, part.Downlink)));
        Assert.Equal(
            ("999000000001", "001010100000001", 70001L, 901L, "00101"),
            (record.Msisdn, record.Imsi, record.ChargingId, record.LocalSequence, record.Parts[0].ServingPlmn));
        Assert.Equal(new DateTimeOffset(2026, 3, 14, 9, 6, 0, TimeSpan.FromHours(1)), record.Parts[0].Start);
    }

    [Fact]
    public void Opinions_OfSamplesAndCases_Agree()
    {
        Comparison comparison = new();
        AssertKnown(Files().Select(file => (Path.GetFileName(file), File.ReadAllBytes(file))), comparison);
        Assert.True(comparison.Parts > 400, $"Only {comparison.Parts} parts were compared.");
    }

    /// <summary>BELGICOM_MUTATIONS sets how many mutations there are, and BELGICOM_SEED which.</summary>
    [Fact]
    public void Opinions_OfMutationsThatStayValid_Agree()
    {
        int seed = Setting("BELGICOM_SEED", SeedInEveryBuild);
        int count = Setting("BELGICOM_MUTATIONS", MutationsInEveryBuild);
        output.WriteLine($"BELGICOM_SEED={seed} BELGICOM_MUTATIONS={count}");
        Comparison comparison = new();
        AssertKnown(new Mutations(seed).Files(Files().Select(File.ReadAllBytes)).Take(count), comparison);
    }

    [Theory, MemberData(nameof(KnownDifferences))]
    public void KnownDifference_OfItsSmallestFiles_StillOccurs(string name)
    {
        KnownDifference known = KnownDifference.All.Single(each => each.Name == name);
        Comparison comparison = new();
        List<Difference> differences = [.. known.Smallest().SelectMany(comparison.Of)];
        Assert.True(
            differences.Exists(known.Covers.Invoke), $"'{name}' occurs no longer: remove the entry.\n{string.Join('\n', differences)}");
    }

    /// <summary>Fails at a disagreement that is not known. Prints what was compared, and how often each known one occurred.</summary>
    private void AssertKnown(IEnumerable<(string Name, byte[] Octets)> files, Comparison comparison)
    {
        Dictionary<string, int> known = [];
        StringBuilder unknown = new();
        int count = 0;
        foreach ((string name, byte[] octets) in files)
        {
            count++;
            List<Difference> here = [];
            foreach (Difference difference in comparison.Of(octets))
            {
                if (KnownDifference.All.FirstOrDefault(each => each.Covers(difference)) is { } entry)
                {
                    known[entry.Name] = known.GetValueOrDefault(entry.Name) + 1;
                }
                else
                {
                    here.Add(difference);
                }
            }

            if (here.Count > 0 && unknown.Length < 20_000)
            {
                unknown.AppendLine(CultureInfo.InvariantCulture, $"{name}, {Convert.ToBase64String(octets)}")
                    .AppendJoin('\n', here).AppendLine();
            }
        }

        output.WriteLine($"{count} files, {comparison.Records} records, {comparison.Parts} parts, {comparison.Identities} distinct usages");
        foreach ((string name, int times) in known)
        {
            output.WriteLine($"{times} times: {name}");
        }

        Assert.True(unknown.Length == 0, unknown.ToString());
    }

    /// <summary>Samples, cases and the files that are shipped, in an order that every machine has. CSV has no second reader.</summary>
    private static IEnumerable<string> Files() =>
        new[] { "samples", "shipped" }
            .SelectMany(folder => Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, folder), "*", SearchOption.AllDirectories))
            .Where(path => Path.GetExtension(path) is ".cdr" or ".ber" or ".dat" || (path.EndsWith(".json", StringComparison.Ordinal)
                && !path.EndsWith(".expected.json", StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal);

    private static int Setting(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
