using System.Text;
using CsCheck;
using Schema = Avro.Schema;

namespace BelgiCom.Streaming.Avro.Tests;

public sealed class AvroSchemaTests
{
    [Theory]
    [InlineData("int", "JSON")]
    [InlineData("\"thing\"", "not defined")]
    [InlineData("{}", "\"type\" is missing")]
    [InlineData("1", "a schema is")]
    [InlineData("""{"type":"record","name":"R"}""", "\"fields\" is missing")]
    [InlineData("""{"type":"record","fields":[]}""", "\"name\" is missing")]
    [InlineData("""{"type":"record","name":"1R","fields":[]}""", "not a name")]
    [InlineData("""{"type":"record","name":"a..R","fields":[]}""", "not a name")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}""", "/fields/1")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}""", "default")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":3000000000}]}""", "default")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":["null","int"],"default":"x"}]}""", "default")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"a","type":"int","order":"up"}]}""", "order")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A","A"]}""", "twice")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A"],"default":"B"}""", "default")]
    [InlineData("""{"type":"enum","name":"E","symbols":["A-B"]}""", "not a name")]
    [InlineData("""{"type":"fixed","name":"F","size":-1}""", "size")]
    [InlineData("""["int","int"]""", "twice")]
    [InlineData("""["int",["null"]]""", "immediately hold")]
    [InlineData("""[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":1}]""", "defined twice")]
    [InlineData("""{"type":"int","type":"long"}""", "JSON")]
    public void Parse_InvalidSchema_SaysWhere(string text, string expected)
    {
        AvroSchemaException e = Assert.Throws<AvroSchemaException>(() => AvroSchema.Parse(text));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"type\" : \"int\" }", "\"int\"")]
    [InlineData("""{"fields":[{"default":null,"type":["null","R"],"name":"next"}],"name":"n.R","type":"record"}""",
        """{"type":"record","name":"R","namespace":"n","fields":[{"name":"next","type":["null","R"],"default":null}]}""")]
    [InlineData(
        """{"type":"bytes","scale":9,"precision":18,"logicalType":"decimal"}""",
        """{"type":"bytes","logicalType":"decimal","precision":18,"scale":9}""")]
    [InlineData(
        """{"type":"record","name":"a.R","fields":[{"name":"x","type":{"type":"fixed","name":"b.F","size":1}},{"name":"y","""
        + """ "type":"b.F"}]}""",
        """{"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":{"type":"fixed","name":"F","namespace":"b","size":"""
        + """1}},{"name":"y","type":"b.F"}]}""")]
    public void Text_OfOneSchema_IsOne(string text, string normalised) =>
        Assert.Equal(normalised, AvroSchema.Parse(text).ToText());

    [Fact]
    public void Parse_SchemasOfThePlatform_KeepTheirMeaning()
    {
        foreach (Contracts.TopicDescription topic in Contracts.Topics.All)
        {
            string text = AvroSchema.Parse(topic.SchemaJson).ToText();

            Assert.Equal(Schema.Parse(topic.SchemaJson), Schema.Parse(text));
            Assert.Equal(text, AvroSchema.Parse(text).ToText());
        }
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(100_000, false)]
    public void Parse_NestedArrays_UpToTheLimit(int depth, bool accepted)
    {
        string text = new StringBuilder().Insert(0, """{"type":"array","items":""", depth).Append("\"int\"").Append('}', depth).ToString();

        Assert.Equal(accepted, Record.Exception(() => AvroSchema.Parse(text).ToText()) is null);
    }

    [Fact]
    public void Parse_DamagedText_OnlyTypedErrors() =>
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Char, Gen.Int[0, 2]).Sample((place, character, how) =>
        {
            string text = Contracts.CustomerNotification.SchemaJson;
            place %= text.Length;
            text = how switch
            {
                0 => text[..place],
                1 => text[..place] + character + text[(place + 1)..],
                _ => text[..place] + text[Math.Min(text.Length, place + character)..],
            };
            try
            {
                AvroSchema.Parse(text).ToText();
            }
            catch (AvroSchemaException)
            {
                // This is the only failure that is allowed.
            }
        }, iter: 20_000);
}
