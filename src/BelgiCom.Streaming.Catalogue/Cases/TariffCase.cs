using System.Globalization;
using System.Text.Json;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// A case of a file in the golden format: a tariff and usage, and what must come of it. What people write to hold a tariff against their
/// price list, and what our own tests use.
/// </summary>
/// <param name="File">Name of its file, without folder.</param>
/// <param name="Id">Its id.</param>
/// <param name="Title">A line for people.</param>
/// <param name="Kind">What kind of case it is: <c>rate</c>, <c>validate</c> …</param>
/// <param name="Content">The case as it is written.</param>
public sealed record TariffCase(string File, string Id, string Title, string Kind, JsonElement Content)
{
    private const string Format = "golden/1";

    /// <summary>Why it is no case, or its file none of cases; null when it is one.</summary>
    public string? Fault { get; init; }

    /// <summary>Reads a file of cases. What is no case is one that has a fault, so that the others can be run.</summary>
    public static IReadOnlyList<TariffCase> Read(string path)
    {
        string file = Path.GetFileName(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllBytes(path));
            if (document.RootElement.GetProperty("format").GetString() != Format)
            {
                return [Broken(file, $"its 'format' must be {Format}")];
            }

            return
            [
                .. document.RootElement.GetProperty("cases").EnumerateArray()
                    .Select((content, index) => Of(file, index, content.Clone())),
            ];
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [Broken(file, $"it is no file of cases ({broken.Message})")];
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            return [Broken(file, $"it cannot be read ({broken.Message})")];
        }
    }

    private static TariffCase Of(string file, int index, JsonElement content)
    {
        (string? id, string? title, string? kind) = (TextOf(content, "id"), TextOf(content, "title"), TextOf(content, "kind"));
        TariffCase one = new(file, id ?? "", title ?? "", kind ?? "", content);
        return id is null || title is null || kind is null
            ? one with { Fault = string.Create(CultureInfo.InvariantCulture, $"case {index + 1} of the file lacks id, title or kind") }
            : one;
    }

    private static string? TextOf(JsonElement content, string name) =>
        content.ValueKind == JsonValueKind.Object && content.TryGetProperty(name, out JsonElement member)
        && member.ValueKind == JsonValueKind.String
            ? member.GetString()
            : null;

    private static TariffCase Broken(string file, string fault) => new(file, "", "", "", default) { Fault = fault };
}

/// <summary>How a case went.</summary>
/// <param name="Case">The case.</param>
/// <param name="Differences">What is other than expected; empty when it passed.</param>
public sealed record TariffCaseResult(TariffCase Case, IReadOnlyList<string> Differences)
{
    /// <summary>Whether all is as expected.</summary>
    public bool HasPassed => Differences.Count == 0;
}
