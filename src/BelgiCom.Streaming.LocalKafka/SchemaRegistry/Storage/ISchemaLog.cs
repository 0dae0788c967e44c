namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Where the registry keeps its state: the compacted one-partition topic <c>_schemas</c>, in the JSON that Confluent's registry writes
/// there, so that a real one can take over. One registry at a time may use a log.
/// </summary>
public interface ISchemaLog
{
    /// <summary>
    /// Completes when the record is stored; a null value is a tombstone. A failure is thrown and the registry's request fails with it.
    /// </summary>
    Task AppendAsync(byte[] key, byte[]? value, CancellationToken cancellationToken);

    /// <summary>All records from the beginning to the end that the log has at the call, in order.</summary>
    IAsyncEnumerable<SchemaLogRecord> ReadAllAsync(CancellationToken cancellationToken);
}

/// <summary>One record of <c>_schemas</c>: JSON as UTF-8.</summary>
/// <param name="Key">Names the kind of record and what it is about.</param>
/// <param name="Value">State of it; null when it is deleted.</param>
public readonly record struct SchemaLogRecord(byte[] Key, byte[]? Value);
