using System.Text.Json.Nodes;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>The golden values come from another encoder (pycrate), see samples/SOURCE.md.</summary>
public class CdrJsonTests
{
    [Theory]
    [InlineData(Samples.Pgw)]
    [InlineData(Samples.PgwRaw)]
    [InlineData(Samples.Chf)]
    public void Record_OfGoldenFile_ShowsEveryExpectedValueAndNoOther(string name)
    {
        (List<byte[]> records, List<DecodingFault> faults) = Samples.ReadAll(Samples.Read(name), Samples.FormatOf(name));
        JsonArray expected = JsonNode.Parse(Samples.Read(name + ".expected.json"))!["records"]!.AsArray();

        Assert.Empty(faults);
        Assert.Equal(expected.Count, records.Count);
        for (int i = 0; i < records.Count; i++)
        {
            AssertSame(expected[i], JsonNode.Parse(CdrJson.ToText(records[i])), $"records[{i}]");
        }
    }

    private static void AssertSame(JsonNode? expected, JsonNode? actual, string path)
    {
        switch (expected)
        {
            case JsonObject members:
                JsonObject actualMembers = Assert.IsType<JsonObject>(actual);
                Assert.Equal(members.Select(member => member.Key).Order(), actualMembers.Select(member => member.Key).Order());
                foreach ((string key, JsonNode? value) in members)
                {
                    AssertSame(value, actualMembers[key], $"{path}.{key}");
                }

                break;
            case JsonArray items:
                JsonArray actualItems = Assert.IsType<JsonArray>(actual);
                Assert.Equal(items.Count, actualItems.Count);
                for (int i = 0; i < items.Count; i++)
                {
                    AssertSame(items[i], actualItems[i], $"{path}[{i}]");
                }

                break;
            default:
                Assert.True(
                    JsonNode.DeepEquals(expected, actual), $"{path}: expected {expected?.ToJsonString()}, found {actual?.ToJsonString()}");
                break;
        }
    }
}
