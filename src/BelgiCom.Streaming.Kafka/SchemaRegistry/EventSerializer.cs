using System.Buffers;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Writes events of one type as record values: header with the schema id, then the Avro body. Safe for many threads when the writer
/// function is.
/// </summary>
/// <typeparam name="T">Event.</typeparam>
/// <param name="schemaId">Id under which <typeparamref name="T"/>'s schema is registered.</param>
/// <param name="writeBody">Writes the Avro body, for example <c>static (e, output) => e.Write(output)</c>.</param>
public sealed class EventSerializer<T>(int schemaId, Action<T, IBufferWriter<byte>> writeBody)
{
    /// <summary>Id that the values carry.</summary>
    public int SchemaId => schemaId;

    /// <summary>Appends the value of an event to a buffer.</summary>
    /// <param name="value">Event.</param>
    /// <param name="output">Receives header and body.</param>
    public void Write(T value, IBufferWriter<byte> output)
    {
        WireFormat.WriteHeader(output.GetSpan(WireFormat.HeaderSize), schemaId);
        output.Advance(WireFormat.HeaderSize);
        writeBody(value, output);
    }

    /// <summary>The value of an event as an array of its own.</summary>
    /// <param name="value">Event.</param>
    public byte[] Serialize(T value)
    {
        ArrayBufferWriter<byte> buffer = new();
        Write(value, buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
