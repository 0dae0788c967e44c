using System.Globalization;
using System.Text.Json;

namespace BelgiCom.Streaming.Avro;

/// <summary>
/// Reads the JSON text of a schema into the model, checking names, uniqueness and defaults (Avro 1.12, "Schema Declaration").
/// </summary>
internal sealed class AvroSchemaParser
{
    private static readonly JsonDocumentOptions StrictJson = new()
    {
        MaxDepth = AvroLimits.MaxSchemaNesting,
        AllowDuplicateProperties = false,
    };

    private static readonly Dictionary<string, AvroKind> Primitives = new(StringComparer.Ordinal)
    {
        ["null"] = AvroKind.Null,
        ["boolean"] = AvroKind.Boolean,
        ["int"] = AvroKind.Int,
        ["long"] = AvroKind.Long,
        ["float"] = AvroKind.Float,
        ["double"] = AvroKind.Double,
        ["bytes"] = AvroKind.Bytes,
        ["string"] = AvroKind.String,
    };

    private readonly Dictionary<string, AvroNamed> _named = new(StringComparer.Ordinal);
    private readonly List<(AvroSchema Schema, JsonElement Value, string Path)> _defaults = [];

    private AvroSchemaParser()
    {
    }

    /// <exception cref="AvroSchemaException">The text is no Avro schema or too large.</exception>
    public static AvroSchema Parse(string text)
    {
        if (text.Length > AvroLimits.MaxSchemaLength)
        {
            throw new AvroSchemaException($"The schema has {text.Length} characters; at most {AvroLimits.MaxSchemaLength} are accepted");
        }

        JsonElement root;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, StrictJson);
            root = document.RootElement.Clone();
            ReadTexts(root);
        }
        catch (JsonException e)
        {
            throw new AvroSchemaException($"The schema is not valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new AvroSchemaException("A text of the schema is not Unicode: an escape holds half of a surrogate pair", e);
        }

        AvroSchemaParser parser = new();
        AvroSchema schema = parser.ParseType(root, "", "");
        parser.CheckDefaults();
        return schema;
    }

    /// <summary>Reads every name and text once, because JSON is only found to hold a text that is none when it is read.</summary>
    private static void ReadTexts(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                json.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in json.EnumerateArray())
                {
                    ReadTexts(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in json.EnumerateObject())
                {
                    _ = property.Name;
                    ReadTexts(property.Value);
                }

                break;
            default:
                break;
        }
    }

    private AvroSchema ParseType(JsonElement json, string enclosing, string path) => json.ValueKind switch
    {
        JsonValueKind.String => ParseReference(json.GetString()!, enclosing, path),
        JsonValueKind.Array => ParseUnion(json, enclosing, path),
        JsonValueKind.Object => ParseObject(json, enclosing, path),
        _ => throw Invalid(path, "a schema is a name, an object or an array"),
    };

    private AvroSchema ParseReference(string name, string enclosing, string path)
    {
        if (Primitives.TryGetValue(name, out AvroKind kind))
        {
            return new AvroPrimitive(kind);
        }

        string full = AvroNameRules.Parse(name, enclosing, path).FullName;
        return _named.TryGetValue(full, out AvroNamed? schema)
            ? schema
            : throw Invalid(path, $"the type \"{full}\" is not defined before its use");
    }

    private AvroUnion ParseUnion(JsonElement json, string enclosing, string path)
    {
        List<AvroSchema> branches = new(json.GetArrayLength());
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (JsonElement item in json.EnumerateArray())
        {
            string branchPath = $"{path}/{branches.Count}";
            AvroSchema branch = ParseType(item, enclosing, branchPath);
            if (branch.Kind == AvroKind.Union)
            {
                throw Invalid(branchPath, "a union may not immediately hold a union");
            }

            if (!seen.Add(branch is AvroNamed named ? named.Name.FullName : branch.Kind.ToString()))
            {
                throw Invalid(branchPath, $"the union holds {branch.DisplayName} twice");
            }

            branches.Add(branch);
        }

        return new AvroUnion(branches);
    }

    private AvroSchema ParseObject(JsonElement json, string enclosing, string path)
    {
        string type = RequiredText(json, "type", path);
        return type switch
        {
            "record" => ParseRecord(json, enclosing, path),
            "enum" => ParseEnum(json, enclosing, path),
            "fixed" => ParseFixed(json, enclosing, path),
            "array" => new AvroArray(ParseType(Required(json, "items", path), enclosing, path + "/items"))
            {
                Properties = AvroAttributes.Other(json, "type", "items"),
            },
            "map" => new AvroMap(ParseType(Required(json, "values", path), enclosing, path + "/values"))
            {
                Properties = AvroAttributes.Other(json, "type", "values"),
            },
            _ when Primitives.TryGetValue(type, out AvroKind kind) => new AvroPrimitive(kind)
            {
                Logical = AvroAttributes.Logical(json, kind, 0),
                Properties = AvroAttributes.Other(json, "type"),
            },
            _ => ParseReference(type, enclosing, path),
        };
    }

    private AvroRecord ParseRecord(JsonElement json, string enclosing, string path)
    {
        AvroName name = AvroNameRules.Declared(json, enclosing, path);
        AvroRecord record = new(name, AvroNameRules.Aliases(json, name.Namespace, path))
        {
            Doc = OptionalText(json, "doc", path),
            Properties = AvroAttributes.Other(json, "type", "name", "namespace", "doc", "fields", "aliases"),
        };
        Define(record, path);
        JsonElement fieldsJson = Required(json, "fields", path);
        if (fieldsJson.ValueKind != JsonValueKind.Array)
        {
            throw Invalid(path, "\"fields\" is not an array");
        }

        List<AvroField> fields = new(fieldsJson.GetArrayLength());
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (JsonElement fieldJson in fieldsJson.EnumerateArray())
        {
            string fieldPath = $"{path}/fields/{fields.Count}";
            AvroField field = ParseField(fieldJson, name.Namespace, fieldPath);
            fields.Add(seen.Add(field.Name) ? field : throw Invalid(fieldPath, $"the field \"{field.Name}\" is defined twice"));
        }

        record.Fields = fields;
        return record;
    }

    private AvroField ParseField(JsonElement json, string enclosing, string path)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(path, "a field is an object");
        }

        string? order = OptionalText(json, "order", path);
        if (order is not (null or "ascending" or "descending" or "ignore"))
        {
            throw Invalid(path, "\"order\" is none of ascending, descending, ignore");
        }

        string name = AvroNameRules.Simple(RequiredText(json, "name", path), path);
        AvroSchema schema = ParseType(Required(json, "type", path), enclosing, path + "/type");
        JsonElement? defaultValue = json.TryGetProperty("default", out JsonElement value) ? value : null;
        if (defaultValue is not null)
        {
            _defaults.Add((schema, value, path));
        }

        return new AvroField(name, schema)
        {
            Doc = OptionalText(json, "doc", path),
            Default = defaultValue,
            Order = order,
            Aliases = [.. Texts(json, "aliases", path).Select(a => AvroNameRules.Simple(a, path))],
            Properties = AvroAttributes.Other(json, "name", "type", "doc", "default", "order", "aliases"),
        };
    }

    private AvroEnum ParseEnum(JsonElement json, string enclosing, string path)
    {
        AvroName name = AvroNameRules.Declared(json, enclosing, path);
        Required(json, "symbols", path);
        List<string> symbols = Texts(json, "symbols", path);
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string symbol in symbols)
        {
            if (!seen.Add(AvroNameRules.Simple(symbol, path)))
            {
                throw Invalid(path, $"the symbol \"{symbol}\" is there twice");
            }
        }

        string? defaultSymbol = OptionalText(json, "default", path);
        if (defaultSymbol is not null && !seen.Contains(defaultSymbol))
        {
            throw Invalid(path, $"the default \"{defaultSymbol}\" is not one of the symbols");
        }

        AvroEnum schema = new(name, AvroNameRules.Aliases(json, name.Namespace, path), symbols, defaultSymbol)
        {
            Doc = OptionalText(json, "doc", path),
            Properties = AvroAttributes.Other(json, "type", "name", "namespace", "doc", "symbols", "default", "aliases"),
        };
        Define(schema, path);
        return schema;
    }

    private AvroFixed ParseFixed(JsonElement json, string enclosing, string path)
    {
        AvroName name = AvroNameRules.Declared(json, enclosing, path);
        JsonElement sizeJson = Required(json, "size", path);
        if (sizeJson.ValueKind != JsonValueKind.Number || !sizeJson.TryGetInt32(out int size) || size < 0)
        {
            throw Invalid(
                path, string.Create(CultureInfo.InvariantCulture, $"\"size\" is not a number of octets from 0 to {int.MaxValue}"));
        }

        AvroFixed schema = new(name, AvroNameRules.Aliases(json, name.Namespace, path), size)
        {
            Doc = OptionalText(json, "doc", path),
            Logical = AvroAttributes.Logical(json, AvroKind.Fixed, size),
            Properties = AvroAttributes.Other(json, "type", "name", "namespace", "doc", "size", "aliases"),
        };
        Define(schema, path);
        return schema;
    }

    private void Define(AvroNamed schema, string path)
    {
        if (!_named.TryAdd(schema.Name.FullName, schema))
        {
            throw Invalid(path, $"the type \"{schema.Name.FullName}\" is defined twice");
        }
    }

    /// <summary>Runs when all types are known, because the default of a recursive record's field needs the whole record.</summary>
    private void CheckDefaults()
    {
        foreach ((AvroSchema schema, JsonElement value, string path) in _defaults)
        {
            if (!AvroDefault.Fits(schema, value))
            {
                throw Invalid(path, $"the default is not a value of {schema.DisplayName}");
            }
        }
    }

    private static JsonElement Required(JsonElement json, string attribute, string path) =>
        json.TryGetProperty(attribute, out JsonElement value) ? value : throw Invalid(path, $"\"{attribute}\" is missing");

    private static string RequiredText(JsonElement json, string attribute, string path) =>
        OptionalText(json, attribute, path) ?? throw Invalid(path, $"\"{attribute}\" is missing");

    internal static string? OptionalText(JsonElement json, string attribute, string path)
    {
        if (!json.TryGetProperty(attribute, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Invalid(path, $"\"{attribute}\" is not a text");
    }

    internal static List<string> Texts(JsonElement json, string attribute, string path)
    {
        if (!json.TryGetProperty(attribute, out JsonElement value))
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(v => v.GetString()!)]
            : throw Invalid(path, $"\"{attribute}\" is not an array of texts");
    }

    internal static AvroSchemaException Invalid(string path, string what) =>
        new($"Invalid schema at \"{(path.Length == 0 ? "/" : path)}\": {what}");
}
