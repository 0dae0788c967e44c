using System.Globalization;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>What a record says, as the other opinion understands it. Null means that it is not in the record.</summary>
internal sealed record OtherRecord
{
    /// <summary>gateway, chf or nchf.</summary>
    public required string Form { get; init; }

    /// <summary>Number of the record in its file, from 0.</summary>
    public int Index { get; set; }

    public long? RecordType { get; init; }

    public string? Msisdn { get; init; }

    public string? Imsi { get; init; }

    /// <summary>Recording node: nodeID of a gateway, id of a CHF.</summary>
    public string? Node { get; init; }

    /// <summary>Address of the gateway; in the records of an SGSN, of the SGSN.</summary>
    public string? Gateway { get; init; }

    /// <summary>Name of the network function that reported to the CHF.</summary>
    public string? Consumer { get; init; }

    /// <summary>chargingSessionIdentifier, octets in hexadecimal digits.</summary>
    public string? Session { get; init; }

    public long? ChargingId { get; init; }

    public long? PduSession { get; init; }

    /// <summary>recordSequenceNumber; in a request, invocationSequenceNumber.</summary>
    public long? RecordSequence { get; init; }

    /// <summary>localSequenceNumber of a gateway, localRecordSequenceNumber of a CHF.</summary>
    public long? LocalSequence { get; init; }

    /// <summary>recordOpeningTime; in a request, invocationTimeStamp.</summary>
    public DateTimeOffset? Opened { get; init; }

    /// <summary>Whether it is a message and not data: the record then has the information of a message.</summary>
    public bool IsMessage { get; init; }

    /// <summary>Whether it is a call and not data: the record then has the information of IMS or of multimedia telephony.</summary>
    public bool IsCall { get; init; }

    public List<OtherPart> Parts { get; } = [];

    /// <summary>Why mediation may quarantine the record as a whole instead of making usage of it; empty when it may not.</summary>
    public List<string> Doubts { get; } = [];

    /// <summary>Whose usage it is: the number, and where there is none the IMSI.</summary>
    public string? Subscriber => Msisdn is not null ? $"msisdn:{Msisdn}" : Imsi is not null ? $"imsi:{Imsi}" : null;

    /// <summary>
    /// The consumer's network where it is certainly not the subscriber's own (4.2: "else the visited function's PLMN; the home SMF's own
    /// PLMN is not it"); null where it is, or where no IMSI says.
    /// </summary>
    public string? Visited(string? consumer) =>
        consumer is not null && Imsi is not null && !Imsi.StartsWith(consumer, StringComparison.Ordinal) ? consumer : null;

    /// <summary>Adds the doubts that follow from what is absent.</summary>
    public OtherRecord Judged()
    {
        Doubt(Subscriber is null, "names no subscriber");
        Doubt(Opened is null, "has no opening time");
        Doubt(IsMessage, "is of a message");
        Doubt(
            Session is null && ChargingId is null && PduSession is null && RecordSequence is null && LocalSequence is null,
            "names no session and has no number of its own");
        foreach (OtherPart part in Parts)
        {
            Doubt(part.Octets is null, "has a part whose octets were not measured");
            Doubt(part.Contradicts, "has a part whose total is not the sum of its directions");
            Doubt(part.Units is not null, "has a part of service-specific units");
        }

        return this;
    }

    public void Doubt(bool holds, string why)
    {
        if (holds)
        {
            Doubts.Add(why);
        }
    }
}

/// <summary>One chargeable part of a record. Null means that it was not measured, or not said.</summary>
internal sealed record OtherPart(OtherRecord Record)
{
    public long? RatingGroup { get; init; }

    public long? ServiceId { get; init; }

    /// <summary>First usage; where the part does not say, the opening of the record.</summary>
    public DateTimeOffset? Start { get; init; }

    public DateTimeOffset? FirstUsage { get; init; }

    public DateTimeOffset? LastUsage { get; init; }

    /// <summary>When the part was closed: trigger time, change time, time of the event.</summary>
    public DateTimeOffset? Closed { get; init; }

    public long? Uplink { get; init; }

    public long? Downlink { get; init; }

    /// <summary>Total as reported, not as added up.</summary>
    public long? Total { get; init; }

    public long? Seconds { get; init; }

    /// <summary>Service-specific units; in a message, how many messages it was.</summary>
    public long? Units { get; init; }

    public long? LocalSequence { get; init; }

    public string? ServingPlmn { get; init; }

    /// <summary>Its place among the parts of the record, from 0.</summary>
    public int Place => Record.Parts.FindIndex(part => ReferenceEquals(part, this));

    /// <summary>Whether the total is not the sum of both directions, or is less than the one that was measured.</summary>
    public bool Contradicts => Total is { } total && (Uplink is not null && Downlink is not null
        ? total != Uplink + Downlink
        : total < (Uplink ?? 0) + (Downlink ?? 0));

    /// <summary>The octets that were used in both directions, as far as the part says; null when it does not.</summary>
    public long? Octets => (Total, Uplink + Downlink) switch
    {
        (long total, long sum) => Math.Max(total, sum),
        (long total, null) => total,
        (null, long sum) => sum,
        _ => null,
    };

    /// <summary>
    /// What makes this usage itself: it is equal exactly when two parts report the same usage. It has every field that the guide names for
    /// the form, readable and not hashed.
    /// </summary>
    public string Identity => Record.Form switch
    {
        // The record's own numbers begin again and the charging id is often constant, so they name it only together with the subscriber and
        // the opening. A cumulative partial record carries its containers on (4.2): one that says when it was used is the same usage there.
        "gateway" => string.Join('|',
            "gateway", Record.RecordType, Record.Node, Record.Gateway, Record.Imsi ?? Record.Msisdn, Instant(Record.Opened),
            Record.ChargingId, FirstKnown is null ? $"{Record.RecordSequence}, {Record.LocalSequence}" : "",
            LocalSequence is { } number ? $"container {number} of {Instant(FirstKnown)}" : Measured),

        // TS 32.255: the charging function's record repeats the containers of the requests, so a container is known by what both say of it.
        // A phone numbers its PDU sessions, and a session its containers; what only one of the two says, or what each says in its own way,
        // is left out.
        "chf" or "nchf" when Record is { PduSession: not null, Imsi: not null, IsMessage: false, IsCall: false } && IsPlacedInSession =>
            string.Join('|',
                "container", Record.Imsi, Record.PduSession, Record.ChargingId, LocalSequence, Instant(Closed ?? LastUsage ?? FirstUsage),
                Octets ?? Uplink ?? Downlink),

        // Containers are carried on into later partial records: one that has its own number and its times is the same usage there.
        "chf" => string.Join('|',
            "chf", Record.Consumer, SessionOfRecord, Record.PduSession, IsPlacedInSession ? "" : Record.RecordSequence,
            LocalSequence, Measured),

        // The resource reference stands in the address of the request and not in its body, so the subscriber and the charging id name it.
        _ => string.Join('|',
            "nchf", Record.Consumer, Record.Imsi ?? Record.Msisdn, Record.ChargingId, Record.PduSession, Record.RecordSequence,
            LocalSequence, Measured),
    };

    /// <summary>
    /// What the guide does not name for the form. Two parts of one identity may differ in it and have one id or two: in some writers a
    /// number of its own is unique only within its rating group.
    /// </summary>
    public string Unnamed => Record.Form switch
    {
        _ when Identity.StartsWith("container", StringComparison.Ordinal) => string.Join('|', RatingGroup, ServiceId),
        "chf" when Record.Session is not null => string.Join('|',
            RatingGroup, ServiceId, Record.Subscriber, Record.Imsi, Record.ChargingId, Instant(Record.Opened), Record.Node,
            Record.LocalSequence),
        "chf" => string.Join('|', RatingGroup, ServiceId, Instant(Record.Opened), Record.Node, Record.LocalSequence),
        "gateway" when LocalSequence is null => string.Join('|', RatingGroup, ServiceId, Instant(Start)),
        _ => string.Join('|', RatingGroup, ServiceId),
    };

    private string SessionOfRecord => (Record.Session, Record.ChargingId) switch
    {
        (string session, _) => $"session {session}",
        (null, long id) => $"charging {id} of {Record.Imsi ?? Record.Msisdn}",
        _ => $"record {Record.LocalSequence} of {Record.Node}, {Record.Imsi ?? Record.Msisdn}, {Instant(Record.Opened)}",
    };

    private bool IsPlacedInSession => LocalSequence is not null && FirstKnown is not null;

    private DateTimeOffset? FirstKnown => FirstUsage ?? LastUsage ?? Closed;

    private string Measured => string.Join('|',
        Instant(FirstUsage), Instant(LastUsage), Record.Form == "gateway" && FirstUsage is not null ? "" : Instant(Closed),
        Uplink, Downlink, Total, Seconds, Units);

    private static string Instant(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyyMMddHHmmssFFFFFFF", CultureInfo.InvariantCulture) ?? "";
}
