namespace BelgiCom.Streaming.Contracts;

/// <summary>What a decoder accepts at most. Every limit is checked before anything is allocated.</summary>
public static class AvroLimits
{
    /// <summary>
    /// Largest body in octets, read or produced by schema resolution: 8 MiB, far above Kafka's default of 1 MiB a record.
    /// </summary>
    public const int MaxBodySize = 8 * 1024 * 1024;

    /// <summary>Deepest nesting of records, arrays, maps and unions in a value or a schema.</summary>
    public const int MaxDepth = 64;

    /// <summary>Largest writer schema in characters.</summary>
    public const int MaxSchemaLength = 1024 * 1024;
}
