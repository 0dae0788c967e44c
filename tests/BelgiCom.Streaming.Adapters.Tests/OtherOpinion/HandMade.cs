using System.Globalization;
using System.Numerics;
using System.Text;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>Records made field by field, and the elements they are made of. All identities are synthetic.</summary>
internal static class HandMade
{
    public const string Number = "999100000001";
    public const string Subscriber = "001010000000001";
    public static readonly DateTimeOffset Opened = new(2026, 3, 14, 8, 0, 0, TimeSpan.FromHours(1));

    public static Tlv Integer(int tag, long value) => Tlv.Primitive(tag, new BigInteger(value).ToByteArray(isBigEndian: true));

    public static Tlv Text(int tag, string text) => Tlv.Primitive(tag, Encoding.UTF8.GetBytes(text));

    public static Tlv Imsi(int tag, string digits) => Tlv.Primitive(tag, Tbcd(digits));

    public static Tlv Msisdn(int tag, string digits) => Tlv.Primitive(tag, [0x91, .. Tbcd(digits)]);

    public static Tlv Plmn(int tag, string plmn) => Tlv.Primitive(tag, PlmnOctets(plmn));

    public static Tlv IPv4(int tag, params byte[] address) => Tlv.Constructed(tag, Tlv.Primitive(0, address));

    public static Tlv Time(int tag, DateTimeOffset time)
    {
        string text = time.ToString("yyMMddHHmmss", CultureInfo.InvariantCulture)
            + time.Offset.ToString("hhmm", CultureInfo.InvariantCulture);
        byte[] bcd = Convert.FromHexString(text);
        return Tlv.Primitive(tag, [.. bcd[..6], (byte)(time.Offset < TimeSpan.Zero ? '-' : '+'), .. bcd[6..]]);
    }

    /// <summary>User Location Information of TS 29.274: a tracking area and an E-UTRA cell of one network.</summary>
    public static Tlv TaiAndEcgi(int tag, string plmn) =>
        Tlv.Primitive(tag, [0x18, .. PlmnOctets(plmn), 0, 1, .. PlmnOctets(plmn), 0, 0, 1, 1]);

    /// <summary>The same with a cell of GERAN or UTRAN alone.</summary>
    public static Tlv Cgi(int tag, string plmn) => Tlv.Primitive(tag, [0x01, .. PlmnOctets(plmn), 0, 1, 0, 2]);

    /// <summary>UserLocationInformationStructured with an NR tracking area.</summary>
    public static Tlv NrTai(int tag, string plmn) =>
        Tlv.Constructed(tag, Tlv.Constructed(1, Tlv.Constructed(0, Plmn(0, plmn), Tlv.Primitive(1, 0, 0, 1))));

    /// <summary>servingNetworkFunctionID: a list of one AMF.</summary>
    public static Tlv ServingAmf(int tag, string plmn) => Tlv.Constructed(
        tag, Tlv.Sequence(Tlv.Constructed(0, Integer(0, 2), Text(1, "amf-1"), Plmn(3, plmn))));

    public static Tlv Pgw(params IEnumerable<Tlv> services) => Tlv.Constructed(
        79, Integer(0, 85), Imsi(3, Subscriber), IPv4(4, 192, 0, 2, 10), Integer(5, 70001), Text(7, "internet.test"), Time(13, Opened),
        Integer(14, 600), Integer(15, 0), Integer(17, 1), Text(18, "PGW-1"), Integer(20, 9), Msisdn(22, Number),
        Plmn(27, "00101"), Integer(30, 6), Tlv.Constructed(34, services));

    public static Tlv Service(long group, long number, long uplink, long downlink) => Tlv.Sequence(
        Integer(1, group), Integer(4, number), Time(5, Opened.AddMinutes(1)), Time(6, Opened.AddMinutes(6)), Integer(7, 300),
        Tlv.Primitive(8, 5, 0, 0, 0, 0x80, 0), Integer(12, uplink), Integer(13, downlink), Time(14, Opened.AddMinutes(10)));

    /// <summary>A record of a gateway that has traffic volumes only: 78 SGW, 96 ePDG, 97 TWAG.</summary>
    public static Tlv OfVolumes(int outer, int recordType) => Tlv.Constructed(
        outer, Integer(0, recordType), Imsi(3, Subscriber), IPv4(4, 192, 0, 2, 20), Integer(5, 70001), Text(7, "internet.test"),
        Tlv.Constructed(12, Volume(1000, 2000, 5), Volume(30, 40, 10)), Time(13, Opened), Integer(14, 600), Integer(15, 0), Integer(17, 1),
        Text(18, "SGW-1"), Integer(20, 9), Msisdn(22, Number), Plmn(27, "00101"), Integer(30, 6));

    public static Tlv Volume(long uplink, long downlink, int minutes) =>
        Tlv.Sequence(Integer(3, uplink), Integer(4, downlink), Integer(5, 2), Time(6, Opened.AddMinutes(minutes)));

    public static Tlv Sgsn() => Tlv.Constructed(
        20, Integer(0, 18), Imsi(3, Subscriber), IPv4(5, 192, 0, 2, 30), Integer(10, 70001), IPv4(11, 192, 0, 2, 10),
        Tlv.Constructed(15, Volume(1000, 2000, 5)), Time(16, Opened), Integer(17, 600), Integer(19, 0), Integer(21, 1), Text(22, "SGSN-1"),
        Integer(24, 9), Msisdn(27, Number), Plmn(38, "00101"));

    public static Tlv Chf(params IEnumerable<Tlv> usage) => Tlv.Constructed(
        200, Integer(0, 200), Text(1, "0f1e2d3c-1111-4222-8333-444455556666"), Tlv.Constructed(2, Integer(0, 1), Text(1, Subscriber)),
        Tlv.Constructed(3, Integer(0, 1), Text(1, "smf-1"), Plmn(3, "00101")), Tlv.Constructed(5, usage), Time(6, Opened), Integer(7, 600),
        Integer(8, 1), Integer(9, 0), Integer(11, 9),
        Tlv.Constructed(
            13, Integer(0, 555001), Tlv.Constructed(1, Text(3, Number)), Integer(6, 5), Integer(12, 51), Text(13, "internet.test"),
            Plmn(27, "00101")),
        Text(16, "session-1"));

    public static Tlv Usage(long group, params IEnumerable<Tlv> used) =>
        Tlv.Sequence(Integer(0, group), Tlv.Constructed(1, used), Text(2, "99999999-8888-4777-8666-555555550000"));

    public static Tlv Used(long number, long uplink, long downlink) => Tlv.Sequence(
        Integer(1, 300), Time(3, Opened.AddMinutes(6)), Integer(4, uplink + downlink), Integer(5, uplink), Integer(6, downlink),
        Integer(9, number), Tlv.Constructed(11, Time(2, Opened.AddMinutes(1)), Time(3, Opened.AddMinutes(6)), Integer(7, 51)));

    /// <summary>The same container as <see cref="Used"/>, as a request has it.</summary>
    public static string UsedInRequest(long number, long uplink, long downlink) => $$$"""
        {"localSequenceNumber":{{{number}}},"time":300,"totalVolume":{{{uplink + downlink}}},"uplinkVolume":{{{uplink}}},
        "downlinkVolume":{{{downlink}}},"triggerTimestamp":"2026-03-14T08:06:00+01:00","pDUContainerInformation":{
        "timeofFirstUsage":"2026-03-14T08:01:00+01:00","timeofLastUsage":"2026-03-14T08:06:00+01:00","rATType":"NR"}}
        """.ReplaceLineEndings("");

    /// <summary>A message that a CHF charged: one unit, and no octets.</summary>
    public static Tlv ChfMessage() =>
        With(
            Without(Chf(Usage(50, Tlv.Sequence(Time(3, Opened), Integer(7, 1), Integer(9, 1)))), 13),
            Tlv.Constructed(15, Tlv.Constructed(1, Imsi(0, Subscriber), Msisdn(1, Number)), Time(8, Opened)));

    public static string Request(string used, string session = "", string rest = "") => $$$"""
        {"subscriberIdentifier":"imsi-{{{Subscriber}}}",
        "nfConsumerIdentification":{"nFName":"smf-1","nodeFunctionality":"SMF","nFPLMNID":{"mcc":"001","mnc":"01"}},
        "invocationTimeStamp":"2026-03-14T08:10:00+01:00","invocationSequenceNumber":1,
        "multipleUnitUsage":[{"ratingGroup":10,"usedUnitContainer":[{{{used}}}]}],
        "pDUSessionChargingInformation":{"chargingId":555001,"userInformation":{"servedGPSI":"msisdn-{{{Number}}}"},
        "pduSessionInformation":{"pduSessionID":5,"dnnId":"internet.test","ratType":"NR"{{{session}}} } }{{{rest}}} }
        """.ReplaceLineEndings("");

    public const string InHomeNetwork = ",\"servingCNPlmnId\":{\"mcc\":\"001\",\"mnc\":\"01\"}";

    /// <summary>Puts a child where its tag belongs, in place of one that has the same tag.</summary>
    public static Tlv With(this Tlv parent, Tlv child)
    {
        parent.Without(child.Number);
        int at = parent.Children.FindIndex(other => other.TagClass != Tlv.Context || other.Number > child.Number);
        parent.Children.Insert(at < 0 ? parent.Children.Count : at, child);
        return parent;
    }

    public static Tlv Without(this Tlv parent, params IEnumerable<int> tags)
    {
        parent.Children.RemoveAll(child => child.TagClass == Tlv.Context && tags.Contains(child.Number));
        return parent;
    }

    public static byte[] PlmnOctets(string plmn)
    {
        char third = plmn.Length == 6 ? plmn[5] : 'F';
        return Convert.FromHexString($"{plmn[1]}{plmn[0]}{third}{plmn[2]}{plmn[4]}{plmn[3]}");
    }

    private static byte[] Tbcd(string digits) =>
        Convert.FromHexString(string.Concat((digits + (digits.Length % 2 == 1 ? "F" : "")).Chunk(2).Select(pair => $"{pair[1]}{pair[0]}")));
}
