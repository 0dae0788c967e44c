using System.Diagnostics.Metrics;
using BelgiCom.Streaming.Billing;

namespace BelgiCom.Streaming.BillingSync.Worker;

/// <summary>Metrics of the billing worker. Amounts are not among them, because a metric is a binary floating-point number.</summary>
internal static class BillingSyncMetrics
{
    private static readonly Meter Meter = new("BelgiCom.Streaming.BillingSync");

    private static readonly string[] OutcomeNames =
    [
        "rated", "zero_rated", "duplicate", "late", "suspended", "rejected", "ledger_duplicate", "dead_lettered",
        "conflict", "ledger_conflict", "recycled", "discarded",
    ];

    private static readonly Counter<long> Records = Meter.CreateCounter<long>(
        "belgicom_billing_records_total", "{record}", "Usage events taken into the ledger, by outcome; rated ones are billed lines.");

    private static readonly Counter<long> Redelivered = Meter.CreateCounter<long>(
        "belgicom_billing_redelivered_total", "{record}", "Records that came again and were recognised by their position.");

    private static readonly Histogram<double> ApplySeconds = Meter.CreateHistogram<double>(
        "belgicom_billing_apply_seconds", "s", "Duration of one database transaction.");

    /// <summary>Records that could not be read; each is on a dead letter topic.</summary>
    public static readonly Counter<long> Unreadable = Meter.CreateCounter<long>(
        "belgicom_billing_unreadable_total", "{record}", "Records that are not in the format of their topic.");

    private static LedgerEvidence? _evidence;
    private static double _reconciledAt;

    static BillingSyncMetrics()
    {
        Meter.CreateObservableGauge(
            "belgicom_reconcile_differences", () => Evidence(evidence => evidence.Differences), "{record}",
            "Rated usage that is not billed as it was rated, found by the last comparison of everything; conflicts are not among it.");
        Meter.CreateObservableGauge(
            "belgicom_reconcile_conflicts", () => Evidence(evidence => evidence.Conflicts), "{record}",
            "Rated usage that is kept aside, because other content is billed under its id.");
        Meter.CreateObservableGauge(
            "belgicom_reconcile_last_seconds", () => Evidence(_ => _reconciledAt), "s",
            "When the last comparison was complete, seconds since 1970-01-01 UTC.");
    }

    /// <summary>Takes note of a comparison of everything.</summary>
    public static void Reconciled(LedgerEvidence evidence, DateTimeOffset at)
    {
        _reconciledAt = at.ToUnixTimeSeconds();
        _evidence = evidence;
    }

    /// <summary>Counts a batch that the ledger took.</summary>
    public static void Applied(LedgerBatchResult result, TimeSpan elapsed)
    {
        for (int outcome = 0; outcome < result.Counts.Length; outcome++)
        {
            if (result.Counts[outcome] > 0)
            {
                Records.Add(result.Counts[outcome], new KeyValuePair<string, object?>("outcome", OutcomeNames[outcome]));
            }
        }

        Redelivered.Add(result.Redelivered);
        ApplySeconds.Record(elapsed.TotalSeconds);
    }

    /// <summary>Nothing before the first comparison: 0 would say that all is well.</summary>
    private static IEnumerable<Measurement<double>> Evidence(Func<LedgerEvidence, double> value) =>
        _evidence is { } evidence ? [new Measurement<double>(value(evidence))] : [];
}
