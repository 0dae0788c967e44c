using System.Buffers;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Testing;

/// <summary>Values of records as any program may have written them: under any schema id.</summary>
public static class EventValue
{
    public static byte[] Of(int schemaId, Action<IBufferWriter<byte>> writeBody)
    {
        ArrayBufferWriter<byte> value = new();
        WireFormat.WriteHeader(value.GetSpan(WireFormat.HeaderSize), schemaId);
        value.Advance(WireFormat.HeaderSize);
        writeBody(value);
        return value.WrittenSpan.ToArray();
    }

    public static byte[] Of(int schemaId, ReadOnlySpan<byte> body)
    {
        byte[] value = new byte[WireFormat.HeaderSize + body.Length];
        WireFormat.WriteHeader(value, schemaId);
        body.CopyTo(value.AsSpan(WireFormat.HeaderSize));
        return value;
    }
}
