namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The first half of a rebalance: gathering the members.</summary>
internal sealed partial class Group
{
    private const int MostOfNameInId = 255;

    private static Task<JoinResult> Rejected(ErrorCode error, string memberId) => Task.FromResult(JoinResult.Failed(error, memberId));

    private bool FitsProtocols(JoinCommand command)
    {
        if (command.Protocols.Count == 0 || command.ProtocolType.Length == 0)
        {
            return false;
        }

        List<GroupMember> others = [.. _members.Values.Where(
            member => member.Id != command.MemberId && member.InstanceId != (command.InstanceId ?? ""))];
        return others.Count == 0
            || (command.ProtocolType == _protocolType
                && command.Protocols.Any(offered => others.All(member => member.Protocols.Any(own => own.Name == offered.Name))));
    }

    private Task<JoinResult> JoinWithoutId(JoinCommand command)
    {
        // The name is cut, because an id must fit a string of the protocol.
        string name = command.InstanceId ?? command.ClientId;
        string newId = $"{(name.Length > MostOfNameInId ? name[..MostOfNameInId] : name)}-{Guid.NewGuid()}";
        if (command.InstanceId is not null && _memberIdByInstance.TryGetValue(command.InstanceId, out string? oldId))
        {
            return Replace(_members[oldId], newId, command);
        }

        if (command.InstanceId is null && command.RequiresMemberId)
        {
            _promisedIds[newId] = clock.CreateTimer(_ => ExpirePromise(newId), null, command.SessionTimeout, Timeout.InfiniteTimeSpan);
            return Rejected(ErrorCode.MemberIdRequired, newId);
        }

        return Add(newId, command);
    }

    private Task<JoinResult> JoinWithId(JoinCommand command)
    {
        if (_promisedIds.Remove(command.MemberId, out ITimer? promise))
        {
            promise.Dispose();
            return Add(command.MemberId, command);
        }

        if (command.InstanceId is not null && _memberIdByInstance.TryGetValue(command.InstanceId, out string? current)
            && current != command.MemberId)
        {
            return Rejected(ErrorCode.FencedInstanceId, command.MemberId);
        }

        if (!_members.TryGetValue(command.MemberId, out GroupMember? member) || member.InstanceId != command.InstanceId)
        {
            return Rejected(ErrorCode.UnknownMemberId, command.MemberId);
        }

        // In a settled group, only the leader or a member with another offer starts a rebalance; a member that repeats its join gets the
        // answer it missed.
        bool repeated = member.OffersSameAs(command.Protocols)
            && (_state == GroupState.CompletingRebalance || (_state == GroupState.Stable && member.Id != _leaderId));
        Update(member, command);
        return repeated ? Task.FromResult(ResultFor(member)) : WaitForOthers(member);
    }

    private Task<JoinResult> Add(string memberId, JoinCommand command)
    {
        GroupMember member = new(memberId, command.InstanceId) { ClientId = command.ClientId, ClientHost = command.ClientHost };
        Update(member, command);
        Insert(member);
        _protocolType = command.ProtocolType;
        return WaitForOthers(member);
    }

    /// <summary>
    /// A static member comes back under a new id. The old id is fenced; if the member's offer has not changed, the group does not notice.
    /// </summary>
    private Task<JoinResult> Replace(GroupMember old, string newId, JoinCommand command)
    {
        string leaderBefore = _leaderId;
        bool unchanged = _state == GroupState.Stable && old.OffersSameAs(command.Protocols);
        _members.Remove(old.Id);
        old.EndJoin(JoinResult.Failed(ErrorCode.FencedInstanceId, old.Id));
        old.EndSync(SyncResult.Failed(ErrorCode.FencedInstanceId));
        old.Dispose();
        GroupMember member = new(newId, old.InstanceId)
        {
            ClientId = command.ClientId,
            ClientHost = command.ClientHost,
            Assignment = old.Assignment,
        };
        Update(member, command);
        Insert(member);
        if (_leaderId == old.Id)
        {
            _leaderId = newId;
        }

        if (unchanged)
        {
            Store();
        }

        // The returning leader is told its former id as the leader's, so it takes itself for a follower and leaves the assignment as it is.
        return unchanged ? Task.FromResult(ResultFor(member) with { LeaderId = leaderBefore, Members = [] }) : WaitForOthers(member);
    }

    private void Insert(GroupMember member)
    {
        _members.Add(member.Id, member);
        if (member.InstanceId is not null)
        {
            _memberIdByInstance[member.InstanceId] = member.Id;
        }

        member.SessionTimer = clock.CreateTimer(_ => ExpireSession(member), null, member.SessionTimeout, Timeout.InfiniteTimeSpan);
    }

    private static void Update(GroupMember member, JoinCommand command)
    {
        member.SessionTimeout = command.SessionTimeout;
        member.RebalanceTimeout = command.RebalanceTimeout;
        member.Protocols = command.Protocols;
        RestartSession(member);
    }

    private Task<JoinResult> WaitForOthers(GroupMember member)
    {
        member.EndJoin(JoinResult.Failed(ErrorCode.RebalanceInProgress, member.Id));
        member.Joining = new TaskCompletionSource<JoinResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<JoinResult> result = member.Joining.Task;
        if (_state == GroupState.PreparingRebalance)
        {
            TryCompleteJoin();
        }
        else
        {
            Rebalance();
        }

        return result;
    }

    private void Rebalance()
    {
        _initialDelay = _state == GroupState.Empty && initialRebalanceDelay > TimeSpan.Zero;
        _state = GroupState.PreparingRebalance;
        foreach (GroupMember member in _members.Values.Where(member => member.Syncing is not null))
        {
            member.EndSync(SyncResult.Failed(ErrorCode.RebalanceInProgress));
            RestartSession(member);
        }

        TimeSpan limit = _members.Count == 0 ? TimeSpan.Zero : _members.Values.Max(member => member.RebalanceTimeout);
        RestartRebalanceTimer(_initialDelay ? initialRebalanceDelay : limit);
        TryCompleteJoin();
    }

    private void RestartRebalanceTimer(TimeSpan limit)
    {
        _rebalanceTimer?.Dispose();
        int generation = _generation;
        _rebalanceTimer = clock.CreateTimer(_ => EndGathering(generation), null, limit, Timeout.InfiniteTimeSpan);
    }

    private void TryCompleteJoin()
    {
        if (!_initialDelay && _promisedIds.Count == 0 && _members.Values.All(member => member.Joining is not null))
        {
            CompleteJoin();
        }
    }

    /// <summary>
    /// The time to gather is over: in the first half, members that did not join are removed; in the second half, those that did not sync.
    /// </summary>
    private void EndGathering(int generation)
    {
        lock (_gate)
        {
            if (_generation != generation || _state is not (GroupState.PreparingRebalance or GroupState.CompletingRebalance))
            {
                return;
            }

            if (_state == GroupState.PreparingRebalance)
            {
                _initialDelay = false;
                CompleteJoin();
                return;
            }

            foreach (GroupMember member in _members.Values.Where(member => member.Syncing is null).ToList())
            {
                Remove(member);
            }
        }
    }

    private void CompleteJoin()
    {
        // A static member may be away for a while; only the end of its session ends its membership.
        foreach (GroupMember absent in _members.Values.Where(member => member.Joining is null && member.InstanceId is null).ToList())
        {
            _members.Remove(absent.Id);
            absent.Dispose();
        }

        _rebalanceTimer?.Dispose();
        _generation++;
        if (_members.Count == 0)
        {
            _state = GroupState.Empty;
            _leaderId = "";
            Store();
            return;
        }

        if (!_members.TryGetValue(_leaderId, out GroupMember? leader) || leader.Joining is null)
        {
            _leaderId = (_members.Values.FirstOrDefault(member => member.Joining is not null) ?? _members.Values.First()).Id;
        }

        _state = GroupState.CompletingRebalance;
        _protocol = ChooseProtocol();
        RestartRebalanceTimer(_members.Values.Max(member => member.RebalanceTimeout));
        foreach (GroupMember member in _members.Values.Where(member => member.Joining is not null))
        {
            member.EndJoin(ResultFor(member));
            RestartSession(member);
        }
    }

    /// <summary>Chooses, among the assignors that all members know, the one that most members prefer.</summary>
    private string ChooseProtocol()
    {
        HashSet<string> common = [.. _members.Values.First().Protocols.Select(offered => offered.Name)];
        foreach (GroupMember member in _members.Values)
        {
            common.IntersectWith(member.Protocols.Select(offered => offered.Name));
        }

        return _members.Values.Select(member => member.Protocols.First(offered => common.Contains(offered.Name)).Name)
            .CountBy(name => name).MaxBy(votes => votes.Value).Key;
    }

    private JoinResult ResultFor(GroupMember member) => new(
        ErrorCode.None,
        member.Id,
        _generation,
        _protocol,
        _leaderId,
        member.Id == _leaderId
            ? [.. _members.Values.Select(one => new JoinedMember(one.Id, one.InstanceId, one.MetadataFor(_protocol)))]
            : []);

    private void ExpirePromise(string memberId)
    {
        lock (_gate)
        {
            BreakPromise(memberId);
        }
    }

    private void BreakPromise(string memberId)
    {
        if (_promisedIds.Remove(memberId, out ITimer? promise))
        {
            promise.Dispose();
            if (_state == GroupState.PreparingRebalance)
            {
                TryCompleteJoin();
            }
        }
    }
}
