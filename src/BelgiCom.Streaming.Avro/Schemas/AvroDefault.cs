using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace BelgiCom.Streaming.Avro;

/// <summary>Avro 1.12, table "field default values": which JSON value is a default of which type, and its octets.</summary>
internal static class AvroDefault
{
    /// <summary>Whether the value is one of the type.</summary>
    /// <exception cref="AvroSchemaException">It takes more than <see cref="AvroLimits.DefaultSteps"/> to say.</exception>
    public static bool Fits(AvroSchema schema, JsonElement value) => Fits(schema, value, new Steps());

    /// <summary>
    /// Encodes a value that fits its type. False when the octets would go beyond <see cref="AvroLimits"/>: the default of a record may
    /// stand for more than its text holds, even for itself.
    /// </summary>
    public static bool TryEncode(AvroSchema schema, JsonElement value, out byte[] octets)
    {
        ArrayBufferWriter<byte> output = new();
        bool isWithinLimits;
        try
        {
            isWithinLimits = TryWrite(schema, value, output, new Steps(), depth: 0);
        }
        catch (AvroSchemaException)
        {
            // Which branch of a union the value is took too many steps.
            isWithinLimits = false;
        }

        octets = isWithinLimits ? output.WrittenSpan.ToArray() : [];
        return isWithinLimits;
    }

    private static bool Fits(AvroSchema schema, JsonElement value, Steps steps)
    {
        if (!steps.TryTake(schema is AvroEnum symbols ? symbols.Symbols.Count : 1))
        {
            throw new AvroSchemaException("A default is too complex to check: split its type into smaller ones");
        }

        return schema switch
        {
            AvroUnion union => union.Branches.Any(branch => Fits(branch, value, steps)),
            AvroArray array => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => Fits(array.Items, item, steps)),
            AvroMap map => value.ValueKind == JsonValueKind.Object
                && value.EnumerateObject().All(entry => Fits(map.Values, entry.Value, steps)),
            AvroEnum e => value.ValueKind == JsonValueKind.String && e.Symbols.Contains(value.GetString()!),
            AvroFixed f => IsOctets(value) && value.GetString()!.Length == f.Size,
            AvroRecord record => FitsRecord(record, value, steps),
            _ => FitsPrimitive(schema.Kind, value),
        };
    }

    /// <summary>
    /// A field that the value leaves out needs a default of its own. That default is checked where it is declared; following it here would
    /// never end in a recursive type.
    /// </summary>
    private static bool FitsRecord(AvroRecord record, JsonElement value, Steps steps) =>
        value.ValueKind == JsonValueKind.Object
        && record.Fields.All(
            field => value.TryGetProperty(field.Name, out JsonElement item) ? Fits(field.Schema, item, steps) : field.Default is not null);

    private static bool FitsPrimitive(AvroKind kind, JsonElement value) => kind switch
    {
        AvroKind.Null => value.ValueKind == JsonValueKind.Null,
        AvroKind.Boolean => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        AvroKind.Int => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _),
        AvroKind.Long => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        AvroKind.Float or AvroKind.Double => value.ValueKind == JsonValueKind.Number,
        AvroKind.String => value.ValueKind == JsonValueKind.String,
        _ => IsOctets(value),
    };

    /// <summary>Octets are written as the characters U+0000 to U+00FF.</summary>
    private static bool IsOctets(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()!.All(c => c <= 0xFF);

    private static bool TryWrite(AvroSchema schema, JsonElement value, ArrayBufferWriter<byte> output, Steps steps, int depth)
    {
        if (!steps.TryTake(1) || depth > AvroLimits.MaxDepth || output.WrittenCount > AvroLimits.MaxBodySize)
        {
            return false;
        }

        switch (schema)
        {
            case AvroUnion union:
                int branch = union.Branches.TakeWhile(type => !Fits(type, value, steps)).Count();
                WriteLong(branch, output);
                return TryWrite(union.Branches[branch], value, output, steps, depth + 1);
            case AvroArray array:
                return TryWriteBlock([.. value.EnumerateArray()], item => TryWrite(array.Items, item, output, steps, depth + 1), output);
            case AvroMap map:
                return TryWriteBlock([.. value.EnumerateObject()], entry => TryWriteEntry(map, entry, output, steps, depth), output);
            case AvroRecord record:
                return record.Fields.All(field => TryWrite(
                    field.Schema, value.TryGetProperty(field.Name, out JsonElement own) ? own : field.Default!.Value, output, steps,
                    depth + 1));
            default:
                WriteScalar(schema, value, output);
                return true;
        }
    }

    private static bool TryWriteBlock<T>(T[] items, Func<T, bool> tryWrite, ArrayBufferWriter<byte> output)
    {
        if (items.Length > 0)
        {
            WriteLong(items.Length, output);
        }

        bool isWithinLimits = items.All(tryWrite);
        WriteLong(0, output);
        return isWithinLimits;
    }

    private static bool TryWriteEntry(AvroMap map, JsonProperty entry, ArrayBufferWriter<byte> output, Steps steps, int depth)
    {
        WriteBytes(Encoding.UTF8.GetBytes(entry.Name), output);
        return TryWrite(map.Values, entry.Value, output, steps, depth + 1);
    }

    private static void WriteScalar(AvroSchema schema, JsonElement value, ArrayBufferWriter<byte> output)
    {
        switch (schema.Kind)
        {
            case AvroKind.Null:
                break;
            case AvroKind.Boolean:
                output.Write([value.GetBoolean() ? (byte)1 : (byte)0]);
                break;
            case AvroKind.Int or AvroKind.Long:
                WriteLong(value.GetInt64(), output);
                break;
            case AvroKind.Float:
                BinaryPrimitives.WriteSingleLittleEndian(output.GetSpan(sizeof(float)), value.GetSingle());
                output.Advance(sizeof(float));
                break;
            case AvroKind.Double:
                BinaryPrimitives.WriteDoubleLittleEndian(output.GetSpan(sizeof(double)), value.GetDouble());
                output.Advance(sizeof(double));
                break;
            case AvroKind.String:
                WriteBytes(Encoding.UTF8.GetBytes(value.GetString()!), output);
                break;
            case AvroKind.Bytes:
                WriteBytes(Encoding.Latin1.GetBytes(value.GetString()!), output);
                break;
            case AvroKind.Fixed:
                output.Write(Encoding.Latin1.GetBytes(value.GetString()!));
                break;
            default:
                WriteLong(((AvroEnum)schema).Symbols.TakeWhile(symbol => symbol != value.GetString()).Count(), output);
                break;
        }
    }

    private static void WriteBytes(byte[] value, ArrayBufferWriter<byte> output)
    {
        WriteLong(value.Length, output);
        output.Write(value);
    }

    private static void WriteLong(long value, ArrayBufferWriter<byte> output)
    {
        AvroWriter writer = new(output.GetSpan(10));
        writer.WriteLong(value);
        output.Advance(writer.Written);
    }

    /// <summary>What is left of <see cref="AvroLimits.DefaultSteps"/>.</summary>
    private sealed class Steps
    {
        private int _left = AvroLimits.DefaultSteps;

        public bool TryTake(int steps) => (_left -= Math.Min(_left + 1, steps)) >= 0;
    }
}
