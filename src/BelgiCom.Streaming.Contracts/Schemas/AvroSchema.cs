using System.Text.Json;

namespace BelgiCom.Streaming.Contracts;

/// <summary>Types of Avro 1.12.</summary>
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
    Record,
    Enum,
    Fixed,
    Array,
    Map,
    Union,
}

/// <summary>One Avro schema as data. A recursive schema is a graph with a cycle: walk it by <see cref="FullName"/>.</summary>
internal sealed class AvroSchema
{
    public required AvroKind Kind { get; init; }

    /// <summary>Name with namespace of a record, enum or fixed; else empty.</summary>
    public string FullName { get; init; } = "";

    /// <summary>Name without namespace.</summary>
    public string Name => FullName[(FullName.LastIndexOf('.') + 1)..];

    /// <summary>Documentation of a named type; else empty.</summary>
    public string Doc { get; init; } = "";

    /// <summary>Logical type, or empty.</summary>
    public string LogicalType { get; init; } = "";

    /// <summary>Digits of a decimal.</summary>
    public int Precision { get; init; }

    /// <summary>Digits after the point of a decimal.</summary>
    public int Scale { get; init; }

    /// <summary>Octets of a fixed.</summary>
    public int Size { get; init; }

    /// <summary>Symbols of an enum.</summary>
    public IReadOnlyList<string> Symbols { get; init; } = [];

    /// <summary>Symbol a reader takes for one it does not know; null when the enum has none.</summary>
    public string? DefaultSymbol { get; init; }

    /// <summary>Items of an array, values of a map.</summary>
    public AvroSchema? Items { get; init; }

    /// <summary>Branches of a union.</summary>
    public IReadOnlyList<AvroSchema> Branches { get; init; } = [];

    /// <summary>Fields of a record; set once, after the record's name is known, because a field may name its own record.</summary>
    public IReadOnlyList<AvroField> Fields { get; set; } = [];
}

/// <summary>One field of a record.</summary>
internal sealed class AvroField
{
    public required string Name { get; init; }

    public required AvroSchema Type { get; init; }

    public string Doc { get; init; } = "";

    /// <summary>Value a reader takes when the writer has no such field; null when there is none.</summary>
    public JsonElement? Default { get; init; }
}
