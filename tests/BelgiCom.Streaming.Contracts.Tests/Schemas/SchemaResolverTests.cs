using System.Buffers;
using System.Text.Json.Nodes;
using CsCheck;

namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>Reading what another version wrote (F13). Where Apache.Avro can do it too, its result must be the same octets.</summary>
public sealed class SchemaResolverTests
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
        Avro.Schema writer = Avro.Schema.Parse(written);
        Avro.Schema reader = Avro.Schema.Parse(codec.SchemaJson);
        Gen.Int.Sample(seed =>
            {
                byte[] body = ApacheAvro.Write(writer, ApacheAvro.RandomValue(writer, new Random(seed))!);
                (byte[]? ours, AvroFault fault) = Resolve(resolver, body);
                if (evolution == "value was optional" && fault == AvroFault.Unresolvable)
                {
                    // A null where we need a value. Apache.Avro throws as well.
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

    /// <summary>Avro 1.12 promotes these to each other; Apache.Avro refuses them.</summary>
    [Fact]
    public void TextAndBytes_OfEachOther_AreTheSameOctets()
    {
        const string Text = """{"type":"record","name":"R","fields":[{"name":"v","type":"string"}]}""";
        const string Bytes = """{"type":"record","name":"R","fields":[{"name":"v","type":"bytes"}]}""";
        Assert.Equal([4, 0x61, 0x62], Resolve(SchemaResolver.Create(Text, Bytes), [4, 0x61, 0x62]).Body);
        Assert.Equal([4, 0x61, 0x62], Resolve(SchemaResolver.Create(Bytes, Text), [4, 0x61, 0x62]).Body);
        Assert.Equal(AvroFault.BadText, Resolve(SchemaResolver.Create(Bytes, Text), [2, 0xFF]).Fault);
    }

    [Fact]
    public void Symbol_ThatWeDoNotKnow_BecomesTheDefault()
    {
        const string Newer =
            """{"type":"record","name":"R","fields":[{"name":"k","type":{"type":"enum","name":"K","symbols":["B","NEW","A"]}}]}""";
        const string Ours =
            """{"type":"record","name":"R","fields":[{"name":"k","type":{"type":"enum","name":"K","symbols":["A","B"],"default":"A"}}]}""";
        SchemaResolver resolver = SchemaResolver.Create(Newer, Ours);
        Assert.Equal([2], Resolve(resolver, [0]).Body);
        Assert.Equal([0], Resolve(resolver, [2]).Body);
        Assert.Equal([0], Resolve(resolver, [4]).Body);
        Assert.Equal(AvroFault.UnknownSymbol, Resolve(resolver, [6]).Fault);
    }

    [Fact]
    public void Symbol_ThatWeDoNotKnowWithoutADefault_IsAFault()
    {
        const string Newer =
            """{"type":"record","name":"R","fields":[{"name":"k","type":{"type":"enum","name":"K","symbols":["A","NEW"]}}]}""";
        const string Ours = """{"type":"record","name":"R","fields":[{"name":"k","type":{"type":"enum","name":"K","symbols":["A"]}}]}""";
        Assert.Equal(AvroFault.UnknownSymbol, Resolve(SchemaResolver.Create(Newer, Ours), [2]).Fault);
    }

    [Theory]
    [InlineData("""{"type":"record","name":"R","fields":[]}""", "has no default")]
    [InlineData("""{"type":"record","name":"Other","fields":[{"name":"m","type":"long"}]}""", "cannot be read")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"m","type":"string"}]}""", "R.m")]
    [InlineData(
        """{"type":"record","name":"R","fields":[{"name":"m","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":6}}]}""",
        "R.m")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"m","type":"bytes"}]}""", "R.m")]
    [InlineData("\"R\"", "before it is defined")]
    [InlineData("{", "not valid")]
    [InlineData("17", "a name, an array")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A"],"default":7}""", "not valid")]
    public void Writer_ThatCanNeverBeRead_IsRefusedWithThePlace(string written, string says)
    {
        const string Ours =
            """{"type":"record","name":"R","fields":[{"name":"m","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":"""
            + """9}}]}""";
        AvroSchemaException refusal = Assert.Throws<AvroSchemaException>(() => SchemaResolver.Create(written, Ours));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Time_InAnotherUnit_IsRefused()
    {
        string micros = UsageReceived.SchemaJson.Replace("timestamp-millis", "timestamp-micros", StringComparison.Ordinal);
        Assert.Throws<AvroSchemaException>(() => SchemaResolver.Create(micros, UsageReceived.SchemaJson));
    }

    [Fact]
    public void Writer_ThatNestsItself_IsAFaultAtTheDepthLimit()
    {
        const string Written = """
            {"type":"record","name":"R","fields":[
              {"name":"list","type":["null",{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}]},{"name":"n",
                "type":"int"}]}
            """;
        const string Ours = """{"type":"record","name":"R","fields":[{"name":"n","type":"int"}]}""";
        SchemaResolver resolver = SchemaResolver.Create(Written, Ours);
        Assert.Equal([14], Resolve(resolver, [2, 2, 2, 0, 14]).Body);
        byte[] deep = [.. Enumerable.Repeat((byte)2, 100_000), 0, 14];
        Assert.Equal(AvroFault.TooDeep, Resolve(resolver, deep).Fault);
    }

    /// <summary>Sixty records, each with the one before twice: without octets in them, 2^60 steps for a body of none.</summary>
    [Theory]
    [InlineData("null")]
    [InlineData("int")]
    public void Writer_ThatMultipliesOut_IsPassedInBoundedTime(string leaf)
    {
        JsonArray fields = new()
        {
            Field("f0", JsonNode.Parse($$"""{"type":"record","name":"T0","fields":[{"name":"a","type":"{{leaf}}"}]}""")!),
        };
        for (int i = 1; i < 60; i++)
        {
            fields.Add(Field($"f{i}", JsonNode.Parse(
                $$"""{"type":"record","name":"T{{i}}","fields":[{"name":"a","type":"T{{i - 1}}"},{"name":"b","type":"T{{i - 1}}"}]}""")!));
        }

        JsonObject written = new() { ["type"] = "record", ["name"] = "R", ["fields"] = fields };
        SchemaResolver resolver = SchemaResolver.Create(written.ToJsonString(), """{"type":"record","name":"R","fields":[]}""");
        AvroFault fault = Resolve(resolver, leaf == "null" ? [] : new byte[5_000]).Fault;
        Assert.Equal(leaf == "null" ? AvroFault.None : AvroFault.EndOfBody, fault);
    }

    [Fact]
    public void Writer_WithALongChainOfTypes_IsCompiled()
    {
        JsonArray chain = new() { Field("f0", JsonNode.Parse("""{"type":"record","name":"T0","fields":[{"name":"a","type":"int"}]}""")!) };
        for (int i = 1; i < 5_000; i++)
        {
            chain.Add(
                Field($"f{i}", JsonNode.Parse($$"""{"type":"record","name":"T{{i}}","fields":[{"name":"a","type":"T{{i - 1}}"}]}""")!));
        }

        chain.Add(Field("m", JsonNode.Parse("""{"type":"record","name":"M","fields":[{"name":"x","type":"T4999"}]}""")!));
        JsonObject written = new() { ["type"] = "record", ["name"] = "R", ["fields"] = chain };
        SchemaResolver resolver = SchemaResolver.Create(
            written.ToJsonString(),
            """{"type":"record","name":"R","fields":[{"name":"m","type":{"type":"record","name":"M","fields":[]}}]}""");
        Assert.Equal(AvroFault.TooDeep, Resolve(resolver, new byte[6_000]).Fault);
    }

    [Fact]
    public void Schema_NestedTooDeep_IsRefused()
    {
        string deep = string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 10_000)) + "\"int\"" + new string('}', 10_000);
        Assert.Throws<AvroSchemaException>(() => SchemaResolver.Create(deep, UsageReceived.SchemaJson));
        Assert.Throws<AvroSchemaException>(
            () => SchemaResolver.Create(new string(' ', AvroLimits.MaxSchemaLength + 1), UsageReceived.SchemaJson));
    }

    /// <summary>One octet in, a default of a kilobyte out: the body stops growing at the limit.</summary>
    [Fact]
    public void Body_ThatWouldGrowBeyondTheLimit_IsAFault()
    {
        string text = new('x', 1000);
        string ours =
            $$"""{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"a","type":"boolean"},{"name":"t","""
            + $$""" "type":"string","default":"{{text}}"} ] } }""";
        const string Written = """{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"a","type":"boolean"}]}}""";
        byte[] body = [.. VarInt(100_000), .. new byte[100_000], 0];
        Assert.Equal(AvroFault.TooLarge, Resolve(SchemaResolver.Create(Written, ours), body).Fault);
    }

    [Fact]
    public void Body_WithFlippedBits_IsResolvedOrATypedFault()
    {
        string written = Evolve(OfferingVersion.SchemaJson, Evolutions["removed field of every kind"]);
        SchemaResolver resolver = SchemaResolver.Create(written, OfferingVersion.SchemaJson);
        Avro.Schema writer = Avro.Schema.Parse(written);
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

    private static byte[] VarInt(long value)
    {
        byte[] octets = new byte[10];
        AvroWriter writer = new(octets);
        writer.WriteLong(value);
        return octets[..writer.Written];
    }
}
