using System.Text.Json;
using System.Text.Json.Nodes;

namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>Makes other cases of a case, none of which may pass.</summary>
internal static class CaseFalsifier
{
    private static readonly string[] AboutTheCase = ["id", "title", "source", "tags", "decision", "kind", "why"];

    /// <summary>The case with each expected value changed, and with each object grown by a member that nobody knows.</summary>
    public static IEnumerable<(string Where, JsonNode Falsified)> Of(JsonElement content)
    {
        foreach (string[] path in Paths(JsonSerializer.SerializeToNode(content)!, []))
        {
            JsonNode whole = JsonSerializer.SerializeToNode(content)!;
            JsonNode place = path.Aggregate(whole, Step);
            if (path.Length > 0 && AboutTheCase.Contains(path[0]))
            {
                continue;
            }

            if (place is JsonObject grown)
            {
                grown["nobodyKnows"] = 1;
                yield return ($"{string.Join('.', path)} grown", whole);
            }
            else if (place is JsonValue value && path.Any(step => step is "expected" or "notifications" or "spend"))
            {
                value.ReplaceWith(Other(value));
                yield return ($"{string.Join('.', path)} falsified", whole);
            }
        }
    }

    private static IEnumerable<string[]> Paths(JsonNode node, string[] path) => node switch
    {
        JsonObject members => members.Where(member => member.Value is not null)
            .SelectMany(member => Paths(member.Value!, [.. path, member.Key])).Prepend(path),
        JsonArray elements => elements.SelectMany((element, index) => Paths(element!, [.. path, $"{index}"])),
        _ => [path],
    };

    private static JsonNode Step(JsonNode node, string step) => node is JsonArray array ? array[int.Parse(step, null)]! : node[step]!;

    private static JsonNode Other(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.True => JsonValue.Create(false),
        JsonValueKind.False => JsonValue.Create(true),
        JsonValueKind.Number => JsonValue.Create(value.GetValue<long>() + 1),
        _ when decimal.TryParse(value.GetValue<string>(), out decimal number) => JsonValue.Create($"{number + 0.000000001m}"),
        _ => JsonValue.Create(value.GetValue<string>() + "1"),
    };
}
