namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// The life of a group:
/// <code>
///            join                 all joined                leader's sync
///   Empty ──────► PreparingRebalance ──────► CompletingRebalance ──────► Stable
///     ▲                 │   ▲                        │                      │
///     └── all left ─────┘   └──── join, leave, session expired ─────────────┘
///   Empty ──► Dead: deleted
/// </code>
/// The names are those DescribeGroups shows.
/// </summary>
internal enum GroupState
{
    Empty,
    PreparingRebalance,
    CompletingRebalance,
    Stable,
    Dead,
}
