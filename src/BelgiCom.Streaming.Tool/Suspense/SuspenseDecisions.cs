using System.Text;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// The decisions on usage.rejected.v1, by the record of that topic or of usage.rated.v1 that each is about. What was recycled is in
/// rating's hands for good. What was discarded can still be recycled.
/// </summary>
internal sealed class SuspenseDecisions
{
    private static readonly byte[] RejectedTopic = Encoding.UTF8.GetBytes(Topics.UsageRejected);

    private readonly HashSet<(int Partition, long Offset)> _recycled = [];
    private readonly Dictionary<(int Partition, long Offset), string> _discarded = [];
    private readonly Dictionary<(int Partition, long Offset), long?> _rated = [];
    private readonly Dictionary<string, string> _words = [];

    /// <summary>Whether the record is a decision on usage of usage.rejected.v1, and not on usage of the ledger.</summary>
    public static bool IsAboutRejected(scoped in UsageRejectedView usage) =>
        usage.Outcome is RejectedOutcome.Recycled or RejectedOutcome.Discarded && usage.ReceivedTopic.SequenceEqual(RejectedTopic);

    /// <summary>Takes a record of a partition in, in the order of the partition; one that is no decision changes nothing.</summary>
    /// <param name="partition">Partition of the record.</param>
    /// <param name="offset">Its offset.</param>
    /// <param name="usage">The record.</param>
    public void Add(int partition, long offset, scoped in UsageRejectedView usage)
    {
        if (LedgerConflict.IsDecision(in usage))
        {
            _rated[(usage.ReceivedPartition, usage.ReceivedOffset)] = usage.Outcome == RejectedOutcome.Discarded ? offset : null;
            return;
        }

        if (!IsAboutRejected(in usage))
        {
            return;
        }

        if (usage.Outcome == RejectedOutcome.Recycled)
        {
            _discarded.Remove((partition, usage.ReceivedOffset));
            _recycled.Add((partition, usage.ReceivedOffset));
        }
        else
        {
            // One decision is often about many events; its words are kept once.
            string words = Encoding.UTF8.GetString(usage.Detail);
            _words.TryAdd(words, words);
            _discarded[(partition, usage.ReceivedOffset)] = _words[words];
        }
    }

    /// <summary>Whether the usage of the record was sent to rating once more.</summary>
    public bool IsRecycled(in ConsumedRecord record) => _recycled.Contains((record.Partition, record.Offset));

    /// <summary>Who gave the usage of the record up, and why; null when nobody did.</summary>
    public string? DiscardOf(in ConsumedRecord record) => _discarded.GetValueOrDefault((record.Partition, record.Offset));

    /// <summary>Whether somebody decided on the rated usage, whether the ledger knows it or not.</summary>
    public bool IsDecided(LedgerConflict conflict) => _rated.ContainsKey((conflict.Partition, conflict.Offset));

    /// <summary>Whether the record gave rated usage up, and is the last word on it.</summary>
    public bool IsDiscardOfRated(in ConsumedRecord record, scoped in UsageRejectedView usage) =>
        LedgerConflict.IsDecision(in usage)
        && _rated.GetValueOrDefault((usage.ReceivedPartition, usage.ReceivedOffset)) == record.Offset;
}
