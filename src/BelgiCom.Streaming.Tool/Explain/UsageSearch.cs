using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Tool;

/// <summary>Usage that was not rated, as its record says.</summary>
/// <param name="Place">Topic, partition and offset of the record.</param>
/// <param name="Outcome">Its outcome.</param>
/// <param name="Reason">Why.</param>
/// <param name="Detail">What to do, as rating wrote it; of a decision who decided, and why.</param>
/// <param name="Content">What the usage says; null when it cannot be read.</param>
/// <param name="Now">What rating would do with it now; null where it does not wait.</param>
internal sealed record UnratedUsage(
    string Place, RejectedOutcome Outcome, RejectedReason Reason, string Detail, UsageContent? Content, string? Now)
{
    /// <summary>Whether its money waits for somebody.</summary>
    public bool Waits => Suspense.Waits(Outcome, Reason);
}

/// <summary>Finds everything that the topics have of one usage event.</summary>
internal sealed class UsageSearch(
    TopicReader reader, EventTopic<UsageReceivedView> received, EventTopic<UsageRatedView> rated, EventTopic<UsageRejectedView> rejected,
    PublishedReference reference)
{
    /// <summary>The rated record of a usage event; null when the topic has none.</summary>
    /// <param name="id">Id of the usage.</param>
    /// <param name="line">Its line in the ledger, which names the record; null to look for it in the whole topic.</param>
    /// <param name="stopping">Stops it.</param>
    public RatedExplanation? Rated(UsageId id, LedgerPlace? line, CancellationToken stopping)
    {
        RatedUsage? found = null;
        Read(
            line is { Topic: Topics.UsageRated }
                ? [At(line)]
                : reader.RangesOf(Topics.UsageRated),
            id,
            (in ConsumedRecord record) =>
            {
                if (rated.TryRead(record.Value, out UsageRatedView usage) && usage.UsageId == id)
                {
                    found = RatedUsage.Of(in usage, record.Partition, record.Offset);
                }
            },
            stopping);
        return found is null ? null : new RatedExplanation(
            found, (offering, version) => version is { } number
                ? reference.Version(offering, number)
                : reference.VersionAt(offering, found.Start));
    }

    /// <summary>The records that say why usage was not rated, and what was decided on it, in their order.</summary>
    /// <param name="id">Id of the usage.</param>
    /// <param name="partition">
    /// The partition where it is rated: its other records came there, too, unless they were guided otherwise. Null for all.
    /// </param>
    /// <param name="stopping">Stops it.</param>
    public IReadOnlyList<UnratedUsage> Unrated(UsageId id, int? partition, CancellationToken stopping)
    {
        List<(string Place, RejectedOutcome Outcome, RejectedReason Reason, string Detail, byte[] Original)> found = [];
        Read(
            [.. reader.RangesOf(Topics.UsageRejected).Where(range => partition is null || range.Partition.Partition.Value == partition)],
            id,
            (in ConsumedRecord record) =>
            {
                if (rejected.TryRead(record.Value, out UsageRejectedView usage) && usage.UsageId == id)
                {
                    found.Add((
                        $"{record.Topic}[{record.Partition}]@{record.Offset}", usage.Outcome, usage.Reason,
                        Encoding.UTF8.GetString(usage.Detail), IsWhole(in usage) ? usage.Original.ToArray() : []));
                }
            },
            stopping);
        return [.. found.Select(one => Explain(one.Place, one.Outcome, one.Reason, one.Detail, one.Original, stopping))];
    }

    private UnratedUsage Explain(
        string place, RejectedOutcome outcome, RejectedReason reason, string detail, byte[] original, CancellationToken stopping)
    {
        if (!received.TryRead(original, out UsageReceivedView usage))
        {
            return new UnratedUsage(place, outcome, reason, detail, Content: null, Now: null);
        }

        UnratedUsage explained = new(place, outcome, reason, detail, UsageContent.Of(in usage), Now: null);
        return explained.Waits ? explained with { Now = reference.Try(in usage, stopping) } : explained;
    }

    private static bool IsWhole(scoped in UsageRejectedView usage) =>
        SHA256.HashData(usage.Original).AsSpan().SequenceEqual(usage.OriginalHash);

    /// <summary>The one record of a line, as far as the topic still has it.</summary>
    private PartitionRange At(LedgerPlace line)
    {
        PartitionRange range = reader.RangeOf(new TopicPartition(line.Topic, line.Partition));
        bool isThere = line.Offset >= range.From && line.Offset < range.To;
        return range with { From = isThere ? line.Offset : range.To, To = isThere ? line.Offset + 1 : range.To };
    }

    private void Read(IReadOnlyList<PartitionRange> ranges, UsageId id, RecordHandler handle, CancellationToken stopping)
    {
        byte[] key = id.ToByteArray();
        reader.Read(
            ranges,
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    // The id comes first in both schemas, of all releases, so that other records need not be decoded.
                    ConsumedRecord record = batch[index];
                    if (record.Value.Length >= WireFormat.HeaderSize + key.Length
                        && record.Value.Slice(WireFormat.HeaderSize, key.Length).SequenceEqual(key))
                    {
                        handle(in record);
                    }
                }
            },
            stopping);
    }

    private delegate void RecordHandler(in ConsumedRecord record);
}
