namespace BelgiCom.Streaming.LocalKafka;

/// <summary>ListOffsets (first, last, by time) and OffsetForLeaderEpoch.</summary>
internal sealed class OffsetLookupRequests(TopicStore topics)
{
    private const long LatestTimestamp = -1;
    private const long EarliestTimestamp = -2;

    public void ListOffsets(Request request)
    {
        const sbyte readCommitted = 1;
        ProtocolReader reader = request.Reader;
        ProtocolWriter writer = request.Writer;
        reader.ReadInt32();
        bool committedOnly = request.Version >= 2 && reader.ReadInt8() == readCommitted;
        if (request.Version >= 2)
        {
            writer.WriteInt32(0);
        }

        ForEachPartition(request, (name, partition) =>
        {
            int leaderEpoch = request.Version >= 4 ? reader.ReadInt32() : -1;
            long timestamp = reader.ReadInt64();
            PartitionLog? log = topics.Find(name, partition);
            ErrorCode error = log is null ? ErrorCode.UnknownTopicOrPartition
                : leaderEpoch > PartitionLog.LeaderEpoch ? ErrorCode.UnknownLeaderEpoch
                : timestamp < EarliestTimestamp ? ErrorCode.InvalidRequest : ErrorCode.None;
            TimestampedOffset found = error == ErrorCode.None ? Find(log!, timestamp, committedOnly) : TimestampedOffset.None;
            writer.WriteInt32(partition);
            writer.WriteError(error);
            writer.WriteInt64(found.TimestampMs);
            writer.WriteInt64(found.Offset);
            if (request.Version >= 4)
            {
                writer.WriteInt32(found.Offset < 0 ? -1 : PartitionLog.LeaderEpoch);
            }
        });
    }

    public void OffsetForLeaderEpoch(Request request)
    {
        ProtocolReader reader = request.Reader;
        ProtocolWriter writer = request.Writer;
        if (request.Version >= 3)
        {
            reader.ReadInt32();
        }

        writer.WriteInt32(0);
        ForEachPartition(request, (name, partition) =>
        {
            int currentEpoch = reader.ReadInt32();
            int wantedEpoch = reader.ReadInt32();
            PartitionLog? log = topics.Find(name, partition);
            ErrorCode error = log is null ? ErrorCode.UnknownTopicOrPartition
                : currentEpoch > PartitionLog.LeaderEpoch ? ErrorCode.UnknownLeaderEpoch : ErrorCode.None;
            bool known = error == ErrorCode.None && wantedEpoch == PartitionLog.LeaderEpoch;
            writer.WriteError(error);
            writer.WriteInt32(partition);
            writer.WriteInt32(known ? PartitionLog.LeaderEpoch : -1);
            writer.WriteInt64(known ? log!.EndOffset : -1);
        });
    }

    private static TimestampedOffset Find(PartitionLog log, long timestamp, bool committedOnly) => timestamp switch
    {
        LatestTimestamp => new TimestampedOffset(committedOnly ? log.LastStableOffset : log.EndOffset, -1),
        EarliestTimestamp => new TimestampedOffset(log.LogStartOffset, -1),
        _ => log.FindByTime(timestamp, committedOnly),
    };

    private static void ForEachPartition(Request request, Action<string, int> answer)
    {
        int topicCount = request.Reader.ReadArrayLength();
        request.Writer.WriteArrayLength(topicCount);
        for (int i = 0; i < topicCount; i++)
        {
            string name = request.Reader.ReadString();
            request.Writer.WriteString(name);
            int partitionCount = request.Reader.ReadArrayLength();
            request.Writer.WriteArrayLength(partitionCount);
            for (int j = 0; j < partitionCount; j++)
            {
                answer(name, request.Reader.ReadInt32());
            }
        }
    }
}
