namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Another process listens on the wanted port.</summary>
/// <param name="port">The TCP port.</param>
/// <param name="innerException">The socket's fault.</param>
public sealed class LocalKafkaPortInUseException(int port, Exception innerException)
    : LocalKafkaException(
        $"Port {port} on 127.0.0.1 is in use by another process. Stop that one, or choose another port (0 picks a free one).",
        innerException)
{
    /// <summary>The TCP port that was wanted.</summary>
    public int Port { get; } = port;
}
