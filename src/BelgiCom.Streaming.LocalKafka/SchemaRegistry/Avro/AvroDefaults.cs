using System.Text.Json;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Avro 1.12, table "field default values": which JSON value is a default of which type.</summary>
internal static class AvroDefaults
{
    public static bool Fits(AvroSchema schema, JsonElement value) => schema switch
    {
        AvroUnion union => union.Branches.Any(branch => Fits(branch, value)),
        AvroArray array => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => Fits(array.Items, item)),
        AvroMap map => value.ValueKind == JsonValueKind.Object && value.EnumerateObject().All(entry => Fits(map.Values, entry.Value)),
        AvroEnum e => value.ValueKind == JsonValueKind.String && e.Symbols.Contains(value.GetString()!),
        AvroFixed f => IsOctets(value) && value.GetString()!.Length == f.Size,
        AvroRecord record => FitsRecord(record, value),
        _ => FitsPrimitive(schema.Kind, value),
    };

    /// <summary>
    /// A field that is absent needs a default of its own, which is checked where it is declared: following it here would never end in a
    /// recursive type.
    /// </summary>
    private static bool FitsRecord(AvroRecord record, JsonElement value) =>
        value.ValueKind == JsonValueKind.Object
        && record.Fields.All(
            field => value.TryGetProperty(field.Name, out JsonElement item) ? Fits(field.Schema, item) : field.Default is not null);

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
}
