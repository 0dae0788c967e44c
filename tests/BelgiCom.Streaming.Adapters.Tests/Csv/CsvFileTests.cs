using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>What happens to CSV files on their way: encodings, line ends, quotes, ends that are missing.</summary>
public class CsvFileTests
{
    private const string Header = "id,start,secs,caller,callee,remark";

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void LineEnds_OfAnySystem_AreUnderstood(string end) =>
        Assert.Equal("a 60|b 30", Read(Utf8(Header + end + Line("a", 60) + end + end + Line("b", 30) + end)));

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-8")]
    public void Encoding_WithAByteOrderMark_IsUnderstood(string name)
    {
        Encoding encoding = Encoding.GetEncoding(name);

        Assert.Equal("a 60", Read([.. encoding.GetPreamble(), .. encoding.GetBytes(Header + "\n" + Line("a", 60) + "\n")]));
    }

    [Fact]
    public void Encoding_OfTheMap_NamesColumns()
    {
        CsvColumnMap map = Map();
        map.Encoding = "windows-1252";
        map.Columns["DurationSeconds"] = "durée";
        byte[] file = Encoding.Latin1.GetBytes("id,start,durée,caller,callee,remark\n" + Line("a", 60) + "\n");

        Assert.Equal("a 60", Read(file, map));
    }

    [Theory]
    [InlineData("x\"y", "x\"y")]
    [InlineData("\"x", "\"x")]
    [InlineData("\"", "\"")]
    [InlineData("\"x", "y\"")]
    [InlineData("x\"", "\"y")]
    public void Quote_ThatIsAStrayOne_CostsItsLineOnly(string first, string second)
    {
        string file = Header + "\n" + string.Concat(Enumerable.Range(0, 100).Select(i =>
            Line($"c{i}", 10, i switch { 11 => first, 71 => second, _ => "-" }) + "\n"));
        string expected = string.Join(
            '|', Enumerable.Range(0, 100).Select(i => i is 11 or 71 ? "BadEncoding" : $"c{i} 10"));

        Assert.Equal(expected, Read(Utf8(file)));
    }

    [Fact]
    public void QuotedField_OverSeveralLines_IsOneField() => Assert.Equal(
        "a 60|b 30", Read(Utf8(Header + "\n" + Line("a", 60, "\"two\nlines, and a \"\"quote\"\"\nmore\"") + "\n" + Line("b", 30) + "\n")));

    [Theory]
    [InlineData(70_000)]
    [InlineData(1_048_576)]
    public void Line_ThatIsTooLong_IsNeverReadFromItsMiddle(int length)
    {
        string tail = "," + Line("tail", 600);

        Assert.Equal("TooLarge|b 30", Read(Utf8(Header + "\n" + new string('x', length) + tail + "\n" + Line("b", 30) + "\n")));
    }

    [Fact]
    public void LastLine_CutAnywhere_IsNeverRead()
    {
        byte[] whole = Utf8(Header + "\n" + Line("a", 60) + "\n" + Line("b", 125) + "\n");
        int start = Array.IndexOf(whole, (byte)'\n', Header.Length + 1) + 1;
        for (int length = start + 1; length < whole.Length; length++)
        {
            Assert.Equal("a 60|Truncated", Read(whole[..length]));
        }

        Assert.Equal("a 60|b 125", Read(whole));
    }

    [Theory]
    [InlineData("\"-\"", true, "a 60")]
    [InlineData("-", false, "a 60")]
    [InlineData("-", true, "Truncated")]
    public void LastLine_WithoutLineEnd_IsReadWhenItIsWholeBeyondDoubt(string last, bool needsEnd, string expected)
    {
        CsvColumnMap map = Map();
        map.LastLineNeedsEnd = needsEnd;

        Assert.Equal(expected, Read(Utf8(Header + "\n" + Line("a", 60, last)), map));
    }

    [Fact]
    public void Header_Repeated_AndDelimitersAtTheEnd_CostNothing() => Assert.Equal(
        "a 60|b 30|BadFraming|c 5",
        Read(Utf8(
            $"{Header},\n{Line("a", 60)}\n\uFEFF{Header},\n{Line("b", 30)},,\n{Line("x", 1)},,surplus\n\u001A\n{Line("c", 5)},\n")));

    [Fact]
    public void Column_OfTwoWithOneName_IsNotGuessed()
    {
        byte[] file = Utf8("id,start,secs,caller,callee,secs\n" + Line("a", 75, "60") + "\n");
        CsvColumnMap named = Map(), second = Map(), placed = Map();
        second.Columns["DurationSeconds"] = "secs#2";
        placed.Columns["DurationSeconds"] = "6";

        Assert.Equal(("NotACdrFile", "a 60", "a 60"), (Read(file, named), Read(file, second), Read(file, placed)));
        Assert.False(new CsvUsageFormat("calls", named).Recognises(file));
    }

    [Theory]
    [InlineData("Imei")]
    [InlineData("Node")]
    [InlineData("RatType")]
    [InlineData("Location")]
    [InlineData("DataNetwork")]
    [InlineData("ServiceIdentifier")]
    [InlineData("Uplink")]
    [InlineData("Messages")]
    public void Value_ThatNothingLooksAt_IsLeftOutAndNotTheRecord(string field)
    {
        CsvColumnMap map = Map();
        map.Columns[field] = "remark";

        Assert.Equal("a 60", Read(Utf8(Header + "\n" + Line("a", 60, "\u001B[31m" + new string('?', 600)) + "\n"), map));
    }

    [Theory]
    [InlineData("Messages", "4,5")]
    [InlineData("RecordId", "x,x")]
    public void Id_WithoutARecordId_IsEveryOctet(string field, string values)
    {
        // The two lines differ only in the column "more", which the map does not even read.
        string[] parts = values.Split(',');
        string file = "sms_time,msisdn,imsi,direction,other_party,serving_plmn,node,record_id,more\n"
            + string.Concat(parts.Select((part, i) =>
                "2026-01-20T12:00:00Z,999000000001,,MO,,00101,N," + (field == "RecordId" ? $"{part},{i}\n" : $",{part}\n")));

        List<UsageReceived> usage = Mediated.Usage(Utf8(file));

        Assert.Equal(2, usage.Count);
        Assert.Equal(field == "RecordId" ? 1 : 2, usage.Select(one => one.UsageId).Distinct().Count());
    }

    [Fact]
    public void Id_WithARecordId_IsTheSameInAnyOrderOfColumnsAndLines()
    {
        string[] columns = ["record_id", "sms_time", "msisdn", "imsi", "direction", "other_party", "serving_plmn", "node"];
        string[] values = ["R1", "2026-01-20T12:00:00Z", "999000000001", "", "MO", "", "00101", "N"];
        UsageId expected = Mediated.Usage(Utf8(string.Join(',', columns) + "\n" + string.Join(',', values) + "\n"))[0].UsageId;
        const int seed = 4713;
        Random random = new(seed);
        for (int i = 0; i < 50; i++)
        {
            int[] order = [.. Enumerable.Range(0, columns.Length)];
            random.Shuffle(order);
            string file = string.Join(',', order.Select(j => columns[j])) + "\n" + string.Join(',', order.Select(j => values[j])) + "\n";
            Assert.True(expected == Mediated.Usage(Utf8(file))[0].UsageId, $"seed {seed}, permutation {i}");
        }
    }

    private static string Line(string id, int seconds, string remark = "-") =>
        $"{id},2026-11-20T08:00:00+01:00,{seconds},999100000001,999200000001,{remark}";

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static CsvColumnMap Map()
    {
        CsvColumnMap map = new() { Kind = UsageKind.Voice };
        map.Columns.Add("StartTime", "start");
        map.Columns.Add("DurationSeconds", "secs");
        map.Columns.Add("Msisdn", "caller");
        map.Columns.Add("OtherParty", "callee");
        map.Columns.Add("RecordId", "id");
        return map;
    }

    /// <summary>Id and seconds of each record, or the reason of each fault, in the order of the file.</summary>
    private static string Read(byte[] file, CsvColumnMap? map = null)
    {
        using UsageFileReader reader = new CsvUsageFormat("calls", map ?? Map()).Open(new MemoryStream(file));
        List<string> results = [];
        while (reader.Read())
        {
            results.Add(reader.Fault is { } fault
                ? fault.Reason.ToString()
                : $"{Encoding.UTF8.GetString(reader.Cdr.Session.Span)} {reader.Cdr.Parts[0].DurationSeconds}");
        }

        return string.Join('|', results);
    }
}
