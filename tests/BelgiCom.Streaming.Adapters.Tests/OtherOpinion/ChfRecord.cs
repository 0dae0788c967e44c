using System.Text.Json;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>ChargingRecord of a CHF (TS 32.298 5.2.5.2): a SET under tag 200.</summary>
internal static class ChfRecord
{
    private const int TypeE164 = 0;
    private const int TypeImsi = 1;
    private const int InvolvedPartyE164 = 3;

    public static OtherRecord Read(Tlv set)
    {
        Tlv? session = set[13];
        Tlv? message = set[15];
        long? subscriberType = CdrValues.Integer(set[2]?[0]);
        string? subscriber = CdrValues.Text(set[2]?[1]);
        OtherRecord record = new()
        {
            Form = "chf",
            RecordType = CdrValues.Integer(set[0]),
            Msisdn = CdrValues.Text(session?[1]?[InvolvedPartyE164]) ?? CdrValues.Msisdn(message?[1]?[1])
                ?? (subscriberType == TypeE164 ? subscriber : null),
            Imsi = subscriberType == TypeImsi ? subscriber : CdrValues.Imsi(message?[1]?[0]),
            Node = CdrValues.Text(set[1]),
            Consumer = CdrValues.Text(set[3]?[1]),
            Session = CdrValues.Hex(set[16]),
            ChargingId = CdrValues.Unsigned32(session?[0]) ?? CdrValues.Unsigned32(set[27]),
            PduSession = CdrValues.Integer(session?[6]),
            RecordSequence = CdrValues.Integer(set[8]),
            LocalSequence = CdrValues.Unsigned32(set[11]),
            Opened = CdrValues.Time(set[6]),
            IsMessage = message is not null,
            IsCall = (set[28] ?? set[29]) is not null,
        };

        // The network is the serving network's own field, else the place's, else that of the function that serves there. The consumer of
        // the charging service is the SMF of the home network when the traffic is routed home; its PLMN says something only when it is a
        // visited network's.
        string? plmn = CdrValues.Plmn(session?[27]);
        string? plmnOfPlace = Place(session?[3], session?[35]) ?? Place(message?[4], message?[38]);
        string? plmnOfFunction = CdrValues.Plmn(session?[11]?.Children.FirstOrDefault()?[0]?[3]);
        record.Parts.AddRange(
            from usage in set[5]?.Children ?? []
            from used in usage[1]?.Children ?? []
            let container = used[11]
            select new OtherPart(record)
            {
                RatingGroup = CdrValues.Unsigned32(usage[0]),
                ServiceId = CdrValues.Unsigned32(used[0]),
                Seconds = CdrValues.Integer(used[1]),
                Closed = CdrValues.Time(used[3]) ?? CdrValues.Time(used[8]),
                Total = CdrValues.Integer(used[4]),
                Uplink = CdrValues.Integer(used[5]),
                Downlink = CdrValues.Integer(used[6]),
                Units = CdrValues.Integer(used[7]),
                LocalSequence = CdrValues.Unsigned32(used[9]),
                FirstUsage = CdrValues.Time(container?[2]),
                LastUsage = CdrValues.Time(container?[3]),

                // A session of data may be open for days, so its usage is better placed by when it ended than by the opening.
                Start = CdrValues.Time(container?[2])
                    ?? (message is null && (set[28] ?? set[29]) is null ? CdrValues.Time(container?[3]) ?? CdrValues.Time(used[3]) : null)
                    ?? record.Opened,
                ServingPlmn = plmn ?? Place(container?[5], container?[18]) ?? plmnOfPlace
                    ?? CdrValues.Plmn(container?[10]?.Children.FirstOrDefault()?[0]?[3]) ?? plmnOfFunction
                    ?? record.Visited(CdrValues.Plmn(set[3]?[3])),
            });
        return record.Judged();
    }

    /// <summary>The network of a place: UserLocation as the JSON of TS 29.571 in octets, or as UserLocationInformationStructured.</summary>
    private static string? Place(Tlv? json, Tlv? structured)
    {
        if (json is { Content: [(byte)'{', ..] octets })
        {
            using JsonDocument location = JsonDocument.Parse(octets);
            return CdrValues.PlmnOfLocation(location.RootElement);
        }

        return CdrValues.Plmn(structured?[1]?[0]?[0]) ?? CdrValues.Plmn(structured?[1]?[1]?[0])
            ?? CdrValues.Plmn(structured?[0]?[0]?[0]) ?? CdrValues.Plmn(structured?[0]?[1]?[0])
            ?? CdrValues.Plmn(structured?[2]?[0]?[0]);
    }
}
