namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// The text is not a schema of Avro 1.12, or goes beyond <see cref="AvroLimits"/>. The message names the place as a JSON pointer.
/// </summary>
internal sealed class AvroSchemaException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What a schema may use of the registry: a schema is input from outside.</summary>
internal static class AvroLimits
{
    /// <summary>Characters of one schema's text.</summary>
    public const int TextLength = 512 * 1024;

    /// <summary>JSON levels of one schema; a record in a record costs about four.</summary>
    public const int JsonDepth = 200;

    /// <summary>Pairs of schemas one resolution may look at; a union of n types against one of m costs n × m.</summary>
    public const int ResolutionSteps = 200_000;

    /// <summary>Levels one resolution may go down: chains of named types can be longer than their JSON is deep.</summary>
    public const int ResolutionDepth = 400;
}
