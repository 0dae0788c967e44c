using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What waits for a checkpoint, in the order in which it came: put at the end, taken back from the end by an abort, taken from the front
/// when it is stored. It lies in blocks that are used again, so it grows without copying what it holds, and once it has been at its longest
/// it asks for no more memory: a page that the operating system has to find first costs as much as rating ten events.
/// </summary>
internal sealed class Backlog<T>
    where T : unmanaged
{
    private const int BlockLength = 32_768;
    private const int SmallestBlock = 16;

    // All of BlockLength, but a first one that is alone may be shorter: most days and partitions have little.
    private readonly List<T[]> _blocks = [new T[SmallestBlock]];
    private readonly Stack<T[]> _spare = [];

    // Place of the first value in the first block.
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

    /// <summary>The first values, as many as lie in one block and at most so many; valid until something is added or removed.</summary>
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

    /// <summary>Gives the memory back when nothing is held.</summary>
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

    /// <summary>Makes room for so many more, down to the pages of memory.</summary>
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
