namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Produce: the path on which data enter the broker. One node is all there is to acknowledge, so acks 1 and -1 are the same.
/// </summary>
internal sealed class ProduceRequests(TopicStore topics)
{
    public void Produce(Request request)
    {
        ProtocolReader reader = request.Reader;
        ProtocolWriter writer = request.Writer;
        reader.ReadNullableString();
        short acknowledgements = reader.ReadInt16();
        reader.ReadInt32();
        request.HasResponse = acknowledgements != 0;
        int topicCount = reader.ReadArrayLength();
        writer.WriteArrayLength(topicCount);
        for (int i = 0; i < topicCount; i++)
        {
            string name = reader.ReadString();
            Topic? topic = topics.Find(name);
            writer.WriteString(name);
            int partitionCount = reader.ReadArrayLength();
            writer.WriteArrayLength(partitionCount);
            for (int j = 0; j < partitionCount; j++)
            {
                int partition = reader.ReadInt32();
                ArraySegment<byte> batch = reader.ReadBytes();
                WriteResult(request, partition, Append(topic, partition, batch));
            }
        }

        writer.WriteInt32(0);
    }

    private static AppendResult Append(Topic? topic, int partition, Span<byte> batch)
    {
        if (topic?.Find(partition) is not { } log)
        {
            return new AppendResult(ErrorCode.UnknownTopicOrPartition, -1, -1, -1);
        }

        // Clients must not write to the internal topics, whose records only the coordinators understand.
        return topic.IsInternal ? new AppendResult(ErrorCode.InvalidTopic, -1, -1, -1) : log.AppendFromClient(batch);
    }

    private static void WriteResult(Request request, int partition, AppendResult result)
    {
        ProtocolWriter writer = request.Writer;
        writer.WriteInt32(partition);
        writer.WriteError(result.Error);
        writer.WriteInt64(result.BaseOffset);
        writer.WriteInt64(result.LogAppendTimeMs);
        if (request.Version >= 5)
        {
            writer.WriteInt64(result.LogStartOffset);
        }

        if (request.Version >= 8)
        {
            writer.WriteArrayLength(0);
            writer.WriteNullableString(null);
        }
    }
}
