namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// The life of a transactional id; the numbers are those Apache Kafka stores.
/// <code>
///   Empty ──► Ongoing ──► PrepareCommit ──► CompleteCommit ──┐
///               │  ▲                                         │
///               │  └───────────── next transaction ──────────┤
///               └──────► PrepareAbort ───► CompleteAbort ────┘
/// </code>
/// From Prepare on the outcome is decided: after a crash the markers are written again.
/// </summary>
internal enum TransactionState : sbyte
{
    Empty = 0,
    Ongoing = 1,
    PrepareCommit = 2,
    PrepareAbort = 3,
    CompleteCommit = 4,
    CompleteAbort = 5,
}
