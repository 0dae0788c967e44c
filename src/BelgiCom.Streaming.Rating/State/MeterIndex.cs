using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Finds meters by their keys. A group of slots fills one cache line, and the first meters of an owner lie in one group, so that one line
/// says where all meters of nearly every owner are: they can be loaded before anybody knows which of them an event needs. Further meters of
/// an owner lie where their own hashes say, so that thousands of sessions of one owner are found as fast as those of thousands.
/// </summary>
/// <param name="meters">The meters, by their numbers.</param>
internal sealed class MeterIndex(ChunkedArray<MeterRoom> meters)
{
    /// <summary>Stands in the place of a number: there is no such meter.</summary>
    public const int None = -1;

    private const int GroupLength = 8;
    private const int GroupShift = 3;
    private const int SmallestGroups = 8;
    private const int TagShift = 32;
    private const int OwnerTagShift = 56;
    private const ulong TagMask = 0xFFFF_FFFF_0000_0000;
    private const ulong OwnerTagMask = 0xFF00_0000_0000_0000;

    // A slot whose meter was removed from a full group: whoever looks for another meter must look further. No tag is 0.
    private const ulong Removed = 0xFFFF_FFFF;

    // Of eight slots at most five are taken on average, so that few groups are full.
    private const int MostOfEight = 5;

    // Slots: number + 1 below, 8 bits of the owner's hash and 24 of the key's above; 0 when it was never taken.
    private byte[] _memory = [];
    private nint _slots;
    private int _groups;
    private int _taken;

    /// <summary>Number of meters.</summary>
    public int Count { get; private set; }

    /// <summary>Octets held.</summary>
    public long AllocatedOctets => _memory.Length;

    /// <summary>The number of a meter, or <see cref="None"/>.</summary>
    public int Find(in MeterKey key) => Count == 0 ? None : Find(in key, out _);

    /// <summary>Puts in a meter that is not there.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="number">Its number.</param>
    public void Add(in MeterKey key, int number)
    {
        if (_taken + 1 > (long)_groups * MostOfEight)
        {
            // Where few are in use, slots of removed ones are only swept out.
            Resize(Count > (long)_groups * MostOfEight / 2 || _groups == 0 ? Math.Max(SmallestGroups, _groups * 2) : _groups);
        }

        Insert(in key, number);
        Count++;
    }

    /// <summary>Makes room for more meters.</summary>
    public void EnsureRoom(int more)
    {
        int groups = Math.Max(SmallestGroups, _groups);
        while ((long)Count + more > (long)groups * MostOfEight)
        {
            groups = checked(groups * 2);
        }

        if (groups > _groups)
        {
            Resize(groups);
        }
    }

    /// <summary>Takes out a meter that is there.</summary>
    public void Remove(in MeterKey key)
    {
        Find(in key, out int place);
        bool hasRoom = EmptyIn(place >> GroupShift) != 0;
        SlotAt(place) = hasRoom ? 0 : Removed;
        _taken -= hasRoom ? 1 : 0;
        Count--;
    }

    /// <summary>Loads the line that says where the meters of an owner are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void HintOwner(UInt128 owner) => CacheHint.Load(ref SlotAt(HomeOf(HashOf(owner)) << GroupShift));

    /// <summary>Loads the meters of an owner, after <see cref="HintOwner"/> has loaded the line that says where they are.</summary>
    public void HintMeters(UInt128 owner)
    {
        ulong hash = HashOf(owner);
        int first = HomeOf(hash) << GroupShift;
        uint found = Matches(ref SlotAt(first), OwnerTagMask, hash);
        for (; found != 0; found &= found - 1)
        {
            ulong slot = SlotAt(first + BitOperations.TrailingZeroCount(found));
            if (slot is not (0 or Removed))
            {
                CacheHint.Load(ref meters[(int)(uint)slot - 1]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HashOf(UInt128 owner) => ((ulong)owner ^ (ulong)(owner >> 64)) * 0xD6E8_FEB8_6659_FD93;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HashOf(ulong owner, in MeterKey key) =>
        (owner ^ key.Id ^ BitOperations.RotateLeft((ulong)key.From, 23)) * 0x9E37_79B9_7F4A_7C15;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong TagOf(ulong owner, ulong hash) => (owner & OwnerTagMask) | ((((hash >> 40) | 1) << TagShift) & ~OwnerTagMask);

    /// <summary>The slots of a group whose masked bits are those of a number, a bit each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Matches(ref ulong group, ulong mask, ulong number) => (uint)Vector512.Equals(
        Vector512.LoadUnsafe(ref group) & Vector512.Create(mask), Vector512.Create(number & mask)).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int HomeOf(ulong hash) => (int)(hash >> 24) & (_groups - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int SecondHomeOf(ulong hash) => (int)(hash >> 16) & (_groups - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint EmptyIn(int group) => Matches(ref SlotAt(group << GroupShift), ulong.MaxValue, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe ref ulong SlotAt(int place) => ref Unsafe.AsRef<ulong>((void*)(_slots + ((nint)place * sizeof(ulong))));

    private int Find(in MeterKey key, out int place)
    {
        ulong owner = HashOf(key.Owner);
        ulong hash = HashOf(owner, in key);
        ulong tag = TagOf(owner, hash);
        int group = HomeOf(owner);
        bool isHome = true;
        while (true)
        {
            for (uint found = Matches(ref SlotAt(group << GroupShift), TagMask, tag); found != 0; found &= found - 1)
            {
                place = (group << GroupShift) + BitOperations.TrailingZeroCount(found);
                int number = (int)(uint)SlotAt(place) - 1;
                if (meters[number].Key == key)
                {
                    return number;
                }
            }

            if (EmptyIn(group) != 0)
            {
                place = None;
                return None;
            }

            group = isHome ? SecondHomeOf(hash) : (group + 1) & (_groups - 1);
            isHome = false;
        }
    }

    private void Insert(in MeterKey key, int number)
    {
        ulong owner = HashOf(key.Owner);
        ulong hash = HashOf(owner, in key);
        int group = HomeOf(owner);
        uint free = FreeIn(group);
        if (free == 0)
        {
            group = SecondHomeOf(hash);
            while ((free = FreeIn(group)) == 0)
            {
                group = (group + 1) & (_groups - 1);
            }
        }

        ref ulong slot = ref SlotAt((group << GroupShift) + BitOperations.TrailingZeroCount(free));
        _taken += slot == 0 ? 1 : 0;
        slot = TagOf(owner, hash) | (uint)(number + 1);
    }

    private uint FreeIn(int group) => EmptyIn(group) | Matches(ref SlotAt(group << GroupShift), ulong.MaxValue, Removed);

    private void Resize(int length)
    {
        (byte[] former, nint slots, int groups) = (_memory, _slots, _groups);
        _groups = length;
        _memory = CacheLines.Allocate(checked(_groups * GroupLength * sizeof(ulong)), out _slots);
        _taken = 0;
        for (int place = 0; place < groups << GroupShift; place++)
        {
            ulong slot = ReadFormer(slots, place);
            if (slot is not (0 or Removed))
            {
                int number = (int)(uint)slot - 1;
                Insert(in meters[number].Key, number);
            }
        }

        GC.KeepAlive(former);
    }

    private static unsafe ulong ReadFormer(nint slots, int place) => ((ulong*)slots)[place];
}
