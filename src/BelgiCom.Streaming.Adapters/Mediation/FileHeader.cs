namespace BelgiCom.Streaming.Adapters;

/// <summary>What a file says about itself, as far as its format has it. The file ledger finds missing files by it.</summary>
public record FileHeader
{
    /// <summary>The node that wrote the file, as the file names it; it numbers its files.</summary>
    public required string Node { get; init; }

    /// <summary>
    /// TS number of the first record's frame (7 = TS 32.251, 20 = TS 32.255), because a node numbers its files by kind; 0 without frames.
    /// </summary>
    public int TsNumber { get; init; }

    /// <summary>Number of the file in its node's sequence; null when it has none.</summary>
    public long? SequenceNumber { get; init; }

    /// <summary>Number of CDRs; null when not known.</summary>
    public long? DeclaredCdrs { get; init; }

    /// <summary>
    /// TS 32.297 octet 48: 0 none; 1–127 at least that many; 128 at least one; 129–254 exactly the value less 128; 255 at least 127.
    /// </summary>
    public byte LostCdrIndicator { get; init; }

    /// <summary>
    /// TS 32.297 octet 27: 0 normal, 1 size, 2 time, 3 CDR count, 4 manual, 5 version change, 128 abnormal, 129 file system, 130 storage,
    /// 131 integrity.
    /// </summary>
    public byte ClosureReason { get; init; }

    /// <summary>
    /// When the node opened the file, UTC, which the header says without a year: the last such time before the file was received, with a
    /// day for clocks that disagree. Null when the header does not say, or says a time that does not exist.
    /// </summary>
    public virtual DateTimeOffset? OpenedBefore(DateTimeOffset received) => null;
}
