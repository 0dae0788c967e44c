namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>Context tags of one kind of gateway record (TS 32.298 5.2.2.1). A 0 means that the kind has no such field.</summary>
internal sealed record GatewayFields(
    int Imsi, int Gateway, int ChargingId, int Volumes, int Opened, int RecordSequence, int Node, int LocalSequence, int Msisdn,
    int ServingPlmn, int Location, int ServiceData);

/// <summary>
/// Reads records of gateways and serving nodes. Their usage is in the traffic volumes, that of a PGW in the service data.
/// </summary>
internal static class GatewayRecords
{
    public const string NotE164 = "has a number that is not E.164";

    private static readonly GatewayFields Sgw = new(3, 4, 5, 12, 13, 17, 18, 20, 22, 27, 32, ServiceData: 0);

    /// <summary>The fields of each kind by its outer tag.</summary>
    public static readonly Dictionary<int, GatewayFields> Fields = new()
    {
        [20] = new(3, 5, 10, 15, 16, 21, 22, 24, 27, 38, Location: 0, ServiceData: 0), // sgsnPDPRecord
        [78] = Sgw,
        [79] = Sgw with { ServiceData = 34 }, // pGWRecord
        [96] = Sgw, // ePDGRecord
        [97] = Sgw, // tWAGRecord
    };

    public static OtherRecord Read(Tlv set, GatewayFields fields)
    {
        OtherRecord record = new()
        {
            Form = "gateway",
            RecordType = CdrValues.Integer(set[0]),
            Imsi = CdrValues.Imsi(set[fields.Imsi]),
            Msisdn = CdrValues.Msisdn(set[fields.Msisdn]),
            Node = CdrValues.Text(set[fields.Node]),
            Gateway = CdrValues.Address(set[fields.Gateway]),
            ChargingId = CdrValues.Unsigned32(set[fields.ChargingId]),
            RecordSequence = CdrValues.Integer(set[fields.RecordSequence]),
            LocalSequence = CdrValues.Unsigned32(set[fields.LocalSequence]),
            Opened = CdrValues.Time(set[fields.Opened]),
        };
        record.Doubt(record.Msisdn is null && set[fields.Msisdn] is not null, NotE164);
        string? servingPlmn = CdrValues.Plmn(set[fields.ServingPlmn]);
        string? plmnOfLocation = CdrValues.PlmnOfLocation(fields.Location == 0 ? null : set[fields.Location]);
        List<Tlv> services = fields.ServiceData == 0 ? [] : set[fields.ServiceData]?.Children ?? [];
        record.Parts.AddRange(services.Select(service => Service(record, service) with
        {
            ServingPlmn = servingPlmn ?? CdrValues.PlmnOfLocation(service[20]) ?? plmnOfLocation,
        }));
        if (services.Count == 0)
        {
            List<Tlv> volumes = set[fields.Volumes]?.Children ?? [];
            record.Parts.AddRange(volumes.Select(volume => Volume(record, volume, volumes) with
            {
                ServingPlmn = servingPlmn ?? CdrValues.PlmnOfLocation(volume[8]) ?? plmnOfLocation,
            }));
        }

        return record.Judged();
    }

    /// <summary>Reads a ChangeOfServiceCondition.</summary>
    private static OtherPart Service(OtherRecord record, Tlv service) => new(record)
    {
        RatingGroup = CdrValues.Unsigned32(service[1]),
        LocalSequence = CdrValues.Unsigned32(service[4]),
        FirstUsage = CdrValues.Time(service[5]),
        LastUsage = CdrValues.Time(service[6]),
        Start = CdrValues.Time(service[5]) ?? record.Opened,
        Closed = CdrValues.Time(service[14]),
        Seconds = CdrValues.Integer(service[7]),
        Uplink = CdrValues.Integer(service[12]),
        Downlink = CdrValues.Integer(service[13]),
        ServiceId = CdrValues.Unsigned32(service[17]),
    };

    /// <summary>
    /// Reads a ChangeOfCharCondition, which is the volume until its change time. It began when the one before it in time ended, wherever in
    /// the list that one stands.
    /// </summary>
    private static OtherPart Volume(OtherRecord record, Tlv volume, List<Tlv> all)
    {
        DateTimeOffset? changed = CdrValues.Time(volume[6]);
        return new OtherPart(record)
        {
            Start = all.Select(other => CdrValues.Time(other[6])).Where(time => time < changed).Max() ?? record.Opened,
            LastUsage = changed,
            Uplink = CdrValues.Integer(volume[3]),
            Downlink = CdrValues.Integer(volume[4]),
        };
    }
}
