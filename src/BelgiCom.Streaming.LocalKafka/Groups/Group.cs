namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// One consumer group of the classic protocol: its members, and the rebalance that gives them the leader's assignment. The clients decide
/// what is assigned (range, cooperative-sticky); the group only carries the bytes. All public members may be called from any thread.
/// </summary>
internal sealed partial class Group(string id, TimeProvider clock, TimeSpan initialRebalanceDelay, Action<GroupRecord> store)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, GroupMember> _members = [];
    private readonly Dictionary<string, string> _memberIdByInstance = [];
    private readonly Dictionary<string, ITimer> _promisedIds = [];
    private GroupState _state = GroupState.Empty;
    private string? _protocolType;
    private string _protocol = "";
    private string _leaderId = "";
    private int _generation;
    private ITimer? _rebalanceTimer;
    private bool _initialDelay;

    public string Id { get; } = id;

    /// <summary>Joins or joins again. The result comes when all members have joined.</summary>
    public Task<JoinResult> JoinAsync(JoinCommand command)
    {
        lock (_gate)
        {
            if (_state == GroupState.Dead)
            {
                return Rejected(ErrorCode.CoordinatorNotAvailable, command.MemberId);
            }

            if (!FitsProtocols(command))
            {
                return Rejected(ErrorCode.InconsistentGroupProtocol, command.MemberId);
            }

            return command.MemberId.Length == 0 ? JoinWithoutId(command) : JoinWithId(command);
        }
    }

    /// <summary>Asks for the member's assignment; the leader also brings the assignments of all.</summary>
    public Task<SyncResult> SyncAsync(MemberIdentity identity, IReadOnlyDictionary<string, byte[]> assignments)
    {
        lock (_gate)
        {
            ErrorCode error = Check(identity);
            if (error == ErrorCode.None && _state == GroupState.PreparingRebalance)
            {
                error = ErrorCode.RebalanceInProgress;
            }

            if (error != ErrorCode.None)
            {
                return Task.FromResult(SyncResult.Failed(error));
            }

            GroupMember member = _members[identity.MemberId];
            RestartSession(member);
            if (_state == GroupState.Stable)
            {
                return Task.FromResult(new SyncResult(ErrorCode.None, member.Assignment));
            }

            member.EndSync(SyncResult.Failed(ErrorCode.RebalanceInProgress));
            member.Syncing = new TaskCompletionSource<SyncResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<SyncResult> result = member.Syncing.Task;
            if (member.Id == _leaderId)
            {
                Distribute(assignments);
            }

            return result;
        }
    }

    public ErrorCode Heartbeat(MemberIdentity identity)
    {
        lock (_gate)
        {
            ErrorCode error = Check(identity);
            if (error != ErrorCode.None)
            {
                return error;
            }

            RestartSession(_members[identity.MemberId]);
            return _state == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
        }
    }

    /// <summary>Removes a member that leaves, or a static member that an operator names by its instance id alone.</summary>
    public ErrorCode Leave(string memberId, string? instanceId)
    {
        lock (_gate)
        {
            if (instanceId is not null)
            {
                if (!_memberIdByInstance.TryGetValue(instanceId, out string? current))
                {
                    return ErrorCode.UnknownMemberId;
                }

                if (memberId.Length > 0 && memberId != current)
                {
                    return ErrorCode.FencedInstanceId;
                }

                memberId = current;
            }

            if (_promisedIds.ContainsKey(memberId))
            {
                BreakPromise(memberId);
                return ErrorCode.None;
            }

            if (!_members.TryGetValue(memberId, out GroupMember? member))
            {
                return ErrorCode.UnknownMemberId;
            }

            Remove(member);
            return ErrorCode.None;
        }
    }

    /// <summary>
    /// Whether this identity may commit offsets now. An identity without a member may do so only while the group has no members.
    /// </summary>
    public ErrorCode CheckCommit(MemberIdentity identity, bool transactional)
    {
        lock (_gate)
        {
            bool anonymous = identity.Generation < 0 && identity.MemberId.Length == 0 && identity.InstanceId is null;
            if (_state == GroupState.Dead)
            {
                return ErrorCode.CoordinatorNotAvailable;
            }

            if (anonymous && (transactional || _state == GroupState.Empty))
            {
                return ErrorCode.None;
            }

            ErrorCode error = Check(identity);
            if (error != ErrorCode.None)
            {
                return error;
            }

            RestartSession(_members[identity.MemberId]);
            return !transactional && _state == GroupState.CompletingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
        }
    }

    public GroupDescription Describe()
    {
        lock (_gate)
        {
            bool settled = _state == GroupState.Stable;
            IEnumerable<DescribedMember> members = _members.Values.Select(member => new DescribedMember(
                member.Id,
                member.InstanceId,
                member.ClientId,
                member.ClientHost,
                settled ? member.MetadataFor(_protocol) : [],
                settled ? member.Assignment : []));
            return new GroupDescription(_state, _protocolType ?? "", settled ? _protocol : "", [.. members]);
        }
    }

    /// <summary>True when the group was empty and is deleted now.</summary>
    public bool TryEnd()
    {
        lock (_gate)
        {
            if (_members.Count > 0 || _promisedIds.Count > 0)
            {
                return false;
            }

            _state = GroupState.Dead;
            _rebalanceTimer?.Dispose();
            return true;
        }
    }

    private ErrorCode Check(MemberIdentity identity)
    {
        if (_state == GroupState.Dead)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        if (identity.InstanceId is not null)
        {
            if (!_memberIdByInstance.TryGetValue(identity.InstanceId, out string? current))
            {
                return ErrorCode.UnknownMemberId;
            }

            if (current != identity.MemberId)
            {
                return ErrorCode.FencedInstanceId;
            }
        }

        return !_members.ContainsKey(identity.MemberId) ? ErrorCode.UnknownMemberId
            : identity.Generation != _generation ? ErrorCode.IllegalGeneration : ErrorCode.None;
    }

    private void Distribute(IReadOnlyDictionary<string, byte[]> assignments)
    {
        foreach (GroupMember member in _members.Values)
        {
            member.Assignment = assignments.GetValueOrDefault(member.Id, []);
        }

        // Stored before the members are told, so that a restart remembers every assignment that a member acts on.
        Store();
        _state = GroupState.Stable;
        _rebalanceTimer?.Dispose();
        foreach (GroupMember member in _members.Values)
        {
            member.EndSync(new SyncResult(ErrorCode.None, member.Assignment));
            RestartSession(member);
        }
    }

    private static void RestartSession(GroupMember member) => member.SessionTimer?.Change(member.SessionTimeout, Timeout.InfiniteTimeSpan);

    private void ExpireSession(GroupMember member)
    {
        lock (_gate)
        {
            if (_members.GetValueOrDefault(member.Id) != member)
            {
                return;
            }

            if (member.IsWaiting)
            {
                RestartSession(member);
                return;
            }

            Remove(member);
        }
    }

    private void Remove(GroupMember member)
    {
        _members.Remove(member.Id);
        if (member.InstanceId is not null)
        {
            _memberIdByInstance.Remove(member.InstanceId);
        }

        member.EndJoin(JoinResult.Failed(ErrorCode.UnknownMemberId, member.Id));
        member.EndSync(SyncResult.Failed(ErrorCode.UnknownMemberId));
        member.Dispose();
        if (_state == GroupState.PreparingRebalance)
        {
            TryCompleteJoin();
        }
        else if (_state is GroupState.Stable or GroupState.CompletingRebalance)
        {
            Rebalance();
        }
    }
}
