namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The producer id and epoch a client writes with; -1 on error.</summary>
internal readonly record struct InitResult(ErrorCode Error, long ProducerId, short Epoch)
{
    public static InitResult Failed(ErrorCode error) => new(error, -1, -1);
}

/// <summary>
/// The transactions: who may write under a transactional id, to which partitions, and how it ends. Each step is in
/// <c>__transaction_state</c> before it is answered, so after a kill open transactions are still open and decided ones decided. <para> Lock
/// order: a data partition, then the coordinator, then its own state partition. Markers are therefore written outside the coordinator's
/// lock. </para>
/// </summary>
internal sealed class TransactionCoordinator : IDisposable
{
    public const string TopicName = InternalTopics.Transactions;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TransactionalProducer> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string> _idByProducer = [];
    private readonly HashSet<string> _completing = [];
    private readonly TopicStore _topics;
    private readonly GroupStore _offsets;
    private readonly ProducerIds _producerIds;
    private readonly LogSettings _settings;
    private readonly TimeSpan _maxTimeout;
    private readonly PartitionLog _log;
    private readonly ITimer _timeoutCheck;

    public TransactionCoordinator(
        TopicStore topics, GroupStore offsets, ProducerIds producerIds, LogSettings settings, LocalKafkaOptions options)
    {
        _topics = topics;
        _offsets = offsets;
        _producerIds = producerIds;
        _settings = settings;
        _maxTimeout = options.TransactionMaxTimeout;
        _log = topics.OpenInternal(TopicName, InternalTopics.Config);
        _log.Scan(_log.LogStartOffset, Replay);
        settings.VerifyTransaction = Verify;
        CompleteInterrupted();
        _timeoutCheck = settings.Every(options.TransactionCheckInterval, () =>
        {
            AbortTimedOut();
            CompleteInterrupted();
        });
    }

    /// <summary>
    /// Makes or takes over the producer of a transactional id. Taking over raises the epoch, which fences the owner before, and aborts an
    /// open transaction.
    /// </summary>
    /// <param name="transactionalId">Null for a producer that is idempotent only.</param>
    /// <param name="timeoutMs">How long a transaction may stay open.</param>
    /// <param name="expectedProducerId">The producer id that the client believes to hold; -1 when it starts.</param>
    /// <param name="expectedEpoch">The epoch that goes with it.</param>
    public InitResult Init(string? transactionalId, int timeoutMs, long expectedProducerId, short expectedEpoch)
    {
        if (transactionalId is null)
        {
            return new InitResult(ErrorCode.None, _producerIds.Next(), 0);
        }

        if (transactionalId.Length == 0)
        {
            return InitResult.Failed(ErrorCode.InvalidRequest);
        }

        if (timeoutMs <= 0 || timeoutMs > _maxTimeout.TotalMilliseconds)
        {
            return InitResult.Failed(ErrorCode.InvalidTransactionTimeout);
        }

        TransactionalProducer open;
        lock (_gate)
        {
            if (!_byId.TryGetValue(transactionalId, out TransactionalProducer? producer))
            {
                return Initialised(new TransactionalProducer(transactionalId) { ProducerId = _producerIds.Next(), TimeoutMs = timeoutMs });
            }

            ErrorCode error = CheckExpected(producer, expectedProducerId, expectedEpoch);
            if (error != ErrorCode.None)
            {
                return InitResult.Failed(error);
            }

            if (producer.State != TransactionState.Ongoing)
            {
                return Initialised(producer, timeoutMs, expectedEpoch);
            }

            open = Decide(Fenced(producer), TransactionState.PrepareAbort);
        }

        Complete(open);
        lock (_gate)
        {
            TransactionalProducer aborted = _byId[transactionalId];
            return aborted.State == TransactionState.CompleteAbort
                ? Initialised(aborted, timeoutMs, -1)
                : InitResult.Failed(ErrorCode.ConcurrentTransactions);
        }
    }

    /// <summary>Whether the producer is the current one of its transactional id.</summary>
    public ErrorCode Check(string transactionalId, long producerId, short epoch)
    {
        lock (_gate)
        {
            return CheckLocked(transactionalId, producerId, epoch, out _);
        }
    }

    /// <summary>Adds partitions to the transaction; the first one opens it.</summary>
    public ErrorCode AddPartitions(string transactionalId, long producerId, short epoch, IReadOnlyCollection<TopicPartitionName> partitions)
    {
        lock (_gate)
        {
            ErrorCode error = CheckLocked(transactionalId, producerId, epoch, out TransactionalProducer? producer);
            if (error != ErrorCode.None)
            {
                return error;
            }

            if (producer!.IsPrepared)
            {
                return ErrorCode.ConcurrentTransactions;
            }

            bool opens = producer.State != TransactionState.Ongoing;
            if (opens || !producer.Partitions.IsSupersetOf(partitions))
            {
                Save(producer with
                {
                    State = TransactionState.Ongoing,
                    Partitions = new HashSet<TopicPartitionName>(opens ? partitions : producer.Partitions.Union(partitions)),
                    StartedMs = opens ? _settings.NowMs : producer.StartedMs,
                });
            }

            return ErrorCode.None;
        }
    }

    /// <summary>Commits or aborts. A repeated request finds the outcome and gets the same answer.</summary>
    public ErrorCode End(string transactionalId, long producerId, short epoch, bool commit)
    {
        TransactionalProducer decided;
        lock (_gate)
        {
            ErrorCode error = CheckLocked(transactionalId, producerId, epoch, out TransactionalProducer? producer);
            if (error != ErrorCode.None)
            {
                return error;
            }

            switch (producer!.State)
            {
                case TransactionState.Ongoing:
                    decided = Decide(producer, commit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort);
                    break;
                case TransactionState.CompleteCommit when commit:
                case TransactionState.CompleteAbort when !commit:
                    return ErrorCode.None;
                case TransactionState.PrepareCommit when commit:
                case TransactionState.PrepareAbort when !commit:
                    return ErrorCode.ConcurrentTransactions;
                default:
                    return ErrorCode.InvalidTransactionState;
            }
        }

        Complete(decided);
        return ErrorCode.None;
    }

    public void Dispose() => _timeoutCheck.Dispose();

    /// <summary>
    /// Called by a partition, under its lock, before the first batch of a transaction. Without this check, a batch that arrives after the
    /// end of its transaction would hold back the last stable offset for ever (KIP-890, part 1).
    /// </summary>
    private ErrorCode Verify(string topic, int partition, long producerId, short epoch)
    {
        lock (_gate)
        {
            if (!_idByProducer.TryGetValue(producerId, out string? transactionalId))
            {
                return ErrorCode.InvalidProducerIdMapping;
            }

            ErrorCode error = CheckLocked(transactionalId, producerId, epoch, out TransactionalProducer? producer);
            bool isOpen = producer is { State: TransactionState.Ongoing }
                && producer.Partitions.Contains(new TopicPartitionName(topic, partition));
            return error != ErrorCode.None ? error : isOpen ? ErrorCode.None : ErrorCode.InvalidTransactionState;
        }
    }

    /// <summary>
    /// Decides to abort the transactions that are overdue; their markers are written together with those of interrupted ones.
    /// </summary>
    private void AbortTimedOut()
    {
        lock (_gate)
        {
            long nowMs = _settings.NowMs;
            foreach (TransactionalProducer overdue in _byId.Values
                .Where(producer => producer.State == TransactionState.Ongoing && nowMs - producer.StartedMs > producer.TimeoutMs).ToList())
            {
                // The producer is taken for dead; a higher epoch keeps it out if it comes back.
                Save(Fenced(overdue) with { State = TransactionState.PrepareAbort });
            }
        }
    }

    /// <summary>
    /// Completes the transactions that a timeout, a crash or a full disk has left decided, but without all their markers.
    /// </summary>
    private void CompleteInterrupted()
    {
        List<TransactionalProducer> interrupted;
        lock (_gate)
        {
            interrupted = [.. _byId.Values.Where(producer => producer.IsPrepared && _completing.Add(producer.TransactionalId))];
        }

        interrupted.ForEach(producer => Complete(producer, onlyOpen: true));
    }

    /// <summary>Stores the outcome. This is the point of no return.</summary>
    private TransactionalProducer Decide(TransactionalProducer producer, TransactionState outcome)
    {
        TransactionalProducer decided = Save(producer with { State = outcome });
        _completing.Add(decided.TransactionalId);
        return decided;
    }

    /// <summary>
    /// Writes the markers of a decided transaction and closes it. With <paramref name="onlyOpen"/>, partitions that have their marker
    /// already are left out.
    /// </summary>
    private void Complete(TransactionalProducer decided, bool onlyOpen = false)
    {
        try
        {
            WriteMarkers(decided, onlyOpen);
        }
        finally
        {
            lock (_gate)
            {
                _completing.Remove(decided.TransactionalId);
            }
        }
    }

    private void WriteMarkers(TransactionalProducer decided, bool onlyOpen)
    {
        bool commit = decided.State == TransactionState.PrepareCommit;
        foreach (TopicPartitionName partition in decided.Partitions)
        {
            PartitionLog? log = _topics.Find(partition.Topic, partition.Partition);
            if (log is not null && (!onlyOpen || log.HasOpenTransaction(decided.ProducerId)))
            {
                log.AppendFromBroker(TransactionMarker.Build(decided.ProducerId, decided.Epoch, commit, _settings.NowMs));
            }
        }

        _offsets.EndTransaction(decided.ProducerId, commit);
        lock (_gate)
        {
            Save(decided with
            {
                State = commit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort,
                Partitions = new HashSet<TopicPartitionName>(),
                StartedMs = -1,
            });
        }
    }

    private ErrorCode CheckLocked(string transactionalId, long producerId, short epoch, out TransactionalProducer? producer)
    {
        if (!_byId.TryGetValue(transactionalId, out producer) || producer.ProducerId != producerId)
        {
            return ErrorCode.InvalidProducerIdMapping;
        }

        return producer.Epoch == epoch ? ErrorCode.None : ErrorCode.InvalidProducerEpoch;
    }

    private static ErrorCode CheckExpected(TransactionalProducer producer, long expectedProducerId, short expectedEpoch)
    {
        if (producer.IsPrepared)
        {
            return ErrorCode.ConcurrentTransactions;
        }

        bool current = expectedProducerId == producer.ProducerId
            && (expectedEpoch == producer.Epoch || expectedEpoch == producer.LastEpoch);
        return expectedProducerId == RecordBatch.NoProducer || current ? ErrorCode.None : ErrorCode.ProducerFenced;
    }

    private InitResult Initialised(TransactionalProducer producer, int timeoutMs, short expectedEpoch)
    {
        bool repeated = expectedEpoch >= 0 && expectedEpoch == producer.LastEpoch;
        TransactionalProducer next = repeated ? producer : Fenced(producer) with { LastEpoch = producer.Epoch };
        return Initialised(next with { State = TransactionState.Empty, TimeoutMs = timeoutMs });
    }

    private InitResult Initialised(TransactionalProducer producer)
    {
        Save(producer);
        return new InitResult(ErrorCode.None, producer.ProducerId, producer.Epoch);
    }

    /// <summary>The next epoch, or epoch 0 of a new producer id when epochs run out.</summary>
    private TransactionalProducer Fenced(TransactionalProducer producer) =>
        producer.Epoch < short.MaxValue - 1 || producer.State == TransactionState.Ongoing
            ? producer with { Epoch = (short)(producer.Epoch + 1) }
            : producer with { ProducerId = _producerIds.Next(), Epoch = 0 };

    private TransactionalProducer Save(TransactionalProducer producer)
    {
        AppendResult appended = _log.AppendFromBroker(producer.ToBatch(_settings.NowMs));
        if (appended.Error != ErrorCode.None)
        {
            throw new LocalKafkaException($"{TopicName}: the state of a transaction could not be written ({appended.Error}).");
        }

        Remember(producer);
        return producer;
    }

    private void Remember(TransactionalProducer producer)
    {
        _byId[producer.TransactionalId] = producer;
        _idByProducer[producer.ProducerId] = producer.TransactionalId;
    }

    private bool Replay(RecordBatch batch)
    {
        RecordReader records = new(batch.Records);
        while (records.TryReadNext())
        {
            Remember(TransactionalProducer.Read(records));
        }

        return true;
    }
}
