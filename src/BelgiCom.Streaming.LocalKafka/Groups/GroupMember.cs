namespace BelgiCom.Streaming.LocalKafka;

/// <summary>One assignor that a member supports, with what the member tells the group's leader for it (topics, owned partitions).</summary>
internal readonly record struct GroupProtocol(string Name, byte[] Metadata);

/// <summary>A member of a group. The group's lock guards it.</summary>
internal sealed class GroupMember(string id, string? instanceId) : IDisposable
{
    public string Id { get; } = id;

    /// <summary>The name of a static member (KIP-345), which outlives its connection; null for a dynamic one.</summary>
    public string? InstanceId { get; } = instanceId;

    public required string ClientId { get; init; }

    public required string ClientHost { get; init; }

    public TimeSpan SessionTimeout { get; set; }

    public TimeSpan RebalanceTimeout { get; set; }

    public IReadOnlyList<GroupProtocol> Protocols { get; set; } = [];

    public byte[] Assignment { get; set; } = [];

    /// <summary>Set while a JoinGroup of the member waits for the others.</summary>
    public TaskCompletionSource<JoinResult>? Joining { get; set; }

    /// <summary>Set while a SyncGroup of the member waits for the leader's assignment.</summary>
    public TaskCompletionSource<SyncResult>? Syncing { get; set; }

    public ITimer? SessionTimer { get; set; }

    /// <summary>A member that waits for an answer cannot send heartbeats, so it needs none.</summary>
    public bool IsWaiting => Joining is not null || Syncing is not null;

    public byte[] MetadataFor(string protocol) => Protocols.First(offered => offered.Name == protocol).Metadata;

    public bool OffersSameAs(IReadOnlyList<GroupProtocol> protocols) =>
        Protocols.Count == protocols.Count && Protocols.Zip(protocols).All(
            pair => pair.First.Name == pair.Second.Name && pair.First.Metadata.AsSpan().SequenceEqual(pair.Second.Metadata));

    public void EndJoin(JoinResult result)
    {
        Joining?.TrySetResult(result);
        Joining = null;
    }

    public void EndSync(SyncResult result)
    {
        Syncing?.TrySetResult(result);
        Syncing = null;
    }

    public void Dispose() => SessionTimer?.Dispose();
}
