namespace BelgiCom.Streaming.Billing;

/// <summary>
/// What became of a usage event, as the ledger counts it: the outcomes of rating, and those that only the ledger can see.
/// </summary>
public enum LedgerOutcome
{
    /// <summary>Priced and charged; exactly one line in the ledger.</summary>
    Rated = 0,

    /// <summary>Accounted but never billed; counted, no line.</summary>
    ZeroRated = 1,

    /// <summary>Rating found that the event was rated before.</summary>
    Duplicate = 2,

    /// <summary>Refused by rating because it came too late.</summary>
    Late = 3,

    /// <summary>Held back by rating until its subscription or tariff is known.</summary>
    Suspended = 4,

    /// <summary>Refused by rating for good.</summary>
    Rejected = 5,

    /// <summary>
    /// Rated, but the ledger already holds a line with the same usage id and content under another position. It is ignored and makes no
    /// line. This happens when a topic is created again and refilled.
    /// </summary>
    LedgerDuplicate = 6,

    /// <summary>
    /// The record could not be read and is on the worker's dead letter topic. It is counted and makes no line; what it was is not known.
    /// </summary>
    DeadLettered = 7,

    /// <summary>Rating met the usage id again with other content, and charged nothing for it.</summary>
    Conflict = 8,

    /// <summary>
    /// Rated, but the ledger holds a line with the same usage id and other content (account, kind, start, units, amount, currency or VAT).
    /// It is kept in <c>conflicting_line</c> and billed to nobody until a person has looked at both.
    /// </summary>
    LedgerConflict = 9,

    /// <summary>
    /// Taken out of suspense and sent to rating once more: it ends an earlier <see cref="Suspended"/>, <see cref="Conflict"/> or <see
    /// cref="Rejected"/>.
    /// </summary>
    Recycled = 10,

    /// <summary>Given up by a person: it ends an earlier outcome as <see cref="Recycled"/> does, and is charged to nobody.</summary>
    Discarded = 11,
}
