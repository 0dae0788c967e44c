using System.Text.Json;
using System.Text.Json.Nodes;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Reads the piece of a tariff that a case gives as a file of a catalogue is read, and compares whether it is refused, and why.
/// </summary>
internal static class ValidateCase
{
    /// <summary>What is other than expected.</summary>
    public static IReadOnlyList<string> Run(JsonElement content) => CaseObject.Run(content, one =>
    {
        // The reader itself refuses what it does not know in here.
        _ = one.Object("given").Names;
        string[] faults = Faults(Whole(content.GetProperty("given")).ToJsonString());
        CaseObject expected = one.Object("expected");
        expected.ExpectFlag("valid", faults.Length == 0);
        if (expected.Has("fault"))
        {
            expected.Expect("fault", string.Join(", ", faults));
        }
    });

    private static string[] Faults(string offering)
    {
        try
        {
            _ = CatalogueFolder.Parse(offering);
            return [];
        }
        catch (InputFaultException refused)
        {
            return [.. refused.Faults.Select(fault => fault.Code.Length > 0 ? fault.Code : fault.Message).Distinct(StringComparer.Ordinal)];
        }
    }

    /// <summary>An offering around the piece: versions, a tariff with prices, one price, the tiers of one, or one amount.</summary>
    private static JsonObject Whole(JsonElement given)
    {
        JsonObject version = new() { ["version"] = 1, ["validFrom"] = "2026-01-01" };
        JsonObject offering = new()
        {
            ["offering"] = "case",
            ["currency"] = "EUR",
            ["vatPermille"] = 210,
            ["zones"] = new JsonObject { ["home"] = new JsonArray("206"), ["rlah"] = new JsonArray("208") },
            ["versions"] = new JsonArray(version),
        };
        foreach (JsonProperty member in given.EnumerateObject())
        {
            switch (member.Name)
            {
                case "price" when member.Value.ValueKind == JsonValueKind.Object:
                    version["prices"] = new JsonArray(NodeOf(member.Value));
                    break;
                case "price":
                    version["prices"] = new JsonArray(
                        new JsonObject { ["kind"] = "sms", ["price"] = member.Value.GetString(), ["per"] = "1 message" });
                    break;
                case "tiers":
                    version["prices"] = new JsonArray(
                        new JsonObject { ["kind"] = "event", ["model"] = "graduated", ["tiers"] = Tiers(member.Value) });
                    break;
                case "tariff":
                    foreach (JsonProperty part in member.Value.EnumerateObject())
                    {
                        (part.Name == "prices" ? version : offering)[part.Name] = NodeOf(part.Value);
                    }

                    break;
                default:
                    offering[member.Name] = NodeOf(member.Value);
                    break;
            }
        }

        return offering;
    }

    private static JsonArray Tiers(JsonElement given)
    {
        JsonArray tiers = [];
        foreach (JsonElement tier in given.EnumerateArray())
        {
            JsonObject whole = NodeOf(tier).AsObject();
            whole.TryAdd("price", "1");
            whole.TryAdd("per", "1 unit");
            tiers.Add(whole);
        }

        return tiers;
    }

    private static JsonNode NodeOf(JsonElement element) => JsonNode.Parse(element.GetRawText())!;
}
