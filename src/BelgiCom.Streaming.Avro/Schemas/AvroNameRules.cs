using System.Text.Json;

namespace BelgiCom.Streaming.Avro;

/// <summary>Avro 1.12, "Names" and "Aliases": how a name, its namespace and its aliases become full names.</summary>
internal static class AvroNameRules
{
    /// <summary>
    /// The name of a type where it is defined. The namespace is that in "name", else that in "namespace", else the enclosing one.
    /// </summary>
    public static AvroName Declared(JsonElement json, string enclosing, string path)
    {
        string name = AvroSchemaParser.OptionalText(json, "name", path) ?? throw AvroSchemaParser.Invalid(path, "\"name\" is missing");
        return Parse(name, AvroSchemaParser.OptionalText(json, "namespace", path) ?? enclosing, path);
    }

    /// <summary>A name with dots is a full name; one without belongs to <paramref name="space"/>.</summary>
    public static AvroName Parse(string name, string space, string path)
    {
        int dot = name.LastIndexOf('.');
        string simple = Simple(name[(dot + 1)..], path);
        if (dot >= 0)
        {
            space = name[..dot];
        }

        if (space.Length > 0)
        {
            foreach (string part in space.Split('.'))
            {
                Simple(part, path);
            }
        }

        return new AvroName(space, simple);
    }

    public static IReadOnlyList<string> Aliases(JsonElement json, string space, string path) =>
        [.. AvroSchemaParser.Texts(json, "aliases", path).Select(alias => Parse(alias, space, path).FullName)];

    /// <summary>Returns the name when it is [A-Za-z_][A-Za-z0-9_]*.</summary>
    public static string Simple(string name, string path)
    {
        bool valid = name.Length > 0 && !char.IsAsciiDigit(name[0]);
        foreach (char c in name)
        {
            valid &= char.IsAsciiLetterOrDigit(c) || c == '_';
        }

        return valid ? name : throw AvroSchemaParser.Invalid(path, $"\"{name}\" is not a name");
    }
}
