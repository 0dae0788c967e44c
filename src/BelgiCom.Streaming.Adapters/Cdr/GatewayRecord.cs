using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Adapters.BerTag;
using static BelgiCom.Streaming.Adapters.CdrField;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Takes from the record of a gateway or serving node (TS 32.298 5.2.2: PGWRecord, SGWRecord, EPDGRecord, TWAGRecord, SGSNPDPRecord) what
/// usage needs. They are SETs of mostly the same fields; those of an SGSN have other tags. Fields may come in any order; the lists are
/// read last because their parts start where the record does.
/// </summary>
internal sealed class GatewayRecord : RecordFormat
{
    private const byte NotRead = 63;
    private readonly ChargedView _view;

    // By the tag of a field, the tag that the same field has in a PGWRecord; null where they are the same.
    private readonly byte[]? _fields;

    private GatewayRecord(int recordType, ChargedView view, byte[]? fields = null)
    {
        RecordType = recordType;
        _view = view;
        _fields = fields;
    }

    /// <summary>SGWRecord.</summary>
    public static GatewayRecord Sgw { get; } = new(84, ChargedView.Sgw);

    /// <summary>PGWRecord.</summary>
    public static GatewayRecord Pgw { get; } = new(85, ChargedView.Pgw);

    /// <summary>EPDGRecord: the gateway of untrusted access, such as WLAN.</summary>
    public static GatewayRecord Epdg { get; } = new(96, ChargedView.Sgw);

    /// <summary>TWAGRecord: the gateway of trusted WLAN.</summary>
    public static GatewayRecord Twag { get; } = new(97, ChargedView.Sgw);

    /// <summary>SGSNPDPRecord.</summary>
    public static GatewayRecord Sgsn { get; } = new(18, ChargedView.Sgw, FieldsOfSgsn());

    /// <inheritdoc/>
    public override int RecordType { get; }

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> KeyForm => "gateway.2"u8;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> FormerKeyForm => "gateway"u8;

    /// <summary>Fields that identity, time, place or quantity come from; none may stand twice.</summary>
    private const ulong OnceInRecord =
        1UL << 0 | 1UL << 3 | 1UL << 5 | 1UL << 12 | 1UL << 13 | 1UL << 17 | 1UL << 18 | 1UL << 20 | 1UL << 22 | 1UL << 27 | 1UL << 34;

    private const ulong OnceInService =
        1UL << 1 | 1UL << 4 | 1UL << 5 | 1UL << 6 | 1UL << 7 | 1UL << 12 | 1UL << 13 | 1UL << 17;

    private const ulong OnceInVolume = 1UL << 3 | 1UL << 4 | 1UL << 6;

    /// <inheritdoc/>
    public override TrafficReport Traffic => TrafficReport.Gateway;

    /// <summary>
    /// The PGW and the node before it (SGW, ePDG, TWAG, SGSN) measure the same traffic: the view that is not charged is secondary.
    /// </summary>
    public override ChargingView ViewOf(ChargedView charged) => charged == _view ? ChargingView.Primary : ChargingView.Secondary;

    /// <summary>Decodes a record whose outer tag is of this kind.</summary>
    public DecodingFault? Decode(in BerReader record, UsageCdr cdr)
    {
        cdr.Clear(this);
        cdr.Kind = UsageKind.Data;
        long recordType = -1;
        ReadOnlySpan<byte> volumes = default, services = default;
        ulong seen = 0;
        BerReader fields = record.Enter();
        while (fields.Read())
        {
            string? bad = null;
            uint field = FieldOf(fields.Tag);
            switch (field)
            {
                case var tag when IsRepeated(tag, OnceInRecord, ref seen):
                    return Repeated(fields.Tag, "the record");
                case Context | 0:
                    bad = TryInteger(fields.Content, ref recordType, int.MaxValue) ? null : "recordType";
                    break;
                case Context | 12:
                    volumes = fields.Content;
                    break;
                case Context | 34 when _view == ChargedView.Pgw:
                    services = fields.Content;
                    break;
                default:
                    bad = ReadField(field, fields.Content, cdr);
                    break;
            }

            if (bad is not null)
            {
                return DecodingFault.BadValue($"{bad} [{Number(fields.Tag)}]");
            }
        }

        if (FaultIn(fields, recordType, RecordType) is { } fault)
        {
            return fault;
        }

        if (!cdr.OpeningTime.IsSet)
        {
            return DecodingFault.Missing($"recordOpeningTime [{TagOf(13)}]");
        }

        if (cdr is { ChargingId: < 0, RecordSequenceNumber: < 0, LocalSequenceNumber: < 0 })
        {
            return DecodingFault.Missing(
                $"chargingID [{TagOf(5)}], recordSequenceNumber [{TagOf(17)}] or localSequenceNumber [{TagOf(20)}]");
        }

        // A PGW that charges per IP-CAN session fills list 12; with both lists, 34 is the finer view of the same traffic.
        return services.IsEmpty ? ReadVolumes(volumes, cdr) : ReadServices(services, cdr);
    }

    /// <summary>
    /// The record type keeps the two views of one session apart. Real gateways write a constant chargingID, or count from 1 again after a
    /// restart, so the subscriber and the opening time belong to the session.
    /// </summary>
    protected override void AppendRecord(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin)
    {
        key.Append(RecordType);
        key.Append(cdr.Node.Span);
        AppendAddress(ref key, cdr.Gateway.Span);
        AppendServed(ref key, cdr, origin);
        key.Append(cdr.OpeningTime.UtcMilliseconds);
        key.Append(cdr.ChargingId);
    }

    /// <summary>
    /// A container is itself by its own number and when it began, so that the same number with another volume is found to contradict;
    /// without a number, by when and how much was used. A partial record may carry containers on, so the record's own numbers count only
    /// for a container that does not say when it was used.
    /// </summary>
    protected override void AppendPart(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part)
    {
        if (part.LocalSequenceNumber < 0)
        {
            AppendUsage(ref key, part);
        }
        else
        {
            key.Append(part.RatingGroup);
            key.Append(part.ServiceIdentifier);
            key.Append(part.LocalSequenceNumber);
            key.Append(part.FirstKnown.UtcMilliseconds);
        }

        if (!part.FirstKnown.IsSet)
        {
            key.Append(cdr.RecordSequenceNumber);
            key.Append(cdr.LocalSequenceNumber);
        }
    }

    /// <summary>An address is its alternative and its octets, however many octets its length is written in.</summary>
    private static void AppendAddress(ref UsageIdBuilder key, ReadOnlySpan<byte> address)
    {
        BerReader choice = new(address);
        bool isRead = choice.Read();
        key.Append(isRead ? choice.Tag : 0);
        key.Append(isRead ? choice.Content : address);
    }

    /// <inheritdoc/>
    protected override void AppendFormer(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part, in RecordOrigin origin)
    {
        key.Append(RecordType);
        key.Append(cdr.Node.Span);
        key.Append(cdr.Gateway.Span);
        key.Append(cdr.ChargingId);
        key.Append(cdr.RecordSequenceNumber);
        key.Append(cdr.LocalSequenceNumber);
        key.Append(part.Place);
    }

    /// <summary>The tags of a PGWRecord by those of the same fields in an SGSNPDPRecord (TS 32.298 5.2.2).</summary>
    private static byte[] FieldsOfSgsn()
    {
        byte[] fields = new byte[NotRead + 1];
        Array.Fill(fields, NotRead);
        foreach ((byte sgsn, byte pgw) in (ReadOnlySpan<(byte, byte)>)[
            (0, 0), (3, 3), (4, 29), (5, 4), (10, 5), (12, 7), (14, 9), (15, 12), (16, 13), (17, 14), (19, 15), (21, 17), (22, 18),
            (24, 20), (27, 22), (29, 30), (38, 27)])
        {
            fields[sgsn] = pgw;
        }

        return fields;
    }

    /// <summary>The tag that a field of this kind of record has in a PGWRecord.</summary>
    private uint FieldOf(uint tag) => _fields is null || (tag & ~63u) != Context ? tag : Context | _fields[tag & 63];

    /// <summary>The tag number that a field of a PGWRecord has in this kind of record.</summary>
    private int TagOf(byte field) => _fields is null ? field : Array.IndexOf(_fields, field);

    /// <summary>Returns the name of the field when its value is bad.</summary>
    private static string? ReadField(uint field, ReadOnlySpan<byte> content, UsageCdr cdr)
    {
        switch (field)
        {
            case Context | 3:
                return cdr.Imsi.TrySetTbcd(content) ? null : "servedIMSI";
            case Context | 4:
                return cdr.Remark(cdr.Gateway.TrySet(content));
            case Context | 5:
                return TryInteger(content, ref cdr.ChargingId, uint.MaxValue) ? null : "chargingID";
            case Context | 7:
                return cdr.Remark(cdr.DataNetwork.TrySetText(content));
            case Context | 9:
                return cdr.Remark(CdrAddress.TryReadWrapped(content, cdr.ServedAddress));
            case Context | 13:
                return TryTime(content, ref cdr.OpeningTime) ? null : "recordOpeningTime";
            case Context | 14:
                return cdr.Remark(TryInteger(content, ref cdr.DurationSeconds));
            case Context | 15:
                return cdr.Remark(TryInteger(content, ref cdr.CauseForRecordClosing, int.MaxValue));
            case Context | 17:
                return TryInteger(content, ref cdr.RecordSequenceNumber) ? null : "recordSequenceNumber";
            case Context | 18:
                return cdr.Remark(cdr.Node.TrySetText(content));
            case Context | 20:
                return TryInteger(content, ref cdr.LocalSequenceNumber, uint.MaxValue) ? null : "localSequenceNumber";
            case Context | 22:
                return cdr.Msisdn.TrySetAddressString(content, cdr.CountryCode) ? null : "servedMSISDN";
            case Context | 27:
                return cdr.ServingPlmn.TrySetPlmn(content) ? null : "servingNodePLMNIdentifier";
            case Context | 29:
                return cdr.Remark(cdr.Imei.TrySetTbcd(content));
            case Context | 30:
                return cdr.Remark(TryInteger(content, ref cdr.RatType, 255));
            case Context | 32:
                cdr.LocationPlmn = PlmnDigits.OfLocation(content);
                return cdr.Remark(cdr.Location.TrySet(content));
            default:
                cdr.SkippedFields++;
                return null;
        }
    }

    /// <summary>listOfServiceData: ChangeOfServiceCondition (TS 32.298 5.1.2.2).</summary>
    private static DecodingFault? ReadServices(ReadOnlySpan<byte> list, UsageCdr cdr)
    {
        BerReader containers = new(list);
        while (containers.Read())
        {
            if (!cdr.TryAddPart(out int index))
            {
                return DecodingFault.TooManyParts();
            }

            ref UsagePart part = ref cdr.PartAt(index);
            ulong seen = 0;
            BerReader fields = containers.Enter();
            while (fields.Read())
            {
                if (IsRepeated(fields.Tag, OnceInService, ref seen))
                {
                    return Repeated(fields.Tag, "listOfServiceData [34]");
                }

                if (ReadServiceField(fields, cdr, ref part) is { } bad)
                {
                    return DecodingFault.BadValue(bad);
                }
            }

            if (fields.FaultIn("listOfServiceData [34]") is { } fault)
            {
                return fault;
            }

            // The time of the report says when usage was only where the container does not.
            part.Closed = part.Start.IsSet ? default : part.Closed;
        }

        return containers.FaultIn("listOfServiceData [34]");
    }

    private static string? ReadServiceField(in BerReader field, UsageCdr cdr, ref UsagePart part)
    {
        ReadOnlySpan<byte> content = field.Content;
        switch (field.Tag)
        {
            case Context | 1:
                return TryInteger(content, ref part.RatingGroup, uint.MaxValue) ? null : "ratingGroup [1]";
            case Context | 4:
                return TryInteger(content, ref part.LocalSequenceNumber, uint.MaxValue) ? null : "localSequenceNumber [4]";
            case Context | 5:
                return TryTime(content, ref part.Start) ? null : "timeOfFirstUsage [5]";
            case Context | 6:
                return TryTime(content, ref part.End) ? null : "timeOfLastUsage [6]";
            case Context | 7:
                return TryInteger(content, ref part.DurationSeconds) ? null : "timeUsage [7]";
            case Context | 12:
                return TryInteger(content, ref part.UplinkOctets) ? null : "datavolumeFBCUplink [12]";
            case Context | 13:
                return TryInteger(content, ref part.DownlinkOctets) ? null : "datavolumeFBCDownlink [13]";
            case Context | 14:
                return cdr.Remark(TryTime(content, ref part.Closed));
            case Context | 17:
                return TryInteger(content, ref part.ServiceIdentifier, uint.MaxValue) ? null : "serviceIdentifier [17]";
            case Context | 20:
                part.LocationPlmn = PlmnDigits.OfLocation(content);
                return cdr.Remark(cdr.TrySetPartLocation(ref part, content));
            case Context | 30:
                return cdr.Remark(TryInteger(content, ref part.RatType, 255));
            default:
                return null;
        }
    }

    /// <summary>
    /// listOfTrafficVolumes: ChangeOfCharCondition. It gives only the END of each volume: a volume starts where the one before ended, in
    /// the order of time, whatever the order of the list.
    /// </summary>
    private static DecodingFault? ReadVolumes(ReadOnlySpan<byte> list, UsageCdr cdr)
    {
        BerReader volumes = new(list);
        while (volumes.Read())
        {
            if (!cdr.TryAddPart(out int index))
            {
                return DecodingFault.TooManyParts();
            }

            ref UsagePart part = ref cdr.PartAt(index);
            part.IsStartDerived = true;
            ulong seen = 0;
            BerReader fields = volumes.Enter();
            while (fields.Read())
            {
                if (IsRepeated(fields.Tag, OnceInVolume, ref seen))
                {
                    return Repeated(fields.Tag, "listOfTrafficVolumes [12]");
                }

                if (ReadVolumeField(fields, cdr, ref part) is { } bad)
                {
                    return DecodingFault.BadValue(bad);
                }
            }

            if (fields.FaultIn("listOfTrafficVolumes [12]") is { } fault)
            {
                return fault;
            }

            if (!part.End.IsSet)
            {
                return DecodingFault.Missing("changeTime [6] of listOfTrafficVolumes [12]");
            }
        }

        for (int i = 0; i < cdr.PartCount; i++)
        {
            ref UsagePart part = ref cdr.PartAt(i);
            part.Start = LatestEndBefore(part.End, cdr);
            part.DurationSeconds = Math.Max(0, (part.End.UtcMilliseconds - part.Start.UtcMilliseconds) / 1000);
        }

        return volumes.FaultIn("listOfTrafficVolumes [12]");
    }

    /// <summary>
    /// When a volume began: the latest end before its own, else the opening. Volumes that ended together (one for each quality of service)
    /// began together.
    /// </summary>
    private static CdrTime LatestEndBefore(CdrTime end, UsageCdr cdr)
    {
        CdrTime latest = default;
        foreach (ref readonly UsagePart part in cdr.Parts)
        {
            if (part.End.UtcMilliseconds < end.UtcMilliseconds && (!latest.IsSet || part.End.UtcMilliseconds > latest.UtcMilliseconds))
            {
                latest = part.End;
            }
        }

        return latest.IsSet ? latest : cdr.OpeningTime;
    }

    private static string? ReadVolumeField(in BerReader field, UsageCdr cdr, ref UsagePart part)
    {
        ReadOnlySpan<byte> content = field.Content;
        switch (field.Tag)
        {
            case Context | 3:
                return TryInteger(content, ref part.UplinkOctets) ? null : "dataVolumeGPRSUplink [3]";
            case Context | 4:
                return TryInteger(content, ref part.DownlinkOctets) ? null : "dataVolumeGPRSDownlink [4]";
            case Context | 6:
                return TryTime(content, ref part.End) ? null : "changeTime [6]";
            case Context | 8:
                part.LocationPlmn = PlmnDigits.OfLocation(content);
                return cdr.Remark(cdr.TrySetPartLocation(ref part, content));
            case Context | 15:
                return cdr.Remark(TryInteger(content, ref part.RatType, 255));
            default:
                return null;
        }
    }
}
