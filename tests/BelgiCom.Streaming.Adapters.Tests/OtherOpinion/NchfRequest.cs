using System.Text.Json;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>ChargingDataRequest of Nchf_ConvergedCharging (TS 32.291 6.1.6.2.1.1): one body.</summary>
internal static class NchfRequest
{
    private const string Msisdn = "msisdn-";
    private const string Imsi = "imsi-";

    public static OtherRecord Read(JsonElement body)
    {
        JsonElement? session = body.At("pDUSessionChargingInformation");
        JsonElement? information = session?.At("pduSessionInformation");
        JsonElement? message = body.At("sMSChargingInformation");
        string?[] subscribers = [
            body.Text("subscriberIdentifier"), session?.Text("userInformation", "servedGPSI"),
            message?.Text("originatorInfo", "originatorSUPI"), message?.Text("originatorInfo", "originatorGPSI")];
        OtherRecord record = new()
        {
            Form = "nchf",
            Msisdn = After(Msisdn, subscribers),
            Imsi = After(Imsi, subscribers),
            Consumer = body.Text("nfConsumerIdentification", "nFName"),
            ChargingId = session?.Integer("chargingId"),
            PduSession = information?.Integer("pduSessionID"),
            RecordSequence = body.Integer("invocationSequenceNumber"),
            Opened = body.Time("invocationTimeStamp"),
            IsMessage = message is not null,
            IsCall = (body.At("iMSChargingInformation") ?? body.At("mMTelChargingInformation")) is not null,
        };
        string? plmn = CdrValues.Plmn(information?.At("servingCNPlmnId"));
        string? plmnOfPlace = CdrValues.PlmnOfLocation(session?.At("userLocationinfo"));
        string? plmnOfFunction = PlmnOfFunction(information?.At("servingNetworkFunctionID"));
        record.Parts.AddRange(
            from usage in body.Items("multipleUnitUsage")
            from used in usage.Items("usedUnitContainer")
            let container = used.At("pDUContainerInformation")
            let first = container?.Time("timeofFirstUsage")
            let last = container?.Time("timeofLastUsage")
            let closed = used.Time("triggerTimestamp")
            select new OtherPart(record)
            {
                RatingGroup = usage.Integer("ratingGroup"),
                ServiceId = used.Integer("serviceId"),
                Seconds = used.Integer("time"),
                Closed = closed,
                Total = used.Integer("totalVolume"),
                Uplink = used.Integer("uplinkVolume"),
                Downlink = used.Integer("downlinkVolume"),
                Units = used.Integer("serviceSpecificUnits"),
                LocalSequence = used.Integer("localSequenceNumber"),
                FirstUsage = first,
                LastUsage = last,

                // The request's own time is that of the attempt to send it, so any time that the usage names comes first.
                Start = first ?? last ?? closed ?? record.Opened,
                ServingPlmn = plmn ?? CdrValues.PlmnOfLocation(container?.At("userLocationInformation")) ?? plmnOfPlace
                    ?? PlmnOfFunction(container?.At("servingNodeID")) ?? plmnOfFunction
                    ?? record.Visited(CdrValues.Plmn(body.At("nfConsumerIdentification")?.At("nFPLMNID"))),
            });
        return record.Judged();
    }

    private static string? After(string prefix, string?[] subscribers) =>
        subscribers.FirstOrDefault(subscriber => subscriber?.StartsWith(prefix, StringComparison.Ordinal) == true)?[prefix.Length..];

    /// <summary>The PLMN of the function that serves, which is the visited network's when the traffic is routed home.</summary>
    private static string? PlmnOfFunction(JsonElement? functions) =>
        CdrValues.Plmn((functions is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 ? list[0] : functions)
            ?.At("servingNetworkFunctionInformation", "nFPLMNID"));
}
