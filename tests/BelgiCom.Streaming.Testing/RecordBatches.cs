using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Testing;

/// <summary>A record for handler tests.</summary>
/// <param name="Topic">Topic name.</param>
/// <param name="Partition">Partition number.</param>
/// <param name="Offset">Offset.</param>
/// <param name="Key">Key; empty for none.</param>
/// <param name="Value">Value; null for a tombstone.</param>
/// <param name="TimestampMilliseconds">Milliseconds since 1970-01-01 UTC.</param>
public sealed record TestRecord(string Topic, int Partition, long Offset, byte[] Key, byte[]? Value, long TimestampMilliseconds = 0)
{
    /// <summary>Headers; mostly none.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Headers { get; init; } = [];
}

/// <summary>A batch built from arrays, so that a handler can be tested without a broker.</summary>
public sealed class TestBatch(IReadOnlyList<TestRecord> records) : RecordBatch
{
    /// <inheritdoc/>
    public override int Count => records.Count;

    /// <inheritdoc/>
    public override ConsumedRecord this[int index]
    {
        get
        {
            TestRecord record = records[index];
            return new ConsumedRecord(
                record.Topic, record.Partition, record.Offset, record.TimestampMilliseconds, record.Key, record.Value,
                record.Value is null);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, byte[]>> HeadersOf(int index) => records[index].Headers;
}

/// <summary>Keeps what a sink puts to dead letter topics.</summary>
public sealed class CollectedDeadLetters : IDeadLetters
{
    /// <summary>"topic[partition]@offset reason", in order.</summary>
    public List<string> Letters { get; } = [];

    /// <summary>Whether the brokers are away.</summary>
    public bool IsAway { get; set; }

    /// <inheritdoc/>
    public void Send(RecordBatch batch, IReadOnlyList<DeadLetter> letters)
    {
        if (IsAway && letters.Count > 0)
        {
            throw new IOException("planted");
        }

        foreach (DeadLetter letter in letters)
        {
            ConsumedRecord record = batch[letter.Index];
            Letters.Add($"{record.Topic}[{record.Partition}]@{record.Offset} {letter.Reason}");
        }
    }
}

/// <summary>What a handler produced.</summary>
/// <param name="Topic">Topic name.</param>
/// <param name="Partition">Partition asked for, or null.</param>
/// <param name="Key">Key; empty for none.</param>
/// <param name="Value">Value; null for a tombstone.</param>
/// <param name="Headers">Headers; mostly none.</param>
public sealed record ProducedRecord(
    string Topic, int? Partition, byte[] Key, byte[]? Value, IReadOnlyList<KeyValuePair<string, byte[]>> Headers);

/// <summary>Keeps what a handler produces.</summary>
public sealed class CapturedOutput : TransactionalOutput
{
    /// <summary>What was produced, in order.</summary>
    public List<ProducedRecord> Records { get; } = [];

    /// <inheritdoc/>
    public override void Produce(string topic, int? partition, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        Records.Add(new ProducedRecord(topic, partition, key.ToArray(), value.ToArray(), []));

    /// <inheritdoc/>
    public override void Copy(
        string topic, int partition, in ConsumedRecord record, IReadOnlyList<KeyValuePair<string, byte[]>> headers) =>
        Records.Add(new ProducedRecord(
            topic, partition, record.Key.ToArray(), record.IsTombstone ? null : record.Value.ToArray(), headers));

    /// <inheritdoc/>
    public override void ProduceTombstone(string topic, int? partition, ReadOnlySpan<byte> key) =>
        Records.Add(new ProducedRecord(topic, partition, key.ToArray(), null, []));
}
