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
    {
        _options = options;
        _transactionalId = $"{name}-{options.InstanceId}";
        _clock = clock;
        _logger = logger;
        _producer = new TransactionalProducer(options, transactions, _transactionalId, clock, logger);
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
        if (!_initialised)
        {
            _producer.Initialize(stopping);
            _initialised = true;
        }

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
