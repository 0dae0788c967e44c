using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Storage;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.BillingSync.Worker;

/// <summary>
/// The main path: decodes a batch of rated and rejected usage and of notifications, and puts it into the ledger. The ledger's own positions
/// say where reading starts, so usage is billed exactly once. A record that cannot be read becomes a dead letter before the ledger's
/// position passes it.
/// </summary>
internal sealed class BillingSyncBatchHandler(
    BillingLedger ledger, BillingOptions options, EventTopic<UsageRatedView> rated, EventTopic<UsageRejectedView> rejected,
    EventTopic<CustomerNotification> notifications, IDeadLetters deadLetters, TimeProvider clock, ILogger logger) : ISinkBatchHandler
{
    private readonly LedgerBatch _batch = new();
    private readonly List<DeadLetter> _unreadable = [];

    /// <inheritdoc/>
    /// <exception cref="StorageException">The database refused the batch; the loop reads it again.</exception>
    /// <exception cref="SchemaRegistryException">The registry does not answer; the loop reads the batch again.</exception>
    public void Handle(RecordBatch batch)
    {
        for (int from = 0; from < batch.Count; from += options.MaxRecordsPerTransaction)
        {
            _batch.Clear();
            _unreadable.Clear();
            for (int i = from; i < Math.Min(batch.Count, from + options.MaxRecordsPerTransaction); i++)
            {
                Decode(batch[i], i);
            }

            deadLetters.Send(batch, _unreadable);
            BillingSyncMetrics.Unreadable.Add(_unreadable.Count);
            Apply();
        }
    }

    /// <inheritdoc/>
    public string? Explain(Exception failure) => failure is StorageException ? failure.Message : null;

    /// <summary>
    /// Tells the ledger the decisions on conflicts that it has not read yet. A ledger that is built anew then knows all of them before it
    /// reads the usage that they are about, in whatever order it reads the partitions.
    /// </summary>
    /// <param name="reader">Reads usage.rejected.v1.</param>
    /// <param name="stopping">Ends it.</param>
    /// <exception cref="StorageException">The ledger does not answer.</exception>
    public void ReadDecisionsAhead(TopicReader reader, CancellationToken stopping)
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
                    if (!rejected.TryRead(batch[index].Value, out UsageRejectedView decision) || !LedgerConflict.IsDecision(in decision))
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

    /// <inheritdoc/>
    // A partition that the ledger has never seen is read from the beginning of its log, whatever the group has committed. Otherwise a new
    // ledger would silently miss everything that was read into the one before it.
    public long? StartOffset(AssignedLog log)
    {
        try
        {
            return ledger.NextOffset(log.Partition.Topic, log.Partition.Partition.Value, log.TopicId, log.End) ?? FirstOffset(log);
        }
        catch (StorageException cause)
        {
            throw new ClientFailedException(cause.Message, cause);
        }
    }

    /// <inheritdoc/>
    public bool TryReach(IReadOnlyList<TopicPartitionOffset> ends)
    {
        _batch.Clear();
        foreach (TopicPartitionOffset end in ends)
        {
            _batch.AddEnd(end.Topic, end.Partition.Value, end.Offset.Value);
        }

        try
        {
            ledger.Apply(_batch);
            return true;
        }
        catch (StorageException)
        {
            // The next batch meets the same database, and says so.
            return false;
        }
    }

    private long FirstOffset(AssignedLog log)
    {
        if (log.Begin == 0)
        {
            BillingSyncLog.PartitionNew(logger, log.Partition.Topic, log.Partition.Partition.Value);
        }
        else
        {
            BillingSyncLog.PartitionBegunWithoutUs(logger, log.Partition.Topic, log.Partition.Partition.Value, log.Begin);
        }

        return log.Begin;
    }

    private void Decode(in ConsumedRecord record, int index)
    {
        if (record.Topic == rated.Name && rated.TryRead(record.Value, out UsageRatedView billed))
        {
            _batch.AddRated(record.Topic, record.Partition, record.Offset, billed);
            return;
        }

        if (record.Topic == rejected.Name && rejected.TryRead(record.Value, out UsageRejectedView refused))
        {
            AddRejected(in record, in refused);
            return;
        }

        if (record.Topic == notifications.Name && notifications.TryRead(record.Value, out CustomerNotification? sent))
        {
            _batch.AddNotification(new NotificationRecord(
                record.Topic, record.Partition, record.Offset, DateTimeOffset.FromUnixTimeMilliseconds(record.TimestampMilliseconds),
                sent));
            return;
        }

        bool isOfUnknownSchema = record.Topic == rated.Name ? rated.IsOfUnknownSchema(record.Value)
            : record.Topic == rejected.Name ? rejected.IsOfUnknownSchema(record.Value)
            : notifications.IsOfUnknownSchema(record.Value);
        _unreadable.Add(new DeadLetter(index, isOfUnknownSchema ? DeadLetterReason.UnknownSchema : DeadLetterReason.Undecodable));
        _batch.AddDeadLettered(record.Topic, record.Partition, record.Offset, record.TimestampMilliseconds);
    }

    private void AddRejected(in ConsumedRecord record, scoped in UsageRejectedView refused)
    {
        if (!LedgerConflict.IsDecision(in refused))
        {
            _batch.AddRejected(record.Topic, record.Partition, record.Offset, refused);
        }
        else if (refused.Outcome == RejectedOutcome.Discarded)
        {
            _batch.AddDiscarded(record.Topic, record.Partition, record.Offset, refused);
        }
        else if (rated.TryRead(refused.Original, out UsageRatedView charged))
        {
            _batch.AddCharged(record.Topic, record.Partition, record.Offset, refused, charged);
        }
        else
        {
            // The conflict goes on waiting, and whoever decided sees it.
            _batch.AddRejected(record.Topic, record.Partition, record.Offset, refused);
        }
    }

    private void Apply()
    {
        long started = clock.GetTimestamp();
        LedgerBatchResult result = ledger.Apply(_batch);
        BillingSyncMetrics.Applied(result, clock.GetElapsedTime(started));
        long duplicates = result.Counts[(int)LedgerOutcome.LedgerDuplicate];
        if (duplicates > 0)
        {
            BillingSyncLog.LedgerDuplicates(logger, duplicates);
        }

        long conflicts = result.Counts[(int)LedgerOutcome.LedgerConflict];
        if (conflicts > 0)
        {
            BillingSyncLog.LedgerConflicts(logger, conflicts);
        }
    }
}
