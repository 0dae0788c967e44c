namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// The outcome of an append: the offset of the first record, or of the earlier copy when the batch is a repetition, and for topics with
/// LogAppendTime the broker's time. -1 stands for none.
/// </summary>
internal readonly record struct AppendResult(ErrorCode Error, long BaseOffset, long LogAppendTimeMs, long LogStartOffset);

/// <summary>Asks the transaction coordinator whether the producer's transaction includes the partition.</summary>
internal delegate ErrorCode TransactionVerifier(string topic, int partition, long producerId, short producerEpoch);

/// <summary>
/// One partition: its segments, its offsets, its producers, and the fetches that wait for it. All members may be called from any thread.
/// One node has no replicas, so the high watermark is the end of the log.
/// </summary>
internal sealed partial class PartitionLog : IDisposable
{
    /// <summary>One node never changes leaders.</summary>
    public const int LeaderEpoch = 0;
    private readonly Lock _gate = new();
    private readonly string _directory;
    private readonly LogSettings _settings;
    private readonly ProducerLedger _producers = new();
    private readonly List<Segment> _segments = [];
    private readonly List<FetchSignal> _waiting = [];
    private TopicConfig _config;
    private long _nextOffset;
    private long _logStartOffset;
    private bool _deleted;

    private PartitionLog(string topic, int partition, string directory, TopicConfig config, LogSettings settings)
    {
        TopicName = topic;
        Partition = partition;
        _directory = directory;
        _config = config;
        _settings = settings;
    }

    public string TopicName { get; }

    public int Partition { get; }

    /// <summary>The offset that the next record gets.</summary>
    public long EndOffset
    {
        get
        {
            lock (_gate)
            {
                return _nextOffset;
            }
        }
    }

    public long LogStartOffset
    {
        get
        {
            lock (_gate)
            {
                return _logStartOffset;
            }
        }
    }

    /// <summary>Every record below this offset is decided: no open transaction has a record there.</summary>
    public long LastStableOffset
    {
        get
        {
            lock (_gate)
            {
                return LastStable;
            }
        }
    }

    private long LastStable => Math.Min(_nextOffset, _producers.FirstOpenOffset);

    private Segment Active => _segments[^1];

    public void Configure(TopicConfig config)
    {
        lock (_gate)
        {
            _config = config;
        }
    }

    /// <summary>Appends a producer's batch: checks it, assigns its offset in place and writes its bytes as they are.</summary>
    public AppendResult AppendFromClient(Span<byte> bytes)
    {
        TopicConfig config = _config;
        ErrorCode error = BatchValidation.Check(bytes, config, _settings.NowMs);
        return error == ErrorCode.None ? Append(new RecordBatch(bytes)) : Failed(error);
    }

    /// <summary>Appends a batch of the broker itself, such as coordinator state or a transaction marker.</summary>
    public AppendResult AppendFromBroker(Span<byte> batch) => Append(new RecordBatch(batch));

    public bool HasOpenTransaction(long producerId)
    {
        lock (_gate)
        {
            return _producers.HasOpenTransaction(producerId);
        }
    }

    /// <summary>Finds what a fetch from <paramref name="offset"/> gets; the bytes are read later, outside the lock.</summary>
    public LogSlice Slice(long offset, int maxBytes, bool committedOnly)
    {
        lock (_gate)
        {
            if (_deleted)
            {
                return new LogSlice(ErrorCode.UnknownTopicOrPartition, -1, -1, -1);
            }

            long bound = committedOnly ? LastStable : _nextOffset;
            LogSlice slice = new(ErrorCode.None, _nextOffset, LastStable, _logStartOffset) { Bound = bound };
            if (offset < _logStartOffset || offset > _nextOffset)
            {
                return slice with { Error = ErrorCode.OffsetOutOfRange };
            }

            for (int index = SegmentIndexOf(offset); offset < bound && index < _segments.Count; index++)
            {
                Segment segment = _segments[index];
                long position = segment.FindBatch(offset);
                if (position < segment.Size)
                {
                    int length = (int)Math.Min(Math.Max(maxBytes, 0), segment.Size - position);
                    long upperBound = segment.OffsetAtOrAfter(position + length)
                        ?? (index + 1 < _segments.Count ? _segments[index + 1].BaseOffset : _nextOffset);
                    slice = slice with { Segment = segment, Position = position, Length = length };
                    return committedOnly ? slice with { Aborted = _producers.AbortedBetween(offset, Math.Min(upperBound, bound)) } : slice;
                }
            }

            return committedOnly ? slice with { Aborted = [] } : slice;
        }
    }

    public void AddWaiter(FetchSignal signal)
    {
        lock (_gate)
        {
            _waiting.Add(signal);
        }
    }

    public void RemoveWaiter(FetchSignal signal)
    {
        lock (_gate)
        {
            _waiting.Remove(signal);
        }
    }

    /// <summary>
    /// Hands every batch from <paramref name="offset"/> on to the visitor, until it returns false. Appends wait meanwhile.
    /// </summary>
    public void Scan(long offset, BatchVisitor visitor)
    {
        lock (_gate)
        {
            bool more = true;
            for (int index = SegmentIndexOf(offset); more && index < _segments.Count; index++)
            {
                _segments[index].Scan(offset, batch => more = batch.LastOffset < offset || visitor(batch));
            }
        }
    }

    /// <summary>Closes the files and deletes them; waiting fetches learn that the partition is gone.</summary>
    public void Delete()
    {
        lock (_gate)
        {
            _deleted = true;
            CloseSegments();
            Directory.Delete(_directory, recursive: true);
            WakeAll();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _deleted = true;
            CloseSegments();
            WakeAll();
        }
    }

    private AppendResult Append(RecordBatch batch)
    {
        lock (_gate)
        {
            if (_deleted)
            {
                return Failed(ErrorCode.UnknownTopicOrPartition);
            }

            ErrorCode error = _producers.Check(batch, out long? duplicateOf);
            if (error == ErrorCode.None && batch.IsTransactional && !batch.IsControl && duplicateOf is null
                && !_producers.HasOpenTransaction(batch.ProducerId))
            {
                // Asked for the first batch of a transaction only: a late batch, of a transaction that has ended, would otherwise stay open
                // for ever.
                error = _settings.VerifyTransaction(TopicName, Partition, batch.ProducerId, batch.ProducerEpoch);
            }

            if (error != ErrorCode.None || duplicateOf is not null)
            {
                return new AppendResult(error, duplicateOf ?? -1, -1, _logStartOffset);
            }

            long appendTime = -1;
            batch.AssignOffset(_nextOffset, LeaderEpoch);
            if (_config.UsesLogAppendTime && !batch.IsControl)
            {
                appendTime = _settings.NowMs;
                batch.SetLogAppendTime(appendTime);
            }

            Write(batch);
            return new AppendResult(ErrorCode.None, batch.BaseOffset, appendTime, _logStartOffset);
        }
    }

    private void Write(RecordBatch batch)
    {
        long stableBefore = LastStable;
        try
        {
            RollIfDue(batch);
            Active.Append(batch);
            if (_settings.FlushEachBatch)
            {
                Active.FlushToDisk();
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _settings.CouldNotWrite(fault);
            throw;
        }

        _settings.Wrote();
        _nextOffset = batch.LastOffset + 1;
        _producers.Note(batch, _settings.NowMs);
        bool stableMoved = LastStable > stableBefore;
        foreach (FetchSignal signal in _waiting)
        {
            if (stableMoved || !signal.CommittedOnly)
            {
                signal.Raise();
            }
        }
    }

    /// <summary>
    /// Whether a segment ends: when it is full, or when its records span segment.ms. The timestamps of the records count and not the clock,
    /// because loading last year's records must not make a file of each batch.
    /// </summary>
    private void RollIfDue(RecordBatch next)
    {
        bool full = Active.Size + next.Bytes.Length > _config.SegmentBytes;
        bool old = next.MaxTimestamp - Active.FirstTimestamp > _config.SegmentMs;
        if (Active.Size > 0 && (full || old))
        {
            Roll();
        }
    }

    private void Roll() => _segments.Add(Segment.Open(_directory, _nextOffset));

    /// <summary>Index of the segment that holds the offset, or would hold it.</summary>
    private int SegmentIndexOf(long offset)
    {
        int index = _segments.Count - 1;
        while (index > 0 && _segments[index].BaseOffset > offset)
        {
            index--;
        }

        return index;
    }

    private AppendResult Failed(ErrorCode error) => new(error, -1, -1, LogStartOffset);

    private void CloseSegments()
    {
        foreach (Segment segment in _segments)
        {
            segment.Dispose();
        }
    }

    private void WakeAll()
    {
        foreach (FetchSignal signal in _waiting)
        {
            signal.Raise();
        }
    }
}
