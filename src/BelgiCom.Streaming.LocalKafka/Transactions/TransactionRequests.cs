namespace BelgiCom.Streaming.LocalKafka;

/// <summary>InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn and EndTxn.</summary>
internal sealed class TransactionRequests(TransactionCoordinator transactions, TopicStore topics)
{
    private static readonly TopicPartitionName OffsetsPartition = new(GroupStore.TopicName, 0);

    public void InitProducerId(Request request)
    {
        ProtocolReader reader = request.Reader;
        string? transactionalId = reader.ReadNullableString();
        int timeoutMs = reader.ReadInt32();
        long producerId = request.Version >= 3 ? reader.ReadInt64() : RecordBatch.NoProducer;
        short epoch = request.Version >= 3 ? reader.ReadInt16() : (short)-1;
        reader.EndStruct();
        InitResult result = transactions.Init(transactionalId, timeoutMs, producerId, epoch);
        ProtocolWriter writer = request.Writer;
        writer.WriteInt32(0);
        // PRODUCER_FENCED is younger than version 3 of this request.
        writer.WriteError(result.Error == ErrorCode.ProducerFenced && request.Version < 4 ? ErrorCode.InvalidProducerEpoch : result.Error);
        writer.WriteInt64(result.ProducerId);
        writer.WriteInt16(result.Epoch);
        writer.EndStruct();
    }

    public void AddPartitions(Request request)
    {
        ProtocolReader reader = request.Reader;
        string transactionalId = reader.ReadString();
        long producerId = reader.ReadInt64();
        short epoch = reader.ReadInt16();
        List<TopicPartitionName> partitions = new();
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            string topic = reader.ReadString();
            for (int count = reader.ReadArrayLength(); count > 0; count--)
            {
                partitions.Add(new TopicPartitionName(topic, reader.ReadInt32()));
            }
        }

        // All partitions or none: when one of them is unknown, the others are not added.
        bool allKnown = partitions.All(IsKnown);
        ErrorCode error = allKnown
            ? transactions.AddPartitions(transactionalId, producerId, epoch, partitions)
            : ErrorCode.OperationNotAttempted;
        WriteAdded(request, partitions, partition => IsKnown(partition) ? error : ErrorCode.UnknownTopicOrPartition);
    }

    public void AddOffsets(Request request)
    {
        ProtocolReader reader = request.Reader;
        ErrorCode error = transactions.AddPartitions(reader.ReadString(), reader.ReadInt64(), reader.ReadInt16(), [OffsetsPartition]);
        request.Writer.WriteInt32(0);
        request.Writer.WriteError(error);
    }

    public void End(Request request)
    {
        ProtocolReader reader = request.Reader;
        ErrorCode error = transactions.End(reader.ReadString(), reader.ReadInt64(), reader.ReadInt16(), reader.ReadBoolean());
        request.Writer.WriteInt32(0);
        request.Writer.WriteError(error);
    }

    private static void WriteAdded(Request request, List<TopicPartitionName> partitions, Func<TopicPartitionName, ErrorCode> errorOf)
    {
        request.Writer.WriteInt32(0);
        request.Writer.WriteByTopic(partitions, partition => partition, partition => request.Writer.WriteError(errorOf(partition)));
    }

    private bool IsKnown(TopicPartitionName partition) =>
        topics.Find(partition.Topic) is { IsInternal: false } topic && topic.Find(partition.Partition) is not null;
}
