using System.Buffers;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Testing;
using CsCheck;
using Schema = Avro.Schema;

namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>Reading what another version wrote (F13). Where Apache.Avro can do it too, its result must be the same octets.</summary>
public sealed class SchemaEvolutionTests
{
    public static TheoryData<string> Names => RecordCodec.Names;

    // Each case changes our schema into one that another version of a producer may have.
    private static readonly Dictionary<string, Action<JsonObject>> Evolutions = new()
    {
        ["field removed here: writer has one more"] = schema => Fields(schema).Insert(1, Field("extra", "string")),
        ["removed field of every kind"] = schema => Fields(schema).Insert(0, Field("extra", JsonNode.Parse("""
            {"type":"record","name":"Extra","fields":[
              {"name":"a","type":"double"},{"name":"b","type":"float"},{"name":"c","type":"boolean"},{"name":"d","type":"bytes"},
              {"name":"e","type":{"type":"fixed","name":"Nine","size":9}},{"name":"f","type":{"type":"enum","name":"Two","symbols":["X",
                "Y"]}},
              {"name":"g","type":{"type":"map","values":{"type":"array","items":["null","long",{"type":"map","values":"int"}]}}},
              {"name":"h","type":["null","string"]},{"name":"i","type":"null"}]}
            """)!)),
        ["fields in another order"] = schema => Reverse(Fields(schema)),
        ["field with a default added here"] = schema => RemoveWhere(Fields(schema), field => field["default"] is not null),
        ["long was int"] = schema => Replace(schema, field => field["type"]!.ToString() == "long", "int"),
        ["value was optional"] = schema => Replace(schema, field => field["type"]!.ToString() == "long", new JsonArray("null", "long")),
    };

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = new();
            foreach (RecordCodec codec in RecordCodec.All)
            {
                foreach (string evolution in Evolutions.Keys)
                {
                    cases.Add(codec.Name, evolution);
                }
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Body_OfAnotherVersion_ResolvesAsApacheAvroDoes(string name, string evolution)
    {
        RecordCodec codec = RecordCodec.Of(name);
        string written = Evolve(codec.SchemaJson, Evolutions[evolution]);
        SchemaResolver resolver = SchemaResolver.Create(written, codec.SchemaJson);
        Schema writer = Schema.Parse(written);
        Schema reader = Schema.Parse(codec.SchemaJson);
        Gen.Int.Sample(seed =>
            {
                byte[] body = ApacheAvro.Write(writer, ApacheAvro.RandomValue(writer, new Random(seed))!);
                (byte[]? ours, AvroFault fault) = Resolve(resolver, body);
                if (evolution == "value was optional" && fault == AvroFault.Unresolvable)
                {
                    // A null stands where we need a value; Apache.Avro throws as well.
                    Assert.ThrowsAny<Exception>(() => ApacheAvro.Read(writer, reader, body));
                    return;
                }

                Assert.Equal(AvroFault.None, fault);
                Assert.Equal(ApacheAvro.Write(reader, ApacheAvro.Read(writer, reader, body)), ours);
                Assert.Equal(ours, codec.RewriteByClass(ours!));
            },
            iter: 30);
    }

    [Theory, MemberData(nameof(Names))]
    public void Resolver_OfOurOwnSchema_IsTheIdentity(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        SchemaResolver resolver = SchemaResolver.Create(codec.SchemaJson, codec.SchemaJson);
        Assert.True(resolver.IsIdentity);
        byte[] body = ApacheAvro.RandomBody(codec.SchemaJson, new Random(7));
        Assert.Equal(body, Resolve(resolver, body).Body);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Resolver_OfAnotherEncoding_IsNotTheIdentity(string name, string evolution)
    {
        RecordCodec codec = RecordCodec.Of(name);
        string written = Evolve(codec.SchemaJson, Evolutions[evolution]);
        bool changed = !JsonNode.DeepEquals(JsonNode.Parse(written), JsonNode.Parse(codec.SchemaJson));
        Assert.Equal(!changed, SchemaResolver.Create(written, codec.SchemaJson).IsIdentity);
    }

    [Fact]
    public void Resolver_OfASchemaThatDiffersInDocsOnly_IsTheIdentity()
    {
        string written = Evolve(UsageReceived.SchemaJson, schema => schema["doc"] = "Other words.");
        Assert.True(SchemaResolver.Create(written, UsageReceived.SchemaJson).IsIdentity);
    }

    [Fact]
    public void Body_WithFlippedBits_IsResolvedOrATypedFault()
    {
        string written = Evolve(OfferingVersion.SchemaJson, Evolutions["removed field of every kind"]);
        SchemaResolver resolver = SchemaResolver.Create(written, OfferingVersion.SchemaJson);
        Schema writer = Schema.Parse(written);
        Gen.Int.Sample(seed =>
            {
                Random random = new(seed);
                byte[] body = ApacheAvro.Write(writer, ApacheAvro.RandomValue(writer, random)!);
                body[random.Next(body.Length)] ^= (byte)(1 << random.Next(8));
                (byte[]? ours, AvroFault fault) = Resolve(resolver, body);
                Assert.True(fault != AvroFault.None || ours is not null);
            },
            iter: 2_000);
    }

    private static (byte[]? Body, AvroFault Fault) Resolve(SchemaResolver resolver, byte[] body)
    {
        ArrayBufferWriter<byte> destination = new();
        try
        {
            resolver.Resolve(body, destination);
            return (destination.WrittenSpan.ToArray(), AvroFault.None);
        }
        catch (AvroFormatException fault)
        {
            return (null, fault.Fault);
        }
    }

    private static string Evolve(string schemaJson, Action<JsonObject> evolution)
    {
        JsonObject schema = JsonNode.Parse(schemaJson)!.AsObject();
        evolution(schema);
        return schema.ToJsonString();
    }

    private static JsonArray Fields(JsonObject schema) => schema["fields"]!.AsArray();

    private static JsonObject Field(string name, JsonNode type) => new() { ["name"] = name, ["type"] = type };

    private static void Reverse(JsonArray fields)
    {
        // A type is defined where it is first used, so that only fields without definitions may move to the front.
        List<JsonNode> plain = [
            .. fields.Where(field => field!["type"] is JsonValue type && !type.ToString().Contains('.', StringComparison.Ordinal))
                .Select(field => field!)];
        foreach (JsonNode field in plain)
        {
            fields.Remove(field);
            fields.Insert(0, field);
        }
    }

    private static void RemoveWhere(JsonArray fields, Func<JsonNode, bool> condition)
    {
        // A field that defines a type which a later one names has to stay.
        foreach (JsonNode field in fields.Where(field => condition(field!) && field!["type"] is JsonValue).ToList()!)
        {
            fields.Remove(field);
        }
    }

    private static void Replace(JsonObject schema, Func<JsonNode, bool> condition, JsonNode type)
    {
        foreach (JsonNode field in Fields(schema).Where(field => condition(field!)).ToList()!)
        {
            field["type"] = type.DeepClone();
            field.AsObject().Remove("default");
        }
    }
}
