namespace BelgiCom.Streaming.LocalKafka;

/// <summary>A stored member: its offer for the chosen assignor, and its assignment.</summary>
internal sealed record StoredMember(
    string Id,
    string? InstanceId,
    string ClientId,
    string ClientHost,
    int RebalanceTimeoutMs,
    int SessionTimeoutMs,
    byte[] Metadata,
    byte[] Assignment);

/// <summary>
/// A settled group: one record of <c>__consumer_offsets</c>, in Apache Kafka's own format (GroupMetadataKey version 2, GroupMetadataValue
/// version 3). With it, a broker that comes back within the session timeout finds its groups unchanged, and nobody has to rebalance.
/// </summary>
internal sealed record GroupRecord(
    string GroupId, string ProtocolType, int Generation, string? Protocol, string? LeaderId, IReadOnlyList<StoredMember> Members)
{
    public const short KeyVersion = 2;
    private const short ValueVersion = 3;

    /// <summary>Deletes the group's record.</summary>
    public static Span<byte> Tombstone(string group, long nowMs)
    {
        ProtocolWriter writer = new();
        WriteKey(writer, group);
        RecordBatchBuilder batch = new();
        batch.Add(0, writer.Written, default, hasValue: false);
        writer.Release();
        return batch.Build(nowMs);
    }

    public Span<byte> ToBatch(long nowMs)
    {
        ProtocolWriter writer = new();
        WriteKey(writer, GroupId);
        int keyLength = writer.Position;
        writer.WriteInt16(ValueVersion);
        writer.WriteString(ProtocolType);
        writer.WriteInt32(Generation);
        writer.WriteNullableString(Protocol);
        writer.WriteNullableString(LeaderId);
        writer.WriteInt64(nowMs);
        writer.WriteArrayLength(Members.Count);
        foreach (StoredMember member in Members)
        {
            writer.WriteString(member.Id);
            writer.WriteNullableString(member.InstanceId);
            writer.WriteString(member.ClientId);
            writer.WriteString(member.ClientHost);
            writer.WriteInt32(member.RebalanceTimeoutMs);
            writer.WriteInt32(member.SessionTimeoutMs);
            writer.WriteBytes(member.Metadata);
            writer.WriteBytes(member.Assignment);
        }

        RecordBatchBuilder batch = new();
        batch.Add(0, writer.Written[..keyLength], writer.Written[keyLength..]);
        writer.Release();
        return batch.Build(nowMs);
    }

    /// <summary>The group's name, and the group; null when the record deletes it.</summary>
    public static (string Name, GroupRecord? Stored) Read(RecordReader record)
    {
        ProtocolReader reader = new();
        reader.Reset(record.Key.ToArray());
        reader.ReadInt16();
        string name = reader.ReadString();
        if (!record.HasValue)
        {
            return (name, null);
        }

        reader.Reset(record.Value.ToArray());
        reader.ReadInt16();
        string protocolType = reader.ReadString();
        int generation = reader.ReadInt32();
        string? protocol = reader.ReadNullableString();
        string? leaderId = reader.ReadNullableString();
        reader.ReadInt64();
        List<StoredMember> members = new();
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            members.Add(new StoredMember(
                reader.ReadString(),
                reader.ReadNullableString(),
                reader.ReadString(),
                reader.ReadString(),
                reader.ReadInt32(),
                reader.ReadInt32(),
                [.. reader.ReadBytes()],
                [.. reader.ReadBytes()]));
        }

        return (name, new GroupRecord(name, protocolType, generation, protocol, leaderId, members));
    }

    private static void WriteKey(ProtocolWriter writer, string group)
    {
        writer.Reset();
        writer.WriteInt16(KeyVersion);
        writer.WriteString(group);
    }
}
