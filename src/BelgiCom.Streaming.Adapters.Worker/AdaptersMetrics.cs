using System.Diagnostics.Metrics;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>Metrics of mediation, by source.</summary>
internal static class AdaptersMetrics
{
    private static readonly Meter Meter = new("BelgiCom.Streaming.Adapters");

    private static readonly Counter<long> Cdrs = Meter.CreateCounter<long>(
        "belgicom_adapters_cdrs_total", "{cdr}", "CDRs decoded and committed.");

    private static readonly Counter<long> Events = Meter.CreateCounter<long>(
        "belgicom_adapters_events_total", "{event}", "Usage events committed.");

    private static readonly Counter<long> Quarantined = Meter.CreateCounter<long>(
        "belgicom_adapters_quarantined_total", "{record}", "Records, stretches and files that could not be decoded.");

    private static readonly Counter<long> Files = Meter.CreateCounter<long>(
        "belgicom_adapters_files_total", "{file}", "Files by outcome: done, incomplete, failed, known, changed.");

    private static readonly Counter<long> MissingFiles = Meter.CreateCounter<long>(
        "belgicom_adapters_missing_files_total", "{file}", "File sequence numbers that a node's files skipped.");

    private static readonly UpDownCounter<long> OpenMissingFiles = Meter.CreateUpDownCounter<long>(
        "belgicom_adapters_open_missing_files", "{file}",
        "File sequence numbers that are missing now; a file that comes late counts down.");

    private static readonly Counter<long> RepeatedNumbers = Meter.CreateCounter<long>(
        "belgicom_adapters_repeated_numbers_total", "{file}", "Files with the sequence number of another file and other content.");

    private static readonly Counter<long> LostCdrFiles = Meter.CreateCounter<long>(
        "belgicom_adapters_lost_cdr_files_total", "{file}", "Files whose node reports lost CDRs.");

    private static readonly Counter<long> SkippedFields = Meter.CreateCounter<long>(
        "belgicom_adapters_skipped_fields_total", "{field}", "Fields of records that usage does not need or the decoder does not know.");

    private static readonly Counter<long> UnreadableFields = Meter.CreateCounter<long>(
        "belgicom_adapters_unreadable_fields_total", "{field}",
        "Fields that no price looks at and that could not be read; the usage is charged without them.");

    public static void Committed(string source, RecordChunk chunk)
    {
        KeyValuePair<string, object?> tag = Tag(source);
        Cdrs.Add(chunk.Totals.Cdrs, tag);
        Events.Add(chunk.Totals.Events, tag);
        Quarantined.Add(chunk.Quarantined, tag);
        SkippedFields.Add(chunk.SkippedFields, tag);
        UnreadableFields.Add(chunk.UnreadableFields, tag);
    }

    public static void Finished(string source, string outcome, SequencePlace? place, bool hasLostCdrs)
    {
        KeyValuePair<string, object?> tag = Tag(source);
        Files.Add(1, tag, new("outcome", outcome));
        long missing = place?.Gap?.Count ?? 0;
        MissingFiles.Add(missing, tag);
        OpenMissingFiles.Add(missing - (place is { WasMissing: true } ? 1 : 0), tag);
        RepeatedNumbers.Add(place is { IsRepeated: true } ? 1 : 0, tag);
        LostCdrFiles.Add(hasLostCdrs ? 1 : 0, tag);
    }

    /// <summary>Files that were missing before the process began.</summary>
    public static void StillMissing(SequenceGap gap) => OpenMissingFiles.Add(gap.Count, Tag(gap.Source));

    private static KeyValuePair<string, object?> Tag(string source) => new("source", source);
}
