using System.Text.Encodings.Web;
using System.Text.Json;
using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.Contracts.Generator;

/// <summary>An Avro record as a C# record and, where it is hot, a view.</summary>
internal static class RecordTemplate
{
    // The encoder leaves apostrophes and arrows as they are, because the text goes into a C# literal and never into a web page.
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The record of a topic.</summary>
    public static string Write(AvroRecord record, bool hot, string topic, JsonElement schema)
    {
        CSharpText text = new(
            $"schemas/{topic}/{record.Name.Simple}.avsc",
            hot
                ? ["System.Buffers", "System.Runtime.CompilerServices", "BelgiCom.Streaming.Avro"]
                : ["System.Buffers", "BelgiCom.Streaming.Avro"]);
        text.Summary(record.Doc!);
        text.Open($"public sealed partial record {record.Name.Simple} : IAvroRecord<{record.Name.Simple}>");
        WriteProperties(text, record);
        WriteEntryPoints(text, record);
        text.Summary("Octets that writing takes at most.");
        WriteCodec(text, record, "public int");
        text.Line("");
        WriteSchema(text, topic, schema);
        text.Close();
        if (hot)
        {
            ViewTemplate.Write(text, record, entryPoints: true, SharedRun.Of(record));
        }

        return text.ToString();
    }

    /// <summary>A record inside others.</summary>
    public static string WriteNested(AvroRecord record, bool hot)
    {
        CSharpText text = new($"the Avro record {record.Name.FullName}", "BelgiCom.Streaming.Avro");
        text.Summary(record.Doc!);
        text.Open($"public sealed partial record {record.Name.Simple}");
        WriteProperties(text, record);
        WriteCodec(text, record, "internal int");
        text.Close();
        if (hot)
        {
            ViewTemplate.Write(text, record, entryPoints: false, []);
        }

        return text.ToString();
    }

    /// <summary>The name of a field's property.</summary>
    public static string PropertyName(AvroField field) => char.ToUpperInvariant(field.Name[0]) + field.Name[1..];

    private static void WriteProperties(CSharpText text, AvroRecord record)
    {
        foreach (AvroField field in record.Fields)
        {
            TypeMap map = TypeMap.OfClass(field.Schema);
            string initial = DefaultOf(field) ?? map.Empty;
            text.Summary(field.Doc!);
            text.Line($"public {map.CSharp} {PropertyName(field)} {{ get; init; }}{(initial.Length > 0 ? $" = {initial};" : "")}");
            text.Line("");
        }
    }

    private static string? DefaultOf(AvroField field) => field.Default switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } value when field.Schema is AvroEnum e =>
            e.Symbols[0] == value.GetString() ? null : $"{e.Name.Simple}.{EnumTemplate.MemberName(value.GetString()!)}",
        { ValueKind: JsonValueKind.Number } value => value.GetInt64() == 0 ? null : value.GetRawText(),
        // A class holds zeros unless it is told otherwise.
        { ValueKind: JsonValueKind.String } value when field.Schema is AvroFixed && value.GetString()!.All(octet => octet == 0) => null,
        // An empty text in a schema is no text of C# where octets are meant.
        { ValueKind: JsonValueKind.String } value when value.GetString() == "" && TypeMap.OfClass(field.Schema).CSharp == "byte[]" => null,
        { } value => value.GetRawText(),
    };

    private static void WriteEntryPoints(CSharpText text, AvroRecord record)
    {
        text.Summary("Decodes a body (without the wire-format header) that was written with this schema.");
        text.Line("/// <exception cref=\"AvroFormatException\">The body is not readable; says where and why.</exception>");
        text.Open($"public static {record.Name.Simple} Read(ReadOnlySpan<byte> body)");
        text.Line("AvroReader reader = new(body);");
        text.Line($"{record.Name.Simple} record = ReadFrom(ref reader);");
        text.Line("reader.Finish();");
        text.Line("return record;");
        text.Close();
        text.Line("");
        text.Summary("Decodes a body as Read does; false when it is not readable.");
        text.Open($"public static bool TryRead(ReadOnlySpan<byte> body, out {record.Name.Simple} record)");
        text.Line("AvroReader reader = new(body);");
        text.Line("record = ReadFrom(ref reader);");
        text.Line("return reader.TryFinish();");
        text.Close();
        text.Line("");
        text.Summary("Encodes this record (without the wire-format header).");
        text.Line("/// <exception cref=\"OverflowException\">An amount does not fit in decimal(18,9).</exception>");
        text.Open("public void Write(IBufferWriter<byte> destination)");
        text.Line("AvroWriter writer = new(destination.GetSpan(MaxSize));");
        text.Line("WriteTo(ref writer);");
        text.Line("destination.Advance(writer.Written);");
        text.Close();
        text.Line("");
        WriteInterface(text, record.Name.Simple, record.Name.Simple);
    }

    private static void WriteCodec(CSharpText text, AvroRecord record, string size)
    {
        TypeMap[] maps = [.. record.Fields.Select(field => TypeMap.OfClass(field.Schema))];
        WriteMaxSize(text, size, record, maps);
        text.Line("");
        text.Open($"internal static {record.Name.Simple} ReadFrom(ref AvroReader reader) => new()");
        for (int i = 0; i < maps.Length; i++)
        {
            text.Line($"{PropertyName(record.Fields[i])} = {maps[i].Read},");
        }

        text.Close("};");
        text.Line("");
        text.Open("internal void WriteTo(ref AvroWriter writer)");
        for (int i = 0; i < maps.Length; i++)
        {
            string name = PropertyName(record.Fields[i]);
            WriteValue(text, maps[i].Optional ? $"{name} is not null" : null, TypeMap.Format(maps[i].Write, name));
        }

        text.Close();
    }

    /// <summary>Writes one value. An optional value follows the index of its union, under the condition that it is present.</summary>
    public static void WriteValue(CSharpText text, string? present, string write)
    {
        if (present is null)
        {
            text.Line(write);
            return;
        }

        text.Line($"writer.WriteIsPresent({present});");
        text.Open($"if ({present})");
        text.Line(write);
        text.Close();
        text.Line("");
    }

    /// <summary>A property with the most octets that the record takes: a constant, plus the parts that depend on the values.</summary>
    private static void WriteMaxSize(CSharpText text, string declaration, AvroRecord record, TypeMap[] maps)
    {
        int constant = maps.Sum(map => map.MaxOctets);
        string[] parts =
        [
            .. maps.Select((map, i) => (map, field: record.Fields[i]))
                .Where(item => item.map.MaxOctets == 0)
                .Select(item => TypeMap.Format(item.map.Size, PropertyName(item.field))),
        ];
        WriteSum(text, $"{declaration} MaxSize", constant, parts);
    }

    /// <summary>An expression-bodied property that is the sum of its parts, one a line.</summary>
    public static void WriteSum(CSharpText text, string declaration, int constant, string[] parts)
    {
        text.Open($"{declaration} =>", brace: "");
        text.Line($"{TypeMap.Number(constant)}{(parts.Length == 0 ? ";" : "")}");
        for (int i = 0; i < parts.Length; i++)
        {
            text.Line($"+ {parts[i]}{(i == parts.Length - 1 ? ";" : "")}");
        }

        text.Close(brace: "");
    }

    /// <summary>Explicit implementations of the interface's members that nobody else needs to see.</summary>
    public static void WriteInterface(CSharpText text, string type, string record)
    {
        text.Line($"static string IAvroRecord<{type}>.Schema => {record}.SchemaJson;");
        text.Line("");
        text.Line($"void IAvroRecord<{type}>.WriteTo(ref AvroWriter writer) => WriteTo(ref writer);");
        text.Line("");
    }

    private static void WriteSchema(CSharpText text, string topic, JsonElement schema)
    {
        text.Summary($"The schema as it is registered under the subject {topic}-value.");
        text.Open("public const string SchemaJson =", brace: "");
        string head = string.Join(',', schema.EnumerateObject().Where(property => property.Name != "fields").Select(Compact));
        text.Line($"{Literal($"{{{head},\"fields\":[")} +");
        JsonElement[] fields = [.. schema.GetProperty("fields").EnumerateArray()];
        for (int i = 0; i < fields.Length; i++)
        {
            bool isLast = i == fields.Length - 1;
            text.Line(Literal(JsonSerializer.Serialize(fields[i], Json) + (isLast ? "]}" : ",")) + (isLast ? ";" : " +"));
        }

        text.Close(brace: "");
    }

    private static string Compact(JsonProperty property) => $"\"{property.Name}\":{JsonSerializer.Serialize(property.Value, Json)}";

    private static string Literal(string json) => json.Contains("\"\"\"", StringComparison.Ordinal)
        ? throw new AvroSchemaException("Three quotes in a row in a schema; a raw C# literal cannot hold them.")
        : $"\"\"\"{json}\"\"\"";
}
