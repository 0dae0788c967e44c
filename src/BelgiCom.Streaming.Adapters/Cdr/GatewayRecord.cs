using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Adapters.BerTag;
using static BelgiCom.Streaming.Adapters.CdrField;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Takes from a PGWRecord or SGWRecord (TS 32.298 5.2.2, SETs with mostly the same tags) what usage needs. Fields may come in any
/// order; the lists are read last because their parts start where the record does.
/// </summary>
internal sealed class GatewayRecord : RecordFormat
{
    private readonly ChargedView _view;

    private GatewayRecord(int recordType, ChargedView view)
    {
        RecordType = recordType;
        _view = view;
    }

    /// <summary>SGWRecord.</summary>
    public static GatewayRecord Sgw { get; } = new(84, ChargedView.Sgw);

    /// <summary>PGWRecord.</summary>
    public static GatewayRecord Pgw { get; } = new(85, ChargedView.Pgw);

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

    /// <summary>SGW and PGW measure the same traffic: the view that is not charged is secondary.</summary>
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
            switch (fields.Tag)
            {
                case var tag when IsRepeated(tag, OnceInRecord, ref seen):
                    return Repeated(tag, "the record");
                case Context | 0:
                    bad = TryInteger(fields.Content, ref recordType, int.MaxValue) ? null : "recordType [0]";
                    break;
                case Context | 12:
                    volumes = fields.Content;
                    break;
                case Context | 34 when _view == ChargedView.Pgw:
                    services = fields.Content;
                    break;
                default:
                    bad = ReadField(fields, cdr);
                    break;
            }

            if (bad is not null)
            {
                return DecodingFault.BadValue(bad);
            }
        }

        if (FaultIn(fields, recordType, RecordType) is { } fault)
        {
            return fault;
        }

        if (!cdr.OpeningTime.IsSet)
        {
            return DecodingFault.Missing("recordOpeningTime [13]");
        }

        if (cdr is { ChargingId: < 0, RecordSequenceNumber: < 0, LocalSequenceNumber: < 0 })
        {
            return DecodingFault.Missing("chargingID [5], recordSequenceNumber [17] or localSequenceNumber [20]");
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

    /// <summary>Returns the name of the field when its value is bad.</summary>
    private static string? ReadField(in BerReader field, UsageCdr cdr)
    {
        ReadOnlySpan<byte> content = field.Content;
        switch (field.Tag)
        {
            case Context | 3:
                return cdr.Imsi.TrySetTbcd(content) ? null : "servedIMSI [3]";
            case Context | 4:
                return cdr.Remark(cdr.Gateway.TrySet(content));
            case Context | 5:
                return TryInteger(content, ref cdr.ChargingId, uint.MaxValue) ? null : "chargingID [5]";
            case Context | 7:
                return cdr.Remark(cdr.DataNetwork.TrySetText(content));
            case Context | 9:
                return cdr.Remark(CdrAddress.TryReadWrapped(content, cdr.ServedAddress));
            case Context | 13:
                return TryTime(content, ref cdr.OpeningTime) ? null : "recordOpeningTime [13]";
            case Context | 14:
                return cdr.Remark(TryInteger(content, ref cdr.DurationSeconds));
            case Context | 15:
                return cdr.Remark(TryInteger(content, ref cdr.CauseForRecordClosing, int.MaxValue));
            case Context | 17:
                return TryInteger(content, ref cdr.RecordSequenceNumber) ? null : "recordSequenceNumber [17]";
            case Context | 18:
                return cdr.Remark(cdr.Node.TrySetText(content));
            case Context | 20:
                return TryInteger(content, ref cdr.LocalSequenceNumber, uint.MaxValue) ? null : "localSequenceNumber [20]";
            case Context | 22:
                return cdr.Msisdn.TrySetAddressString(content, cdr.CountryCode) ? null : "servedMSISDN [22]";
            case Context | 27:
                return cdr.ServingPlmn.TrySetPlmn(content) ? null : "servingNodePLMNIdentifier [27]";
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
