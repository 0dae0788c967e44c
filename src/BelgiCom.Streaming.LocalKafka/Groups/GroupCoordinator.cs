using System.Collections.Concurrent;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>All groups. A group exists as long as it has members or committed offsets, and after that until it is deleted.</summary>
internal sealed class GroupCoordinator
{
    private static readonly TimeSpan MaxSessionTimeout = TimeSpan.FromMinutes(30);
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly GroupStore _offsets;
    private readonly LocalKafkaOptions _options;

    public GroupCoordinator(GroupStore offsets, LocalKafkaOptions options)
    {
        _offsets = offsets;
        _options = options;
        foreach (GroupRecord stored in offsets.StoredGroups)
        {
            GetOrAdd(stored.GroupId).Restore(stored);
        }
    }

    public IEnumerable<string> Names => _groups.Keys.Union(_offsets.Groups).Order(StringComparer.Ordinal);

    public bool AcceptsSession(TimeSpan timeout) => timeout >= _options.GroupMinSessionTimeout && timeout <= MaxSessionTimeout;

    /// <summary>The group; a member's first join makes it.</summary>
    public Group GetOrAdd(string id) =>
        _groups.GetOrAdd(id, name => new Group(name, _options.TimeProvider, _options.GroupInitialRebalanceDelay, _offsets.StoreGroup));

    /// <summary>The group, or null when no member ever joined it.</summary>
    public Group? Find(string id) => _groups.GetValueOrDefault(id);

    public GroupDescription Describe(string id) =>
        Find(id)?.Describe() ?? new GroupDescription(_offsets.Knows(id) ? GroupState.Empty : GroupState.Dead, "", "", []);

    /// <summary>Whether the identity may commit offsets of the group. A group without members accepts them from anyone.</summary>
    public ErrorCode CheckCommit(string id, MemberIdentity identity, bool transactional)
    {
        if (id.Length == 0)
        {
            return ErrorCode.InvalidGroupId;
        }

        if (Find(id) is { } group)
        {
            return group.CheckCommit(identity, transactional);
        }

        return identity.Generation < 0 ? ErrorCode.None : transactional ? ErrorCode.UnknownMemberId : ErrorCode.IllegalGeneration;
    }

    public ErrorCode Delete(string id)
    {
        Group? group = Find(id);
        if (group is null && !_offsets.Knows(id))
        {
            return ErrorCode.GroupIdNotFound;
        }

        if (group is not null && !group.TryEnd())
        {
            return ErrorCode.NonEmptyGroup;
        }

        _offsets.DeleteGroup(id);
        _groups.TryRemove(id, out _);
        return ErrorCode.None;
    }
}
