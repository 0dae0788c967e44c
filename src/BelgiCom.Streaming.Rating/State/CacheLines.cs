using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Memory that begins at a pair of cache lines, so that no value of the state lies across two lines, or of two lines across two pages: with
/// millions of subscribers, every line is a wait for the memory.
/// </summary>
internal static class CacheLines
{
    /// <summary>Octets of two lines, which the processor likes to load together.</summary>
    public const int Pair = 128;

    /// <summary>Octets held for a block of that many.</summary>
    public static int HeldFor(int octets) => octets + Pair - 1;

    /// <summary>
    /// Zeroed memory on the heap of pinned objects: its place stays what it is as long as the array is kept, and no one has to free it.
    /// </summary>
    public static unsafe byte[] Allocate(int octets, out nint start)
    {
        byte[] made = GC.AllocateArray<byte>(HeldFor(octets), pinned: true);
        start = ((nint)Unsafe.AsPointer(ref made[0]) + Pair - 1) & -Pair;
        return made;
    }
}
