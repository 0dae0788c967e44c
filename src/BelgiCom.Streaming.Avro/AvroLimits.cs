namespace BelgiCom.Streaming.Avro;

/// <summary>
/// The largest input that is accepted, because schemas and bodies come from outside. Each limit is checked before anything is allocated.
/// </summary>
public static class AvroLimits
{
    /// <summary>
    /// Largest body in octets, read or produced by schema resolution: 8 MiB, far above Kafka's default of 1 MiB a record.
    /// </summary>
    public const int MaxBodySize = 8 * 1024 * 1024;

    /// <summary>Deepest nesting of records, arrays, maps and unions in a value.</summary>
    public const int MaxDepth = 64;

    /// <summary>Largest schema in characters.</summary>
    public const int MaxSchemaLength = 512 * 1024;

    /// <summary>Deepest nesting of a schema in JSON levels; a record in a record takes about four.</summary>
    public const int MaxSchemaNesting = 200;

    /// <summary>Pairs of types that one resolution may compare; a union of n types against one of m takes n × m.</summary>
    internal const int ResolutionSteps = 200_000;

    /// <summary>
    /// Values that are looked at to check one default, and values that one default may hold: unions of records are tried branch by branch,
    /// and a record may hold its like twice.
    /// </summary>
    internal const int DefaultSteps = 200_000;

    /// <summary>
    /// Fields that reading one body may take for each of its octets, and <see cref="LeastFields"/> in addition: a field may have no octets.
    /// </summary>
    internal const int FieldsPerOctet = 64;

    /// <summary>Fields that reading the shortest body may take.</summary>
    internal const int LeastFields = 100_000;

    /// <summary>Levels that one resolution may go down: chains of named types can be longer than their JSON is deep.</summary>
    internal const int ResolutionDepth = 400;

    /// <summary>Most octets of an array beside its items: their count, and the 0 that ends it.</summary>
    public const int MaxArrayFrame = 6;
}
