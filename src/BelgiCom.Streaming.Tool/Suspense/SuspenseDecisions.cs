using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// The decisions on usage.rejected.v1, by the record that each is about. What was recycled is in rating's hands for good. What was
/// discarded can still be recycled.
/// </summary>
internal sealed class SuspenseDecisions
{
    private static readonly byte[] RejectedTopic = Encoding.UTF8.GetBytes(Topics.UsageRejected);

    private readonly HashSet<(int Partition, long Offset)> _recycled = [];
    private readonly Dictionary<(int Partition, long Offset), string> _discarded = [];
    private readonly Dictionary<string, string> _words = [];

    /// <summary>Whether the record is a decision on usage of usage.rejected.v1, and not on usage of the ledger.</summary>
    public static bool IsAboutRejected(scoped in UsageRejectedView usage) =>
        usage.Outcome is RejectedOutcome.Recycled or RejectedOutcome.Discarded && usage.ReceivedTopic.SequenceEqual(RejectedTopic);

    /// <summary>Takes a record of a partition in, in the order of the partition; one that is no decision changes nothing.</summary>
    public void Add(int partition, scoped in UsageRejectedView usage)
    {
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
}
