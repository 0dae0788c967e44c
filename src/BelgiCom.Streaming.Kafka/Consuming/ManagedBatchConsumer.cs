using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Makes batches with the stock Consume, at one copy and some objects per record. It is the fallback of the native way, which is measured
/// against it.
/// </summary>
internal sealed class ManagedBatchConsumer(IConsumer<byte[], byte[]> consumer, TimeProvider clock) : IBatchConsumer
{
    // The stock Consume cannot be woken, so a consumer that somebody wakes waits in short pieces, as long as that goes on.
    private static readonly TimeSpan Piece = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan ShortWaits = TimeSpan.FromSeconds(10);

    private readonly Batch _batch = new();
    private int _woken;
    private long _wokenAt = long.MinValue;

    public PolledBatch Poll(BatchLimits limits, TimeSpan wait)
    {
        _batch.Release();
        if (!Await(wait))
        {
            return _batch;
        }

        long started = clock.GetTimestamp();
        while (_batch.Count < limits.MaxRecords && _batch.Bytes < limits.MaxBytes)
        {
            TimeSpan left = limits.MaxAge - clock.GetElapsedTime(started);
            if (!TakeOne(left > TimeSpan.Zero ? left : TimeSpan.Zero))
            {
                break;
            }
        }

        return _batch;
    }

    public void Wake() => Volatile.Write(ref _woken, 1);

    public void Dispose() => _batch.Release();

    /// <summary>Waits for the first record; false when none came, or somebody woke the consumer.</summary>
    private bool Await(TimeSpan wait)
    {
        long started = clock.GetTimestamp();
        while (true)
        {
            if (Interlocked.Exchange(ref _woken, 0) != 0)
            {
                _wokenAt = clock.GetTimestamp();
                return TakeOne(TimeSpan.Zero);
            }

            bool isShort = _wokenAt != long.MinValue && clock.GetElapsedTime(_wokenAt) < ShortWaits;
            TimeSpan left = wait - clock.GetElapsedTime(started);
            if (TakeOne(isShort && left > Piece ? Piece : left > TimeSpan.Zero ? left : TimeSpan.Zero))
            {
                return true;
            }

            if (!isShort || left <= Piece)
            {
                return false;
            }
        }
    }

    private bool TakeOne(TimeSpan wait)
    {
        try
        {
            ConsumeResult<byte[], byte[]>? result = consumer.Consume(wait);
            if (result is null)
            {
                return false;
            }

            _batch.Add(result);
        }
        catch (ConsumeException failure)
        {
            _batch.Add(failure.Error);
        }

        return true;
    }

    private sealed class Batch : PolledBatch
    {
        private readonly List<ConsumeResult<byte[], byte[]>> _records = [];

        public override int Count => _records.Count;

        public override ConsumedRecord this[int index]
        {
            get
            {
                ConsumeResult<byte[], byte[]> record = _records[index];
                Message<byte[], byte[]> message = record.Message;
                return new ConsumedRecord(
                    record.Topic, record.Partition.Value, record.Offset.Value, message.Timestamp.UnixTimestampMs, message.Key,
                    message.Value, message.Value is null);
            }
        }

        public override IReadOnlyList<KeyValuePair<string, byte[]>> HeadersOf(int index) =>
            _records[index].Message.Headers is { } headers
                ? [.. headers.Select(header => KeyValuePair.Create(header.Key, header.GetValueBytes() ?? []))]
                : [];

        public void Add(ConsumeResult<byte[], byte[]> result)
        {
            if (result.IsPartitionEOF)
            {
                ReachedEnd(result.Topic, result.Partition.Value, result.Offset.Value);
                return;
            }

            _records.Add(result);
            Took(
                result.Topic, result.Partition.Value, result.Offset.Value,
                (result.Message.Key?.Length ?? 0) + (result.Message.Value?.Length ?? 0));
        }

        public void Add(Error error) => Reported(error);

        protected override void RemoveRecords(RecordPredicate drop) =>
            _records.RemoveAll(record => drop(record.Topic, record.Partition.Value, record.Offset.Value));

        protected override void ReleaseRecords() => _records.Clear();
    }
}
