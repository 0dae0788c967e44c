namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// One record of <c>__consumer_offsets</c>, in Apache Kafka's own format (OffsetCommitKey version 1, OffsetCommitValue version 3), so that
/// its tools can read it. A record without a value deletes the offset.
/// </summary>
internal readonly record struct OffsetRecord(string GroupId, TopicPartitionName Partition, CommittedOffset? Offset)
{
    private const short KeyVersion = 1;
    private const short ValueVersion = 3;

    public void AddTo(RecordBatchBuilder batch, int offsetDelta, long nowMs)
    {
        ProtocolWriter writer = new();
        writer.Reset();
        writer.WriteInt16(KeyVersion);
        writer.WriteString(GroupId);
        writer.WriteString(Partition.Topic);
        writer.WriteInt32(Partition.Partition);
        int keyLength = writer.Position;
        if (Offset is { } offset)
        {
            writer.WriteInt16(ValueVersion);
            writer.WriteInt64(offset.Offset);
            writer.WriteInt32(offset.LeaderEpoch);
            writer.WriteString(offset.Metadata);
            writer.WriteInt64(nowMs);
        }

        batch.Add(offsetDelta, writer.Written[..keyLength], writer.Written[keyLength..], hasValue: Offset is not null);
        writer.Release();
    }

    public static OffsetRecord Read(RecordReader record)
    {
        ProtocolReader reader = new();
        reader.Reset(record.Key.ToArray());
        reader.ReadInt16();
        string group = reader.ReadString();
        TopicPartitionName partition = new(reader.ReadString(), reader.ReadInt32());
        if (!record.HasValue)
        {
            return new OffsetRecord(group, partition, null);
        }

        reader.Reset(record.Value.ToArray());
        reader.ReadInt16();
        return new OffsetRecord(group, partition, new CommittedOffset(reader.ReadInt64(), reader.ReadInt32(), reader.ReadString()));
    }
}
