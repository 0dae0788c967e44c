namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// A file in which each octet looks like the beginning of a record that never ends is read in a few steps, not in one for each octet: each
/// step looks through a mebibyte, and other files wait meanwhile. Every octet is still in a fault or in a record.
/// </summary>
public class LookAheadTests
{
    private const int Octets = 4 * 1024 * 1024;

    [Theory]
    [InlineData("7b0a")]
    [InlineData("7b")]
    [InlineData("7b22610a")]
    [InlineData("5b7b0d")]
    public void Nchf_OfObjectsWithoutAnEnd_IsReadInAFewSteps(string pattern) =>
        AssertFewSteps(Filled(pattern), NchfUsageFormat.Instance);

    [Theory]
    [InlineData("bf4f80800155")]
    [InlineData("bf4e80800154")]
    [InlineData("bf8148808002 00c8")]
    [InlineData("308080")]
    public void Unframed_OfRecordsWithoutAnEnd_IsReadInAFewSteps(string pattern) =>
        AssertFewSteps(Filled(pattern.Replace(" ", "", StringComparison.Ordinal)), CdrFileFormat.Unframed);

    /// <summary>Good records behind a long stretch of records without an end are found again.</summary>
    [Fact]
    public void Unframed_GoodRecordsBehindRecordsWithoutAnEnd_AreRead()
    {
        byte[] record = Samples.Read(Samples.PgwRaw);
        byte[] file = [.. Filled("bf4f80800155")[..(3 * 1024 * 1024)], .. new byte[2 * RecordLimits.MaxOctets], .. record, .. record];

        (int steps, int good) = ReadAll(file, CdrFileFormat.Unframed);

        Assert.Equal(2, good);
        Assert.InRange(steps, 2, 100);
    }

    /// <summary>As long as only a few requests are broken, each of them costs its own line only.</summary>
    [Fact]
    public void Nchf_FewObjectsWithoutAnEnd_CostTheirLines()
    {
        byte[] good = "{\"invocationSequenceNumber\":1}\n"u8.ToArray();
        byte[] file = [.. Enumerable.Range(0, 12).SelectMany(_ => (byte[])[.. "{\"open\n"u8, .. good, .. good])];

        int objects = 0;
        using UsageFileReader reader = NchfUsageFormat.Instance.Open(new MemoryStream(file));
        while (reader.Read())
        {
            objects += reader.Octets.SequenceEqual(good.AsSpan(0, good.Length - 1)) ? 1 : 0;
        }

        Assert.Equal(24, objects);
    }

    private static byte[] Filled(string pattern)
    {
        byte[] once = Convert.FromHexString(pattern);
        return [.. Enumerable.Repeat(once, Octets / once.Length).SelectMany(octets => octets)];
    }

    private static void AssertFewSteps(byte[] file, IUsageFormat format) => Assert.InRange(ReadAll(file, format).Steps, 1, 100);

    private static (int Steps, int Good) ReadAll(byte[] file, IUsageFormat format)
    {
        (int steps, int good) = (0, 0);
        long end = 0;
        using UsageFileReader reader = format.Open(new MemoryStream(file));
        while (reader.Read())
        {
            steps++;
            good += reader.Fault is null ? 1 : 0;
            end = reader.RecordOffset + (reader.Fault?.Length ?? reader.Octets.Length);
        }

        Assert.InRange(end, file.Length - 8, file.Length);
        return (steps, good);
    }
}
