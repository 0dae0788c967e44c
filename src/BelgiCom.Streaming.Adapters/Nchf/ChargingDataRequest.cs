using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Takes from a ChargingDataRequest (TS 32.291 6.1.6.2.1) what usage needs. Member names are compared without case; unknown members
/// are skipped, and so is a member that is null: some writers write every member of their model. A member that identity, time, place or
/// quantity come from must not stand twice: which of the two holds is not known, and taking both would charge usage twice.
/// </summary>
internal sealed class ChargingDataRequest : ConvergedRecord
{
    private ChargingDataRequest()
        : base(ChargedView.Chf)
    {
    }

    /// <summary>The only instance.</summary>
    public static ChargingDataRequest Instance { get; } = new();

    /// <inheritdoc/>
    public override bool IsLocationText => true;

    /// <inheritdoc/>
    public override bool OpensWithReport => true;

    /// <inheritdoc/>
    public override bool StartsAtItsEnd(UsageKind kind) => true;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> KeyForm => "nchf.2"u8;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> FormerKeyForm => "nchf"u8;

    /// <summary>Decodes octets that are one request and nothing else.</summary>
    /// <exception cref="JsonException">Not one JSON object, or too deep.</exception>
    /// <exception cref="InvalidOperationException">A text is not UTF-8.</exception>
    public DecodingFault? DecodeWhole(ReadOnlySpan<byte> request, UsageCdr cdr)
    {
        Utf8JsonReader json = new(request, new JsonReaderOptions { MaxDepth = RecordLimits.MaxDepth });
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        json.Skip();
        while (json.Read())
        {
        }

        return Decode(request, cdr, isOnline: true);
    }

    /// <summary>Decodes the one request that <paramref name="request"/> holds.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cdr">Gets it.</param>
    /// <param name="isOnline">Whether it is answered: what it asks for an event is then debited. In a file nobody knows whether it
    /// was.</param>
    /// <exception cref="JsonException">Not JSON, or too deep.</exception>
    /// <exception cref="InvalidOperationException">A text is not UTF-8.</exception>
    public DecodingFault? Decode(ReadOnlySpan<byte> request, UsageCdr cdr, bool isOnline = false)
    {
        cdr.Clear(this);
        cdr.Kind = UsageKind.Data;
        cdr.MayHoldNull = request.IndexOf("null"u8) >= 0;
        MessageSender sender = default;
        Utf8JsonReader json = new(request, new JsonReaderOptions { MaxDepth = RecordLimits.MaxDepth });
        json.Read();
        string? bad = null;
        bool hasSequence = false;
        uint seen = 0;
        while (bad is null && TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "subscriberIdentifier"u8))
            {
                bad = Once(ref seen, 0, "subscriberIdentifier") ?? ReadSubscriber(ref json, cdr);
            }
            else if (Is(name, "nfConsumerIdentification"u8))
            {
                bad = Once(ref seen, 1, "nfConsumerIdentification") ?? ReadConsumer(ref json, cdr);
            }
            else if (Is(name, "invocationTimeStamp"u8))
            {
                bad = Once(ref seen, 2, "invocationTimeStamp")
                    ?? (TryTime(ref json, cdr, ref cdr.OpeningTime) ? null : "invocationTimeStamp");
            }
            else if (Is(name, "invocationSequenceNumber"u8))
            {
                hasSequence = true;
                bad = Once(ref seen, 3, "invocationSequenceNumber")
                    ?? (TryInteger(ref json, ref cdr.RecordSequenceNumber) ? null : "invocationSequenceNumber");
            }
            else if (Is(name, "multipleUnitUsage"u8))
            {
                bad = Once(ref seen, 4, "multipleUnitUsage") ?? ReadUsages(ref json, cdr);
            }
            else if (Is(name, "pDUSessionChargingInformation"u8))
            {
                bad = Once(ref seen, 5, "pDUSessionChargingInformation") ?? ReadSession(ref json, request, cdr);
            }
            else if (Is(name, "sMSChargingInformation"u8))
            {
                cdr.Kind = UsageKind.Sms;
                bad = Once(ref seen, 6, "sMSChargingInformation") ?? ReadMessage(ref json, cdr, ref sender);
            }
            else if (Is(name, "iMSChargingInformation"u8) || Is(name, "mMTelChargingInformation"u8))
            {
                cdr.Kind = UsageKind.Voice;
                Skip(ref json, cdr);
            }
            else if (Is(name, "oneTimeEvent"u8))
            {
                cdr.IsOneTimeEvent = json.Read() && json.TokenType == JsonTokenType.True;
                json.Skip();
            }
            else
            {
                Skip(ref json, cdr);
            }
        }

        if (bad is not null)
        {
            return bad == TooMany ? DecodingFault.TooManyParts() : DecodingFault.BadValue(bad);
        }

        if (!cdr.OpeningTime.IsSet)
        {
            return DecodingFault.Missing("invocationTimeStamp");
        }

        if (!hasSequence)
        {
            return DecodingFault.Missing("invocationSequenceNumber");
        }

        // A session's first request has no used units yet; an event has no other request.
        if (cdr.IsOneTimeEvent && cdr.PartCount == 0 && !(isOnline && TryUseAsked(cdr)))
        {
            return new(QuarantineReason.UnsupportedRecord, "A request of an event (oneTimeEvent) without used units.");
        }

        return sender.Apply(cdr) ? null : DecodingFault.BadValue("originatorInfo");
    }

    /// <summary>
    /// The session is that of a consumer (an SMF counts its charging ids from 1), by every name the request has for it. The time of the
    /// request is no part of it: a retry has another one.
    /// </summary>
    protected override void AppendRecord(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin)
    {
        key.Append(cdr.Node.Span);
        AppendServed(ref key, cdr, origin);
        key.Append(cdr.PduSessionId);
        key.Append(cdr.ChargingId);
        key.Append(cdr.RecordSequenceNumber);
    }

    /// <summary>What was used tells a retry, which repeats it, from a session that is made anew and counts from 1 again.</summary>
    protected override void AppendPart(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part) => AppendUsage(ref key, part);

    /// <inheritdoc/>
    protected override void AppendFormer(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part, in RecordOrigin origin)
    {
        AppendFormerSession(ref key, cdr, origin.Subscriber, cdr.ChargingId < 0 ? cdr.OpeningTime.UtcMilliseconds : 0);
        key.Append(cdr.RecordSequenceNumber);
        key.Append(part.RatingGroup);
        key.Append(part.Place);
    }

    /// <summary>
    /// Number of the session in online charging: that of a consumer, by every name that its first request has for it. Sequence and time are
    /// no part of it, because a request that is sent again has another time.
    /// </summary>
    internal static ulong SessionOf(UsageCdr cdr, in RecordOrigin origin)
    {
        UsageIdBuilder key = new(stackalloc byte[256]);
        key.Append("quota.1"u8);
        key.Append(cdr.Node.Span);
        AppendServed(ref key, cdr, origin);
        key.Append(cdr.PduSessionId);
        key.Append(cdr.ChargingId);
        return key.Finish().High;
    }

    /// <summary>The network that a UserLocation (TS 29.571) in JSON names; 0 when it names none or is no JSON.</summary>
    internal static int PlmnOfLocation(ReadOnlySpan<byte> location, UsageCdr cdr)
    {
        try
        {
            Utf8JsonReader json = new(location, new JsonReaderOptions { MaxDepth = RecordLimits.MaxDepth });
            _ = ReadLocation(ref json, cdr, out int plmn);
            return plmn;
        }
        catch (Exception invalid) when (invalid is JsonException or InvalidOperationException)
        {
            return 0;
        }
    }

    /// <summary>
    /// Immediate event charging (TS 32.290 clause 5.3.2.2): what is asked for is what is used, one unit where the request leaves it open.
    /// All events of a subscriber may have the same numbers, so the time of the invocation is part of what tells them apart: it is the
    /// start of the usage. A retransmission repeats it.
    /// </summary>
    private static bool TryUseAsked(UsageCdr cdr)
    {
        foreach (QuotaAsk ask in cdr.Asked)
        {
            if (!cdr.TryAddPart(out int index))
            {
                return false;
            }

            ref UsagePart part = ref cdr.PartAt(index);
            (part.RatingGroup, part.Start) = (ask.RatingGroup, cdr.OpeningTime);
            (part.TotalOctets, part.DurationSeconds) = (ask.Octets, ask.Seconds);
            part.ServiceUnits = ask is { Octets: < 0, Seconds: < 0, ServiceUnits: < 0 } ? 1 : ask.ServiceUnits;
        }

        return cdr.IsImmediateEvent = cdr.PartCount > 0;
    }

    /// <summary>The fault of a member that stands a second time in its object; null the first time.</summary>
    private static string? Once(ref uint seen, int member, string name)
    {
        bool isRepeated = (seen & (1u << member)) != 0;
        seen |= 1u << member;
        return isRepeated ? $"{name} (it stands twice)" : null;
    }

    /// <summary>Who sent a message, compared with the subscriber when both are known: the members of a request come in any order.</summary>
    private struct MessageSender
    {
        private UInt128 _imsi;
        private UInt128 _msisdn;

        public bool TrySetImsi(ReadOnlySpan<byte> text) => UInt128.TryParse(text, out _imsi);

        public bool TrySetMsisdn(ReadOnlySpan<byte> text) => UInt128.TryParse(text, out _msisdn);

        public readonly bool Apply(UsageCdr cdr)
        {
            if (_imsi == 0 || cdr.Imsi.IsEmpty)
            {
                return true;
            }

            Span<byte> digits = stackalloc byte[40];
            bool isOwn = UInt128.TryParse(cdr.Imsi.Span, out UInt128 imsi) && imsi == _imsi;
            cdr.Direction = isOwn ? Direction.Originating : Direction.Terminating;
            if (_msisdn == 0 || !_msisdn.TryFormat(digits, out int length))
            {
                return true;
            }

            OctetField number = isOwn ? cdr.Msisdn : cdr.OtherParty;
            return !number.IsEmpty || number.TrySetDigits(digits[..length]);
        }
    }

    private const string TooMany = "multipleUnitUsage: too many";

    private static string? ReadSubscriber(ref Utf8JsonReader json, UsageCdr cdr)
    {
        if (!TryText(ref json, cdr, out ReadOnlySpan<byte> text))
        {
            return "subscriberIdentifier";
        }
        // A SUPI of another form (nai-, gci-, gli-) names no subscriber we can guide to; the GPSI may.
        return !text.StartsWith("imsi-"u8) || cdr.Imsi.TrySetDigits(text[5..]) ? null : "subscriberIdentifier";
    }

    private static string? ReadConsumer(ref Utf8JsonReader json, UsageCdr cdr)
    {
        string? bad = IsObject(ref json) ? null : "nfConsumerIdentification";
        uint seen = 0;
        while (bad is null && TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "nFName"u8))
            {
                bad = Once(ref seen, 0, "nFName")
                    ?? (TryText(ref json, cdr, out ReadOnlySpan<byte> node) && cdr.Node.TrySetText(node) ? null : "nFName");
            }
            else if (Is(name, "nFPLMNID"u8))
            {
                bad = Once(ref seen, 1, "nFPLMNID") ?? (TryPlmn(ref json, cdr, out cdr.ConsumerPlmn) ? null : "nFPLMNID");
            }
            else
            {
                Skip(ref json, cdr);
            }
        }

        return bad;
    }

    private static string? ReadSession(ref Utf8JsonReader json, ReadOnlySpan<byte> request, UsageCdr cdr)
    {
        string? bad = IsObject(ref json) ? null : "pDUSessionChargingInformation";
        uint seen = 0;
        while (bad is null && TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "chargingId"u8))
            {
                bad = Once(ref seen, 0, "chargingId") ?? (TryInteger(ref json, ref cdr.ChargingId, uint.MaxValue) ? null : "chargingId");
            }
            else if (Is(name, "userInformation"u8))
            {
                bad = Once(ref seen, 1, "userInformation") ?? ReadUser(ref json, cdr);
            }
            else if (Is(name, "pduSessionInformation"u8))
            {
                bad = Once(ref seen, 2, "pduSessionInformation") ?? ReadSessionInformation(ref json, cdr);
            }
            else if (Is(name, "userLocationinfo"u8))
            {
                Utf8JsonReader places = json;
                bad = Once(ref seen, 3, "userLocationinfo") ?? ReadLocation(ref places, cdr, out cdr.LocationPlmn)
                    ?? cdr.Remark(TryRaw(ref json, request, out ReadOnlySpan<byte> location) && cdr.Location.TrySet(location));
            }
            else
            {
                Skip(ref json, cdr);
            }
        }

        return bad;
    }

    private static string? ReadUser(ref Utf8JsonReader json, UsageCdr cdr)
    {
        string? bad = IsObject(ref json) ? null : "userInformation";
        uint seen = 0;
        while (bad is null && TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "servedGPSI"u8))
            {
                bad = Once(ref seen, 0, "servedGPSI") ?? (TryText(ref json, cdr, out ReadOnlySpan<byte> gpsi)
                    && (!gpsi.StartsWith("msisdn-"u8) || cdr.Msisdn.TrySetDigits(gpsi[7..])) ? null : "servedGPSI");
            }
            else if (Is(name, "servedPEI"u8))
            {
                bad = RemarkText(ref json, cdr, cdr.Imei);
            }
            else
            {
                Skip(ref json, cdr);
            }
        }

        return bad;
    }

    private static string? ReadSessionInformation(ref Utf8JsonReader json, UsageCdr cdr)
    {
        string? bad = IsObject(ref json) ? null : "pduSessionInformation";
        uint seen = 0;
        while (bad is null && TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "dnnId"u8))
            {
                bad = RemarkText(ref json, cdr, cdr.DataNetwork);
            }
            else if (Is(name, "ratType"u8))
            {
                cdr.RatType = ReadRatType(ref json, cdr);
            }
            else if (Is(name, "pduSessionID"u8))
            {
                bad = Once(ref seen, 0, "pduSessionID") ?? (TryInteger(ref json, ref cdr.PduSessionId, 255) ? null : "pduSessionID");
            }
            else if (Is(name, "servingCNPlmnId"u8))
            {
                bad = Once(ref seen, 1, "servingCNPlmnId")
                    ?? (TryPlmn(ref json, cdr, out int plmn) && cdr.ServingPlmn.TrySet(PlmnDigits.Unpack(plmn, cdr.Scratch))
                        ? null
                        : "servingCNPlmnId");
            }
            else if (Is(name, "servingNetworkFunctionID"u8))
            {
                bad = Once(ref seen, 2, "servingNetworkFunctionID") ?? ReadServingFunction(ref json, cdr, out cdr.FunctionPlmn);
            }
            else if (Is(name, "networkSlicingInfo"u8))
            {
                bad = cdr.Remark(TryReadSlice(json, cdr));
                _ = json.Read();
                json.Skip();
            }
            else if (Is(name, "pduAddress"u8))
            {
                bad = ReadAddress(ref json, cdr);
            }
            else
            {
                Skip(ref json, cdr);
            }
        }

        return bad;
    }

    /// <summary>
    /// networkSlicingInfo (TS 32.291): a Snssai (TS 29.571) with sst, and sd as six hexadecimal digits where it has one. False when it is
    /// not that; the record is then used without it.
    /// </summary>
    private static bool TryReadSlice(Utf8JsonReader json, UsageCdr cdr)
    {
        long type = -1;
        int differentiator = -1;
        bool isRead = IsObject(ref json);
        while (isRead && TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
        {
            if (!Is(name, "sNSSAI"u8))
            {
                Skip(ref json, cdr);
                continue;
            }

            isRead = IsObject(ref json);
            while (isRead && TryReadName(ref json, cdr, out ReadOnlySpan<byte> member))
            {
                if (Is(member, "sst"u8))
                {
                    isRead = TryInteger(ref json, ref type, byte.MaxValue);
                }
                else if (Is(member, "sd"u8))
                {
                    isRead = TryText(ref json, cdr, out ReadOnlySpan<byte> text) && text.Length == 6
                        && Utf8Parser.TryParse(text, out differentiator, out int digits, 'x') && digits == text.Length;
                }
                else
                {
                    Skip(ref json, cdr);
                }
            }
        }

        if (!isRead || type < 0)
        {
            return false;
        }

        (cdr.SliceServiceType, cdr.SliceDifferentiator) = (type, differentiator);
        return true;
    }

    private static string? ReadAddress(ref Utf8JsonReader json, UsageCdr cdr)
    {
        string? bad = IsObject(ref json) ? null : "pduAddress";
        while (bad is null && TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "pduIPv4Address"u8) || Is(name, "pduIPv6AddresswithPrefix"u8))
            {
                bad = RemarkText(ref json, cdr, cdr.ServedAddress);
            }
            else
            {
                Skip(ref json, cdr);
            }
        }

        return bad;
    }

    private static string? ReadUsages(ref Utf8JsonReader json, UsageCdr cdr)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartArray)
        {
            return "multipleUnitUsage";
        }

        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            long group = -1;
            uint seen = 0;
            QuotaAsk? ask = null;
            int firstPart = cdr.PartCount;
            while (TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
            {
                string? bad = null;
                if (Is(name, "ratingGroup"u8))
                {
                    bad = Once(ref seen, 0, "ratingGroup") ?? (TryInteger(ref json, ref group, uint.MaxValue) ? null : "ratingGroup");
                }
                else if (Is(name, "usedUnitContainer"u8))
                {
                    bad = Once(ref seen, 1, "usedUnitContainer") ?? ReadContainers(ref json, cdr);
                }
                else if (Is(name, "requestedUnit"u8))
                {
                    bad = Once(ref seen, 2, "requestedUnit") ?? ReadRequestedUnit(ref json, cdr, out ask);
                }
                else
                {
                    Skip(ref json, cdr);
                }

                if (bad is not null)
                {
                    return bad;
                }
            }
            // The rating group may come after its containers in the JSON, so it is set on all of them at the end.
            for (int i = firstPart; i < cdr.PartCount; i++)
            {
                cdr.PartAt(i).RatingGroup = group;
            }

            if (ask is { } asked)
            {
                if (cdr.Asked.Count == RecordLimits.MaxParts)
                {
                    return TooMany;
                }

                cdr.Asked.Add(asked with { RatingGroup = group });
            }
        }

        return json.TokenType == JsonTokenType.EndArray ? null : "multipleUnitUsage";
    }

    /// <summary>
    /// requestedUnit: how much is asked for. Usage does not need it, so what cannot be read of it is left out, as in a file.
    /// </summary>
    private static string? ReadRequestedUnit(ref Utf8JsonReader json, UsageCdr cdr, out QuotaAsk? ask)
    {
        ask = null;
        Utf8JsonReader value = json;
        _ = json.Read();
        json.Skip();
        long total = -1, uplink = -1, downlink = -1, seconds = -1, units = -1;
        bool isRead = IsObject(ref value);
        while (isRead && TryReadName(ref value, cdr, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "totalVolume"u8))
            {
                isRead = TryInteger(ref value, ref total);
            }
            else if (Is(name, "uplinkVolume"u8))
            {
                isRead = TryInteger(ref value, ref uplink);
            }
            else if (Is(name, "downlinkVolume"u8))
            {
                isRead = TryInteger(ref value, ref downlink);
            }
            else if (Is(name, "time"u8))
            {
                isRead = TryInteger(ref value, ref seconds, uint.MaxValue);
            }
            else if (Is(name, "serviceSpecificUnits"u8))
            {
                isRead = TryInteger(ref value, ref units);
            }
            else
            {
                Skip(ref value, cdr);
            }
        }

        if (!isRead)
        {
            return cdr.Remark(false);
        }

        // What is granted is a total, which both directions share.
        long both = uplink < 0 ? downlink : downlink < 0 ? uplink : uplink > long.MaxValue - downlink ? long.MaxValue : uplink + downlink;
        ask = new QuotaAsk(-1, total >= 0 ? total : both, seconds, units);
        return null;
    }

    private static string? ReadContainers(ref Utf8JsonReader json, UsageCdr cdr)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartArray)
        {
            return "usedUnitContainer";
        }

        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            if (!cdr.TryAddPart(out int index))
            {
                return TooMany;
            }

            ref UsagePart part = ref cdr.PartAt(index);
            uint seen = 0;
            while (TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
            {
                if (ReadContainerMember(ref json, name, cdr, ref part, ref seen) is { } bad)
                {
                    return bad;
                }
            }
        }

        return json.TokenType == JsonTokenType.EndArray ? null : "usedUnitContainer";
    }

    private static string? ReadContainerMember(
        ref Utf8JsonReader json, scoped ReadOnlySpan<byte> name, UsageCdr cdr, ref UsagePart part, ref uint seen)
    {
        if (Is(name, "serviceId"u8))
        {
            return Once(ref seen, 0, "serviceId") ?? (TryInteger(ref json, ref part.ServiceIdentifier, uint.MaxValue) ? null : "serviceId");
        }

        if (Is(name, "localSequenceNumber"u8))
        {
            return Once(ref seen, 1, "localSequenceNumber")
                ?? (TryInteger(ref json, ref part.LocalSequenceNumber, uint.MaxValue) ? null : "localSequenceNumber");
        }

        if (Is(name, "time"u8))
        {
            return Once(ref seen, 2, "time") ?? (TryInteger(ref json, ref part.DurationSeconds, uint.MaxValue) ? null : "time");
        }

        if (Is(name, "totalVolume"u8))
        {
            return Once(ref seen, 3, "totalVolume") ?? (TryInteger(ref json, ref part.TotalOctets) ? null : "totalVolume");
        }

        if (Is(name, "uplinkVolume"u8))
        {
            return Once(ref seen, 4, "uplinkVolume") ?? (TryInteger(ref json, ref part.UplinkOctets) ? null : "uplinkVolume");
        }

        if (Is(name, "downlinkVolume"u8))
        {
            return Once(ref seen, 5, "downlinkVolume") ?? (TryInteger(ref json, ref part.DownlinkOctets) ? null : "downlinkVolume");
        }

        if (Is(name, "triggerTimestamp"u8))
        {
            return Once(ref seen, 6, "triggerTimestamp") ?? (TryTime(ref json, cdr, ref part.Closed) ? null : "triggerTimestamp");
        }

        if (Is(name, "serviceSpecificUnits"u8) || Is(name, "serviceSpecificUnit"u8))
        {
            return Once(ref seen, 7, "serviceSpecificUnits")
                ?? (TryInteger(ref json, ref part.ServiceUnits) ? null : "serviceSpecificUnits");
        }

        if (Is(name, "pDUContainerInformation"u8))
        {
            return Once(ref seen, 8, "pDUContainerInformation") ?? ReadContainerInformation(ref json, cdr, ref part);
        }

        Skip(ref json, cdr);
        return null;
    }

    private static string? ReadContainerInformation(ref Utf8JsonReader json, UsageCdr cdr, ref UsagePart part)
    {
        string? bad = IsObject(ref json) ? null : "pDUContainerInformation";
        uint seen = 0;
        while (bad is null && TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "timeofFirstUsage"u8))
            {
                bad = Once(ref seen, 0, "timeofFirstUsage") ?? (TryTime(ref json, cdr, ref part.Start) ? null : "timeofFirstUsage");
            }
            else if (Is(name, "timeofLastUsage"u8))
            {
                bad = Once(ref seen, 1, "timeofLastUsage") ?? (TryTime(ref json, cdr, ref part.End) ? null : "timeofLastUsage");
            }
            else if (Is(name, "rATType"u8))
            {
                part.RatType = ReadRatType(ref json, cdr);
            }
            else if (Is(name, "userLocationInformation"u8))
            {
                bad = Once(ref seen, 2, "userLocationInformation") ?? ReadLocation(ref json, cdr, out part.LocationPlmn);
            }
            else if (Is(name, "servingNodeID"u8))
            {
                bad = Once(ref seen, 3, "servingNodeID") ?? ReadServingFunction(ref json, cdr, out part.FunctionPlmn);
            }
            else
            {
                Skip(ref json, cdr);
            }
        }

        return bad;
    }

    /// <summary>RatType of TS 29.571 by the numbers of TS 29.061.</summary>
    private static long RatTypeOf(ReadOnlySpan<byte> rat) =>
        Is(rat, "NR"u8)
            ? 51
            : Is(rat, "EUTRA"u8) ? 6 : Is(rat, "UTRA"u8) ? 1 : Is(rat, "GERA"u8) ? 2 : Is(rat, "WLAN"u8) ? 3 : Is(rat, "NBIOT"u8) ? 8 : 0;

    private static long ReadRatType(ref Utf8JsonReader json, UsageCdr cdr)
    {
        Utf8JsonReader value = json;
        bool isRead = TryText(ref value, cdr, out ReadOnlySpan<byte> rat);
        long type = isRead ? RatTypeOf(rat) : 0;
        _ = json.Read();
        json.Skip();
        _ = cdr.Remark(isRead);
        return type;
    }

    /// <summary>
    /// UserLocation of TS 29.571: the network of the TAI, else of the cell, else of whatever place it names. Which of several locations it
    /// is says nothing about the network, so all are looked into.
    /// </summary>
    private static string? ReadLocation(ref Utf8JsonReader json, UsageCdr cdr, out int plmn)
    {
        plmn = 0;
        if (!json.Read())
        {
            return null;
        }

        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return cdr.Remark(false);
        }

        int depth = json.CurrentDepth;
        bool isOfArea = false, isArea = false;
        while (json.Read() && json.CurrentDepth > depth)
        {
            if (json.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            ReadOnlySpan<byte> name = NameOf(ref json, cdr);
            bool isTai = Is(name, "tai"u8);
            if (Is(name, "plmnId"u8))
            {
                if (!TryPlmn(ref json, cdr, out int found))
                {
                    _ = cdr.Remark(false);
                    continue;
                }

                plmn = plmn == 0 || (isArea && !isOfArea) ? found : plmn;
                isOfArea |= isArea;
            }
            else if (json.CurrentDepth == depth + 2)
            {
                isArea = isTai;
            }
        }

        return null;
    }

    /// <summary>
    /// servingNetworkFunctionID or servingNodeID: the function that serves (an AMF), with its own network. Writers give one or a list of
    /// them; the first is the one.
    /// </summary>
    private static string? ReadServingFunction(ref Utf8JsonReader json, UsageCdr cdr, out int plmn)
    {
        plmn = 0;
        if (!json.Read() || json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            json.Skip();
            return cdr.Remark(false);
        }

        int depth = json.CurrentDepth;
        int functionDepth = json.TokenType == JsonTokenType.StartArray ? depth + 1 : depth;
        bool isInformation = false;
        while (json.Read() && json.CurrentDepth > depth)
        {
            if (json.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            ReadOnlySpan<byte> name = NameOf(ref json, cdr);
            if (json.CurrentDepth == functionDepth + 1)
            {
                isInformation = Is(name, "servingNetworkFunctionInformation"u8);
            }
            else if (plmn == 0 && isInformation && Is(name, "nFPLMNID"u8) && !TryPlmn(ref json, cdr, out plmn))
            {
                return "nFPLMNID";
            }
        }

        return null;
    }

    /// <summary>sMSChargingInformation: of its members only who sent the message matters, because that gives its direction.</summary>
    private static string? ReadMessage(ref Utf8JsonReader json, UsageCdr cdr, ref MessageSender sender)
    {
        string? bad = IsObject(ref json) ? null : "sMSChargingInformation";
        while (bad is null && TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
        {
            if (!Is(name, "originatorInfo"u8))
            {
                Skip(ref json, cdr);
                continue;
            }

            bad = IsObject(ref json) ? null : "originatorInfo";
            while (bad is null && TryReadName(ref json, cdr, out ReadOnlySpan<byte> member))
            {
                if (Is(member, "originatorSUPI"u8))
                {
                    bad = TryText(ref json, cdr, out ReadOnlySpan<byte> supi)
                        && (!supi.StartsWith("imsi-"u8) || sender.TrySetImsi(supi[5..])) ? null : "originatorSUPI";
                }
                else if (Is(member, "originatorGPSI"u8))
                {
                    bad = TryText(ref json, cdr, out ReadOnlySpan<byte> gpsi)
                        && (!gpsi.StartsWith("msisdn-"u8) || sender.TrySetMsisdn(gpsi[7..])) ? null : "originatorGPSI";
                }
                else
                {
                    Skip(ref json, cdr);
                }
            }
        }

        return bad;
    }

    /// <summary>Reads a text that no price looks at: one that cannot be read is left out and counted.</summary>
    private static string? RemarkText(ref Utf8JsonReader json, UsageCdr cdr, OctetField into)
    {
        Utf8JsonReader value = json;
        bool isRead = TryText(ref value, cdr, out ReadOnlySpan<byte> text) && into.TrySetText(text);
        _ = json.Read();
        json.Skip();
        return cdr.Remark(isRead);
    }

    private static bool TryPlmn(ref Utf8JsonReader json, UsageCdr cdr, out int plmn)
    {
        plmn = 0;
        Span<byte> digits = stackalloc byte[8];
        int mcc = 0, mnc = 0;
        if (!IsObject(ref json))
        {
            return false;
        }

        while (TryReadName(ref json, cdr, out ReadOnlySpan<byte> name))
        {
            bool isMcc = Is(name, "mcc"u8);
            if (!isMcc && !Is(name, "mnc"u8))
            {
                Skip(ref json, cdr);
                continue;
            }

            if (!TryText(ref json, cdr, out ReadOnlySpan<byte> text) || text.Length > 3)
            {
                return false;
            }

            text.CopyTo(digits[(isMcc ? 0 : 3)..]);
            (mcc, mnc) = isMcc ? (text.Length, mnc) : (mcc, text.Length);
        }

        plmn = mcc == 3 && mnc is 2 or 3 ? PlmnDigits.Pack(digits[..(mcc + mnc)]) : 0;
        return plmn != 0;
    }

    /// <summary>
    /// A date-time of RFC 3339, in whole seconds: the record that a charging function makes of the request has no fractions
    /// (TS 32.298 5.1.2), and the same container must say the same in both.
    /// </summary>
    private static bool TryTime(ref Utf8JsonReader json, UsageCdr cdr, ref CdrTime field)
    {
        Span<char> characters = stackalloc char[40];
        if (!TryText(ref json, cdr, out ReadOnlySpan<byte> text) || text.Length > characters.Length || !Ascii.IsValid(text)
            || !CdrTime.TryParseIso(characters[..Encoding.ASCII.GetChars(text, characters)], out CdrTime time))
        {
            return false;
        }

        field = time.InSeconds;
        return true;
    }

    private static bool TryInteger(ref Utf8JsonReader json, ref long field, long maximum = long.MaxValue)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.Number || (!json.TryGetInt64(out long value) && !TryWhole(ref json, out value))
            || value < 0 || value > maximum)
        {
            return false;
        }

        field = value;
        return true;
    }

    /// <summary>
    /// A whole number that a writer wrote with a fraction of zeros. An exponent is refused, because it hides digits that were rounded away.
    /// </summary>
    private static bool TryWhole(ref Utf8JsonReader json, out long value)
    {
        value = 0;
        if (json.ValueSpan.ContainsAny((byte)'e', (byte)'E')
            || !json.TryGetDecimal(out decimal number) || number != decimal.Truncate(number) || number is < 0 or > long.MaxValue)
        {
            return false;
        }

        value = (long)number;
        return true;
    }

    /// <summary>Escapes are rare but legal in any text: some writers escape the plus sign of a time's offset.</summary>
    private static bool TryText(ref Utf8JsonReader json, UsageCdr cdr, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!json.Read() || json.TokenType != JsonTokenType.String)
        {
            return false;
        }

        if (!json.ValueIsEscaped)
        {
            text = json.ValueSpan;
            return true;
        }

        if (json.ValueSpan.Length > cdr.Scratch.Length)
        {
            return false;
        }

        text = cdr.Scratch.AsSpan(0, json.CopyString(cdr.Scratch));
        return true;
    }

    /// <summary>The octets of a value of any type, as the request has them.</summary>
    private static bool TryRaw(ref Utf8JsonReader json, ReadOnlySpan<byte> request, out ReadOnlySpan<byte> raw)
    {
        raw = default;
        if (!json.Read())
        {
            return false;
        }

        int start = (int)json.TokenStartIndex;
        json.Skip();
        raw = request[start..(int)json.BytesConsumed];
        return true;
    }

    private static bool TryReadName(ref Utf8JsonReader json, UsageCdr cdr, out ReadOnlySpan<byte> name)
    {
        name = default;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            name = NameOf(ref json, cdr);
            if (!cdr.MayHoldNull)
            {
                return true;
            }

            Utf8JsonReader value = json;
            if (!value.Read() || value.TokenType != JsonTokenType.Null)
            {
                return true;
            }

            json = value;
        }

        return false;
    }

    /// <summary>A name without its escapes (RFC 8259 8.3); one too long to be a name that is read here is empty.</summary>
    private static ReadOnlySpan<byte> NameOf(ref Utf8JsonReader json, UsageCdr cdr) => !json.ValueIsEscaped
        ? json.ValueSpan
        : json.ValueSpan.Length > cdr.NameScratch.Length
            ? default
            : cdr.NameScratch.AsSpan(0, json.CopyString(cdr.NameScratch));

    private static bool IsObject(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.StartObject;

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> expected) => Ascii.EqualsIgnoreCase(name, expected);

    private static void Skip(ref Utf8JsonReader json, UsageCdr cdr)
    {
        json.Skip();
        cdr.SkippedFields++;
    }
}
