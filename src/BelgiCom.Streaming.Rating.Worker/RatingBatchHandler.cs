using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// The main path, top to bottom: decode, guide, rate, charge, produce. Everything a batch leads to, rated usage, rejects, notifications and changed state, is in
/// the lane's one transaction with the batch's offsets; what memory holds is kept or undone with it.
/// </summary>
internal sealed class RatingBatchHandler : ITransactionalBatchHandler, IDisposable
{
    // Enough for the core to overlap its cache misses; decoded values and their results stay in the second-level cache.
    private const int SliceLength = 256;

    private readonly RatingOptions _options;
    private readonly SchemaGate _schemas;
    private readonly ILogger _logger;
    private readonly ICommittedLog _log;
    private readonly StateRestorer _restorer;
    private readonly ReferenceData _reference;
    private readonly EventWriter _events;
    private readonly Dictionary<int, OwnedPartition> _partitions = [];
    private readonly List<OwnedPartition> _touched = [];
    private readonly BatchCounts _counts = new();
    private readonly UsageRecord[] _usage = new UsageRecord[SliceLength];
    private readonly RatedUsage[] _rated = new RatedUsage[SliceLength];
    private readonly int[] _places = new int[SliceLength];

    public RatingBatchHandler(ICommittedLog log, RatingOptions options, SchemaGate schemas, TimeProvider clock, ILogger logger)
    {
        _log = log;
        _options = options;
        _schemas = schemas;
        _logger = logger;
        _restorer = new StateRestorer(log, schemas, clock, logger);
        _reference = new ReferenceData(log, options, schemas, clock, logger);
        _events = new EventWriter(schemas);
    }

    /// <inheritdoc/>
    public void Assigned(IReadOnlyList<TopicPartition> partitions)
    {
        if (partitions.Count == 0)
        {
            // A cooperative rebalance that brings nothing: asking the topics for nothing would only hold up those who wait for it.
            return;
        }

        Dictionary<int, RatingSession> sessions = partitions.ToDictionary(
            partition => partition.Partition.Value, _ => new RatingSession(_options.DedupDays, _options.LateDays));
        _restorer.Restore(sessions);
        foreach ((int partition, RatingSession session) in sessions)
        {
            _partitions[partition] = new OwnedPartition(partition, session);
            _reference.Own(partition, session);
        }

        _reference.Refresh();
    }

    /// <inheritdoc/>
    public void Revoked(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _partitions.Remove(partition.Partition.Value);
            _reference.Disown(partition.Partition.Value);
        }
    }

    /// <inheritdoc/>
    public void Handle(RecordBatch batch, TransactionalOutput output)
    {
        _reference.RefreshWhenDue();
        int next;
        for (int start = 0; start < batch.Count; start = next)
        {
            OwnedPartition partition = Touch(batch[start]);
            next = EndOfSlice(batch, start);
            int count = Decode(batch, start, next, output);
            Rate(batch, count, partition, output);
        }

        foreach (OwnedPartition partition in _touched)
        {
            _events.WriteState(partition, output);
        }
    }

    /// <inheritdoc/>
    public void Committed()
    {
        foreach (OwnedPartition partition in _touched)
        {
            partition.Session.Commit(partition.FirstOffset);
        }

        RatingMetrics.Committed(_counts);
        Forget();
    }

    /// <inheritdoc/>
    public void Aborted()
    {
        foreach (OwnedPartition partition in _touched)
        {
            partition.Session.Abort();
        }

        Forget();
    }

    /// <summary>Closes the reader of state and reference data.</summary>
    public void Dispose() => _log.Dispose();

    private OwnedPartition Touch(in ConsumedRecord first)
    {
        OwnedPartition partition = _partitions[first.Partition];
        if (!partition.IsTouched)
        {
            partition.IsTouched = true;
            partition.FirstOffset = first.Offset;
            _touched.Add(partition);
        }

        return partition;
    }

    private static int EndOfSlice(RecordBatch batch, int start)
    {
        int partition = batch[start].Partition;
        int end = start + 1;
        while (end < batch.Count && end - start < SliceLength && batch[end].Partition == partition)
        {
            end++;
        }

        return end;
    }

    /// <summary>Decodes records into the slice. What is no usage is rejected at once, with its octets.</summary>
    private int Decode(RecordBatch batch, int start, int end, TransactionalOutput output)
    {
        int count = 0;
        for (int place = start; place < end; place++)
        {
            ConsumedRecord record = batch[place];
            Rejection? rejection = _schemas.Open(record.Topic, record.Value, out ReadOnlySpan<byte> body);
            if (rejection is null && UsageReceivedView.TryRead(body, out UsageReceivedView received))
            {
                _usage[count] = UsageEvents.ToRecord(in received, record.TimestampMilliseconds);
                _places[count++] = place;
            }
            else
            {
                Reject(in record, rejection ?? Rejection.Undecodable, output);
            }
        }

        return count;
    }

    private void Rate(RecordBatch batch, int count, OwnedPartition partition, TransactionalOutput output)
    {
        partition.Session.Rate(_usage.AsSpan(0, count), _reference.Tariffs, _rated);
        int suspended = WriteResults(batch, count, partition, maySetAside: true, output);
        if (suspended > 0)
        {
            // Reference data that was published before this usage may not have been read yet: look once, then let the result stand.
            _reference.Refresh();
            partition.Session.Rate(_usage.AsSpan(0, suspended), _reference.Tariffs, _rated);
            WriteResults(batch, suspended, partition, maySetAside: false, output);
        }
    }

    /// <summary>Writes the slice's results. Suspended usage that is newer than the reference data may be set aside, at the front of the slice, instead.</summary>
    /// <returns>How many were set aside.</returns>
    private int WriteResults(RecordBatch batch, int count, OwnedPartition partition, bool maySetAside, TransactionalOutput output)
    {
        int setAside = 0;
        for (int index = 0; index < count; index++)
        {
            ref readonly RatedUsage rated = ref _rated[index];
            ConsumedRecord record = batch[_places[index]];
            if (maySetAside && rated.Outcome == RatingOutcome.Suspended && record.TimestampMilliseconds >= _reference.AsOfMilliseconds)
            {
                _usage[setAside] = _usage[index];
                _places[setAside++] = _places[index];
                continue;
            }

            _counts.Add(rated.Outcome);
            _schemas.Open(record.Topic, record.Value, out ReadOnlySpan<byte> body);
            UsageReceivedView.TryRead(body, out UsageReceivedView received);
            if (rated.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
            {
                UsageRatedView view = UsageEvents.ToRated(in received, in rated, partition.Session, _reference.Tariffs, record.Partition, record.Offset);
                _events.WriteRated(in view, output);
                _counts.Notifications += _events.WriteNotifications(in view, rated.Crossed, output);
            }
            else
            {
                _events.WriteRejected(in record, Rejection.For(rated.Reason), received.UsageId, received.SubscriberRef, received.EventTimeMilliseconds, output);
            }
        }

        return setAside;
    }

    private void Reject(in ConsumedRecord record, Rejection rejection, TransactionalOutput output)
    {
        _counts.Add(rejection.Outcome);
        RatingLog.Undecodable(_logger, record.Topic, record.Partition, record.Offset, rejection.Reason.ToString());
        _events.WriteRejected(in record, rejection, default, default, eventTimeMilliseconds: 0, output);
    }

    private void Forget()
    {
        foreach (OwnedPartition partition in _touched)
        {
            partition.IsTouched = false;
        }

        _touched.Clear();
        _counts.Clear();
    }
}
