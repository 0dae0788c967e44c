using System.Globalization;
using CsCheck;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public sealed class SchemaResolutionTests
{
    // Our own schemas use none of these, and our readers refuse them.
    private static readonly string[] UnknownToOurReaders = ["aliases", "uuid", "\"map\"", "float", "double", "[\"null\",\"R\"]"];

    [Fact]
    public void Check_EvolutionCases_GiveTheSpecificationsVerdict() =>
        Assert.Empty(EvolutionCases.All.Where(change => Reads(change.New, change.Old) != change.Readable).Select(change => change.Name));

    /// <summary>
    /// What the registry lets onto a topic, the platform's own readers must read: two implementations of the rules, one for each side.
    /// </summary>
    [Fact]
    public void Check_SaysReadable_OurReadersCompileAPlan() => Assert.Empty(
        EvolutionCases.All
            .Where(change => change.Readable && !UnknownToOurReaders.Any(change.New.Contains))
            .Select(change => (change.Name, Error: Record.Exception(() => Contracts.SchemaResolver.Create(change.Old, change.New))))
            .Where(result => result.Error is not null)
            .Select(result => $"{result.Name}: {result.Error!.Message}"));

    /// <summary>
    /// The inner record matches only as long as the outer one is taken to match; when the outer is refuted, so is the inner, wherever it is
    /// met again.
    /// </summary>
    [Fact]
    public void Check_RecursionUnderARefutedAssumption_IsForgotten()
    {
        const string Writer = """
            {"type":"record","name":"Top","fields":[
              {"name":"x","type":{"type":"record","name":"A","fields":[{"name":"b","type":["null",{"type":"record","name":"B",
                "fields":[{"name":"a","type":["null","A"]}]}]},{"name":"bad","type":"int"}]}},
              {"name":"y","type":"B"}]}
            """;
        string reader = Writer
            .Replace("""{"name":"x","type":{"type":"record","name":"A",""", """{"name":"x","type":["null",{"type":"record","name":"A",""")
            .Replace("""{"name":"bad","type":"int"}]}},""", """{"name":"bad","type":"string"}]}]},""");

        IReadOnlyList<SchemaMismatch> found = SchemaResolution.Check(AvroSchemaParser.Parse(reader), AvroSchemaParser.Parse(Writer));

        Assert.Contains(found, mismatch => mismatch.Path.StartsWith("/fields/0", StringComparison.Ordinal));
        Assert.Contains(found, mismatch => mismatch.Path.StartsWith("/fields/1", StringComparison.Ordinal));
    }

    [Fact]
    public void Check_UnionBomb_IsRefusedSoon()
    {
        // Each record holds a union of all records: every pair has to be looked at, inside every pair.
        List<string> names = Enumerable.Range(0, 700).Select(i => string.Create(CultureInfo.InvariantCulture, $"R{i}")).ToList();
        IEnumerable<string> records = names.Select(
            name => $$"""{"type":"record","name":"{{name}}","fields":[{"name":"f{{name}}","type":"int"}]}""");
        AvroSchema schema = AvroSchemaParser.Parse($"[{string.Join(',', records)}]");
        AvroSchema other = AvroSchemaParser.Parse($"[{string.Join(',', records.Reverse())},\"int\"]");

        Assert.Throws<AvroSchemaException>(() => SchemaResolution.Check(schema, other));
    }

    [Fact]
    public void Check_ChainOfNamedTypes_IsRefusedBeforeTheStackEnds()
    {
        // The writer's chain is flat in its JSON and as long as it likes; the reader is one recursive record of the same simple name.
        IEnumerable<string> chain = Enumerable.Range(1, 5000).Select(i => string.Create(CultureInfo.InvariantCulture,
            $$"""{"name":"d{{i}}","type":{"type":"record","name":"n{{i}}.R","fields":[{"name":"next","type":["null","""
            + $$""" "n{{i - 1}}.R"]}]} }"""));
        string writer =
            $$"""{"type":"record","name":"Top","fields":[{"name":"d0","type":{"type":"record","name":"n0.R","fields":[]} },"""
            + $$"""{{string.Join(',', chain)}}]}""";
        string reader =
            """{"type":"record","name":"Top","fields":[{"name":"d5000","type":{"type":"record","name":"R","fields":[{"name":"next","""
            + """ "type":["null","R"],"default":null}]}}]}""";

        Assert.Throws<AvroSchemaException>(() => SchemaResolution.Check(AvroSchemaParser.Parse(reader), AvroSchemaParser.Parse(writer)));
    }

    [Fact]
    public void Check_AnySchemaWithItself_IsReadable() =>
        Gen.Int.Sample(seed => Assert.Empty(Check(new RandomSchema(seed).Next(), new RandomSchema(seed).Next())), iter: 2_000);

    /// <summary>Differential: what we call readable, Apache.Avro must read, whatever the value.</summary>
    [Fact]
    public void Check_SaysReadable_ApacheAvroReadsEveryValue()
    {
        int readable = 0;
        Gen.Int.Sample(seed =>
            {
                RandomSchema random = new(seed);
                string writer = random.Next();
                string reader = random.Changed(writer);
                if (Check(reader, writer).Count > 0)
                {
                    return;
                }

                readable++;
                (Avro.Schema? writerSchema, Avro.Schema? readerSchema) = (Avro.Schema.Parse(writer), Avro.Schema.Parse(reader));
                object value = random.Value(writerSchema);
                using MemoryStream stream = new();
                new Avro.Generic.GenericDatumWriter<object>(writerSchema).Write(value, new Avro.IO.BinaryEncoder(stream));
                stream.Position = 0;
                try
                {
                    new Avro.Generic.GenericDatumReader<object>(writerSchema, readerSchema).Read(null!, new Avro.IO.BinaryDecoder(stream));
                }
                catch (Exception e)
                {
                    Assert.Fail($"Apache.Avro: {e.Message}\nreader {reader}\nwriter {writer}");
                }

                Assert.Equal(stream.Length, stream.Position);
            },
            iter: 5_000,
            threads: 1);
        Assert.True(readable > 1_000, $"only {readable} pairs were readable: the generator tests nothing");
    }

    private static bool Reads(string reader, string writer) => Check(reader, writer).Count == 0;

    private static IReadOnlyList<SchemaMismatch> Check(string reader, string writer) =>
        SchemaResolution.Check(AvroSchemaParser.Parse(reader), AvroSchemaParser.Parse(writer));
}
