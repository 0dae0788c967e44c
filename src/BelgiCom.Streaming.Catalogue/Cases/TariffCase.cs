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

    /// <summary>Reads a file of cases.</summary>
    /// <exception cref="InputFaultException">It is no file of cases.</exception>
    public static IReadOnlyList<TariffCase> Read(string path)
    {
        string file = Path.GetFileName(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllBytes(path));
            if (document.RootElement.GetProperty("format").GetString() != Format)
            {
                throw Fault(file, $"its 'format' must be {Format}");
            }

            return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(content => Of(file, content.Clone()))];
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Fault(file, $"it is no file of cases ({broken.Message})");
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            throw Fault(file, $"it cannot be read ({broken.Message})");
        }
    }

    private static TariffCase Of(string file, JsonElement content) => new(
        file,
        content.GetProperty("id").GetString() ?? "",
        content.GetProperty("title").GetString() ?? "",
        content.GetProperty("kind").GetString() ?? "",
        content);

    private static InputFaultException Fault(string file, string sentence) => new([new InputFault(file, 0, sentence)]);
}

/// <summary>How a case went.</summary>
/// <param name="Case">The case.</param>
/// <param name="Differences">What is other than expected; empty when it passed.</param>
public sealed record TariffCaseResult(TariffCase Case, IReadOnlyList<string> Differences)
{
    /// <summary>Whether all is as expected.</summary>
    public bool HasPassed => Differences.Count == 0;
}
