using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Takes from a ChargingDataRequest (TS 32.291 6.1.6.2.1) what usage needs. Member names are compared without case; unknown members
/// are skipped; of a repeated member the last counts.
/// </summary>
internal sealed class ChargingDataRequest : RecordFormat
{
    private ChargingDataRequest()
    {
    }

    /// <summary>The only instance.</summary>
    public static ChargingDataRequest Instance { get; } = new();

    /// <inheritdoc/>
    public override bool IsLocationText => true;

    /// <inheritdoc/>
    protected override ReadOnlySpan<byte> KeyForm => "nchf"u8;

    /// <summary>Decodes the one request that <paramref name="request"/> holds.</summary>
    /// <exception cref="JsonException">Not JSON, or too deep.</exception>
    /// <exception cref="InvalidOperationException">A text is not UTF-8.</exception>
    public DecodingFault? Decode(ReadOnlySpan<byte> request, UsageCdr cdr)
    {
        cdr.Clear(this);
        cdr.Kind = UsageKind.Data;
        Utf8JsonReader json = new(request, new JsonReaderOptions { MaxDepth = RecordLimits.MaxDepth });
        json.Read();
        string? bad = null;
        bool hasSequence = false;
        while (bad is null && TryReadName(ref json, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "subscriberIdentifier"u8))
            {
                bad = ReadSubscriber(ref json, cdr);
            }
            else if (Is(name, "nfConsumerIdentification"u8))
            {
                bad = ReadConsumer(ref json, cdr);
            }
            else if (Is(name, "invocationTimeStamp"u8))
            {
                bad = TryTime(ref json, cdr, ref cdr.OpeningTime) ? null : "invocationTimeStamp";
            }
            else if (Is(name, "invocationSequenceNumber"u8))
            {
                hasSequence = TryInteger(ref json, ref cdr.RecordSequenceNumber);
                bad = hasSequence ? null : "invocationSequenceNumber";
            }
            else if (Is(name, "multipleUnitUsage"u8))
            {
                bad = ReadUsages(ref json, cdr);
            }
            else if (Is(name, "pDUSessionChargingInformation"u8))
            {
                bad = ReadSession(ref json, request, cdr);
            }
            else
            {
                Skip(ref json, cdr);
            }
        }

        if (bad is not null)
        {
            return bad == TooMany ? GatewayRecord.TooManyParts() : DecodingFault.BadValue(bad);
        }

        if (!cdr.OpeningTime.IsSet)
        {
            return DecodingFault.Missing("invocationTimeStamp");
        }

        return hasSequence ? null : DecodingFault.Missing("invocationSequenceNumber");
    }

    /// <summary>
    /// A repeated request has the same sequence number but may have another time stamp, so time counts only without a charging id.
    /// </summary>
    protected override void AppendRecord(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin)
    {
        AppendSession(ref key, cdr, origin.Subscriber, cdr.ChargingId < 0 ? cdr.OpeningTime.UtcMilliseconds : 0);
        key.Append(cdr.RecordSequenceNumber);
    }

    /// <inheritdoc/>
    protected override void AppendPart(ref UsageIdBuilder key, in UsagePart part, int index)
    {
        key.Append(part.RatingGroup);
        key.Append(index);
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
        while (bad is null && TryReadName(ref json, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "nFName"u8))
            {
                bad = TryText(ref json, cdr, out ReadOnlySpan<byte> node) && cdr.Node.TrySetText(node) ? null : "nFName";
            }
            else if (Is(name, "nFPLMNID"u8))
            {
                bad = TryPlmn(ref json, cdr) ? null : "nFPLMNID";
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
        while (bad is null && TryReadName(ref json, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "chargingId"u8))
            {
                bad = TryInteger(ref json, ref cdr.ChargingId, uint.MaxValue) ? null : "chargingId";
            }
            else if (Is(name, "userInformation"u8))
            {
                bad = ReadUser(ref json, cdr);
            }
            else if (Is(name, "pduSessionInformation"u8))
            {
                bad = ReadSessionInformation(ref json, cdr);
            }
            else if (Is(name, "userLocationinfo"u8))
            {
                bad = TryRaw(ref json, request, out ReadOnlySpan<byte> location) && cdr.Location.TrySet(location)
                    ? null
                    : "userLocationinfo";
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
        while (bad is null && TryReadName(ref json, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "servedGPSI"u8))
            {
                bad = TryText(ref json, cdr, out ReadOnlySpan<byte> gpsi)
                    && (!gpsi.StartsWith("msisdn-"u8) || cdr.Msisdn.TrySetDigits(gpsi[7..])) ? null : "servedGPSI";
            }
            else if (Is(name, "servedPEI"u8))
            {
                bad = TryText(ref json, cdr, out ReadOnlySpan<byte> pei) && cdr.Imei.TrySetText(pei) ? null : "servedPEI";
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
        while (bad is null && TryReadName(ref json, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "dnnId"u8))
            {
                bad = TryText(ref json, cdr, out ReadOnlySpan<byte> dnn) && cdr.DataNetwork.TrySetText(dnn) ? null : "dnnId";
            }
            else if (Is(name, "ratType"u8))
            {
                bad = TryText(ref json, cdr, out ReadOnlySpan<byte> rat) ? null : "ratType";
                cdr.RatType = RatTypeOf(rat);
            }
            else if (Is(name, "pduSessionID"u8))
            {
                long session = 0;
                bad = TryInteger(ref json, ref session, 255) && cdr.Session.TrySet(json.ValueSpan) ? null : "pduSessionID";
            }
            else if (Is(name, "servingCNPlmnId"u8))
            {
                cdr.ServingPlmn.Clear();
                bad = TryPlmn(ref json, cdr) ? null : "servingCNPlmnId";
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

    private static string? ReadAddress(ref Utf8JsonReader json, UsageCdr cdr)
    {
        string? bad = IsObject(ref json) ? null : "pduAddress";
        while (bad is null && TryReadName(ref json, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "pduIPv4Address"u8) || Is(name, "pduIPv6AddresswithPrefix"u8))
            {
                bad = TryText(ref json, cdr, out ReadOnlySpan<byte> address) && cdr.ServedAddress.TrySetText(address) ? null : "pduAddress";
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
            int firstPart = cdr.PartCount;
            while (TryReadName(ref json, out ReadOnlySpan<byte> name))
            {
                string? bad = null;
                if (Is(name, "ratingGroup"u8))
                {
                    bad = TryInteger(ref json, ref group, uint.MaxValue) ? null : "ratingGroup";
                }
                else if (Is(name, "usedUnitContainer"u8))
                {
                    bad = ReadContainers(ref json, cdr);
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
        }

        return json.TokenType == JsonTokenType.EndArray ? null : "multipleUnitUsage";
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
            while (TryReadName(ref json, out ReadOnlySpan<byte> name))
            {
                if (ReadContainerMember(ref json, name, cdr, ref part) is { } bad)
                {
                    return bad;
                }
            }
        }

        return json.TokenType == JsonTokenType.EndArray ? null : "usedUnitContainer";
    }

    private static string? ReadContainerMember(ref Utf8JsonReader json, scoped ReadOnlySpan<byte> name, UsageCdr cdr, ref UsagePart part)
    {
        if (Is(name, "serviceId"u8))
        {
            return TryInteger(ref json, ref part.ServiceIdentifier, uint.MaxValue) ? null : "serviceId";
        }

        if (Is(name, "localSequenceNumber"u8))
        {
            return TryInteger(ref json, ref part.LocalSequenceNumber, uint.MaxValue) ? null : "localSequenceNumber";
        }

        if (Is(name, "time"u8))
        {
            return TryInteger(ref json, ref part.DurationSeconds, uint.MaxValue) ? null : "time";
        }

        if (Is(name, "totalVolume"u8))
        {
            return TryInteger(ref json, ref part.TotalOctets) ? null : "totalVolume";
        }

        if (Is(name, "uplinkVolume"u8))
        {
            return TryInteger(ref json, ref part.UplinkOctets) ? null : "uplinkVolume";
        }

        if (Is(name, "downlinkVolume"u8))
        {
            return TryInteger(ref json, ref part.DownlinkOctets) ? null : "downlinkVolume";
        }

        if (Is(name, "triggerTimestamp"u8))
        {
            return TryTime(ref json, cdr, ref part.End) ? null : "triggerTimestamp";
        }

        if (Is(name, "pDUContainerInformation"u8))
        {
            return ReadContainerInformation(ref json, cdr, ref part);
        }

        Skip(ref json, cdr);
        return null;
    }

    private static string? ReadContainerInformation(ref Utf8JsonReader json, UsageCdr cdr, ref UsagePart part)
    {
        string? bad = IsObject(ref json) ? null : "pDUContainerInformation";
        while (bad is null && TryReadName(ref json, out ReadOnlySpan<byte> name))
        {
            if (Is(name, "timeofFirstUsage"u8))
            {
                bad = TryTime(ref json, cdr, ref part.Start) ? null : "timeofFirstUsage";
            }
            else if (Is(name, "timeofLastUsage"u8))
            {
                bad = TryTime(ref json, cdr, ref part.End) ? null : "timeofLastUsage";
            }
            else if (Is(name, "rATType"u8))
            {
                bad = TryText(ref json, cdr, out ReadOnlySpan<byte> rat) ? null : "rATType";
                part.RatType = RatTypeOf(rat);
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

    private static bool TryPlmn(ref Utf8JsonReader json, UsageCdr cdr)
    {
        Span<byte> digits = stackalloc byte[8];
        int mcc = 0, mnc = 0;
        if (!IsObject(ref json))
        {
            return false;
        }

        while (TryReadName(ref json, out ReadOnlySpan<byte> name))
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

        return mcc == 3 && mnc is 2 or 3 && cdr.ServingPlmn.TrySetDigits(digits[..(mcc + mnc)]);
    }

    private static bool TryTime(ref Utf8JsonReader json, UsageCdr cdr, ref CdrTime field)
    {
        Span<char> characters = stackalloc char[40];
        if (!TryText(ref json, cdr, out ReadOnlySpan<byte> text) || text.Length > characters.Length || !Ascii.IsValid(text)
            || !CdrTime.TryParseIso(characters[..Encoding.ASCII.GetChars(text, characters)], out CdrTime time))
        {
            return false;
        }

        field = time;
        return true;
    }

    private static bool TryInteger(ref Utf8JsonReader json, ref long field, long maximum = long.MaxValue)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out long value) || value < 0 || value > maximum)
        {
            return false;
        }

        field = value;
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

    private static bool TryReadName(ref Utf8JsonReader json, out ReadOnlySpan<byte> name)
    {
        bool isName = json.Read() && json.TokenType == JsonTokenType.PropertyName;
        name = isName ? json.ValueSpan : default;
        return isName;
    }

    private static bool IsObject(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.StartObject;

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> expected) => Ascii.EqualsIgnoreCase(name, expected);

    private static void Skip(ref Utf8JsonReader json, UsageCdr cdr)
    {
        json.Skip();
        cdr.SkippedFields++;
    }
}
