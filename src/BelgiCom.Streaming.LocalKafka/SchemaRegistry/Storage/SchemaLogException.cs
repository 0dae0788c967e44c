namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// The log of the registry holds something this registry cannot take over. The message names the record's key and says what to do.
/// </summary>
/// <param name="message">What happened, where, what to do.</param>
/// <param name="inner">The cause.</param>
public sealed class SchemaLogException(string message, Exception? inner = null) : Exception(message, inner);
