namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The part of a group that outlives the broker's process.</summary>
internal sealed partial class Group
{
    /// <summary>Restores a stored group before anybody can use it. The members' sessions start now.</summary>
    public void Restore(GroupRecord stored)
    {
        lock (_gate)
        {
            _protocolType = stored.ProtocolType;
            _protocol = stored.Protocol ?? "";
            _leaderId = stored.LeaderId ?? "";
            _generation = stored.Generation;
            _state = stored.Members.Count == 0 ? GroupState.Empty : GroupState.Stable;
            foreach (StoredMember member in stored.Members)
            {
                Insert(new GroupMember(member.Id, member.InstanceId)
                {
                    ClientId = member.ClientId,
                    ClientHost = member.ClientHost,
                    SessionTimeout = TimeSpan.FromMilliseconds(member.SessionTimeoutMs),
                    RebalanceTimeout = TimeSpan.FromMilliseconds(member.RebalanceTimeoutMs),
                    Protocols = [new GroupProtocol(_protocol, member.Metadata)],
                    Assignment = member.Assignment,
                });
            }
        }
    }

    private void Store() => store(new GroupRecord(
        Id,
        _protocolType ?? "",
        _generation,
        _protocol,
        _leaderId,
        [.. _members.Values.Select(member => new StoredMember(
            member.Id,
            member.InstanceId,
            member.ClientId,
            member.ClientHost,
            (int)member.RebalanceTimeout.TotalMilliseconds,
            (int)member.SessionTimeout.TotalMilliseconds,
            member.MetadataFor(_protocol),
            member.Assignment))]));
}
