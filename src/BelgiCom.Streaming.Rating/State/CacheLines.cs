using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Memory that begins at a pair of cache lines. So no value of the state lies across two lines, and none of two lines across two pages:
/// with millions of subscribers, each line means waiting for memory.
/// </summary>
internal static class CacheLines
{
    /// <summary>Octets of two cache lines, which the processor likes to load together.</summary>
    public const int Pair = 128;

    /// <summary>Octets of memory that a block of this many values takes.</summary>
    public static int HeldFor(int octets) => octets + Pair - 1;

    /// <summary>
    /// Zeroed memory on the heap of pinned objects: it keeps its place as long as the array exists, and nobody has to free it.
    /// </summary>
    public static unsafe byte[] Allocate(int octets, out nint start)
    {
        byte[] made = GC.AllocateArray<byte>(HeldFor(octets), pinned: true);
        start = ((nint)Unsafe.AsPointer(ref made[0]) + Pair - 1) & -Pair;
        return made;
    }
}
