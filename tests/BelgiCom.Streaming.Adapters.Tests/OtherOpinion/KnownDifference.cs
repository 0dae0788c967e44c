using System.Text;
using System.Text.RegularExpressions;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// A disagreement in which mediation is wrong, for as long as it is. When it is mended, its smallest file shows it no longer, a test says
/// so, and the entry goes.
/// </summary>
/// <param name="Name">What is wrong, in a word.</param>
/// <param name="Reason">Which rule of the format guide or specification says otherwise.</param>
/// <param name="Smallest">The smallest files that show it, read one after another.</param>
/// <param name="Covers">Whether a disagreement is this one; as narrow as can be said.</param>
internal sealed partial record KnownDifference(string Name, string Reason, Func<byte[][]> Smallest, Func<Difference, bool> Covers)
{
    public static readonly IReadOnlyList<KnownDifference> All = [
        new(
            "not measured is 0",
            "4.2: a quantity that a part does not have was not measured, which is not 0 octets or 0 seconds.",
            () => [CdrWriter.Plain(HandMade.Pgw(HandMade.Service(10, 1, 1000, 2000).Without(7)))],
            difference => difference is { Expected: "-1", Actual: "0", Field: "seconds" or "uplink" or "downlink" or "total" }),
        new(
            "total beside directions",
            "4.2: a total beside zero directions is what it is or in quarantine, and never less than what was reported.",
            () => [Json(HandMade.Request(
                """{"localSequenceNumber":1,"totalVolume":5000000,"uplinkVolume":0,"downlinkVolume":0}""", HandMade.InHomeNetwork))],
            difference => difference is { Field: "total", Part.Contradicts: true }),
        new(
            "units without a quantity",
            "4.2: service-specific units are what they are or in quarantine, and not data of 0 octets.",
            () => [Json(HandMade.Request("""{"localSequenceNumber":1,"serviceSpecificUnits":1}""", HandMade.InHomeNetwork))],
            difference => difference.Field == "units"),
        new(
            "message as data",
            "4.2 and TS 32.274: what has the information of a message is a message, of its units, or in quarantine.",
            () => [CdrWriter.Plain(HandMade.ChfMessage())],
            difference => difference is { Record.IsMessage: true, Field: "kind" or "messages" or "subscriber" }),
        new(
            "network of the consumer",
            "4.2: the home SMF's own PLMN is not the serving network; the place or the serving function has it, or nobody.",
            () => [Json(HandMade.Request("""{"localSequenceNumber":1,"totalVolume":3,"uplinkVolume":1,"downlinkVolume":2}"""))],
            difference => difference is { Field: "servingPlmn", Record.Form: "chf" or "nchf" }),
        new(
            "network of the place",
            "4.2: without the serving node's PLMN the location's is the serving network (TS 29.274 8.21).",
            () => [CdrWriter.Plain(HandMade.Pgw(HandMade.Service(10, 1, 1, 2)).Without(27).With(HandMade.TaiAndEcgi(32, "20801")))],
            difference => difference is { Field: "servingPlmn", Actual: "", Record.Form: "gateway" }),
        new(
            "id of a gateway's usage without subscriber and opening",
            "4.2: the served IMSI and the recordOpeningTime are identity; the other numbers begin again or are constant.",
            () => [
                CdrWriter.Plain(HandMade.Pgw(HandMade.Service(10, 1, 1, 2))),
                CdrWriter.Plain(HandMade.Pgw(HandMade.Service(10, 1, 1, 2)).With(HandMade.Time(13, HandMade.Opened.AddDays(-1))))],
            difference => difference is { Field: "id", Record.Form: "gateway", Expected: "two ids for two usages" }
                && (difference.Twin!.Record.Imsi != difference.Record.Imsi || difference.Twin.Record.Opened != difference.Record.Opened)),
        new(
            "id of a container by its place",
            "4.2: a container is itself by its own localSequenceNumber, else its times and quantities, and never by its place in the list.",
            () => [
                CdrWriter.Plain(HandMade.Pgw(HandMade.Service(10, 1, 1, 2), HandMade.Service(20, 2, 3, 4))),
                CdrWriter.Plain(HandMade.Pgw(HandMade.Service(20, 2, 3, 4), HandMade.Service(10, 1, 1, 2)))],
            difference => difference is { Field: "id", Record.Form: "gateway" }
                && difference.Part!.Place == difference.Twin!.Place == (difference.Expected == "two ids for two usages")),
        new(
            "id of a gateway by the length octets of its address",
            "4.2 and X.690 8.1.3: an address is its octets, however many octets their length is written in.",
            () => {
                byte[] record = CdrWriter.Plain(HandMade.Pgw(HandMade.Service(10, 1, 1, 2)));
                int at = record.AsSpan().IndexOf((byte[])[0xa4, 6, 0x80, 4]);
                byte[] longer = [.. record[..3], (byte)(record[3] + 1), .. record[4..at], 0xa4, 7, 0x80, 0x81, 4, .. record[(at + 4)..]];
                return [record, longer];
            },
            difference => difference is { Field: "id", Record.Form: "gateway", Expected: "one id for one usage" }
                && difference.Part!.Place == difference.Twin!.Place),
        new(
            "id of a CHF's usage",
            "4.2: consumer, chargingSessionIdentifier, pDUSessionID and the container's own number, times and volumes are identity.",
            () => [
                CdrWriter.Plain(HandMade.Chf(HandMade.Usage(10, HandMade.Used(1, 1, 2)))),
                CdrWriter.Plain(HandMade.Chf(HandMade.Usage(10, HandMade.Used(1, 1, 2))).With(HandMade.Text(16, "session-2")))],
            difference => difference is { Field: "id", Record.Form: "chf" }),
        new(
            "id of a request's usage",
            "4.2: consumer, session, sequence and the container's own number, times and volumes are identity; the time of the try is not.",
            () => [
                Json(HandMade.Request("""{"localSequenceNumber":1,"totalVolume":3}""", HandMade.InHomeNetwork)),
                Json(HandMade.Request("""{"localSequenceNumber":1,"totalVolume":4}""", HandMade.InHomeNetwork))],
            difference => difference is { Field: "id", Record.Form: "nchf" }),
        new(
            "frame of TS number 0",
            "4.1 and TS 32.297 6.1.2: 0 is a TS number (32.005), release 0 is R99; length, format and the record's own tag say what it is.",
            () => [File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "samples", "cases", "chf-file-with-ts-number-0.cdr"))],
            difference => difference.Quarantined.Contains("BadFraming", StringComparison.Ordinal)
                && difference.Field is "quarantine" or "parts"),
        new(
            "start of a volume by its place",
            "4.2: lists are reordered; a traffic volume began when the one before it in time ended, wherever that stands.",
            () => [CdrWriter.Plain(
                HandMade.OfVolumes(78, 84).With(Tlv.Constructed(12, HandMade.Volume(1, 2, 10), HandMade.Volume(3, 4, 5))))],
            difference => difference is { Record.Form: "gateway", Part: { FirstUsage: null, LastUsage: not null } }
                && difference.Field is "start" or "end" or "seconds" or "offset"),
        new(
            "end of usage by the order of members",
            "RFC 8259 4: members have no order, so a triggerTimestamp behind pDUContainerInformation is not the last usage.",
            () => [Json(HandMade.Request(
                """
                {"localSequenceNumber":1,"totalVolume":3,"pDUContainerInformation":{"timeofLastUsage":"2026-03-14T08:04:00+01:00"},
                "triggerTimestamp":"2026-03-14T08:12:00+01:00"}
                """, HandMade.InHomeNetwork))],
            difference => difference is { Field: "end", Record.Form: "nchf", Part.Closed: not null }),
        new(
            "charging id by the order of a SET",
            "4.2: elements of a SET come in any order: [13][0] and [27] cannot take turns as the session's chargingID.",
            () => [CdrWriter.Plain(HandMade.Chf(HandMade.Usage(10, HandMade.Used(1, 1, 2))).With(HandMade.Integer(27, 1)))],
            difference => difference is { Field: "chargingId", Record.Form: "chf" }),
        new(
            "escaped member names",
            "RFC 8259 8.3: names are compared after their escapes are resolved; \"ti\\u006de\" is \"time\".",
            () => [Json(HandMade.Request("""{"localSequenceNumber":1,"ti\u006de":5,"totalVolume":3}""", HandMade.InHomeNetwork))],
            difference => difference.Record?.Form is "nchf" or null
                && EscapedName().IsMatch(Encoding.UTF8.GetString(OtherReader.Content(difference.File)))),
        new(
            "odd value that no price looks at",
            "4.2: an APN, address or IMEI that cannot be shown is no reason not to charge what was used.",
            () => [CdrWriter.Plain(
                HandMade.Pgw(HandMade.Service(10, 1, 1, 2)).With(Tlv.Primitive(29, 255, 255, 255, 255, 255, 255, 255, 255)))],
            difference => difference.Field == "quarantine" && difference.Actual.StartsWith("BadValue: Field ", StringComparison.Ordinal)
                && difference.Actual.Split(' ')[2] is "accessPointNameNI" or "servedPDPPDNAddress" or "servedIMEI" or "userLocationinfo"),
        new(
            "number of another plan",
            "4.2: a number is recognised by its numbering plan, and only plan 1 is E.164.",
            () => [CdrWriter.Plain(
                HandMade.Pgw(HandMade.Service(10, 1, 1, 2)).Without(22),
                HandMade.Pgw(HandMade.Service(10, 2, 1, 2)).With(Tlv.Primitive(22, 0x94, 0x51, 0x01, 0x00, 0x00, 0x10, 0xf7)))],
            difference => difference.Field == "subscriber" && difference.Record!.Doubts.Contains(GatewayRecords.NotE164)),
        new(
            "records of SGSN, ePDG and TWAG",
            "4.2 has their outer tags, and TS 32.298 5.2.2.1 their volumes; mediation does not decode them yet (docs/adapters.md).",
            () => [CdrWriter.Plain(HandMade.Sgsn(), HandMade.OfVolumes(96, 96), HandMade.OfVolumes(97, 97))],
            difference => difference is { Field: "quarantine", Record.RecordType: 18 or 96 or 97 }
                && difference.Actual.StartsWith("UnsupportedRecord", StringComparison.Ordinal)),
    ];

    [GeneratedRegex("""\x22[^"]*\\u[^"]*"\s*:""")]
    private static partial Regex EscapedName();

    public static byte[] Json(params IEnumerable<string> bodies) => Encoding.UTF8.GetBytes(string.Join('\n', bodies));
}
