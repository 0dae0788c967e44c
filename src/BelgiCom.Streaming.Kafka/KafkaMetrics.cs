using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Meter "BelgiCom.Streaming.Kafka". Labels are group, outcome and, for lag, topic and partition; nothing comes from a record.
/// </summary>
internal static class KafkaMetrics
{
    private static readonly ConcurrentDictionary<ConsumerProgress, string> Running = [];
    private static readonly Meter Meter = new("BelgiCom.Streaming.Kafka");
    private static readonly Counter<long> Records = Meter.CreateCounter<long>(
        "belgicom_kafka_records_consumed_total", description: "Records whose batch was committed");
    private static readonly Counter<long> Bytes = Meter.CreateCounter<long>(
        "belgicom_kafka_consumed_bytes_total", "By", "Octets of keys and values whose batch was committed");
    private static readonly Counter<long> Batches = Meter.CreateCounter<long>(
        "belgicom_kafka_batches_total", description: "Batches by outcome: committed, aborted, unknown");
    private static readonly Histogram<double> Seconds = Meter.CreateHistogram<double>(
        "belgicom_kafka_batch_seconds", "s", "From poll to commit of one batch");
    private static readonly Counter<long> Rebalances = Meter.CreateCounter<long>(
        "belgicom_kafka_rebalances_total", description: "Ownership changes by kind");
    private static readonly Counter<long> ConsumeErrors = Meter.CreateCounter<long>(
        "belgicom_kafka_consume_errors_total", description: "Errors the consumer reported");
    private static readonly Counter<long> QueueFulls = Meter.CreateCounter<long>(
        "belgicom_kafka_queue_full_total", description: "Waits for room in the producer's queue");
    private static readonly Counter<long> DeadLetters = Meter.CreateCounter<long>(
        "belgicom_kafka_dead_letters_total", description: "Records put to dead letter topics, by topic and reason");
    private static readonly Counter<long> Producers = Meter.CreateCounter<long>(
        "belgicom_kafka_producers_replaced_total", description: "Producers replaced after an unknown outcome");

    static KafkaMetrics() => Meter.CreateObservableGauge(
        "belgicom_kafka_lag_records", ObserveLag, description: "Offsets between committed and end, per owned partition");

    /// <summary>Publishes a member's lag while it runs; the label is its group.</summary>
    public static void Started(string group, ConsumerProgress progress) => Running[progress] = group;

    public static void Ended(ConsumerProgress progress) => Running.TryRemove(progress, out _);

    public static void Committed(string group, int records, long bytes, TimeSpan elapsed)
    {
        KeyValuePair<string, object?> label = new("group", group);
        Records.Add(records, label);
        Bytes.Add(bytes, label);
        Batches.Add(1, label, new("outcome", "committed"));
        Seconds.Record(elapsed.TotalSeconds, label);
    }

    public static void NotCommitted(string group, string outcome) => Batches.Add(1, new("group", group), new("outcome", outcome));

    public static void Rebalanced(string group, OwnershipKind kind) =>
        Rebalances.Add(
            1, new("group", group),
            new("kind", kind switch { OwnershipKind.Assigned => "assigned", OwnershipKind.Revoked => "revoked", _ => "lost" }));

    public static void ConsumeError(string group) => ConsumeErrors.Add(1, new KeyValuePair<string, object?>("group", group));

    public static void DeadLettered(string group, string topic, string reason) =>
        DeadLetters.Add(1, new("group", group), new("topic", topic), new("reason", reason));

    public static void QueueFull() => QueueFulls.Add(1);

    public static void ProducerReplaced() => Producers.Add(1);

    private static IEnumerable<Measurement<long>> ObserveLag() =>
        from member in Running
        from partition in member.Key.Health.Partitions
        select new Measurement<long>(
            partition.Lag,
            new("group", member.Value),
            new("topic", partition.Partition.Topic),
            new("partition", partition.Partition.Partition.Value.ToString(CultureInfo.InvariantCulture)));
}
