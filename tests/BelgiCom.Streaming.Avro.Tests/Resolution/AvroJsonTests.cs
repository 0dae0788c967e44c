using System.Buffers;
using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Avro.Tests;

public sealed class AvroJsonTests
{
    private const string Everything = """
        {"type":"record","name":"R","fields":[
          {"name":"i","type":"int"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
          {"name":"day","type":{"type":"int","logicalType":"date"}},
          {"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":2}},
          {"name":"id","type":{"type":"fixed","name":"F","size":2}},{"name":"raw","type":"bytes"},{"name":"text","type":"string"},
          {"name":"kind","type":{"type":"enum","name":"E","symbols":["A","B"]}},{"name":"none","type":["null","long"]},
          {"name":"some","type":["null","long"]},{"name":"list","type":{"type":"array","items":"boolean"}},
          {"name":"map","type":{"type":"map","values":"string"}},{"name":"f","type":"float"},{"name":"d","type":"double"}]}
        """;

    /// <summary>The octets follow from Avro 1.12, "Binary Encoding".</summary>
    [Fact]
    public void Write_EveryType_IsItsJson()
    {
        byte[] body =
        [
            0x03, // -2
            0x80, 0xc0, 0xf9, 0xef, 0x0c, // 20 days in milliseconds
            0x02, // 1 day
            0x04, 0xff, 0x85, // -123, two octets
            0xab, 0x01,
            0x04, 0xfb, 0xff,
            0x04, 0xc3, 0xa9, // é
            0x02,
            0x00,
            0x02, 0x54, // 42
            0x04, 0x01, 0x00, 0x00,
            0x02, 0x02, (byte)'k', 0x02, (byte)'v', 0x00,
            0x00, 0x00, 0x00, 0x3f, // 0.5
            0, 0, 0, 0, 0, 0, 0xf8, 0x7f, // not a number
        ];

        Assert.Equal(
            """
            {"i":-2,"at":"1970-01-21T00:00:00.000Z","day":"1970-01-02","amount":-1.23,"id":"ab01","raw":"+/8=","text":"\u00E9",
            "kind":"B","none":null,"some":42,"list":[true,false],"map":{"k":"v"},"f":0.5,"d":"NaN"}
            """.ReplaceLineEndings(""),
            Text(Everything, body, AvroFault.None));
    }

    /// <summary>What the other implementation writes is shown; what is cut or too long is a fault and never half an answer.</summary>
    [Fact]
    public void Write_WhatApacheAvroWrote_IsAValueOrAFault()
    {
        int seed = Seed.Next();
        for (int i = 0; i < 300; i++)
        {
            string schema = new RandomSchema(seed + i).Next();
            byte[] body = ApacheAvro.RandomBody(schema, new Random(seed + i));
            using JsonDocument shown = JsonDocument.Parse(Text(schema, body, AvroFault.None));
            Text(schema, [.. body, 0], AvroFault.TrailingOctets);
            if (body.Length > 0)
            {
                Assert.NotEqual(AvroFault.None, Write(schema, body.AsSpan(..^1), out _));
            }
        }
    }

    /// <summary>Each record holds the next twice, and none of them has an octet: 2^60 fields.</summary>
    [Fact]
    public void Write_RecordsOfNoOctetsThatDouble_IsAFault()
    {
        string schema = """{"type":"record","name":"R0","fields":[]}""";
        for (int i = 1; i <= 45; i++)
        {
            schema = $$"""{"type":"record","name":"R{{i}}","fields":[{"name":"a","type":{{schema}}},{"name":"b","type":"R{{i - 1}}"}]}""";
        }

        Assert.Equal(AvroFault.TooLarge, Write(schema, [], out _));
    }

    private static string Text(string schema, byte[] body, AvroFault expected)
    {
        Assert.Equal(expected, Write(schema, body, out string json));
        return json;
    }

    private static AvroFault Write(string schema, ReadOnlySpan<byte> body, out string text)
    {
        ArrayBufferWriter<byte> octets = new();
        using Utf8JsonWriter json = new(octets);
        AvroFault fault = AvroJson.Write(AvroSchema.Parse(schema), body, json);
        json.Flush();
        text = Encoding.UTF8.GetString(octets.WrittenSpan);
        return fault;
    }
}
