using System.Globalization;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// What a subscriber has, as the buckets of TMF654 v4: its money, each bundle, and what is left of each limit. Members that TMF654 does not
/// have stand beside its own: <c>grantedValue</c>, <c>usedValue</c>, and of a limit <c>limitValue</c> and the two bases.
/// </summary>
internal sealed class BucketAnswers
{
    private readonly SubscriberRef _subscriber;
    private readonly MoneyBalance? _money;
    private readonly SubscriberBalances? _balances;

    public BucketAnswers(SubscriberRef subscriber, MoneyBalance? money, SubscriberBalances? balances) =>
        (_subscriber, _money, _balances) = (subscriber, money, balances);

    /// <summary>All buckets, as an array.</summary>
    public void WriteAll(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        WriteBuckets(json, id: null);
        json.WriteEndArray();
    }

    /// <summary>Writes the bucket of an id; false, with nothing written, when there is none.</summary>
    public bool TryWrite(Utf8JsonWriter json, string id) => WriteBuckets(json, id) > 0;

    /// <summary>The sum of the buckets of each kind of usage, as an array of AccumulatedBalance. What is endless has no sum.</summary>
    public void WriteSums(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        if (_money is { } money)
        {
            string[] bucket = [BalanceAnswers.MoneyBucketOf(_subscriber)];
            WriteSum(json, "monetary", bucket, Nanos.ToDecimal(money.Nanos), money.Currency.ToString());
        }

        foreach (IGrouping<UsageKind, BundleBalance> kind in (_balances?.Bundles ?? [])
            .Where(bundle => bundle.Left is not null).GroupBy(bundle => bundle.Kind).OrderBy(kind => kind.Key))
        {
            (string type, string units) = OfKind(kind.Key);
            WriteSum(json, type, [.. kind.Select(IdOf)], kind.Sum(bundle => (decimal)bundle.Left!.Value), units);
        }

        json.WriteEndArray();
    }

    private int WriteBuckets(Utf8JsonWriter json, string? id)
    {
        int count = 0;
        string own = BalanceAnswers.MoneyBucketOf(_subscriber);
        if (_money is { } money && (id is null || id == own))
        {
            count++;
            Begin(json, own, "Prepaid money", "monetary", isShared: false);
            BalanceAnswers.WriteQuantity(json, "remainingValue"u8, Nanos.ToDecimal(money.Nanos), money.Currency.ToString());
            BalanceAnswers.WriteQuantity(json, "reservedValue"u8, Nanos.ToDecimal(money.HeldNanos), money.Currency.ToString());
            json.WriteEndObject();
        }

        foreach (BundleBalance bundle in (_balances?.Bundles ?? []).Where(bundle => id is null || id == IdOf(bundle)))
        {
            count++;
            Write(json, bundle);
        }

        foreach (LimitBalance limit in (_balances?.Limits ?? []).Where(limit => id is null || id == IdOf(limit)))
        {
            count++;
            Write(json, limit, _balances!);
        }

        return count;
    }

    private void Write(Utf8JsonWriter json, BundleBalance bundle)
    {
        (string type, string units) = OfKind(bundle.Kind);
        Begin(json, IdOf(bundle), bundle.Name, type, bundle.IsShared);
        WriteProduct(json);
        if (bundle is { Left: { } left, Granted: { } granted })
        {
            BalanceAnswers.WriteQuantity(json, "remainingValue"u8, left, units);
            BalanceAnswers.WriteQuantity(json, "grantedValue"u8, granted, units);
        }

        BalanceAnswers.WriteQuantity(json, "reservedValue"u8, bundle.Held, units);
        BalanceAnswers.WriteQuantity(json, "usedValue"u8, bundle.Used, units);
        if (bundle.FairUse is { } fairUse)
        {
            BalanceAnswers.WriteQuantity(json, "fairUseValue"u8, fairUse.Volume, units);
            BalanceAnswers.WriteQuantity(json, "fairUseUsedValue"u8, fairUse.Used, units);
        }

        WritePeriod(json, bundle.From, bundle.To);
        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, LimitBalance limit, SubscriberBalances balances)
    {
        string currency = balances.Currency.ToString();
        Begin(json, IdOf(limit), limit.Id, "monetary", isShared: false);
        json.WriteString("@type"u8, "SpendLimitBucket"u8);
        json.WriteString("scope"u8, limit.Scope.ToString());
        WriteProduct(json);
        long left = Math.Max(0, limit.ReachedFromNanos - limit.SpentNanos);
        BalanceAnswers.WriteQuantity(json, "remainingValue"u8, Nanos.ToDecimal(left), currency);
        BalanceAnswers.WriteQuantity(json, "usedValue"u8, Nanos.ToDecimal(limit.SpentNanos), currency);
        json.WriteString("usedBasis"u8, balances.Basis.ToString());
        BalanceAnswers.WriteQuantity(json, "limitValue"u8, Nanos.ToDecimal(limit.AmountNanos), currency);
        json.WriteString("limitBasis"u8, limit.Basis.ToString());
        json.WriteBoolean("isChosen"u8, limit.IsChosen);
        WritePeriod(json, balances.MonthFrom, balances.MonthTo);
        json.WriteEndObject();
    }

    private void Begin(Utf8JsonWriter json, string id, string name, string usageType, bool isShared)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("href"u8, $"{BalanceAnswers.Root}/bucket/{Uri.EscapeDataString(id)}");
        json.WriteString("name"u8, name);
        json.WriteString("usageType"u8, usageType);
        json.WriteBoolean("isShared"u8, isShared);
        json.WriteString("status"u8, "active"u8);
        BalanceAnswers.WriteResource(json, _subscriber);
    }

    private void WriteProduct(Utf8JsonWriter json)
    {
        json.WriteStartArray("product"u8);
        json.WriteStartObject();
        json.WriteString("id"u8, _balances!.OfferingVersion);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>Writes from when until when something is valid.</summary>
    public static void WritePeriod(Utf8JsonWriter json, DateTimeOffset? from, DateTimeOffset? to)
    {
        json.WriteStartObject("validFor"u8);
        if (from is { } begin)
        {
            json.WriteString("startDateTime"u8, begin.UtcDateTime);
        }

        if (to is { } end)
        {
            json.WriteString("endDateTime"u8, end.UtcDateTime);
        }

        json.WriteEndObject();
    }

    private void WriteSum(Utf8JsonWriter json, string usageType, IReadOnlyList<string> buckets, decimal sum, string units)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, $"{_subscriber}-{usageType}");
        json.WriteString("name"u8, usageType);
        json.WriteStartArray("bucket"u8);
        foreach (string bucket in buckets)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, bucket);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        BalanceAnswers.WriteQuantity(json, "totalBalance"u8, sum, units);
        json.WriteStartObject("logicalResource"u8);
        json.WriteString("id"u8, _subscriber.ToString());
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private string IdOf(BundleBalance bundle) => bundle.TopUp is { } number
        ? IdOf(_subscriber, bundle.Name, number)
        : $"{_subscriber}-bundle-{bundle.Name}";

    /// <summary>Id of the bucket of a bundle that a top-up brought.</summary>
    public static string IdOf(SubscriberRef subscriber, string bundle, long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{subscriber}-topup-{number}-{bundle}");

    private string IdOf(LimitBalance limit) => $"{_subscriber}-limit-{limit.Id}";

    /// <summary>How TMF654 names a kind of usage, and the unit of its bundles.</summary>
    public static (string UsageType, string Units) OfKind(UsageKind kind) => kind switch
    {
        UsageKind.Data => ("data", "octet"),
        UsageKind.Voice => ("voice", "second"),
        UsageKind.Sms => ("sms", "message"),
        _ => ("other", "unit"),
    };
}
