using System.Buffers;

namespace BelgiCom.Streaming.Contracts;

/// <summary>
/// Rewrites a body of another version's schema (the writer's) into a body of ours (the reader's), by Avro 1.12 "Schema resolution":
/// fields by name, new fields from their default, unknown symbols to the enum's default, int to long, bytes and string to each other.
/// Compiled once per pair of schemas; then it works on spans, in bounded memory and time whatever the writer's schema and body are.
/// </summary>
/// <remarks>
/// Stricter than Avro where it would misread silently: a decimal, a time stamp or a date is read only from the same logical type
/// (and scale). Our schemas have no aliases, maps or floating point, so a reader's schema with those is refused.
/// </remarks>
public sealed class SchemaResolver
{
    private readonly ResolutionStep _root;

    private SchemaResolver(ResolutionStep root, bool isIdentity)
    {
        _root = root;
        IsIdentity = isIdentity;
    }

    /// <summary>True when both schemas encode alike: the body can be decoded as it is, without <see cref="Resolve"/>.</summary>
    public bool IsIdentity { get; }

    /// <summary>Compiles how bodies of one schema become bodies of another.</summary>
    /// <param name="writerSchemaJson">Schema the bodies are written with, as the registry has it.</param>
    /// <param name="readerSchemaJson">Our schema, <c>SchemaJson</c> of the record.</param>
    /// <exception cref="AvroSchemaException">Not a schema, too large, or no body of it can be read with ours; says at which
    /// field.</exception>
    public static SchemaResolver Create(string writerSchemaJson, string readerSchemaJson)
    {
        if (writerSchemaJson.Length > AvroLimits.MaxSchemaLength)
        {
            throw new AvroSchemaException(
                $"The writer's schema has {writerSchemaJson.Length} characters; at most {AvroLimits.MaxSchemaLength} are read.");
        }

        AvroSchema reader = AvroSchemaParser.Parse(readerSchemaJson);
        AvroSchema writer = AvroSchemaParser.Parse(writerSchemaJson);
        return new SchemaResolver(new ResolutionCompiler(writer).Compile(writer, reader, reader.Name), SameEncoding(writer, reader));
    }

    /// <summary>Rewrites one body. After a fault, what is in the destination is not to be used.</summary>
    /// <exception cref="AvroFormatException">The body is not of the writer's schema, or this value cannot be read with ours.</exception>
    public void Resolve(ReadOnlySpan<byte> body, IBufferWriter<byte> destination)
    {
        AvroReader reader = new(body);
        ResolvedBody output = new(destination);
        _root.Run(ref reader, ref output);
        reader.Finish();
    }

    /// <summary>The reader's schema is ours and not recursive, so this ends.</summary>
    private static bool SameEncoding(AvroSchema writer, AvroSchema reader) =>
        writer.Kind == reader.Kind
        && writer.Size == reader.Size
        && writer.LogicalType == reader.LogicalType
        && writer.Scale == reader.Scale
        && writer.Symbols.SequenceEqual(reader.Symbols, StringComparer.Ordinal)
        && writer.Fields.Select(field => field.Name).SequenceEqual(reader.Fields.Select(field => field.Name), StringComparer.Ordinal)
        && writer.Fields.Zip(reader.Fields).All(pair => SameEncoding(pair.First.Type, pair.Second.Type))
        && writer.Branches.Count == reader.Branches.Count
        && writer.Branches.Zip(reader.Branches).All(pair => SameEncoding(pair.First, pair.Second))
        && (writer.Items is null || SameEncoding(writer.Items, reader.Items!));
}
