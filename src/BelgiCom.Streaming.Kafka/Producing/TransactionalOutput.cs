namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Takes the records that a handler produces. They all become visible together with the batch's offsets, or never. A call returns when the
/// record is copied into the client's queue; when that queue is full, the call waits and drops nothing (rule P8).
/// </summary>
public abstract class TransactionalOutput
{
    /// <summary>Adds a record to the transaction.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="partition">Partition, or null for the one that the key's hash gives (murmur2, as in Java's client).</param>
    /// <param name="key">Key; empty for none.</param>
    /// <param name="value">Value; an empty one is written as empty, see <see cref="ProduceTombstone"/>.</param>
    /// <exception cref="RecordRefusedException">The record can never be sent, for example because it is too large.</exception>
    public abstract void Produce(string topic, int? partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>Adds a copy of a record that was read: its key, its value (or none) and headers. For rare records.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="partition">Partition.</param>
    /// <param name="record">The record to copy.</param>
    /// <param name="headers">Names and values; never personal data.</param>
    /// <exception cref="RecordRefusedException">The record can never be sent.</exception>
    public abstract void Copy(
        string topic, int partition, in ConsumedRecord record, IReadOnlyList<KeyValuePair<string, byte[]>> headers);

    /// <summary>Adds a record with a null value, which deletes the key from a compacted topic.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="partition">Partition, or null for the one that the key's hash gives.</param>
    /// <param name="key">Key to delete.</param>
    public abstract void ProduceTombstone(string topic, int? partition, ReadOnlySpan<byte> key);
}

/// <summary>The client will never accept this record: it is too large, or its topic or partition does not exist.</summary>
public sealed class RecordRefusedException : Exception
{
    /// <summary>Makes the exception; its message names the record's topic and not its content.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="octets">Octets of key and value.</param>
    /// <param name="code">The client's error, for example Msg_SizeTooLarge.</param>
    public RecordRefusedException(string topic, int octets, Confluent.Kafka.ErrorCode code)
        : base(
            $"A record of {octets} octets for {topic} was refused: {code}. Raise the topic's and client's limit, or do not produce it.") =>
        Code = code;

    /// <summary>The client's error.</summary>
    public Confluent.Kafka.ErrorCode Code { get; }
}
