using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Adapters.BerTag;
using static BelgiCom.Streaming.Adapters.CdrField;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Takes from a chargingFunctionRecord (TS 32.298 5.2.5, a SET under tag 200) what usage needs.</summary>
internal sealed class ChargingFunctionRecord : ConvergedRecord
{
    private ChargingFunctionRecord()
        : base(ChargedView.Nchf)
    {
    }

    /// <summary>The only instance.</summary>
    public static ChargingFunctionRecord Instance { get; } = new();

    /// <inheritdoc/>
    public override int RecordType => 200;

    /// <summary>Of data only: a call began when its record was opened.</summary>
    public override bool StartsAtItsEnd(UsageKind kind) => kind == UsageKind.Data;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> KeyForm => "chf.2"u8;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> FormerKeyForm => "chf"u8;

    /// <summary>Fields that identity, time, place or quantity come from; none may stand twice.</summary>
    private const ulong OnceInRecord = 1UL << 0 | 1UL << 2 | 1UL << 3 | 1UL << 5 | 1UL << 6 | 1UL << 8 | 1UL << 11 | 1UL << 13 | 1UL << 15
        | 1UL << 16 | 1UL << 27 | 1UL << 28 | 1UL << 29;

    private const ulong OnceInSession = 1UL << 0 | 1UL << 1 | 1UL << 6 | 1UL << 27;
    private const ulong OnceInUsage = 1UL << 0 | 1UL << 1;
    private const ulong OnceInContainer =
        1UL << 0 | 1UL << 1 | 1UL << 3 | 1UL << 4 | 1UL << 5 | 1UL << 6 | 1UL << 7 | 1UL << 8 | 1UL << 9 | 1UL << 11;

    private const ulong OnceInDetails = 1UL << 2 | 1UL << 3;

    /// <summary>Decodes a record whose outer tag is of this kind.</summary>
    public DecodingFault? Decode(in BerReader record, UsageCdr cdr)
    {
        cdr.Clear(this);
        cdr.Kind = UsageKind.Data;
        long recordType = -1;
        ReadOnlySpan<byte> usages = default, originatorImsi = default, originatorMsisdn = default;
        long ownChargingId = -1;
        ulong seen = 0;
        BerReader fields = record.Enter();
        while (fields.Read())
        {
            DecodingFault? bad = null;
            switch (fields.Tag)
            {
                case var tag when IsRepeated(tag, OnceInRecord, ref seen):
                    return Repeated(tag, "the record");
                case Context | 0 when !TryInteger(fields.Content, ref recordType, int.MaxValue):
                    bad = DecodingFault.BadValue("recordType [0]");
                    break;
                case Context | 0:
                    break;
                case Context | 5:
                    usages = fields.Content;
                    break;
                case Context | 27 when !TryInteger(fields.Content, ref ownChargingId, uint.MaxValue):
                    bad = DecodingFault.BadValue("chargingID [27]");
                    break;
                case Context | 27:
                    break;
                case Context | 15:
                    cdr.Kind = UsageKind.Sms;
                    ReadMessage(fields, ref originatorImsi, ref originatorMsisdn);
                    break;
                case Context | 28 or Context | 29:
                    // iMSChargingInformation, mMTelChargingInformation: a call.
                    cdr.Kind = UsageKind.Voice;
                    cdr.SkippedFields++;
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

        // The session's own id is the finer one, wherever in the SET it stands.
        cdr.ChargingId = cdr.ChargingId >= 0 ? cdr.ChargingId : ownChargingId;
        if (!cdr.OpeningTime.IsSet)
        {
            return DecodingFault.Missing("recordOpeningTime [6]");
        }

        if (cdr is { ChargingId: < 0, PduSessionId: < 0, RecordSequenceNumber: < 0, LocalSequenceNumber: < 0, Session.IsEmpty: true })
        {
            return DecodingFault.Missing(
                "chargingSessionIdentifier [16], chargingID [27], recordSequenceNumber [8] or localRecordSequenceNumber [11]");
        }

        if (cdr.Kind != UsageKind.Data && usages.IsEmpty)
        {
            return new(
                QuarantineReason.UnsupportedRecord,
                $"A CHF record of a {(cdr.Kind == UsageKind.Sms ? "message (sMSChargingInformation [15])" : "call")} without used units.");
        }

        ApplyOriginator(originatorImsi, originatorMsisdn, cdr);
        return ReadUsages(usages, cdr);
    }

    /// <summary>
    /// The session is that of a consumer (an SMF counts its charging ids from 1), by every name the record has for it. The number of the
    /// charging function is left out: when another one takes over, the session is the same.
    /// </summary>
    protected override void AppendRecord(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin)
    {
        key.Append(cdr.Consumer.Span);
        AppendServed(ref key, cdr, origin);
        key.Append(cdr.Session.Span);
        key.Append(cdr.PduSessionId);
        key.Append(cdr.ChargingId);
    }

    /// <summary>
    /// A container with a number and a time of its own is the same usage in every partial record that carries it on, so the number of the
    /// partial record counts only where the container has not both. Where nothing names the session, the record that the charging function
    /// began for it does.
    /// </summary>
    protected override void AppendPart(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part)
    {
        AppendUsage(ref key, part);
        bool isNamed = !cdr.Session.IsEmpty || cdr.ChargingId >= 0;
        if (isNamed && part.IsPlacedInSession)
        {
            return;
        }

        key.Append(cdr.OpeningTime.UtcMilliseconds);
        key.Append(part.IsPlacedInSession ? -1 : cdr.RecordSequenceNumber);
        key.Append(cdr.LocalSequenceNumber);
        if (!isNamed)
        {
            key.Append(cdr.Node.Span);
        }
    }

    /// <inheritdoc/>
    protected override void AppendFormer(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part, in RecordOrigin origin)
    {
        key.Append(cdr.Node.Span);
        AppendFormerSession(ref key, cdr, origin.Subscriber, cdr.OpeningTime.UtcMilliseconds);
        key.Append(cdr.LocalSequenceNumber);
        key.Append(part.Place);
    }

    private static DecodingFault? ReadField(in BerReader field, UsageCdr cdr)
    {
        ReadOnlySpan<byte> content = field.Content;
        string? bad;
        switch (field.Tag)
        {
            case Context | 1:
                bad = cdr.Remark(cdr.Node.TrySetText(content));
                break;
            case Context | 2:
                return ReadSubscriber(field, cdr);
            case Context | 3:
                return ReadConsumer(field, cdr);
            case Context | 6:
                bad = TryTime(content, ref cdr.OpeningTime) ? null : "recordOpeningTime [6]";
                break;
            case Context | 7:
                bad = cdr.Remark(TryInteger(content, ref cdr.DurationSeconds));
                break;
            case Context | 8:
                bad = TryInteger(content, ref cdr.RecordSequenceNumber) ? null : "recordSequenceNumber [8]";
                break;
            case Context | 9:
                bad = cdr.Remark(TryInteger(content, ref cdr.CauseForRecordClosing, int.MaxValue));
                break;
            case Context | 11:
                bad = TryInteger(content, ref cdr.LocalSequenceNumber, uint.MaxValue) ? null : "localRecordSequenceNumber [11]";
                break;
            case Context | 13:
                return ReadSession(field, cdr);
            case Context | 16:
                bad = cdr.Session.TrySet(content) ? null : "chargingSessionIdentifier [16]";
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
            switch (fields.Tag)
            {
                case Context | 1:
                    _ = cdr.Remark(cdr.Consumer.TrySetText(fields.Content));
                    break;
                case Context | 3:
                    cdr.ConsumerPlmn = PlmnDigits.Read(fields.Content);
                    if (cdr.ConsumerPlmn == 0)
                    {
                        return DecodingFault.BadValue("networkFunctionPLMNIdentifier [3]");
                    }

                    break;
            }
        }

        return fields.FaultIn("nFunctionConsumerInformation [3]");
    }

    private static DecodingFault? ReadSession(in BerReader session, UsageCdr cdr)
    {
        ulong seen = 0;
        BerReader fields = session.Enter();
        while (fields.Read())
        {
            if (IsRepeated(fields.Tag, OnceInSession, ref seen))
            {
                return Repeated(fields.Tag, "pDUSessionChargingInformation [13]");
            }

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
                return cdr.Remark(TryReadEquipment(field, cdr));
            case Context | 3:
                cdr.LocationPlmn = PlmnOfLocation(content, cdr) is > 0 and int plmn ? plmn : cdr.LocationPlmn;
                return cdr.Remark(cdr.Location.TrySet(content));
            case Context | 35:
                cdr.LocationPlmn = cdr.LocationPlmn > 0 ? cdr.LocationPlmn : PlmnOfStructured(field);
                return null;
            case Context | 6:
                return TryInteger(content, ref cdr.PduSessionId, 255) ? null : "pDUSessionId [6]";
            case Context | 7:
                return cdr.Remark(TryReadSlice(field, cdr));
            case Context | 11:
                return cdr.Remark(TryReadServingFunction(field, out cdr.FunctionPlmn));
            case Context | 12:
                return cdr.Remark(TryInteger(content, ref cdr.RatType, 255));
            case Context | 13:
                return cdr.Remark(cdr.DataNetwork.TrySetText(content));
            case Context | 14:
                BerReader address = field.Enter();
                return cdr.Remark(!address.Read() || Number(address.Tag) > 1 || CdrAddress.TryReadText(address.Content, cdr.ServedAddress));
            case Context | 27:
                return cdr.ServingPlmn.TrySetPlmn(content) ? null : "servingCNPLMNID [27]";
            default:
                return null;
        }
    }

    /// <summary>networkSliceInstanceID: SST (0) and, where the slice has one, SD (1) of three octets (TS 32.298 SingleNSSAI).</summary>
    private static bool TryReadSlice(in BerReader slice, UsageCdr cdr)
    {
        long type = -1, differentiator = -1;
        BerReader fields = slice.Enter();
        while (fields.Read())
        {
            switch (fields.Tag)
            {
                case Context | 0 when !TryInteger(fields.Content, ref type, byte.MaxValue):
                case Context | 1 when !TryDifferentiator(fields.Content, out differentiator):
                    return false;
            }
        }

        if (fields.Fault is not null || type < 0)
        {
            return false;
        }

        (cdr.SliceServiceType, cdr.SliceDifferentiator) = (type, differentiator);
        return true;
    }

    private static bool TryDifferentiator(ReadOnlySpan<byte> octets, out long differentiator)
    {
        bool isRead = octets.Length == 3;
        differentiator = isRead ? (octets[0] << 16) | (octets[1] << 8) | octets[2] : -1;
        return isRead;
    }

    /// <summary>servingNetworkFunctionID: a list of functions that served (an AMF), each with its network; the first is the one.</summary>
    private static bool TryReadServingFunction(in BerReader list, out int plmn)
    {
        plmn = 0;
        BerReader function = list.Enter();
        if (!function.Read())
        {
            return function.Fault is null;
        }

        plmn = PlmnAt(function, [0, 3]);
        return true;
    }

    /// <summary>userLocationInformation: octets of TS 29.274, or a UserLocation (TS 29.571) as JSON; charging functions differ.</summary>
    private static int PlmnOfLocation(ReadOnlySpan<byte> location, UsageCdr cdr) =>
        location.StartsWith("{"u8) ? ChargingDataRequest.PlmnOfLocation(location, cdr) : PlmnDigits.OfLocation(location);

    /// <summary>
    /// UserLocationInformationStructured: NR (1), E-UTRA (0) or other (2) access, in each the tracking area (0) before the cell (1).
    /// </summary>
    private static int PlmnOfStructured(in BerReader location)
    {
        ReadOnlySpan<byte> places = [1, 0, 1, 1, 0, 0, 0, 1, 2, 0];
        for (int i = 0; i < places.Length; i += 2)
        {
            if (PlmnAt(location, [places[i], places[i + 1], 0]) is > 0 and int plmn)
            {
                return plmn;
            }
        }

        return 0;
    }

    /// <summary>The PLMN some context tags down; 0 when it is not there.</summary>
    private static int PlmnAt(in BerReader element, ReadOnlySpan<byte> path)
    {
        BerReader members = element.Enter();
        while (members.Read())
        {
            if (members.Tag == (Context | path[0]))
            {
                return path.Length == 1 ? PlmnDigits.Read(members.Content) : PlmnAt(members, path[1..]);
            }
        }

        return 0;
    }

    /// <summary>
    /// sMSChargingInformation: who sent the message. When it is the subscriber, the message is an originating one, and the number may stand
    /// only here.
    /// </summary>
    private static void ReadMessage(in BerReader message, ref ReadOnlySpan<byte> imsi, ref ReadOnlySpan<byte> msisdn)
    {
        BerReader fields = message.Enter();
        while (fields.Read())
        {
            if (fields.Tag != (Context | 1))
            {
                continue;
            }

            BerReader originator = fields.Enter();
            while (originator.Read())
            {
                switch (originator.Tag)
                {
                    case Context | 0:
                        imsi = originator.Content;
                        break;
                    case Context | 1:
                        msisdn = originator.Content;
                        break;
                }
            }
        }
    }

    private static void ApplyOriginator(ReadOnlySpan<byte> imsi, ReadOnlySpan<byte> msisdn, UsageCdr cdr)
    {
        if (imsi.IsEmpty || cdr.Imsi.IsEmpty || !cdr.Originator.TrySetTbcd(imsi))
        {
            return;
        }

        bool isOwn = cdr.Originator.Span.SequenceEqual(cdr.Imsi.Span);
        cdr.Direction = isOwn ? Direction.Originating : Direction.Terminating;
        OctetField number = isOwn ? cdr.Msisdn : cdr.OtherParty;
        if (number.IsEmpty && !msisdn.IsEmpty)
        {
            _ = cdr.Remark(number.TrySetAddressString(msisdn, cdr.CountryCode));
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
            ulong seen = 0;
            BerReader fields = usages.Enter();
            while (fields.Read())
            {
                switch (fields.Tag)
                {
                    case var tag when IsRepeated(tag, OnceInUsage, ref seen):
                        return Repeated(tag, "listOfMultipleUnitUsage [5]");
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
                return DecodingFault.TooManyParts();
            }

            ref UsagePart part = ref cdr.PartAt(index);
            part.RatingGroup = ratingGroup;
            CdrTime triggered = default;
            ulong seen = 0;
            BerReader fields = containers.Enter();
            while (fields.Read())
            {
                if (IsRepeated(fields.Tag, OnceInContainer, ref seen))
                {
                    return Repeated(fields.Tag, "usedUnitContainers [1]");
                }

                if (ReadContainerField(fields, cdr, ref part, ref triggered) is { } bad)
                {
                    return DecodingFault.BadValue(bad);
                }
            }

            if (fields.FaultIn("usedUnitContainers [1]") is { } fault)
            {
                return fault;
            }

            part.Closed = triggered.IsSet ? triggered : part.Happened;
        }

        return containers.FaultIn("usedUnitContainers [1]");
    }

    private static string? ReadContainerField(
        in BerReader field, UsageCdr cdr, ref UsagePart part, ref CdrTime triggered)
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
            case Context | 7:
                return TryInteger(content, ref part.ServiceUnits) ? null : "serviceSpecificUnits [7]";
            case Context | 8:
                return TryTime(content, ref part.Happened) ? null : "eventTimeStamp [8]";
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
        ulong seen = 0;
        BerReader fields = details.Enter();
        while (fields.Read())
        {
            ReadOnlySpan<byte> content = fields.Content;
            switch (fields.Tag)
            {
                case var tag when IsRepeated(tag, OnceInDetails, ref seen):
                    return $"[{Number(tag)}] of pDUContainerInformation [11] (it stands twice)";
                case Context | 2 when TryTime(content, ref part.Start):
                    break;
                case Context | 3 when TryTime(content, ref part.End):
                    break;
                case Context | 5:
                    part.LocationPlmn = PlmnOfLocation(content, cdr) is > 0 and int plmn ? plmn : part.LocationPlmn;
                    _ = cdr.Remark(cdr.TrySetPartLocation(ref part, content));
                    break;
                case Context | 7:
                    _ = cdr.Remark(TryInteger(content, ref part.RatType, 255));
                    break;
                case Context | 10:
                    _ = cdr.Remark(TryReadServingFunction(fields, out part.FunctionPlmn));
                    break;
                case Context | 18:
                    part.LocationPlmn = part.LocationPlmn > 0 ? part.LocationPlmn : PlmnOfStructured(fields);
                    break;
                case Context | 2 or Context | 3:
                    return $"[{Number(fields.Tag)}] of pDUContainerInformation [11]";
            }
        }

        return fields.Fault is null ? null : "pDUContainerInformation [11]";
    }
}
