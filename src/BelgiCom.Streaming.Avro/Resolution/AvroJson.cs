using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace BelgiCom.Streaming.Avro;

/// <summary>
/// Shows a value as JSON, under the schema by which it was written, for people and their tools. Moments and days are ISO 8601, decimals
/// numbers with all their digits, <c>fixed</c> lower-case hexadecimal and <c>bytes</c> base64; a union shows its value without its branch.
/// </summary>
public static class AvroJson
{
    /// <summary>Writes the value.</summary>
    /// <param name="schema">Schema of the writer.</param>
    /// <param name="body">Avro body, without the header of a wire format.</param>
    /// <param name="json">Takes one value; after a fault it has taken a part of one.</param>
    /// <returns><see cref="AvroFault.None"/>, or why the octets are no value of the schema.</returns>
    public static AvroFault Write(AvroSchema schema, ReadOnlySpan<byte> body, Utf8JsonWriter json)
    {
        AvroReader reader = new(body);
        // A field may have no octets, so the octets alone do not bound the work.
        long fields = AvroLimits.LeastFields + ((long)AvroLimits.FieldsPerOctet * body.Length);
        Write(schema, ref reader, json, ref fields, depth: 0);
        return reader.Fault == AvroFault.None && !reader.TryFinish() ? AvroFault.TrailingOctets : reader.Fault;
    }

    private static void Write(AvroSchema schema, ref AvroReader reader, Utf8JsonWriter json, ref long fields, int depth)
    {
        if (depth > AvroLimits.MaxDepth || fields-- == 0)
        {
            reader.Fail(depth > AvroLimits.MaxDepth ? AvroFault.TooDeep : AvroFault.TooLarge, reader.Position);
        }

        if (reader.Fault != AvroFault.None)
        {
            return;
        }

        switch (schema)
        {
            case AvroRecord record:
                json.WriteStartObject();
                for (int i = 0; i < record.Fields.Count && reader.Fault == AvroFault.None; i++)
                {
                    json.WritePropertyName(record.Fields[i].Name);
                    Write(record.Fields[i].Schema, ref reader, json, ref fields, depth + 1);
                }

                End(reader, json.WriteEndObject);
                break;
            case AvroUnion union:
                int start = reader.Position;
                long branch = reader.ReadLong();
                if ((ulong)branch >= (ulong)union.Branches.Count)
                {
                    reader.Fail(AvroFault.UnknownBranch, start);
                    return;
                }

                Write(union.Branches[(int)branch], ref reader, json, ref fields, depth + 1);
                break;
            case AvroArray array:
                json.WriteStartArray();
                WriteItems(array.Items, isMap: false, ref reader, json, ref fields, depth);
                End(reader, json.WriteEndArray);
                break;
            case AvroMap map:
                json.WriteStartObject();
                WriteItems(map.Values, isMap: true, ref reader, json, ref fields, depth);
                End(reader, json.WriteEndObject);
                break;
            case AvroEnum symbols:
                int symbol = reader.ReadEnum(symbols.Symbols.Count);
                json.WriteStringValue(reader.Fault == AvroFault.None ? symbols.Symbols[symbol] : "");
                break;
            case { Logical.Name: "decimal" } and (AvroFixed or { Kind: AvroKind.Bytes }):
                WriteDecimal(schema is AvroFixed of ? reader.ReadFixed(of.Size) : reader.ReadBytes(), schema.Logical!.Scale, json);
                break;
            case AvroFixed octets:
                json.WriteStringValue(Convert.ToHexStringLower(reader.ReadFixed(octets.Size)));
                break;
            default:
                WritePrimitive(schema, ref reader, json);
                break;
        }
    }

    /// <summary>After a fault a name may stand there without its value, which the writer would not close.</summary>
    private static void End(in AvroReader reader, Action end)
    {
        if (reader.Fault == AvroFault.None)
        {
            end();
        }
    }

    private static void WriteItems(
        AvroSchema items, bool isMap, ref AvroReader reader, Utf8JsonWriter json, ref long fields, int depth)
    {
        for (int count = reader.ReadBlockCount(minimumItemSize: 1); count > 0; count = reader.ReadBlockCount(minimumItemSize: 1))
        {
            for (int i = 0; i < count && reader.Fault == AvroFault.None; i++)
            {
                if (isMap)
                {
                    json.WritePropertyName(reader.ReadUtf8());
                }

                Write(items, ref reader, json, ref fields, depth + 1);
            }
        }
    }

    private static void WritePrimitive(AvroSchema schema, ref AvroReader reader, Utf8JsonWriter json)
    {
        switch (schema.Kind)
        {
            case AvroKind.Null:
                json.WriteNullValue();
                break;
            case AvroKind.Boolean:
                json.WriteBooleanValue(reader.ReadBoolean());
                break;
            case AvroKind.Int or AvroKind.Long:
                WriteNumber(schema, ref reader, json);
                break;
            case AvroKind.Float or AvroKind.Double:
                WriteFloat(reader.ReadFixed(schema.Kind == AvroKind.Float ? sizeof(float) : sizeof(double)), json);
                break;
            case AvroKind.Bytes:
                json.WriteBase64StringValue(reader.ReadBytes());
                break;
            default:
                json.WriteStringValue(reader.ReadUtf8());
                break;
        }
    }

    private static void WriteNumber(AvroSchema schema, ref AvroReader reader, Utf8JsonWriter json)
    {
        switch (schema.Logical?.Name)
        {
            case "timestamp-millis":
                json.WriteStringValue(reader.ReadTimestamp().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
                break;
            case "date":
                json.WriteStringValue(reader.ReadDate().ToString("O", CultureInfo.InvariantCulture));
                break;
            default:
                json.WriteNumberValue(schema.Kind == AvroKind.Int ? reader.ReadInt() : reader.ReadLong());
                break;
        }
    }

    /// <summary>JSON has no word for what is no number; it is shown as text.</summary>
    private static void WriteFloat(ReadOnlySpan<byte> octets, Utf8JsonWriter json)
    {
        if (octets.Length == sizeof(float) && BinaryPrimitives.ReadSingleLittleEndian(octets) is float single && float.IsFinite(single))
        {
            json.WriteNumberValue(single);
            return;
        }

        double value = octets.Length switch
        {
            sizeof(float) => BinaryPrimitives.ReadSingleLittleEndian(octets),
            sizeof(double) => BinaryPrimitives.ReadDoubleLittleEndian(octets),
            _ => 0,
        };
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Big-endian two's complement, of any length, with its point.</summary>
    private static void WriteDecimal(ReadOnlySpan<byte> octets, int scale, Utf8JsonWriter json)
    {
        BigInteger unscaled = new(octets, isUnsigned: false, isBigEndian: true);
        string digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        string sign = unscaled.Sign < 0 ? "-" : "";
        json.WriteRawValue(scale == 0 ? sign + digits : $"{sign}{digits[..^scale]}.{digits[^scale..]}");
    }
}
