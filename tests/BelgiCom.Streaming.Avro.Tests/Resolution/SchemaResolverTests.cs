using System.Buffers;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Avro.Tests;

/// <summary>Reading what was written with another schema.</summary>
public sealed class SchemaResolverTests
{
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

    /// <summary>A null behind a fault is read like any value behind one: nothing is.</summary>
    [Fact]
    public void Map_OfNullsWithAKeyThatIsNoText_IsBadText()
    {
        const string schema = """{"type":"map","values":"null"}""";
        AvroFormatException fault = Assert.Throws<AvroFormatException>(
            () => SchemaResolver.Create(schema, schema).Resolve([0x02, 0x02, 0xFF, 0x00], new ArrayBufferWriter<byte>()));
        Assert.Equal(AvroFault.BadText, fault.Fault);
    }

    [Theory]
    [InlineData("""{"type":"record","name":"R","fields":[]}""", "has no default")]
    [InlineData("""{"type":"record","name":"Other","fields":[{"name":"m","type":"long"}]}""", "reader R, writer Other")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"m","type":"string"}]}""", "/fields/0/type")]
    [InlineData(
        """{"type":"record","name":"R","fields":[{"name":"m","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":6}}]}""",
        "/fields/0/type")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"m","type":"bytes"}]}""", "/fields/0/type")]
    [InlineData("\"R\"", "not defined before its use")]
    [InlineData("{", "not valid JSON")]
    [InlineData("17", "a schema is a name")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A"],"default":7}""", "not a text")]
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

    /// <summary>A recursive type of ours is read as deep as values may be, and no deeper.</summary>
    [Fact]
    public void Reader_ThatNestsItself_IsReadUpToTheDepthLimit()
    {
        const string Written =
            """{"type":"record","name":"L","fields":[{"name":"n","type":"int"},{"name":"next","type":["null","L"],"default":null}]}""";
        string ours = Written.Replace("\"int\"", "\"long\"", StringComparison.Ordinal);
        SchemaResolver resolver = SchemaResolver.Create(Written, ours);
        Assert.False(resolver.IsIdentity);
        Assert.True(SchemaResolver.Create(Written, Written).IsIdentity);

        // Each further record is two levels: the union, and the record in it.
        byte[] list = [.. Enumerable.Range(1, (AvroLimits.MaxDepth / 2) - 1).SelectMany(_ => new byte[] { 14, 2 }), 14, 0];
        Assert.Equal(list, Resolve(resolver, list).Body);
        Assert.Equal(AvroFault.TooDeep, Resolve(resolver, [14, 2, .. list]).Fault);
    }

    /// <summary>
    /// The inner record was found readable only as long as the outer one was taken to be; its branch is a fault, not a crash.
    /// </summary>
    [Fact]
    public void Branch_ThatLeanedOnARefutedRecord_IsAFaultOfTheBodyThatHasIt()
    {
        const string Written = """
            {"type":"record","name":"Top","fields":[
              {"name":"a","type":["null",{"type":"record","name":"A","fields":[
                {"name":"b","type":{"type":"record","name":"B","fields":[
                  {"name":"a","type":["null","A"]},{"name":"k","type":{"type":"enum","name":"K","symbols":["X","Y"]}}]}},
                {"name":"bad","type":"int"}]}]},
              {"name":"b","type":"B"}]}
            """;
        string ours = Written.Replace("\"bad\",\"type\":\"int\"", "\"bad\",\"type\":\"string\"", StringComparison.Ordinal)
            .Replace("""["X","Y"]""", """["X"]""", StringComparison.Ordinal);
        SchemaResolver resolver = SchemaResolver.Create(Written, ours);
        Assert.Equal([0, 0, 0], Resolve(resolver, [0, 0, 0]).Body);
        Assert.Equal(AvroFault.UnknownSymbol, Resolve(resolver, [0, 0, 2]).Fault);
        Assert.Equal(AvroFault.Unresolvable, Resolve(resolver, [2, 0, 0, 0, 0, 0]).Fault);
        Assert.Equal(AvroFault.Unresolvable, Resolve(resolver, [0, 2, 0, 0, 0, 0]).Fault);
    }

    /// <summary>A default may stand for itself without end; the registry compares such schemas, and no reader follows it.</summary>
    [Fact]
    public void Default_ThatNeverEnds_IsAFault()
    {
        const string Ours =
            """{"type":"record","name":"T","fields":[{"name":"r","type":{"type":"record","name":"R","fields":[{"name":"next","""
            + """ "type":"R","default":{}}]},"default":{}}]}""";
        SchemaResolver resolver = SchemaResolver.Create("""{"type":"record","name":"T","fields":[]}""", Ours);
        Assert.Equal(AvroFault.TooLarge, Resolve(resolver, []).Fault);
    }

    /// <summary>Avro 1.12: the default of a union is a value of any branch; the octets are those of the table of defaults.</summary>
    [Theory]
    [InlineData("\"int\"", "-1", "01")]
    [InlineData("\"boolean\"", "true", "01")]
    [InlineData("\"float\"", "1.5", "0000c03f")]
    [InlineData("\"double\"", "1.5", "000000000000f83f")]
    [InlineData("\"string\"", "\"é\"", "04c3a9")]
    [InlineData("\"bytes\"", "\"\\u00ff\"", "02ff")]
    [InlineData("""["null","int"]""", "1", "0202")]
    [InlineData("""["int","null"]""", "null", "02")]
    [InlineData("""{"type":"array","items":"int"}""", "[1,2]", "04020400")]
    [InlineData("""{"type":"map","values":"int"}""", """{"a":1}""", "0202610200")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A","B"]}""", "\"B\"", "02")]
    [InlineData("""{"type":"fixed","name":"F","size":2}""", "\"\\u0001\\u0002\"", "0102")]
    [InlineData("""{"type":"record","name":"I","fields":[{"name":"x","type":"int"},{"name":"y","type":"int","default":2}]}""",
        """{"x":1}""", "0204")]
    public void Default_OfEachType_HasItsOctets(string type, string value, string hex)
    {
        string ours = $$"""{"type":"record","name":"R","fields":[{"name":"v","type":{{type}},"default":{{value}}}]}""";
        SchemaResolver resolver = SchemaResolver.Create("""{"type":"record","name":"R","fields":[]}""", ours);
        Assert.Equal(hex, Convert.ToHexStringLower(Resolve(resolver, []).Body!));
    }

    /// <summary>
    /// Each of sixty records holds the one before twice. Where they have no octets, a body of none would take 2^60 steps.
    /// </summary>
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

    /// <summary>
    /// Each item is one octet that comes in and a default of a kilobyte that goes out; the body stops growing at the limit.
    /// </summary>
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

    private static JsonObject Field(string name, JsonNode type) => new() { ["name"] = name, ["type"] = type };

    private static byte[] VarInt(long value)
    {
        byte[] octets = new byte[10];
        AvroWriter writer = new(octets);
        writer.WriteLong(value);
        return octets[..writer.Written];
    }
}
