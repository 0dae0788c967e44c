namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The broker cannot start or go on; the message says why and what to do.</summary>
public class LocalKafkaException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    /// <param name="innerException">The fault below, if any.</param>
    public LocalKafkaException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
