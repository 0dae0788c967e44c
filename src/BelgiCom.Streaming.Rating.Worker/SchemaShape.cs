using System.Text.Json;
using System.Text.Json.Nodes;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Whether two Avro schemas lay out the same octets: they may differ in texts and defaults only.</summary>
internal static class SchemaShape
{
    public static bool Same(string leftJson, string rightJson)
    {
        try
        {
            return JsonNode.DeepEquals(Shape(JsonNode.Parse(leftJson)), Shape(JsonNode.Parse(rightJson)));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static JsonNode? Shape(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject record:
                record.Remove("doc");
                record.Remove("default");
                record.Remove("aliases");
                foreach ((_, JsonNode? value) in record)
                {
                    Shape(value);
                }

                break;
            case JsonArray items:
                foreach (JsonNode? item in items)
                {
                    Shape(item);
                }

                break;
        }

        return node;
    }
}
