namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// The bytes are not a request this broker understands. The answer is to close that connection; the broker itself goes on.
/// </summary>
internal sealed class MalformedRequestException(string message) : Exception(message);
