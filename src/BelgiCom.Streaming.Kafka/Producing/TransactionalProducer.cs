using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// A transactional producer whose every call ends in one of four ways: success; <see cref="TransactionAbortableException"/>; <see
/// cref="OutcomeUnknownException"/>, after which only <see cref="Replace"/> is allowed; or <see cref="ClientFailedException"/>, after which
/// nothing is allowed.
/// </summary>
/// <remarks>
/// Requests of one producer may travel on different connections and overtake each other, so a delayed EndTxn can end a later transaction
/// (KAFKA-17754). Servers prevent that with an epoch per transaction (KIP-890), which librdkafka does not speak (librdkafka#5423). The
/// defence here: after a request that was not answered in time, and after any broken connection, a new producer is made, whose
/// InitTransactions raises the epoch, so that brokers refuse requests of the old one that are still under way.
/// </remarks>
internal sealed class TransactionalProducer : IDisposable
{
    // librdkafka logs the end of a connection under this facility.
    private const string ConnectionFailure = "FAIL";

    private static readonly TimeSpan InitTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RemindInterval = TimeSpan.FromSeconds(1);

    // Twice the client's own interval; a transaction that needs longer is a large one.
    private const int MostLooks = 20;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(1);

    private readonly KafkaOptions _options;
    private readonly TransactionOptions _transactions;
    private readonly string _transactionalId;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private IProducer<byte[], byte[]>? _producer;
    private TransactionalOutput? _output;
    private volatile bool _disturbed;

    // A call that waits for a broker which the client has dropped never returns, not even at its timeout (librdkafka#5511). It wakes up
    // only when something happens to another broker.
    private readonly ITimer _reminder;
    private readonly Lock _reminding = new();

    public TransactionalProducer(
        KafkaOptions options, TransactionOptions transactions, string transactionalId, TimeProvider clock, ILogger logger)
    {
        _options = options;
        _transactions = transactions;
        _transactionalId = transactionalId;
        _clock = clock;
        _logger = logger;
        _reminder = clock.CreateTimer(_ => Remind(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes the records of the current transaction.</summary>
    public TransactionalOutput Output => _output ?? throw new InvalidOperationException("The producer is not initialised.");

    /// <summary>Makes the producer, fences predecessors of the same id and settles what they left open.</summary>
    /// <exception cref="ClientFailedException">The brokers did not allow it, or not within the recovery time.</exception>
    public void Initialize(CancellationToken stopping)
    {
        _disturbed = false;
        _producer = KafkaClients.Producer(
            KafkaClients.TransactionalProducerConfig(_options, _transactions, _transactionalId), _transactionalId, _logger, Notice);
        _output = OutputPath.Over(_producer, _options.ClientPath, _transactions.CommitTimeout, _clock);
        long started = _clock.GetTimestamp();
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            try
            {
                Reminded(() => _producer.InitTransactions(InitTimeout));
                KafkaLog.ProducerReady(_logger, _transactionalId);

                // A connection that failed before the new epoch was given can no longer do harm.
                _disturbed = false;
                return;
            }
            catch (KafkaException failure)
                when (TransactionFailure.Classify(failure) == FailureClass.Retriable
                    && _clock.GetElapsedTime(started) < _options.RecoveryTimeout)
            {
                KafkaLog.CallingAgain(_logger, _transactionalId, nameof(_producer.InitTransactions), failure.Error.Code);
            }
            catch (KafkaException failure)
            {
                throw Fatal(nameof(_producer.InitTransactions), failure);
            }
        }
    }

    /// <summary>Opens a transaction, with a new producer when a connection was disturbed since the last transaction.</summary>
    public void Begin(CancellationToken stopping)
    {
        if (_disturbed)
        {
            Replace(stopping);
        }

        Call(nameof(_producer.BeginTransaction), _ => _producer!.BeginTransaction());
    }

    public void SendOffsets(IEnumerable<TopicPartitionOffset> offsets, IConsumerGroupMetadata member) =>
        Call(nameof(_producer.SendOffsetsToTransaction), left => _producer!.SendOffsetsToTransaction(offsets, member, left));

    public void Commit()
    {
        SendWaiting();
        try
        {
            Call(nameof(_producer.CommitTransaction), left => _producer!.CommitTransaction(left));
        }
        catch (TransactionAbortableException failure)
        {
            // librdkafka gives up by itself (timeout) with an abortable error, although its EndTxn may have arrived. So this is no proof of
            // an abort.
            throw new OutcomeUnknownException(nameof(_producer.CommitTransaction), failure);
        }
    }

    public void Abort()
    {
        try
        {
            Call(nameof(_producer.AbortTransaction), left => _producer!.AbortTransaction(left));
        }
        catch (Exception failure)
            when (failure is TransactionAbortableException || failure is ClientFailedException and not ProducerFencedException)
        {
            // Nothing was to be committed, so a new producer settles whatever is wrong with this one. Seen: Apache Kafka answers the abort
            // of a transaction of which it knows no partition yet with INVALID_TXN_STATE, which librdkafka takes for fatal (rule P5).
            throw new OutcomeUnknownException(nameof(_producer.AbortTransaction), failure);
        }
    }

    /// <summary>
    /// Throws the producer away and settles its transaction by a new producer of the same id. After that the committed offsets show the
    /// outcome.
    /// </summary>
    public void Replace(CancellationToken stopping)
    {
        KafkaMetrics.ProducerReplaced();
        DisposeProducer();
        Initialize(stopping);
    }

    public void Dispose()
    {
        DisposeProducer();
        _reminder.Dispose();
    }

    /// <summary>
    /// Sends the records that wait, and waits a little until they are taken. The client's own wait in a commit looks every 10 ms, because
    /// nothing wakes it where nobody takes delivery reports: ten times what a small transaction needs. Records that need longer are waited
    /// for in the commit, as before.
    /// </summary>
    private void SendWaiting()
    {
        for (int looks = 0; looks < MostLooks && _producer!.Flush(LookInterval) > 0; looks++)
        {
        }
    }

    private void DisposeProducer()
    {
        (_output as IDisposable)?.Dispose();
        _output = null;
        IProducer<byte[], byte[]>? producer = _producer;

        // Waits for a reminder that is under way and allows no further one, because the library's handle is about to be freed.
        lock (_reminding)
        {
            _producer = null;
        }

        producer?.Dispose();
    }

    private void Call(string call, Action<TimeSpan> request)
    {
        long started = _clock.GetTimestamp();
        while (true)
        {
            TimeSpan left = _transactions.CommitTimeout - _clock.GetElapsedTime(started);
            try
            {
                Reminded(() => request(left > TimeSpan.Zero ? left : TimeSpan.Zero));
                return;
            }
            catch (KafkaException failure)
            {
                switch (TransactionFailure.Classify(failure))
                {
                    case FailureClass.Retriable when _clock.GetElapsedTime(started) < _transactions.CommitTimeout:
                        KafkaLog.CallingAgain(_logger, _transactionalId, call, failure.Error.Code);
                        Thread.Sleep(10);
                        break;
                    case FailureClass.Retriable:
                        throw new OutcomeUnknownException(call, failure);
                    case FailureClass.Abortable:
                        throw new TransactionAbortableException(call, failure);
                    default:
                        throw Fatal(call, failure);
                }
            }
        }
    }

    private void Reminded(Action request)
    {
        _reminder.Change(RemindInterval, RemindInterval);
        try
        {
            request();
        }
        finally
        {
            _reminder.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void Remind()
    {
        lock (_reminding)
        {
            _producer?.Remind(_options);
        }
    }

    private ClientFailedException Fatal(string call, KafkaException failure) => TransactionFailure.IsFenced(failure.Error)
        ? new ProducerFencedException(
            $"{_transactionalId}: fenced in {call} ({failure.Error.Code}); another instance or the coordinator has taken over.", failure)
        : new ClientFailedException($"{_transactionalId}: {call} failed for good ({failure.Error.Code}): {failure.Error.Reason}", failure);

    /// <summary>
    /// The client reports an error only when all brokers are gone. The loss of one connection, the coordinator's for example, is only a log
    /// line.
    /// </summary>
    private void Notice(Error? error, LogMessage? line) =>
        _disturbed |= line?.Facility == ConnectionFailure
            || error?.Code is ErrorCode.Local_Transport or ErrorCode.Local_TimedOut or ErrorCode.Local_AllBrokersDown;
}
