namespace BelgiCom.Streaming.Adapters;

/// <summary>State of a file in the ledger.</summary>
public enum FileState
{
    /// <summary>Some chunks may be committed; reading goes on after the last one.</summary>
    Receiving,

    /// <summary>Everything in the file is committed: its usage, and a quarantine entry for each part that could not be decoded.</summary>
    Done,

    /// <summary>Nothing in the file could be decoded. When it is delivered again, it is tried again.</summary>
    Failed,

    /// <summary>
    /// The file was part of another one: a writer was still writing it while it was read, or its whole came later. The whole file has an
    /// entry of its own.
    /// </summary>
    Changed,

    /// <summary>
    /// The end of the file was not seen: it is cut short or damaged, or a limit stopped reading; or somebody asked for it to be read again.
    /// What was read is committed. When it is delivered again, it is read again from its start, and rating drops what it has.
    /// </summary>
    Incomplete,
}

/// <summary>One file in the ledger, known by its content whatever its name.</summary>
public sealed record FileEntry
{
    /// <summary>
    /// Keyed hash of the content as delivered, lower-case hexadecimal digits. The first half is the file id of the events.
    /// </summary>
    public required string Hash { get; init; }

    /// <summary>Name it was first delivered under, without folder.</summary>
    public required string Name { get; init; }

    /// <summary>Source.</summary>
    public required string Source { get; init; }

    /// <summary>Format, for example <c>cdr-framed</c>.</summary>
    public required string Format { get; init; }

    /// <summary>Length of the content as delivered; 0 for entries of earlier releases.</summary>
    public long Octets { get; init; }

    /// <summary>State.</summary>
    public FileState State { get; init; }

    /// <summary>Records (good and bad) that are committed; where reading goes on after a crash.</summary>
    public long CommittedCdrs { get; init; }

    /// <summary>Node address of the TS 32.297 header, hexadecimal digits; empty for files without one.</summary>
    public string Node { get; init; } = "";

    /// <summary>TS number of the records' frames; 0 for files without frames. A node numbers its files by kind.</summary>
    public int TsNumber { get; init; }

    /// <summary>TS 32.297 file sequence number; null for files without one.</summary>
    public long? SequenceNumber { get; init; }

    /// <summary>When the node opened the file (TS 32.297 octets 11–14), UTC; null when the header does not say.</summary>
    public DateTimeOffset? OpenedAt { get; init; }

    /// <summary>Run of the node's counter that the number belongs to, from 0; null before the file is finished.</summary>
    public long? SequenceEpoch { get; init; }

    /// <summary>CDR count of the header; null when it has none.</summary>
    public long? DeclaredCdrs { get; init; }

    /// <summary>Lost-CDR indicator of the header (octet 48); 0 when none were lost.</summary>
    public int LostCdrIndicator { get; init; }

    /// <summary>Closure reason of the header (octet 27).</summary>
    public int ClosureReason { get; init; }

    /// <summary>Totals of what was decoded.</summary>
    public ControlTotals Totals { get; init; }

    /// <summary>Records, or stretches, or the file itself, that went to quarantine.</summary>
    public long Quarantined { get; init; }

    /// <summary>Fields that could not be read and that no price looks at; their usage was charged.</summary>
    public long UnreadableFields { get; init; }

    /// <summary>Records whose ambiguous local time was decided by the source's setting.</summary>
    public long AmbiguousTimes { get; init; }

    /// <summary>How often the same content was delivered again.</summary>
    public long Resent { get; init; }

    /// <summary>First delivery, UTC.</summary>
    public DateTimeOffset ReceivedAt { get; init; }

    /// <summary>When it was done or failed, UTC; null before.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>A sentence on the last fault of the file as a whole; empty when there was none.</summary>
    public string Detail { get; init; } = "";
}

/// <summary>A processed file that was moved out of its inbox.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Origin">Where it was delivered.</param>
/// <param name="Octets">Its length when it was processed.</param>
/// <param name="At">When it was moved, UTC; its time in <c>done/</c> counts from here.</param>
public sealed record RetiredFile(string Path, string Origin, long Octets, DateTimeOffset At);

/// <summary>Numbers that a node's files or records skip: files or records that have not arrived.</summary>
/// <param name="Source">Source.</param>
/// <param name="Node">Node: of files the address in their header, of records the name of the recording entity.</param>
/// <param name="First">First missing number.</param>
/// <param name="Last">Last missing number; lower than the first when 0 follows 4294967295 between them.</param>
public sealed record SequenceGap(string Source, string Node, long First, long Last)
{
    /// <summary>How many are missing.</summary>
    public long Count => (long)unchecked((uint)Last - (uint)First) + 1;

    /// <summary>When they were missed first, UTC; null when an earlier release missed them.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Name of the file that has the number before the first; empty when an earlier release missed them.</summary>
    public string After { get; init; } = "";

    /// <summary>Name of the file that has the number after the last.</summary>
    public string Before { get; init; } = "";
}

/// <summary>How many numbers of a source are missing.</summary>
/// <param name="Source">Source.</param>
/// <param name="Gaps">Ranges of them that are open.</param>
/// <param name="Count">Numbers, also those whose ranges are no longer held.</param>
public sealed record MissingNumbers(string Source, long Gaps, long Count);

/// <summary>A file sequence number that several files with different content have.</summary>
/// <param name="Source">Source.</param>
/// <param name="Node">Node address.</param>
/// <param name="Number">The number.</param>
/// <param name="Files">How many files have it.</param>
public sealed record RepeatedNumber(string Source, string Node, long Number, long Files);
