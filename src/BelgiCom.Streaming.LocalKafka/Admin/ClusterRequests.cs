namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// ApiVersions, Metadata and FindCoordinator: which requests, topics and coordinators there are, and where. The answer to "where" is always
/// this node.
/// </summary>
internal sealed class ClusterRequests(ClusterIdentity identity, TopicStore topics, bool autoCreateTopics)
{
    // In the protocol this number means "authorized operations were not asked for".
    private const int NotAsked = int.MinValue;

    public static void ApiVersions(Request request)
    {
        ProtocolWriter writer = request.Writer;
        bool known = SupportedApi.Find(ApiKey.ApiVersions)!.Supports(request.Version);
        int version = known ? request.Version : 0;
        writer.WriteError(known ? ErrorCode.None : ErrorCode.UnsupportedVersion);
        writer.WriteArrayLength(SupportedApi.All.Count);
        foreach (SupportedApi api in SupportedApi.All)
        {
            writer.WriteInt16((short)api.Key);
            writer.WriteInt16(api.MinVersion);
            writer.WriteInt16(api.MaxVersion);
            writer.EndStruct();
        }

        if (version >= 1)
        {
            writer.WriteInt32(0);
        }

        writer.EndStruct();
    }

    public void Metadata(Request request)
    {
        ProtocolReader reader = request.Reader;
        int count = reader.ReadNullableArrayLength();
        bool wantsAll = request.Version == 0 ? count <= 0 : count < 0;
        List<string> names = new();
        for (int i = 0; i < count; i++)
        {
            if (request.Version >= 10)
            {
                // Only later versions may ask by the id.
                reader.ReadUuid();
            }

            names.Add(reader.ReadString());
            reader.EndStruct();
        }

        bool mayCreate = autoCreateTopics && (request.Version < 4 || reader.ReadBoolean());
        WriteCluster(request);
        List<Topic> all = wantsAll ? [.. topics.All] : [];
        request.Writer.WriteArrayLength(wantsAll ? all.Count : names.Count);
        foreach (Topic topic in all)
        {
            WriteTopic(request, topic.Name, topic, ErrorCode.None);
        }

        foreach (string name in names)
        {
            ErrorCode missing = TopicStore.IsValidName(name) ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidTopic;
            if (mayCreate && topics.Find(name) is null)
            {
                topics.Create(name, -1, TopicConfig.Default, validateOnly: false);
            }

            WriteTopic(request, name, topics.Find(name), missing);
        }

        if (request.Version >= 8)
        {
            request.Writer.WriteInt32(NotAsked);
        }

        request.Writer.EndStruct();
    }

    public void FindCoordinator(Request request)
    {
        const sbyte groupKey = 0;
        const sbyte transactionKey = 1;
        request.Reader.ReadString();
        sbyte keyType = request.Version >= 1 ? request.Reader.ReadInt8() : groupKey;
        ProtocolWriter writer = request.Writer;
        bool known = keyType is groupKey or transactionKey;
        if (request.Version >= 1)
        {
            writer.WriteInt32(0);
        }

        writer.WriteError(known ? ErrorCode.None : ErrorCode.InvalidRequest);
        if (request.Version >= 1)
        {
            writer.WriteNullableString(null);
        }

        writer.WriteInt32(known ? ClusterIdentity.NodeId : -1);
        writer.WriteString(known ? ClusterIdentity.Host : "");
        writer.WriteInt32(known ? identity.Port : -1);
    }

    private void WriteCluster(Request request)
    {
        ProtocolWriter writer = request.Writer;
        if (request.Version >= 3)
        {
            writer.WriteInt32(0);
        }

        writer.WriteArrayLength(1);
        writer.WriteInt32(ClusterIdentity.NodeId);
        writer.WriteString(ClusterIdentity.Host);
        writer.WriteInt32(identity.Port);
        if (request.Version >= 1)
        {
            writer.WriteNullableString(null);
        }

        writer.EndStruct();
        if (request.Version >= 2)
        {
            writer.WriteNullableString(identity.ClusterId);
        }

        if (request.Version >= 1)
        {
            writer.WriteInt32(ClusterIdentity.NodeId);
        }
    }

    private static void WriteTopic(Request request, string name, Topic? topic, ErrorCode missing)
    {
        ProtocolWriter writer = request.Writer;
        writer.WriteError(topic is null ? missing : ErrorCode.None);
        writer.WriteString(name);
        if (request.Version >= 10)
        {
            writer.WriteUuid(topic?.Id ?? Guid.Empty);
        }

        if (request.Version >= 1)
        {
            writer.WriteBoolean(topic is { IsInternal: true });
        }

        int partitions = topic?.Partitions.Count ?? 0;
        writer.WriteArrayLength(partitions);
        for (int partition = 0; partition < partitions; partition++)
        {
            WritePartition(request, partition);
        }

        if (request.Version >= 8)
        {
            writer.WriteInt32(NotAsked);
        }

        writer.EndStruct();
    }

    private static void WritePartition(Request request, int partition)
    {
        ProtocolWriter writer = request.Writer;
        writer.WriteError(ErrorCode.None);
        writer.WriteInt32(partition);
        writer.WriteInt32(ClusterIdentity.NodeId);
        if (request.Version >= 7)
        {
            writer.WriteInt32(PartitionLog.LeaderEpoch);
        }

        // Replicas, and those of them in sync: this node.
        writer.WriteArrayLength(1);
        writer.WriteInt32(ClusterIdentity.NodeId);
        writer.WriteArrayLength(1);
        writer.WriteInt32(ClusterIdentity.NodeId);
        if (request.Version >= 5)
        {
            writer.WriteArrayLength(0);
        }

        writer.EndStruct();
    }
}
