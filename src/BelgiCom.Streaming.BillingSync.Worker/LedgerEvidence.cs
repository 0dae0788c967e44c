using System.Collections.Concurrent;
using System.Text;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Storage;
using Confluent.Kafka;

namespace BelgiCom.Streaming.BillingSync.Worker;

/// <summary>
/// The comparison of everything on usage.rated.v1 with the ledger, record by record, from the beginning of the topic: a loss of an earlier
/// run stays a loss in all later ones.
/// </summary>
/// <param name="Partitions">One comparison per partition.</param>
/// <param name="NotYetBilled">Rated records behind the ledger's positions.</param>
public sealed record LedgerEvidence(IReadOnlyList<Reconciliation> Partitions, long NotYetBilled)
{
    // Between the reader and the ledger, so that a partition never lies in memory.
    private const int RecordsAhead = 10_000;

    /// <summary>Usage that is kept aside because the ledger billed other content under its id.</summary>
    public long Conflicts => Partitions.Sum(partition => partition.ConflictCount);

    /// <summary>Usage that was kept aside so, and that somebody gave up.</summary>
    public long Discarded => Partitions.Sum(partition => partition.Discarded);

    /// <summary>Differences that are no conflicts: usage that is not billed, or billed otherwise than rated.</summary>
    public long Differences => Partitions.Sum(partition => partition.DifferenceCount - partition.ConflictCount);

    /// <summary>Whether every rated record is billed as it was rated, or kept aside as a conflict.</summary>
    public bool IsReconciled => Differences == 0 && NotYetBilled == 0;

    /// <summary>Compares.</summary>
    /// <param name="reader">Reads the topic.</param>
    /// <param name="rated">usage.rated.v1.</param>
    /// <param name="ledger">The ledger; the sink goes on billing meanwhile.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="StorageException">The ledger does not answer.</exception>
    /// <exception cref="UnreadableRecordException">A record on the topic cannot be read, so its amount is not known.</exception>
    public static LedgerEvidence Collect(
        TopicReader reader, EventTopic<UsageRatedView> rated, BillingLedger ledger, CancellationToken cancellationToken)
    {
        List<Reconciliation> partitions = [];
        long notYetBilled = 0;
        foreach (PartitionRange range in reader.RangesOf(rated.Name))
        {
            (Reconciliation compared, long behind) = Compare(reader, rated, ledger, range.Partition, cancellationToken);
            partitions.Add(compared);
            notYetBilled += behind;
        }

        return new LedgerEvidence(partitions, notYetBilled);
    }

    private static (Reconciliation Compared, long NotYetBilled) Compare(
        TopicReader reader, EventTopic<UsageRatedView> rated, BillingLedger ledger, TopicPartition partition,
        CancellationToken cancellationToken)
    {
        // The end of the topic comes second: else what is billed in between would not be on the topic.
        LedgerMark mark = ledger.MarkOf(rated.Name, partition.Partition.Value);
        PartitionRange range = reader.RangeOf(partition);
        long notYetBilled = 0;
        using BlockingCollection<RatedPosition> records = new(RecordsAhead);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task reading = Task.Run(
            () =>
            {
                try
                {
                    reader.Read(
                        [range],
                        batch =>
                        {
                            for (int i = 0; i < batch.Count; i++)
                            {
                                ConsumedRecord record = batch[i];
                                if (!rated.TryRead(record.Value, out UsageRatedView usage))
                                {
                                    throw new UnreadableRecordException(record.Topic, record.Partition, record.Offset);
                                }

                                if (usage.Outcome != RatedOutcome.Rated)
                                {
                                    continue;
                                }

                                if (record.Offset >= mark.NextOffset)
                                {
                                    notYetBilled++;
                                }
                                else
                                {
                                    records.Add(PositionOf(record.Offset, usage), stop.Token);
                                }
                            }
                        },
                        stop.Token);
                }
                finally
                {
                    records.CompleteAdding();
                }
            },
            CancellationToken.None);
        try
        {
            Reconciliation compared = ledger.Reconcile(mark, records.GetConsumingEnumerable(cancellationToken), range.From);
            // Half of a topic may agree with the ledger too: what stopped the reader comes out here.
            reading.GetAwaiter().GetResult();
            return (compared, notYetBilled);
        }
        finally
        {
            stop.Cancel();
            reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        }
    }

    private static RatedPosition PositionOf(long offset, in UsageRatedView usage) => new(
        offset, usage.UsageId, usage.AmountNanos,
        new AmountTerms(Encoding.UTF8.GetString(usage.Currency), usage.PriceBasis, usage.VatPermille))
    {
        Account = Encoding.UTF8.GetString(usage.Account).Replace('\0', LedgerBatch.Substitute),
        EventTimeMilliseconds = usage.EventTimeMilliseconds,
    };
}
