using System.Numerics;
using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// A growing array of values that never copies, because rating must not stop while 10 million entries move to a larger block. No value of
/// 64 octets or less lies across two cache lines, and none of 128 across two pages. In an ordinary array they do, because its elements
/// follow a header of 16 octets; with millions of subscribers, each line and each page means waiting for memory.
/// </summary>
/// <remarks>
/// Chunks are arrays on the heap of pinned objects, so they keep their places and nobody has to free them. Pointers into them do not leave
/// this class; the references that it returns are ordinary ones.
/// </remarks>
internal sealed unsafe class ChunkedArray<T>
    where T : unmanaged
{
    // Small enough to stay out of the large object heap, so that a small session stays small.
    private const int ChunkShift = 10;
    private const int ChunkLength = 1 << ChunkShift;

    // A power of two, so that a line holds a whole number of values, or a value takes a whole number of lines.
    private static readonly int Stride = (int)BitOperations.RoundUpToPowerOf2((uint)sizeof(T));

    // What the pointers point into.
    private byte[]?[] _chunks = new byte[]?[4];
    private nint[] _starts = new nint[4];

    /// <summary>An action on a value in its place.</summary>
    public delegate void Visitor(ref T value);

    /// <summary>Octets held.</summary>
    public long AllocatedOctets { get; private set; }

    /// <summary>The value at an index inside a chunk that exists.</summary>
    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            nint start = _starts[index >> ChunkShift];
            if (start == 0)
            {
                ThrowNoChunk();
            }

            return ref At(start, index);
        }
    }

    /// <summary>The value at any index; if its chunk does not exist, it is made and zeroed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T GetOrCreate(int index)
    {
        nint[] starts = _starts;
        int chunk = index >> ChunkShift;
        nint start = chunk < starts.Length ? starts[chunk] : 0;
        return ref start != 0 ? ref At(start, index) : ref Create(index);
    }

    /// <summary>Whether the chunk of the index exists.</summary>
    public bool Exists(int index)
    {
        int chunk = index >> ChunkShift;
        return chunk < _starts.Length && _starts[chunk] != 0;
    }

    /// <summary>Visits every value of every chunk.</summary>
    public void ForEach(Visitor visit)
    {
        foreach (nint start in _starts)
        {
            for (int index = 0; start != 0 && index < ChunkLength; index++)
            {
                visit(ref At(start, index));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref T At(nint start, int index) => ref Unsafe.AsRef<T>((void*)(start + ((nint)(index & (ChunkLength - 1)) * Stride)));

    private static void ThrowNoChunk() => throw new InvalidOperationException("The chunk does not exist.");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ref T Create(int index)
    {
        int chunk = index >> ChunkShift;
        if (chunk >= _starts.Length)
        {
            int length = Math.Max(chunk + 1, _starts.Length * 2);
            Array.Resize(ref _chunks, length);
            Array.Resize(ref _starts, length);
        }

        _chunks[chunk] = CacheLines.Allocate(ChunkLength * Stride, out _starts[chunk]);
        AllocatedOctets += CacheLines.HeldFor(ChunkLength * Stride);
        return ref At(_starts[chunk], index);
    }
}
