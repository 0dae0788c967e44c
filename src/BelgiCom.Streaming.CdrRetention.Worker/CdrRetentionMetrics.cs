using System.Diagnostics.Metrics;
using BelgiCom.Streaming.Retention;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>Metrics of the retention worker; labels are classes and actions only.</summary>
internal static class CdrRetentionMetrics
{
    private static readonly Meter Meter = new("BelgiCom.Streaming.CdrRetention");

    private static readonly Counter<long> Kept = Meter.CreateCounter<long>(
        "belgicom_retention_records_total", "{record}", "Records archived, by class.");

    private static readonly Counter<long> PastPeriod = Meter.CreateCounter<long>(
        "belgicom_retention_past_period_total", "{record}", "Records not archived because their period was over when they came, by class.");

    private static readonly Counter<long> Redelivered = Meter.CreateCounter<long>(
        "belgicom_retention_redelivered_total", "{record}", "Records that came again and were recognised by their position.");

    private static readonly Counter<long> Segments = Meter.CreateCounter<long>(
        "belgicom_retention_segments_examined_total", "{segment}",
        "Segments, and day keys of the class personal-data, destroyed (expired), or that should have been (failed, unconfirmed, "
        + "unknown_class), by class.");

    private static readonly Counter<long> Expired = Meter.CreateCounter<long>(
        "belgicom_retention_expired_records_total", "{record}", "Records destroyed at the end of their period, by class.");

    private static (int Faults, long At)? _verified;

    static CdrRetentionMetrics()
    {
        Meter.CreateObservableGauge(
            "belgicom_retention_verify_faults", () => Verified(verified => verified.Faults), "{fault}",
            "What the last check of archive and journal found that is not as it was written.");
        Meter.CreateObservableGauge(
            "belgicom_retention_verify_last_seconds", () => Verified(verified => verified.At), "s",
            "When the last check of archive and journal was complete, seconds since 1970-01-01 UTC.");
    }

    /// <summary>Records that could not be read.</summary>
    public static readonly Counter<long> Unreadable = Meter.CreateCounter<long>(
        "belgicom_retention_unreadable_total", "{record}", "Records that are not in the format of their topic.");

    /// <summary>Takes note of a check of archive and journal.</summary>
    public static void Verified(int faults, DateTimeOffset at) => _verified = (faults, at.ToUnixTimeSeconds());

    private static IEnumerable<Measurement<long>> Verified(Func<(int Faults, long At), long> value) =>
        _verified is { } verified ? [new Measurement<long>(value(verified))] : [];

    /// <summary>Counts a batch that the archive took.</summary>
    public static void Appended(AppendCounts counts)
    {
        foreach ((string retentionClass, (long kept, long pastPeriod)) in counts.Classes)
        {
            Kept.Add(kept, new KeyValuePair<string, object?>("class", retentionClass));
            PastPeriod.Add(pastPeriod, new KeyValuePair<string, object?>("class", retentionClass));
        }

        Redelivered.Add(counts.Redelivered);
    }

    /// <summary>Counts a segment that expiry looked at.</summary>
    public static void Examined(RetentionItem item)
    {
        KeyValuePair<string, object?> retentionClass = new("class", item.Class);
        Segments.Add(1, retentionClass, new("action", item.Action switch
        {
            RetentionAction.Expired => "expired",
            RetentionAction.Failed => "failed",
            RetentionAction.Unconfirmed => "unconfirmed",
            _ => "unknown_class",
        }));
        if (item.Action == RetentionAction.Expired)
        {
            Expired.Add(item.Records - item.HeldRecords, retentionClass);
        }
    }
}
