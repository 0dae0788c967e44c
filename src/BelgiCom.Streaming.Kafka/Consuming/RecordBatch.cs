namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Records of one poll, in the order of each partition's log. Keys and values lie in the client library's memory and are valid only until
/// the handler returns, so a handler decodes them and keeps no reference.
/// </summary>
public abstract class RecordBatch
{
    /// <summary>Number of records; may be 0.</summary>
    public abstract int Count { get; }

    /// <summary>One record.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <returns>A view of the record.</returns>
    public abstract ConsumedRecord this[int index] { get; }

    /// <summary>Copies the headers of a record; needed for the rare records that are passed on unchanged.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <returns>Names and values in their order. A name may come more than once; a header without a value gives an empty one.</returns>
    public virtual IReadOnlyList<KeyValuePair<string, byte[]>> HeadersOf(int index) => [];
}

/// <summary>One record in the client library's memory. Its spans are valid as long as the batch.</summary>
public readonly ref struct ConsumedRecord
{
    /// <summary>Describes one record.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="partition">Partition number.</param>
    /// <param name="offset">Offset in the partition.</param>
    /// <param name="timestampMilliseconds">Milliseconds since 1970-01-01 UTC, or -1 when the log has none.</param>
    /// <param name="key">Key; empty when there is none.</param>
    /// <param name="value">Value; empty for a tombstone.</param>
    /// <param name="isTombstone">Whether the value is null, which deletes the key in a compacted topic.</param>
    public ConsumedRecord(
        string topic, int partition, long offset, long timestampMilliseconds, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value,
        bool isTombstone)
    {
        Topic = topic;
        Partition = partition;
        Offset = offset;
        TimestampMilliseconds = timestampMilliseconds;
        Key = key;
        Value = value;
        IsTombstone = isTombstone;
    }

    /// <summary>Topic name; the same string object for all records of a topic.</summary>
    public string Topic { get; }

    /// <summary>Partition number.</summary>
    public int Partition { get; }

    /// <summary>Offset in the partition.</summary>
    public long Offset { get; }

    /// <summary>Milliseconds since 1970-01-01 UTC as the topic's timestamp type says (creation or append), or -1.</summary>
    public long TimestampMilliseconds { get; }

    /// <summary>Key; empty when there is none.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>Value; empty for a tombstone.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Whether the value is null, which deletes the key in a compacted topic.</summary>
    public bool IsTombstone { get; }
}
