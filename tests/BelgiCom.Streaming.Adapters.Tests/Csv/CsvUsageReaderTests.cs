using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

public class CsvUsageReaderTests
{
    private const string Header = "Start;Secs;Caller;Callee;Dir;Id\n";

    [Fact]
    public void Call_ByColumnMap_IsRead()
    {
        (List<Call> cdrs, List<DecodingFault> faults) = Read(Map(), Header + "14.03.2026 09:06:07;61;+999000000001;999123456789;out;A1\n");

        Assert.Empty(faults);
        Call call = Assert.Single(cdrs);
        // 09:06:07 in Brussels is 08:06:07 UTC on 14 March, before summer time begins.
        Assert.Equal((Utc("2026-03-14T08:06:07Z"), 60), (call.Start, call.Offset));
        Assert.Equal(
            (61L, "999000000001", "999123456789", Direction.Originating, "A1", UsageKind.Voice),
            (call.Seconds, call.Msisdn, call.Other, call.Direction, call.Id, call.Kind));
    }

    [Theory]
    [InlineData("29.03.2026 01:59:59", "2026-03-29T00:59:59Z")]
    [InlineData("29.03.2026 03:00:00", "2026-03-29T01:00:00Z")]
    [InlineData("25.10.2026 01:59:59", "2026-10-24T23:59:59Z")]
    [InlineData("25.10.2026 03:00:00", "2026-10-25T02:00:00Z")]
    public void LocalTime_AroundClockChanges_IsTheInstantOfTheZone(string local, string utc)
    {
        (List<Call> cdrs, List<DecodingFault> _) = Read(Map(), Header + $"{local};1;999000000001;;in;A\n");

        Assert.Equal(Utc(utc), Assert.Single(cdrs).Start);
        Assert.False(cdrs[0].IsAmbiguous);
    }

    [Theory]
    [InlineData(AmbiguousTime.Standard, "2026-10-25T01:30:00Z")]
    [InlineData(AmbiguousTime.Daylight, "2026-10-25T00:30:00Z")]
    public void LocalTime_ThatOccursTwice_IsDecidedBySettingAndMarked(AmbiguousTime setting, string utc)
    {
        CsvColumnMap map = Map();
        map.AmbiguousTime = setting;

        (List<Call> cdrs, List<DecodingFault> _) = Read(map, Header + "25.10.2026 02:30:00;1;999000000001;;in;A\n");

        Assert.Equal(Utc(utc), Assert.Single(cdrs).Start);
        Assert.True(cdrs[0].IsAmbiguous);
    }

    [Fact]
    public void LocalTime_ThatOccursTwiceOrNever_MayBeRefused()
    {
        CsvColumnMap map = Map();
        map.AmbiguousTime = AmbiguousTime.Quarantine;

        (
            List<Call> cdrs,
            List<DecodingFault> faults) = Read(
                map, Header + "25.10.2026 02:30:00;1;999000000001;;in;A\n29.03.2026 02:30:00;1;999000000001;;in;A\n");

        Assert.Empty(cdrs);
        Assert.All(faults, fault => Assert.Equal(QuarantineReason.BadValue, fault.Reason));
        Assert.Equal(2, faults.Count);
    }

    [Theory]
    [InlineData(VolumeUnit.Byte, "1500", 1500)]
    [InlineData(VolumeUnit.KiB, "1.5", 1536)]
    [InlineData(VolumeUnit.MB, "0.0000005", 1)]
    [InlineData(VolumeUnit.MB, "2", 2_000_000)]
    public void Volume_InItsUnit_BecomesOctets(VolumeUnit unit, string text, long octets)
    {
        CsvColumnMap map = new() { Kind = UsageKind.Data, VolumeUnit = unit };
        map.Columns.Add("startTime", "t");
        map.Columns.Add("Imsi", "i");
        map.Columns.Add("Total", "v");

        (List<Call> cdrs, List<DecodingFault> faults) = Read(map, $"t,i,v\n2026-03-14T08:06:07.25+01:00,001010000000001,{text}\n");

        Assert.Empty(faults);
        Assert.Equal(octets, Assert.Single(cdrs).Total);
        Assert.Equal(Utc("2026-03-14T07:06:07.25Z"), cdrs[0].Start);
    }

    [Fact]
    public void Quotes_OfRfc4180_AreUnderstood()
    {
        (List<Call> cdrs, List<DecodingFault> faults) = Read(
            Map(),
            "\uFEFF\"Start\";\"Secs\";Caller;Callee;Dir;\"Id\"\r\n14.03.2026 09:06:07;1;999000000001;\"999\";\"in\";\"a;\"\"b\"\"\"\r\n");

        Assert.Empty(faults);
        Assert.Equal("a;\"b\"", Assert.Single(cdrs).Id);
    }

    [Theory]
    [InlineData("14.03.2026 09:06:07;1;999000000001;;in", QuarantineReason.BadFraming)]
    [InlineData("14.03.2026 09:06:07;1;999000000001;;in;A;B", QuarantineReason.BadFraming)]
    [InlineData("2026-03-14 09:06:07;1;999000000001;;in;A", QuarantineReason.BadValue)]
    [InlineData("14.03.2026 09:06:07;-1;999000000001;;in;A", QuarantineReason.BadValue)]
    [InlineData("14.03.2026 09:06:07;99999999999999999999;999000000001;;in;A", QuarantineReason.BadValue)]
    [InlineData("14.03.2026 09:06:07;1;=999+1;;in;A", QuarantineReason.BadValue)]
    [InlineData("14.03.2026 09:06:07;1;999000000001;;sideways;A", QuarantineReason.BadValue)]
    [InlineData("14.03.2026 09:06:07;1;999000000001;;in;\u001b[31m", QuarantineReason.BadValue)]
    [InlineData("14.03.2026 09:06:07;1;999000000001;;in;\"a\nb\"", QuarantineReason.BadValue)]
    [InlineData(";1;999000000001;;in;A", QuarantineReason.MissingField)]
    [InlineData("14.03.2026 09:06:07;1;999000000001;\0;in;A", QuarantineReason.BadEncoding)]
    [InlineData("14.03.2026 09:06:07;1;999000000001;;in;a\"b", QuarantineReason.BadEncoding)]
    [InlineData("14.03.2026 09:06:07;1;999000000001;;in;\"a\"b", QuarantineReason.BadEncoding)]
    public void Line_ThatIsBad_CostsOnlyItself(string line, QuarantineReason reason)
    {
        (
            List<Call> cdrs,
            List<DecodingFault> faults) = Read(
                Map(),
                Header + "14.03.2026 09:06:07;1;999000000001;;in;first\n" + line + "\n\n14.03.2026 09:06:07;1;999000000001;;in;last\n");

        Assert.Equal(["first", "last"], cdrs.Select(cdr => cdr.Id));
        Assert.Equal(reason, Assert.Single(faults).Reason);
    }

    [Fact]
    public void Quote_ThatIsNotClosed_CostsOneLine()
    {
        (
            List<Call> cdrs,
            List<DecodingFault> faults) = Read(
                Map(), Header + "14.03.2026 09:06:07;1;999000000001;;in;\"open\n14.03.2026 09:06:07;1;999000000001;;in;last\n");

        Assert.Equal(["last"], cdrs.Select(cdr => cdr.Id));
        Assert.Equal(QuarantineReason.BadEncoding, Assert.Single(faults).Reason);
    }

    [Fact]
    public void Line_LongerThanTheLimit_CostsOnlyItself()
    {
        (List<Call> cdrs, List<DecodingFault> faults) = Read(
            Map(), Header + new string('x', 200_000) + "\n14.03.2026 09:06:07;1;999000000001;;in;last\n");

        Assert.Equal(["last"], cdrs.Select(cdr => cdr.Id));
        Assert.All(faults, fault => Assert.Equal(QuarantineReason.TooLarge, fault.Reason));
    }

    [Fact]
    public void File_WithoutAMappedColumn_IsNotOfThisSource()
    {
        (List<Call> cdrs, List<DecodingFault> faults) = Read(Map(), "Start;Secs;Caller\n14.03.2026 09:06:07;1;999000000001\n");

        Assert.Empty(cdrs);
        DecodingFault fault = Assert.Single(faults);
        Assert.True(fault is { IsFileLevel: true, Reason: QuarantineReason.NotACdrFile });
        Assert.False(new CsvUsageFormat("calls", Map()).Recognises("Start;Secs;Caller\n"u8));
    }

    /// <summary>What is concerned is the whole file; of a large one, the beginning is kept.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3_000)]
    [InlineData(60_000)]
    public void File_WithoutAMappedColumn_IsConcernedAsAWhole(int lines)
    {
        string text = "Start;Secs;Caller\n" + string.Concat(Enumerable.Repeat("14.03.2026 09:06:07;1;999000000001\n", lines));
        using UsageFileReader reader = new CsvUsageFormat("calls", Map()).Open(new MemoryStream(Encoding.UTF8.GetBytes(text)));

        Assert.True(reader.Read());
        Assert.Equal((0L, (long)text.Length), (reader.Fault!.FileOffset, reader.Fault.Length));
        Assert.Equal(Math.Min(text.Length, RecordLimits.MaxQuarantinedOctets), reader.Octets.Length);
        Assert.False(reader.Read());
    }

    [Fact]
    public void Map_WithFaults_NamesThemAll()
    {
        CsvColumnMap map = new() { TimeZone = "Mars/Olympus", Delimiter = "ab" };
        map.Columns.Add("Colour", "c");

        string faults = string.Join('\n', map.Faults());

        foreach (string part in new[] { "Kind", "Delimiter", "Colour", "StartTime", "Msisdn", "Mars/Olympus" })
        {
            Assert.Contains(part, faults, StringComparison.Ordinal);
        }
    }

    private static CsvColumnMap Map()
    {
        CsvColumnMap map = new()
        {
            Kind = UsageKind.Voice,
            Delimiter = ";",
            TimeFormat = "dd.MM.yyyy HH:mm:ss",
            TimeZone = "Europe/Brussels",
            Originating = { "out" },
            Terminating = { "in" },
        };
        foreach ((
            string field,
            string column) in new[]
            {
                ("StartTime", "start"),
                ("DurationSeconds", "Secs"),
                ("Msisdn", "Caller"),
                ("OtherParty", "Callee"),
                ("Direction", "Dir"),
                ("RecordId", "Id"),
            })
        {
            map.Columns.Add(field, column);
        }

        return map;
    }

    private static (List<Call> Cdrs, List<DecodingFault> Faults) Read(CsvColumnMap map, string text)
    {
        using UsageFileReader reader = new CsvUsageFormat("calls", map).Open(new MemoryStream(Encoding.UTF8.GetBytes(text)));
        List<Call> cdrs = new();
        List<DecodingFault> faults = new();
        while (reader.Read())
        {
            if (reader.Fault is { } fault)
            {
                faults.Add(fault);
                continue;
            }

            (UsageCdr cdr, UsagePart part) = (reader.Cdr, reader.Cdr.Parts[0]);
            cdrs.Add(new Call(
                part.Start.UtcMilliseconds, part.Start.OffsetMinutes, part.DurationSeconds, part.TotalOctets, Text(cdr.Msisdn),
                Text(cdr.OtherParty), cdr.Direction,
                Text(cdr.Session), cdr.Kind, cdr.HasAmbiguousTime));
        }

        return (cdrs, faults);
    }

    private static string Text(OctetField field) => Encoding.UTF8.GetString(field.Span);

    private static long Utc(string time) =>
        DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    private sealed record Call(
        long Start, int Offset, long Seconds, long Total, string Msisdn, string Other, Direction Direction, string Id, UsageKind Kind,
        bool IsAmbiguous);
}
