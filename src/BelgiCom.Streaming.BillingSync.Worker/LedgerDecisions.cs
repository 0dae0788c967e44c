using System.Text;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.BillingSync.Worker;

/// <summary>
/// What people decided on rated usage that is in conflict with a line of the ledger: records of usage.rejected.v1 that name a position on
/// usage.rated.v1. RECYCLED charges it under the id that the record gives it, DISCARDED gives it up.
/// </summary>
public static class LedgerDecisions
{
    private static readonly byte[] RatedTopic = Encoding.UTF8.GetBytes(Topics.UsageRated);

    /// <summary>Whether a record is such a decision.</summary>
    public static bool IsAboutRated(scoped in UsageRejectedView usage) =>
        usage.Outcome is RejectedOutcome.Recycled or RejectedOutcome.Discarded && usage.ReceivedTopic.SequenceEqual(RatedTopic);

    /// <summary>
    /// Tells the ledger the decisions that it has not read yet. A ledger that is built anew then knows all of them before it reads the usage
    /// that they are about, in whatever order it reads the partitions.
    /// </summary>
    /// <param name="reader">Reads usage.rejected.v1.</param>
    /// <param name="rejected">usage.rejected.v1.</param>
    /// <param name="rated">usage.rated.v1.</param>
    /// <param name="ledger">The ledger.</param>
    /// <param name="stopping">Ends it.</param>
    /// <exception cref="StorageException">The ledger does not answer.</exception>
    public static void ReadAhead(
        TopicReader reader, EventTopic<UsageRejectedView> rejected, EventTopic<UsageRatedView> rated, BillingLedger ledger,
        CancellationToken stopping)
    {
        IReadOnlyList<PartitionRange> ranges =
        [
            .. reader.RangesOf(rejected.Name).Select(range => range with
            {
                From = Math.Clamp(ledger.NextOffset(rejected.Name, range.Partition.Partition.Value) ?? 0, range.From, range.To),
            }),
        ];
        reader.Read(
            ranges,
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    if (!rejected.TryRead(batch[index].Value, out UsageRejectedView decision) || !IsAboutRated(in decision))
                    {
                        continue;
                    }

                    (UsageId usageId, UsageId ownId) = (decision.UsageId, default);
                    if (decision.Outcome == RejectedOutcome.Recycled)
                    {
                        if (!rated.TryRead(decision.Original, out UsageRatedView usage))
                        {
                            continue;
                        }

                        (usageId, ownId) = (usage.UsageId, decision.UsageId);
                    }

                    ledger.NoteAhead(Topics.UsageRated, decision.ReceivedPartition, decision.ReceivedOffset, usageId, ownId);
                }
            },
            stopping);
    }
}
