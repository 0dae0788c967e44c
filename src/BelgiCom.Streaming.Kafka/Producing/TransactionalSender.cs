using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Writes chunks of records from outside Kafka, each chunk visible as a whole or not at all. For one thread at a time.</summary>
public sealed class TransactionalSender : IDisposable
{
    private readonly KafkaOptions _options;
    private readonly string _transactionalId;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly TransactionalProducer _producer;
    private bool _initialised;

    /// <summary>Makes a sender; it connects with the first <see cref="Send"/>.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="transactions">Times.</param>
    /// <param name="name">Names the sender within the instance, for example "adapters-cdr-drop": two senders of one name fence each
    /// other.</param>
    /// <param name="clock">Clock for timeouts.</param>
    /// <param name="logger">Where the sender logs.</param>
    public TransactionalSender(
        KafkaOptions options, TransactionOptions transactions, string name, TimeProvider clock, ILogger<TransactionalSender> logger)
        : this(options, transactions, $"{name}-{options.InstanceId}", clock, (ILogger)logger)
    {
    }

    private TransactionalSender(
        KafkaOptions options, TransactionOptions transactions, string transactionalId, TimeProvider clock, ILogger logger)
    {
        _options = options;
        _transactionalId = transactionalId;
        _clock = clock;
        _logger = logger;
        _producer = new TransactionalProducer(options, transactions, _transactionalId, clock, logger);
    }

    /// <summary>Makes a sender of which the cluster has only one, wherever it runs: the next one fences it.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="transactions">Times.</param>
    /// <param name="transactionalId">The whole transactional id.</param>
    /// <param name="clock">Clock for timeouts.</param>
    /// <param name="logger">Where the sender logs.</param>
    public static TransactionalSender OnlyOne(
        KafkaOptions options, TransactionOptions transactions, string transactionalId, TimeProvider clock,
        ILogger<TransactionalSender> logger) => new(options, transactions, transactionalId, clock, (ILogger)logger);

    /// <summary>
    /// Fences the sender of the same transactional id before this one, and settles what it left open: what is visible now stays, and
    /// nothing of it can appear later.
    /// </summary>
    /// <param name="stopping">Gives up waiting for brokers that are away.</param>
    /// <exception cref="ClientFailedException">Not permitted, or no broker for too long.</exception>
    public void Settle(CancellationToken stopping)
    {
        if (!_initialised)
        {
            _producer.Initialize(stopping);
            _initialised = true;
        }
    }

    /// <summary>
    /// Sends one chunk in one transaction and in one attempt, for a caller who can read from the topics what became of it and so sends
    /// nothing twice.
    /// </summary>
    /// <param name="produce">Produces the chunk's records. Its exception aborts the transaction and is passed on.</param>
    /// <param name="stopping">Gives up waiting for brokers that are away.</param>
    /// <returns>True when the chunk is durable and visible. False when nobody knows; it is settled then, and the topics show it.</returns>
    /// <exception cref="ClientFailedException">Fenced, or not permitted.</exception>
    public bool TrySend(Action<TransactionalOutput> produce, CancellationToken stopping)
    {
        try
        {
            SendOnce(produce, stopping);
            return true;
        }
        catch (ChunkNotSentException failure)
        {
            KafkaLog.ChunkSentAgain(_logger, _transactionalId, 1, failure.Message);
            return false;
        }
    }

    /// <summary>
    /// Sends one chunk in one transaction: begins it, lets the caller produce, commits. An attempt that failed, or whose commit was not
    /// answered, is repeated with growing pauses, so a chunk may be visible twice; readers drop the second copy by the records' ids.
    /// Returns when the chunk is durable and visible.
    /// </summary>
    /// <param name="produce">Produces the chunk's records, once per attempt. Its exception aborts the transaction and is passed on.</param>
    /// <param name="stopping">Gives up waiting for brokers that are away.</param>
    /// <exception cref="ClientFailedException">Fenced, not permitted, or not sent within <see cref="KafkaOptions.RecoveryTimeout"/>;
    /// restart the process.</exception>
    /// <exception cref="OperationCanceledException">The host stopped before the chunk was sent.</exception>
    public void Send(Action<TransactionalOutput> produce, CancellationToken stopping)
    {
        long started = _clock.GetTimestamp();
        for (int attempt = 1; ; attempt++)
        {
            stopping.ThrowIfCancellationRequested();
            try
            {
                SendOnce(produce, stopping);
                return;
            }
            catch (ChunkNotSentException failure) when (_clock.GetElapsedTime(started) < _options.RecoveryTimeout)
            {
                KafkaLog.ChunkSentAgain(_logger, _transactionalId, attempt, failure.Message);
                stopping.WaitHandle.WaitOne(Patience.Backoff(attempt));
            }
            catch (ChunkNotSentException failure)
            {
                throw new ClientFailedException(
                    $"{_transactionalId}: a chunk was not sent in {attempt} attempts and {_options.RecoveryTimeout}: {failure.Message}",
                    failure);
            }
        }
    }

    /// <summary>One attempt.</summary>
    /// <exception cref="ChunkNotSentException">Nobody knows that the chunk is visible. The sender is ready for the next
    /// attempt.</exception>
    internal void SendOnce(Action<TransactionalOutput> produce, CancellationToken stopping)
    {
        Settle(stopping);
        try
        {
            _producer.Begin(stopping);
            try
            {
                produce(_producer.Output);
            }
            catch (Exception failure) when (failure is not TransactionAbortableException)
            {
                Abort(stopping);
                throw;
            }

            _producer.Commit();
        }
        catch (OutcomeUnknownException unknown)
        {
            _producer.Replace(stopping);
            throw new ChunkNotSentException($"the commit was not answered ({unknown.Message}), the chunk may be visible", unknown);
        }
        catch (TransactionAbortableException failure)
        {
            Abort(stopping);
            throw new ChunkNotSentException($"the transaction was aborted ({failure.Message}), nothing of the chunk is visible", failure);
        }
    }

    /// <summary>Closes the producer; the coordinator aborts an open transaction.</summary>
    public void Dispose() => _producer.Dispose();

    private void Abort(CancellationToken stopping)
    {
        try
        {
            _producer.Abort();
        }
        catch (OutcomeUnknownException)
        {
            _producer.Replace(stopping);
        }
    }
}

/// <summary>One attempt to send a chunk failed; the message says whether the chunk may be visible.</summary>
internal sealed class ChunkNotSentException(string message, Exception cause) : Exception(message, cause);
