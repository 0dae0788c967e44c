using System.Text.Json;

namespace BelgiCom.Streaming.Avro;

/// <summary>The types of Avro 1.12, "Primitive Types" and "Complex Types".</summary>
public enum AvroKind
{
    /// <summary>No value, no octets.</summary>
    Null,

    /// <summary>One octet, 0 or 1.</summary>
    Boolean,

    /// <summary>32 bits, signed.</summary>
    Int,

    /// <summary>64 bits, signed.</summary>
    Long,

    /// <summary>IEEE 754, 32 bits.</summary>
    Float,

    /// <summary>IEEE 754, 64 bits.</summary>
    Double,

    /// <summary>Octets with their length.</summary>
    Bytes,

    /// <summary>UTF-8 with its length.</summary>
    String,

    /// <summary>Items of one type.</summary>
    Array,

    /// <summary>Values of one type by text.</summary>
    Map,

    /// <summary>One of several types.</summary>
    Union,

    /// <summary>Named fields.</summary>
    Record,

    /// <summary>One of several symbols.</summary>
    Enum,

    /// <summary>A fixed number of octets.</summary>
    Fixed,
}

/// <summary>
/// A parsed Avro schema. Two uses of one named type are the same object, so a recursive type is a cycle: code that walks a schema must
/// remember the types it has seen.
/// </summary>
/// <param name="kind">Type.</param>
public abstract class AvroSchema(AvroKind kind)
{
    /// <summary>Type.</summary>
    public AvroKind Kind { get; } = kind;

    /// <summary>
    /// Known and valid logical type; null when there is none, or when it is unknown or invalid: Avro 1.12 ("Logical Types") tells readers
    /// to ignore such ones.
    /// </summary>
    public AvroLogicalType? Logical { get; init; }

    /// <summary>Attributes without a meaning in Avro, and those of the logical type, in ordinal order of their names.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonElement>> Properties { get; init; } = [];

    /// <summary>The type's name as messages show it.</summary>
    public virtual string DisplayName => Kind.ToString().ToLowerInvariant() + (Logical is null ? "" : $" ({Logical})");

    /// <summary>Reads a schema and checks names, uniqueness and defaults. The schema must define every type that it names.</summary>
    /// <param name="text">JSON.</param>
    /// <exception cref="AvroSchemaException">The text is no Avro schema or too large.</exception>
    public static AvroSchema Parse(string text) => AvroSchemaParser.Parse(text);

    /// <summary>
    /// One text per meaning: fixed order of attributes, no white space, short names where the namespace is clear. Docs, defaults and
    /// foreign attributes stay (unlike in Avro's "Parsing Canonical Form"), because readers use them. Two schemas with the same text are
    /// the same schema.
    /// </summary>
    public string ToText() => AvroSchemaText.Of(this);
}

/// <summary>A type without parts.</summary>
/// <param name="kind">Null to String.</param>
public sealed class AvroPrimitive(AvroKind kind) : AvroSchema(kind);

/// <summary>Items of one type.</summary>
/// <param name="items">Their type.</param>
public sealed class AvroArray(AvroSchema items) : AvroSchema(AvroKind.Array)
{
    /// <summary>Type of the items.</summary>
    public AvroSchema Items { get; } = items;
}

/// <summary>Values of one type by text.</summary>
/// <param name="values">Their type.</param>
public sealed class AvroMap(AvroSchema values) : AvroSchema(AvroKind.Map)
{
    /// <summary>Type of the values.</summary>
    public AvroSchema Values { get; } = values;
}

/// <summary>One of several types.</summary>
/// <param name="branches">The types, none of which is a union.</param>
public sealed class AvroUnion(IReadOnlyList<AvroSchema> branches) : AvroSchema(AvroKind.Union)
{
    /// <summary>The types; a value names its type by the index here.</summary>
    public IReadOnlyList<AvroSchema> Branches { get; } = branches;
}

/// <summary>Record, enum or fixed.</summary>
/// <param name="kind">Which of them.</param>
/// <param name="name">Name.</param>
/// <param name="aliases">Other full names.</param>
public abstract class AvroNamed(AvroKind kind, AvroName name, IReadOnlyList<string> aliases) : AvroSchema(kind)
{
    /// <summary>Name.</summary>
    public AvroName Name { get; } = name;

    /// <summary>Full names that the writer's type may have instead.</summary>
    public IReadOnlyList<string> Aliases { get; } = aliases;

    /// <summary>Documentation; null when there is none.</summary>
    public string? Doc { get; init; }

    /// <inheritdoc/>
    public override string DisplayName => $"{base.DisplayName} {Name.FullName}";
}

/// <summary>Named fields, in the order of their octets.</summary>
/// <param name="name">Name.</param>
/// <param name="aliases">Other full names.</param>
public sealed class AvroRecord(AvroName name, IReadOnlyList<string> aliases) : AvroNamed(AvroKind.Record, name, aliases)
{
    /// <summary>The fields. Set once, after the record itself is known: a field may refer to its own record.</summary>
    public IReadOnlyList<AvroField> Fields { get; internal set; } = [];
}

/// <summary>One of several symbols.</summary>
/// <param name="name">Name.</param>
/// <param name="aliases">Other full names.</param>
/// <param name="symbols">Symbols in the order of their numbers.</param>
/// <param name="defaultSymbol">Symbol that a reader takes for a symbol it does not know; null when there is none.</param>
public sealed class AvroEnum(AvroName name, IReadOnlyList<string> aliases, IReadOnlyList<string> symbols, string? defaultSymbol)
    : AvroNamed(AvroKind.Enum, name, aliases)
{
    /// <summary>Symbols in the order of their numbers.</summary>
    public IReadOnlyList<string> Symbols { get; } = symbols;

    /// <summary>Symbol that a reader takes for a symbol it does not know; null when there is none.</summary>
    public string? DefaultSymbol { get; } = defaultSymbol;
}

/// <summary>A fixed number of octets.</summary>
/// <param name="name">Name.</param>
/// <param name="aliases">Other full names.</param>
/// <param name="size">Octets, 0 or more.</param>
public sealed class AvroFixed(AvroName name, IReadOnlyList<string> aliases, int size) : AvroNamed(AvroKind.Fixed, name, aliases)
{
    /// <summary>Octets.</summary>
    public int Size { get; } = size;
}

/// <summary>One field of a record.</summary>
/// <param name="Name">Name.</param>
/// <param name="Schema">Type.</param>
public sealed record AvroField(string Name, AvroSchema Schema)
{
    /// <summary>Documentation; null when there is none.</summary>
    public string? Doc { get; init; }

    /// <summary>Value that a reader takes when the writer has no such field; null when there is none.</summary>
    public JsonElement? Default { get; init; }

    /// <summary>How the field counts when records are sorted; null for the usual way.</summary>
    public string? Order { get; init; }

    /// <summary>Names that the writer's field may have instead.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Attributes without a meaning in Avro, in ordinal order of their names.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonElement>> Properties { get; init; } = [];
}

/// <summary>Avro 1.12, "Names".</summary>
/// <param name="Namespace">Empty for none.</param>
/// <param name="Simple">Name without the namespace.</param>
public sealed record AvroName(string Namespace, string Simple)
{
    /// <summary>Namespace and name.</summary>
    public string FullName => Namespace.Length == 0 ? Simple : $"{Namespace}.{Simple}";
}

/// <summary>Avro 1.12, "Logical Types".</summary>
/// <param name="Name">Name.</param>
/// <param name="Precision">Decimal digits of a decimal, else 0.</param>
/// <param name="Scale">Decimal digits after the point of a decimal, else 0.</param>
public sealed record AvroLogicalType(string Name, int Precision = 0, int Scale = 0)
{
    /// <summary>As messages show it.</summary>
    public override string ToString() => Name == "decimal" ? $"decimal({Precision},{Scale})" : Name;
}
