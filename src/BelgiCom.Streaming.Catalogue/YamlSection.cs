using System.Globalization;
using BelgiCom.Streaming.Contracts;
using YamlDotNet.RepresentationModel;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// One mapping of a YAML file, read key by key. A key that is missing or cannot be read becomes a fault with its line, and reading goes on,
/// so that a person sees all faults at once. <see cref="Finish"/> reports the keys that nobody asked for.
/// </summary>
internal sealed class YamlSection
{
    private readonly YamlMappingNode _node;
    private readonly string _file;
    private readonly Findings _findings;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private YamlSection(YamlMappingNode node, string file, Findings findings)
    {
        _node = node;
        _file = file;
        _findings = findings;
    }

    /// <summary>Line it starts on.</summary>
    public long Line => _node.Start.Line;

    /// <summary>Takes a node as a section; null, with a fault, when the node is no mapping.</summary>
    public static YamlSection? From(YamlNode node, string what, string file, Findings findings)
    {
        if (node is YamlMappingNode mapping)
        {
            return new YamlSection(mapping, file, findings);
        }

        findings.Faults.Add(new InputFault(file, node.Start.Line, $"{what} must be a block of 'key: value' lines."));
        return null;
    }

    /// <summary>Adds a fault at the line of a key, or at the section.</summary>
    public void Fault(string? key, string message, string code = "") =>
        _findings.Faults.Add(new InputFault(_file, LineOf(key), message) { Code = code });

    /// <summary>Adds a warning at the line of a key, or at the section: the file can be used, and somebody should look.</summary>
    public void Warn(string? key, string message, string code) =>
        _findings.Warnings.Add(new InputFault(_file, LineOf(key), message) { Code = code });

    public bool Has(string key) => Node(key) is not null;

    /// <summary>A text; a fault and "" when it is missing.</summary>
    public string RequiredText(string key)
    {
        string? text = Text(key);
        if (string.IsNullOrEmpty(text))
        {
            Fault(key, $"'{key}' is missing.");
        }

        return text ?? "";
    }

    public string? Text(string key)
    {
        _asked.Add(key);
        switch (Node(key))
        {
            case null:
                return null;
            case YamlScalarNode { Value: { } value }:
                return value;
            default:
                Fault(key, $"'{key}' must be a single value.");
                return null;
        }
    }

    public bool Flag(string key) => Parse(key, "must be true or false", false, text => text switch
    {
        "true" => (true, true),
        "false" => (true, false),
        _ => (false, false),
    });

    public long? Number(string key) => Parse<long?>(key, "must be a whole number", null, text =>
        (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number), number), FaultCodes.BadNumber);

    /// <summary>
    /// An amount of at least 0 with at most 9 decimals, written in one way only: a leading 0, as in 015, is more likely a lost point.
    /// </summary>
    public decimal? Amount(string key) =>
        Parse<decimal?>(
            key, "must be an amount such as \"0.05\": digits, a point, at most 9 decimals, from 0 to 999999999.999999999", null,
            text => (TryParseAmount(text, out decimal amount), amount), FaultCodes.BadNumber);

    /// <summary>Reads an amount as <see cref="Amount"/> does.</summary>
    public static bool TryParseAmount(string text, out decimal amount)
    {
        bool isCanonical = text.Length > 0 && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[^1])
            && (text[0] != '0' || text.Length == 1 || text[1] == '.');
        bool isNumber = decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out amount);
        return isCanonical && isNumber && Nanos.TryFromDecimal(amount, out _);
    }

    public Quantity? Quantity(string key) =>
        Parse<Quantity?>(key, $"must be a whole number and a unit ({Catalogue.Quantity.Known})", null, text =>
            (Catalogue.Quantity.TryParse(text, out Quantity quantity), quantity), FaultCodes.BadNumber);

    /// <summary>A whole number and a word, such as <c>80 %</c> or <c>30 days</c>.</summary>
    public long? Counted(string key, params string[] words) =>
        Parse<long?>(key, $"must be a whole number from 1 and {string.Join(" or ", words)}", null, text =>
        {
            int digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
            bool isCounted = digits > 0 && words.Contains(text[digits..].Trim(), StringComparer.Ordinal);
            return (long.TryParse(isCounted ? text[..digits] : "", NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                && number > 0, number);
        }, FaultCodes.BadNumber);

    /// <summary>A time of the wall clock, in seconds of the day.</summary>
    public int? Clock(string key) => Parse<int?>(key, "must be a time of the day from 00:00 to 24:00, in quotes", null, text =>
    {
        bool isClock = TimeOnly.TryParseExact(
            text, ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly clock);
        return text is "24:00" or "24:00:00" ? (true, 86_400) : (isClock, (int)clock.ToTimeSpan().TotalSeconds);
    }, FaultCodes.BadNumber);

    /// <summary>A day, which begins at midnight in Europe/Brussels, or an instant with its offset.</summary>
    public DateTimeOffset? Time(string key) => Parse<DateTimeOffset?>(
        key,
        "must be a day (2026-03-29, from midnight in Brussels) or an instant with its offset (2026-03-29T00:00:00+01:00)",
        null,
        text => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? (true, BelgianCalendar.StartOfDay(day))
            : (Instants.TryParse(text, out DateTimeOffset instant), instant));

    /// <summary>One of the symbols, in lower case.</summary>
    public T Choice<T>(string key, T otherwise, params ReadOnlySpan<(string Symbol, T Value)> choices)
    {
        string? text = Text(key);
        if (text is null)
        {
            return otherwise;
        }

        foreach ((string symbol, T value) in choices)
        {
            if (symbol == text)
            {
                return value;
            }
        }

        Fault(key, $"'{key}' must be one of {string.Join(", ", choices.ToArray().Select(choice => choice.Symbol))}.");
        return otherwise;
    }

    /// <summary>The texts of a list; empty when it is missing.</summary>
    /// <param name="key">Key of the list.</param>
    /// <param name="mayBeEmpty">Whether a text may be empty, as the prefix of all numbers is.</param>
    public IReadOnlyList<string> Texts(string key, bool mayBeEmpty = false) =>
        [
            .. Items(key).Select(item => (item as YamlScalarNode)?.Value)
                .Where(text => text?.Length > 0
                    || (text is not null && mayBeEmpty) || Complain(key, "must be a list of single values"))
                .Select(text => text!)];

    /// <summary>A single value or a list of them, under one key or its plural; empty when both are missing.</summary>
    public IReadOnlyList<string> OneOrMany(string one, string many)
    {
        IReadOnlyList<string> texts = Texts(many);
        string? text = Text(one);
        if (text is not null && Has(many))
        {
            Fault(one, $"'{one}' and '{many}' are both there; keep one of them.");
        }

        return text is null ? texts : [text];
    }

    /// <summary>A section; null when it is missing.</summary>
    public YamlSection? Section(string key)
    {
        _asked.Add(key);
        return Node(key) is { } node ? From(node, $"'{key}'", _file, _findings) : null;
    }

    /// <summary>The sections of a list; empty when it is missing.</summary>
    public IReadOnlyList<YamlSection> Sections(string key) =>
        [.. Items(key).Select(item => From(item, $"Each of '{key}'", _file, _findings)).OfType<YamlSection>()];

    /// <summary>A mapping from names to lists of texts, in the order of the file; empty when it is missing.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<string> Values)> NamedTexts(string key, bool mayBeEmpty = false)
    {
        YamlSection? section = Section(key);
        return section is null ? [] : [.. section.Keys().Select(name => (name, section.Texts(name, mayBeEmpty)))];
    }

    /// <summary>Reports the keys that nobody asked for as faults.</summary>
    /// <param name="advice">What to say about some of them.</param>
    public void Finish(IReadOnlyDictionary<string, (string Sentence, string Code)>? advice = null)
    {
        foreach (string key in Keys().Where(key => !_asked.Contains(key)))
        {
            (string sentence, string code) = advice is not null && advice.TryGetValue(key, out (string Sentence, string Code) known)
                ? known
                : ($"'{key}' is not known here; known are {string.Join(", ", _asked)}.", FaultCodes.UnknownKey);
            Fault(key, sentence, code);
        }
    }

    private long LineOf(string? key) => key is not null && Node(key) is { } node ? node.Start.Line : Line;

    private IEnumerable<string> Keys() => _node.Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value ?? "");

    private YamlNode? Node(string key) =>
        _node.Children.FirstOrDefault(child => child.Key is YamlScalarNode scalar && scalar.Value == key).Value;

    private IEnumerable<YamlNode> Items(string key)
    {
        _asked.Add(key);
        switch (Node(key))
        {
            case null:
                return [];
            case YamlSequenceNode sequence:
                return sequence.Children;
            default:
                Fault(key, $"'{key}' must be a list.");
                return [];
        }
    }

    private T Parse<T>(string key, string rule, T otherwise, Func<string, (bool Ok, T Value)> parse, string code = "")
    {
        string? text = Text(key);
        if (text is null)
        {
            return otherwise;
        }

        (bool ok, T value) = parse(text);
        return ok || Complain(key, rule, code) ? value : otherwise;
    }

    private bool Complain(string key, string rule, string code = "")
    {
        Fault(key, $"'{key}' {rule}.", code);
        return false;
    }
}
