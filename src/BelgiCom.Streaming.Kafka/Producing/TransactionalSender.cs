using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Writes chunks of records from outside Kafka, each chunk visible as a whole or not at all. For one thread at a time.</summary>
public sealed class TransactionalSender : IDisposable
{
    private readonly TransactionalProducer _producer;
    private bool _initialised;

    /// <summary>Describes the sender; the first <see cref="Send"/> connects.</summary>
    /// <param name="options">Brokers and times.</param>
    /// <param name="name">Names the sender within the instance, for example "adapters-cdr-drop": two senders of one name fence each
    /// other.</param>
    /// <param name="clock">Clock for timeouts.</param>
    /// <param name="logger">Where the sender logs.</param>
    public TransactionalSender(KafkaOptions options, string name, TimeProvider clock, ILogger<TransactionalSender> logger) =>
        _producer = new TransactionalProducer(options, $"{name}-{options.InstanceId}", clock, logger);

    /// <summary>One transaction: begins it, lets the caller produce, commits. Returns when the chunk is durable and visible.</summary>
    /// <param name="produce">Produces the chunk's records; its exception aborts the transaction and is thrown on.</param>
    /// <param name="stopping">Gives up waiting for brokers that are away.</param>
    /// <exception cref="ChunkAbortedException">Nothing of the chunk is visible; send it again.</exception>
    /// <exception cref="ChunkOutcomeUnknownException">The chunk may be visible. A new producer is ready; send it again, readers drop
    /// duplicates by the records' ids.</exception>
    /// <exception cref="LaneFailedException">Fenced, not permitted, or no broker for too long; restart the process.</exception>
    public void Send(Action<TransactionalOutput> produce, CancellationToken stopping)
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
            throw new ChunkOutcomeUnknownException(unknown);
        }
        catch (TransactionAbortableException failure)
        {
            Abort(stopping);
            throw new ChunkAbortedException(failure);
        }
    }

    /// <summary>Closes the producer; an open transaction is aborted by the coordinator.</summary>
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

/// <summary>A chunk was aborted; nothing of it is visible. Send it again.</summary>
public sealed class ChunkAbortedException : Exception
{
    internal ChunkAbortedException(Exception cause)
        : base($"The chunk's transaction was aborted ({cause.Message}); nothing of it is visible, send it again.", cause)
    {
    }
}

/// <summary>A chunk's commit was not answered: it may be visible. Send it again; readers drop the duplicates by the records' ids.</summary>
public sealed class ChunkOutcomeUnknownException : Exception
{
    internal ChunkOutcomeUnknownException(Exception cause)
        : base(
            $"The chunk's commit was not answered ({cause.Message}); it may be visible. Send it again, readers drop duplicates by id.",
            cause)
    {
    }
}
