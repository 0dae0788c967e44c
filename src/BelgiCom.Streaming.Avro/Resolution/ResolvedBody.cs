using System.Buffers;

namespace BelgiCom.Streaming.Avro;

/// <summary>The body that resolution writes, bounded by <see cref="AvroLimits.MaxBodySize"/>.</summary>
internal ref struct ResolvedBody(IBufferWriter<byte> destination)
{
    private readonly IBufferWriter<byte> _destination = destination;
    private int _written;
    private long _fields;

    public void WriteLong(ref AvroReader reader, long value)
    {
        Span<byte> octets = stackalloc byte[10];
        AvroWriter writer = new(octets);
        writer.WriteLong(value);
        Write(ref reader, octets[..writer.Written]);
    }

    public void WriteBytes(ref AvroReader reader, scoped ReadOnlySpan<byte> octets)
    {
        WriteLong(ref reader, octets.Length);
        Write(ref reader, octets);
    }

    /// <summary>Counts fields that are about to be read, or notes the fault that they are too many for the body.</summary>
    public void CountFields(ref AvroReader reader, int fields)
    {
        _fields += fields;
        if (_fields > AvroLimits.LeastFields + ((long)AvroLimits.FieldsPerOctet * reader.Length))
        {
            reader.Fail(AvroFault.TooLarge, reader.Position);
        }
    }

    /// <summary>Adds octets, or notes the fault that the body would become too large.</summary>
    public void Write(ref AvroReader reader, scoped ReadOnlySpan<byte> octets)
    {
        if (reader.Fault != AvroFault.None)
        {
            return;
        }

        if (octets.Length > AvroLimits.MaxBodySize - _written)
        {
            reader.Fail(AvroFault.TooLarge, reader.Position);
            return;
        }

        _destination.Write(octets);
        _written += octets.Length;
    }
}
