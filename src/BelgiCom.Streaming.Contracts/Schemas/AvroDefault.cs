using System.Buffers;
using System.Text;
using System.Text.Json;

namespace BelgiCom.Streaming.Contracts;

/// <summary>A field's default, from the JSON of our schema to octets (Avro 1.12, "Complex types", table of field defaults).</summary>
internal static class AvroDefault
{
    public static byte[] Encode(AvroSchema type, JsonElement value)
    {
        ArrayBufferWriter<byte> octets = new();
        try
        {
            Write(type, value, octets);
        }
        catch (InvalidOperationException e)
        {
            throw new AvroSchemaException($"A default is not of its type: {e.Message}", e);
        }

        return octets.WrittenSpan.ToArray();
    }

    private static void Write(AvroSchema type, JsonElement value, ArrayBufferWriter<byte> octets)
    {
        switch (type.Kind)
        {
            case AvroKind.Null:
                break;
            case AvroKind.Boolean:
                octets.Write([value.GetBoolean() ? (byte)1 : (byte)0]);
                break;
            case AvroKind.Int or AvroKind.Long:
                WriteLong(value.GetInt64(), octets);
                break;
            case AvroKind.String:
                WriteBytes(Encoding.UTF8.GetBytes(value.GetString()!), octets);
                break;
            case AvroKind.Bytes:
                WriteBytes(Encoding.Latin1.GetBytes(value.GetString()!), octets);
                break;
            case AvroKind.Fixed:
                octets.Write(Encoding.Latin1.GetBytes(value.GetString()!));
                break;
            case AvroKind.Enum:
                WriteLong(type.Symbols.ToList().IndexOf(value.GetString()!), octets);
                break;
            case AvroKind.Union:
                WriteLong(0, octets);
                Write(type.Branches[0], value, octets);
                break;
            case AvroKind.Array:
                WriteItems(type.Items!, value, octets);
                break;
            case AvroKind.Record:
                WriteFields(type, value, octets);
                break;
            default:
                throw new AvroSchemaException($"A default of the type {type.Kind} is not supported.");
        }
    }

    private static void WriteItems(AvroSchema items, JsonElement value, ArrayBufferWriter<byte> octets)
    {
        if (value.GetArrayLength() > 0)
        {
            WriteLong(value.GetArrayLength(), octets);
            foreach (JsonElement item in value.EnumerateArray())
            {
                Write(items, item, octets);
            }
        }

        WriteLong(0, octets);
    }

    private static void WriteFields(AvroSchema record, JsonElement value, ArrayBufferWriter<byte> octets)
    {
        foreach (AvroField field in record.Fields)
        {
            JsonElement? own = value.TryGetProperty(field.Name, out JsonElement given) ? given : field.Default;
            Write(field.Type, own ?? throw new AvroSchemaException($"The default of '{record.Name}' has no '{field.Name}'."), octets);
        }
    }

    private static void WriteBytes(byte[] value, ArrayBufferWriter<byte> octets)
    {
        WriteLong(value.Length, octets);
        octets.Write(value);
    }

    private static void WriteLong(long value, ArrayBufferWriter<byte> octets)
    {
        AvroWriter writer = new(octets.GetSpan(10));
        writer.WriteLong(value);
        octets.Advance(writer.Written);
    }
}
