namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// A consumer, producer or reader ended because going on could lose or double records, or because nothing moved for too long. The process
/// should exit and be restarted.
/// </summary>
public class ClientFailedException : Exception
{
    /// <summary>Says what happened, where, and what to do.</summary>
    /// <param name="message">Without personal data.</param>
    /// <param name="cause">What the client or handler reported.</param>
    public ClientFailedException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}

/// <summary>
/// Another producer has taken the transactional id, or the coordinator gave up on the transaction. Nothing that this producer still does
/// can become visible.
/// </summary>
public sealed class ProducerFencedException : ClientFailedException
{
    /// <summary>Says which producer was fenced.</summary>
    /// <param name="message">Without personal data.</param>
    /// <param name="cause">The client's fatal error.</param>
    public ProducerFencedException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}

/// <summary>
/// The handler failed on the same batch as often as it may. The inner exception is the cause; nothing of the batch was committed.
/// </summary>
public sealed class BatchFailedException : ClientFailedException
{
    /// <summary>Names the batch.</summary>
    /// <param name="range">Records of the batch as "topic[partition]@first..last", one per partition.</param>
    /// <param name="attempts">How often it was tried.</param>
    /// <param name="reason">Why it failed last, without personal data.</param>
    /// <param name="cause">The handler's last exception.</param>
    public BatchFailedException(string range, int attempts, string reason, Exception cause)
        : base(
            $"The handler failed {attempts} times on {range}, the last time because of: {reason} Nothing of it was committed; correct the "
            + "cause and restart, it is read again.",
            cause) =>
        Range = range;

    /// <summary>Records of the batch as "topic[partition]@first..last", one per partition, separated by commas.</summary>
    public string Range { get; }
}
