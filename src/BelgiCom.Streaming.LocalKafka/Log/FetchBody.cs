namespace BelgiCom.Streaming.LocalKafka;

internal readonly record struct FetchPartition(int Partition, int LeaderEpoch, long Offset, int MaxBytes);

internal sealed record FetchTopic(string Name, List<FetchPartition> Partitions);

/// <summary>A fetch request, kept while it waits.</summary>
internal sealed record FetchBody(int MaxWaitMs, int MinBytes, int MaxBytes, bool CommittedOnly, int SessionId, List<FetchTopic> Topics)
{
    // The limit for a client that asks for more in one answer; Kafka's own consumers ask for this much (fetch.max.bytes).
    private const int MaxResponseBytes = 50 * 1024 * 1024;

    public static FetchBody Read(Request request)
    {
        const sbyte readCommitted = 1;
        ProtocolReader reader = request.Reader;
        reader.ReadInt32();
        int maxWaitMs = reader.ReadInt32();
        int minBytes = reader.ReadInt32();
        int maxBytes = Math.Min(reader.ReadInt32(), MaxResponseBytes);
        bool committedOnly = reader.ReadInt8() == readCommitted;
        int sessionId = request.Version >= 7 ? reader.ReadInt32() : 0;
        int sessionEpoch = request.Version >= 7 ? reader.ReadInt32() : -1;
        List<FetchTopic> topics = new();
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            FetchTopic topic = new(reader.ReadString(), []);
            topics.Add(topic);
            for (int partitions = reader.ReadArrayLength(); partitions > 0; partitions--)
            {
                topic.Partitions.Add(ReadPartition(request));
            }
        }

        // Epoch -1 means: close the session and fetch without one. There is no session to close here.
        return new FetchBody(maxWaitMs, minBytes, maxBytes, committedOnly, sessionEpoch == -1 ? 0 : sessionId, topics);
    }

    private static FetchPartition ReadPartition(Request request)
    {
        ProtocolReader reader = request.Reader;
        int partition = reader.ReadInt32();
        int leaderEpoch = request.Version >= 9 ? reader.ReadInt32() : -1;
        long offset = reader.ReadInt64();
        if (request.Version >= 5)
        {
            reader.ReadInt64();
        }

        return new FetchPartition(partition, leaderEpoch, offset, reader.ReadInt32());
    }
}
