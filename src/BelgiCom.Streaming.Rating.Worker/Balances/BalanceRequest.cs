using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// A request of TMF654 v4 (Prepay Balance Management): TopupBalance, AdjustBalance or TransferBalance. What it says is done as it says it,
/// or refused: a member that would mean something else than we do is never passed over.
/// </summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Subscriber">Whose money.</param>
/// <param name="AmountNanos">How much, above 0.</param>
/// <param name="Currency">Its currency.</param>
/// <param name="Reason">The reason it gives; empty for none.</param>
/// <param name="Receiver">Who gets a transfer.</param>
internal sealed partial record BalanceRequest(
    BalanceOperationKind Kind, SubscriberRef Subscriber, long AmountNanos, Currency Currency, string Reason, SubscriberRef Receiver)
{
    private const int MaxDigitsOfReason = 8;

    // Members of the three requests that TMF654 has and that we cannot do. Others are nobody's, and are not repeated in an answer.
    private static readonly string[] Unsupported =
    [
        "balanceTopup", "bucket", "channel", "costOwner", "description", "isAutoTopup", "numberOfPeriods", "partyAccount", "payment",
        "paymentMethod", "product", "receiver", "receiverBucket", "receiverBucketUsageType", "receiverProduct", "recurringPeriod",
        "relatedParty", "requestedDate", "requestor", "transferCost", "validFor", "voucher",
    ];

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>Reads a request.</summary>
    /// <param name="resource">"topupBalance", "adjustBalance" or "transferBalance".</param>
    /// <param name="body">Its body.</param>
    /// <param name="pseudonyms">Makes references of numbers.</param>
    /// <param name="request">The request.</param>
    /// <returns>What is wrong with it, without repeating its values; null when nothing is.</returns>
    public static string? Read(string resource, byte[] body, SubscriberPseudonymizer pseudonyms, out BalanceRequest? request)
    {
        request = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(resource, document.RootElement, pseudonyms, out request)
                : "The body is no JSON object.";
        }
        catch (JsonException)
        {
            return "The body is no JSON, or names a member twice.";
        }
        catch (InvalidOperationException)
        {
            // A text with half a surrogate pair.
            return "The body has a text that is none.";
        }
    }

    /// <summary>
    /// The subscriber that an id names: an MSISDN in international form with or without '+' or "msisdn-", "imsi-" and an IMSI, or a
    /// reference of 32 hexadecimal digits.
    /// </summary>
    public static bool TryReadSubscriber(string id, SubscriberPseudonymizer pseudonyms, out SubscriberRef subscriber)
    {
        subscriber = default;
        if (Reference().IsMatch(id))
        {
            subscriber = SubscriberRef.Parse(id);
            return !subscriber.IsZero;
        }

        bool isImsi = id.StartsWith("imsi-", StringComparison.Ordinal);
        string digits = isImsi ? id["imsi-".Length..]
            : id.StartsWith("msisdn-", StringComparison.Ordinal) ? id["msisdn-".Length..]
            : id.StartsWith('+') ? id[1..]
            : id;
        if (!Number().IsMatch(digits))
        {
            return false;
        }

        subscriber = isImsi ? pseudonyms.FromImsi(digits) : pseudonyms.FromMsisdn(digits);
        return true;
    }

    private static string? Read(string resource, JsonElement root, SubscriberPseudonymizer pseudonyms, out BalanceRequest? request)
    {
        request = null;
        bool isTransfer = resource == "transferBalance";
        bool isAdjustment = resource == "adjustBalance";
        JsonElement amount = default;
        SubscriberRef subscriber = default;
        SubscriberRef receiver = default;
        string reason = "";
        foreach (JsonProperty member in root.EnumerateObject())
        {
            switch (member.Name)
            {
                case "amount" when member.Value.ValueKind == JsonValueKind.Object:
                    amount = member.Value;
                    break;
                case "logicalResource" when member.Value.ValueKind == JsonValueKind.Array && member.Value.GetArrayLength() == 1:
                    if (!TryReadResource(member.Value[0], pseudonyms, out subscriber))
                    {
                        return "logicalResource names no subscriber: its id is an MSISDN, 'imsi-' and an IMSI, or a reference.";
                    }

                    break;
                case "receiverLogicalResource" when isTransfer:
                    if (!TryReadResource(member.Value, pseudonyms, out receiver))
                    {
                        return "receiverLogicalResource names no subscriber: its id is an MSISDN, 'imsi-' and an IMSI, or a reference.";
                    }

                    break;
                case "reason" when member.Value.ValueKind == JsonValueKind.String:
                    reason = member.Value.GetString()!;
                    break;
                case "usageType" when member.Value.ValueKind == JsonValueKind.String && member.Value.ValueEquals("monetary"u8):
                case "adjustType" when isAdjustment && member.Value.ValueKind == JsonValueKind.String
                    && member.Value.ValueEquals("oneTime"u8):
                case "@type":
                case "@baseType":
                case "@schemaLocation":
                    break;
                case "amount" or "logicalResource" or "reason" or "usageType" or "adjustType":
                    return $"{member.Name} has not the form that it needs.";
                default:
                    return Unsupported.Contains(member.Name)
                        ? $"{member.Name} is not supported; leave it away."
                        : "There is a member that the request does not have.";
            }
        }

        if (subscriber.IsZero)
        {
            return "logicalResource is missing.";
        }

        if (isTransfer && receiver.IsZero)
        {
            return "receiverLogicalResource is missing.";
        }

        if (subscriber == receiver)
        {
            return "A transfer needs two subscribers.";
        }

        if (reason.Length > 0 && (!Code().IsMatch(reason) || reason.Count(char.IsAsciiDigit) > MaxDigitsOfReason))
        {
            return $"reason is a code of at most 40 letters, digits, '-', '_' and '.', with at most {MaxDigitsOfReason} digits: "
                + "the journal keeps it, and must name no person.";
        }

        if (isAdjustment && reason.Length == 0)
        {
            return "reason is missing.";
        }

        if (ReadAmount(amount, isAdjustment, out long nanos, out Currency currency) is { } fault)
        {
            return fault;
        }

        BalanceOperationKind kind = isTransfer ? BalanceOperationKind.TransferOut
            : !isAdjustment ? BalanceOperationKind.TopUp
            : nanos < 0 ? BalanceOperationKind.Debit
            : BalanceOperationKind.Credit;
        request = new BalanceRequest(kind, subscriber, Math.Abs(nanos), currency, reason, receiver);
        return null;
    }

    private static string? ReadAmount(JsonElement quantity, bool maySubtract, out long nanos, out Currency currency)
    {
        nanos = 0;
        currency = default;
        if (quantity.ValueKind != JsonValueKind.Object
            || !quantity.TryGetProperty("amount"u8, out JsonElement amount)
            || !quantity.TryGetProperty("units"u8, out JsonElement units)
            || quantity.EnumerateObject().Count() != 2)
        {
            return "amount needs amount and units, and nothing else.";
        }

        currency = units.ValueKind == JsonValueKind.String ? Currency.Of(Encoding.UTF8.GetBytes(units.GetString()!)) : default;
        if (currency.IsUnknown)
        {
            return "amount.units is no ISO 4217 code.";
        }

        // The text of the number, because a binary fraction would round it.
        string text = amount.GetRawText();
        if (amount.ValueKind != JsonValueKind.Number || !Amount().IsMatch(text)
            || !Nanos.TryFromDecimal(decimal.Parse(text, NumberStyles.Number, CultureInfo.InvariantCulture), out nanos))
        {
            return "amount.amount is a JSON number of at most 9 digits before and 9 after the decimal point, without exponent.";
        }

        return nanos > 0 || (nanos < 0 && maySubtract) ? null
            : maySubtract ? "amount.amount must not be 0."
            : "amount.amount must be above 0.";
    }

    private static bool TryReadResource(JsonElement resource, SubscriberPseudonymizer pseudonyms, out SubscriberRef subscriber)
    {
        subscriber = default;
        return resource.ValueKind == JsonValueKind.Object
            && resource.TryGetProperty("id"u8, out JsonElement id)
            && id.ValueKind == JsonValueKind.String
            && TryReadSubscriber(id.GetString()!, pseudonyms, out subscriber);
    }

    [GeneratedRegex("^[0-9a-f]{32}\\z")]
    private static partial Regex Reference();

    [GeneratedRegex("^[0-9]{5,15}\\z")]
    private static partial Regex Number();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9._-]{0,39}\\z")]
    private static partial Regex Code();

    [GeneratedRegex("^-?[0-9]{1,9}(\\.[0-9]{1,9})?\\z")]
    private static partial Regex Amount();
}
