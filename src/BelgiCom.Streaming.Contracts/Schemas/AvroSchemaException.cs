namespace BelgiCom.Streaming.Contracts;

/// <summary>A text that is not an Avro schema, or one beyond our limits.</summary>
public sealed class AvroSchemaException : FormatException
{
    /// <summary>Names the fault.</summary>
    public AvroSchemaException(string message)
        : base(message)
    {
    }

    /// <summary>Names the fault and its cause.</summary>
    public AvroSchemaException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
