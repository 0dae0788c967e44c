using System.Buffers;

namespace BelgiCom.Streaming.Avro;

/// <summary>
/// Rewrites a body of another version's schema (the writer's) into a body of ours (the reader's), by Avro 1.12 "Schema resolution": fields
/// by name or alias, new fields from their default, unknown symbols to the enum's default, promotions. It is compiled once per pair of
/// schemas; then it works on spans, in bounded memory and time whatever the writer's schema and body are.
/// </summary>
public sealed class SchemaResolver
{
    // Enough to mend a schema.
    private const int MismatchesTold = 5;

    private readonly ResolutionStep _root;

    internal SchemaResolver(ResolutionStep root)
    {
        _root = root;
        IsIdentity = root.CopiesThroughout();
    }

    /// <summary>True when both schemas encode alike: the body can be decoded as it is, without <see cref="Resolve"/>.</summary>
    public bool IsIdentity { get; }

    /// <summary>Compiles how bodies of one schema become bodies of another.</summary>
    /// <param name="writerSchemaJson">Schema the bodies are written with, as the registry has it.</param>
    /// <param name="readerSchemaJson">Our schema, <c>SchemaJson</c> of the record.</param>
    /// <exception cref="AvroSchemaException">The text is no schema, is too large, or no body of it can be read with ours; the message names
    /// the field.</exception>
    public static SchemaResolver Create(string writerSchemaJson, string readerSchemaJson)
    {
        SchemaResolution resolution = SchemaResolution.Of(AvroSchema.Parse(readerSchemaJson), AvroSchema.Parse(writerSchemaJson));
        return resolution.Resolver
            ?? throw new AvroSchemaException(
                $"The writer's schema cannot be read with ours: {string.Join("; ", resolution.Mismatches.Take(MismatchesTold))}");
    }

    /// <summary>Rewrites one body. After a fault the octets in the destination must not be used.</summary>
    /// <param name="body">Body of the writer's schema, without the header.</param>
    /// <param name="destination">Receives the body of ours.</param>
    /// <exception cref="AvroFormatException">The body is not of the writer's schema, or this value cannot be read with ours.</exception>
    public void Resolve(ReadOnlySpan<byte> body, IBufferWriter<byte> destination)
    {
        AvroReader reader = new(body);
        ResolvedBody output = new(destination);
        _root.Run(ref reader, ref output);
        reader.Finish();
    }

    /// <summary>Rewrites the first of the bodies that lie one behind the other, as in a container file.</summary>
    /// <param name="bodies">Bodies of the writer's schema.</param>
    /// <param name="destination">Receives the first body of ours; after a fault its octets must not be used.</param>
    /// <param name="length">Octets of the first body, as it was written.</param>
    /// <returns>False when it is not of the writer's schema, or its value cannot be read with ours.</returns>
    public bool TryResolveFirst(ReadOnlySpan<byte> bodies, IBufferWriter<byte> destination, out int length)
    {
        AvroReader reader = new(bodies);
        ResolvedBody output = new(destination);
        _root.Run(ref reader, ref output);
        length = reader.Position;
        return reader.Fault == AvroFault.None;
    }
}
