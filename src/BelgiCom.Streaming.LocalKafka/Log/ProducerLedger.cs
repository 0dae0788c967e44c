namespace BelgiCom.Streaming.LocalKafka;

/// <summary>An aborted transaction, from its first record in the partition to its abort marker.</summary>
internal readonly record struct AbortedTransaction(long ProducerId, long FirstOffset, long LastOffset);

/// <summary>
/// What one partition knows about its idempotent and transactional producers: epoch, the last five batches, open and aborted transactions.
/// All of it follows from the log, so reading the log again after a crash restores it.
/// </summary>
internal sealed class ProducerLedger
{
    // A producer has at most five requests in flight (max.in.flight.requests.per.connection of an idempotent one).
    private const int RememberedBatches = 5;
    private readonly Dictionary<long, Producer> _producers = [];
    private readonly Dictionary<long, long> _openFrom = [];
    private readonly List<AbortedTransaction> _aborted = [];

    /// <summary>Offset of the first record of the oldest open transaction; <see cref="long.MaxValue"/> when none is open.</summary>
    public long FirstOpenOffset
    {
        get
        {
            long first = long.MaxValue;
            foreach (long offset in _openFrom.Values)
            {
                first = Math.Min(first, offset);
            }

            return first;
        }
    }

    public bool HasOpenTransaction(long producerId) => _openFrom.ContainsKey(producerId);

    /// <summary>
    /// Whether the batch continues its producer's sequence. A batch that was seen before gives the offset that it got then.
    /// </summary>
    public ErrorCode Check(RecordBatch batch, out long? duplicateOf)
    {
        duplicateOf = null;
        // A producer that is not known may start with any sequence number, because retention or DeleteRecords may have removed all it ever
        // wrote.
        if (!batch.HasProducer || !_producers.TryGetValue(batch.ProducerId, out Producer? producer))
        {
            return ErrorCode.None;
        }

        if (batch.ProducerEpoch < producer.Epoch)
        {
            return ErrorCode.InvalidProducerEpoch;
        }

        if (batch.BaseSequence == RecordBatch.NoSequence)
        {
            return ErrorCode.None;
        }

        if (batch.ProducerEpoch > producer.Epoch)
        {
            return batch.BaseSequence == 0 ? ErrorCode.None : ErrorCode.OutOfOrderSequenceNumber;
        }

        foreach (AppendedBatch earlier in producer.Batches)
        {
            if (earlier.BaseSequence == batch.BaseSequence && earlier.LastSequence == batch.LastSequence)
            {
                duplicateOf = earlier.BaseOffset;
                return ErrorCode.None;
            }
        }

        int expected = producer.LastSequence == RecordBatch.NoSequence ? 0 : RecordBatch.AddToSequence(producer.LastSequence, 1);
        return batch.BaseSequence == expected ? ErrorCode.None : ErrorCode.OutOfOrderSequenceNumber;
    }

    /// <summary>Takes an appended batch, or one read back from disk, into account.</summary>
    public void Note(RecordBatch batch, long nowMs)
    {
        if (!batch.HasProducer)
        {
            return;
        }

        if (!_producers.TryGetValue(batch.ProducerId, out Producer? producer))
        {
            producer = new Producer { Epoch = batch.ProducerEpoch };
            _producers.Add(batch.ProducerId, producer);
        }

        if (batch.ProducerEpoch > producer.Epoch)
        {
            producer.Epoch = batch.ProducerEpoch;
            producer.Batches.Clear();
        }

        producer.LastSeenMs = nowMs;
        if (batch.IsControl)
        {
            CloseTransaction(batch);
            return;
        }

        if (batch.IsTransactional)
        {
            _openFrom.TryAdd(batch.ProducerId, batch.BaseOffset);
        }

        if (batch.BaseSequence != RecordBatch.NoSequence)
        {
            producer.Remember(new AppendedBatch(batch.BaseSequence, batch.LastSequence, batch.BaseOffset));
        }
    }

    /// <summary>The aborted transactions that a reader of [<paramref name="from"/>, <paramref name="to"/>) has to leave out.</summary>
    public AbortedTransaction[] AbortedBetween(long from, long to)
    {
        int index = _aborted.Count;
        while (index > 0 && _aborted[index - 1].LastOffset >= from)
        {
            index--;
        }

        return _aborted.Skip(index).Where(transaction => transaction.FirstOffset < to).ToArray();
    }

    /// <summary>
    /// Forgets producers that have been silent since <paramref name="beforeMs"/>, and transactions wholly before the start of the log.
    /// </summary>
    public void Forget(long beforeMs, long logStartOffset)
    {
        List<KeyValuePair<long, Producer>> silent = _producers.Where(
            entry => entry.Value.LastSeenMs < beforeMs && !HasOpenTransaction(entry.Key)).ToList();
        foreach ((long producerId, _) in silent)
        {
            _producers.Remove(producerId);
        }

        _aborted.RemoveAll(transaction => transaction.LastOffset < logStartOffset);
    }

    private void CloseTransaction(RecordBatch marker)
    {
        if (_openFrom.Remove(marker.ProducerId, out long firstOffset) && !TransactionMarker.IsCommit(marker))
        {
            _aborted.Add(new AbortedTransaction(marker.ProducerId, firstOffset, marker.BaseOffset));
        }
    }

    private readonly record struct AppendedBatch(int BaseSequence, int LastSequence, long BaseOffset);

    private sealed class Producer
    {
        public short Epoch { get; set; }

        public long LastSeenMs { get; set; }

        public Queue<AppendedBatch> Batches { get; } = new(RememberedBatches + 1);

        public int LastSequence => Batches.Count == 0 ? RecordBatch.NoSequence : Batches.Last().LastSequence;

        public void Remember(AppendedBatch batch)
        {
            Batches.Enqueue(batch);
            if (Batches.Count > RememberedBatches)
            {
                Batches.Dequeue();
            }
        }
    }
}
