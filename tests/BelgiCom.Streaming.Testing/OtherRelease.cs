using System.Text.Json.Nodes;

namespace BelgiCom.Streaming.Testing;

/// <summary>Schemas as another release may have had them.</summary>
public static class OtherRelease
{
    /// <summary>
    /// The schema before its newest optional field was added; where it has none, before a field was taken away that nobody needs any more.
    /// </summary>
    public static string Before(string schemaJson)
    {
        JsonObject schema = JsonNode.Parse(schemaJson)!.AsObject();
        JsonArray fields = schema["fields"]!.AsArray();
        if (fields.LastOrDefault(field => field!.AsObject().ContainsKey("default")) is { } newest)
        {
            fields.Remove(newest);
        }
        else
        {
            fields.Insert(0, new JsonObject { ["name"] = "formerly", ["type"] = "string", ["default"] = "" });
        }

        return schema.ToJsonString();
    }

    /// <summary>The schema after a later release added an optional field in its midst.</summary>
    public static string After(string schemaJson)
    {
        JsonObject schema = JsonNode.Parse(schemaJson)!.AsObject();
        schema["fields"]!.AsArray().Insert(1, new JsonObject { ["name"] = "lately", ["type"] = "string", ["default"] = "x" });
        return schema.ToJsonString();
    }
}
