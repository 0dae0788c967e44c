using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>A line of a correction: what is taken back of a usage event, or what is charged in its place.</summary>
/// <param name="LineId">Id under which the line is billed.</param>
/// <param name="UsageId">The usage that it corrects.</param>
/// <param name="IsReversal">Whether it takes back what was charged; else it is what is charged now.</param>
/// <param name="Reason">Why the usage is charged otherwise.</param>
/// <param name="DecidedAt">When it was rated again; 1970-01-01 where the release did not say it.</param>
/// <param name="DecidedBy">Who had it rated again; empty where the release did not say it.</param>
/// <param name="Because">Why, in their words; empty when nothing was said.</param>
/// <param name="Topic">Topic of the rated record; another name for one that was made anew since.</param>
/// <param name="Partition">Partition of the rated record.</param>
/// <param name="Offset">Offset of the rated record.</param>
/// <param name="Billed">What the bill has of it; null when the usage costs nothing now, and is on no bill.</param>
public sealed record LedgerCorrection(
    UsageId LineId, UsageId UsageId, bool IsReversal, CorrectionReason Reason, DateTimeOffset DecidedAt, string DecidedBy, string Because,
    string Topic, int Partition, long Offset, CorrectedLine? Billed);

/// <summary>What the bill has of a line of a correction.</summary>
/// <param name="Account">Billing account.</param>
/// <param name="Offering">Id of the offering.</param>
/// <param name="Version">Version of the offering.</param>
/// <param name="Period">Billing month as year × 100 + month.</param>
/// <param name="ChargedUnits">Units charged, bundles included.</param>
/// <param name="BundleUnits">Units that bundles covered.</param>
/// <param name="AmountNanos">Amount in nano-units.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="BillClose">The close whose bill has the line; null while none has.</param>
public sealed record CorrectedLine(
    string Account, string Offering, long Version, long Period, long ChargedUnits, long BundleUnits, long AmountNanos, string Currency,
    long? BillClose);
