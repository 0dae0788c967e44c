using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Retention;
using BelgiCom.Streaming.Storage;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>
/// The main path: reads from each record what decides its classes, and appends the record to the archive as it came. The archive's own
/// positions say where reading starts. A record of rating's that cannot be read becomes a dead letter before the archive's position passes
/// it.
/// </summary>
internal sealed class CdrRetentionBatchHandler(
    CdrArchive archive, EventTopic<UsageReceivedView> received, EventTopic<UsageRatedView> rated, EventTopic<UsageRejectedView> rejected,
    IDeadLetters deadLetters, ILogger logger) : ISinkBatchHandler
{
    private static readonly byte[] UnknownSchema = "UNKNOWN_SCHEMA"u8.ToArray();

    private readonly List<DeadLetter> _unreadable = [];

    /// <inheritdoc/>
    /// <exception cref="ArchiveException">The archive kept nothing of the batch; the loop reads it again.</exception>
    /// <exception cref="StorageException">The archive's index refused the batch; the loop reads it again.</exception>
    /// <exception cref="SchemaRegistryException">The registry does not answer; the loop reads the batch again.</exception>
    public void Handle(RecordBatch batch)
    {
        _unreadable.Clear();
        using ArchiveAppender appender = archive.BeginAppend();
        for (int i = 0; i < batch.Count; i++)
        {
            Append(appender, batch[i], i);
        }

        deadLetters.Send(batch, _unreadable);
        appender.Commit();
        CdrRetentionMetrics.Appended(appender.Counts);
        foreach ((string retentionClass, (long Kept, long PastPeriod) counts) in appender.Counts.Classes)
        {
            if (counts.PastPeriod > 0)
            {
                CdrRetentionLog.PastPeriod(logger, counts.PastPeriod, retentionClass);
            }
        }
    }

    /// <inheritdoc/>
    public string? Explain(Exception failure) =>
        failure is ArchiveException or StorageException or IOException or UnauthorizedAccessException ? failure.Message : null;

    /// <inheritdoc/>
    public long? StartOffset(AssignedLog log)
    {
        try
        {
            return archive.NextOffset(log.Partition.Topic, log.Partition.Partition.Value, log.TopicId, log.End);
        }
        catch (StorageException cause)
        {
            throw new ClientFailedException(cause.Message, cause);
        }
    }

    /// <inheritdoc/>
    public bool TryReach(IReadOnlyList<TopicPartitionOffset> ends)
    {
        try
        {
            using ArchiveAppender appender = archive.BeginAppend();
            foreach (TopicPartitionOffset end in ends)
            {
                appender.Pass(end.Topic, end.Partition.Value, end.Offset.Value - 1);
            }

            appender.Commit();
            return true;
        }
        catch (Exception cause) when (cause is StorageException or ArchiveException)
        {
            // The next batch meets the same archive, and says so.
            return false;
        }
    }

    private void Append(ArchiveAppender appender, in ConsumedRecord record, int index)
    {
        bool read = record.Topic switch
        {
            Topics.UsageReceived => TryReceived(appender, record),
            Topics.UsageRated => TryRated(appender, record),
            Topics.UsageRejected => TryRejected(appender, record),
            _ => false,
        };
        if (read)
        {
            return;
        }

        CdrRetentionMetrics.Unreadable.Add(1);
        appender.Pass(record.Topic, record.Partition, record.Offset);
        if (record.Topic == Topics.UsageReceived)
        {
            // Rating rejects the same record and publishes its octets in usage.rejected.v1; they are archived from there.
            CdrRetentionLog.Unreadable(logger, record.Topic, record.Partition, record.Offset, record.Value.Length);
            return;
        }

        bool isOfUnknownSchema = record.Topic == Topics.UsageRated
            ? rated.IsOfUnknownSchema(record.Value)
            : rejected.IsOfUnknownSchema(record.Value);
        _unreadable.Add(new DeadLetter(index, isOfUnknownSchema ? DeadLetterReason.UnknownSchema : DeadLetterReason.Undecodable));
    }

    private bool TryReceived(ArchiveAppender appender, in ConsumedRecord record)
    {
        if (!received.TryRead(record.Value, out UsageReceivedView usage))
        {
            return false;
        }

        if (IsArchived(in usage))
        {
            appender.Pass(record.Topic, record.Partition, record.Offset);
            return true;
        }

        Add(appender, record, usage.SubscriberRef, usage.Kind, usage.Direction, usage.EventTimeMilliseconds, usage.EndTimeMilliseconds);
        return true;
    }

    /// <summary>
    /// Whether the archive has the usage under the same reference from when it came first: it was suspended, and is recycled now. Usage of
    /// an unknown schema could not be archived then. Usage that was passed on to another subscriber comes under another reference, so it is
    /// kept under both; what was passed on to its account, or is rated again, is under the same one.
    /// </summary>
    private static bool IsArchived(in UsageReceivedView usage) =>
        !usage.History.Account.IsEmpty
        || !usage.History.CorrectionCharge.IsEmpty
        || (!usage.History.SuspendedFor.IsEmpty
            && !usage.History.SuspendedFor.SequenceEqual(UnknownSchema)
            && usage.History.AliasRef == default);

    private bool TryRated(ArchiveAppender appender, in ConsumedRecord record)
    {
        if (!rated.TryRead(record.Value, out UsageRatedView usage))
        {
            return false;
        }

        long end = usage.EventTimeMilliseconds + Math.Clamp(usage.DurationSeconds, 0, int.MaxValue) * 1000;
        Add(appender, record, usage.SubscriberRef, usage.Kind, Direction.NotApplicable, usage.EventTimeMilliseconds, end);
        return true;
    }

    private bool TryRejected(ArchiveAppender appender, in ConsumedRecord record)
    {
        if (!rejected.TryRead(record.Value, out UsageRejectedView usage))
        {
            return false;
        }

        if (usage.Outcome == RejectedOutcome.Recycled)
        {
            // It only says that an earlier record, which the archive has, no longer waits.
            appender.Pass(record.Topic, record.Partition, record.Offset);
            return true;
        }

        Add(
            appender, record, usage.SubscriberRef, UsageKind.Unknown, Direction.NotApplicable, usage.EventTimeMilliseconds,
            usage.EventTimeMilliseconds);
        return true;
    }

    private void Add(
        ArchiveAppender appender, in ConsumedRecord record, SubscriberRef subscriber, UsageKind kind, Direction direction, long eventTime,
        long endTime) =>
        appender.Add(new CdrToArchive
        {
            Topic = record.Topic,
            Partition = record.Partition,
            Offset = record.Offset,
            Subscriber = subscriber,
            Kind = kind,
            Direction = direction,
            EventTimeMilliseconds = eventTime,
            EndTimeMilliseconds = endTime,
            ReceivedMilliseconds = record.TimestampMilliseconds >= 0 ? record.TimestampMilliseconds : archive.Now.ToUnixTimeMilliseconds(),
            Value = record.Value,
        });
}
