namespace BelgiCom.Streaming.LocalKafka;

/// <summary>OffsetCommit, OffsetFetch and TxnOffsetCommit.</summary>
internal sealed class OffsetRequests(GroupCoordinator groups, GroupStore offsets, TransactionCoordinator transactions, TopicStore topics)
{
    // The default of offset.metadata.max.bytes.
    private const int MaxMetadataLength = 4096;

    public void Commit(Request request)
    {
        ProtocolReader reader = request.Reader;
        string group = reader.ReadString();
        int generation = reader.ReadInt32();
        string memberId = reader.ReadString();
        string? instanceId = request.Version >= 7 ? reader.ReadNullableString() : null;
        if (request.Version <= 4)
        {
            reader.ReadInt64();
        }

        List<RequestedCommit> commits = ReadCommits(request, group, leaderEpochSince: 6);
        ErrorCode error = groups.CheckCommit(group, new MemberIdentity(memberId, instanceId, generation), transactional: false);
        Judge(commits, error);
        Finish(commits, offsets.Commit(Accepted(commits)));
        if (request.Version >= 3)
        {
            request.Writer.WriteInt32(0);
        }

        WriteResults(request, commits);
    }

    public void CommitInTransaction(Request request)
    {
        ProtocolReader reader = request.Reader;
        string transactionalId = reader.ReadString();
        string group = reader.ReadString();
        long producerId = reader.ReadInt64();
        short producerEpoch = reader.ReadInt16();
        MemberIdentity identity = new("", null, -1);
        if (request.Version >= 3)
        {
            int generation = reader.ReadInt32();
            identity = new MemberIdentity(reader.ReadString(), reader.ReadNullableString(), generation);
        }

        List<RequestedCommit> commits = ReadCommits(request, group, leaderEpochSince: 2);
        reader.EndStruct();
        ErrorCode error = transactions.Check(transactionalId, producerId, producerEpoch);
        Judge(commits, error != ErrorCode.None ? error : groups.CheckCommit(group, identity, transactional: true));
        Finish(commits, offsets.CommitInTransaction(Accepted(commits), producerId, producerEpoch));
        request.Writer.WriteInt32(0);
        WriteResults(request, commits);
        request.Writer.EndStruct();
    }

    public void Fetch(Request request)
    {
        ProtocolReader reader = request.Reader;
        string group = reader.ReadString();
        List<TopicPartitionName>? wanted = ReadPartitions(reader);
        bool requireStable = request.Version >= 7 && reader.ReadBoolean();
        reader.EndStruct();
        ProtocolWriter writer = request.Writer;
        if (request.Version >= 3)
        {
            writer.WriteInt32(0);
        }

        writer.WriteByTopic(wanted ?? offsets.PartitionsOf(group), partition => partition, partition =>
        {
            // An offset that a transaction holds may still change; a reader that started from the old one would read twice (KIP-447).
            bool unstable = requireStable && offsets.IsPending(group, partition);
            ErrorCode error = unstable ? ErrorCode.UnstableOffsetCommit : ErrorCode.None;
            WriteOffset(request, unstable ? null : offsets.Find(group, partition), error);
        });

        if (request.Version >= 2)
        {
            writer.WriteError(ErrorCode.None);
        }

        writer.EndStruct();
    }

    private static void WriteOffset(Request request, CommittedOffset? offset, ErrorCode error)
    {
        ProtocolWriter writer = request.Writer;
        writer.WriteInt64(offset?.Offset ?? -1);
        if (request.Version >= 5)
        {
            writer.WriteInt32(offset?.LeaderEpoch ?? -1);
        }

        writer.WriteNullableString(offset?.Metadata ?? "");
        writer.WriteError(error);
    }

    /// <summary>Null asks for all the group has.</summary>
    private static List<TopicPartitionName>? ReadPartitions(ProtocolReader reader)
    {
        int topicCount = reader.ReadNullableArrayLength();
        if (topicCount < 0)
        {
            return null;
        }

        List<TopicPartitionName> wanted = new();
        for (; topicCount > 0; topicCount--)
        {
            string topic = reader.ReadString();
            for (int left = reader.ReadArrayLength(); left > 0; left--)
            {
                wanted.Add(new TopicPartitionName(topic, reader.ReadInt32()));
            }

            reader.EndStruct();
        }

        return wanted;
    }

    private static List<RequestedCommit> ReadCommits(Request request, string group, short leaderEpochSince)
    {
        ProtocolReader reader = request.Reader;
        List<RequestedCommit> commits = new();
        for (int topicsLeft = reader.ReadArrayLength(); topicsLeft > 0; topicsLeft--)
        {
            string topic = reader.ReadString();
            for (int left = reader.ReadArrayLength(); left > 0; left--)
            {
                TopicPartitionName partition = new(topic, reader.ReadInt32());
                long offset = reader.ReadInt64();
                int leaderEpoch = request.Version >= leaderEpochSince ? reader.ReadInt32() : -1;
                CommittedOffset committed = new(offset, leaderEpoch, reader.ReadNullableString() ?? "");
                commits.Add(new RequestedCommit(new OffsetRecord(group, partition, committed)));
                reader.EndStruct();
            }

            reader.EndStruct();
        }

        return commits;
    }

    private static List<OffsetRecord> Accepted(List<RequestedCommit> commits) =>
        [.. commits.Where(commit => commit.Error == ErrorCode.None).Select(commit => commit.Record)];

    private static void Finish(List<RequestedCommit> commits, ErrorCode error)
    {
        foreach (RequestedCommit commit in commits.Where(commit => commit.Error == ErrorCode.None))
        {
            commit.Error = error;
        }
    }

    private static void WriteResults(Request request, List<RequestedCommit> commits)
    {
        ProtocolWriter writer = request.Writer;
        writer.WriteByTopic(commits, commit => commit.Record.Partition, commit => writer.WriteError(commit.Error));
    }

    private void Judge(List<RequestedCommit> commits, ErrorCode groupError)
    {
        foreach (RequestedCommit commit in commits)
        {
            TopicPartitionName partition = commit.Record.Partition;
            commit.Error = groupError != ErrorCode.None ? groupError
                : topics.Find(partition.Topic, partition.Partition) is null ? ErrorCode.UnknownTopicOrPartition
                : commit.Record.Offset!.Value.Metadata.Length > MaxMetadataLength ? ErrorCode.OffsetMetadataTooLarge : ErrorCode.None;
        }
    }

    private sealed class RequestedCommit(OffsetRecord record)
    {
        public OffsetRecord Record { get; } = record;

        public ErrorCode Error { get; set; }
    }
}
