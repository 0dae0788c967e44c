using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Values that wait for a checkpoint, in the order in which they came: they are added at the end, an abort removes them from the end, and
/// storing removes them from the front. They lie in blocks that are used again. So the backlog grows without copying, and once it has had
/// its greatest length, it asks for no more memory; a new page of memory costs as much as rating ten events.
/// </summary>
internal sealed class Backlog<T>
    where T : unmanaged
{
    private const int BlockLength = 32_768;
    private const int SmallestBlock = 16;

    // All blocks have BlockLength values; only a first block that is alone may be shorter, because most days and partitions have few.
    private readonly List<T[]> _blocks = [new T[SmallestBlock]];
    private readonly Stack<T[]> _spare = [];

    // Index of the first value in the first block.
    private int _start;
    private T[] _last;
    private int _lastStart;

    public Backlog() => _last = _blocks[0];

    /// <summary>Values held.</summary>
    public int Count { get; private set; }

    public long AllocatedOctets => _blocks.Concat(_spare).Sum(block => (long)block.Length) * Unsafe.SizeOf<T>();

    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
            return _blocks[(_start + index) / BlockLength][(_start + index) % BlockLength];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(T value)
    {
        int place = _start + Count - _lastStart;
        if ((uint)place >= (uint)_last.Length)
        {
            place = Grow(place);
        }

        _last[place] = value;
        Count++;
    }

    /// <summary>
    /// The first values, up to the end of their block and no more than asked for; valid until a value is added or removed.
    /// </summary>
    public ReadOnlySpan<T> First(int most)
    {
        ReadOnlySpan<T> block = _blocks[0].AsSpan(_start);
        return block[..Math.Min(Math.Min(most, Count), block.Length)];
    }

    public void RemoveFirst(int count)
    {
        _start += count;
        Count -= count;
        for (; _start >= BlockLength && _blocks.Count > 1; _start -= BlockLength)
        {
            _spare.Push(_blocks[0]);
            _blocks.RemoveAt(0);
        }

        FindLast();
    }

    public void RemoveLast(int count)
    {
        Count -= count;
        while (_blocks.Count > 1 && _start + Count <= (_blocks.Count - 1) * BlockLength)
        {
            _spare.Push(_blocks[^1]);
            _blocks.RemoveAt(_blocks.Count - 1);
        }

        FindLast();
    }

    /// <summary>Releases the memory when there are no values.</summary>
    public void Trim()
    {
        if (Count == 0)
        {
            _blocks.Clear();
            _blocks.Add(new T[SmallestBlock]);
            _spare.Clear();
            FindLast();
        }
    }

    /// <summary>Makes room for more values, and has the operating system provide the pages.</summary>
    public void EnsureRoom(int values)
    {
        if (_last.Length < BlockLength)
        {
            Array.Resize(ref _last, BlockLength);
            _blocks[0] = _last;
        }

        for (int room = BlockLength * (_spare.Count + 1); room < values + BlockLength; room += BlockLength)
        {
            _spare.Push(new T[BlockLength]);
        }

        _blocks.EnsureCapacity(_blocks.Count + _spare.Count);
        foreach (T[] block in _spare.Append(_last))
        {
            MemoryPages.Touch(MemoryMarshal.AsBytes(block.AsSpan()));
        }
    }

    private int Grow(int place)
    {
        if (place < BlockLength)
        {
            Array.Resize(ref _last, Math.Min(place * 2, BlockLength));
            _blocks[0] = _last;
            return place;
        }

        _blocks.Add(_spare.TryPop(out T[]? spare) ? spare : new T[BlockLength]);
        FindLast();
        return 0;
    }

    private void FindLast()
    {
        _start = Count == 0 ? 0 : _start;
        _last = _blocks[^1];
        _lastStart = (_blocks.Count - 1) * BlockLength;
    }
}
