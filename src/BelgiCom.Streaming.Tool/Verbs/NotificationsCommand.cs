using System.CommandLine;
using System.Globalization;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using Microsoft.AspNetCore.Builder;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>notifications list</c>: the proof of what customers were sent and when, from the ledger. Each row names the record by which the
/// message was ordered, and the time at which the broker took it.
/// </summary>
internal static class NotificationsCommand
{
    private const int MostDefault = 1000;
    private const decimal PermillePerPercent = 10;

    public static Command Create() => new("notifications", "Show what customers were sent, and prove it.") { List() };

    private static Command List()
    {
        Option<string?> account = new("--account") { Description = "Billing account." };
        Option<string?> subscriber = new("--subscriber-ref") { Description = "Reference of the subscriber, 32 hexadecimal digits." };
        Option<DateTimeOffset?> from = new("--from")
        {
            Description = "First instant at which the broker took the message.",
            CustomParser = CommonOptions.Instant,
        };
        Option<DateTimeOffset?> to = new("--to")
        {
            Description = "First instant after.",
            CustomParser = CommonOptions.Instant,
        };
        Option<int> most = new("--most") { Description = "Most messages to show.", DefaultValueFactory = _ => MostDefault };
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        Command command = new(
            "list",
            "Show the messages, oldest first: limit and law, amount and spend with their VAT, what was ordered, the usage that reached it, "
            + "and topic, partition, offset and time of the record.")
        {
            account, subscriber, from, to, most, data, json,
        };
        command.SetAction(result => Execute(
            new NotificationFilter(
                result.GetValue(account), ReferencesOf(result.GetValue(subscriber)), result.GetValue(from), result.GetValue(to)),
            Math.Max(1, result.GetValue(most)), result.GetRequiredValue(data), result.GetValue(json)));
        return command;
    }

    private static SubscriberRef[] ReferencesOf(string? text)
    {
        if (text is null)
        {
            return [];
        }

        return text.Length == 2 * SubscriberRef.Size && text.All(char.IsAsciiHexDigit)
            ? [SubscriberRef.FromBytes(Convert.FromHexString(text))]
            : throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"--subscriber-ref has {2 * SubscriberRef.Size} hexadecimal digits, as a notification shows it");
    }

    private static int Execute(NotificationFilter filter, int most, string data, bool json)
    {
        using DataFolder folder = DataFolder.Open(data);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        BillingOptions billing = builder.AddValidatedOptions<BillingOptions>(BillingOptions.Section);
        builder.ThrowOnFaults();
        using BillingLedger ledger = BillingLedger.Open(billing, TimeProvider.System);

        // One more than asked for tells whether there are more.
        IReadOnlyList<NotificationRecord> found = ledger.Notifications(filter, most + 1);
        NotificationRecord[] shown = [.. found.Take(most)];
        Answer.Print(
            json,
            new { ledger = ledger.Location, isCutOff = found.Count > most, notifications = shown.Select(ToJson) },
            shown.Length == 0 ? [] : [ToTable(shown)],
            $"{shown.Length:N0} messages in {ledger.Location}"
            + (found.Count > most ? $"; there are more: give --most, or narrow it by --account, --from and --to" : ""));
        return WorkerHost.ExitDone;
    }

    private static object ToJson(NotificationRecord record)
    {
        CustomerNotification sent = record.Notification;
        return new
        {
            notificationId = sent.NotificationId.ToString(),
            subscriberRef = sent.SubscriberRef.ToString(),
            sent.Account,
            kind = sent.Kind.ToString(),
            sent.Limit,
            scope = sent.Scope.ToString(),
            sent.LimitAmount,
            limitBasis = sent.LimitBasis.ToString(),
            sent.IsChosen,
            sent.Permille,
            sent.Notification,
            action = sent.Action.ToString(),
            period = sent.PeriodStart,
            spend = sent.Amount,
            spendBasis = sent.SpendBasis.ToString(),
            sent.VatPermille,
            sent.Currency,
            sent.LegalBasis,
            sent.Offering,
            sent.OfferingVersion,
            usageId = sent.UsageId.ToString(),
            usageTime = sent.EventTime,
            orderedAt = record.BrokerTime,
            record.Topic,
            record.Partition,
            record.Offset,
        };
    }

    private static Table ToTable(IEnumerable<NotificationRecord> records)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumns(
            "ordered at (broker, UTC)", "account", "message", "limit", "spend", "month", "legal basis", "usage", "record");
        foreach (NotificationRecord record in records)
        {
            CustomerNotification sent = record.Notification;
            bool isOfLimit = sent.Limit.Length > 0;
            string[] cells =
            [
                $"{record.BrokerTime:yyyy-MM-dd HH:mm:ss}",
                sent.Account,
                isOfLimit ? $"{sent.Notification}: {WordOf(sent.Action)}" : $"{sent.Kind}",
                isOfLimit
                    ? $"{sent.Limit} {Amount(sent.LimitAmount ?? 0)} {sent.Currency} {BasisOf(sent.LimitBasis)} at "
                        + $"{(sent.Permille / PermillePerPercent).ToString(CultureInfo.InvariantCulture)} %"
                        + (sent.IsChosen ? ", chosen by the customer" : "")
                    : "",
                isOfLimit ? $"{Amount(sent.Amount)} {sent.Currency} {BasisOf(sent.SpendBasis)}" : "",
                $"{sent.PeriodStart:yyyy-MM}",
                sent.LegalBasis,
                $"{sent.UsageId} of {sent.EventTime:yyyy-MM-dd HH:mm:ss}",
                $"{record.Topic}[{record.Partition}]@{record.Offset}",
            ];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }

        return table;
    }

    private static string WordOf(LimitAction action) => action switch
    {
        LimitAction.CutOff => "stop the service",
        LimitAction.Warn => "warn",
        _ => "message",
    };

    private static string BasisOf(PriceBasis basis) => basis == PriceBasis.Gross ? "with VAT" : "without VAT";

    private static string Amount(decimal amount) => amount.ToString("0.00#######", CultureInfo.InvariantCulture);
}
