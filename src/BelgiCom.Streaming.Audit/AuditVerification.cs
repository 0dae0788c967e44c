namespace BelgiCom.Streaming.Audit;

/// <summary>What is wrong with a journal.</summary>
public enum AuditFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>An entry does not match its own hash, or cannot be read.</summary>
    Edited,

    /// <summary>An entry is missing, and others follow it.</summary>
    Deleted,

    /// <summary>Entries stand in another order.</summary>
    Reordered,

    /// <summary>Entries at the end are missing.</summary>
    Truncated,

    /// <summary>The chain is whole, but it is not the one that was sealed: somebody wrote it anew.</summary>
    Rewritten,

    /// <summary>A checkpoint does not bear our seal, or an entry has none.</summary>
    CheckpointForged,
}

/// <summary>The result of checking a journal.</summary>
/// <param name="Entries">Number of entries, from the first, that agree with the chain.</param>
/// <param name="Fault">The first fault found.</param>
/// <param name="FirstBadIndex">Index, from 0, of the first entry that is not as it was written; -1 when all are.</param>
public sealed record AuditVerification(long Entries, AuditFault Fault, long FirstBadIndex)
{
    /// <summary>Whether the journal is as it was written.</summary>
    public bool IsIntact => Fault == AuditFault.None;
}
