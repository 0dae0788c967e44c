using System.Buffers;
using System.Text;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Avro.Tests;

/// <summary>
/// Whatever text says that it is a schema, it is one or it is refused; two schemas are compared, and a body is read by what the comparison
/// made, in bounded steps. A registry gives any schema that somebody registered.
/// </summary>
public sealed class SchemaMutationTests
{
    private static readonly FuzzLimits Limits = new(Runs: 2_000, Octets: 4 << 20, OctetsPerOctet: 1_000);

    // Steps are bounded by 200,000 for a schema, and each of them may build a path.
    private static readonly byte[][] Schemas =
    [
        .. Enumerable.Range(0, 60).Select(seed => Encoding.UTF8.GetBytes(new RandomSchema(seed).Next())),
        .. new[] { Recursive, WithDefaults, WithAliases }.Select(Encoding.UTF8.GetBytes),
    ];

    private const string Recursive = """
        {"type":"record","name":"Tree","fields":[{"name":"left","type":["null","Tree"],"default":null},
        {"name":"right","type":{"type":"array","items":"Tree"},"default":[]}]}
        """;

    private const string WithDefaults = """
        {"type":"record","name":"a.b.Outer","doc":"text","fields":[
        {"name":"time","type":{"type":"long","logicalType":"timestamp-millis"},"default":0},
        {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":9},"default":"\u0000"},
        {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A","B"],"default":"A"},"default":"B","order":"ignore"},
        {"name":"inner","type":{"type":"record","name":"Inner","fields":[{"name":"x","type":"int","default":1}]},"default":{}},
        {"name":"map","type":{"type":"map","values":["null","a.b.Inner"]},"default":{"k":null}}]}
        """;

    private const string WithAliases = """
        {"type":"record","name":"New","aliases":["Old"],"fields":[
        {"name":"id","type":{"type":"fixed","name":"Id","size":16},"aliases":["key","uuid"]},
        {"name":"text","type":["string","null"]}]}
        """;

    [Fact]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void Schema_MutatedAtRandom_IsParsedComparedAndReadByOrRefused() => Fuzz.Run("schema", Schemas, ReadAndCompare, Limits);

    /// <summary>
    /// A default that fits no branch at the end of a nesting of unions: each branch of each union would be tried once for each branch of
    /// the one around it.
    /// </summary>
    [Fact]
    public void Default_ThatManyBranchesAreTriedFor_IsRefusedInBoundedSteps()
    {
        string value = string.Concat(Enumerable.Repeat("{\"f\":", 30)) + "1" + new string('}', 30);
        string schema = Record("Top", $$"""{"name":"tree","type":{{Nested(0)}}}""", Field("f", Names(8), value));
        Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(schema));
    }

    /// <summary>Records that each hold the next one twice take no octet, and there are 2^40 of them.</summary>
    [Fact]
    public void Record_ThatHoldsEmptyRecordsWithoutNumber_IsReadInBoundedSteps()
    {
        string writer = Doubling(40, null);
        string reader = writer.Replace("\"null\"", "[\"null\",\"int\"]", StringComparison.Ordinal);
        SchemaResolver resolver = SchemaResolver.Create(writer, reader);
        Assert.Throws<AvroFormatException>(() => resolver.Resolve([], new ArrayBufferWriter<byte>()));
    }

    [Fact]
    public void Default_OfEmptyRecordsWithoutNumber_IsWrittenInBoundedSteps()
    {
        string reader = Record("Top", Field("added", Doubling(40, "{}"), "{}"));
        SchemaResolver resolver = SchemaResolver.Create(Record("Top"), reader);
        Assert.Throws<AvroFormatException>(() => resolver.Resolve([], new ArrayBufferWriter<byte>()));
    }

    /// <summary>Record i of eight, which defines the next one; a field of each may be any record that is known by then.</summary>
    private static string Nested(int i) =>
        i == 8 ? "\"int\"" : Record($"R{i}", Field("next", $"[\"null\",{Nested(i + 1)}]", "null"), Field("f", Names(8), null));

    private static string Names(int count) => $"[{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"R{i}\""))}]";

    private static string Doubling(int depth, string? ofRecords)
    {
        string schema = Record("R0", Field("a", "\"null\"", ofRecords is null ? null : "null"));
        for (int i = 1; i <= depth; i++)
        {
            schema = Record($"R{i}", Field("a", schema, ofRecords), Field("b", $"\"R{i - 1}\"", ofRecords));
        }

        return schema;
    }

    private static string Record(string name, params string[] fields) =>
        $$"""{"type":"record","name":"{{name}}","fields":[{{string.Join(',', fields)}}]}""";

    private static string Field(string name, string type, string? defaultValue) =>
        $$"""{"name":"{{name}}","type":{{type}}{{(defaultValue is null ? "" : $",\"default\":{defaultValue}")}} }""";

    private static void ReadAndCompare(byte[] text)
    {
        try
        {
            AvroSchema schema = AvroSchema.Parse(Encoding.UTF8.GetString(text));
            Assert.Equal(schema.ToText(), AvroSchema.Parse(schema.ToText()).ToText());
            foreach (byte[] other in Schemas[..8])
            {
                AvroSchema known = AvroSchema.Parse(Encoding.UTF8.GetString(other));
                Read(SchemaResolution.Of(schema, known), text);
                Read(SchemaResolution.Of(known, schema), text);
            }

            Read(SchemaResolution.Of(schema, schema), text);
        }
        catch (AvroSchemaException)
        {
            // Refused, and it says why.
        }
    }

    private static void Read(SchemaResolution resolution, byte[] body)
    {
        try
        {
            resolution.Resolver?.Resolve(body, new ArrayBufferWriter<byte>());
        }
        catch (AvroFormatException)
        {
            // The schema's own text is hardly ever a body of it.
        }
    }
}
