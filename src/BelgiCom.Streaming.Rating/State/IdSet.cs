using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Exact set of 128-bit ids of one day: open addressing, linear probing, 16 octets a slot, at most three quarters full (21 to 43 MB per million ids).
/// Zero marks a free slot. The place of an id is given by the top bits of its hash, so growing is one pass in memory order.
/// </summary>
internal sealed class IdSet
{
    private const int SmallestCapacity = 256;

    private readonly List<UInt128> _claimed = [];
    private readonly List<long> _chunks = [];
    private UInt128[] _slots = new UInt128[SmallestCapacity];
    private int _shift = 64 - 8;
    private int _count;

    public int Count => _count;

    public long AllocatedOctets => ((long)_slots.Length * 16) + ((long)_chunks.Capacity * sizeof(long));

    /// <summary>Ids added since the last commit.</summary>
    public List<UInt128> Claimed => _claimed;

    /// <summary>Numbers of the batches under which ids of this day were stored.</summary>
    public List<long> Chunks => _chunks;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Hint(UInt128 id) => CacheHint.Load(ref _slots[Home(id)]);

    public bool Contains(UInt128 id)
    {
        UInt128[] slots = _slots;
        int mask = slots.Length - 1;
        for (int place = Home(id); slots[place] != UInt128.Zero; place = (place + 1) & mask)
        {
            if (slots[place] == id)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds an id that is not in the set, until the next commit or abort.</summary>
    public void Claim(UInt128 id)
    {
        Insert(id);
        _claimed.Add(id);
    }

    /// <summary>Adds an id for good; one that is there stays once.</summary>
    public void Restore(UInt128 id)
    {
        if (!Contains(id))
        {
            Insert(id);
        }
    }

    /// <summary>Makes room for a number of ids.</summary>
    public void EnsureRoom(int ids)
    {
        while (_count + ids > MaxCount)
        {
            Grow();
        }
    }

    public void Commit(long chunk)
    {
        for (int first = 0; first < _claimed.Count; first += RatingSession.MaxIdsPerChunk)
        {
            _chunks.Add(chunk + first);
        }

        _claimed.Clear();
    }

    public void Abort()
    {
        foreach (UInt128 id in _claimed)
        {
            Remove(id);
        }

        _claimed.Clear();
    }

    private int MaxCount => _slots.Length / 4 * 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Home(UInt128 id) => (int)((((ulong)id ^ (ulong)(id >> 64)) * 0x9E3779B97F4A7C15) >> _shift);

    private void Insert(UInt128 id)
    {
        if (_count >= MaxCount)
        {
            Grow();
        }

        Place(id);
        _count++;
    }

    private void Place(UInt128 id)
    {
        int mask = _slots.Length - 1;
        int place = Home(id);
        while (_slots[place] != UInt128.Zero)
        {
            place = (place + 1) & mask;
        }

        _slots[place] = id;
    }

    private void Grow()
    {
        UInt128[] old = _slots;
        _slots = new UInt128[old.Length * 2];
        _shift--;
        foreach (UInt128 id in old)
        {
            if (id != UInt128.Zero)
            {
                Place(id);
            }
        }
    }

    // Closes the gap, so that no mark of a removed id is needed: each following id moves up unless it would pass its home.
    private void Remove(UInt128 id)
    {
        int mask = _slots.Length - 1;
        int gap = Home(id);
        while (_slots[gap] != id)
        {
            gap = (gap + 1) & mask;
        }

        for (int place = (gap + 1) & mask; _slots[place] != UInt128.Zero; place = (place + 1) & mask)
        {
            if (((place - Home(_slots[place])) & mask) >= ((place - gap) & mask))
            {
                _slots[gap] = _slots[place];
                gap = place;
            }
        }

        _slots[gap] = UInt128.Zero;
        _count--;
    }
}
