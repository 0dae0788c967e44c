namespace BelgiCom.Streaming.Avro;

/// <summary>
/// A text that is not a schema of Avro 1.12, one beyond <see cref="AvroLimits"/>, or two schemas of which one cannot read the other. The
/// message names the place as a JSON pointer.
/// </summary>
/// <param name="message">What is wrong, and where.</param>
/// <param name="cause">The cause, where there is one.</param>
public sealed class AvroSchemaException(string message, Exception? cause = null) : FormatException(message, cause);
