using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>
/// Nothing that a run writes holds a number of a person in clear, in any encoding that networks and programs use: not the topics, the
/// ledgers, the archive, the journal, nor what it says, whether the usage is billed, quarantined, or refused.
/// </summary>
public sealed class IdentifierScanTests : IDisposable
{
    private const string Msisdn = "999100000001";
    private const string Unknown = "999177345612";
    // Its digits differ: one of noughts and ones looks like the flags and counts of a record.
    private const string Imsi = "001019283746556";
    private const string Imei = "356938035643809";
    private const string OtherParty = "999185777888";

    private static readonly string[] Persons = [Msisdn, Unknown, Imsi, Imei, OtherParty];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_WritesNoIdentifierInClear()
    {
        DateTimeOffset at = DateTimeOffset.UtcNow.AddDays(-2);
        string[] lines =
        [
            "Id;Start;Secs;Caller;Imsi;Imei;Callee;Dir",
            Line("billed", "61", Msisdn, "out"),
            Line("suspended", "62", Unknown, "out"),
            Line("bad-number", "61", Msisdn + "777888", "out"),
            Line("bad-seconds", Msisdn, Msisdn, "out"),
            Line("bad-direction", "61", Msisdn, OtherParty),
            Line($"R-{Msisdn}-1", "63", Msisdn, "out"),
            $"broken;\"{Msisdn};{Imsi};{Imei}",
        ];
        string usage = _folder.Under($"calls-{Msisdn}.csv");
        await File.WriteAllLinesAsync(usage, lines, TestContext.Current.CancellationToken);
        string data = _folder.Under("data");
        Finished run = await ChildProcess.RunAsync(
            OurProgram.Start(
                "belgicom", Settings,
                "run", "--data", data, "--input", usage, "--source", "calls", "--catalogue", UsageCase.Shared("catalogue"),
                "--subscriptions", UsageCase.Shared("subscriptions.csv")),
            patience: TimeSpan.FromMinutes(2));
        Finished files = await BuiltTool.RunAsync("files", "--data", data, "--json");

        // Three lines are usage, of which one subscriber is not known; the others are in quarantine.
        Assert.Contains("\"cdrs\":3,", files.Text, StringComparison.Ordinal);
        string[] written = [.. Directory.GetFiles(data, "*", SearchOption.AllDirectories)];
        // The name of the source is in each event, so the segments can be read.
        Assert.Contains(written, file => file.Contains("usage.received.v1", StringComparison.Ordinal)
            && File.ReadAllBytes(file).AsSpan().IndexOf("calls"u8) >= 0);
        List<string> found = [.. Found("stdout", run.Output), .. Found("stderr", Encoding.UTF8.GetBytes(run.Error))];
        found.AddRange(Found("belgicom files", files.Output));
        foreach (string file in written)
        {
            string name = Path.GetRelativePath(data, file);
            found.AddRange(Found(name, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)));
            found.AddRange(Found("the name of " + name, Encoding.UTF8.GetBytes(name)));
        }

        Assert.True(found.Count == 0, string.Join('\n', found.Distinct()));
        Assert.NotEmpty(Found("input", await File.ReadAllBytesAsync(usage, TestContext.Current.CancellationToken)));

        string Line(string id, string seconds, string caller, string direction) => string.Create(
            CultureInfo.InvariantCulture, $"{id};{at:yyyy-MM-ddTHH:mm:ssZ};{seconds};{caller};{Imsi};{Imei};{OtherParty};{direction}");
    }

    [Fact]
    public void Scan_OfEveryEncoding_FindsIt() => Assert.All(
        Encodings(Imsi), encoding => Assert.NotEmpty(Found("control", [1, 2, .. encoding.Octets, 3])));

    /// <summary>Topics are kept without compression, so that the segments show what is in them.</summary>
    private static Dictionary<string, string> Settings => new()
    {
        ["Kafka__Properties__compression.type"] = "none",
        ["Adapters__Sources__0__Name"] = "calls",
        ["Adapters__Sources__0__Csv__Kind"] = "Voice",
        ["Adapters__Sources__0__Csv__Delimiter"] = ";",
        ["Adapters__Sources__0__Csv__Columns__RecordId"] = "Id",
        ["Adapters__Sources__0__Csv__Columns__StartTime"] = "Start",
        ["Adapters__Sources__0__Csv__Columns__DurationSeconds"] = "Secs",
        ["Adapters__Sources__0__Csv__Columns__Msisdn"] = "Caller",
        ["Adapters__Sources__0__Csv__Columns__Imsi"] = "Imsi",
        ["Adapters__Sources__0__Csv__Columns__Imei"] = "Imei",
        ["Adapters__Sources__0__Csv__Columns__OtherParty"] = "Callee",
        ["Adapters__Sources__0__Csv__Columns__Direction"] = "Dir",
        ["Adapters__Sources__0__Csv__Originating__0"] = "out",
        ["Adapters__Sources__0__Csv__Terminating__0"] = "in",
    };

    private static IEnumerable<string> Found(string where, byte[] octets) =>
        from person in Persons
        from encoding in Encodings(person)
        where octets.AsSpan().IndexOf(encoding.Octets) >= 0
        select $"{where}: number {Array.IndexOf(Persons, person)} as {encoding.Name}";

    private static IEnumerable<(string Name, byte[] Octets)> Encodings(string digits)
    {
        string whole = digits[..(digits.Length & ~1)];
        byte[] bcd = Convert.FromHexString(whole);
        byte[] tbcd = [.. bcd.Select(octet => (byte)((octet << 4) | (octet >> 4)))];
        byte[] ascii = Encoding.ASCII.GetBytes(digits);
        byte[] big = new byte[8], little = new byte[8];
        long number = long.Parse(digits, CultureInfo.InvariantCulture);
        BinaryPrimitives.WriteInt64BigEndian(big, number);
        BinaryPrimitives.WriteInt64LittleEndian(little, number);
        List<byte> zigzag = [];
        for (ulong left = (ulong)number << 1; left > 0; left >>= 7)
        {
            zigzag.Add((byte)((left & 0x7F) | (left > 0x7F ? 0x80UL : 0)));
        }

        return
        [
            ("ASCII", ascii),
            ("UTF-16", Encoding.Unicode.GetBytes(digits)),
            ("UTF-16, big-endian", Encoding.BigEndianUnicode.GetBytes(digits)),
            ("BCD", bcd),
            ("TBCD", tbcd),
            ("TBCD in hexadecimal digits", Encoding.ASCII.GetBytes(Convert.ToHexString(tbcd))),
            ("TBCD in lower hexadecimal digits", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(tbcd))),
            ("ASCII in hexadecimal digits", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(ascii))),
            ("Base64", Encoding.ASCII.GetBytes(Convert.ToBase64String(ascii)[..14])),
            // An integer is looked for without its octets that are 0.
            ("an integer, big-endian", big[2..]),
            ("an integer, little-endian", little[..6]),
            ("an Avro long", [.. zigzag]),
        ];
    }
}
