using System.Text.Json;

namespace BelgiCom.Streaming.Contracts;

/// <summary>
/// Reads a schema from its JSON form. Deep nesting is refused by the JSON reader, so a hostile schema cannot overflow the stack.
/// </summary>
internal sealed class AvroSchemaParser
{
    private const int MaxNesting = 64;

    private readonly Dictionary<string, AvroSchema> _named = new(StringComparer.Ordinal);

    /// <summary>Parses one schema, which must define every type that it names.</summary>
    /// <exception cref="AvroSchemaException">The text is not a schema.</exception>
    public static AvroSchema Parse(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxNesting });
            return new AvroSchemaParser().Read(document.RootElement.Clone(), "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException and not AvroSchemaException)
        {
            throw new AvroSchemaException($"The schema is not valid: {e.Message}", e);
        }
    }

    private AvroSchema Read(JsonElement element, string space) => element.ValueKind switch
    {
        JsonValueKind.String => ReadName(element.GetString()!, space),
        JsonValueKind.Array => ReadUnion(element, space),
        JsonValueKind.Object => ReadObject(element, space),
        _ => throw new AvroSchemaException("A schema is a name, an array of branches or an object."),
    };

    private AvroSchema ReadName(string name, string space)
    {
        if (PrimitiveKind(name) is { } kind)
        {
            return new AvroSchema { Kind = kind };
        }

        string fullName = name.Contains('.') || space.Length == 0 ? name : $"{space}.{name}";
        return _named.TryGetValue(fullName, out AvroSchema? schema)
            ? schema
            : throw new AvroSchemaException($"The type '{fullName}' is named before it is defined.");
    }

    private AvroSchema ReadUnion(JsonElement element, string space)
    {
        List<AvroSchema> branches = new();
        foreach (JsonElement branch in element.EnumerateArray())
        {
            AvroSchema schema = Read(branch, space);
            if (schema.Kind == AvroKind.Union)
            {
                throw new AvroSchemaException("A union cannot hold a union.");
            }

            branches.Add(schema);
        }

        return new AvroSchema { Kind = AvroKind.Union, Branches = branches };
    }

    private AvroSchema ReadObject(JsonElement element, string space)
    {
        JsonElement type = Required(element, "type");
        if (type.ValueKind != JsonValueKind.String)
        {
            return Read(type, space);
        }

        string name = type.GetString()!;
        return name switch
        {
            "record" or "error" => ReadRecord(element, space),
            "enum" => ReadEnum(element, space),
            "fixed" => ReadFixed(element, space),
            "array" => new AvroSchema { Kind = AvroKind.Array, Items = Read(Required(element, "items"), space) },
            "map" => new AvroSchema { Kind = AvroKind.Map, Items = Read(Required(element, "values"), space) },
            _ when PrimitiveKind(name) is { } kind => new AvroSchema
            {
                Kind = kind,
                LogicalType = Text(element, "logicalType"),
                Precision = Number(element, "precision"),
                Scale = Number(element, "scale"),
            },
            _ => ReadName(name, space),
        };
    }

    private AvroSchema ReadRecord(JsonElement element, string space)
    {
        string fullName = FullName(element, space, out string inner);
        AvroSchema record = Define(new AvroSchema { Kind = AvroKind.Record, FullName = fullName, Doc = Text(element, "doc") });
        List<AvroField> fields = new();
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (JsonElement field in Required(element, "fields").EnumerateArray())
        {
            string name = Required(field, "name").GetString()!;
            if (!names.Add(name))
            {
                throw new AvroSchemaException($"'{fullName}' has two fields '{name}'.");
            }

            fields.Add(new AvroField
            {
                Name = name,
                Type = Read(Required(field, "type"), inner),
                Doc = Text(field, "doc"),
                Default = field.TryGetProperty("default", out JsonElement value) ? value : null,
            });
        }

        record.Fields = fields;
        return record;
    }

    private AvroSchema ReadEnum(JsonElement element, string space)
    {
        string fullName = FullName(element, space, out _);
        string[] symbols = [.. Required(element, "symbols").EnumerateArray().Select(symbol => symbol.GetString()!)];
        string? defaultSymbol = element.TryGetProperty("default", out JsonElement value) ? value.GetString() : null;
        if (symbols.Length == 0 || symbols.Distinct(StringComparer.Ordinal).Count() != symbols.Length)
        {
            throw new AvroSchemaException($"'{fullName}' has no symbol, or one twice.");
        }

        if (defaultSymbol is not null && !symbols.Contains(defaultSymbol, StringComparer.Ordinal))
        {
            throw new AvroSchemaException($"The default of '{fullName}' is not one of its symbols.");
        }

        return Define(new AvroSchema
        {
            Kind = AvroKind.Enum,
            FullName = fullName,
            Doc = Text(element, "doc"),
            Symbols = symbols,
            DefaultSymbol = defaultSymbol,
        });
    }

    private AvroSchema ReadFixed(JsonElement element, string space)
    {
        string fullName = FullName(element, space, out _);
        int size = Required(element, "size").GetInt32();
        if (size < 0)
        {
            throw new AvroSchemaException($"The size of '{fullName}' is negative.");
        }

        return Define(new AvroSchema
        {
            Kind = AvroKind.Fixed,
            FullName = fullName,
            Doc = Text(element, "doc"),
            Size = size,
            LogicalType = Text(element, "logicalType"),
            Precision = Number(element, "precision"),
            Scale = Number(element, "scale"),
        });
    }

    private AvroSchema Define(AvroSchema schema) => _named.TryAdd(schema.FullName, schema)
        ? schema
        : throw new AvroSchemaException($"The type '{schema.FullName}' is defined twice.");

    private static string FullName(JsonElement element, string space, out string inner)
    {
        string name = Required(element, "name").GetString()!;
        int dot = name.LastIndexOf('.');
        inner = dot >= 0 ? name[..dot] : element.TryGetProperty("namespace", out JsonElement own) ? own.GetString() ?? "" : space;
        return dot >= 0 || inner.Length == 0 ? name : $"{inner}.{name}";
    }

    private static AvroKind? PrimitiveKind(string name) => name switch
    {
        "null" => AvroKind.Null,
        "boolean" => AvroKind.Boolean,
        "int" => AvroKind.Int,
        "long" => AvroKind.Long,
        "float" => AvroKind.Float,
        "double" => AvroKind.Double,
        "bytes" => AvroKind.Bytes,
        "string" => AvroKind.String,
        _ => null,
    };

    private static JsonElement Required(JsonElement element, string property) => element.TryGetProperty(property, out JsonElement value)
        ? value
        : throw new AvroSchemaException($"The property '{property}' is missing.");

    private static string Text(JsonElement element, string property) =>
        element.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static int Number(JsonElement element, string property) =>
        element.TryGetProperty(property, out JsonElement value) && value.TryGetInt32(out int number) ? number : 0;
}
