namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// A transactional id with its producer and its current transaction: one record of <c>__transaction_state</c>, in the layout of Apache
/// Kafka's TransactionLogKey and TransactionLogValue version 0.
/// </summary>
internal sealed record TransactionalProducer(string TransactionalId)
{
    private const short Version = 0;

    public long ProducerId { get; init; }

    public short Epoch { get; init; }

    /// <summary>The epoch before the last initialisation, by which a repeated request is recognised; not stored.</summary>
    public short LastEpoch { get; init; } = -1;

    public int TimeoutMs { get; init; }

    public TransactionState State { get; init; }

    /// <summary>What the transaction has written to, committed offsets included.</summary>
    public IReadOnlySet<TopicPartitionName> Partitions { get; init; } = new HashSet<TopicPartitionName>();

    /// <summary>Milliseconds since 1970; -1 when none is open.</summary>
    public long StartedMs { get; init; } = -1;

    public bool IsPrepared => State is TransactionState.PrepareCommit or TransactionState.PrepareAbort;

    public Span<byte> ToBatch(long nowMs)
    {
        ProtocolWriter writer = new();
        writer.Reset();
        writer.WriteInt16(Version);
        writer.WriteString(TransactionalId);
        int keyLength = writer.Position;
        writer.WriteInt16(Version);
        writer.WriteInt64(ProducerId);
        writer.WriteInt16(Epoch);
        writer.WriteInt32(TimeoutMs);
        writer.WriteInt8((sbyte)State);
        writer.WriteByTopic(Partitions, partition => partition, _ => { });
        writer.WriteInt64(nowMs);
        writer.WriteInt64(StartedMs);
        RecordBatchBuilder batch = new();
        batch.Add(0, writer.Written[..keyLength], writer.Written[keyLength..]);
        writer.Release();
        return batch.Build(nowMs);
    }

    public static TransactionalProducer Read(RecordReader record)
    {
        ProtocolReader reader = new();
        reader.Reset(record.Key.ToArray());
        reader.ReadInt16();
        string transactionalId = reader.ReadString();
        reader.Reset(record.Value.ToArray());
        reader.ReadInt16();
        long producerId = reader.ReadInt64();
        short epoch = reader.ReadInt16();
        int timeoutMs = reader.ReadInt32();
        TransactionState state = (TransactionState)reader.ReadInt8();
        HashSet<TopicPartitionName> partitions = new();
        for (int topics = reader.ReadArrayLength(); topics > 0; topics--)
        {
            string topic = reader.ReadString();
            for (int left = reader.ReadArrayLength(); left > 0; left--)
            {
                partitions.Add(new TopicPartitionName(topic, reader.ReadInt32()));
            }
        }

        reader.ReadInt64();
        return new TransactionalProducer(transactionalId)
        {
            ProducerId = producerId,
            Epoch = epoch,
            TimeoutMs = timeoutMs,
            State = state,
            Partitions = partitions,
            StartedMs = reader.ReadInt64(),
        };
    }
}
