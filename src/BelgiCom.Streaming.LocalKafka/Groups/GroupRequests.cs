namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The requests about membership of groups.</summary>
internal sealed class GroupRequests(GroupCoordinator groups)
{
    // In the protocol this number means "authorized operations were not asked for".
    private const int NotAsked = int.MinValue;

    public void Join(Request request, CancellationToken stopping)
    {
        string groupId = request.Reader.ReadString();
        JoinCommand command = ReadJoin(request);
        ErrorCode error = groupId.Length == 0 ? ErrorCode.InvalidGroupId
            : groups.AcceptsSession(command.SessionTimeout) ? ErrorCode.None : ErrorCode.InvalidSessionTimeout;
        JoinResult result = error != ErrorCode.None
            ? JoinResult.Failed(error, command.MemberId)
            : Wait(groups.GetOrAdd(groupId).JoinAsync(command), request, stopping);
        WriteJoin(request, result);
    }

    public void Sync(Request request, CancellationToken stopping)
    {
        ProtocolReader reader = request.Reader;
        string groupId = reader.ReadString();
        MemberIdentity identity = ReadIdentity(request, instanceIdSince: 3);
        Dictionary<string, byte[]> assignments = new();
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            assignments[reader.ReadString()] = reader.ReadBytes().ToArray();
        }

        SyncResult result = groups.Find(groupId) is { } group
            ? Wait(group.SyncAsync(identity, assignments), request, stopping)
            : SyncResult.Failed(ErrorCode.UnknownMemberId);
        if (request.Version >= 1)
        {
            request.Writer.WriteInt32(0);
        }

        request.Writer.WriteError(result.Error);
        request.Writer.WriteBytes(result.Assignment);
    }

    public void Heartbeat(Request request)
    {
        string groupId = request.Reader.ReadString();
        MemberIdentity identity = ReadIdentity(request, instanceIdSince: 3);
        if (request.Version >= 1)
        {
            request.Writer.WriteInt32(0);
        }

        request.Writer.WriteError(groups.Find(groupId)?.Heartbeat(identity) ?? ErrorCode.UnknownMemberId);
    }

    public void Leave(Request request)
    {
        ProtocolReader reader = request.Reader;
        ProtocolWriter writer = request.Writer;
        Group? group = groups.Find(reader.ReadString());
        if (request.Version >= 1)
        {
            writer.WriteInt32(0);
        }

        if (request.Version < 3)
        {
            writer.WriteError(group?.Leave(reader.ReadString(), null) ?? ErrorCode.UnknownMemberId);
            return;
        }

        writer.WriteError(ErrorCode.None);
        int count = reader.ReadArrayLength();
        writer.WriteArrayLength(count);
        for (int i = 0; i < count; i++)
        {
            string memberId = reader.ReadString();
            string? instanceId = reader.ReadNullableString();
            writer.WriteString(memberId);
            writer.WriteNullableString(instanceId);
            writer.WriteError(group?.Leave(memberId, instanceId) ?? ErrorCode.UnknownMemberId);
        }
    }

    public void Describe(Request request)
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
            string groupId = request.Reader.ReadString();
            writer.WriteError(ErrorCode.None);
            writer.WriteString(groupId);
            WriteDescription(request, groups.Describe(groupId));
        }
    }

    public void List(Request request)
    {
        ProtocolWriter writer = request.Writer;
        if (request.Version >= 1)
        {
            writer.WriteInt32(0);
        }

        writer.WriteError(ErrorCode.None);
        List<string> names = [.. groups.Names];
        writer.WriteArrayLength(names.Count);
        foreach (string name in names)
        {
            writer.WriteString(name);
            writer.WriteString(groups.Describe(name).ProtocolType);
        }
    }

    public void Delete(Request request)
    {
        int count = request.Reader.ReadArrayLength();
        request.Writer.WriteInt32(0);
        request.Writer.WriteArrayLength(count);
        for (int i = 0; i < count; i++)
        {
            string groupId = request.Reader.ReadString();
            request.Writer.WriteString(groupId);
            request.Writer.WriteError(groups.Delete(groupId));
        }
    }

    /// <summary>
    /// Blocks the connection's thread, which has nothing else to do, because its client sends nothing before it has the answer. It ends
    /// when the client has gone.
    /// </summary>
    private static T Wait<T>(Task<T> others, Request request, CancellationToken stopping)
    {
        while (!others.Wait(Request.LookInterval, stopping))
        {
            if (request.ClientHasGone())
            {
                throw new OperationCanceledException("The client has gone.");
            }
        }

        return others.Result;
    }

    private static JoinCommand ReadJoin(Request request)
    {
        ProtocolReader reader = request.Reader;
        TimeSpan sessionTimeout = TimeSpan.FromMilliseconds(reader.ReadInt32());
        TimeSpan rebalanceTimeout = request.Version >= 1 ? TimeSpan.FromMilliseconds(Math.Max(0, reader.ReadInt32())) : sessionTimeout;
        string memberId = reader.ReadString();
        string? instanceId = request.Version >= 5 ? reader.ReadNullableString() : null;
        string protocolType = reader.ReadString();
        List<GroupProtocol> protocols = new();
        for (int left = reader.ReadArrayLength(); left > 0; left--)
        {
            protocols.Add(new GroupProtocol(reader.ReadString(), reader.ReadBytes().ToArray()));
        }

        return new JoinCommand(
            memberId,
            instanceId,
            request.ClientId,
            request.ClientHost,
            sessionTimeout,
            rebalanceTimeout,
            protocolType,
            protocols,
            RequiresMemberId: request.Version >= 4);
    }

    private static void WriteJoin(Request request, JoinResult result)
    {
        ProtocolWriter writer = request.Writer;
        if (request.Version >= 2)
        {
            writer.WriteInt32(0);
        }

        writer.WriteError(result.Error);
        writer.WriteInt32(result.Generation);
        writer.WriteString(result.Protocol);
        writer.WriteString(result.LeaderId);
        writer.WriteString(result.MemberId);
        writer.WriteArrayLength(result.Members.Count);
        foreach (JoinedMember member in result.Members)
        {
            writer.WriteString(member.Id);
            if (request.Version >= 5)
            {
                writer.WriteNullableString(member.InstanceId);
            }

            writer.WriteBytes(member.Metadata);
        }
    }

    private static MemberIdentity ReadIdentity(Request request, short instanceIdSince)
    {
        int generation = request.Reader.ReadInt32();
        string memberId = request.Reader.ReadString();
        return new MemberIdentity(memberId, request.Version >= instanceIdSince ? request.Reader.ReadNullableString() : null, generation);
    }

    private static void WriteDescription(Request request, GroupDescription group)
    {
        ProtocolWriter writer = request.Writer;
        writer.WriteString(group.State.ToString());
        writer.WriteString(group.ProtocolType);
        writer.WriteString(group.Protocol);
        writer.WriteArrayLength(group.Members.Count);
        foreach (DescribedMember member in group.Members)
        {
            writer.WriteString(member.Id);
            if (request.Version >= 4)
            {
                writer.WriteNullableString(member.InstanceId);
            }

            writer.WriteString(member.ClientId);
            writer.WriteString(member.ClientHost);
            writer.WriteBytes(member.Metadata);
            writer.WriteBytes(member.Assignment);
        }

        if (request.Version >= 3)
        {
            writer.WriteInt32(NotAsked);
        }
    }
}
