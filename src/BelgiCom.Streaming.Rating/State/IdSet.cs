using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Exact set of the claims of one day (<see cref="UsageClaim"/>), designed for usage that is not in it, as nearly all is. Two claims of one
/// identity are the same member, whatever their fingerprints are. Slots lie in groups of seven, each in a pair of cache lines, so that a
/// claim costs one wait for memory. An octet per slot tells whether the slot is free and holds seven bits of its identity's hash, one
/// comparison answers for a whole group, and a claim itself is touched only when it is added.
/// </summary>
/// <remarks>
/// <para> Extendible hashing (Fagin et al., 1979): groups are in segments of 512, a directory finds the segment of an id, and a segment
/// that is seven eighths full is split into two. So the set grows by 64 KiB at a time, and never by copying all of it, which with millions
/// of ids would stop rating for as long as a second. Segments are between seven sixteenths and seven eighths full: 21 to 42 MB per million
/// ids, and 16 MB more for those in no checkpoint yet. </para> <para> Within its segment an id is in the first group, counted from its
/// home, that had a free slot when the id came, so a search may stop at a group with a free slot. Ids that no split can tell apart exist
/// only if somebody chooses them; they go to an ordinary set. </para>
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

    // When the directory has more entries per segment than this, on average, a segment is not split any further.
    private const int SparsestDirectory = 64;

    // Ids that are not stored, in the order of their claims: handed out | frozen | committed | open.
    private readonly Backlog<UInt128> _claimed = new();
    private readonly List<long> _chunks = [];
    private int _handedOut;
    private int _frozen;
    private int _committed;

    // Indexed by the bits of the hash after those of the home; an entry tells where the segment of an id starts.
    private nint[] _directory;
    private int _depth;

    // The segments that the directory points into; pinned, so they keep their places and nobody has to free them.
    private readonly List<byte[]> _segments = [];

    // Groups of a segment: the smallest number while there is one segment; then it doubles up to the largest.
    private int _groups = SmallestSegment;

    // Segments in which growing has changed the order of ids since the last commit.
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

    /// <summary>Loads the group that tells whether the id is there; most likely the id is added to the same group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Hint(UInt128 id)
    {
        ulong hash = Hash(id);
        byte* group = Group(SegmentOf(hash), HomeOf(hash));
        CacheHint.Load(ref group[0]);
        CacheHint.Load(ref group[GroupOctets / 2]);
    }

    /// <summary>Finds the claim that was added for an identity, with the fingerprint that it had then.</summary>
    /// <returns>False when the identity is not in the set.</returns>
    public bool TryFind(UInt128 id, out UInt128 claimed)
    {
        byte* tag = FindTag(id, out _, out UInt128* slot);
        claimed = tag is null ? default : *slot;
        return tag is not null || (_inseparable is not null && _inseparable.TryGetValue(id, out claimed));
    }

    /// <summary>Whether a claim of this identity is in the set.</summary>
    public bool Contains(UInt128 id) => FindTag(id, out _, out _) is not null || (_inseparable is not null && _inseparable.Contains(id));

    /// <summary>Adds an id that is not in the set; it stays only provisionally, until the next commit or abort.</summary>
    public void Claim(UInt128 id)
    {
        Insert(id);
        _claimed.Add(id);
    }

    /// <summary>Adds the ids of a stored chunk for good; an id that is there already is there once.</summary>
    public void Restore(long chunk, ReadOnlySpan<UInt128> ids)
    {
        foreach (UInt128 id in ids)
        {
            if (!Contains(id))
            {
                Insert(id);
            }
        }

        // In the order of their numbers, however they come: the next chunk must not take the place of one that is stored.
        int place = _chunks.BinarySearch(chunk);
        if (place < 0)
        {
            _chunks.Insert(~place, chunk);
        }
    }

    /// <summary>
    /// Makes room for a number of ids, and has the operating system provide the pages now, so that they need not be fetched one by one
    /// while ids come.
    /// </summary>
    public void EnsureRoom(int ids)
    {
        // Ids spread over the segments by chance. A segment for which eight tenths are expected stays below seven eighths.
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

    /// <summary>Freezes the committed ids; the next chunks hold them.</summary>
    public void Freeze() => _frozen = _committed;

    /// <summary>Hands out frozen ids to be stored, once between two commits; after <see cref="Abort"/>, the same ids again.</summary>
    public ReadOnlySpan<UInt128> TakeChunk(out long chunk)
    {
        chunk = NextChunk;
        ReadOnlySpan<UInt128> ids = _claimed.First(Math.Min(_frozen, RatingSession.MaxIdsPerChunk));
        _handedOut = ids.Length;
        return ids;
    }

    /// <summary>Keeps the claimed ids; a chunk that was handed out counts as stored.</summary>
    public void Commit()
    {
        if (_handedOut > 0)
        {
            _chunks.Add(NextChunk);
            _claimed.RemoveFirst(_handedOut);
            _frozen -= _handedOut;
            _handedOut = 0;

            // When no ids are left, the day is probably over and has no more use for the room.
            _claimed.Trim();
        }

        _committed = _claimed.Count;
        _reordered.Clear();
    }

    /// <summary>
    /// Removes the ids that were claimed since the last commit, the last first, so that no remaining id has passed a group because of a
    /// removed one. Growing changes the order of ids, so a segment that has grown is placed anew.
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
            byte* tag = FindTag(id, out Segment* segment, out _);
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
    private static ulong Hash(UInt128 id) => ((ulong)id ^ (uint)(id >> 64)) * 0x9E3779B97F4A7C15;

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
            (_inseparable ??= new HashSet<UInt128>(UsageClaim.IdentityComparer)).Add(id);
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

    /// <summary>The tag of the slot of an id's identity in its segment, and the claim there; null when the identity is in none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* FindTag(UInt128 id, out Segment* segment, out UInt128* claimed)
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
                claimed = (UInt128*)Unsafe.AsPointer(ref Id(group, slot));
                if (UsageClaim.IsSameIdentity(*claimed, id))
                {
                    return group + slot;
                }
            }

            if (Same(tags, 0) != 0)
            {
                claimed = null;
                return null;
            }
        }
    }

    /// <summary>Doubles the only segment while it is small, else splits a segment in two; false when nothing would be gained.</summary>
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

    /// <summary>Empties a segment and places its ids again where the directory says.</summary>
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

    /// <summary>
    /// The bits of the hash after those of the longest home, so that the two halves of a segment have homes of their own.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Segment* SegmentOf(ulong hash) => (Segment*)_directory[(int)(((hash << LargestHomeBits) >> 1) >> (63 - _depth))];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int HomeOf(ulong hash) => (int)(hash >> (64 - LargestHomeBits)) & (_groups - 1);

    /// <summary>The head of a segment; its groups follow.</summary>
    [StructLayout(LayoutKind.Sequential, Size = CacheLines.Pair)]
    private struct Segment
    {
        public int Count;

        // Number of leading bits that the hashes of its ids share.
        public int Depth;
    }
}
