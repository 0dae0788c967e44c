using System.Diagnostics.Metrics;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Metrics of the rating worker. Outcomes are counted when their batch is committed, so that
/// received = rated + zero_rated + duplicate + late + suspended + rejected + conflict holds at every moment.
/// </summary>
internal static class RatingMetrics
{
    private static readonly Meter Meter = new("BelgiCom.Streaming.Rating");

    private static readonly string[] OutcomeNames = ["rated", "zero_rated", "duplicate", "late", "suspended", "rejected", "conflict"];

    private static readonly Counter<long> Received = Meter.CreateCounter<long>(
        "belgicom_usage_received_total", "{event}", "Usage events read by rating and committed.");

    private static readonly Counter<long> Outcomes = Meter.CreateCounter<long>(
        "belgicom_usage_outcomes_total", "{event}", "What became of them; the sum over all outcomes equals belgicom_usage_received_total.");

    private static readonly Counter<long> PassedOn = Meter.CreateCounter<long>(
        "belgicom_usage_passed_on_total", "{event}",
        "Usage events passed on to the subscriber whom their reference names; they are received, and have an outcome, there.");

    private static readonly string[] CorrectionNames = ["taken", "stale", "charged_online", "unreadable"];

    private static readonly Counter<long> Corrections = Meter.CreateCounter<long>(
        "belgicom_rating_corrections_total", "{event}",
        "Usage events that were rated again, by what became of the correction; they are counted as received when they came first.");

    private static readonly Counter<long> Notifications = Meter.CreateCounter<long>(
        "belgicom_notifications_total", "{notification}", "Notifications owed to customers.");

    private static readonly Histogram<long> BatchEvents = Meter.CreateHistogram<long>(
        "belgicom_rating_batch_events", "{event}", "Usage events in one committed batch.");

    private static readonly Counter<long> Restored = Meter.CreateCounter<long>(
        "belgicom_rating_restored_records_total", "{record}", "Records of state and subscriptions read back on assignment.");

    private static readonly UpDownCounter<long> ToRestore = Meter.CreateUpDownCounter<long>(
        "belgicom_rating_restore_pending_records", "{record}", "Records of state and subscriptions still to read before rating goes on.");

    private static readonly Counter<long> OnlineAnswers = Meter.CreateCounter<long>(
        "belgicom_online_answers_total", "{request}", "Requests of online charging, by operation and HTTP status.");

    private static readonly Histogram<double> OnlineTime = Meter.CreateHistogram<double>(
        "belgicom_online_answer_seconds", "s", "Time from a request of online charging to its answer.");

    private static readonly Counter<long> BalanceRequests = Meter.CreateCounter<long>(
        "belgicom_balance_answers_total", "{request}", "Requests about balances, by resource and HTTP status.");

    private static readonly Histogram<double> BalanceTime = Meter.CreateHistogram<double>(
        "belgicom_balance_answer_seconds", "s", "Time from a request about balances to its answer.");

    public static void Committed(BatchCounts counts)
    {
        long sum = 0;
        for (int outcome = 0; outcome < OutcomeNames.Length; outcome++)
        {
            long events = counts.Outcomes[outcome];
            sum += events;
            if (events > 0)
            {
                Outcomes.Add(events, new KeyValuePair<string, object?>("outcome", OutcomeNames[outcome]));
            }
        }

        for (int outcome = 0; outcome < CorrectionNames.Length; outcome++)
        {
            if (counts.Corrections[outcome] > 0)
            {
                Corrections.Add(counts.Corrections[outcome], new KeyValuePair<string, object?>("outcome", CorrectionNames[outcome]));
            }
        }

        Received.Add(counts.Received);
        PassedOn.Add(counts.PassedOn);
        Notifications.Add(counts.Notifications);
        if (sum + counts.PassedOn > 0)
        {
            BatchEvents.Record(sum + counts.PassedOn);
        }
    }

    /// <summary>Counts an answer of online charging.</summary>
    public static void Answered(QuotaOperation operation, int status, TimeSpan took)
    {
        string name = operation switch
        {
            QuotaOperation.Create => "create",
            QuotaOperation.Update => "update",
            QuotaOperation.Release => "release",
            _ => "none",
        };
        OnlineAnswers.Add(1, new("operation", name), new KeyValuePair<string, object?>("status", status));
        OnlineTime.Record(took.TotalSeconds, new KeyValuePair<string, object?>("operation", name));
    }

    /// <summary>Counts an answer of the balance door.</summary>
    public static void Answered(string resource, int status, TimeSpan took)
    {
        BalanceRequests.Add(1, new("resource", resource), new KeyValuePair<string, object?>("status", status));
        BalanceTime.Record(took.TotalSeconds, new KeyValuePair<string, object?>("resource", resource));
    }

    public static void RestoreStarted(long records) => ToRestore.Add(records);

    public static void RestoreAdvanced(long records)
    {
        ToRestore.Add(-records);
        Restored.Add(records);
    }

    /// <summary>Fewer records may come than the offsets promised, because compaction and transaction markers leave gaps.</summary>
    public static void RestoreEnded(long missing) => ToRestore.Add(-missing);
}

/// <summary>Counts of the batch in hand, kept apart until it is committed.</summary>
internal sealed class BatchCounts
{
    public long[] Outcomes { get; } = new long[7];

    public long Received { get; set; }

    public long[] Corrections { get; } = new long[4];

    public long Notifications { get; set; }

    public long PassedOn { get; set; }

    public void Add(RatingOutcome outcome)
    {
        Received++;
        Outcomes[(int)outcome]++;
    }

    public void Clear()
    {
        Array.Clear(Outcomes);
        Array.Clear(Corrections);
        Received = 0;
        Notifications = 0;
        PassedOn = 0;
    }
}
