namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Records of one poll, in the order of each partition's log. Keys and values live in the client library's memory, so they
/// are valid only until the handler returns: decode, do not keep.
/// </summary>
public abstract class RecordBatch
{
    /// <summary>Number of records; may be 0.</summary>
    public abstract int Count { get; }

    /// <summary>One record.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <returns>A view of the record.</returns>
    public abstract ConsumedRecord this[int index] { get; }

    /// <summary>Looks up a header of a record, for dead letters and traces; the last one counts when a name comes more than once.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <param name="name">Header name, case-sensitive.</param>
    /// <param name="value">Its octets; they live as long as the record.</param>
    /// <returns>Whether the record has the header with a value; a batch that was not read from Kafka has none.</returns>
    public virtual bool TryGetHeader(int index, string name, out ReadOnlySpan<byte> value)
    {
        value = default;
        return false;
    }
}

/// <summary>One record where it lies. The spans die with the batch.</summary>
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
