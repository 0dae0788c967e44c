namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>What became of a file that was taken in.</summary>
/// <param name="Entry">Its entry in the ledger, over all attempts.</param>
/// <param name="IsKnownAlready">True when the same content was done before, so that nothing was sent.</param>
/// <param name="Totals">What this call decoded and committed; zero for a file that is known already.</param>
/// <param name="Quarantined">What this call put into quarantine.</param>
/// <param name="Gap">File sequence numbers that are missing since this file came; null when none are.</param>
public sealed record FileReport(FileEntry Entry, bool IsKnownAlready, ControlTotals Totals, long Quarantined, SequenceGap? Gap)
{
    /// <summary>Length of the content as delivered, in octets, when it was opened.</summary>
    public long Octets { get; init; }

    /// <summary>True when the file changed while it was read: somebody still writes it, and it must be taken again.</summary>
    public bool HasChanged { get; init; }

    /// <summary>
    /// True when nothing was read, because the file's source is no longer configured; it must stay where it is, and be taken again.
    /// </summary>
    public bool IsWaiting { get; init; }

    /// <summary>True when nothing was read, because the same content is being taken in from another inbox at this moment.</summary>
    public bool IsTakenElsewhere { get; init; }

    /// <summary>True when the file must stay where it is and be taken again.</summary>
    public bool MustBeTakenAgain => HasChanged || IsWaiting || IsTakenElsewhere;
}
