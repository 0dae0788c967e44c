using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>What a customer chose for spending limits, as a line of a subscriptions file says it.</summary>
internal static class LimitChoices
{
    /// <summary>Most choices that a subscription may have; rating refuses more.</summary>
    public const int Most = 100;

    private const string Form =
        "A choice in 'limits' has 'limit' (its id), 'from' (an ISO 8601 instant with its offset), and one of 'amount' (a text such as "
        + "\"75.00\"), 'optOut': true, and 'agree': true for a limit after another one.";

    /// <summary>Reads the choices of a line, ordered by time.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static string? Read(JsonElement element, List<LimitChoice> choices)
    {
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > Most)
        {
            return $"'limits' must be a list of at most {Most} choices.";
        }

        foreach (JsonElement item in element.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || ReadOne(item) is not { } choice)
            {
                return Form;
            }

            choices.Add(choice);
        }

        choices.Sort((left, right) => left.From.CompareTo(right.From));
        return null;
    }

    private static LimitChoice? ReadOne(JsonElement item)
    {
        (string limit, DateTimeOffset? from, decimal? amount, bool optsOut, bool agrees) = ("", null, null, false, false);
        foreach (JsonProperty property in item.EnumerateObject())
        {
            switch (property.Name, property.Value.ValueKind)
            {
                case ("limit", JsonValueKind.String):
                    limit = property.Value.GetString()!;
                    break;
                case ("from", JsonValueKind.String) when Instants.TryParse(property.Value.GetString(), out DateTimeOffset instant):
                    from = instant;
                    break;
                case ("amount", JsonValueKind.String) when YamlSection.TryParseAmount(property.Value.GetString()!, out decimal read):
                    amount = read;
                    break;
                case ("optOut", JsonValueKind.True):
                    optsOut = true;
                    break;
                case ("agree", JsonValueKind.True):
                    agrees = true;
                    break;
                default:
                    return null;
            }
        }

        bool isOneOf = (amount is null ? 0 : 1) + (optsOut ? 1 : 0) + (agrees ? 1 : 0) == 1;
        return limit.Length > 0 && from is { } begin && isOneOf
            ? new LimitChoice { Limit = limit, From = begin, InForce = !optsOut, Amount = amount }
            : null;
    }
}
