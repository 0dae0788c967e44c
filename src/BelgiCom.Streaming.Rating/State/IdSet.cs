using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Exact set of 128-bit ids of one day, made for ids that are not in it: nearly all are new. Slots lie in groups of 16; an octet per slot tells whether it is free and
/// seven bits of its id's hash, so one comparison of 16 octets answers for a whole group, and the ids themselves are only touched to add one.
/// At most seven eighths full: 19 to 39 MB per million ids, and 16 to 32 for those that are in no checkpoint yet.
/// </summary>
/// <remarks>
/// An id is in the first group from its home on that had a free slot when it came, so a search may stop at a group that has one. The home is given by the top
/// bits of the hash: growing is one pass in memory order.
/// </remarks>
internal sealed class IdSet
{
    private const int GroupLength = 16;
    private const int SmallestCapacity = 256;
    private const byte Used = 0x80;

    // Ids that are in no finished checkpoint, in the order of their claims: stored | handed out | frozen | committed | open.
    private readonly List<UInt128> _claimed = [];
    private readonly List<long> _chunks = [];
    private int _stored;
    private int _handedOut;
    private int _frozen;
    private int _committed;
    private byte[] _tags = new byte[SmallestCapacity];
    private UInt128[] _ids = new UInt128[SmallestCapacity];
    private int _shift = 64 - BitOperations.Log2(SmallestCapacity / GroupLength);
    private bool _hasGrown;

    public int Count { get; private set; }

    public long AllocatedOctets => ((long)_ids.Length * (16 + 1)) + ((long)_claimed.Capacity * 16) + ((long)_chunks.Capacity * sizeof(long));

    /// <summary>Whether ids were added since the last commit.</summary>
    public bool IsOpen => _claimed.Count > _committed;

    /// <summary>Whether there are frozen ids that were neither stored nor handed out.</summary>
    public bool HasChunk => _stored + _handedOut < _frozen;

    /// <summary>Numbers under which ids of this day were stored.</summary>
    public List<long> Chunks => _chunks;

    private long NextChunk => _chunks.Count == 0 ? 0 : _chunks[^1] + 1;

    private int MaxCount => _ids.Length / 8 * 7;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Hint(UInt128 id) => CacheHint.Load(ref _tags[(int)(Hash(id) >> _shift) * GroupLength]);

    /// <summary>Loads the slot that the id will most likely take; after <see cref="Hint"/> has had its effect.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void HintSlot(UInt128 id)
    {
        int group = (int)(Hash(id) >> _shift) * GroupLength;
        CacheHint.Load(ref _ids[group + (BitOperations.TrailingZeroCount(Free(group)) & (GroupLength - 1))]);
    }

    public bool Contains(UInt128 id)
    {
        ulong hash = Hash(id);
        Vector128<byte> tag = Vector128.Create(TagOf(hash));
        int mask = _tags.Length - 1;
        for (int group = (int)(hash >> _shift) * GroupLength; ; group = (group + GroupLength) & mask)
        {
            Vector128<byte> tags = Vector128.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(_tags), (nuint)group);
            for (uint same = Vector128.Equals(tags, tag).ExtractMostSignificantBits(); same != 0; same &= same - 1)
            {
                if (_ids[group + BitOperations.TrailingZeroCount(same)] == id)
                {
                    return true;
                }
            }

            if (Vector128.EqualsAny(tags, Vector128<byte>.Zero))
            {
                return false;
            }
        }
    }

    /// <summary>Adds an id that is not in the set, until the next commit or abort.</summary>
    public void Claim(UInt128 id)
    {
        Insert(id);
        _claimed.Add(id);
    }

    /// <summary>Adds the ids of a stored chunk for good; one that is there stays once.</summary>
    public void Restore(long chunk, ReadOnlySpan<UInt128> ids)
    {
        foreach (UInt128 id in ids)
        {
            if (!Contains(id))
            {
                Insert(id);
            }
        }

        _chunks.Add(chunk);
    }

    /// <summary>
    /// Makes room for a number of ids, down to the pages of memory: what is asked for beforehand must not be fetched, page by page, while ids
    /// come.
    /// </summary>
    public void EnsureRoom(int ids)
    {
        int capacity = _ids.Length;
        while (Count + ids > capacity / 8 * 7)
        {
            capacity *= 2;
        }

        if (capacity > _ids.Length)
        {
            Resize(capacity, touch: true);
        }

        _claimed.EnsureCapacity(_claimed.Count + ids);
    }

    /// <summary>What is committed now is what the next chunks hold.</summary>
    public void Freeze() => _frozen = _committed;

    /// <summary>Hands out frozen ids to be stored, once between two commits; the same ones again after <see cref="Abort"/>.</summary>
    public ReadOnlySpan<UInt128> TakeChunk(out long chunk)
    {
        chunk = NextChunk;
        _handedOut = Math.Min(_frozen - _stored, RatingSession.MaxIdsPerChunk);
        return CollectionsMarshal.AsSpan(_claimed).Slice(_stored, _handedOut);
    }

    /// <summary>Keeps what was claimed; a chunk that was handed out is stored.</summary>
    public void Commit()
    {
        if (_handedOut > 0)
        {
            _chunks.Add(NextChunk);
            _stored += _handedOut;
            _handedOut = 0;
            if (_stored == _frozen)
            {
                ForgetStored();
            }
        }

        _committed = _claimed.Count;
        _hasGrown = false;
    }

    /// <summary>
    /// Takes the ids out that were claimed since the last commit, the last first: then no other id can have passed a group because of one that is removed.
    /// Growing places ids in another order, so after it everything is placed anew.
    /// </summary>
    public void Abort()
    {
        if (_hasGrown)
        {
            Rebuild();
        }
        else
        {
            for (int index = _claimed.Count - 1; index >= _committed; index--)
            {
                _tags[SlotOf(_claimed[index])] = 0;
            }

            Count -= _claimed.Count - _committed;
        }

        _claimed.RemoveRange(_committed, _claimed.Count - _committed);
        _handedOut = 0;
        _hasGrown = false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(UInt128 id) => ((ulong)id ^ (ulong)(id >> 64)) * 0x9E3779B97F4A7C15;

    private static byte TagOf(ulong hash) => (byte)(Used | (hash & 0x7F));

    private void ForgetStored()
    {
        _claimed.RemoveRange(0, _stored);
        _stored = _frozen = 0;
        if (_claimed.Count == 0)
        {
            // Probably a day that is over: it has no more use for the room.
            _claimed.Capacity = 0;
        }
    }

    private void Insert(UInt128 id)
    {
        if (Count >= MaxCount)
        {
            Resize(_ids.Length * 2, touch: false);
        }

        Place(id);
        Count++;
    }

    private void Place(UInt128 id)
    {
        ulong hash = Hash(id);
        int mask = _tags.Length - 1;
        int group = (int)(hash >> _shift) * GroupLength;
        uint free;
        while ((free = Free(group)) == 0)
        {
            group = (group + GroupLength) & mask;
        }

        int slot = group + BitOperations.TrailingZeroCount(free);
        _tags[slot] = TagOf(hash);
        _ids[slot] = id;
    }

    private uint Free(int group) =>
        Vector128.Equals(Vector128.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(_tags), (nuint)group), Vector128<byte>.Zero).ExtractMostSignificantBits();

    private int SlotOf(UInt128 id)
    {
        int mask = _tags.Length - 1;
        int slot = (int)(Hash(id) >> _shift) * GroupLength;
        while (_tags[slot] == 0 || _ids[slot] != id)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void Resize(int capacity, bool touch)
    {
        _hasGrown = true;
        (byte[] tags, UInt128[] ids) = (_tags, _ids);
        _tags = new byte[capacity];
        _ids = new UInt128[capacity];
        _shift = 64 - BitOperations.Log2((uint)(capacity / GroupLength));
        if (touch)
        {
            // A new array of zeros is but a promise of the operating system; to keep it costs some microseconds for each 4,096 octets.
            Array.Clear(_tags);
            Array.Clear(_ids);
        }

        for (int slot = 0; slot < tags.Length; slot++)
        {
            if (tags[slot] != 0)
            {
                Place(ids[slot]);
            }
        }
    }

    private void Rebuild()
    {
        HashSet<UInt128> removed = [.. CollectionsMarshal.AsSpan(_claimed)[_committed..]];
        (byte[] tags, UInt128[] ids) = (_tags, _ids);
        _tags = new byte[tags.Length];
        _ids = new UInt128[ids.Length];
        Count = 0;
        for (int slot = 0; slot < tags.Length; slot++)
        {
            if (tags[slot] != 0 && !removed.Contains(ids[slot]))
            {
                Place(ids[slot]);
                Count++;
            }
        }
    }
}
