using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Exact set of 128-bit ids of one day, made for ids that are not in it: nearly all are new. Slots lie in groups of seven, each a pair of
/// cache lines, so that an id costs one wait for the memory: an octet per slot tells whether it is free and seven bits of its id's hash,
/// one comparison answers for a whole group, and the ids themselves are only touched to add one.
/// </summary>
/// <remarks>
/// <para>
/// Extendible hashing (Fagin et al., 1979): groups are in segments of 512, a directory finds an id's segment, and a segment that is seven
/// eighths full becomes two. So the set grows by 64 KiB at a time, never by copying all of it, which with millions of ids would stop rating
/// for as long as a second. Segments are between seven sixteenths and seven eighths full: 21 to 42 MB per million ids, and 16 for those
/// that are in no checkpoint yet.
/// </para>
/// <para>
/// Within its segment an id is in the first group from its home on that had a free slot when it came, so a search may stop at a group that
/// has one. Ids that no split can tell apart, which only someone who chooses them brings about, go to an ordinary set.
/// </para>
/// </remarks>
internal sealed unsafe class IdSet
{
    private const int GroupLength = 7;
    private const int GroupOctets = CacheLines.Pair;
    private const uint GroupMask = (1 << GroupLength) - 1;
    private const int TagOctets = 16;
    private const int SmallestSegment = 16;
    private const int LargestSegment = 512;
    private const int LargestHomeBits = 9;
    private const byte Used = 0x80;

    // Directory entries for each segment, on average, beyond which a segment is not split any further.
    private const int SparsestDirectory = 64;

    // Ids that are not stored, in the order of their claims: handed out | frozen | committed | open.
    private readonly Backlog<UInt128> _claimed = new();
    private readonly List<long> _chunks = [];
    private int _handedOut;
    private int _frozen;
    private int _committed;

    // By the bits of the hash after those of the home: where an id's segment starts.
    private nint[] _directory;
    private int _depth;

    // What the directory points into; pinned, so places stay what they are and no one has to free them.
    private readonly List<byte[]> _segments = [];

    // Groups of a segment: the smallest number while there is one segment, then doubled up to the largest.
    private int _groups = SmallestSegment;

    // Segments in which growing has placed ids in another order since the last commit.
    private readonly HashSet<nint> _reordered = [];
    private HashSet<UInt128>? _inseparable;

    public IdSet() => _directory = [AddSegment(depth: 0)];

    public int Count { get; private set; }

    public long AllocatedOctets =>
        ((long)_segments.Count * CacheLines.HeldFor(SegmentOctets)) + ((long)_directory.Length * sizeof(long)) + _claimed.AllocatedOctets
            + ((long)_chunks.Capacity * sizeof(long));

    /// <summary>Whether ids were added since the last commit.</summary>
    public bool IsOpen => _claimed.Count > _committed;

    /// <summary>Whether there are frozen ids that were neither stored nor handed out.</summary>
    public bool HasChunk => _handedOut < _frozen;

    /// <summary>Numbers under which ids of this day were stored.</summary>
    public List<long> Chunks => _chunks;

    private long NextChunk => _chunks.Count == 0 ? 0 : _chunks[^1] + 1;

    private int SegmentOctets => sizeof(Segment) + (_groups * GroupOctets);

    private int Slots => _groups * GroupLength;

    /// <summary>Loads the group that will tell whether the id is there, and most likely take it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Hint(UInt128 id)
    {
        ulong hash = Hash(id);
        byte* group = Group(SegmentOf(hash), HomeOf(hash));
        CacheHint.Load(ref group[0]);
        CacheHint.Load(ref group[GroupOctets / 2]);
    }

    public bool Contains(UInt128 id) => FindTag(id, out _) is not null || (_inseparable is not null && _inseparable.Contains(id));

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
    /// Makes room for a number of ids, down to the pages of memory: what is asked for beforehand must not be fetched, page by page, while
    /// ids come.
    /// </summary>
    public void EnsureRoom(int ids)
    {
        // Ids spread over the segments by chance: a segment for which eight tenths are expected stays below seven eighths.
        while (Count + ids > (long)_segments.Count * Slots / 10 * 8)
        {
            foreach (nint segment in _directory.Distinct().ToArray())
            {
                Grow((Segment*)segment);
            }
        }

        foreach (nint segment in _directory.Distinct())
        {
            MemoryPages.Touch(new Span<byte>((void*)segment, SegmentOctets));
        }

        _claimed.EnsureRoom(ids);
    }

    /// <summary>What is committed now is what the next chunks hold.</summary>
    public void Freeze() => _frozen = _committed;

    /// <summary>Hands out frozen ids to be stored, once between two commits; the same ones again after <see cref="Abort"/>.</summary>
    public ReadOnlySpan<UInt128> TakeChunk(out long chunk)
    {
        chunk = NextChunk;
        ReadOnlySpan<UInt128> ids = _claimed.First(Math.Min(_frozen, RatingSession.MaxIdsPerChunk));
        _handedOut = ids.Length;
        return ids;
    }

    /// <summary>Keeps what was claimed; a chunk that was handed out is stored.</summary>
    public void Commit()
    {
        if (_handedOut > 0)
        {
            _chunks.Add(NextChunk);
            _claimed.RemoveFirst(_handedOut);
            _frozen -= _handedOut;
            _handedOut = 0;

            // When nothing is left, it is probably a day that is over: it has no more use for the room.
            _claimed.Trim();
        }

        _committed = _claimed.Count;
        _reordered.Clear();
    }

    /// <summary>
    /// Takes the ids out that were claimed since the last commit, the last first: then no other id can have passed a group because of one
    /// that is removed. Growing places ids in another order, so what has grown is placed anew.
    /// </summary>
    public void Abort()
    {
        int open = _claimed.Count - _committed;
        if (_reordered.Count > 0)
        {
            HashSet<UInt128> removed = [.. Enumerable.Range(_committed, open).Select(index => _claimed[index])];
            foreach (nint segment in _reordered)
            {
                PlaceAnew((Segment*)segment, removed);
            }
        }

        for (int index = _claimed.Count - 1; index >= _committed; index--)
        {
            UInt128 id = _claimed[index];
            byte* tag = FindTag(id, out Segment* segment);
            if (tag is not null)
            {
                *tag = 0;
                segment->Count--;
            }
            else
            {
                _inseparable?.Remove(id);
            }
        }

        Count -= open;
        _claimed.RemoveLast(open);
        _handedOut = 0;
        _reordered.Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(UInt128 id) => ((ulong)id ^ (ulong)(id >> 64)) * 0x9E3779B97F4A7C15;

    private static byte TagOf(ulong hash) => (byte)(Used | (hash & 0x7F));

    /// <summary>A group: an octet for each slot, and after sixteen octets the ids.</summary>
    private static byte* Group(Segment* segment, int group) => (byte*)(segment + 1) + (group * GroupOctets);

    private static ref UInt128 Id(byte* group, int slot) => ref ((UInt128*)(group + TagOctets))[slot];

    private static uint Same(Vector128<byte> tags, byte tag) =>
        Vector128.Equals(tags, Vector128.Create(tag)).ExtractMostSignificantBits() & GroupMask;

    private void Insert(UInt128 id)
    {
        ulong hash = Hash(id);
        Segment* segment = SegmentOf(hash);
        while (segment->Count >= Slots / 8 * 7 && Grow(segment))
        {
            segment = SegmentOf(hash);
        }

        // One slot stays free, where searches end.
        if (segment->Count < Slots - 1)
        {
            Place(id, hash, segment);
        }
        else
        {
            (_inseparable ??= []).Add(id);
        }

        Count++;
    }

    private void Place(UInt128 id, ulong hash, Segment* segment)
    {
        for (int home = HomeOf(hash); ; home = (home + 1) & (_groups - 1))
        {
            byte* group = Group(segment, home);
            uint free = Same(Vector128.Load(group), 0);
            if (free != 0)
            {
                int slot = BitOperations.TrailingZeroCount(free);
                group[slot] = TagOf(hash);
                Id(group, slot) = id;
                segment->Count++;
                return;
            }
        }
    }

    /// <summary>The tag of an id in its segment, null when it is in none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* FindTag(UInt128 id, out Segment* segment)
    {
        ulong hash = Hash(id);
        segment = SegmentOf(hash);
        for (int home = HomeOf(hash); ; home = (home + 1) & (_groups - 1))
        {
            byte* group = Group(segment, home);
            Vector128<byte> tags = Vector128.Load(group);
            for (uint same = Same(tags, TagOf(hash)); same != 0; same &= same - 1)
            {
                int slot = BitOperations.TrailingZeroCount(same);
                if (Id(group, slot) == id)
                {
                    return group + slot;
                }
            }

            if (Same(tags, 0) != 0)
            {
                return null;
            }
        }
    }

    /// <summary>Doubles the only segment while it is small, else makes two of one; false when nothing would be gained.</summary>
    private bool Grow(Segment* segment)
    {
        if (_groups < LargestSegment)
        {
            byte[] before = _segments[0];
            _segments.Clear();
            int groups = _groups;
            _groups *= 2;
            _directory[0] = AddSegment(depth: 0);
            PlaceAll(Group(segment, 0), groups, without: null);
            _reordered.Clear();
            _reordered.Add(_directory[0]);
            GC.KeepAlive(before);
            return true;
        }

        if (segment->Depth == _depth)
        {
            if (_directory.Length >= SparsestDirectory * _segments.Count)
            {
                return false;
            }

            DoubleDirectory();
        }

        nint other = AddSegment(++segment->Depth);
        int first = Array.IndexOf(_directory, (nint)segment);
        int half = 1 << (_depth - segment->Depth);
        _directory.AsSpan(first + half, half).Fill(other);
        PlaceAnew(segment, without: null);
        _reordered.Add((nint)segment);
        _reordered.Add(other);
        return true;
    }

    private void DoubleDirectory()
    {
        nint[] doubled = new nint[_directory.Length * 2];
        for (int place = 0; place < doubled.Length; place++)
        {
            doubled[place] = _directory[place / 2];
        }

        _directory = doubled;
        _depth++;
    }

    /// <summary>Empties a segment and places its ids again, where the directory says.</summary>
    private void PlaceAnew(Segment* segment, HashSet<UInt128>? without)
    {
        int octets = _groups * GroupOctets;
        Span<byte> groups = new(Group(segment, 0), octets);
        byte[] copy = ArrayPool<byte>.Shared.Rent(octets);
        groups.CopyTo(copy);
        groups.Clear();
        segment->Count = 0;
        fixed (byte* copied = copy)
        {
            PlaceAll(copied, _groups, without);
        }

        ArrayPool<byte>.Shared.Return(copy);
    }

    private void PlaceAll(byte* groups, int count, HashSet<UInt128>? without)
    {
        for (byte* group = groups; group < groups + (count * GroupOctets); group += GroupOctets)
        {
            for (int slot = 0; slot < GroupLength; slot++)
            {
                if (group[slot] != 0 && without?.Contains(Id(group, slot)) != true)
                {
                    ulong hash = Hash(Id(group, slot));
                    Place(Id(group, slot), hash, SegmentOf(hash));
                }
            }
        }
    }

    private nint AddSegment(int depth)
    {
        _segments.Add(CacheLines.Allocate(SegmentOctets, out nint start));
        ((Segment*)start)->Depth = depth;
        return start;
    }

    /// <summary>The bits after the longest home, so that a segment's two halves have homes of their own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Segment* SegmentOf(ulong hash) => (Segment*)_directory[(int)(((hash << LargestHomeBits) >> 1) >> (63 - _depth))];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int HomeOf(ulong hash) => (int)(hash >> (64 - LargestHomeBits)) & (_groups - 1);

    /// <summary>What a segment begins with; its groups follow.</summary>
    [StructLayout(LayoutKind.Sequential, Size = CacheLines.Pair)]
    private struct Segment
    {
        public int Count;

        // How many bits of the hash its ids have in common.
        public int Depth;
    }
}
