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
    protected override ReadOnlySpan<byte> KeyForm => "gateway"u8;

    /// <summary>SGW and PGW measure the same traffic: the view that is not charged is secondary.</summary>
    public override ChargingView ViewOf(ChargedView charged) => charged == _view ? ChargingView.Primary : ChargingView.Secondary;

    /// <summary>Decodes a record whose outer tag is of this kind.</summary>
    public DecodingFault? Decode(in BerReader record, UsageCdr cdr)
    {
        cdr.Clear(this);
        cdr.Kind = UsageKind.Data;
        long recordType = -1;
        ReadOnlySpan<byte> volumes = default, services = default;
        BerReader fields = record.Enter();
        while (fields.Read())
        {
            string? bad = null;
            switch (fields.Tag)
            {
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
        // A PGW that charges per IP-CAN session fills list 12; with both lists, 34 is the finer view of the same traffic.
        return services.IsEmpty ? ReadVolumes(volumes, cdr) : ReadServices(services, cdr);
    }

    /// <summary>The record type keeps the two views of one session apart; the node numbers its records.</summary>
    protected override void AppendRecord(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin)
    {
        key.Append(RecordType);
        key.Append(cdr.Node.Span);
        key.Append(cdr.Gateway.Span);
        key.Append(cdr.ChargingId);
        key.Append(cdr.RecordSequenceNumber);
        key.Append(cdr.LocalSequenceNumber);
    }

    /// <inheritdoc/>
    protected override void AppendPart(ref UsageIdBuilder key, in UsagePart part, int index) => key.Append(index);

    /// <summary>Returns the name of the field when its value is bad.</summary>
    private static string? ReadField(in BerReader field, UsageCdr cdr)
    {
        ReadOnlySpan<byte> content = field.Content;
        switch (field.Tag)
        {
            case Context | 3:
                return cdr.Imsi.TrySetTbcd(content) ? null : "servedIMSI [3]";
            case Context | 4:
                return cdr.Gateway.TrySet(content) ? null : "gateway address [4]";
            case Context | 5:
                return TryInteger(content, ref cdr.ChargingId, uint.MaxValue) ? null : "chargingID [5]";
            case Context | 7:
                return cdr.DataNetwork.TrySetText(content) ? null : "accessPointNameNI [7]";
            case Context | 9:
                return CdrAddress.TryReadWrapped(content, cdr.ServedAddress) ? null : "servedPDPPDNAddress [9]";
            case Context | 13:
                return TryTime(content, ref cdr.OpeningTime) ? null : "recordOpeningTime [13]";
            case Context | 14:
                return TryInteger(content, ref cdr.DurationSeconds) ? null : "duration [14]";
            case Context | 15:
                return TryInteger(content, ref cdr.CauseForRecordClosing, int.MaxValue) ? null : "causeForRecClosing [15]";
            case Context | 17:
                return TryInteger(content, ref cdr.RecordSequenceNumber) ? null : "recordSequenceNumber [17]";
            case Context | 18:
                return cdr.Node.TrySetText(content) ? null : "nodeID [18]";
            case Context | 20:
                return TryInteger(content, ref cdr.LocalSequenceNumber, uint.MaxValue) ? null : "localSequenceNumber [20]";
            case Context | 22:
                return cdr.Msisdn.TrySetAddressString(content) ? null : "servedMSISDN [22]";
            case Context | 27:
                return cdr.ServingPlmn.TrySetPlmn(content) ? null : "servingNodePLMNIdentifier [27]";
            case Context | 29:
                return cdr.Imei.TrySetTbcd(content) ? null : "servedIMEI [29]";
            case Context | 30:
                return TryInteger(content, ref cdr.RatType, 255) ? null : "rATType [30]";
            case Context | 32:
                return cdr.Location.TrySet(content) ? null : "userLocationInformation [32]";
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
                return TooManyParts();
            }

            ref UsagePart part = ref cdr.PartAt(index);
            BerReader fields = containers.Enter();
            while (fields.Read())
            {
                if (ReadServiceField(fields, cdr, ref part) is { } bad)
                {
                    return DecodingFault.BadValue(bad);
                }
            }

            if (fields.FaultIn("listOfServiceData [34]") is { } fault)
            {
                return fault;
            }
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
            case Context | 17:
                return TryInteger(content, ref part.ServiceIdentifier, uint.MaxValue) ? null : "serviceIdentifier [17]";
            case Context | 20:
                return cdr.TrySetPartLocation(ref part, content) ? null : "userLocationInformation [20]";
            case Context | 30:
                return TryInteger(content, ref part.RatType, 255) ? null : "rATType [30]";
            default:
                return null;
        }
    }

    /// <summary>
    /// listOfTrafficVolumes: ChangeOfCharCondition. It gives only the END of each volume: a volume starts where the one before ended.
    /// </summary>
    private static DecodingFault? ReadVolumes(ReadOnlySpan<byte> list, UsageCdr cdr)
    {
        CdrTime start = cdr.OpeningTime;
        BerReader volumes = new(list);
        while (volumes.Read())
        {
            if (!cdr.TryAddPart(out int index))
            {
                return TooManyParts();
            }

            ref UsagePart part = ref cdr.PartAt(index);
            part.Start = start;
            BerReader fields = volumes.Enter();
            while (fields.Read())
            {
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

            part.DurationSeconds = Math.Max(0, (part.End.UtcMilliseconds - start.UtcMilliseconds) / 1000);
            start = part.End;
        }

        return volumes.FaultIn("listOfTrafficVolumes [12]");
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
                return cdr.TrySetPartLocation(ref part, content) ? null : "userLocationInformation [8]";
            case Context | 15:
                return TryInteger(content, ref part.RatType, 255) ? null : "rATType [15]";
            default:
                return null;
        }
    }

    internal static DecodingFault TooManyParts() =>
        new(QuarantineReason.TooLarge, $"More than {RecordLimits.MaxParts} chargeable parts in one record.");
}
