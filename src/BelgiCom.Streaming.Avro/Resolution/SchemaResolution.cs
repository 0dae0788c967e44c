namespace BelgiCom.Streaming.Avro;

/// <summary>
/// The outcome of one walk over a reader's and a writer's schema, by Avro 1.12, "Schema Resolution". A registry uses the mismatches: there
/// is none when the reader can read everything that the writer can write, in every branch of a union and every symbol of an enum. A reader
/// uses the resolver: there is one when some of it can be read, and a body with anything else is a fault of that body.
/// </summary>
/// <param name="Mismatches">What the reader cannot read; empty when it reads everything.</param>
/// <param name="Resolver">Reads what can be read; null when nothing can.</param>
public sealed record SchemaResolution(IReadOnlyList<SchemaMismatch> Mismatches, SchemaResolver? Resolver)
{
    /// <summary>Compares two schemas.</summary>
    /// <param name="reader">Schema that is read with.</param>
    /// <param name="writer">Schema that was written with.</param>
    /// <exception cref="AvroSchemaException">The pair goes beyond <see cref="AvroLimits"/>.</exception>
    public static SchemaResolution Of(AvroSchema reader, AvroSchema writer)
    {
        List<SchemaMismatch> found = [];
        ResolutionStep? root = new ResolutionRules(writer).Match(reader, writer, "", found);
        return new(found, root is null ? null : new SchemaResolver(root));
    }
}
