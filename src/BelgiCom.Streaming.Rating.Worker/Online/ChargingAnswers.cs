using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Bodies of answers: ChargingDataResponse (TS 32.291 clause 6.1.6.2.2).</summary>
internal static class ChargingAnswers
{
    /// <summary>Writes a ChargingDataResponse.</summary>
    /// <param name="json">Takes it.</param>
    /// <param name="sequence">invocationSequenceNumber.</param>
    /// <param name="grants">Quotas.</param>
    /// <param name="now">When it is answered.</param>
    /// <param name="redirect">Page to which data is redirected behind the final unit; null to end the service.</param>
    public static void Write(
        Utf8JsonWriter json, long sequence, IReadOnlyList<QuotaGrant> grants, DateTimeOffset now, string? redirect)
    {
        json.WriteStartObject();
        json.WriteString("invocationTimeStamp"u8, now.UtcDateTime);
        json.WriteNumber("invocationSequenceNumber"u8, sequence);
        if (grants.Count > 0)
        {
            json.WriteStartArray("multipleUnitInformation"u8);
            foreach (QuotaGrant grant in grants)
            {
                Write(json, in grant, now, redirect);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, in QuotaGrant grant, DateTimeOffset now, string? redirect)
    {
        QuotaAnswer answer = grant.Answer;
        json.WriteStartObject();
        json.WriteString("resultCode"u8, answer.Result switch
        {
            QuotaResult.Granted => "SUCCESS"u8,
            QuotaResult.QuotaLimitReached => "QUOTA_LIMIT_REACHED"u8,
            _ => "RATING_FAILED"u8,
        });
        if (grant.RatingGroup >= 0)
        {
            json.WriteNumber("ratingGroup"u8, grant.RatingGroup);
        }

        if (answer.Result == QuotaResult.Granted)
        {
            json.WriteStartObject("grantedUnit"u8);
            json.WriteNumber(
                grant.Unit switch
                {
                    PriceUnit.Octet => "totalVolume"u8,
                    PriceUnit.Second => "time"u8,
                    _ => "serviceSpecificUnits"u8,
                },
                answer.GrantedUnits);
            json.WriteEndObject();
            if (answer.ValidUntilMilliseconds < long.MaxValue)
            {
                long left = answer.ValidUntilMilliseconds - now.ToUnixTimeMilliseconds();
                json.WriteNumber("validityTime"u8, Math.Max(0, left / 1000));
            }
        }

        if (answer.IsFinalUnit)
        {
            // A call or a message can go to no page.
            bool isRedirected = redirect is not null && grant.Kind == UsageKind.Data;
            json.WriteStartObject("finalUnitIndication"u8);
            json.WriteString("finalUnitAction"u8, isRedirected ? "REDIRECT"u8 : "TERMINATE"u8);
            if (isRedirected)
            {
                json.WriteStartObject("redirectServer"u8);
                json.WriteString("redirectAddressType"u8, "URL"u8);
                json.WriteString("redirectServerAddress"u8, redirect);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
