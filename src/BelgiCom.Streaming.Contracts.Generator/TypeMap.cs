using System.Globalization;
using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.Contracts.Generator;

/// <summary>How one Avro type looks in C#: its type, how it is read and written, and how many octets it takes at most.</summary>
/// <param name="CSharp">C# type.</param>
/// <param name="Read">Expression that reads it from <c>reader</c>.</param>
/// <param name="Write">Statement that writes it to <c>writer</c>; {0} stands for the value.</param>
/// <param name="MaxOctets">Most octets, where they are a constant; 0 where <paramref name="Size"/> gives them.</param>
/// <param name="Size">Expression for the most octets; {0} stands for the value.</param>
/// <param name="MinOctets">Least octets of one value.</param>
/// <param name="Suffix">Unit with which the property's name ends.</param>
/// <param name="Empty">Initial value of the property, or empty for C#'s own default.</param>
/// <param name="Optional">Whether it may be null; <paramref name="Write"/> is then for a value that is present.</param>
internal sealed record TypeMap(
    string CSharp, string Read, string Write, int MaxOctets, string Size = "", int MinOctets = 1, string Suffix = "", string Empty = "",
    bool Optional = false)
{
    private const int LongOctets = 10;
    private const int IntOctets = 5;
    private const int NanosOctets = 9;

    /// <summary>The property of a class: comfortable types.</summary>
    public static TypeMap OfClass(AvroSchema type) => (type, type.Logical?.Name) switch
    {
        ({ Kind: AvroKind.String }, _) =>
            new("string", "reader.ReadString()", "writer.WriteString({0});", 0, "AvroSize.Of({0})", Empty: "\"\""),
        ({ Kind: AvroKind.Bytes }, "decimal") => new(
            "decimal", "Nanos.ToDecimal(reader.ReadUnscaled())", "writer.WriteUnscaled(Nanos.FromDecimal({0}));", NanosOctets,
            MinOctets: 2),
        ({ Kind: AvroKind.Bytes }, _) =>
            new("byte[]", "reader.ReadBytes().ToArray()", "writer.WriteBytes({0});", 0, "AvroSize.Of({0})", Empty: "[]"),
        (_, "timestamp-millis") =>
            new("DateTimeOffset", "reader.ReadTimestamp()", "writer.WriteTimestamp({0});", LongOctets, Empty: "DateTimeOffset.UnixEpoch"),
        (_, "date") =>
            new("DateOnly", "reader.ReadDate()", "writer.WriteDate({0});", IntOctets, Empty: "DateOnly.FromDateTime(DateTime.UnixEpoch)"),
        (AvroArray array, _) => OfArray(array.Items),
        (AvroUnion union, _) => Nullable(OfClass(PresentBranch(union)), union),
        (AvroRecord record, _) => new(
            record.Name.Simple, $"{record.Name.Simple}.ReadFrom(ref reader)", "{0}.WriteTo(ref writer);", 0, "{0}.MaxSize",
            MinOctetsOf(record), Empty: "new()"),
        _ => OfEither(type),
    };

    /// <summary>The property of a view: spans and plain numbers.</summary>
    public static TypeMap OfView(AvroSchema type) => (type, type.Logical?.Name) switch
    {
        ({ Kind: AvroKind.String }, _) => new("ReadOnlySpan<byte>", "reader.ReadUtf8()", "writer.WriteBytes({0});", 0, "{0}.Length"),
        ({ Kind: AvroKind.Bytes }, "decimal") =>
            new("long", "reader.ReadUnscaled()", "writer.WriteUnscaled({0});", NanosOctets, Suffix: "Nanos"),
        ({ Kind: AvroKind.Bytes }, _) => new("ReadOnlySpan<byte>", "reader.ReadBytes()", "writer.WriteBytes({0});", 0, "{0}.Length"),
        (_, "timestamp-millis") =>
            new("long", "reader.ReadTimestampMilliseconds()", "writer.WriteLong({0});", LongOctets, Suffix: "Milliseconds"),
        (_, "date") => new("int", "reader.ReadDays()", "writer.WriteInt({0});", IntOctets, Suffix: "Days"),
        (AvroRecord record, _) => new(
            $"{record.Name.Simple}View", $"{record.Name.Simple}View.ReadFrom(ref reader)", "{0}.WriteTo(ref writer);", 0, "{0}.MaxSize"),
        (AvroArray { Items: AvroRecord item }, _) => new(
            "ReadOnlySpan<byte>", $"reader.ReadArrayOctets<{item.Name.Simple}View>({Number(MinOctetsOf(item))})",
            "writer.WriteArrayOctets({0});", 0, "{0}.Length", Suffix: "Octets"),
        (AvroArray, _) => throw new AvroSchemaException("An array of a hot record has records as items."),
        _ => OfEither(type),
    };

    /// <summary>The branch of a union that is not null.</summary>
    public static AvroSchema PresentBranch(AvroUnion union) =>
        union.Branches is [{ Kind: AvroKind.Null }, { Kind: not AvroKind.Null } present]
            ? present
            : throw new AvroSchemaException("A union is null and one other type, in this order.");

    private static TypeMap OfEither(AvroSchema type) => type switch
    {
        { Kind: AvroKind.Boolean } => new("bool", "reader.ReadBoolean()", "writer.WriteBoolean({0});", 1),
        { Kind: AvroKind.Int } => new("int", "reader.ReadInt()", "writer.WriteInt({0});", IntOctets),
        { Kind: AvroKind.Long } => new("long", "reader.ReadLong()", "writer.WriteLong({0});", LongOctets),
        AvroEnum e => new(
            e.Name.Simple, $"({e.Name.Simple})reader.ReadEnum({Number(e.Symbols.Count)})",
            "writer.WriteEnum((int){0}, " + Number(e.Symbols.Count) + ");", 2),
        AvroFixed id => new(
            id.Name.Simple,
            $"{id.Name.Simple}.ReadFrom(ref reader)",
            "{0}.CopyTo(writer.Reserve(" + id.Name.Simple + ".Size));",
            id.Size,
            MinOctets: id.Size),
        _ => throw new AvroSchemaException($"Our records have no {type.Kind}; money is decimal, and a map has no order to compare."),
    };

    private static TypeMap OfArray(AvroSchema items)
    {
        TypeMap item = OfClass(items);
        string write = Format(item.Write, "item");
        string size = item.Size.Length > 0 ? Format(item.Size, "item") : Number(item.MaxOctets);
        return new TypeMap(
            $"IReadOnlyList<{item.CSharp}>",
            $"reader.ReadArray({Number(item.MinOctets)}, static (ref reader) => {item.Read})",
            "writer.WriteArray({0}, static (ref writer, item) => " + write.TrimEnd(';') + ");",
            0,
            "AvroSize.Of({0}, static item => " + size + ")",
            Empty: "[]");
    }

    private static TypeMap Nullable(TypeMap present, AvroUnion union)
    {
        AvroSchema branch = PresentBranch(union);
        bool reference = branch.Kind is AvroKind.String or AvroKind.Record or AvroKind.Array
            || (branch.Kind is AvroKind.Bytes && branch.Logical is null);
        bool constant = present.MaxOctets > 0;
        return new TypeMap(
            present.CSharp + "?",
            $"reader.ReadIsPresent() ? {present.Read} : null",
            Format(present.Write, reference ? "{0}" : "{0}.GetValueOrDefault()"),
            constant ? 1 + present.MaxOctets : 0,
            constant ? "" : "({0} is null ? 1 : 1 + " + present.Size + ")",
            Optional: true);
    }

    private static int MinOctetsOf(AvroRecord record) => Math.Max(1, record.Fields.Sum(field => OfClass(field.Schema).MinOctets));

    public static string Format(string template, string value) => template.Replace("{0}", value, StringComparison.Ordinal);

    public static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
