namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// A JoinGroup request. From version 4 on (RequiresMemberId) a new dynamic member first gets an id and joins again with it (KIP-394).
/// </summary>
internal sealed record JoinCommand(
    string MemberId,
    string? InstanceId,
    string ClientId,
    string ClientHost,
    TimeSpan SessionTimeout,
    TimeSpan RebalanceTimeout,
    string ProtocolType,
    IReadOnlyList<GroupProtocol> Protocols,
    bool RequiresMemberId);

internal readonly record struct JoinedMember(string Id, string? InstanceId, byte[] Metadata);

/// <summary>The outcome of a join. The leader gets all members, to assign to them; the others get none.</summary>
internal sealed record JoinResult(
    ErrorCode Error, string MemberId, int Generation, string Protocol, string LeaderId, IReadOnlyList<JoinedMember> Members)
{
    public static JoinResult Failed(ErrorCode error, string memberId) => new(error, memberId, -1, "", "", []);
}

internal readonly record struct SyncResult(ErrorCode Error, byte[] Assignment)
{
    public static SyncResult Failed(ErrorCode error) => new(error, []);
}

/// <summary>The identity that a request to the group carries: a member of a generation, perhaps a static one.</summary>
internal readonly record struct MemberIdentity(string MemberId, string? InstanceId, int Generation);

internal readonly record struct DescribedMember(
    string Id, string? InstanceId, string ClientId, string ClientHost, byte[] Metadata, byte[] Assignment);

internal sealed record GroupDescription(GroupState State, string ProtocolType, string Protocol, IReadOnlyList<DescribedMember> Members);
