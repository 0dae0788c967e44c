using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>Memory that begins at a cache line, so that a value of the state does not lie across two: with millions of subscribers, every line is a wait for the memory.</summary>
internal static class CacheLines
{
    /// <summary>Octets of a line.</summary>
    public const int Length = 64;

    /// <summary>Octets held for a block of that many.</summary>
    public static int HeldFor(int octets) => octets + Length - 1;

    /// <summary>Zeroed memory on the heap of pinned objects: its place stays what it is as long as the array is kept, and no one has to free it.</summary>
    public static unsafe byte[] Allocate(int octets, out nint start)
    {
        byte[] made = GC.AllocateArray<byte>(HeldFor(octets), pinned: true);
        start = ((nint)Unsafe.AsPointer(ref made[0]) + Length - 1) & -Length;
        return made;
    }
}
