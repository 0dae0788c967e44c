using System.Buffers;
using System.Globalization;
using BelgiCom.Streaming.Testing;
using CsCheck;
using Schema = Avro.Schema;

namespace BelgiCom.Streaming.Avro.Tests;

public sealed class SchemaResolutionTests
{
    [Fact]
    public void Of_EvolutionCases_GiveTheSpecificationsVerdict() =>
        Assert.Empty(EvolutionCases.All.Where(change => Reads(change.New, change.Old) != change.Readable).Select(change => change.Name));

    [Fact]
    public void Of_WhatIsReadable_HasAResolver() => Assert.Empty(
        EvolutionCases.All.Where(change => change.Readable && Of(change.New, change.Old).Resolver is null).Select(change => change.Name));

    /// <summary>
    /// The inner record matches only as long as the outer one is taken to match; when the outer is refuted, so is the inner, wherever it is
    /// met again.
    /// </summary>
    [Fact]
    public void Of_RecursionUnderARefutedAssumption_IsForgotten()
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

        IReadOnlyList<SchemaMismatch> found = Check(reader, Writer);

        Assert.Contains(found, mismatch => mismatch.Path.StartsWith("/fields/0", StringComparison.Ordinal));
        Assert.Contains(found, mismatch => mismatch.Path.StartsWith("/fields/1", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_UnionBomb_IsRefusedSoon()
    {
        // Each record holds a union of all records: every pair has to be looked at, inside every pair.
        List<string> names = Enumerable.Range(0, 700).Select(i => string.Create(CultureInfo.InvariantCulture, $"R{i}")).ToList();
        IEnumerable<string> records = names.Select(
            name => $$"""{"type":"record","name":"{{name}}","fields":[{"name":"f{{name}}","type":"int"}]}""");
        AvroSchema schema = AvroSchema.Parse($"[{string.Join(',', records)}]");
        AvroSchema other = AvroSchema.Parse($"[{string.Join(',', records.Reverse())},\"int\"]");

        Assert.Throws<AvroSchemaException>(() => SchemaResolution.Of(schema, other));
    }

    [Fact]
    public void Of_ChainOfNamedTypes_IsRefusedBeforeTheStackEnds()
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

        Assert.Throws<AvroSchemaException>(() => Check(reader, writer));
    }

    [Fact]
    public void Of_AnySchemaWithItself_IsReadable() =>
        Gen.Int.Sample(seed => Assert.Empty(Check(new RandomSchema(seed).Next(), new RandomSchema(seed).Next())), iter: 2_000);

    /// <summary>What we call readable, Apache.Avro must read, whatever the value, and as the same octets as we do.</summary>
    [Fact]
    public void Of_WhatIsReadable_IsReadAsApacheAvroDoes()
    {
        int readable = 0;
        Gen.Int.Sample(seed =>
            {
                RandomSchema random = new(seed);
                string writer = random.Next();
                string reader = random.Changed(writer);
                SchemaResolution resolution = Of(reader, writer);
                if (resolution.Mismatches.Count > 0)
                {
                    return;
                }

                readable++;
                (Schema writerSchema, Schema readerSchema) = (Schema.Parse(writer), Schema.Parse(reader));
                byte[] body = ApacheAvro.Write(writerSchema, random.Value(writerSchema));
                byte[] expected = ApacheAvro.Write(readerSchema, ApacheAvro.Read(writerSchema, readerSchema, body));
                ArrayBufferWriter<byte> ours = new();
                resolution.Resolver!.Resolve(body, ours);
                Assert.Equal(expected, ours.WrittenSpan);
                Assert.True(!resolution.Resolver.IsIdentity || expected.AsSpan().SequenceEqual(body));
            },
            iter: 5_000,
            threads: 1);
        Assert.True(readable > 1_000, $"only {readable} pairs were readable: the generator tests nothing");
    }

    private static bool Reads(string reader, string writer) => Check(reader, writer).Count == 0;

    private static IReadOnlyList<SchemaMismatch> Check(string reader, string writer) => Of(reader, writer).Mismatches;

    private static SchemaResolution Of(string reader, string writer) =>
        SchemaResolution.Of(AvroSchema.Parse(reader), AvroSchema.Parse(writer));
}
