namespace BelgiCom.Streaming.Retention;

/// <summary>A record as it comes out of the archive.</summary>
/// <param name="RetentionClass">Legal class it is kept under.</param>
/// <param name="Purpose">What the record is kept for; it may be used for nothing else.</param>
/// <param name="StartOfPeriod">When the record's retention period began, UTC.</param>
/// <param name="LegalHoldId">Hold that keeps it past its period; null for none.</param>
/// <param name="Topic">Topic it was read from.</param>
/// <param name="Partition">Partition of it.</param>
/// <param name="Offset">Offset in it.</param>
/// <param name="Value">Value as it was on the topic: wire-format header and Avro body.</param>
public sealed record ArchivedRecord(
    string RetentionClass,
    string Purpose,
    DateTimeOffset StartOfPeriod,
    string? LegalHoldId,
    string Topic,
    int Partition,
    long Offset,
    byte[] Value)
{
    /// <summary>Whom it concerns.</summary>
    internal PersonRef Person { get; init; }
}

/// <summary>The answer to a look-up.</summary>
/// <param name="Records">Records found, oldest first.</param>
/// <param name="IsComplete">False when there are more records than were asked for.</param>
public sealed record ArchiveLookup(IReadOnlyList<ArchivedRecord> Records, bool IsComplete);

/// <summary>Who looks, and why. It goes into the journal before anything is decrypted.</summary>
/// <param name="Actor">Issuer and subject of the person or service that asks.</param>
/// <param name="Reason">Legal ground and reference of the request; never personal data.</param>
/// <param name="CorrelationId">Groups the entries of one request.</param>
public sealed record ArchiveAccess(string Actor, string Reason, string CorrelationId);

/// <summary>What the archive holds of one class and day.</summary>
/// <param name="Class">Legal class.</param>
/// <param name="Day">Day, Europe/Brussels, on which the records' period began.</param>
/// <param name="Records">Records.</param>
/// <param name="Octets">Octets on disk.</param>
public sealed record SegmentTotals(string Class, DateOnly Day, long Records, long Octets);

/// <summary>What the archive holds.</summary>
/// <param name="Segments">The segments, ordered by class and day.</param>
public sealed record ArchiveTotals(IReadOnlyList<SegmentTotals> Segments)
{
    /// <summary>Records; one that is kept under two classes counts twice.</summary>
    public long Records => Segments.Sum(segment => segment.Records);

    /// <summary>Octets on disk, without the index.</summary>
    public long Octets => Segments.Sum(segment => segment.Octets);
}
