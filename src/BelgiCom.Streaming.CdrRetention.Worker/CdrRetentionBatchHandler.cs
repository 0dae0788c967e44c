using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>The main path: find out what decides a record's classes, and append it as it came. The archive's own positions say where reading starts.</summary>
internal sealed class CdrRetentionBatchHandler(CdrArchive archive, ILogger logger) : IBatchHandler
{
    /// <inheritdoc/>
    /// <exception cref="ArchiveException">Nothing of the batch was kept; the loop reads it again.</exception>
    /// <exception cref="UnreadableRecordException">A record of Rating cannot be read; its partition stops there.</exception>
    public void Handle(RecordBatch batch)
    {
        using var appender = archive.BeginAppend();
        for (var i = 0; i < batch.Count; i++)
        {
            Append(appender, batch[i]);
        }

        appender.Commit();
        CdrRetentionMetrics.Appended(appender.Counts);
        foreach (var (retentionClass, counts) in appender.Counts.Classes)
        {
            if (counts.PastPeriod > 0)
            {
                CdrRetentionLog.PastPeriod(logger, counts.PastPeriod, retentionClass);
            }
        }
    }

    /// <inheritdoc/>
    public long? StartOffset(TopicPartition partition) => archive.NextOffset(partition.Topic, partition.Partition.Value);

    private void Append(ArchiveAppender appender, in ConsumedRecord record)
    {
        var body = WireFormat.TryReadHeader(record.Value, out _) ? record.Value[WireFormat.HeaderSize..] : default;
        if (record.Topic == Topics.UsageReceived)
        {
            if (UsageReceivedView.TryRead(body, out var received))
            {
                Add(appender, record, received.SubscriberRef, received.Kind, received.Direction, received.EventTimeMilliseconds, received.EndTimeMilliseconds);
                return;
            }

            // Rating rejects it and publishes its octets in usage.rejected.v1, from where it is archived.
            CdrRetentionMetrics.Unreadable.Add(1);
            CdrRetentionLog.Unreadable(logger, record.Topic, record.Partition, record.Offset, record.Value.Length);
        }
        else if (record.Topic == Topics.UsageRated && UsageRatedView.TryRead(body, out var rated))
        {
            var end = rated.EventTimeMilliseconds + Math.Clamp(rated.DurationSeconds, 0, int.MaxValue) * 1000;
            Add(appender, record, rated.SubscriberRef, rated.Kind, Direction.NotApplicable, rated.EventTimeMilliseconds, end);
        }
        else if (record.Topic == Topics.UsageRejected && UsageRejectedView.TryRead(body, out var rejected))
        {
            Add(appender, record, rejected.SubscriberRef, UsageKind.Unknown, Direction.NotApplicable, rejected.EventTimeMilliseconds, rejected.EventTimeMilliseconds);
        }
        else
        {
            CdrRetentionMetrics.Unreadable.Add(1);
            throw new UnreadableRecordException(record.Topic, record.Partition, record.Offset);
        }
    }

    private void Add(
        ArchiveAppender appender, in ConsumedRecord record, SubscriberRef subscriber, UsageKind kind, Direction direction, long eventTime, long endTime) =>
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

/// <summary>A record on a topic that only Rating writes cannot be read, so its class and period are not known: the partition stops until somebody has looked.</summary>
public sealed class UnreadableRecordException : Exception
{
    internal UnreadableRecordException(string topic, int partition, long offset)
        : base(string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{topic}[{partition}]@{offset} is not in the format of {topic}. Nothing after it is archived: look at the record and at the release of Rating that wrote it."))
    {
    }
}
