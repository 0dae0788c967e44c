using System.Text.Json;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The types of Avro 1.12, "Primitive Types" and "Complex Types".</summary>
internal enum AvroKind
{
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Array,
    Map,
    Union,
    Record,
    Enum,
    Fixed,
}

/// <summary>
/// A parsed Avro schema. Two uses of one named type are the same object, so recursive types are cycles: walk them with a memory of what was
/// seen.
/// </summary>
internal abstract class AvroSchema(AvroKind kind)
{
    public AvroKind Kind { get; } = kind;

    /// <summary>
    /// Known and valid logical type; null for none, unknown and invalid ones, which Avro 1.12 ("Logical Types") tells readers to ignore.
    /// </summary>
    public AvroLogicalType? Logical { get; init; }

    /// <summary>Attributes without a meaning in Avro, and those of the logical type, in ordinal order of their names.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonElement>> Properties { get; init; } = [];

    /// <summary>The type's name as messages show it.</summary>
    public virtual string DisplayName => Kind.ToString().ToLowerInvariant() + (Logical is null ? "" : $" ({Logical})");
}

internal sealed class AvroPrimitive(AvroKind kind) : AvroSchema(kind);

internal sealed class AvroArray(AvroSchema items) : AvroSchema(AvroKind.Array)
{
    public AvroSchema Items { get; } = items;
}

internal sealed class AvroMap(AvroSchema values) : AvroSchema(AvroKind.Map)
{
    public AvroSchema Values { get; } = values;
}

internal sealed class AvroUnion(IReadOnlyList<AvroSchema> branches) : AvroSchema(AvroKind.Union)
{
    public IReadOnlyList<AvroSchema> Branches { get; } = branches;
}

/// <summary>Record, enum or fixed. <see cref="Aliases"/> are full names.</summary>
internal abstract class AvroNamed(AvroKind kind, AvroName name, IReadOnlyList<string> aliases) : AvroSchema(kind)
{
    public AvroName Name { get; } = name;

    public IReadOnlyList<string> Aliases { get; } = aliases;

    public string? Doc { get; init; }

    public override string DisplayName => $"{base.DisplayName} {Name.FullName}";
}

internal sealed class AvroRecord(AvroName name, IReadOnlyList<string> aliases) : AvroNamed(AvroKind.Record, name, aliases)
{
    /// <summary>Set once by the parser after the fields are read: a field may refer to its own record.</summary>
    public IReadOnlyList<AvroField> Fields { get; set; } = [];
}

internal sealed class AvroEnum(AvroName name, IReadOnlyList<string> aliases, IReadOnlyList<string> symbols, string? defaultSymbol)
    : AvroNamed(AvroKind.Enum, name, aliases)
{
    public IReadOnlyList<string> Symbols { get; } = symbols;

    public string? DefaultSymbol { get; } = defaultSymbol;
}

internal sealed class AvroFixed(AvroName name, IReadOnlyList<string> aliases, int size) : AvroNamed(AvroKind.Fixed, name, aliases)
{
    /// <summary>Octets.</summary>
    public int Size { get; } = size;
}

internal sealed record AvroField(string Name, AvroSchema Schema)
{
    public string? Doc { get; init; }

    public JsonElement? Default { get; init; }

    public string? Order { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, JsonElement>> Properties { get; init; } = [];
}

/// <summary>Avro 1.12, "Names". <see cref="Namespace"/> is empty for none.</summary>
internal sealed record AvroName(string Namespace, string Simple)
{
    public string FullName => Namespace.Length == 0 ? Simple : $"{Namespace}.{Simple}";
}

/// <summary>Avro 1.12, "Logical Types". Precision and scale only for decimal, in decimal digits.</summary>
internal sealed record AvroLogicalType(string Name, int Precision = 0, int Scale = 0)
{
    public override string ToString() => Name == "decimal" ? $"decimal({Precision},{Scale})" : Name;
}
