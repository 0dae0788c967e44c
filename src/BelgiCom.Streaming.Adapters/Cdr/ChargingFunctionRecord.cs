using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Adapters.BerTag;
using static BelgiCom.Streaming.Adapters.CdrField;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Takes from a chargingFunctionRecord (TS 32.298 5.2.5, a SET under tag 200) what usage needs.</summary>
internal sealed class ChargingFunctionRecord : RecordFormat
{
    private ChargingFunctionRecord()
    {
    }

    /// <summary>The only instance.</summary>
    public static ChargingFunctionRecord Instance { get; } = new();

    /// <inheritdoc/>
    public override int RecordType => 200;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> KeyForm => "chf"u8;

    /// <summary>Decodes a record whose outer tag is of this kind.</summary>
    public DecodingFault? Decode(in BerReader record, UsageCdr cdr)
    {
        cdr.Clear(this);
        cdr.Kind = UsageKind.Data;
        long recordType = -1;
        ReadOnlySpan<byte> usages = default;
        bool hasMessage = false;
        BerReader fields = record.Enter();
        while (fields.Read())
        {
            DecodingFault? bad = null;
            switch (fields.Tag)
            {
                case Context | 0 when !TryInteger(fields.Content, ref recordType, int.MaxValue):
                    bad = DecodingFault.BadValue("recordType [0]");
                    break;
                case Context | 0:
                    break;
                case Context | 5:
                    usages = fields.Content;
                    break;
                case Context | 15:
                    hasMessage = true;
                    break;
                default:
                    bad = ReadField(fields, cdr);
                    break;
            }

            if (bad is not null)
            {
                return bad;
            }
        }

        if (FaultIn(fields, recordType, RecordType) is { } fault)
        {
            return fault;
        }

        if (!cdr.OpeningTime.IsSet)
        {
            return DecodingFault.Missing("recordOpeningTime [6]");
        }

        if (hasMessage && usages.IsEmpty)
        {
            return new(QuarantineReason.UnsupportedRecord, "A CHF record of a message (sMSChargingInformation [15]) without used units.");
        }

        return ReadUsages(usages, cdr);
    }

    /// <inheritdoc/>
    protected override void AppendRecord(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin)
    {
        key.Append(cdr.Node.Span);
        AppendSession(ref key, cdr, origin.Subscriber, cdr.OpeningTime.UtcMilliseconds);
        key.Append(cdr.LocalSequenceNumber);
    }

    /// <inheritdoc/>
    protected override void AppendPart(ref UsageIdBuilder key, in UsagePart part, int index) => key.Append(index);

    private static DecodingFault? ReadField(in BerReader field, UsageCdr cdr)
    {
        ReadOnlySpan<byte> content = field.Content;
        string? bad;
        switch (field.Tag)
        {
            case Context | 1:
                bad = cdr.Node.TrySetText(content) ? null : "recordingNetworkFunctionID [1]";
                break;
            case Context | 2:
                return ReadSubscriber(field, cdr);
            case Context | 3:
                return ReadConsumer(field, cdr);
            case Context | 6:
                bad = TryTime(content, ref cdr.OpeningTime) ? null : "recordOpeningTime [6]";
                break;
            case Context | 7:
                bad = TryInteger(content, ref cdr.DurationSeconds) ? null : "duration [7]";
                break;
            case Context | 8:
                bad = TryInteger(content, ref cdr.RecordSequenceNumber) ? null : "recordSequenceNumber [8]";
                break;
            case Context | 9:
                bad = TryInteger(content, ref cdr.CauseForRecordClosing, int.MaxValue) ? null : "causeForRecClosing [9]";
                break;
            case Context | 11:
                bad = TryInteger(content, ref cdr.LocalSequenceNumber, uint.MaxValue) ? null : "localRecordSequenceNumber [11]";
                break;
            case Context | 13:
                return ReadSession(field, cdr);
            case Context | 16:
                bad = cdr.Session.TrySet(content) ? null : "chargingSessionIdentifier [16]";
                break;
            case Context | 27:
                bad = TryInteger(content, ref cdr.ChargingId, uint.MaxValue) ? null : "chargingID [27]";
                break;
            default:
                cdr.SkippedFields++;
                return null;
        }

        return bad is null ? null : DecodingFault.BadValue(bad);
    }

    /// <summary>SubscriptionID: type 0 E.164, 1 IMSI; the other types name no subscriber we can guide to.</summary>
    private static DecodingFault? ReadSubscriber(in BerReader subscriber, UsageCdr cdr)
    {
        BerReader fields = subscriber.Enter();
        if (!TryReadTyped(ref fields, out long type, out ReadOnlySpan<byte> data))
        {
            return DecodingFault.BadValue("subscriptionIDType [0]");
        }

        bool ok = type switch
        {
            0 => cdr.Msisdn.TrySetDigits(data),
            1 => cdr.Imsi.TrySetDigits(data),
            _ => true,
        };
        return ok ? fields.FaultIn("subscriberIdentifier [2]") : DecodingFault.BadValue("subscriptionIDData [1]");
    }

    private static DecodingFault? ReadConsumer(in BerReader consumer, UsageCdr cdr)
    {
        BerReader fields = consumer.Enter();
        while (fields.Read())
        {
            // A serving PLMN that the session gives is more exact than this one, so it is kept.
            if (fields.Tag == (Context | 3) && cdr.ServingPlmn.IsEmpty && !cdr.ServingPlmn.TrySetPlmn(fields.Content))
            {
                return DecodingFault.BadValue("networkFunctionPLMNIdentifier [3]");
            }
        }

        return fields.FaultIn("nFunctionConsumerInformation [3]");
    }

    private static DecodingFault? ReadSession(in BerReader session, UsageCdr cdr)
    {
        BerReader fields = session.Enter();
        while (fields.Read())
        {
            if (ReadSessionField(fields, cdr) is { } bad)
            {
                return DecodingFault.BadValue(bad);
            }
        }

        return fields.FaultIn("pDUSessionChargingInformation [13]");
    }

    private static string? ReadSessionField(in BerReader field, UsageCdr cdr)
    {
        ReadOnlySpan<byte> content = field.Content;
        switch (field.Tag)
        {
            case Context | 0:
                return TryInteger(content, ref cdr.ChargingId, uint.MaxValue) ? null : "pDUSessionChargingID [0]";
            case Context | 1:
                return TryReadUser(field, cdr) ? null : "userIdentifier [1]";
            case Context | 2:
                return TryReadEquipment(field, cdr) ? null : "userEquipmentInfo [2]";
            case Context | 3:
                return cdr.Location.TrySet(content) ? null : "userLocationInformation [3]";
            case Context | 12:
                return TryInteger(content, ref cdr.RatType, 255) ? null : "rATType [12]";
            case Context | 13:
                return cdr.DataNetwork.TrySetText(content) ? null : "dataNetworkNameIdentifier [13]";
            case Context | 14:
                BerReader address = field.Enter();
                return !address.Read() || Number(address.Tag) > 1 || CdrAddress.TryReadText(address.Content, cdr.ServedAddress)
                    ? null
                    : "pDUAddress [14]";
            case Context | 27:
                return cdr.ServingPlmn.TrySetPlmn(content) ? null : "servingCNPLMNID [27]";
            default:
                return null;
        }
    }

    /// <summary>InvolvedParty: only the alternatives that hold a telephone number matter: 1 tel URI, 3 E.164.</summary>
    private static bool TryReadUser(in BerReader user, UsageCdr cdr)
    {
        BerReader party = user.Enter();
        if (!party.Read())
        {
            return party.Fault is null;
        }

        return party.Tag switch
        {
            Context | 1 => cdr.Msisdn.TrySetDigits(party.Content.StartsWith("tel:"u8) ? party.Content[4..] : party.Content),
            Context | 3 => cdr.Msisdn.TrySetDigits(party.Content),
            _ => true,
        };
    }

    /// <summary>SubscriberEquipmentNumber: type 0 IMEISV holds TBCD (TS 23.003), the others MAC or EUI-64 octets.</summary>
    private static bool TryReadEquipment(in BerReader equipment, UsageCdr cdr)
    {
        BerReader fields = equipment.Enter();
        return TryReadTyped(ref fields, out long type, out ReadOnlySpan<byte> data)
            && fields.Fault is null
            && (type != 0 || cdr.Imei.TrySetTbcd(data));
    }

    /// <summary>A type [0] and the data [1] that it says how to read; false when the type is no integer. -1 when there is none.</summary>
    private static bool TryReadTyped(ref BerReader fields, out long type, out ReadOnlySpan<byte> data)
    {
        type = -1;
        data = default;
        while (fields.Read())
        {
            switch (fields.Tag)
            {
                case Context | 0 when !BerReader.TryReadInteger(fields.Content, out type):
                    return false;
                case Context | 1:
                    data = fields.Content;
                    break;
            }
        }

        return true;
    }

    private static DecodingFault? ReadUsages(ReadOnlySpan<byte> list, UsageCdr cdr)
    {
        BerReader usages = new(list);
        while (usages.Read())
        {
            long group = -1;
            ReadOnlySpan<byte> containers = default;
            BerReader fields = usages.Enter();
            while (fields.Read())
            {
                switch (fields.Tag)
                {
                    case Context | 0 when !TryInteger(fields.Content, ref group, uint.MaxValue):
                        return DecodingFault.BadValue("ratingGroup [0]");
                    case Context | 1:
                        containers = fields.Content;
                        break;
                }
            }

            if (fields.FaultIn("listOfMultipleUnitUsage [5]") is { } fault)
            {
                return fault;
            }

            if (ReadContainers(containers, group, cdr) is { } bad)
            {
                return bad;
            }
        }

        return usages.FaultIn("listOfMultipleUnitUsage [5]");
    }

    private static DecodingFault? ReadContainers(ReadOnlySpan<byte> list, long ratingGroup, UsageCdr cdr)
    {
        BerReader containers = new(list);
        while (containers.Read())
        {
            if (!cdr.TryAddPart(out int index))
            {
                return GatewayRecord.TooManyParts();
            }

            ref UsagePart part = ref cdr.PartAt(index);
            part.RatingGroup = ratingGroup;
            CdrTime triggered = default, happened = default;
            BerReader fields = containers.Enter();
            while (fields.Read())
            {
                if (ReadContainerField(fields, cdr, ref part, ref triggered, ref happened) is { } bad)
                {
                    return DecodingFault.BadValue(bad);
                }
            }

            if (fields.FaultIn("usedUnitContainers [1]") is { } fault)
            {
                return fault;
            }

            if (!part.Start.IsSet)
            {
                part.Start = happened;
            }

            if (!part.End.IsSet)
            {
                part.End = triggered;
            }
        }

        return containers.FaultIn("usedUnitContainers [1]");
    }

    private static string? ReadContainerField(
        in BerReader field, UsageCdr cdr, ref UsagePart part, ref CdrTime triggered, ref CdrTime happened)
    {
        ReadOnlySpan<byte> content = field.Content;
        switch (field.Tag)
        {
            case Context | 0:
                return TryInteger(content, ref part.ServiceIdentifier, uint.MaxValue) ? null : "serviceIdentifier [0]";
            case Context | 1:
                return TryInteger(content, ref part.DurationSeconds) ? null : "time [1]";
            case Context | 3:
                return TryTime(content, ref triggered) ? null : "triggerTimeStamp [3]";
            case Context | 4:
                return TryInteger(content, ref part.TotalOctets) ? null : "dataTotalVolume [4]";
            case Context | 5:
                return TryInteger(content, ref part.UplinkOctets) ? null : "dataVolumeUplink [5]";
            case Context | 6:
                return TryInteger(content, ref part.DownlinkOctets) ? null : "dataVolumeDownlink [6]";
            case Context | 8:
                return TryTime(content, ref happened) ? null : "eventTimeStamp [8]";
            case Context | 9:
                return TryInteger(content, ref part.LocalSequenceNumber, uint.MaxValue) ? null : "localSequenceNumber [9]";
            case Context | 11:
                return ReadDetails(field, cdr, ref part);
            default:
                return null;
        }
    }

    /// <summary>pDUContainerInformation.</summary>
    private static string? ReadDetails(in BerReader details, UsageCdr cdr, ref UsagePart part)
    {
        BerReader fields = details.Enter();
        while (fields.Read())
        {
            ReadOnlySpan<byte> content = fields.Content;
            switch (fields.Tag)
            {
                case Context | 2 when TryTime(content, ref part.Start):
                    break;
                case Context | 3 when TryTime(content, ref part.End):
                    break;
                case Context | 5 when cdr.TrySetPartLocation(ref part, content):
                    break;
                case Context | 7 when TryInteger(content, ref part.RatType, 255):
                    break;
                case Context | 2 or Context | 3 or Context | 5 or Context | 7:
                    return $"[{Number(fields.Tag)}] of pDUContainerInformation [11]";
            }
        }

        return fields.Fault is null ? null : "pDUContainerInformation [11]";
    }
}
