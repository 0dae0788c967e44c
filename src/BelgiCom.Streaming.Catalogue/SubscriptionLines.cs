using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>One line of a subscriptions file, as text, with what the customer chose for limits.</summary>
internal sealed record SubscriptionLine(
    long Number, string Msisdn, string Imsi, string Account, string Offering, string ValidFrom, string ValidTo, string AddOnTo,
    IReadOnlyList<LimitChoice> Limits);

/// <summary>
/// Splits a subscriptions file into lines. The first character tells whether they are CSV (RFC 4180, without line breaks in fields) or
/// JSON.
/// </summary>
internal static class SubscriptionLines
{
    private const string Header = "msisdn,imsi,account,offering,validFrom,validTo";
    private const string WholeHeader = Header + ",addOnTo";
    private const string LimitsName = "limits";
    private const int Columns = 7;
    private const int MaxLineLength = 4096;
    private static readonly string[] Names = WholeHeader.Split(',');

    public static IEnumerable<SubscriptionLine> Read(string path, string file, List<InputFault> faults)
    {
        long number = 0;
        bool? isJson = null;
        int columns = 0;
        using StreamReader content = new(path, Encoding.UTF8);
        foreach (string raw in LimitedLines.Read(content, MaxLineLength))
        {
            number++;
            string text = raw.Trim();
            if (raw.Length > MaxLineLength)
            {
                faults.Add(new InputFault(file, number, $"The line is longer than {MaxLineLength} characters."));
                continue;
            }

            if (text.Contains(LimitedLines.Unreadable))
            {
                faults.Add(new InputFault(file, number, LimitedLines.WhyUnreadable) { Code = FaultCodes.NotUtf8 });
                continue;
            }

            if (text.Length == 0 || text[0] == '#')
            {
                continue;
            }

            isJson ??= text[0] == '{';
            if (isJson == false && columns == 0)
            {
                columns = text == WholeHeader ? Columns : Columns - 1;
                if (text is not (Header or WholeHeader))
                {
                    faults.Add(new InputFault(file, number, $"The first line must be the header {Header}, or that and ,addOnTo"));
                    yield break;
                }

                continue;
            }

            string[] fields = new string[Columns];
            List<LimitChoice> limits = [];
            fields[Columns - 1] = "";
            string? fault = isJson.Value ? SplitJson(text, fields, limits) : SplitCsv(text, fields.AsSpan(0, columns));
            if (fault is not null)
            {
                faults.Add(new InputFault(file, number, fault));
                continue;
            }

            yield return new SubscriptionLine(number, fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6], limits);
        }

        if (isJson is null)
        {
            faults.Add(new InputFault(file, 0, $"The file has no subscriptions; its first line must be {Header}, or a JSON object."));
        }
    }

    private static string? SplitCsv(string text, Span<string> fields)
    {
        int column = 0;
        int place = 0;
        while (true)
        {
            if (column == fields.Length)
            {
                return $"The line has more than {fields.Length} fields.";
            }

            if (place < text.Length && text[place] == '"')
            {
                int end = EndOfQuoted(text, place);
                if (end < 0)
                {
                    return "A quoted field does not end.";
                }

                fields[column++] = text[(place + 1)..end].Replace("\"\"", "\"", StringComparison.Ordinal).Trim();
                place = end + 1;
            }
            else
            {
                int comma = text.IndexOf(',', place);
                int end = comma < 0 ? text.Length : comma;
                fields[column++] = text[place..end].Trim();
                place = end;
            }

            if (place >= text.Length)
            {
                return column == fields.Length ? null : $"The line has {column} fields, not {fields.Length}.";
            }

            if (text[place++] != ',')
            {
                return "Something follows a quoted field; put a comma there.";
            }
        }
    }

    private static int EndOfQuoted(string text, int start)
    {
        for (int place = start + 1; place < text.Length; place++)
        {
            if (text[place] != '"')
            {
                continue;
            }

            if (place + 1 == text.Length || text[place + 1] != '"')
            {
                return place;
            }

            place++;
        }

        return -1;
    }

    private static string? SplitJson(string text, string[] fields, List<LimitChoice> limits)
    {
        Array.Fill(fields, "");
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return "The line is no JSON object.";
            }

            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.Name == LimitsName)
                {
                    if (LimitChoices.Read(property.Value, limits) is { } fault)
                    {
                        return fault;
                    }

                    continue;
                }

                int column = Array.IndexOf(Names, property.Name);
                if (column < 0 || property.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
                {
                    return $"The line must have texts under the names {WholeHeader}, may have '{LimitsName}', and nothing else.";
                }

                fields[column] = property.Value.GetString() ?? "";
            }

            return null;
        }
        catch (JsonException)
        {
            return "The line is no JSON object.";
        }
        catch (InvalidOperationException)
        {
            return "A text of the line is not Unicode: an escape holds half of a surrogate pair.";
        }
    }
}
