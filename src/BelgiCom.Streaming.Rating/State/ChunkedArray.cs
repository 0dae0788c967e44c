using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>A growing array of values that never copies: 10 million entries must not stop rating while they move to a larger block.</summary>
internal sealed class ChunkedArray<T>
    where T : struct
{
    // Small enough to stay out of the large object heap, so that a small session stays small.
    private const int ChunkShift = 10;
    private const int ChunkLength = 1 << ChunkShift;

    private T[]?[] _chunks = new T[]?[4];

    /// <summary>What is done to a value in its place.</summary>
    public delegate void Visitor(ref T value);

    /// <summary>Octets held.</summary>
    public long AllocatedOctets { get; private set; }

    /// <summary>The value at an index inside a chunk that exists.</summary>
    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _chunks[index >> ChunkShift]![index & (ChunkLength - 1)];
    }

    /// <summary>The value at any index; its chunk is made, zeroed, when it does not exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T GetOrCreate(int index)
    {
        T[]?[] chunks = _chunks;
        int chunk = index >> ChunkShift;
        return ref chunk < chunks.Length && chunks[chunk] is { } existing ? ref existing[index & (ChunkLength - 1)] : ref Create(index);
    }

    /// <summary>Whether the chunk of the index exists.</summary>
    public bool Exists(int index)
    {
        int chunk = index >> ChunkShift;
        return chunk < _chunks.Length && _chunks[chunk] is not null;
    }

    /// <summary>Visits every value of every chunk.</summary>
    public void ForEach(Visitor visit)
    {
        foreach (T[]? chunk in _chunks)
        {
            foreach (ref T value in chunk.AsSpan())
            {
                visit(ref value);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ref T Create(int index)
    {
        int chunk = index >> ChunkShift;
        if (chunk >= _chunks.Length)
        {
            Array.Resize(ref _chunks, Math.Max(chunk + 1, _chunks.Length * 2));
        }

        T[] made = _chunks[chunk] = new T[ChunkLength];
        AllocatedOctets += (long)ChunkLength * Unsafe.SizeOf<T>();
        return ref made[index & (ChunkLength - 1)];
    }
}
