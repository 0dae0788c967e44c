using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>bill close</c> closes a month in the ledger: usage, fees, discounts, commitments, VAT. <c>bill show</c> shows the bills of a close.
/// </summary>
internal static class BillCommand
{
    // Bills that a person sees; --json has all.
    private const int BillsShown = 20;

    public static Command Create() => new("bill", "Close a month, or show the bills of a close.") { Close(), Show() };

    private static Command Close()
    {
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        Option<int> period = new("--period") { Description = "The month, such as 202611.", Required = true, CustomParser = Month };
        Option<string> catalogue = CatalogueCommand.Folder();
        Option<string?> subscriptions = new("--subscriptions")
        {
            Description = "All subscriptions, CSV or JSON lines. Default: those that are published.",
        };
        Option<bool> dryRun = new("--dry-run") { Description = "Only show the bills, also of a month that is not over; nothing is kept." };
        Command command = new(
            "close",
            "Bill the usage of a month and late usage of earlier ones, fees, discounts and commitments: all that no close has billed. Exit "
            + "code 1 when the month is not over, or terms that are needed are not there.")
        {
            period, catalogue, subscriptions, dryRun, data, json,
        };
        command.SetAction((result, cancellationToken) => CloseAsync(
            result.GetValue(period), result.GetRequiredValue(catalogue), result.GetValue(subscriptions), result.GetValue(dryRun),
            result.GetRequiredValue(data), result.GetValue(json), cancellationToken));
        return command;
    }

    private static Command Show()
    {
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        Option<long?> close = new("--close") { Description = "Number of the close. Default: the newest." };
        Option<string?> account = new("--account") { Description = "One account. Default: all." };
        Option<string?> exchange = new("--exchange")
        {
            Description = "Show amounts in another currency, too, each converted once by a rate that is named, such as EUR/USD=1.0837.",
        };
        Command command = new("show", "Show the bills of a close: lines, how each was computed, VAT, totals.")
        {
            close, account, exchange, data, json,
        };
        command.SetAction(result =>
        {
            using DataFolder folder = DataFolder.Open(result.GetRequiredValue(data));
            using BillingLedger ledger = OpenLedger(folder);
            long number = result.GetValue(close) ?? ledger.NewestClose()
                ?? throw new ToolException(WorkerHost.ExitConfiguration, "no month was closed: belgicom bill close");
            BillAnswer answer = new(BillAnswer.Rate(result.GetValue(exchange)));
            string? only = result.GetValue(account);
            IReadOnlyList<Bill> bills = [.. ledger.Bills(number).Where(bill => only is null || bill.Account == only)];
            Answer.Print(
                result.GetValue(json),
                new { close = number, bills = bills.Select(answer.ToJson) },
                bills.Take(BillsShown).SelectMany(answer.Tables),
                [
                    .. BillAnswer.TotalLines(bills),
                    $"close {number.ToString(CultureInfo.InvariantCulture)}: {bills.Count:N0} bills{NotShown(bills.Count)}",
                ]);
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static async Task<int> CloseAsync(
        int period, string catalogue, string? subscriptions, bool dryRun, string data, bool json, CancellationToken cancellationToken)
    {
        CatalogueContent content = CatalogueFolder.Read(catalogue);
        using DataFolder folder = DataFolder.Open(data);
        ClosingTerms terms = new(
            content.Editions.Select(edition => edition.PeriodTerms()),
            subscriptions is null
                ? await PublishedAsync(folder, content.Versions, cancellationToken)
                : Read(folder, subscriptions, [.. content.Versions.Select(version => version.Offering)]));
        using BillingLedger ledger = OpenLedger(folder);
        BillClose close;
        IReadOnlyList<Bill> bills;
        if (dryRun)
        {
            (close, bills) = ledger.TryClose(period, terms);
        }
        else
        {
            close = ledger.Close(period, terms);
            bills = close.Number == 0 ? [] : ledger.Bills(close.Number);
        }

        BillAnswer answer = new(rate: null);
        Answer.Print(
            json,
            new
            {
                close = dryRun ? 0 : close.Number,
                period,
                dryRun,
                close.Lines,
                close.UsageEvents,
                totals = BillAnswer.Totals(bills),
                bills = dryRun ? bills.Select(answer.ToJson) : [],
            },
            dryRun ? bills.Take(BillsShown).SelectMany(answer.Tables) : [],
            [.. BillAnswer.TotalLines(bills), Sentence(close, dryRun, bills.Count)]);
        return WorkerHost.ExitDone;
    }

    private static string NotShown(int bills) => bills > BillsShown ? $", the first {BillsShown} shown (--account, --json)" : "";

    private static string Sentence(BillClose close, bool dryRun, int bills) =>
        close.Number == 0
            ? $"month {close.Period.ToString(CultureInfo.InvariantCulture)}: nothing that no close has billed"
            : (dryRun ? "dry run, nothing is kept: " : $"close {close.Number.ToString(CultureInfo.InvariantCulture)}: ")
                + $"month {close.Period.ToString(CultureInfo.InvariantCulture)}, {bills:N0} bills, {close.Lines:N0} lines, "
                + $"{close.UsageEvents:N0} usage events";

    private static int Month(ArgumentResult argument)
    {
        if (int.TryParse(argument.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int month)
            && month is >= 200001 and <= 209912 && month % 100 is >= 1 and <= 12)
        {
            return month;
        }

        argument.AddError($"'{argument.Tokens[0].Value}' is no month: write year and month, such as 202611");
        return 0;
    }

    private static BillingLedger OpenLedger(DataFolder folder)
    {
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        BillingOptions billing = builder.AddValidatedOptions<BillingOptions>(BillingOptions.Section);
        builder.ThrowOnFaults();
        return BillingLedger.Open(billing, TimeProvider.System);
    }

    private static List<Subscription> Read(DataFolder folder, string path, HashSet<string> offerings)
    {
        ReferenceTopics.RequireSubscriptions(path);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        KeyOptions keys = builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        builder.ThrowOnFaults();
        ToolDefaults.RequireFolder(keys.Directory, "Keys__Directory");
        SubscriptionsFile file = new(path, new SubscriberPseudonymizer(new FileKeyStore(keys.Directory)));
        return file.Check(offerings) is { Count: > 0 } faults ? throw new InputFaultException(faults) : [.. file.Read()];
    }

    private static async Task<IReadOnlyList<Subscription>> PublishedAsync(
        DataFolder folder, IReadOnlyList<OfferingVersion> versions, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        await using EmbeddedDefault embedded = await EmbeddedDefault.StartAsync(folder, builder.Configuration, cancellationToken);
        KafkaRoles kafka = KafkaRoles.Of(builder);
        SchemaRegistryOptions options = builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        KeyOptions keys = builder.AddValidatedOptions<KeyOptions>(KeyOptions.Section);
        builder.ThrowOnFaults();
        using SchemaRegistryClient registry = new(options);
        ReferenceTopics topics = new(
            kafka.Clients, kafka.Consumer, registry, new FileKeyStore(keys.Directory), NullLoggerFactory.Instance);
        return await topics.ReadSubscriptionsAsync(versions, cancellationToken);
    }
}
