using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Asks the processor to load memory that will be used soon. With millions of subscribers every look-up misses the caches; hints for a
/// whole chunk of events let those misses overlap instead of following each other. A processor without the instruction does nothing: a hint
/// changes no result.
/// </summary>
internal static class CacheHint
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Load<T>(ref T place)
    {
        if (Sse.IsSupported)
        {
            // The collector may move the object meanwhile; a hint for a stale address is harmless.
            Sse.Prefetch0(Unsafe.AsPointer(ref place));
        }
    }

    /// <summary>Loads the first and the last line of a value that may lie across two lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void LoadWhole<T>(ref T place)
    {
        if (Sse.IsSupported)
        {
            byte* start = (byte*)Unsafe.AsPointer(ref place);
            Sse.Prefetch0(start);
            Sse.Prefetch0(start + Unsafe.SizeOf<T>() - 1);
        }
    }
}
