using System.Collections.Frozen;
using System.Globalization;

namespace BelgiCom.Streaming.Adapters;

/// <summary>The types of TS 32.298 by name, read once from the dictionary that is part of the assembly.</summary>
internal static class CdrDictionary
{
    public static CdrType Record => Types.Value["Record"];

    private static readonly Lazy<FrozenDictionary<string, CdrType>> Types = new(Load);

    private static FrozenDictionary<string, CdrType> Load()
    {
        using Stream stream = typeof(CdrDictionary).Assembly.GetManifestResourceStream("Ts32298.dictionary")
            ?? throw new InvalidOperationException("The resource Ts32298.dictionary is not part of the assembly.");
        using StreamReader reader = new(stream);
        Dictionary<string, CdrType> types = new(StringComparer.Ordinal);
        foreach (CdrKind primitive in Enum.GetValues<CdrKind>())
        {
            types[primitive.ToString().ToUpperInvariant()] = new CdrType(primitive);
        }

        CdrType? current = null;
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (line[0] != ' ')
            {
                current = types[words[0]] = new CdrType(Enum.Parse<CdrKind>(words[1], ignoreCase: true));
                continue;
            }

            current!.Members.Add(
                uint.Parse(words[0], CultureInfo.InvariantCulture),
                new CdrMember(
                    words[1].TrimStart('*').Split('/'),
                    words is [.., "list", _],
                    words[1].StartsWith('*'),
                    words.Length > 2 ? words[^1] : null));
        }

        foreach (CdrMember member in types.Values.SelectMany(type => type.Members.Values))
        {
            member.Type = member.TypeName is null ? types["NULL"] : types[member.TypeName];
        }

        return types.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

/// <summary>How the contents of an element are written.</summary>
internal enum CdrKind
{
    Octets,
    Integer,
    Text,
    Bits,
    Boolean,
    Null,
    Enumerated,
    Choice,
    Set,
    Sequence,
}

/// <summary>A type: its kind, and its members by context tag or enumerated value.</summary>
internal sealed class CdrType(CdrKind kind)
{
    public CdrKind Kind => kind;

    public Dictionary<uint, CdrMember> Members { get; } = [];
}

/// <summary>
/// A member: its name (several for an alternative inside untagged choices), its type, whether it is a list of that type, and whether it
/// holds personal data.
/// </summary>
internal sealed class CdrMember(string[] path, bool isList, bool isPersonal, string? typeName)
{
    public string[] Path => path;

    public bool IsList => isList;

    public bool IsPersonal => isPersonal;

    public string? TypeName => typeName;

    public CdrType Type { get; set; } = null!;
}
