using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>Rated usage whose id is billed with other content.</summary>
/// <param name="UsageId">The id of both.</param>
/// <param name="Partition">Partition of its record on usage.rated.v1.</param>
/// <param name="Offset">Its offset there.</param>
/// <param name="EventTime">When the usage began.</param>
/// <param name="Source">Configured source that delivered it.</param>
/// <param name="File">Name of the file it came from.</param>
/// <param name="Received">Where it lies on usage.received.v1.</param>
/// <param name="BilledReceived">Where the usage that is billed lies there.</param>
/// <param name="IsOfOtherAccount">Whether another account pays for it than for what is billed.</param>
public sealed record LedgerConflict(
    UsageId UsageId,
    int Partition,
    long Offset,
    DateTimeOffset EventTime,
    string Source,
    string File,
    (int Partition, long Offset) Received,
    (int Partition, long Offset) BilledReceived,
    bool IsOfOtherAccount)
{
    /// <summary>
    /// Whether a record of usage.rejected.v1 is somebody's decision on such usage: it names a position on usage.rated.v1. RECYCLED charges
    /// the usage under the id that the record gives it, DISCARDED gives it up.
    /// </summary>
    public static bool IsDecision(scoped in UsageRejectedView usage) =>
        usage.Outcome is RejectedOutcome.Recycled or RejectedOutcome.Discarded
        && System.Text.Ascii.Equals(usage.ReceivedTopic, Topics.UsageRated);
}
