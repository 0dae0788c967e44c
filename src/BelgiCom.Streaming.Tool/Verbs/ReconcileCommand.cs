using System.CommandLine;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.BillingSync.Worker;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.AspNetCore.Builder;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>reconcile</c> compares everything on usage.rated.v1 with the ledger, record by record. It changes neither. A ledger in SQLite takes
/// no batch meanwhile.
/// </summary>
internal static class ReconcileCommand
{
    // Differences that a person sees; --json has all that the comparison lists.
    private const int DifferencesShown = 20;

    public static Command Create()
    {
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        Command command = new(
            "reconcile",
            "Compare everything that was rated with what is billed, and name each difference. Exit code 2: they differ; 3: usage is in "
            + "conflict.")
        {
            data, json,
        };
        command.SetAction((result, cancellationToken) => ExecuteAsync(
            result.GetRequiredValue(data), result.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> ExecuteAsync(string data, bool json, CancellationToken cancellationToken)
    {
        using DataFolder folder = DataFolder.Open(data);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        await using EmbeddedDefault embedded = await EmbeddedDefault.StartAsync(folder, builder.Configuration, cancellationToken);
        KafkaRoles kafka = KafkaRoles.Of(builder);
        BillingOptions billing = builder.AddValidatedOptions<BillingOptions>(BillingOptions.Section);
        SchemaRegistryOptions options = builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        builder.ThrowOnFaults();

        using SchemaRegistryClient registry = new(options);
        using BillingLedger ledger = BillingLedger.Open(billing, TimeProvider.System);
        using TopicReader reader = new(kafka.Clients, kafka.Consumer, TimeProvider.System);
        LedgerEvidence evidence = LedgerEvidence.Collect(
            reader, await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, registry, cancellationToken), ledger, cancellationToken);
        Answer.Print(json, ToJson(evidence), Lines(evidence));
        return !evidence.IsReconciled ? WorkerHost.ExitFailed
            : evidence.Conflicts > 0 ? WorkerHost.ExitMoneyWaits
            : WorkerHost.ExitDone;
    }

    private static object ToJson(LedgerEvidence evidence) => new
    {
        reconciled = evidence.IsReconciled,
        evidence.Differences,
        evidence.Conflicts,
        evidence.Discarded,
        evidence.NotYetBilled,
        partitions = evidence.Partitions.Select(partition => new
        {
            partition.Topic,
            partition.Partition,
            rated = partition.Rated.Records,
            billed = partition.Billed.Records,
            partition.LedgerDuplicates,
            beforeLog = partition.BeforeLog.Records,
            amounts = SumsOf([partition]).Select(sum => new
            {
                sum.Currency,
                priceBasis = sum.Basis == PriceBasis.Gross ? "GROSS" : "NET",
                rated = AmountOf(sum.RatedNanos),
                billed = AmountOf(sum.BilledNanos),
            }),
            differences = partition.Differences.Select(difference => new
            {
                kind = difference.Kind.ToString(),
                difference.Offset,
                rated = AmountOf(difference.RatedNanos),
                billed = AmountOf(difference.BilledNanos),
            }),
        }),
    };

    private static IEnumerable<string> Lines(LedgerEvidence evidence)
    {
        foreach ((Reconciliation partition, LedgerDifference difference) in evidence.Partitions
            .SelectMany(partition => partition.Differences.Select(difference => (partition, difference)))
            .Take(DifferencesShown))
        {
            yield return $"{difference.Kind}: {partition.Topic}[{partition.Partition}]@{difference.Offset} rated "
                + $"{AmountOf(difference.RatedNanos)}, billed {AmountOf(difference.BilledNanos)}";
        }

        yield return $"{evidence.Partitions.Sum(partition => partition.Rated.Records):N0} rated, "
            + $"{evidence.Partitions.Sum(partition => partition.Billed.Records):N0} billed, "
            + $"{evidence.Partitions.Sum(partition => partition.BeforeLog.Records):N0} billed whose records retention has taken";
        foreach ((string currency, PriceBasis basis, Int128 rated, Int128 billed) in SumsOf(evidence.Partitions))
        {
            yield return $"{AmountOf(rated)} {currency} rated, {AmountOf(billed)} billed ({Billed.WordsOf(basis)})";
        }

        yield return evidence.IsReconciled
            ? $"reconciled; {evidence.Conflicts:N0} events in conflict are kept aside (belgicom suspense list), "
                + $"{evidence.Discarded:N0} were discarded"
            : $"NOT RECONCILED: {evidence.Differences:N0} differences, {evidence.NotYetBilled:N0} rated and not billed yet, "
                + $"{evidence.Conflicts:N0} in conflict, {evidence.Discarded:N0} discarded";
    }

    /// <summary>What the compared records and lines come to: per currency and basis, because nothing else may be added.</summary>
    private static IEnumerable<(string Currency, PriceBasis Basis, Int128 RatedNanos, Int128 BilledNanos)> SumsOf(
        IReadOnlyList<Reconciliation> partitions) => partitions
        .SelectMany(partition => partition.Rated.Terms.Union(partition.Billed.Terms).Select(terms => (
            Terms: terms, Rated: partition.Rated[terms].AmountNanos, Billed: partition.Billed[terms].AmountNanos)))
        .GroupBy(sum => (sum.Terms.Currency, sum.Terms.Basis))
        .OrderBy(sums => sums.Key.Currency, StringComparer.Ordinal).ThenBy(sums => sums.Key.Basis)
        .Select(sums => (
            sums.Key.Currency, sums.Key.Basis, sums.Aggregate(Int128.Zero, (total, sum) => total + sum.Rated),
            sums.Aggregate(Int128.Zero, (total, sum) => total + sum.Billed)));

    private static string AmountOf(Int128 nanos) =>
        Nanos.ToDecimal(nanos).ToString("0.000000000", System.Globalization.CultureInfo.InvariantCulture);
}
