using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace BelgiCom.Streaming.Avro;

/// <summary>
/// Writes a schema as one text per meaning: fixed order of attributes, no white space, short names where the namespace is clear. It keeps
/// docs, defaults and foreign attributes (unlike Avro's "Parsing Canonical Form"), because readers use them. Two texts with the same result
/// are the same schema and have the same id.
/// </summary>
internal sealed class AvroSchemaText
{
    private static readonly JsonWriterOptions Relaxed = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 2 * AvroLimits.MaxSchemaNesting,
    };
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);
    private readonly Utf8JsonWriter _json;

    private AvroSchemaText(Utf8JsonWriter json) => _json = json;

    public static string Of(AvroSchema schema)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, Relaxed))
        {
            new AvroSchemaText(json).Write(schema, "");
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private void Write(AvroSchema schema, string enclosing)
    {
        switch (schema)
        {
            case AvroUnion union:
                _json.WriteStartArray();
                foreach (AvroSchema branch in union.Branches)
                {
                    Write(branch, enclosing);
                }

                _json.WriteEndArray();
                break;
            case AvroNamed named when !_written.Add(named.Name.FullName):
                _json.WriteStringValue(named.Name.Namespace == enclosing ? named.Name.Simple : named.Name.FullName);
                break;
            case AvroPrimitive when schema.Properties.Count == 0:
                _json.WriteStringValue(TypeName(schema));
                break;
            default:
                WriteObject(schema, enclosing);
                break;
        }
    }

    private void WriteObject(AvroSchema schema, string enclosing)
    {
        _json.WriteStartObject();
        _json.WriteString("type", TypeName(schema));
        if (schema is AvroNamed named)
        {
            _json.WriteString("name", named.Name.Simple);
            if (named.Name.Namespace != enclosing)
            {
                _json.WriteString("namespace", named.Name.Namespace);
            }

            WriteText("doc", named.Doc);
        }

        WriteStructure(schema, enclosing);
        WriteTexts("aliases", (schema as AvroNamed)?.Aliases ?? []);
        WriteProperties(schema.Properties);
        _json.WriteEndObject();
    }

    private void WriteStructure(AvroSchema schema, string enclosing)
    {
        switch (schema)
        {
            case AvroArray array:
                _json.WritePropertyName("items");
                Write(array.Items, enclosing);
                break;
            case AvroMap map:
                _json.WritePropertyName("values");
                Write(map.Values, enclosing);
                break;
            case AvroFixed f:
                _json.WriteNumber("size", f.Size);
                break;
            case AvroEnum e:
                _json.WriteStartArray("symbols");
                foreach (string symbol in e.Symbols)
                {
                    _json.WriteStringValue(symbol);
                }

                _json.WriteEndArray();
                WriteText("default", e.DefaultSymbol);
                break;
            case AvroRecord record:
                _json.WriteStartArray("fields");
                foreach (AvroField field in record.Fields)
                {
                    WriteField(field, record.Name.Namespace);
                }

                _json.WriteEndArray();
                break;
        }
    }

    private void WriteField(AvroField field, string enclosing)
    {
        _json.WriteStartObject();
        _json.WriteString("name", field.Name);
        _json.WritePropertyName("type");
        Write(field.Schema, enclosing);
        WriteText("doc", field.Doc);
        if (field.Default is { } value)
        {
            _json.WritePropertyName("default");
            value.WriteTo(_json);
        }

        WriteText("order", field.Order);
        WriteTexts("aliases", field.Aliases);
        WriteProperties(field.Properties);
        _json.WriteEndObject();
    }

    private void WriteText(string attribute, string? value)
    {
        if (value is not null)
        {
            _json.WriteString(attribute, value);
        }
    }

    private void WriteTexts(string attribute, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        _json.WriteStartArray(attribute);
        foreach (string value in values)
        {
            _json.WriteStringValue(value);
        }

        _json.WriteEndArray();
    }

    private void WriteProperties(IReadOnlyList<KeyValuePair<string, JsonElement>> properties)
    {
        foreach ((string name, JsonElement value) in properties)
        {
            _json.WritePropertyName(name);
            value.WriteTo(_json);
        }
    }

    private static string TypeName(AvroSchema schema) => schema.Kind.ToString().ToLowerInvariant();
}
