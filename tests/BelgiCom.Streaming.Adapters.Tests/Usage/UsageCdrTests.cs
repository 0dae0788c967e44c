using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

public class UsageCdrTests
{
    [Fact]
    public void PgwRecord_OfGoldenFile_GivesItsUsage()
    {
        using UsageFileReader reader = CdrFileFormat.Framed.Open(new MemoryStream(Samples.Read(Samples.Pgw)));

        Assert.True(reader.Read() && reader.Fault is null);
        UsageCdr cdr = reader.Cdr;
        Assert.Equal(
            (85, UsageKind.Data, 70001L, 601L, 0L, -1L, 901L, 6L),
            (
                cdr.Format.RecordType, cdr.Kind, cdr.ChargingId, cdr.DurationSeconds, cdr.CauseForRecordClosing, cdr.RecordSequenceNumber,
                cdr.LocalSequenceNumber, cdr.RatType));
        Assert.Equal(new CdrTime(Utc("2026-03-14T08:06:07Z"), 60, true), cdr.OpeningTime);
        Assert.Equal(
            ["001010100000001", "999000000001", "0000000000000001", "internet.test", "TESTPGW01", "00101", "10.0.0.2"],
            [
                Text(cdr.Imsi), Text(cdr.Msisdn), Text(cdr.Imei), Text(cdr.DataNetwork), Text(cdr.Node), Text(cdr.ServingPlmn),
                Text(cdr.ServedAddress),
            ]);
        Assert.Equal("1800f110000100f11000000101", Convert.ToHexStringLower(cdr.Location.Span));

        Assert.Equal(2, cdr.PartCount);
        AssertPart(cdr.Parts[0], 10, 1, 1001, 50001, 300, "2026-03-14T08:06:00Z", "2026-03-14T08:12:00Z");
        AssertPart(cdr.Parts[1], 20, 2, 2001, 100001, 301, "2026-03-14T08:06:01Z", "2026-03-14T08:12:01Z");

        Assert.True(reader.Read() && reader.Fault is null);
        Assert.Equal((16L, 1L, 1), (cdr.CauseForRecordClosing, cdr.RecordSequenceNumber, cdr.PartCount));
        Assert.True(reader.Read() && reader.Fault is null);
        Assert.Equal((0L, 2L, 2), (cdr.CauseForRecordClosing, cdr.RecordSequenceNumber, reader.RecordIndex));
        Assert.False(reader.Read());
    }

    [Fact]
    public void ChfRecord_OfGoldenFile_GivesItsUsage()
    {
        using UsageFileReader reader = CdrFileFormat.Framed.Open(new MemoryStream(Samples.Read(Samples.Chf)));

        Assert.True(reader.Read() && reader.Fault is null);
        UsageCdr cdr = reader.Cdr;
        Assert.Equal(
            (200, 555001L, 301L, 1L, 41L, 51L),
            (cdr.Format.RecordType, cdr.ChargingId, cdr.DurationSeconds, cdr.RecordSequenceNumber, cdr.LocalSequenceNumber, cdr.RatType));
        Assert.Equal(
            [
                "001010300000001",
                "999002000001",
                "internet.test",
                "11111111-2222-4333-8444-555555555501",
                "",
                "10.9.0.2",
                "imsi-001010300000001-5-1",
            ],
            [
                Text(cdr.Imsi), Text(cdr.Msisdn), Text(cdr.DataNetwork), Text(cdr.Node), Text(cdr.ServingPlmn), Text(cdr.ServedAddress),
                Text(cdr.Session),
            ]);
        Assert.Equal(2, cdr.PartCount);
        AssertPart(cdr.Parts[0], 100, 1, 1000, 2000, 120, "2026-03-14T07:58:00Z", "2026-03-14T08:00:29Z");
        AssertPart(cdr.Parts[1], 200, 2, 1000, 2001, 121, "2026-03-14T07:58:00Z", "2026-03-14T08:01:29Z");
        Assert.Equal((3000L, 51L, 3001L), (cdr.Parts[0].TotalOctets, cdr.Parts[0].RatType, cdr.Parts[1].TotalOctets));
    }

    /// <summary>
    /// Each of the three reports 1 + 2 MiB until 12:10 and 3 + 4 MiB until 12:20. The PGW measures the same traffic, so this is the
    /// secondary view.
    /// </summary>
    [Fact]
    public void RecordsOfEpdgTwagAndSgsn_OfTheForeignEncoder_GiveTheirVolumes()
    {
        const long MiB = 1 << 20;
        List<UsageReceived> usage = Mediated.Usage(Samples.Read(Samples.OtherNodes));

        Assert.Equal(
            [
                (96, "TESTEPDG01", "", 3, 1 * MiB, 2 * MiB, 600L), (96, "TESTEPDG01", "", 3, 3 * MiB, 4 * MiB, 600L),
                (97, "TESTTWAG01", "", 3, 1 * MiB, 2 * MiB, 600L), (97, "TESTTWAG01", "", 3, 3 * MiB, 4 * MiB, 600L),
                (18, "TESTSGSN01", "20801", 2, 1 * MiB, 2 * MiB, 600L), (18, "TESTSGSN01", "20801", 2, 3 * MiB, 4 * MiB, 600L),
            ],
            usage.Select(each => (
                each.RecordType, each.Node, each.ServingPlmn, each.RatType, each.UplinkOctets, each.DownlinkOctets, each.DurationSeconds)));
        Assert.All(usage, each => Assert.Equal(
            (ChargingView.Secondary, UsageKind.Data, 4242L, "internet.test"),
            (each.ChargingView, each.Kind, each.ChargingId, each.DataNetwork)));
        Assert.Equal(6, usage.Select(each => each.UsageId).Distinct().Count());
        Assert.Single(usage.Select(each => each.SubscriberRef).Distinct());
    }

    /// <summary>The tags of an SGSN's record are its own, also in what a fault says (TS 32.298 5.2.2).</summary>
    [Theory]
    [InlineData(10, "chargingID [10]")]
    [InlineData(16, "recordOpeningTime [16]")]
    [InlineData(27, "servedMSISDN [27]")]
    public void FieldOfAnSgsn_ThatCannotBeRead_IsNamedByItsOwnTag(int tag, string expected)
    {
        DecodingFault? fault = CdrRecord.Decode(
            CdrWriter.Plain(HandMade.Sgsn().With(Tlv.Primitive(tag, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))), new UsageCdr());

        Assert.Equal((QuarantineReason.BadValue, true), (fault?.Reason, fault?.Detail.Contains(expected, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(3, "[3]")]
    [InlineData(15, "[15]")]
    public void FieldOfAnSgsn_ThatStandsTwice_IsABadValue(int tag, string expected)
    {
        Tlv record = HandMade.Sgsn();
        record.Children.Add(record[tag]!.Clone());

        DecodingFault? fault = CdrRecord.Decode(CdrWriter.Plain(record), new UsageCdr());

        Assert.Equal((QuarantineReason.BadValue, true), (fault?.Reason, fault?.Detail.Contains(expected, StringComparison.Ordinal)));
    }

    private static void AssertPart(
        in UsagePart part, long group, long sequence, long uplink, long downlink, long seconds, string start, string end)
    {
        Assert.Equal(
            (group, sequence, uplink, downlink, seconds),
            (part.RatingGroup, part.LocalSequenceNumber, part.UplinkOctets, part.DownlinkOctets, part.DurationSeconds));
        Assert.Equal((Utc(start), Utc(end)), (part.Start.UtcMilliseconds, part.End.UtcMilliseconds));
    }

    private static long Utc(string time) =>
        DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    private static string Text(OctetField field) => Encoding.ASCII.GetString(field.Span);
}
