using System.Collections.Concurrent;
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

    private static readonly Counter<long> MissingRecords = Meter.CreateCounter<long>(
        "belgicom_adapters_missing_records_total", "{record}", "Record numbers that a node's records skipped.");

    private static readonly Counter<long> RepeatedNumbers = Meter.CreateCounter<long>(
        "belgicom_adapters_repeated_numbers_total", "{file}", "Files with the sequence number of another file and other content.");

    private static readonly Counter<long> LostCdrFiles = Meter.CreateCounter<long>(
        "belgicom_adapters_lost_cdr_files_total", "{file}", "Files whose node reports lost CDRs.");

    private static readonly Counter<long> SkippedFields = Meter.CreateCounter<long>(
        "belgicom_adapters_skipped_fields_total", "{field}", "Fields of records that usage does not need or the decoder does not know.");

    private static readonly Counter<long> UnreadableFields = Meter.CreateCounter<long>(
        "belgicom_adapters_unreadable_fields_total", "{field}",
        "Fields that no price looks at and that could not be read; the usage is charged without them.");

    private static readonly ConcurrentDictionary<string, MissingNumbers> OpenFiles = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, MissingNumbers> OpenRecords = new(StringComparer.Ordinal);

    static AdaptersMetrics()
    {
        Meter.CreateObservableGauge(
            "belgicom_adapters_open_missing_files", () => Measure(OpenFiles, one => one.Count), "{file}",
            "File sequence numbers that are missing now; a file that comes late counts down.");
        Meter.CreateObservableGauge(
            "belgicom_adapters_open_missing_records", () => Measure(OpenRecords, one => one.Count), "{record}",
            "Record numbers that are missing now; a record that comes late counts down.");
        Meter.CreateObservableGauge(
            "belgicom_adapters_open_gaps",
            () => Measure(OpenFiles, one => one.Gaps, "file").Concat(Measure(OpenRecords, one => one.Gaps, "record")), "{range}",
            "Ranges of numbers that are missing now, of files and of records.");
    }

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
        RepeatedNumbers.Add(place is { IsRepeated: true } ? 1 : 0, tag);
        LostCdrFiles.Add(hasLostCdrs ? 1 : 0, tag);
    }

    /// <summary>Counts the numbers that the records of a part of a file skipped.</summary>
    public static void Skipped(string source, RecordPlaces places) => MissingRecords.Add(places.Missed, Tag(source));

    /// <summary>What is missing now, by the ledger.</summary>
    public static void Missing(FileLedger ledger)
    {
        Replace(OpenFiles, ledger.MissingFiles());
        Replace(OpenRecords, ledger.MissingRecords());
    }

    /// <summary>A source of which nothing is missing any more is 0, and does not vanish.</summary>
    private static void Replace(ConcurrentDictionary<string, MissingNumbers> open, IReadOnlyList<MissingNumbers> now)
    {
        foreach (string closed in open.Keys.Except(now.Select(one => one.Source)))
        {
            open[closed] = new MissingNumbers(closed, 0, 0);
        }

        foreach (MissingNumbers one in now)
        {
            open[one.Source] = one;
        }
    }

    private static IEnumerable<Measurement<long>> Measure(
        ConcurrentDictionary<string, MissingNumbers> open, Func<MissingNumbers, long> value, string? kind = null) => open.Values.Select(
        one => kind is null
            ? new Measurement<long>(value(one), Tag(one.Source))
            : new Measurement<long>(value(one), Tag(one.Source), new("kind", kind)));

    private static KeyValuePair<string, object?> Tag(string source) => new("source", source);
}
