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
    private readonly List<InputFault> _faults;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private YamlSection(YamlMappingNode node, string file, List<InputFault> faults)
    {
        _node = node;
        _file = file;
        _faults = faults;
    }

    /// <summary>Line it starts on.</summary>
    public long Line => _node.Start.Line;

    /// <summary>Takes a node as a section; null, with a fault, when the node is no mapping.</summary>
    public static YamlSection? From(YamlNode node, string what, string file, List<InputFault> faults)
    {
        if (node is YamlMappingNode mapping)
        {
            return new YamlSection(mapping, file, faults);
        }

        faults.Add(new InputFault(file, node.Start.Line, $"{what} must be a block of 'key: value' lines."));
        return null;
    }

    /// <summary>Adds a fault at the line of a key, or at the section.</summary>
    public void Fault(string? key, string message) =>
        _faults.Add(new InputFault(_file, key is not null && Node(key) is { } node ? node.Start.Line : Line, message));

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
        (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number), number));

    /// <summary>An amount without VAT, at least 0, with at most 9 decimals.</summary>
    public decimal? Amount(string key) =>
        Parse<decimal?>(
            key, "must be an amount such as \"0.05\": digits, a point, at most 9 decimals, from 0 to 999999999.999999999", null, text =>
            {
                bool isNumber = decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount);
                return (isNumber && Nanos.TryFromDecimal(amount, out _), amount);
            });

    public Quantity? Quantity(string key) =>
        Parse<Quantity?>(key, $"must be a whole number and a unit ({Catalogue.Quantity.Known})", null, text =>
            (Catalogue.Quantity.TryParse(text, out Quantity quantity), quantity));

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
    public IReadOnlyList<string> Texts(string key) =>
        [
            .. Items(key).Select(item => (item as YamlScalarNode)?.Value ?? "")
                .Where(text => text.Length > 0 || Complain(key, "must be a list of single values"))];

    /// <summary>The sections of a list; empty when it is missing.</summary>
    public IReadOnlyList<YamlSection> Sections(string key) =>
        [.. Items(key).Select(item => From(item, $"Each of '{key}'", _file, _faults)).OfType<YamlSection>()];

    /// <summary>A mapping from names to lists of texts, in the order of the file; empty when it is missing.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<string> Values)> NamedTexts(string key)
    {
        _asked.Add(key);
        if (Node(key) is not { } node || From(node, $"'{key}'", _file, _faults) is not { } section)
        {
            return [];
        }

        return [.. section.Keys().Select(name => (name, section.Texts(name)))];
    }

    /// <summary>Reports the keys that nobody asked for as faults.</summary>
    /// <param name="advice">What to say about some of them.</param>
    public void Finish(IReadOnlyDictionary<string, string>? advice = null)
    {
        foreach (string key in Keys().Where(key => !_asked.Contains(key)))
        {
            Fault(
                key,
                advice is not null && advice.TryGetValue(key, out string? sentence)
                    ? sentence
                    : $"'{key}' is not known here; known are {string.Join(", ", _asked)}.");
        }
    }

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

    private T Parse<T>(string key, string rule, T otherwise, Func<string, (bool Ok, T Value)> parse)
    {
        string? text = Text(key);
        if (text is null)
        {
            return otherwise;
        }

        (bool ok, T value) = parse(text);
        return ok || Complain(key, rule) ? value : otherwise;
    }

    private bool Complain(string key, string rule)
    {
        Fault(key, $"'{key}' {rule}.");
        return false;
    }
}
