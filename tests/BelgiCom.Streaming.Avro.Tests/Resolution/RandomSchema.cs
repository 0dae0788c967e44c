using System.Globalization;
using System.Text.Json.Nodes;
using Avro;
using Avro.Generic;

namespace BelgiCom.Streaming.Avro.Tests;

/// <summary>Schemas, changes of them and values for them, all from one seed.</summary>
internal sealed class RandomSchema(int seed)
{
    private static readonly string[] Primitives = ["boolean", "int", "long", "float", "double", "bytes", "string"];
    private readonly Random _random = new(seed);
    private int _names;

    public string Next() => Type(depth: 3).ToJsonString();

    /// <summary>The schema with one or two changes somewhere inside, of the kinds that evolution makes.</summary>
    public string Changed(string schema)
    {
        JsonNode json = JsonNode.Parse(schema)!;
        for (int i = _random.Next(1, 3); i > 0; i--)
        {
            json = Change(json);
        }

        return json.ToJsonString();
    }

    public object Value(Schema schema) => schema switch
    {
        RecordSchema record => RecordValue(record),
        EnumSchema e => new GenericEnum(e, e.Symbols[_random.Next(e.Symbols.Count)]),
        FixedSchema f => new GenericFixed(f, new byte[f.Size]),
        ArraySchema array => Enumerable.Range(0, _random.Next(3)).Select(_ => Value(array.ItemSchema)).ToArray(),
        MapSchema map =>
            Enumerable.Range(0, _random.Next(3)).ToDictionary(i => i.ToString(CultureInfo.InvariantCulture), _ => Value(map.ValueSchema)),
        UnionSchema union => Value(union.Schemas[_random.Next(union.Count)]),
        _ => schema.Tag switch
        {
            Schema.Type.Boolean => true,
            Schema.Type.Int => _random.Next(),
            Schema.Type.Long => _random.NextInt64(),
            Schema.Type.Float => _random.NextSingle(),
            Schema.Type.Double => _random.NextDouble(),
            Schema.Type.Bytes => new byte[_random.Next(9)],
            Schema.Type.String => new string('x', _random.Next(9)),
            _ => null!,
        },
    };

    private GenericRecord RecordValue(RecordSchema schema)
    {
        GenericRecord record = new(schema);
        foreach (Field field in schema.Fields)
        {
            record.Add(field.Name, Value(field.Schema));
        }

        return record;
    }

    private JsonNode Type(int depth) => _random.Next(depth > 0 ? 8 : 3) switch
    {
        0 or 1 => Primitives[_random.Next(Primitives.Length)],
        2 => new JsonObject { ["type"] = "enum", ["name"] = Name("E"), ["symbols"] = new JsonArray("A", "B", "C") },
        3 => new JsonObject { ["type"] = "fixed", ["name"] = Name("F"), ["size"] = _random.Next(1, 17) },
        4 => new JsonObject { ["type"] = "array", ["items"] = Type(depth - 1) },
        5 => new JsonObject { ["type"] = "map", ["values"] = Type(depth - 1) },
        6 => Union(depth),
        _ => Record(depth),
    };

    private JsonObject Record(int depth) => new()
    {
        ["type"] = "record",
        ["name"] = Name("R"),
        ["fields"] = new JsonArray(
            [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => new JsonObject { ["name"] = Name("f"), ["type"] = Type(depth - 1) })]),
    };

    private JsonArray Union(int depth)
    {
        JsonArray union = new("null", Primitives[_random.Next(Primitives.Length)]);
        union.Add(Record(depth));
        return union;
    }

    private string Name(string prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{_names++}");

    private JsonNode Change(JsonNode json) => json switch
    {
        JsonArray union when _random.Next(3) == 0 => WithBranch(union),
        JsonArray union => Replace(union, _random.Next(union.Count)),
        JsonValue primitive => Promote((string)primitive!),
        JsonObject o when (string)o["type"]! == "record" => ChangeRecord(o),
        JsonObject o when (string)o["type"]! == "enum" => ChangeEnum(o),
        JsonObject o when o.ContainsKey("items") => With(o, "items", Change(o["items"]!)),
        JsonObject o when o.ContainsKey("values") => With(o, "values", Change(o["values"]!)),
        _ => json.DeepClone(),
    };

    /// <summary>
    /// Promotes a type, but not bytes to string or back, which Apache.Avro for C# does not know although the specification has it.
    /// </summary>
    private JsonNode Promote(string type) => type switch
    {
        "int" => _random.Next(2) == 0 ? "long" : new JsonArray("double", "null"),
        "long" or "float" => "double",
        _ => type,
    };

    private static JsonArray WithBranch(JsonArray union)
    {
        JsonArray copy = (JsonArray)union.DeepClone();
        copy.Add(new JsonObject { ["type"] = "array", ["items"] = "int" });
        return copy.Count(branch => branch is JsonObject o && o.ContainsKey("items")) == 1 ? copy : (JsonArray)union.DeepClone();
    }

    private JsonArray Replace(JsonArray union, int index)
    {
        JsonArray copy = (JsonArray)union.DeepClone();
        JsonNode changed = Change(copy[index]!.DeepClone());
        if (changed is JsonObject)
        {
            copy[index] = changed;
        }

        return copy;
    }

    private JsonObject ChangeRecord(JsonObject record)
    {
        JsonObject copy = (JsonObject)record.DeepClone();
        JsonArray fields = (JsonArray)copy["fields"]!;
        int index = _random.Next(Math.Max(fields.Count, 1));
        switch (fields.Count == 0 ? 0 : _random.Next(4))
        {
            case 0:
                fields.Add(new JsonObject { ["name"] = Name("added"), ["type"] = "int", ["default"] = 1 });
                break;
            case 1:
                fields.RemoveAt(index);
                break;
            case 2:
                JsonNode moved = fields[index]!.DeepClone();
                fields.RemoveAt(index);
                fields.Insert(0, moved);
                break;
            default:
                fields[index]!["type"] = Change(fields[index]!["type"]!.DeepClone());
                break;
        }

        return copy;
    }

    private JsonObject ChangeEnum(JsonObject schema) => _random.Next(2) == 0
        ? With(schema, "symbols", new JsonArray("A", "B", "C", "D"))
        : With(With(schema, "symbols", new JsonArray("A", "B")), "default", "A");

    private static JsonObject With(JsonObject json, string attribute, JsonNode value)
    {
        JsonObject copy = (JsonObject)json.DeepClone();
        copy[attribute] = value.DeepClone();
        return copy;
    }
}
