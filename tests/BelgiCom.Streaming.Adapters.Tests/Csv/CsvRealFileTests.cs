using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// CSV files as systems and spreadsheets leave them. Each row is a file, or two, and what every line must become: what is read is read
/// right, and what could mean two things is a fault that somebody sees.
/// </summary>
public class CsvRealFileTests
{
    private const string Calls = "id,start,secs,caller,callee,dir,remark";
    private const string Data = "id,start,caller,up,down,remark";

    [Theory]
    // The last column of the header is not mapped and a remark holds an LF: with LF as line end, the first call would be header.
    [InlineData(Calls + "\rc1,T8,60,P1,P2,MO,-\rc2,T9,30,P1,P2,MO,\"two\nlines\"\r", "c1 60|c2 30")]
    [InlineData(Calls + "\r\r\nc1,T8,60,P1,P2,MO,-\r\r\n", "c1 60")]
    [InlineData("\"id\",\"start\",\"secs\",\"caller\",\"callee\",\"dir\",\"re\nmark\"\r\nc1,T8,60,P1,P2,MO,-\r\n", "c1 60")]
    // Two files in one, the second with other columns.
    [InlineData(Calls + "\nc1,T8,60,P1,P2,MO,-\nid,start,secs,callee,caller,dir,remark\nc2,T9,30,P2,P1,MO,-\n", "c1 60|c2 30")]
    [InlineData(Calls + "\nc1,T8,60,P1,P2,MO,-\nID,START,SECS,CALLER,CALLEE,DIR,REMARK\nc2,T9,30,P1,P2,MO,-\n", "c1 60|c2 30")]
    [InlineData(Calls + "\nc1,T8,60,P1,P2,MO,-\nstart,id,secs,caller,callee,dir\nT9,c2,30,P1,P2,MO\n", "c1 60|c2 30")]
    [InlineData(Calls + "\nc1,T8,60,P1,P2,MO,-\nid,start\nc2,T9,30,P1,P2,MO,-\n", "c1 60|BadFraming|c2 30")]
    // Footers, comments, and the lines that spreadsheets add.
    [InlineData(Calls + "\n# night run\nc1,T8,60,P1,P2,MO,-\nTOTAL,1\n", "BadFraming|c1 60|BadFraming")]
    [InlineData("SEP=;\r\nid;start;secs;caller;callee;dir\r\nc1;T8;60;P1;P2;MO\r\n", "c1 60")]
    [InlineData("sep=,,,,,,\r\n" + Calls + "\r\nc1,T8,60,P1,P2,MO,-\r\n", "c1 60")]
    // Rows without values above and below the table, as a spreadsheet writes them.
    [InlineData("\r\n,,,,,,\r\n \r\n" + Calls + "\r\nc1,T8,60,P1,P2,MO,-\r\n,,,,,,\r\nc2,T9,30,P1,P2,MO,-\r\n,,,,,,", "c1 60|c2 30")]
    // A delimiter inside a field, and delimiters at the end.
    [InlineData(Calls + "\nc1,T8,60,P1,P2,MO,-,\nc2,T8,60,P1,P2,MO,a,b\nc3,T8,6,P1,P2,MO,,\n", "c1 60|BadFraming|c3 6")]
    [InlineData(Calls + ",\nc1,T8,60,P1,P2,MO,-,\nc2,T8,60,P1,P2,MO,-,b\nc3,T8,6,P1,P2,MO,,\n", "c1 60|BadFraming|c3 6")]
    // Which way a call went decides who pays.
    [InlineData(Calls + "\nc1,T8,60,P1,P2,,-\nc2,T8,60,P1,P2,MT,-\nc3,T8,60,P1,P2,XX,-\n", "MissingField|c2 60|BadValue")]
    // Numbers that a spreadsheet or a program took for quantities.
    [InlineData(Calls + "\nc1,T8,60,999100000001.0,P2,MO,-\nc2,T8,60,9.991E+11,P2,MO,-\nc3,T8,60,999.10.00.00.001,P2,MO,-\n",
        "BadValue|BadValue|c3 60")]
    // Files that end in different ways.
    [InlineData(Calls, "Truncated")]
    [InlineData(Calls + "\n", "")]
    [InlineData(Calls + "\nc1,T8,60,P1,P2,MO,\"-\"", "c1 60")]
    [InlineData(Calls + "\nc1,T8,60,P1,P2,\"MO\"", "Truncated")]
    public void Calls_OfAFile_AreWhatTheirLinesSay(string file, string expected) => Assert.Equal(expected, Read(CallMap(), file));

    /// <summary>An offset or a leap second may lead behind the year 9999, where no reader of the event could take the time.</summary>
    [Theory]
    [InlineData("9999-12-31T23:59:59Z", "r1 1/2")]
    [InlineData("9999-12-31T23:59:59.999Z", "r1 1/2")]
    [InlineData("9999-12-31T08:59:59-15:00", "r1 1/2")]
    [InlineData("9999-12-31T09:00:00-15:00", "BadValue")]
    [InlineData("9999-12-31T23:59:59-15:00", "BadValue")]
    [InlineData("9999-12-31T23:59:60Z", "BadValue")]
    public void Time_BehindTheLastOfAllYears_IsRefused(string time, string expected) =>
        Assert.Equal(expected, Read(DataMap(), $"{Data},\nr1,{time},P1,1,2,-\n"));

    [Theory]
    [InlineData("r1,T8,P1,1048576.0,0,-", "r1 1048576/0")]
    [InlineData("r1,T8,P1,1.000,0,-", "BadValue")]
    [InlineData("r1,T8,P1,\"1,000\",0,-", "BadValue")]
    [InlineData("r1,T8,P1,1e6,0,-", "BadValue")]
    [InlineData("r1,T8,P1,-1,0,-", "BadValue")]
    [InlineData("r1,T8,P1,0,0,-", "r1 0/0")]
    [InlineData("r1,T8,P1,,5,-", "r1 -1/5")]
    // Nobody can tell 1,5 up and 0 down from 1 up and 5 down with a remark of 0.
    [InlineData("r1,T8,P1,1,5,0,,", "BadFraming")]
    [InlineData("r1,T8,P1, 17 ,\t5,-", "r1 17/5")]
    public void Volumes_OfALine_AreReadOrRefused(string line, string expected) =>
        Assert.Equal(expected, Read(DataMap(), $"{Data},\n{line}\n"));

    [Theory]
    [InlineData("1000000,1,,2", "MissingField")]
    [InlineData("1000000,1,,0", "r1 4295967296/-1")]
    [InlineData(",1,5,0", "MissingField")]
    [InlineData("4294967296,1,5,0", "BadValue")]
    [InlineData("1,-1,5,0", "BadValue")]
    [InlineData("1,,5,", "r1 1/5")]
    public void Gigawords_OfALine_AreNeverLost(string counters, string expected)
    {
        CsvColumnMap map = DataMap();
        map.Columns["UplinkGigawords"] = "upgw";
        map.Columns["DownlinkGigawords"] = "downgw";

        Assert.Equal(expected, Read(map, $"id,start,caller,up,upgw,down,downgw\nr1,T8,P1,{counters}\n"));
    }

    /// <summary>A headerless file has nothing that says how wide it is, so a line that is cut is never taken for a narrower one.</summary>
    [Theory]
    [InlineData("c1,T8,125,P1", "Truncated")]
    [InlineData("c1,T8,125,\"P1\"", "Truncated")]
    [InlineData("c1,T8,125,P1\n", "c1 125")]
    [InlineData("c1,T8,60,P1\nc2,T8,125,\"P1\"", "c1 60|c2 125")]
    [InlineData("c1,T8,60,P1\nc2,T8,125,\"P", "c1 60|Truncated")]
    public void File_WithoutAHeader_NeedsItsEnd(string file, string expected)
    {
        CsvColumnMap map = new() { Kind = UsageKind.Voice };
        foreach ((string field, string column) in new[]
        {
            ("RecordId", "1"), ("StartTime", "2"), ("DurationSeconds", "3"), ("Msisdn", "4"),
        })
        {
            map.Columns.Add(field, column);
        }

        Assert.Equal(expected, Read(map, file));
    }

    [Theory]
    [InlineData("utf-16", false)]
    [InlineData("utf-16BE", false)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    [InlineData("windows-1252", false)]
    public void Encoding_OfAFile_IsThatOfItsMarkOrItsMap(string name, bool hasMark)
    {
        CsvColumnMap map = CallMap();
        map.Columns["Location"] = "remark";
        map.Encoding = hasMark ? "utf-8" : name;
        Encoding encoding = map.Encoding == "windows-1252" ? Encoding.Latin1 : Encoding.GetEncoding(name);
        string text = Filled(Calls + "\r\nc1,T8,60,P1,P2,MO,Liège\r\n");
        byte[] file = [.. hasMark ? encoding.GetPreamble() : [], .. encoding.GetBytes(text)];

        Assert.Equal("c1 60", Read(map, file));
        // Half a character at the end is an end that was not seen.
        Assert.Equal(name.StartsWith("utf-16", StringComparison.Ordinal) ? "c1 60|Truncated" : "c1 60", Read(map, [.. file, (byte)'\r']));
    }

    /// <summary>
    /// A call in two lines whose file was taken between them: alone, its first part has the id that the whole call has later, so that the
    /// two contradict each other and are never both charged.
    /// </summary>
    [Fact]
    public void Id_OfACallInSeveralLines_IsThatOfItsFirstLine()
    {
        CsvColumnMap map = new() { Kind = UsageKind.Voice, JoinBy = { "call" }, Continues = { "0" } };
        foreach ((string field, string column) in new[]
        {
            ("StartTime", "start"), ("DurationSeconds", "secs"), ("Msisdn", "caller"), ("Part", "count"),
        })
        {
            map.Columns.Add(field, column);
        }

        const string head = "call,start,secs,caller,count\nX,T8,60,P1,1\n", tail = "X,T9,23,P1,0\n";
        UsageSource source = new("switch", ChargedView.Pgw, [new CsvUsageFormat("switch", map)]);

        UsageReceived part = Assert.Single(Mediated.Usage(Bytes(head), source));
        UsageReceived whole = Assert.Single(Mediated.Usage(Bytes(head + tail), source));

        Assert.Equal((60, 83), (part.DurationSeconds, whole.DurationSeconds));
        Assert.Equal(part.UsageId, whole.UsageId);
        Assert.Equal("MissingField", Read(map, "call,start,secs,caller,count\n" + tail));
    }

    [Theory]
    [InlineData("TimeFormat", "yyyy-MM-dd hh:mm:ss", "hours of half a day")]
    [InlineData("TimeFormat", "yyyy-mm-dd HH:MM:ss", "minutes (m) that do not stand behind hours")]
    [InlineData("TimeFormat", "dd/MM HH:mm", "must have year")]
    [InlineData("Uplink", "down", "one column, down")]
    [InlineData("Terminating", "mo", "listed twice")]
    [InlineData("Encoding", "utf-7", "Encoding utf-7 is not known here")]
    [InlineData("Encoding", "latin-99", "Encoding latin-99 is not known here")]
    public void Map_ThatCannotMeanWhatItSays_IsRefused(string setting, string value, string fault)
    {
        CsvColumnMap map = DataMap();
        map.Columns["Direction"] = "dir";
        map.Originating.Add("MO");
        map.Terminating.Add(setting == "Terminating" ? value : "MT");
        map.TimeFormat = setting == "TimeFormat" ? value : map.TimeFormat;
        map.Columns["Uplink"] = setting == "Uplink" ? value : "up";
        map.Encoding = setting == "Encoding" ? value : map.Encoding;

        Assert.Contains(fault, Assert.Single(map.Faults()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yyyy-MM-dd'T'HH:mm:ss")]
    [InlineData("yyyy-MM-dd hh:mm:ss tt")]
    [InlineData("HH:mm:ss dd/MM/yyyy")]
    [InlineData("yyyyMMddHHmmss")]
    [InlineData("dd'd'MM'm'yyyy HH'h'mm")]
    [InlineData("yyyy-MM-dd HH:mm:ss zzz")]
    public void TimeFormat_ThatIsWhole_IsTaken(string format)
    {
        CsvColumnMap map = DataMap();
        map.TimeFormat = format;

        Assert.Empty(map.Faults());
    }

    /// <summary>No text of a time may stop a file, and none that its writer rounded may be taken for a time.</summary>
    [Theory]
    [InlineData("unix", ".", "1795158000", 1_795_158_000_000L)]
    [InlineData("unix", ".", "1795158000.25", 1_795_158_000_250L)]
    [InlineData("unix", ",", "\"1795158000,25\"", 1_795_158_000_250L)]
    [InlineData("unix", ".", "\"1795158000,25\"", null)]
    [InlineData("unix", ".", "1.795158E+9", null)]
    [InlineData("unix-ms", ".", "1.795158E+12", null)]
    [InlineData("unix", ".", "1795158000000", null)]
    [InlineData("unix", ".", "79228162514264337593543950335", null)]
    [InlineData("unix-ms", ".", "79228162514264337593543950335", null)]
    [InlineData("unix", ".", "-1795158000", null)]
    [InlineData("iso", ".", "2026-11-20T07:00:00.2504Z", 1_795_158_000_250L)]
    [InlineData("iso", ".", "\"2026-11-20T08:00:00,25+01:00\"", 1_795_158_000_250L)]
    public void Time_HoweverItIsWritten_IsReadOrRefused(string format, string decimalSeparator, string text, long? milliseconds)
    {
        CsvColumnMap map = CallMap();
        (map.TimeFormat, map.DecimalSeparator) = (format, decimalSeparator);
        using UsageFileReader reader = new CsvUsageFormat("calls", map).Open(
            new MemoryStream(Bytes($"{Calls}\nc1,{text},60,P1,P2,MO,-\n")));

        Assert.True(reader.Read());
        Assert.Equal(milliseconds, reader.Fault is null ? reader.Cdr.Parts[0].Start.UtcMilliseconds : null);
        Assert.Equal(milliseconds is null ? QuarantineReason.BadValue : null, reader.Fault?.Reason);
        Assert.False(reader.Read());
    }

    private static CsvColumnMap CallMap() => Map(
        UsageKind.Voice, ("DurationSeconds", "secs"), ("OtherParty", "callee"), ("Direction", "dir"));

    private static CsvColumnMap DataMap() => Map(UsageKind.Data, ("Uplink", "up"), ("Downlink", "down"));

    private static CsvColumnMap Map(UsageKind kind, params (string Field, string Column)[] columns)
    {
        CsvColumnMap map = new() { Kind = kind };
        foreach ((string field, string column) in (IEnumerable<(string, string)>)
            [.. columns, ("RecordId", "id"), ("StartTime", "start"), ("Msisdn", "caller")])
        {
            map.Columns.Add(field, column);
        }

        if (map.Maps(CsvField.Direction))
        {
            map.Originating.Add("MO");
            map.Terminating.Add("MT");
        }

        return map;
    }

    /// <summary>T8 and T9 are eight and nine o'clock, P1 and P2 two persons.</summary>
    private static string Filled(string text) => text.Replace("T8", "2026-11-20T08:00:00+01:00", StringComparison.Ordinal)
        .Replace("T9", "2026-11-20T09:00:00+01:00", StringComparison.Ordinal)
        .Replace("P1", "999100000001", StringComparison.Ordinal).Replace("P2", "999200000001", StringComparison.Ordinal);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(Filled(text));

    private static string Read(CsvColumnMap map, string text) => Read(map, Bytes(text));

    private static string Read(CsvColumnMap map, byte[] file)
    {
        using UsageFileReader reader = new CsvUsageFormat("calls", map).Open(new MemoryStream(file));
        List<string> seen = [];
        while (reader.Read())
        {
            if (reader.Fault is { } fault)
            {
                seen.Add(fault.Reason.ToString());
                continue;
            }

            Assert.Equal("999100000001", Encoding.UTF8.GetString(reader.Cdr.Msisdn.Span));
            UsagePart part = reader.Cdr.Parts[0];
            string quantity = map.Kind == UsageKind.Voice ? $"{part.DurationSeconds}" : $"{part.UplinkOctets}/{part.DownlinkOctets}";
            seen.Add($"{Encoding.UTF8.GetString(reader.Cdr.Session.Span)} {quantity}");
        }

        return string.Join('|', seen);
    }
}
