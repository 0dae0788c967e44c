using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>A piece of UTF-8 text inside <see cref="LedgerBatch"/>.</summary>
internal readonly record struct TextSlice(int Start, int Length);

/// <summary>One usage event on its way into the ledger. Texts stay in the batch's buffer, so that a line costs no allocation.</summary>
internal struct LedgerLine
{
    /// <summary>Index in <see cref="LedgerBatch.Streams"/>.</summary>
    public int Stream;

    /// <summary>Offset of the record in its partition.</summary>
    public long Offset;

    public LedgerOutcome Outcome;
    public UsageId UsageId;

    /// <summary>Start of the usage, milliseconds since 1970-01-01 UTC.</summary>
    public long EventTimeMilliseconds;

    public long DurationSeconds;
    public long TotalOctets;
    public long Messages;

    /// <summary>Price in 10⁻⁹ of the currency's unit, with or without VAT as <see cref="PriceBasis"/> says.</summary>
    public long AmountNanos;

    public PriceBasis PriceBasis;

    /// <summary>Rate of VAT in permille; -1 when it is not known.</summary>
    public int VatPermille;

    /// <summary>Index of the price in the offering version; -1 for none, <see cref="LedgerPart.Several"/> where its parts say it.</summary>
    public int PriceIndex;

    public TextSlice Currency;
    public TextSlice Account;
    public TextSlice Offering;
    public int OfferingVersion;
    public UsageKind Kind;
    public long ChargedUnits;
    public long BundleUnits;

    /// <summary>Billing month as year × 100 + month.</summary>
    public int Period;

    public int RoundingPolicy;
    public int ReceivedPartition;
    public long ReceivedOffset;

    /// <summary>Index in <see cref="LedgerBatch.Files"/>.</summary>
    public int File;

    public int RecordIndex;
    public int ContainerIndex;

    /// <summary>Fingerprint of what the charge depends on, whose usage it is included; 0 when rating kept none.</summary>
    public long ContentFingerprint;

    /// <summary>Whether a decision charges it: the rated record was read before, and the line was set aside then.</summary>
    public bool IsOfDecision;
}

/// <summary>What one price of a usage event with several of them charged.</summary>
/// <param name="Line">Row of the event in the batch.</param>
/// <param name="Offering">The offering, where it is not that of the event; empty where it is.</param>
/// <param name="Version">Version of the offering.</param>
/// <param name="PriceIndex">Index of the price in it; -1 for none.</param>
/// <param name="PricedUnits">Units that no bundle covered.</param>
/// <param name="AmountNanos">Their amount.</param>
internal readonly record struct LedgerPart(int Line, string Offering, int Version, int PriceIndex, long PricedUnits, long AmountNanos)
{
    /// <summary>Price index of an event that has several prices.</summary>
    public const int Several = -2;
}

/// <summary>What a line of a correction says of the usage that it corrects.</summary>
/// <param name="Line">Row of the line in the batch.</param>
/// <param name="UsageId">The usage.</param>
/// <param name="IsReversal">Whether the line takes back what was charged.</param>
/// <param name="Reason">Why the usage is charged otherwise.</param>
/// <param name="DecidedAtMilliseconds">When it was rated again, milliseconds since 1970-01-01 UTC; 0 when not known.</param>
/// <param name="DecidedBy">Who had it rated again.</param>
/// <param name="Because">Why, in their words.</param>
internal readonly record struct LedgerCorrected(
    int Line, UsageId UsageId, bool IsReversal, CorrectionReason Reason, long DecidedAtMilliseconds, TextSlice DecidedBy,
    TextSlice Because);

/// <summary>What somebody decided on rated usage that is in conflict with a line.</summary>
/// <param name="Row">Row of the decision's own record in the batch.</param>
/// <param name="Stream">Index in <see cref="LedgerBatch.Streams"/> of the rated record's partition.</param>
/// <param name="Offset">Its offset there.</param>
/// <param name="UsageId">The id that it shares with the line; a record with another id at that position is not meant.</param>
/// <param name="OwnId">The id that it is billed under; empty when it is given up.</param>
/// <param name="Line">Row of the line to bill; -1 when it is given up.</param>
internal readonly record struct LedgerDecision(int Row, int Stream, long Offset, UsageId UsageId, UsageId OwnId, int Line)
{
    /// <summary>Whether the usage is billed, and not given up.</summary>
    public bool IsCharge => Line >= 0;
}

/// <summary>Where records come from: a partition of a topic.</summary>
internal readonly record struct LedgerStream(string Topic, int Partition)
{
    public override string ToString() => $"{Topic}[{Partition}]";
}

/// <summary>A source file that lines refer to.</summary>
internal sealed record SourceFile(FileId FileId, string Name, long SequenceNumber, string Source, string Node);
