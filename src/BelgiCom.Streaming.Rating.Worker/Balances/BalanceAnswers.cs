using System.Buffers;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Resources of TMF654 v4 as we answer them. Amounts are decimal numbers, exact to the nano-unit.</summary>
internal static class BalanceAnswers
{
    /// <summary>Path below which the resources are.</summary>
    public const string Root = "/tmf-api/prepayBalanceManagement/v4";

    private static readonly SearchValues<char> HexadecimalDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether a text has nothing but digits as references have them.</summary>
    public static bool IsHexadecimal(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(HexadecimalDigits);

    /// <summary>
    /// Id of an operation towards its caller: the subscriber's reference, which says where it is, its own id, and for what came of a
    /// transfer which step it is.
    /// </summary>
    public static string IdOf(BalanceOperation operation) =>
        $"{operation.SubscriberRef}{operation.OperationId}{SuffixOf(OperationKey.Of(operation).Step)}";

    /// <summary>Reads the id of an operation; false when it is none of ours.</summary>
    public static bool TryReadId(string id, out SubscriberRef subscriber, out OperationKey key)
    {
        const int Digits = 2 * SubscriberRef.Size;
        (subscriber, key) = (default, default);
        if (id.Length < 2 * Digits || !IsHexadecimal(id.AsSpan(0, 2 * Digits)))
        {
            return false;
        }

        string suffix = id[(2 * Digits)..];
        subscriber = SubscriberRef.Parse(id[..Digits]);
        foreach (OperationStep step in Enum.GetValues<OperationStep>())
        {
            if (suffix == SuffixOf(step))
            {
                key = new OperationKey(OperationKey.ToNumber(BalanceOperationId.Parse(id[Digits..(2 * Digits)])), step);
                return true;
            }
        }

        return false;
    }

    /// <summary>The resource that an operation is.</summary>
    public static string ResourceOf(BalanceOperationKind kind) => kind switch
    {
        BalanceOperationKind.TopUp => "topupBalance",
        BalanceOperationKind.Credit or BalanceOperationKind.Debit => "adjustBalance",
        _ => "transferBalance",
    };

    private static string SuffixOf(OperationStep step) => step switch
    {
        OperationStep.In => "-in",
        OperationStep.Back => "-back",
        _ => "",
    };

    /// <summary>Id of the bucket with a subscriber's money.</summary>
    public static string MoneyBucketOf(SubscriberRef subscriber) => $"{subscriber}-money";

    /// <summary>Writes an operation as the TopupBalance, AdjustBalance or TransferBalance that it is.</summary>
    /// <param name="json">Where.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="status">ActionStatusType: "created" while a transfer is on its way, "completed", or "failed" when it came back.</param>
    public static void Write(Utf8JsonWriter json, BalanceOperation operation, string status)
    {
        string id = IdOf(operation);
        bool isTaken = operation.Kind == BalanceOperationKind.Debit;
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("href"u8, $"{Root}/{ResourceOf(operation.Kind)}/{id}");
        json.WriteString("status"u8, status);
        WriteQuantity(json, "amount"u8, isTaken ? -operation.Amount : operation.Amount, operation.Currency);
        WriteResource(json, operation.SubscriberRef);
        if (!operation.Counterpart.IsZero)
        {
            json.WriteStartObject("receiverLogicalResource"u8);
            json.WriteString("id"u8, operation.Counterpart.ToString());
            json.WriteEndObject();
        }

        json.WriteStartObject("bucket"u8);
        json.WriteString("id"u8, MoneyBucketOf(operation.SubscriberRef));
        json.WriteEndObject();
        json.WriteString("usageType"u8, "monetary"u8);
        if (operation.Reason.Length > 0)
        {
            json.WriteString("reason"u8, operation.Reason);
        }

        json.WriteStartObject("requestor"u8);
        json.WriteString("id"u8, operation.Caller);
        json.WriteEndObject();
        json.WriteString("confirmationDate"u8, operation.At.UtcDateTime);

        // What TMF654 does not have: what it was to this subscriber, and the balance before and after it, as the journal has them.
        json.WriteString("kind"u8, operation.Kind.ToString());
        WriteQuantity(json, "balanceBefore"u8, operation.Before, operation.Currency);
        WriteQuantity(json, "balanceAfter"u8, operation.After, operation.Currency);
        if (operation.Bundles.Count > 0)
        {
            json.WriteStartArray("broughtBucket"u8);
            foreach (BroughtBundle bundle in operation.Bundles)
            {
                (string type, string units) = BucketAnswers.OfKind(bundle.Kind);
                json.WriteStartObject();
                json.WriteString("id"u8, BucketAnswers.IdOf(operation.SubscriberRef, bundle.Id, bundle.Number));
                json.WriteString("name"u8, bundle.Id);
                json.WriteString("usageType"u8, type);
                if (bundle.Units > 0)
                {
                    WriteQuantity(json, "grantedValue"u8, bundle.Units, units);
                }

                BucketAnswers.WritePeriod(json, bundle.ValidFrom, bundle.ValidTo);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes an amount with its unit.</summary>
    public static void WriteQuantity(Utf8JsonWriter json, ReadOnlySpan<byte> name, decimal amount, string units)
    {
        json.WriteStartObject(name);
        json.WriteNumber("amount"u8, amount);
        json.WriteString("units"u8, units);
        json.WriteEndObject();
    }

    /// <summary>Writes whose it is: the pseudonym, never the number.</summary>
    public static void WriteResource(Utf8JsonWriter json, SubscriberRef subscriber)
    {
        json.WriteStartArray("logicalResource"u8);
        json.WriteStartObject();
        json.WriteString("id"u8, subscriber.ToString());
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
