using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>A drafted map reads the file it was drafted from; what it cannot know, it says.</summary>
public class CsvMapDraftTests
{
    private const string Switch =
        """
        "n","999100000001","999200000001","default","2026-11-20 08:00:00","2026-11-20 08:01:05","60","u1"
        "n","999100000001","999200000002","default","2026-11-20 09:00:00","2026-11-20 09:00:35","30","u2"

        """;

    [Theory]
    [InlineData("id;start;secs;caller;dir\nc1;2026-11-20T08:00:00+01:00;60;999100000001;out\n", "Voice", "iso")]
    [InlineData("CallDate,CallTime,Duration,Caller\n20/11/2026,08:00:00,60,999100000001\n", "Voice", "dd/MM/yyyy HH:mm:ss")]
    [InlineData("CallDate,CallTime,Duration,Caller\n11/20/2026,08:00:00,60,999100000001\n", "Voice", "MM/dd/yyyy HH:mm:ss")]
    [InlineData("sep=;\nt;from;to\n2026-01-15 12:00:00.100;999000000001;999000000009\n", "Sms", "yyyy-MM-dd HH:mm:ss.FFFFFFF")]
    [InlineData("user\tacctstarttime\tacctinputoctets\n999100000001\t1795158000\t17\n", "Data", "unix")]
    [InlineData("caller,start,duration\n32475123456,11/20/2026 8:00:00 PM,60\n", "Voice", "MM/dd/yyyy h:mm:ss tt")]
    [InlineData(Switch, "Voice", "yyyy-MM-dd HH:mm:ss.FFFFFFF")]
    public void Draft_OfAFile_ReadsIt(string text, string kind, string timeFormat)
    {
        byte[] file = Encoding.UTF8.GetBytes(text);

        CsvMapDraft draft = CsvMapDraft.Of(file);

        Assert.Empty(draft.Map.Faults());
        Assert.Equal((kind, timeFormat), (draft.Map.Kind.ToString(), draft.Map.TimeFormat));
        CsvUsageFormat format = new("draft", draft.Map);
        Assert.True(format.Recognises(file));
        using UsageFileReader reader = format.Open(new MemoryStream(file));
        Assert.True(reader.Read() && reader.Fault is null, reader.Fault?.Detail);
    }

    [Theory]
    [InlineData("utf-16", false)]
    [InlineData("utf-16BE", false)]
    [InlineData("utf-16", true)]
    public void Draft_OfAFileOf16Bits_ReadsIt(string name, bool hasMark)
    {
        Encoding encoding = Encoding.GetEncoding(name);
        byte[] text = encoding.GetBytes("from;to;start;billsec\r\n32475123456;*88#;2026-11-20T08:00:00Z;60\r\n");
        byte[] file = [.. hasMark ? encoding.GetPreamble() : [], .. text];

        CsvMapDraft draft = CsvMapDraft.Of(file);

        using UsageFileReader reader = new CsvUsageFormat("draft", draft.Map).Open(new MemoryStream(file));
        Assert.True(reader.Read() && reader.Fault is null, reader.Fault?.Detail);
        Assert.Equal(60, reader.Cdr.Parts[0].DurationSeconds);
    }

    /// <summary>Headers of Belgian systems: names in its languages, units in the name, decimal commas, national numbers.</summary>
    [Theory]
    [InlineData("Début;Durée (min);Appelant;Appelé\n20.11.2026 08:00:00;1,5;0475123456;0475123457\n", "32475123456 90 -1/-1/-1")]
    [InlineData("datum;tijd;gespreksduur;oproeper;richting\n20/11/2026;08:00:00;65;+32 475 12 34 56;uitgaand\n", "32475123456 65 -1/-1/-1")]
    [InlineData("Beginn;Dauer_ms;Rufnummer\n20.11.2026 08:00:00;1500;+32475123456\n", "32475123456 2 -1/-1/-1")]
    [InlineData("start,volumeMB,msisdn\n2026-11-20T08:00:00Z,1.5,32475123456\n", "32475123456 -1 -1/-1/1500000")]
    [InlineData("start;up_kib;down (MiB);msisdn\n2026-11-20T08:00:00Z;2;0,5;32475123456\n", "32475123456 -1 2048/524288/-1")]
    [InlineData("Date/heure;Volume (Mo);Numéro\n2026-11-20 08:00:00;\"2,25\";32475123456\n", "32475123456 -1 -1/-1/2250000")]
    [InlineData("start,uplink_bytes,downlink_bytes,msisdn\n2026-11-20T08:00:00Z,7,9,32475123456\n", "32475123456 -1 7/9/-1")]
    public void Draft_OfABelgianFile_ReadsItsUnitsAndNumbers(string text, string expected)
    {
        byte[] file = Encoding.UTF8.GetBytes(text);

        CsvMapDraft draft = CsvMapDraft.Of(file);

        using UsageFileReader reader = new CsvUsageFormat("draft", draft.Map).Open(new MemoryStream(file));
        Assert.True(reader.Read() && reader.Fault is null, reader.Fault?.Detail);
        UsagePart part = reader.Cdr.Parts[0];
        Assert.Equal(
            expected,
            $"{Encoding.UTF8.GetString(reader.Cdr.Msisdn.Span)} {part.DurationSeconds} "
            + $"{part.UplinkOctets}/{part.DownlinkOctets}/{part.TotalOctets}");
    }

    [Fact]
    public void Draft_OfKindsByAColumn_ListsTheirValues()
    {
        CsvMapDraft draft = CsvMapDraft.Of(
            "id,type,start,secs,caller\n1,VOICE,2026-11-20T08:00:00Z,60,999100000001\n2,SMS,2026-11-20T08:00:00Z,0,999100000001\n"u8);

        Assert.Equal((UsageKind.Unknown, "VOICE", "SMS"), (draft.Map.Kind, Assert.Single(draft.Map.Voice), Assert.Single(draft.Map.Sms)));
    }

    [Theory]
    [InlineData("start,secs,caller,secs\n2026-11-20T08:00:00Z,75,999100000001,60\n", "Several columns are called secs")]
    [InlineData("start,secs,caller\n03/04/2026 08:00:00,75,999100000001\n", "Day and month could be the other way round")]
    [InlineData("start,secs,caller\n2026-11-20 08:00:00,75,999100000001\n", "set TimeZone")]
    [InlineData("start,volume,caller\n2026-11-20T08:00:00Z,75.5,999100000001\n", "volume has decimals")]
    [InlineData("start,volume mb,caller\n2026-11-20T08:00:00Z,75.5,999100000001\n", "volume mb is taken for MB")]
    [InlineData("start,secs,caller\n2026-11-20T08:00:00Z,75,0475123456\n", "CountryCode 32 is assumed")]
    [InlineData("start,secs,caller,ratio\n2026-11-20 08:00:00,75,999100000001,1\n", "The column ratio is not mapped")]
    public void Draft_ThatHadToAssume_SaysSo(string text, string remark) => Assert.Contains(
        CsvMapDraft.Of(Encoding.UTF8.GetBytes(text)).Remarks, one => one.Contains(remark, StringComparison.Ordinal));

    [Fact]
    public void Draft_OfAnything_NeverThrows()
    {
        const int seed = 20261128;
        Random random = new(seed);
        byte[] alphabet = "0123456789,;\t|\"\r\n:-+. TZaVsep=\u00FF\0"u8.ToArray();
        for (int i = 0; i < 2000; i++)
        {
            byte[] head = [.. Enumerable.Range(0, random.Next(200)).Select(_ => alphabet[random.Next(alphabet.Length)])];
            CsvMapDraft draft = CsvMapDraft.Of(head);
            Assert.NotNull(draft.Map);
        }
    }
}
