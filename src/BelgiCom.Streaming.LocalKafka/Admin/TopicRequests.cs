namespace BelgiCom.Streaming.LocalKafka;

/// <summary>CreateTopics, DeleteTopics, CreatePartitions and DeleteRecords.</summary>
internal sealed class TopicRequests(TopicStore topics)
{
    public void Create(Request request)
    {
        ProtocolReader reader = request.Reader;
        List<WantedTopic> wanted = new();
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            wanted.Add(ReadTopic(reader));
        }

        reader.ReadInt32();
        bool validateOnly = request.Version >= 1 && reader.ReadBoolean();
        if (request.Version >= 2)
        {
            request.Writer.WriteInt32(0);
        }

        request.Writer.WriteArrayLength(wanted.Count);
        foreach (WantedTopic topic in wanted)
        {
            (ErrorCode error, string? message) = Create(topic, validateOnly);
            request.Writer.WriteString(topic.Name);
            request.Writer.WriteError(error);
            if (request.Version >= 1)
            {
                request.Writer.WriteMessage(message);
            }
        }
    }

    public void Delete(Request request)
    {
        ProtocolWriter writer = request.Writer;
        int count = request.Reader.ReadArrayLength();
        if (request.Version >= 1)
        {
            writer.WriteInt32(0);
        }

        writer.WriteArrayLength(count);
        for (int i = 0; i < count; i++)
        {
            string name = request.Reader.ReadString();
            writer.WriteString(name);
            writer.WriteError(topics.Delete(name));
        }
    }

    public void CreatePartitions(Request request)
    {
        ProtocolReader reader = request.Reader;
        List<(string Name, int Count, int Assigned)> wanted = new();
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            string name = reader.ReadString();
            int count = reader.ReadInt32();
            wanted.Add((name, count, SkipAssignments(reader)));
        }

        reader.ReadInt32();
        bool validateOnly = reader.ReadBoolean();
        request.Writer.WriteInt32(0);
        request.Writer.WriteArrayLength(wanted.Count);
        foreach ((string name, int count, int assigned) in wanted)
        {
            bool assignmentFits = assigned < 0 || assigned == count - (topics.Find(name)?.Partitions.Count ?? 0);
            ErrorCode error = assignmentFits ? topics.AddPartitions(name, count, validateOnly) : ErrorCode.InvalidReplicaAssignment;
            request.Writer.WriteString(name);
            request.Writer.WriteError(error);
            request.Writer.WriteMessage(
                error == ErrorCode.InvalidPartitions ? $"Topic {name} cannot have {count} partitions: it has as many or more." : null);
        }
    }

    public void DeleteRecords(Request request)
    {
        ProtocolReader reader = request.Reader;
        ProtocolWriter writer = request.Writer;
        writer.WriteInt32(0);
        int topicCount = reader.ReadArrayLength();
        writer.WriteArrayLength(topicCount);
        for (int i = 0; i < topicCount; i++)
        {
            string name = reader.ReadString();
            writer.WriteString(name);
            int partitionCount = reader.ReadArrayLength();
            writer.WriteArrayLength(partitionCount);
            for (int j = 0; j < partitionCount; j++)
            {
                int partition = reader.ReadInt32();
                long offset = reader.ReadInt64();
                (ErrorCode error, long start) = topics.Find(name, partition)?.DeleteRecordsBefore(offset)
                    ?? (ErrorCode.UnknownTopicOrPartition, -1);
                writer.WriteInt32(partition);
                writer.WriteInt64(start);
                writer.WriteError(error);
            }
        }
    }

    private static WantedTopic ReadTopic(ProtocolReader reader)
    {
        string name = reader.ReadString();
        int partitions = reader.ReadInt32();
        short replicationFactor = reader.ReadInt16();
        List<int> assigned = new();
        bool onlyHere = true;
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            assigned.Add(reader.ReadInt32());
            onlyHere &= ReadReplicas(reader);
        }

        Dictionary<string, string?> config = new();
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            config[reader.ReadString()] = reader.ReadNullableString();
        }

        return new WantedTopic(name, assigned.Count > 0 ? assigned.Count : partitions, replicationFactor, assigned, onlyHere, config);
    }

    /// <summary>True when the replicas of one partition are this node alone.</summary>
    private static bool ReadReplicas(ProtocolReader reader)
    {
        int count = reader.ReadArrayLength();
        bool onlyHere = count == 1;
        for (; count > 0; count--)
        {
            onlyHere &= reader.ReadInt32() == ClusterIdentity.NodeId;
        }

        return onlyHere;
    }

    private static int SkipAssignments(ProtocolReader reader)
    {
        int count = reader.ReadNullableArrayLength();
        for (int i = 0; i < count; i++)
        {
            ReadReplicas(reader);
        }

        return count;
    }

    private (ErrorCode Error, string? Message) Create(WantedTopic topic, bool validateOnly)
    {
        if (topic.Assigned.Count > 0)
        {
            bool complete = topic.Assigned.Order().SequenceEqual(Enumerable.Range(0, topic.Assigned.Count));
            if (!complete || !topic.AssignedOnlyHere)
            {
                return (ErrorCode.InvalidReplicaAssignment, "There is one node, and partitions are numbered from 0.");
            }
        }
        else if (topic.ReplicationFactor is not (1 or -1))
        {
            return (ErrorCode.InvalidReplicationFactor, $"There is one node, so {topic.ReplicationFactor} replicas cannot be.");
        }

        foreach ((string name, string? value) in topic.Config)
        {
            if (TopicConfig.Fault(name, value) is { } fault)
            {
                return (ErrorCode.InvalidConfig, fault);
            }
        }

        TopicConfig config = new(topic.Config.ToDictionary(entry => entry.Key, entry => entry.Value!));
        ErrorCode error = topics.Create(topic.Name, topic.Partitions, config, validateOnly);
        return (error, error switch
        {
            ErrorCode.None => null,
            ErrorCode.TopicAlreadyExists => $"Topic '{topic.Name}' already exists.",
            ErrorCode.InvalidPartitions => $"{topic.Partitions} is not a number of partitions.",
            _ => "The topic's name is not valid.",
        });
    }

    private sealed record WantedTopic(
        string Name,
        int Partitions,
        short ReplicationFactor,
        List<int> Assigned,
        bool AssignedOnlyHere,
        Dictionary<string, string?> Config);
}
