using System.Globalization;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// An object of a case. It remembers which of its members were read, so that nothing that a case says is left out: a member that nobody
/// read is a difference, like a value that is other than expected.
/// </summary>
internal sealed class CaseObject
{
    private static readonly string[] AboutTheCase = ["id", "title", "source", "tags", "decision", "kind", "why"];

    private readonly string _path;
    private readonly JsonElement _element;
    private readonly List<string> _differences;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);
    private readonly List<CaseObject> _inner = [];

    private CaseObject(string path, JsonElement element, List<string> differences)
    {
        (_path, _element, _differences) = (path, element, differences);
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"'{path}' is no object");
        }
    }

    /// <summary>Names of its members, which counts as reading them.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            string[] names = [.. _element.EnumerateObject().Select(member => member.Name)];
            _read.UnionWith(names);
            return names;
        }
    }

    /// <summary>Runs a case and says what is other than expected.</summary>
    public static IReadOnlyList<string> Run(JsonElement content, Action<CaseObject> run)
    {
        CaseObject whole = new("", content, []);
        whole._read.UnionWith(AboutTheCase);
        run(whole);
        whole.AddUnread();
        return [.. whole._differences.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>An object that no case says.</summary>
    public static CaseObject Of(string written)
    {
        using JsonDocument document = JsonDocument.Parse(written);
        return new CaseObject("", document.RootElement.Clone(), []);
    }

    /// <summary>Whether it has a member.</summary>
    public bool Has(string key) => _element.TryGetProperty(key, out _);

    public CaseObject Object(string key) => Inner(PathOf(key), Member(key));

    public CaseObject? OptionalObject(string key) => Has(key) ? Object(key) : null;

    public IReadOnlyList<CaseObject> Objects(string key) =>
        [.. Member(key).EnumerateArray().Select((element, index) => Inner($"{PathOf(key)}[{index}]", element))];

    public bool IsText(string key) => Has(key) && Member(key).ValueKind == JsonValueKind.String;

    public bool IsWhole(string key) => Has(key) && Member(key).ValueKind == JsonValueKind.Number;

    public IReadOnlyList<string> Texts(string key) => [.. Member(key).EnumerateArray().Select(element => element.GetString() ?? "")];

    public string Text(string key) => Member(key).GetString() ?? throw new FormatException($"'{PathOf(key)}' is no text");

    public string? OptionalText(string key) => IsGiven(key) ? Text(key) : null;

    /// <summary>An amount in nano-units.</summary>
    public long Nano(string key) => Nanos.FromDecimal(Decimal(key));

    public long? OptionalNano(string key) => IsGiven(key) ? Nano(key) : null;

    /// <summary>Amounts in nano-units.</summary>
    public IReadOnlyList<long> NanoList(string key) => [.. Texts(key).Select(text => Nanos.FromDecimal(Parse(text)))];

    public decimal Decimal(string key) => Parse(Text(key));

    public decimal? OptionalDecimal(string key) => IsGiven(key) ? Decimal(key) : null;

    public long Whole(string key) => Member(key).GetInt64();

    public long? OptionalWhole(string key) => IsGiven(key) ? Whole(key) : null;

    public IReadOnlyList<int> Wholes(string key) => [.. Member(key).EnumerateArray().Select(element => element.GetInt32())];

    public bool Flag(string key, bool otherwise = false) => Has(key) ? Member(key).GetBoolean() : otherwise;

    /// <summary>A quantity in its base unit: seconds, octets, messages or units.</summary>
    public long Units(string key) => Quantity.TryParse(Text(key), out Quantity quantity)
        ? quantity.Units
        : throw new FormatException($"'{PathOf(key)}' is no quantity: a whole number and one of {Quantity.Known}");

    public long? OptionalUnits(string key) => IsGiven(key) ? Units(key) : null;

    public DateOnly Date(string key) => DateOnly.ParseExact(Text(key), "yyyy-MM-dd", CultureInfo.InvariantCulture);

    public PriceBasis Basis(string key) => OptionalText(key) switch
    {
        null or "net" => PriceBasis.Net,
        "gross" => PriceBasis.Gross,
        string other => throw new FormatException($"'{PathOf(key)}' is {other}, and must be net or gross"),
    };

    /// <summary>Compares an amount as a decimal with what is expected, where something is.</summary>
    public void Expect(string key, Int128 nanos)
    {
        if (Has(key))
        {
            Compare(key, Decimal(key), Nanos.ToDecimal(nanos));
        }
    }

    public void Expect(string key, IEnumerable<Int128> nanos)
    {
        if (Has(key))
        {
            Compare(key, Line(Texts(key).Select(Parse)), Line(nanos.Select(Nanos.ToDecimal)));
        }
    }

    public void Expect(string key, IEnumerable<string> actual)
    {
        if (Has(key))
        {
            Compare(key, string.Join(' ', Texts(key)), string.Join(' ', actual));
        }
    }

    public void ExpectUnits(string key, long units)
    {
        if (Has(key))
        {
            Compare(key, Units(key), units);
        }
    }

    public void ExpectWhole(string key, long actual)
    {
        if (Has(key))
        {
            Compare(key, Whole(key), actual);
        }
    }

    /// <summary>Compares a flag; one that is not written is expected to be false.</summary>
    public void ExpectFlag(string key, bool actual) => Compare(key, Flag(key), actual);

    /// <summary>Compares an amount that may not be there: null says that it must not, 0 that it may not.</summary>
    public void ExpectIfAny(string key, Int128? nanos)
    {
        if (Has(key) && Member(key).ValueKind == JsonValueKind.Null)
        {
            Compare(key, "null", nanos is { } amount ? Line([Nanos.ToDecimal(amount)]) : "null");
        }
        else
        {
            Expect(key, nanos ?? 0);
        }
    }

    public void Expect(string key, string? actual)
    {
        if (Has(key))
        {
            Compare(key, Member(key).GetString() ?? "null", actual ?? "null");
        }
    }

    /// <summary>Says that something beside its members is other than expected.</summary>
    public void Add(string difference) => _differences.Add(_path.Length == 0 ? difference : $"{_path}: {difference}");

    private static decimal Parse(string text) =>
        decimal.Parse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    /// <summary>Decimals, without zeros at their ends.</summary>
    private static string Line(IEnumerable<decimal> values) =>
        string.Join(' ', values.Select(value => (value / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture)));

    private bool IsGiven(string key) => Has(key) && Member(key).ValueKind != JsonValueKind.Null;

    private JsonElement Member(string key)
    {
        _read.Add(key);
        return _element.TryGetProperty(key, out JsonElement member) ? member : throw new FormatException($"'{PathOf(key)}' is missing");
    }

    private CaseObject Inner(string path, JsonElement element)
    {
        CaseObject inner = new(path, element, _differences);
        _inner.Add(inner);
        return inner;
    }

    private void Compare<T>(string key, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            _differences.Add(string.Create(CultureInfo.InvariantCulture, $"{PathOf(key)}: expected {expected}, is {actual}"));
        }
    }

    private string PathOf(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    private void AddUnread()
    {
        _differences.AddRange(
            _element.EnumerateObject()
                .Where(member => !_read.Contains(member.Name))
                .Select(member => $"'{PathOf(member.Name)}' is not known in a case of this kind"));
        _inner.ForEach(inner => inner.AddUnread());
    }
}
